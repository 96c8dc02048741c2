#pragma once

#include <memory>
#include <string>
#include <vector>

#include "assay/step/step_rule.hpp"
#include "assay/support/catalogue.hpp"

namespace assay {

/// The step rules by name. Every rule also takes the limits of StepLimits.
const std::vector<CatalogueItem>& step_items();

/// What a rule may need of the problem and the run.
template <class S>
struct StepContext {
  long horizon = 0;  ///< iterations of the run
  S upper_mu{0};     ///< proved lower bound on the curvature of F; 0: unknown
};

/// @throws InputError when a rule's needs are not met (for example no known curvature)
template <class S>
LimitedStep<S> make_step(const std::string& name, const Settings& settings,
                         const StepContext<S>& context);

}  // namespace assay
