#pragma once

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/gmp.hpp>
#include <cmath>
#include <limits>
#include <string_view>

#include "assay/scalar/contract.hpp"

/// The tiers of arithmetic. Every solver is a template over one of these types, so that one source
/// runs in all of them; every double converts into each of them without rounding.
namespace assay {

/// IEEE binary64 computed in software: the digits of double, none of the hardware.
/// It flushes subnormals to zero, so it stands in for double only above 2^-1022.
using Soft53 = boost::multiprecision::number<
    boost::multiprecision::cpp_bin_float<53, boost::multiprecision::digit_base_2, void,
                                         std::int16_t, -1022, 1023>,
    boost::multiprecision::et_off>;

/// At least 50 (100) decimal digits: 168 (334) bits, no allocation.
using Real50 = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>,
                                             boost::multiprecision::et_off>;
using Real100 = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<100>,
                                              boost::multiprecision::et_off>;

/// Exact fractions: only + - * / and comparisons, no square root.
using Rational = boost::multiprecision::number<boost::multiprecision::gmp_rational,
                                               boost::multiprecision::et_off>;

/// True where arithmetic does not round.
template <class S>
inline constexpr bool is_exact = false;
template <>
inline constexpr bool is_exact<Rational> = true;

/// The name of the tier in files and on the command line.
template <class S>
constexpr std::string_view scalar_name();
template <>
constexpr std::string_view scalar_name<double>() {
  return "double";
}
template <>
constexpr std::string_view scalar_name<Soft53>() {
  return "soft53";
}
template <>
constexpr std::string_view scalar_name<Real50>() {
  return "real50";
}
template <>
constexpr std::string_view scalar_name<Real100>() {
  return "real100";
}
template <>
constexpr std::string_view scalar_name<Rational>() {
  return "rational";
}

/// u = 2^-digits, the largest relative error of one rounded operation; 0 where nothing rounds.
template <class S>
S unit_roundoff() {
  if constexpr (is_exact<S>)
    return S(0);
  else
    return std::numeric_limits<S>::epsilon() / S(2);
}

/// gamma_k = k u / (1 - k u): the standard bound on the relative error of k chained roundings.
/// Source: Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed. (2002), section 3.1.
template <class S>
S gamma_bound(long k) {
  const S ku = S(static_cast<double>(k)) * unit_roundoff<S>();
  return ku / (S(1) - ku);
}

template <class S>
S magnitude(const S& a) {
  return a < S(0) ? S(-a) : a;
}

template <class S>
S larger(const S& a, const S& b) {
  return a < b ? b : a;
}

template <class S>
S smaller(const S& a, const S& b) {
  return b < a ? b : a;
}

/// Correctly rounded square root. Not defined for Rational.
template <class S>
S square_root(const S& a) {
  static_assert(!is_exact<S>, "a rational has no exact square root");
  using std::sqrt;
  return sqrt(a);
}

/// a * 2^k without rounding (short of overflow and underflow).
template <class S>
S scale_by_power_of_two(const S& a, int k) {
  using std::ldexp;
  return ldexp(a, k);
}
template <>
inline Rational scale_by_power_of_two(const Rational& a, int k) {
  const Rational factor = Rational(boost::multiprecision::mpz_int(1) << (k < 0 ? -k : k));
  return k < 0 ? Rational(a / factor) : Rational(a * factor);
}

/// The k with 2^(k-1) <= |a| < 2^k; 0 for a = 0. Not defined for Rational.
template <class S>
int binary_exponent(const S& a) {
  using std::frexp;
  int k = 0;
  static_cast<void>(frexp(a, &k));
  return k;
}

/// The nearest double.
template <class S>
double to_double(const S& a) {
  return static_cast<double>(a);
}

template <class S>
bool is_finite(const S& a) {
  if constexpr (is_exact<S>)
    return true;
  else {
    using std::isfinite;
    return static_cast<bool>(isfinite(a));
  }
}

}  // namespace assay
