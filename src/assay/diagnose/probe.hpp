#pragma once

#include <optional>

#include "assay/diagnose/events.hpp"
#include "assay/problem/instance.hpp"
#include "assay/run/experiment.hpp"

namespace assay {

/// The cosines that the probes of a run's first iterations record, against those of the very
/// vectors they are of, in 50 digits. A cosine in double is within 3 gamma_{n+5} of that: two
/// norms, a quotient in each entry and the sum of n products of unit vectors.
/// @return event "probe_cosine_wrong" when one is not, with the farthest as numbers `iteration`,
/// `recorded`, `cosine`, and `constant`: what added to |a| |b| makes the one the other; nothing
/// when all are right or none was recorded
/// @throws NumericalError when the run fails in one of them
std::optional<Event> check_probes(const Experiment& experiment, const Instance& instance,
                                  long iterations);

}  // namespace assay
