#pragma once

#include <memory>
#include <vector>

#include "assay/algorithm/algorithm.hpp"
#include "assay/support/catalogue.hpp"

namespace assay {

/// The algorithms by name.
const std::vector<CatalogueItem>& algorithm_items();

/// The estimator and the step rule an algorithm is published with: what an experiment gets that
/// names neither.
std::string default_estimator(const std::string& algorithm);
std::string default_step(const std::string& algorithm);

/// The number that keys an algorithm's random streams; part of every golden trace.
std::uint64_t algorithm_stream(const std::string& algorithm);

template <class S>
std::unique_ptr<Algorithm<S>> make_algorithm(const std::string& name, const Settings& settings,
                                             const AlgorithmContext<S>& context);

}  // namespace assay
