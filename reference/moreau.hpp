#pragma once

#include "reference/textbook.hpp"

namespace assay::reference {

/// The Moreau envelope H(x) = min_z F(z) + rho/2 |z - x|^2 of a quadratic F with Hessian Q, over
/// all z: z - x = -(Q + rho I)^-1 grad F(x), grad H = rho (x - z).
struct Moreau {
  Textbook::Vector prox;      ///< z
  Textbook::Vector gradient;  ///< grad H(x)
  Textbook::R drop{0};        ///< F(x) - H(x), >= 0
};

/// @param gradient grad F(x); @param rho above -lambda_min(Q), which may be negative. With rho = 0
/// the prox is the stationary point of F.
Moreau moreau(const Textbook::Matrix& Q, const Textbook::Vector& gradient,
              const Textbook::Vector& x, const Textbook::R& rho);

}  // namespace assay::reference
