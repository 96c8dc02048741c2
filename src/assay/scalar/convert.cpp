#include "assay/scalar/convert.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "assay/support/error.hpp"

namespace assay {
namespace {

using Integer = boost::multiprecision::mpz_int;

/// |value| = significand * 2^exponent, exactly.
template <class S>
Integer significand(const S& value, long& exponent) {
  if constexpr (std::is_same_v<S, double>) {
    int e = 0;
    const double fraction = std::frexp(value < 0 ? -value : value, &e);
    exponent = e - 53L;
    return Integer(static_cast<std::uint64_t>(fraction * 0x1p53));
  } else {
    exponent = static_cast<long>(value.backend().exponent()) - std::numeric_limits<S>::digits + 1;
    const auto& limbs = value.backend().bits();
    Integer bits = 0;
    for (unsigned i = limbs.size(); i-- > 0;)
      bits = (bits << static_cast<unsigned>(8 * sizeof(*limbs.limbs()))) + limbs.limbs()[i];
    return bits;
  }
}

template <class S>
Rational to_rational(const S& value) {
  if (!is_finite(value))
    throw Error(ExitCode::numerical, "a value that is not finite has no exact fraction");
  if (value == S(0)) return Rational(0);
  long exponent = 0;
  const Rational bits(significand(value, exponent));
  const Rational size = scale_by_power_of_two(bits, static_cast<int>(exponent));
  return value < S(0) ? Rational(-size) : size;
}

/// floor(a / b * 2^shift), and whether a remainder is left.
Integer scaled_quotient(const Integer& a, const Integer& b, long shift, bool& inexact) {
  const Integer above = shift > 0 ? Integer(a << shift) : a;
  const Integer below = shift < 0 ? Integer(b << -shift) : b;
  Integer quotient, remainder;
  boost::multiprecision::divide_qr(above, below, quotient, remainder);
  inexact = remainder != 0;
  return quotient;
}

/// Rounds to nearest even at the precision of S; at the fixed last place of subnormals if S is
/// double.
template <class S>
S from_rational(const Rational& value) {
  if (value == 0) return S(0);
  constexpr long digits = std::numeric_limits<S>::digits;
  const Integer a = abs(numerator(value));
  const Integer b = denominator(value);
  // Two or three bits more than S holds; the remainder decides what they cannot.
  long shift = digits + 2 - (static_cast<long>(msb(a)) - static_cast<long>(msb(b)));
  if constexpr (std::is_same_v<S, double>) shift = std::min(shift, 1074L + 2L);
  bool inexact = false;
  Integer quotient = scaled_quotient(a, b, shift, inexact);
  long surplus = quotient == 0 ? 2 : static_cast<long>(msb(quotient)) + 1 - digits;
  if (surplus < 2) surplus = 2;  // subnormal: the last place is fixed
  const Integer kept = quotient >> surplus;
  const Integer lost = quotient - (kept << surplus);
  const Integer half = Integer(1) << (surplus - 1);
  const bool up = lost > half || (lost == half && (inexact || bit_test(kept, 0)));
  // At most 2^digits, hence exact in S; computed in halves that fit 32 bits.
  Integer rounded = up ? Integer(kept + 1) : kept;
  S result(0);
  for (long at = 32 * (digits / 32); at >= 0; at -= 32) {
    const Integer part = (rounded >> at) & Integer(0xffffffffu);
    result = result * S(0x1p32) + S(static_cast<double>(part.convert_to<std::uint32_t>()));
  }
  result = scale_by_power_of_two(result, static_cast<int>(surplus - shift));
  return value < 0 ? S(-result) : result;
}

}  // namespace

template <class To, class From>
To convert(const From& value) {
  if constexpr (std::is_same_v<To, From>)
    return value;
  else if constexpr (std::is_same_v<To, Rational>)
    return to_rational(value);
  else if constexpr (std::is_same_v<From, Rational>)
    return from_rational<To>(value);
  else
    return static_cast<To>(value);
}

#define ASSAY_CONVERT(To, From) template To convert<To, From>(const From&);
#define ASSAY_CONVERT_TO(To) \
  ASSAY_CONVERT(To, double)  \
  ASSAY_CONVERT(To, Soft53)  \
  ASSAY_CONVERT(To, Real50)  \
  ASSAY_CONVERT(To, Real100) \
  ASSAY_CONVERT(To, Rational)
ASSAY_CONVERT_TO(double)
ASSAY_CONVERT_TO(Soft53)
ASSAY_CONVERT_TO(Real50)
ASSAY_CONVERT_TO(Real100)
ASSAY_CONVERT_TO(Rational)

}  // namespace assay
