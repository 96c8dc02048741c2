#pragma once

#include <memory>
#include <vector>

#include "assay/faults/faults.hpp"
#include "assay/lower_level/solver.hpp"
#include "assay/support/catalogue.hpp"

namespace assay {

/// The lower-level methods by name: "active_set", "projected_gradient", "historical".
const std::vector<CatalogueItem>& lower_level_items();

/// @param problem must outlive the solver
/// @throws InputError without a file when the method does not cover the problem, or a setting of it
/// does not suit the problem
template <class S>
std::unique_ptr<LowerLevel<S>> make_lower_level(const std::string& name, const Settings& settings,
                                                const QuadraticProblem<S>& problem);

}  // namespace assay
