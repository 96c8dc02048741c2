#include "assay/numerics/elementary.hpp"

#include <cmath>

#include "assay/scalar/instantiate.hpp"

namespace assay {
namespace {

/// ln 2 in pieces. The head has 31 bits: times any binary exponent of any tier it is exact there.
/// The tail goes on for 8 pieces of 48 bits, beyond what the widest tier can tell.
constexpr double ln2_head = 0x1.62e42feep-1;
constexpr double ln2_tail[] = {
    0x1.a39ef35793c60p-33,  0x1.673007e5ed5e0p-81,  0x1.03cd0c99ca620p-130, 0x1.b16c5068badc0p-179,
    0x1.755f457cf70e0p-229, 0x1.881b7aeb26140p-278, 0x1.6554bed2be860p-326, 0x1.887697571ae00p-375};

template <class S>
S rest_of_ln2() {
  S sum(0);
  for (int i = 7; i >= 0; --i) sum += S(ln2_tail[i]);  // smallest first
  return sum;
}

/// The order n from which |r|^n / n! stays below 2^-(digits+4) for |r| <= 0.3466 > ln(2)/2: what
/// the series leaves out is then at most a sixteenth of an ulp of a result of at least 0.7.
constexpr int taylor_order(int digits) {
  double needed = 1;
  for (int i = 0; i < digits + 4; ++i) needed /= 2;
  int n = 0;
  for (double term = 1; term > needed; term *= 0.3466 / n) ++n;
  return n;
}

/// (e^r - 1 - r) / r^2 by Horner's rule.
template <class S>
S exponential_remainder(const S& r) {
  constexpr int order = taylor_order(std::numeric_limits<S>::digits);
  S sum(1);
  for (int n = order; n > 2; --n) sum = S(1) + r * sum / S(n);
  return sum / S(2);
}

}  // namespace

template <class S>
S exponential(const S& a) {
  using Limits = std::numeric_limits<S>;
  if (a != a) return a;
  // In units of ln 2, roughly: only to find the integer k and the cases without one.
  const double exponent = to_double(a) * 1.4426950408889634;
  if (exponent > Limits::max_exponent + 1.0) return S(std::numeric_limits<double>::infinity());
  if (exponent < Limits::min_exponent - Limits::digits - 1.0) return S(0);
  const int k = static_cast<int>(exponent < 0 ? exponent - 0.5 : exponent + 0.5);

  // r = a - k ln 2, and in c what r lost by rounding; e^r = 1 + (r + (r^2 q + c)).
  static const S rest = rest_of_ln2<S>();
  const S times(static_cast<double>(k));
  const S high = a - times * S(ln2_head);
  const S low = times * rest;
  const S r = high - low;
  const S c = (high - r) - low;
  const S power = S(1) + (r + (r * r * exponential_remainder(r) + c));
  return scale_by_power_of_two(power, k);
}

#define ASSAY_INSTANTIATE(S) template S exponential<S>(const S&);
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

/// With a = 2^k (1 + f), s = f / (2 + f): ln(1 + f) = 2 artanh(s) = 2 s + s R,
/// R = 2 s^2 / 3 + 2 s^4 / 5 + ..., and 2 s = f - s f, arranged so that f, the largest part, enters
/// unrounded.
double natural_log(double a) {
  int k = 0;
  double m = 2 * std::frexp(a, &k);
  --k;
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++k;
  }
  const double f = m - 1;
  const double s = f / (2 + f);
  const double z = s * s;
  // |s| <= 0.1716, so z^12 / 25 < 2^-65: twelve terms leave nothing a double can hold.
  double sum = 2.0 / 25;
  for (int odd = 23; odd >= 3; odd -= 2) sum = 2.0 / odd + z * sum;
  const double remainder = z * sum;
  const double half_square = 0.5 * f * f;
  const double small = half_square - (s * (half_square + remainder) + k * ln2_tail[0]);
  return k * ln2_head - (small - f);
}

}  // namespace assay
