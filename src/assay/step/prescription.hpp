#pragma once

namespace assay {

/// The constants that DS-BLO's theorem prescribes.
/// Source: "A doubly stochastically perturbed algorithm for linearly constrained bilevel
/// optimization" (DS-BLO), Algorithm 1: beta = 1 - eps^2 / (960 (dv^2 + 2 L^2)), K = ln(32 (dv + 2
/// L) / eps) / ln(1/beta), gamma_1 = K / delta, gamma_2 = 4 gamma_1 (dv + 2 L), delta_y =
/// min{eps^2 / (1280 (dv + 2 L)), 2 eps / 3, L, L_F delta_l}.
///
/// The last of delta_y's bounds is what a lower level solved to delta_l costs, by a constant L_F of
/// the problem; it is not known here and left out. The number of iterations, of order eps^-4, needs
/// F(x_1) - inf F and is the experiment's.
struct DsbloPrescription {
  double momentum = 0;  ///< beta
  double window = 0;    ///< K
  double gamma1 = 0, gamma2 = 0;
  double accuracy = 0;  ///< delta_y: how far a hypergradient may be off because of the lower level;
                        ///< for comparison only, the default lower level is exact to rounding
};

/// @param epsilon target gap; delta Goldstein radius; delta_v deviation of the perturbed gradients;
///        lipschitz constant of F; all > 0
/// @throws InputError when the proof's side conditions fail: eps^2 <= 480 (dv^2 + 2 L^2), eps <= dv
/// + 2 L
DsbloPrescription dsblo_prescription(double epsilon, double delta, double delta_v,
                                     double lipschitz);

/// The parameters of F2CSA's outer loop as its theorem orders them, with all hidden constants 1:
/// D = delta eps^2 / L^2, eta = delta eps^3 / L^4, alpha = eps, M = floor(delta / D).
///
/// Of the theorem's other quantities, K = floor(T / M) is how many blocks a run of T iterations
/// finishes, among which algorithm f2csa draws; T = O((F(x_0) - inf F) L^2 / (delta eps^3)) and
/// N_g = O(sigma^2 / alpha^2) need constants of the problem that are not known here and are the
/// experiment's: run.iterations, algorithm.samples.
struct F2csaPrescription {
  double clip_radius = 0;  ///< D, set by algorithm.prescription
  double step = 0;         ///< eta, set by step rule f2csa_prescription
  double alpha = 0;  ///< for comparison only: the experiment sets hypergradient.alpha, so that
                     ///< the estimator's bias can be studied apart from the outer loop
  long block = 0;    ///< M, set by algorithm.prescription
};

/// @throws InputError when a value is not positive, M would overflow, or eps > L (M = 0)
F2csaPrescription f2csa_prescription(double epsilon, double delta, double lipschitz);

}  // namespace assay
