#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reference/smooth_problem.hpp"

/// Figures as texts ("5/4", "sqrt(2)/2", "~1.25"; see Stated) against what was proved.
namespace assay::reference {

using Texts = std::vector<std::string>;
using Ranges = std::vector<Range>;

/// A figure counts as equal to an irrational one if both are known this sharply and meet: 30
/// digits.
Rational sharpness();

/// The number a text states, with its uncertainty.
Range value_of(const std::string& text);
Ranges values_of(const Texts& texts);
/// A printed decimal is rounded, a printed integer is not.
Range printed(const std::string& text);
/// Nothing if one of them is no exact fraction.
std::optional<RVec> exact_vector(const Texts& texts);

std::vector<Rational> middles(const Ranges& ranges);
RVec middle_point(const Ranges& ranges);
Ranges ranges_of(const RVec& v);
Rational width(const Ranges& ranges);  ///< the largest
/// x and y one after the other.
Ranges joined(const Ranges& x, const Ranges& y);

/// What is proved is what is stated: equal if both are exact; the same 30 digits if one is an
/// enclosure; inside the uncertainty of a rounded figure.
bool agree(const std::string& stated, const Range& proved);
bool agree(const Texts& stated, const Ranges& proved);
/// Both are sharp and meet, entry by entry.
bool same(const Ranges& a, const Ranges& b);

std::string listed(const Texts& texts);
std::string listed(const Ranges& ranges);

}  // namespace assay::reference
