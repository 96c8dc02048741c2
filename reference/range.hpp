#pragma once

#include <string>

#include "assay/scalar/scalar.hpp"

namespace assay::reference {

/// A closed interval with exact ends, proved to hold a number: how enclosures leave the oracles.
struct Range {
  Rational lower, upper;

  Range() = default;
  Range(const Rational& value) : lower(value), upper(value) {}  // NOLINT: a number is a range
  Range(Rational low, Rational high) : lower(std::move(low)), upper(std::move(high)) {}

  bool contains(const Rational& a) const { return lower <= a && a <= upper; }
  bool within(const Range& other) const { return other.lower <= lower && upper <= other.upper; }
  bool meets(const Range& other) const { return lower <= other.upper && other.lower <= upper; }
  Rational middle() const { return (lower + upper) / 2; }
  Rational width() const { return upper - lower; }
};

/// The exact fraction if it is one and short; otherwise the two ends in as many decimals (at most
/// 30) as tell them apart, rounded outwards: the printed interval contains the range.
std::string range_text(const Range& range);

}  // namespace assay::reference
