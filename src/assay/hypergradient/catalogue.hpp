#pragma once

#include <memory>
#include <vector>

#include "assay/hypergradient/estimator.hpp"
#include "assay/support/catalogue.hpp"

namespace assay {

/// The estimators of grad F by name.
const std::vector<CatalogueItem>& hypergradient_items();

template <class S>
std::unique_ptr<Estimator<S>> make_estimator(const std::string& name, const Settings& settings,
                                             const EstimatorContext<S>& context);

}  // namespace assay
