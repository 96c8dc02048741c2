#pragma once

#include <string>
#include <vector>

#include "assay/problem/instance.hpp"
#include "assay/run/experiment.hpp"
#include "assay/scalar/dense.hpp"

namespace assay {

/// What making one thing perfect, on top of all before it, changes in the estimate.
struct Rung {
  std::string cause;   ///< an id: "rounding", "noise", "detached_implicit", "penalty" ...
  std::string remedy;  ///< what was made perfect, for people
  Vec<Real50> delta;   ///< estimate before minus estimate after
  double size = 0;     ///< |delta|
  /// delta'D / D'D with D = reported - truth: these add up to 1. 0 where D vanishes.
  double share = 0;
};

/// The fidelity ladder at one iteration: reported - truth = the sum of the rungs' deltas, as
/// vectors.
struct Ladder {
  long iteration = 0;
  Vec<Real50> reported;                 ///< the estimate this step took, as the run computed it
  Vec<Real50> truth, direct, implicit;  ///< grad F and its parts where the step began
  Vec<double> x, after;                 ///< x before and after the step
  std::vector<Rung> rungs;
  double reported_size = 0, truth_size = 0, error_size = 0;  ///< |reported|, |truth|, |difference|
  /// The largest entry of (reported - truth) - sum of deltas, in 100 digits; and what 50 digits
  /// round in it: one rounding in each delta.
  double identity_error = 0, identity_bound = 0;

  /// What the estimator itself gets wrong at x, its samples and its lower level being exact: the
  /// sum of the deltas that remain then.
  Vec<Real50> bias() const;
  /// The rung with this cause, or null.
  const Rung* find(const std::string& cause) const;
};

/// One thing made perfect: the cause it removes and the experiment without it.
struct Fidelity {
  std::string cause, remedy;
  Experiment experiment;
  bool here = false;  ///< the estimate is taken at x itself, not at the algorithm's own point
};

/// The rungs an experiment has, in order, each on top of those before: 50 digits; no noise; no
/// perturbation of the lower level; no clipping; the point itself; the exact lower level; every
/// fault of the estimator; its averages, inner solve and gate; the exact adjoint. The last one is
/// the true hypergradient.
std::vector<Fidelity> fidelities(const Experiment& experiment);

/// The ladders at these iterations of a run in double: each from the run's own state, all rungs
/// with the run's own draws.
/// @pre iterations increasing, within 0 .. experiment.iterations - 1
/// @throws InputError when the experiment is not in double; NumericalError when the run, or a rung,
/// fails at or before one of them; Error(internal) should the deltas not add up
std::vector<Ladder> fidelity_ladders(const Experiment& experiment, const Instance& instance,
                                     const std::vector<long>& iterations);

/// The end of a run, made again in more digits.
struct Continuation {
  std::vector<double> gaps;  ///< gap_mapping after each iteration
  Vec<double> x;             ///< the last point
};
/// The last `count` iterations in 50 digits, from where the run in double stood before them, with
/// its own draws.
/// @pre 0 < count <= experiment.iterations
/// @throws NumericalError when it fails where the run in double did not
Continuation continue_in_50_digits(const Experiment& experiment, const Instance& instance,
                                   long count);

/// 0, 1, 2, 5, 10, 20, 50, ... and the last iteration.
std::vector<long> ladder_iterations(long count);

}  // namespace assay
