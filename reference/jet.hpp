#pragma once

#include "reference/formula.hpp"

namespace assay::reference {

/// A value with its first and second derivatives in a few variables (forward mode): the chain and
/// product rules, carried along with every operation. Over an interval type every entry encloses
/// the derivative over the box; over fractions it is exact.
///
/// A constant has empty arrays, so that it costs no more than a number.
template <class T>
struct Jet {
  T value;
  std::vector<T> gradient;
  std::vector<T> hessian;  ///< lower triangle by rows: (i, j <= i) at i (i + 1) / 2 + j

  /// Variable number `which` of `count`.
  static Jet variable(const T& value, std::size_t which, std::size_t count) {
    Jet out{value, std::vector<T>(count, T(0)), std::vector<T>(count * (count + 1) / 2, T(0))};
    out.gradient[which] = T(1);
    return out;
  }
  bool is_constant() const { return gradient.empty(); }
  T first(Index i) const { return is_constant() ? T(0) : gradient[static_cast<std::size_t>(i)]; }
  T second(Index i, Index j) const {
    if (is_constant()) return T(0);
    if (i < j) std::swap(i, j);
    return hessian[static_cast<std::size_t>(i * (i + 1) / 2 + j)];
  }

  Jet operator-() const {
    Jet out = *this;
    out.value = -out.value;
    for (T& g : out.gradient) g = -g;
    for (T& h : out.hessian) h = -h;
    return out;
  }
  friend Jet operator+(const Jet& a, const Jet& b) {
    if (a.is_constant() && !b.is_constant()) return b + a;
    Jet out = a;
    out.value += b.value;
    if (b.is_constant()) return out;
    for (std::size_t i = 0; i < out.gradient.size(); ++i) out.gradient[i] += b.gradient[i];
    for (std::size_t i = 0; i < out.hessian.size(); ++i) out.hessian[i] += b.hessian[i];
    return out;
  }
  friend Jet operator-(const Jet& a, const Jet& b) { return a + (-b); }
  friend Jet operator*(const Jet& a, const Jet& b) {
    if (a.is_constant() && !b.is_constant()) return b * a;
    Jet out = a;
    out.value = a.value * b.value;
    if (b.is_constant()) {
      for (T& g : out.gradient) g *= b.value;
      for (T& h : out.hessian) h *= b.value;
      return out;
    }
    const std::size_t n = a.gradient.size();
    for (std::size_t i = 0, at = 0; i < n; ++i) {
      out.gradient[i] = a.gradient[i] * b.value + a.value * b.gradient[i];
      for (std::size_t j = 0; j <= i; ++j, ++at)
        out.hessian[at] = a.hessian[at] * b.value + a.gradient[i] * b.gradient[j] +
                          a.gradient[j] * b.gradient[i] + a.value * b.hessian[at];
    }
    return out;
  }
  friend Jet operator/(const Jet& a, const Jet& b) {
    const T inverse = T(1) / b.value;
    if (b.is_constant()) return a * Jet{inverse, {}, {}};
    const T square = FormulaNumber<T>::power(inverse, 2);
    return a * b.composed(inverse, -square, T(2) * square * inverse);
  }

  /// phi(this), given phi and its first two derivatives at the value.
  Jet composed(const T& phi, const T& first, const T& second) const {
    Jet out = *this;
    out.value = phi;
    for (std::size_t i = 0, at = 0; i < gradient.size(); ++i) {
      out.gradient[i] = first * gradient[i];
      for (std::size_t j = 0; j <= i; ++j, ++at) {
        const T square =
            i == j ? FormulaNumber<T>::power(gradient[i], 2) : T(gradient[i] * gradient[j]);
        out.hessian[at] = first * hessian[at] + second * square;
      }
    }
    return out;
  }
};

template <class T>
struct FormulaNumber<Jet<T>> {
  using N = FormulaNumber<T>;
  static Jet<T> constant(const Rational& c) { return {N::constant(c), {}, {}}; }
  static Jet<T> pi() { return {N::pi(), {}, {}}; }
  static Jet<T> power(const Jet<T>& a, Index k) {
    const T zero(0);
    const T first = k < 1 ? zero : T(T(static_cast<int>(k)) * N::power(a.value, k - 1));
    const T second = k < 2 ? zero : T(T(static_cast<int>(k * (k - 1))) * N::power(a.value, k - 2));
    return a.composed(N::power(a.value, k), first, second);
  }
  static Jet<T> function(Op op, const Jet<T>& a) {
    const T phi = N::function(op, a.value);
    if (a.is_constant()) return {phi, {}, {}};
    const T one(1), two(2);
    switch (op) {
      case Op::exp:
        return a.composed(phi, phi, phi);
      case Op::log:
        return a.composed(phi, one / a.value, -one / N::power(a.value, 2));
      case Op::sin:
        return a.composed(phi, N::function(Op::cos, a.value), -phi);
      case Op::cos:
        return a.composed(phi, -N::function(Op::sin, a.value), -phi);
      case Op::tan: {
        const T first = one + N::power(phi, 2);
        return a.composed(phi, first, two * phi * first);
      }
      case Op::atan: {
        const T first = one / (one + N::power(a.value, 2));
        return a.composed(phi, first, -two * a.value * N::power(first, 2));
      }
      default: {  // the square root
        const T first = one / (two * phi);
        return a.composed(phi, first, -first / (two * a.value));
      }
    }
  }
};

/// z as the variables of a jet.
template <class T>
std::vector<Jet<T>> variables(const std::vector<T>& z) {
  std::vector<Jet<T>> out;
  for (std::size_t i = 0; i < z.size(); ++i) out.push_back(Jet<T>::variable(z[i], i, z.size()));
  return out;
}

}  // namespace assay::reference
