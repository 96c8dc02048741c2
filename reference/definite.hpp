#pragma once

#include "reference/ball_matrix.hpp"

namespace assay::reference {

/// Whether every symmetric matrix within the balls is proved positive definite, in scalar S alone.
///
/// The matrix, scaled by powers of two to a diagonal near 1, is lowered by a shift c and factored
/// into R'R. If all square roots exist, R'R = C + E for the lowered matrix C with
/// |E|_2 <= gamma_{k+1} / (1 - gamma_{k+1}) trace(C), k the order; c covers that, the rounding of
/// the shift itself, the radii of the balls, and underflow. Source: Rump, "Verification of positive
/// definiteness", BIT 46 (2006), theorem 2.3 with its corollary 2.4.
/// @pre symmetric, finite
template <class S>
bool proved_definite(const BallMatrix<S>& matrix);

}  // namespace assay::reference
