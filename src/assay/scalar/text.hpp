#pragma once

#include <string>
#include <string_view>

#include "assay/scalar/scalar.hpp"

namespace assay {

/// The shortest decimal text that reads back to the same bits ("p/q" for a Rational); "nan", "inf"
/// and "-inf" otherwise. A Soft53 prints as the double of the same value. Independent of the
/// locale.
template <class S>
std::string to_text(const S& value);

/// The value nearest to the text. @throws Error(usage) if the text is not exactly one number.
template <class S>
S from_text(std::string_view text);

template <>
std::string to_text(const double& value);
template <>
double from_text(std::string_view text);
template <>
std::string to_text(const Soft53& value);
template <>
Soft53 from_text(std::string_view text);
template <>
std::string to_text(const Real50& value);
template <>
Real50 from_text(std::string_view text);
template <>
std::string to_text(const Real100& value);
template <>
Real100 from_text(std::string_view text);
template <>
std::string to_text(const Rational& value);
template <>
Rational from_text(std::string_view text);

}  // namespace assay
