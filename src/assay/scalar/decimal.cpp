#include "assay/scalar/decimal.hpp"

#include <algorithm>
#include <charconv>

#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace {

[[noreturn]] void not_a_number(std::string_view text) {
  throw Error(ExitCode::usage, in_quotes(text) + " is not a number");
}

std::size_t count_digits(std::string_view text, std::size_t from) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto end = std::find_if_not(text.begin() + from, text.end(), is_digit);
  return static_cast<std::size_t>(end - text.begin()) - from;
}

/// At most nine digits, so that later sums of exponents cannot overflow.
std::int64_t read_exponent(std::string_view text, std::string_view whole) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.size() > 9 || count_digits(text, 0) != text.size()) not_a_number(whole);
  std::int64_t exponent = 0;
  std::from_chars(text.data(), text.data() + text.size(), exponent);
  return negative ? -exponent : exponent;
}

std::string format_scientific(const Decimal& number, std::int64_t exponent) {
  std::string text = number.digits.substr(0, 1);
  if (number.digits.size() > 1) text.append(".").append(number.digits, 1);
  const std::string size = std::to_string(exponent < 0 ? -exponent : exponent);
  text.append(exponent < 0 ? "e-" : "e+");
  if (size.size() < 2) text.append("0");
  return text.append(size);
}

std::string format_fixed(const Decimal& number, std::int64_t point) {
  const auto count = static_cast<std::int64_t>(number.digits.size());
  if (point <= 0) return "0." + std::string(-point, '0') + number.digits;
  if (point >= count) return number.digits + std::string(point - count, '0');
  return number.digits.substr(0, point) + "." + number.digits.substr(point);
}

/// The length of what format_fixed returns, known before it is built.
std::int64_t fixed_length(std::int64_t count, std::int64_t point) {
  if (point <= 0) return 2 - point + count;
  return point >= count ? point : count + 1;
}

}  // namespace

Decimal parse_decimal(std::string_view text) {
  Decimal number;
  number.negative = text.starts_with('-');
  std::size_t at = number.negative ? 1 : 0;
  const std::size_t whole = count_digits(text, at);
  number.digits = text.substr(at, whole);
  at += whole;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    fraction = count_digits(text, at + 1);
    number.digits.append(text.substr(at + 1, fraction));
    at += 1 + fraction;
  }
  if (number.digits.empty()) not_a_number(text);
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') not_a_number(text);
    number.exponent = read_exponent(text.substr(at + 1), text);
  }
  number.exponent -= static_cast<std::int64_t>(fraction);

  number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size()));
  const std::size_t kept = number.digits.find_last_not_of('0') + 1;  // npos + 1 == 0 for zero
  number.exponent += static_cast<std::int64_t>(number.digits.size() - kept);
  number.digits.resize(kept);
  if (kept == 0) number.exponent = 0;
  return number;
}

std::string format_decimal(const Decimal& number) {
  const std::string sign = number.negative ? "-" : "";
  if (number.digits.empty()) return sign + "0";
  const auto count = static_cast<std::int64_t>(number.digits.size());
  const std::int64_t point = count + number.exponent;
  const std::string scientific = format_scientific(number, point - 1);
  const bool fixed = fixed_length(count, point) <= static_cast<std::int64_t>(scientific.size());
  return sign + (fixed ? format_fixed(number, point) : scientific);
}

}  // namespace assay
