#include "reference/range.hpp"

#include "assay/scalar/text.hpp"
#include "reference/fraction_free.hpp"

namespace assay::reference {

namespace {

/// value * 10^digits, rounded down or up.
Integer scaled(const Rational& value, unsigned digits, bool up) {
  const Integer top = numerator(value) * boost::multiprecision::pow(Integer(10), digits);
  const Integer bottom = denominator(value);
  Integer quotient = top / bottom;
  const Integer rest = top - quotient * bottom;
  if (up && rest > 0) ++quotient;
  if (!up && rest < 0) --quotient;
  return quotient;
}

std::string decimal(const Integer& value, unsigned digits) {
  std::string text = Integer(abs(value)).str();
  if (text.size() <= digits) text.insert(0, digits + 1 - text.size(), '0');
  if (digits > 0) text.insert(text.size() - digits, ".");
  return (value < 0 ? "-" : "") + text;
}

}  // namespace

std::string range_text(const Range& range) {
  const std::string exact = to_text(range.lower);
  if (range.lower == range.upper && exact.size() <= 40) return exact;
  // As many digits as leave the ends one unit apart, in steps of one.
  for (unsigned digits = 30; digits > 0; --digits) {
    const Integer low = scaled(range.lower, digits, false),
                  high = scaled(range.upper, digits, true);
    if (high - low <= 2) return "[" + decimal(low, digits) + ", " + decimal(high, digits) + "]";
  }
  return "[" + decimal(scaled(range.lower, 3, false), 3) + ", " +
         decimal(scaled(range.upper, 3, true), 3) + "]";
}

}  // namespace assay::reference
