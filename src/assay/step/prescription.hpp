#pragma once

namespace assay {

/// The constants that DS-BLO's theorem prescribes.
/// Source: "A doubly stochastically perturbed algorithm for linearly constrained bilevel
/// optimization" (DS-BLO), Algorithm 1: beta = 1 - eps^2 / (960 (dv^2 + 2 L^2)), K = ln(32 (dv + 2
/// L) / eps) / ln(1/beta), gamma_1 = K / delta, gamma_2 = 4 gamma_1 (dv + 2 L).
struct DsbloPrescription {
  double momentum = 0;  ///< beta
  double window = 0;    ///< K
  double gamma1 = 0, gamma2 = 0;
};

/// @param epsilon target gap; delta Goldstein radius; delta_v deviation of the perturbed gradients;
///        lipschitz constant of F; all > 0
/// @throws InputError when the proof's side conditions fail: eps^2 <= 480 (dv^2 + 2 L^2), eps <= dv
/// + 2 L
DsbloPrescription dsblo_prescription(double epsilon, double delta, double delta_v,
                                     double lipschitz);

/// The parameters of F2CSA's outer loop as its theorem orders them, with all hidden constants 1:
/// D = delta eps^2 / L^2, eta = delta eps^3 / L^4, alpha = eps, M = floor(delta / D), K = floor(T /
/// M).
struct F2csaPrescription {
  double clip_radius = 0;  ///< D
  double step = 0;         ///< eta
  double alpha = 0;
  long block = 0;  ///< M
};

/// @throws InputError when a value is not positive, M would overflow, or eps > L (M = 0)
F2csaPrescription f2csa_prescription(double epsilon, double delta, double lipschitz);

}  // namespace assay
