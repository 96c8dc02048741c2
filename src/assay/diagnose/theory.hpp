#pragma once

#include <optional>
#include <string>
#include <vector>

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

/// @return nothing for other algorithms and step rules
std::optional<LoopGain> loop_gain(const Experiment& experiment, double largest_curvature);

}  // namespace assay
