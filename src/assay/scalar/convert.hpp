#pragma once

#include "assay/scalar/scalar.hpp"

namespace assay {

/// The value of another tier nearest to this one: exact where the target has at least the digits of
/// the source, otherwise rounded once, to nearest even. Infinity, NaN and -0 are kept among the
/// binary tiers. @throws Error(numerical) if a Rational is asked for a value that is not finite
template <class To, class From>
To convert(const From& value);

}  // namespace assay
