#include "assay/scalar/convert.hpp"

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

/// Boost takes subnormals over as they are, and only flushes them in the next operation.
Soft53 flush_subnormal(const Soft53& value) {
  if (magnitude(value) >= std::numeric_limits<Soft53>::min() || value != value) return value;
  return signbit(value) ? -Soft53(0) : Soft53(0);
}

/// The nearest double, ties to even. Boost rounds a fraction to 53 bits first, and again where a
/// subnormal holds fewer: those are whole multiples of 2^-1074, so the multiple is rounded instead.
double nearest_double(const Rational& value) {
  const Rational size = magnitude(value);
  if (size >= scale_by_power_of_two(Rational(1), -1022)) return static_cast<double>(value);
  const Rational places = scale_by_power_of_two(size, 1074);
  Integer whole = numerator(places) / denominator(places);
  const Rational twice_rest = (places - whole) * 2;
  if (twice_rest > 1 || (twice_rest == 1 && whole % 2 == 1)) ++whole;
  const double nearest = std::ldexp(static_cast<double>(whole), -1074);
  return value < 0 ? -nearest : nearest;
}

}  // namespace

template <class To, class From>
To convert(const From& value) {
  if constexpr (std::is_same_v<To, From>)
    return value;
  else if constexpr (std::is_same_v<To, Rational>)
    return to_rational(value);
  else if constexpr (std::is_same_v<To, Soft53>)
    return flush_subnormal(Soft53(value));
  else if constexpr (std::is_same_v<To, double> && std::is_same_v<From, Rational>)
    return nearest_double(value);
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
