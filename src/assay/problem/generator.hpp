#pragma once

#include <vector>

#include "assay/problem/instance.hpp"
#include "assay/support/settings.hpp"

namespace assay {

/// The knobs of generate_instance(), with their defaults and meaning.
const std::vector<Parameter>& generator_parameters();

/// A random quadratic instance, the same bytes for the same settings on every machine.
/// @throws InputError when the knobs contradict each other, NumericalError when rounding to the
/// grid
///         leaves a matrix that is not positive definite
Instance generate_instance(const Settings& settings);

}  // namespace assay
