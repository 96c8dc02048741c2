#pragma once

#include "assay/scalar/convert.hpp"
#include "assay/scalar/dense.hpp"

namespace assay::reference {

/// A number >= 0 known from above only. Every operation rounds to nearest and then enlarges, so
/// that what is held never falls below the exact value; no rounding mode is ever switched.
///
/// With eps = 2u: fl(a + b) >= (a + b)(1 - u), and enlarging by 1 + 2 eps with one more rounding
/// gives a factor (1 - u)^2 (1 + 4u) > 1. Where a product or quotient underflows it loses less than
/// the smallest normal number, which is added.
template <class S>
class Bound {
 public:
  Bound() = default;
  /// @param value >= 0, exact
  explicit Bound(const S& value) : value_(value) {}
  /// From `value` >= 0 that came out of a chain of k <= 1/(4u) `roundings`: (1 - u)^k, times
  /// (1 + (2k + 4)u), times (1 - u)^2 for the two roundings here, is at least 1.
  static Bound of_chain(const S& value, Index roundings) {
    const S growth = S(1) + S(static_cast<double>(roundings + 2)) * epsilon();
    return Bound(S(value * growth + S(static_cast<double>(2 * roundings + 2)) * tiny()));
  }
  /// gamma_k = k u / (1 - k u).
  static Bound gamma(Index k) { return of_chain(gamma_bound<S>(k), 3); }
  /// More than underflow can cost one operation, subnormal numbers or none: the smallest normal
  /// number, or a larger one where that has billions of zeros.
  static const S& tiny() {
    static const S value = std::numeric_limits<S>::min_exponent < -5000
                               ? scale_by_power_of_two(S(1), -5000)
                               : std::numeric_limits<S>::min();
    return value;
  }

  const S& value() const { return value_; }

  Bound& operator+=(const Bound& o) { return *this = *this + o; }
  friend Bound operator+(const Bound& a, const Bound& b) { return enlarged(a.value_ + b.value_); }
  friend Bound operator*(const Bound& a, const Bound& b) {
    return Bound(S(enlarged(a.value_ * b.value_).value_ + S(2) * tiny()));
  }

 private:
  static S epsilon() { return std::numeric_limits<S>::epsilon(); }
  static Bound enlarged(const S& value) { return Bound(S(value + S(2) * epsilon() * value)); }

  S value_{0};
};

/// All numbers within `rad` of `mid`. Not finite means: nothing is known.
template <class S>
struct Ball {
  S mid{0};
  S rad{0};  ///< >= 0

  /// A number not above (not below) every number of the ball.
  S lower() const { return outward(S(mid - rad), -1); }
  S upper() const { return outward(S(mid + rad), 1); }

  bool finite() const { return is_finite(mid) && is_finite(rad); }
  bool positive() const { return lower() > S(0); }
  bool negative() const { return upper() < S(0); }
  Bound<S> size() const { return Bound<S>(magnitude(mid)) + Bound<S>(rad); }

  /// What rounding `mid` to nearest left behind, and everything in `more`.
  static Ball rounded(const S& mid, const Bound<S>& more) {
    const Bound<S> u(unit_roundoff<S>());
    return {mid, (u * Bound<S>(magnitude(mid)) + more).value()};
  }
  /// The ball around [lower, upper].
  static Ball between(const S& lower, const S& upper) {
    const S mid = lower + (upper - lower) / S(2);
    const S reach = larger(S(upper - mid), S(mid - lower));
    return {mid, Bound<S>::of_chain(reach, 1).value()};
  }

  friend Ball operator-(const Ball& a) { return {S(-a.mid), a.rad}; }
  friend Ball operator+(const Ball& a, const Ball& b) {
    return rounded(S(a.mid + b.mid),
                   Bound<S>(a.rad) + Bound<S>(b.rad) + Bound<S>(Bound<S>::tiny()));
  }
  friend Ball operator-(const Ball& a, const Ball& b) { return a + -b; }

 private:
  // One rounding lost at most u |value| (or underflow); 2u |value| makes up for it and for its own.
  static S outward(const S& value, int side) {
    const S step = std::numeric_limits<S>::epsilon() * magnitude(value) + Bound<S>::tiny();
    return side < 0 ? S(value - step) : S(value + step);
  }
};

/// The ball about the value nearest to a fraction; a point if S represents it.
template <class S>
Ball<S> enclose(const Rational& value) {
  const S mid = convert<S>(value);
  if (!is_finite(mid)) return {mid, S(0)};
  const Rational off = value - convert<Rational>(mid);
  if (off == 0) return {mid, S(0)};
  return {mid, Bound<S>::of_chain(convert<S>(Rational(abs(off))), 1).value()};
}

template <class S>
struct BallVector {
  Vec<S> mid, rad;

  BallVector() = default;
  explicit BallVector(Index size) : mid(size), rad(size) {
    for (Index i = 0; i < size; ++i) mid[i] = rad[i] = S(0);
  }
  explicit BallVector(const Vec<S>& exact) : BallVector(exact.size()) { mid = exact; }

  Index size() const { return mid.size(); }
  Ball<S> operator[](Index i) const { return {mid[i], rad[i]}; }
  void set(Index i, const Ball<S>& ball) {
    mid[i] = ball.mid;
    rad[i] = ball.rad;
  }
  bool finite() const {
    for (Index i = 0; i < size(); ++i)
      if (!(*this)[i].finite()) return false;
    return true;
  }
};

}  // namespace assay::reference
