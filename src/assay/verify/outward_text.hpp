#pragma once

#include <string>

#include "assay/scalar/scalar.hpp"

namespace assay {

enum class Towards { below, above };

/// The decimal number of at most `digits` >= 1 significant digits nearest to `value` that is not
/// above it (not below it): the text of an end of an interval may move only outward.
std::string outward_text(const Rational& value, Towards side, int digits);

}  // namespace assay
