#pragma once

#include <functional>
#include <string>
#include <vector>

#include "assay/diagnose/events.hpp"
#include "assay/diagnose/proof.hpp"
#include "assay/diagnose/theory.hpp"
#include "assay/problem/instance.hpp"
#include "assay/run/run.hpp"

namespace assay {

/// The same run with one thing changed.
struct Counterfactual {
  std::string id;    ///< what is changed: "fault:ridge", "cap", "gradient_average" ...
  std::string what;  ///< in words
  /// The same as --set options; empty where settings cannot say it: another estimator or step rule
  /// takes other settings, and a [[change]] has its own.
  std::vector<std::string> settings;
  std::function<Experiment(const Experiment&)> apply;
};

/// All that apply to this experiment: each fault off, noise and perturbation off, averages off,
/// caps off, the step of a theorem, the exact lower level, the exact estimator, four times the
/// samples.
/// @param model  where F is known around the end of the run; steps of theorems need it
std::vector<Counterfactual> counterfactuals(const Experiment& e,
                                            const std::optional<LocalModel>& model);

inline constexpr std::size_t end_rows = 20;  ///< the last rows of a trace, which count as its end
inline constexpr double better = 2;          ///< a change helps if the gap falls by this factor

/// How a run ended.
struct Ending {
  bool failed = false;
  std::string failure;
  double level = 0;  ///< geometric mean of the last end_rows true gaps (gap_mapping)
  Tail tail;
  Vec<double> x;  ///< the last point
};
Ending ending_of(const Experiment& e, const Instance& instance);
/// @param run with every iteration recorded
Ending ending_of(const RunOutcome& run);
/// The same for the last `count` iterations in 50 digits, after the others in double. No tail.
Ending ending_in_50_digits(const Experiment& e, const Instance& instance, long count);

/// What a change does to the gap at the end: level after / level before.
struct Effect {
  std::string id, what;
  std::vector<std::string> settings;  ///< as of Counterfactual
  Ending ending;
  double ratio = 1;
  ProvedGap proved;  ///< at the last point
};

/// A change that may be part of a cure, and the level it reaches alone.
struct Candidate {
  Counterfactual change;
  double alone = 0;
};

/// The smallest sets of changes that bring the level to within a factor 2 of what all `helpful`
/// ones together reach. All such sets up to three changes; if there is none, one from which no
/// change can be taken away. Empty when all together do not bring the level down by a factor 2.
/// @param jobs  threads; the answer does not depend on it
std::vector<std::vector<std::string>> smallest_cures(const Experiment& e, const Instance& instance,
                                                     double level,
                                                     const std::vector<Candidate>& helpful,
                                                     int jobs = 1);

}  // namespace assay
