#pragma once

#include <vector>

#include "reference/fraction_free.hpp"

namespace assay::reference {

/// The point of  conv{points} + cone{rays}  nearest to the origin.
struct MinNormPoint {
  RVec point;
  Rational squared;               ///< |point|^2, the squared distance of the origin
  std::vector<Rational> weights;  ///< of the points: >= 0, sum 1
  std::vector<Rational> lengths;  ///< of the rays: >= 0
};

/// Wolfe's method in exact fractions, which ends after finitely many steps with a proof: the result
/// p satisfies  <p, g> >= <p, p>  for every point g and  <p, r> >= 0  for every ray r, hence
/// <p, z> >= <p, p> on the whole set. The proof is checked before returning.
///
/// Source: Wolfe, "Finding the nearest point in a polytope", Mathematical Programming 11 (1976).
/// Rays are ours: they take part in a corral like points, without a share in the sum of weights.
/// @pre at least one point; all of one length
MinNormPoint min_norm_point(const std::vector<RVec>& points, const std::vector<RVec>& rays = {});

}  // namespace assay::reference
