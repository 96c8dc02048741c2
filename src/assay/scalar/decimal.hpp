#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay {

/// A finite decimal number as text gives it: (-1)^negative * digits * 10^exponent.
struct Decimal {
  bool negative = false;
  std::string digits;  ///< no leading and no trailing zeros; empty for zero
  std::int64_t exponent = 0;
};

/// Reads "[-]digits[.digits][e[+-]digits]" to the end. @throws Error(usage) for anything else
Decimal parse_decimal(std::string_view text);

/// Spells a number as std::to_chars spells a double: the shorter of fixed and scientific notation,
/// fixed if they are equally long, at least two digits of exponent.
std::string format_decimal(const Decimal& number);

}  // namespace assay
