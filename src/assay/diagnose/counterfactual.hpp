#pragma once

#include <functional>
#include <string>
#include <vector>

#include "assay/diagnose/events.hpp"
#include "assay/diagnose/theory.hpp"
#include "assay/problem/instance.hpp"
#include "assay/run/experiment.hpp"

namespace assay {

/// The same run with one thing changed.
struct Counterfactual {
  std::string id;    ///< what is changed: "fault:ridge", "cap", "gradient_average" ...
  std::string what;  ///< in words
  std::function<Experiment(const Experiment&)> apply;
};

/// All that apply to this experiment: each fault off, noise and perturbation off, averages off,
/// caps off, the step of a theorem, the exact lower level, the exact estimator, four times the
/// samples.
/// @param model  where F is known around the end of the run; steps of theorems need it
std::vector<Counterfactual> counterfactuals(const Experiment& e,
                                            const std::optional<LocalModel>& model);

/// How a run ended.
struct Ending {
  bool failed = false;
  std::string failure;
  double level = 0;  ///< geometric mean of the last 20 true gaps (gap_mapping)
  Tail tail;
};
Ending ending_of(const Experiment& e, const Instance& instance);
/// @param trace with every iteration recorded
Ending ending_of(const Trace& trace, bool failed, const std::string& failure);

/// What a change does to the gap at the end: level after / level before.
struct Effect {
  std::string id, what;
  Ending ending;
  double ratio = 1;
};

/// A change that may be part of a cure, and the level it reaches alone.
struct Candidate {
  Counterfactual change;
  double alone = 0;
};

/// The smallest sets of changes, up to three together, that bring the level to within a factor 2 of
/// what all `helpful` ones together reach. Empty when those do not bring it down by a factor 2.
std::vector<std::vector<std::string>> smallest_cures(const Experiment& e, const Instance& instance,
                                                     double level,
                                                     const std::vector<Candidate>& helpful);

}  // namespace assay
