#pragma once

#include <string>

#include "properties/walk_case.hpp"

namespace assay::properties {

/// A case with an experiment in its numbers: any algorithm in any variant, step rule, estimator,
/// lower-level method and noise that go together.
Case run_case(Source& source);

/// What a run is watched with: nothing of it may change the run.
struct Observers {
  long probe_every = 0;
  long every = 1, first = 0, last = 0;  ///< rows recorded
};

/// The experiment of a case. @param faults names, as in a file
Experiment run_of(const Case& c, const std::string& scalar, const Observers& observers = {},
                  const std::vector<std::string>& faults = {});

}  // namespace assay::properties
