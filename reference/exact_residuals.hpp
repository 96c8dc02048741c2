#pragma once

#include "assay/scalar/convert.hpp"
#include "reference/exact_qp.hpp"

namespace assay::reference {

template <class S>
Rational exact(const S& value) {
  if constexpr (is_exact<S>)
    return value;
  else
    return convert<Rational>(value);
}
template <class S>
RVec exact(const Vec<S>& v) {
  RVec w(v.size());
  for (Index i = 0; i < v.size(); ++i) w[i] = exact(v[i]);
  return w;
}

template <class S>
Vec<S> rounded(const RVec& v) {
  Vec<S> w(v.size());
  for (Index i = 0; i < v.size(); ++i) w[i] = convert<S>(v[i]);
  return w;
}

inline Real100 fine(const Rational& a) { return convert<Real100>(a); }

inline Real100 length(const RVec& v) {
  Rational sum = 0;
  for (Index i = 0; i < v.size(); ++i) sum += v[i] * v[i];
  return square_root(fine(sum));
}

template <class S>
Rational exact_gamma(long k) {
  return exact(gamma_bound<S>(k));
}

/// The smallest positive number of a scalar whose range matters here: that of double.
template <class S>
Rational smallest_number() {
  return std::is_same_v<S, double> ? exact(0x1p-1074) : Rational(0);
}

inline Rational max_entry(const RVec& v) {
  Rational top = 0;
  for (Index i = 0; i < v.size(); ++i)
    if (top < abs(v[i])) top = abs(v[i]);
  return top;
}

/// The residuals of (y, lambda) without rounding, and what rounding in S may leave of them.
///
/// Allowed: one refinement step in working precision brings the residual of a linear system of
/// order N to 2 gamma_{N+1} (|A||z| + |b|) (Higham, "Accuracy and Stability", theorem 12.4),
/// componentwise, whatever the condition as long as refinement converges. Here A = [H B_I'; B_I 0].
/// Evaluating a row in S to decide about it may be off by gamma_{m+2} (|b_i||y| + |r_i|) once more.
/// Four times 2 N + 16 covers both. Where g and r are themselves sums, their terms count instead of
/// them, and one rounding for each. Below the normal range an operation may be off by half the
/// smallest number instead: as many of those, in a sum, in an entry of y, or in one of lambda.
template <class S>
struct ExactResiduals {
  RVec gradient, slack;
  Rational stationarity, primal = 0, complementarity = 0;  ///< each as a share of what is allowed
  Rational allowed = 0;                                    ///< the largest allowed entry
  Rational gradient_allowed = 0;
  std::vector<Rational> row_allowed;
  bool signs = true;

  ExactResiduals(const Program& p, const Vec<S>& y_s, const Vec<S>& lambda_s) {
    const RVec y = exact(y_s), lambda = exact(lambda_s);
    const long operations = 4 * (2 * (p.m() + p.rows()) + 16) + p.terms;
    const Rational gamma = exact_gamma<S>(operations);
    const Rational tiny = Rational(operations) * smallest_number<S>();
    gradient = p.g;
    slack = p.r;
    Rational largest = 0;
    for (Index i = 0; i < p.m(); ++i) {
      Rational size = p.g_size(i), coefficients = 1;
      const auto add = [&](const Rational& term) {
        gradient[i] += term;
        size += abs(term);
      };
      for (Index j = 0; j < p.m(); ++j) {
        add(p.H(i, j) * y[j]);
        coefficients += abs(p.H(i, j));
      }
      for (Index k = 0; k < p.rows(); ++k) {
        if (lambda[k] == 0) continue;
        add(p.B(k, i) * lambda[k]);
        coefficients += abs(p.B(k, i));
      }
      size = gamma * size + tiny * coefficients;
      if (largest < size) largest = size;
    }
    const auto share = [&](const Rational& value, const Rational& bound) {
      if (allowed < bound) allowed = bound;
      return value == 0 ? Rational(0) : bound == 0 ? Rational(1000000) : Rational(value / bound);
    };
    gradient_allowed = largest;
    stationarity = share(max_entry(gradient), gradient_allowed);
    for (Index k = 0; k < p.rows(); ++k) {
      Rational row = 0, total = 0;
      for (Index j = 0; j < p.m(); ++j) {
        slack[k] -= p.B(k, j) * y[j];
        if (row < abs(p.B(k, j))) row = abs(p.B(k, j));
        total += abs(y[j]);
      }
      const Rational bound =
          gamma * (row * total + p.r_size(k)) + tiny * (1 + Rational(p.m()) * row);
      row_allowed.push_back(bound);
      const bool equality = k < p.equalities;
      if (equality || slack[k] < 0) primal = std::max(primal, share(abs(slack[k]), bound));
      if (lambda[k] != 0) complementarity = std::max(complementarity, share(abs(slack[k]), bound));
      if (!equality && lambda[k] < 0) signs = false;
    }
  }

  /// Nothing beyond rounding; in rationals: nothing.
  bool optimal() const { return signs && stationarity <= 1 && primal <= 1 && complementarity <= 1; }
};

}  // namespace assay::reference
