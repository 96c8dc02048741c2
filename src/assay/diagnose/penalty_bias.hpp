#pragma once

#include <optional>

#include "assay/problem/instance.hpp"
#include "assay/run/experiment.hpp"
#include "assay/scalar/dense.hpp"

namespace assay {

/// F2CSA's estimate minus grad F at x in closed form, noise left out. With y*, lambda, p and nu of
/// the lower level and its adjoint at x, h* = A x + B y* - b (0 on active rows), gates rho(h*,
/// lambda), r the ridge and
///
///     D = -(alpha_1 H + alpha_2 B' rho B + Qyy + r I)^-1 (grad_y f + r y* + alpha_2 B' rho h*),
///     bias = Qxy D + alpha_1 M' D + alpha_2 A' rho (h* + B D) + M' p + A_I' nu,
///
/// which also holds where rows are active. literal_value_gradient adds alpha_1 A' lambda;
/// skipped_inner_solve makes D zero. The settings are those of the last phase; averaged multipliers
/// are taken to have settled. Solved by other means than the estimator's own.
/// @return nothing for other estimators; for an inexact inner solve, for faults whose effect
/// depends on the past or that change the inner problem itself; and where the lower level has no
/// solution or a kink
std::optional<Vec<double>> penalty_bias(const Experiment& experiment, const Instance& instance,
                                        const Vec<double>& x);

}  // namespace assay
