#include "assay/verify/outward_text.hpp"

#include "assay/scalar/decimal.hpp"

namespace assay {
namespace {

using Integer = boost::multiprecision::mpz_int;

Integer power_of_ten(long exponent) {
  return boost::multiprecision::pow(Integer(10), static_cast<unsigned>(exponent));
}

/// The largest integer not above value * 10^shift (for Towards::above: the smallest not below).
Integer rounded(const Rational& value, long shift, Towards side) {
  Integer above = numerator(value), below = denominator(value);
  (shift >= 0 ? above : below) *= power_of_ten(shift >= 0 ? shift : -shift);
  const Integer magnitude = abs(above);
  Integer quotient = magnitude / below;
  // Division truncates towards 0.
  const bool grows = (side == Towards::above) == (above > 0);
  if (grows && quotient * below != magnitude) ++quotient;
  return above < 0 ? Integer(-quotient) : quotient;
}

}  // namespace

std::string outward_text(const Rational& value, Towards side, int digits) {
  if (value == 0) return "0";
  // 0.30102 < log10(2): the first guess of the exponent leaves too few digits, never too many by
  // more than a few; counting then corrects it.
  const auto bits = static_cast<long>(msb(Integer(abs(numerator(value))))) -
                    static_cast<long>(msb(Integer(denominator(value))));
  long shift = digits - bits * 30102 / 100000;
  const auto length = [](const Integer& a) {
    return static_cast<long>(Integer(abs(a)).str().size());
  };
  Integer scaled = rounded(value, shift, side);
  for (long excess = length(scaled) - digits; excess > 0; excess = length(scaled) - digits) {
    // "10^digits" after rounding up has a digit too many, but it is a zero.
    if (excess == 1 && abs(scaled) == power_of_ten(digits)) break;
    shift -= excess;
    scaled = rounded(value, shift, side);
  }
  return format_decimal(parse_decimal(scaled.str() + "e" + std::to_string(-shift)));
}

}  // namespace assay
