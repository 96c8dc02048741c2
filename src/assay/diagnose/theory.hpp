#pragma once

#include <optional>
#include <string>
#include <vector>

#include "assay/diagnose/events.hpp"
#include "assay/problem/instance.hpp"
#include "assay/run/experiment.hpp"
#include "assay/scalar/dense.hpp"

namespace assay {

/// F around a point: while the active set stays the same, F is a quadratic with this Hessian.
struct LocalModel {
  std::vector<Index> active;
  Vec<double> spectrum;  ///< eigenvalues of the Hessian of F, ascending
  double smallest() const { return spectrum[0]; }
  double largest() const { return spectrum[spectrum.size() - 1]; }
};

/// Qxx + Qxy J + J'Qxy' + J'Qyy J with J = dy*/dx on the active set at x.
/// @return nothing where the lower level has no solution at x, or is degenerate there
std::optional<LocalModel> local_model(const Instance& instance, const Vec<double>& x);

/// How many inequalities hold with zero multiplier at x.
Index kink_rows(const Instance& instance, const Vec<double>& x);

/// DS-BLO on curvature lambda with step eta, gradient average a, momentum b and the estimate taken
/// at x - u eta m (u = 1: before the step; paper order: u uniform in [0, 1], here its mean 1/2):
///
///     (z - 1)(z - a)(z - b) + k (1-a)(1-b) z (1 + u (z - 1)) = 0,   k = eta lambda,
///
/// which is stable up to k* = (1 - ab) / (1 - u (1 - ab)) and, if u > 1/2, k* = 2 (1+a)(1+b) /
/// ((1-a)(1-b)(2u-1)). As eta = 1/(gamma_1 |m| + gamma_2) grows
/// while |m| shrinks, an unstable loop settles where eta = k* / lambda_max: a limit cycle.
struct LoopGain {
  double limit = 0;           ///< k*
  double gain = 0;            ///< k at m = 0, lambda_max / gamma_2, or lambda_max times the cap
  bool random_point = false;  ///< u is drawn: the limit holds on average
  bool averages = false;      ///< there is an average or momentum at all
  bool stable = true;
  double amplitude = 0;  ///< unstable: of the gap, |m| k* / |e^(i theta) - 1|
  double period = 0;     ///< unstable: 2 pi / theta, 2 cos theta = 1 + a + b - ab - k*(1-a)(1-b)u
  double cure = 0;       ///< the gamma_2 above which it is stable, lambda_max / k*
};

/// What theory says of a run on F's quadratic at its end, beside what the run did.
struct Law {
  std::string id;            ///< "rate", "exponent", "capped_level", "orbit", "penalty_bias"
  std::string what;          ///< the law in words
  double low = 0, high = 0;  ///< what it predicts, over the spectrum
  double measured = 0;
};
/// The laws that hold for this experiment's algorithm and step rule, as its last phase has them:
///  - constant steps eta without averages: the gap falls by max |1 - eta lambda| per iteration;
///  - steps 1/(mu (t + offset)): the gap falls like t^-(lambda/mu), lambda the smallest;
///  - a step capped at c |grad F|: the gap falls like 1/(c lambda t);
///  - F2CSA's clipped loop with constant eta: it orbits at |grad F| = D sqrt(lambda / eta).
std::vector<Law> laws(const Experiment& experiment, const LocalModel& model, const Tail& tail,
                      long iterations);

/// The objective and the gap as measures of the same distance from a minimum: on a quadratic of
/// curvatures lambda, F - F* lies between gap^2 / (2 largest) and gap^2 / (2 smallest).
struct Exchange {
  double excess_low = 0, excess_high = 0;  ///< F - F* at the end, by the gap there
  double gap_of_objective = 0;             ///< the gap that F - F* <= 1e-4 allows
  double objective_of_gap = 0;             ///< the F - F* that a gap of 1e-4 allows
};
/// @return nothing unless F is strongly convex there
std::optional<Exchange> exchange(const LocalModel& model, double gap);

/// @param level  the gap around which the run ends: a cap in proportion to the gap stabilises the
/// loop only where it is below the stable step
/// @return nothing for other algorithms and step rules
std::optional<LoopGain> loop_gain(const Experiment& experiment, double largest_curvature,
                                  double level);

}  // namespace assay
