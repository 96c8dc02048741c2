#pragma once

#include <boost/multiprecision/mpfi.hpp>

#include "reference/jet.hpp"
#include "reference/range.hpp"

namespace assay::reference {

/// Outward-rounded intervals between numbers of 50 decimal digits (MPFI): every operation and
/// elementary function encloses all values over its arguments. Heavy to compile; kept out of the
/// headers that others include.
using Interval50 = boost::multiprecision::number<boost::multiprecision::mpfi_float_backend<50>,
                                                 boost::multiprecision::et_off>;
/// The end points.
using Point50 = boost::multiprecision::number<boost::multiprecision::mpfr_float_backend<50>,
                                              boost::multiprecision::et_off>;

inline Interval50 interval(const Rational& a) {
  Interval50 out(0);
  mpfi_set_q(out.backend().data(), a.backend().data());
  return out;
}
inline Interval50 interval(const Range& a) {
  Interval50 out = interval(a.lower);
  const Interval50 above = interval(a.upper);
  mpfi_union(out.backend().data(), out.backend().data(), above.backend().data());
  return out;
}
inline Rational exact(const Point50& a) {
  Rational out;
  mpfr_get_q(out.backend().data(), a.backend().data());
  return out;
}
/// The same set, its ends as fractions. @throws std::domain_error if it is not bounded
inline Range range(const Interval50& a) {
  if (!mpfi_bounded_p(a.backend().data())) throw std::domain_error("not a bounded interval");
  return {exact(lower(a)), exact(upper(a))};
}

inline std::vector<Interval50> intervals(const std::vector<Range>& ranges) {
  std::vector<Interval50> out;
  for (const Range& r : ranges) out.push_back(interval(r));
  return out;
}
inline std::vector<Range> ranges(const std::vector<Interval50>& v) {
  std::vector<Range> out;
  for (const Interval50& a : v) out.push_back(range(a));
  return out;
}

inline bool bounded(const Interval50& a) { return mpfi_bounded_p(a.backend().data()) != 0; }
inline bool positive(const Interval50& a) { return mpfi_is_strictly_pos(a.backend().data()) > 0; }
inline bool negative(const Interval50& a) { return mpfi_is_strictly_neg(a.backend().data()) > 0; }
inline bool has_zero(const Interval50& a) { return mpfi_has_zero(a.backend().data()) > 0; }
/// a lies in the interior of b.
inline bool strictly_inside(const Interval50& a, const Interval50& b) {
  return bounded(a) && lower(b) < lower(a) && upper(a) < upper(b);
}
/// Some point of the interval near its middle, as an interval without width.
inline Interval50 middle(const Interval50& a) { return Interval50(Point50(median(a))); }
/// The largest absolute value.
inline Point50 size(const Interval50& a) {
  const Point50 low = -lower(a), high = upper(a);
  return low < high ? high : low;
}
inline Interval50 symmetric(const Point50& radius) {
  return Interval50(Point50(-radius), Point50(radius));
}
inline Interval50 hull(Interval50 a, const Interval50& b) {
  mpfi_union(a.backend().data(), a.backend().data(), b.backend().data());
  return a;
}
/// @pre the two meet
inline Interval50 common(Interval50 a, const Interval50& b) {
  mpfi_intersect(a.backend().data(), a.backend().data(), b.backend().data());
  return a;
}

template <>
struct FormulaNumber<Interval50> {
  static Interval50 constant(const Rational& c) { return interval(c); }
  static Interval50 pi() {
    Interval50 out(0);
    mpfi_const_pi(out.backend().data());
    return out;
  }
  static Interval50 power(const Interval50& a, Index k) {
    if (k == 0) return Interval50(1);
    if (k == 1) return a;
    // Squares of intervals are never negative, products of one with itself may be.
    Interval50 square = power(a, k / 2);
    mpfi_sqr(square.backend().data(), square.backend().data());
    return k % 2 == 0 ? square : Interval50(square * a);
  }
  static Interval50 function(Op op, const Interval50& a) {
    Interval50 out(0);
    const auto from = a.backend().data();
    const auto to = out.backend().data();
    switch (op) {
      case Op::exp:
        mpfi_exp(to, from);
        break;
      case Op::log:
        mpfi_log(to, from);
        break;
      case Op::sin:
        mpfi_sin(to, from);
        break;
      case Op::cos:
        mpfi_cos(to, from);
        break;
      case Op::tan:
        mpfi_tan(to, from);
        break;
      case Op::atan:
        mpfi_atan(to, from);
        break;
      default:
        mpfi_sqrt(to, from);
    }
    return out;
  }
};

}  // namespace assay::reference
