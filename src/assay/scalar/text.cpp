#include "assay/scalar/text.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "assay/scalar/convert.hpp"
#include "assay/scalar/decimal.hpp"
#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace {

[[noreturn]] void out_of_range(std::string_view text, std::string_view scalar) {
  throw Error(ExitCode::usage, in_quotes(text) + " is beyond the range of " + std::string(scalar));
}

template <class S>
bool read_special(std::string_view text, S& value) {
  using Limits = std::numeric_limits<S>;
  if (text == "nan")
    value = Limits::quiet_NaN();
  else if (text == "inf")
    value = Limits::infinity();
  else if (text == "-inf")
    value = -Limits::infinity();
  else
    return false;
  return true;
}

/// The exact value. Longer exponents than any file of ours has would only fill the memory.
Rational exact_value(const Decimal& number, std::string_view text) {
  constexpr std::int64_t largest_exponent = 100'000;
  if (number.digits.empty()) return Rational(0);
  if (number.exponent > largest_exponent || number.exponent < -largest_exponent)
    out_of_range(text, "exact decimals");
  using Integer = boost::multiprecision::mpz_int;
  const Integer digits(number.digits);
  const auto zeros =
      static_cast<unsigned>(number.exponent < 0 ? -number.exponent : number.exponent);
  const Integer power = boost::multiprecision::pow(Integer(10), zeros);
  const Rational size = number.exponent < 0 ? Rational(digits, power) : Rational(digits * power);
  return number.negative ? Rational(-size) : size;
}

/// Boost 1.81 cuts off what lies behind about max_digits10 + 2 digits and may then round to the
/// wrong neighbour; longer texts go through the exact value.
template <class S>
S read_multiprecision(std::string_view text) {
  S value;
  if (read_special(text, value)) return value;
  const Decimal number = parse_decimal(text);
  if (number.digits.empty()) return number.negative ? -S(0) : S(0);
  if (number.digits.size() > std::numeric_limits<S>::max_digits10) {
    value = convert<S>(exact_value(number, text));
  } else {
    const std::string plain =
        (number.negative ? "-" : "") + number.digits + "e" + std::to_string(number.exponent);
    value = S(plain);
  }
  if (!is_finite(value) || value == 0) out_of_range(text, scalar_name<S>());
  return value;
}

/// The next decimal of so many digits, away from zero.
Decimal next_decimal(Decimal number, int digits) {
  const auto missing = static_cast<std::size_t>(digits) - number.digits.size();
  number.digits.append(missing, '0');
  number.exponent -= static_cast<std::int64_t>(missing);
  std::size_t place = number.digits.size();
  while (place > 0 && number.digits[place - 1] == '9') number.digits[--place] = '0';
  if (place > 0)
    ++number.digits[place - 1];
  else
    number.digits.insert(0, "1");
  const std::size_t end = number.digits.find_last_not_of('0') + 1;
  number.exponent += static_cast<std::int64_t>(number.digits.size() - end);
  number.digits.resize(end);
  return number;
}

template <class S>
bool is_power_of_two(const S& value) {
  return magnitude(value) == scale_by_power_of_two(S(1), binary_exponent(value) - 1);
}

template <class S>
std::string write_multiprecision(const S& value) {
  if (value != value) return "nan";
  if (!is_finite(value)) return value < 0 ? "-inf" : "inf";
  if (value == 0) return signbit(value) ? "-0" : "0";
  for (int digits = std::numeric_limits<S>::digits10;; ++digits) {
    // Scientific notation counts the digits behind the point.
    const Decimal number = parse_decimal(value.str(digits - 1, std::ios_base::scientific));
    std::string text = format_decimal(number);
    if (digits >= std::numeric_limits<S>::max_digits10 || read_multiprecision<S>(text) == value)
      return text;
    // A power of two is nearer to the value below it than to the one above: where the nearest
    // decimal, below, reads as the former, one above may still read as the power.
    if (is_power_of_two(value)) {
      text = format_decimal(next_decimal(number, digits));
      if (read_multiprecision<S>(text) == value) return text;
    }
  }
}

}  // namespace

template <>
std::string to_text(const double& value) {
  if (value != value) return "nan";
  std::array<char, 32> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), result.ptr);
}

template <>
double from_text(std::string_view text) {
  double value = 0;
  if (read_special(text, value)) return value;
  const Decimal number = parse_decimal(text);
#ifdef __cpp_lib_to_chars
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc())
    out_of_range(text, scalar_name<double>());
#else  // a library that reads integers only, such as libc++ 14
  value = convert<double>(exact_value(number, text));
  if (!is_finite(value) || (value == 0 && !number.digits.empty()))
    out_of_range(text, scalar_name<double>());
  if (number.negative && value == 0) value = -0.0;
#endif
  return value;
}

template <>
std::string to_text(const Soft53& value) {
  return to_text(to_double(value));
}
template <>
Soft53 from_text(std::string_view text) {
  return convert<Soft53>(from_text<double>(text));
}

template <>
std::string to_text(const Real50& value) {
  return write_multiprecision(value);
}
template <>
Real50 from_text(std::string_view text) {
  return read_multiprecision<Real50>(text);
}

template <>
std::string to_text(const Real100& value) {
  return write_multiprecision(value);
}
template <>
Real100 from_text(std::string_view text) {
  return read_multiprecision<Real100>(text);
}

template <>
std::string to_text(const Rational& value) {
  return value.str();
}
template <>
Rational from_text(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return exact_value(parse_decimal(text), text);
  const auto integer = [&](std::string_view part) {
    const bool digits_only =
        part.find_first_not_of("0123456789", part.starts_with('-')) == std::string_view::npos;
    return exact_value(parse_decimal(digits_only ? part : text), text);
  };
  const Rational above = integer(text.substr(0, slash));
  const Rational below = integer(text.substr(slash + 1));
  if (below <= 0) throw Error(ExitCode::usage, in_quotes(text) + " has no positive denominator");
  return above / below;
}

}  // namespace assay
