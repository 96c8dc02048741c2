#include "assay/step/prescription.hpp"

#include <algorithm>
#include <cmath>

#include "assay/numerics/elementary.hpp"
#include "assay/scalar/text.hpp"
#include "assay/support/error.hpp"

namespace assay {

DsbloPrescription dsblo_prescription(double epsilon, double delta, double delta_v,
                                     double lipschitz) {
  const double spread = delta_v * delta_v + 2 * lipschitz * lipschitz;
  const double size = delta_v + 2 * lipschitz;
  if (!(epsilon > 0 && delta > 0 && delta_v > 0 && lipschitz > 0))
    throw InputError("", "prescription", "epsilon, delta, delta_v and lipschitz must be positive");
  if (epsilon * epsilon > 480 * spread || epsilon > size)
    throw InputError("", "prescription.epsilon",
                     to_text(epsilon) + " is too large for the theorem's side conditions");
  DsbloPrescription p;
  const double gap = epsilon * epsilon / (960 * spread);
  p.momentum = 1 - gap;
  // ln(1/beta) = -ln(1 - gap), by its series: gap is at most 1/2 and usually far below 2^-20, where
  // 1 - gap has lost digits.
  double log_inverse = 0, power = gap;
  for (int k = 1; k <= 60; ++k) {
    log_inverse += power / k;
    power *= gap;
  }
  p.window = natural_log(32 * size / epsilon) / log_inverse;
  p.gamma1 = p.window / delta;
  p.gamma2 = 4 * p.gamma1 * size;
  p.accuracy = std::min({epsilon * epsilon / (1280 * size), 2 * epsilon / 3, lipschitz});
  return p;
}

F2csaPrescription f2csa_prescription(double epsilon, double delta, double lipschitz) {
  if (!(epsilon > 0 && delta > 0 && lipschitz > 0))
    throw InputError("", "prescription", "epsilon, delta and lipschitz must be positive");
  F2csaPrescription p;
  const double L2 = lipschitz * lipschitz;
  p.clip_radius = delta * epsilon * epsilon / L2;
  p.step = delta * epsilon * epsilon * epsilon / (L2 * L2);
  p.alpha = epsilon;
  // delta / D = L^2 / eps^2, without the rounding of D; a hair is added so that an exact quotient
  // such as 1 / 0.1^2 is not floored to one less.
  const double block = L2 / (epsilon * epsilon) * (1 + 8 * unit_roundoff<double>());
  if (!(block < 0x1p53)) throw InputError("", "prescription.epsilon", "block length overflows");
  if (block < 1)
    throw InputError("", "prescription.epsilon",
                     to_text(epsilon) + " is larger than the Lipschitz constant: no block is left");
  p.block = static_cast<long>(std::floor(block));
  return p;
}

}  // namespace assay
