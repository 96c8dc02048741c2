#pragma once

#include <string>

#include "reference/exact_bilevel.hpp"
#include "reference/min_norm_point.hpp"

/// What F(x) = f(x, y*(x)) does where it has no gradient, in exact fractions.
///
/// y* is continuous and piecewise affine, F piecewise quadratic: near x, y* equals one of the
/// selections y_J, J an independent set of rows that hold at x, and J is right for exactly those
/// x + w for which the multipliers of J and the slacks of the other rows stay nonnegative, a
/// polyhedral cone of w. All that follows is read off these cones, so no constraint qualification
/// is assumed: sets J are compared, never multipliers.
namespace assay::reference {

/// F'(x; w), one-sided.
struct Slope {
  /// false: the lower level is infeasible at x + t w for small t > 0, F is not defined there.
  bool defined = false;
  RVec u;              ///< y*'(x; w), (m)
  Rational value = 0;  ///< grad_x f'w + grad_y f'u
};

/// The minimiser at x + t w for all small t > 0 at once: an active set is right if multipliers and
/// slacks, affine in t, are lexicographically nonnegative as (value at x, rate along w).
///
/// Where the rows that hold are independent, u solves min 1/2 u'Hu + u'Mw subject to
/// B_i u = -A_i w (multiplier positive, and equalities), B_i u <= -A_i w (multiplier zero). Where
/// they are not, that program with one multiplier vector may be wrong; this function is not.
/// Source: Bonnans & Shapiro, "Perturbation Analysis of Optimization Problems" (2000), section 5.2;
/// the lexicographic reading is ours.
/// @pre at.minimiser.feasible
Slope directional_derivative(const Instance& instance, const RVec& x, const ExactBilevel& at,
                             const RVec& w);

/// One quadratic of F that is F on a region with x on its boundary and with interior.
struct Piece {
  std::vector<Index> rows;  ///< J
  RVec gradient;            ///< of this quadratic at x, (n)
  /// The region near x: x + w with boundary w <= 0, (k,n), no zero rows.
  RMat boundary;
  /// boundary inside < 0 strictly: the proof that the region has an interior; zero if k = 0.
  RVec inside;
};

/// The pieces that F has at x: those whose region has interior, exactly (for each, Gordan's
/// alternative is decided by the min-norm point of the rows of `boundary`). They cover a
/// neighbourhood of x if it is interior to the domain, and the Clarke subdifferential is the convex
/// hull of their gradients. Several sets J may give one gradient.
/// Source: Scholtes, "Introduction to Piecewise Differentiable Equations" (2012), section 4.1,
/// essentially active selections; Clarke, "Optimization and Nonsmooth Analysis" (1983), theorem
/// 2.5.1.
struct Pieces {
  /// x is interior to the set where the lower level is feasible. If not, Clarke's subdifferential
  /// is not defined at x, and what this header says of it does not apply.
  bool interior = false;
  std::vector<Piece> pieces;
};
/// @pre at.minimiser.feasible
Pieces clarke_pieces(const Instance& instance, const RVec& x, const ExactBilevel& at);

/// Rays whose nonnegative combinations are the normal cone of the upper set X at x: none inside, -e
/// and e at a lower and an upper bound, x - center on the sphere. Exact: a point within rounding of
/// a bound is not on it.
/// @throws InputError if x is not in X
std::vector<RVec> normal_rays(const Instance& instance, const RVec& x);

/// dist(0, Clarke subdifferential of F at x + normal cone of X at x), with its nearest point and
/// the proof of MinNormPoint.
/// @pre pieces.interior
MinNormPoint clarke_distance(const Pieces& pieces, const std::vector<RVec>& normal_rays);

enum class Stationarity {
  smooth,          ///< one gradient, and minus it is in the normal cone of X
  kink,            ///< several gradients, and F'(x; w) >= 0 for every direction w into X
  not_stationary,  ///< proved by a direction of descent into X
  undecided        ///< infeasible or on the boundary of the domain
};

struct StationarityReport {
  Stationarity verdict = Stationarity::undecided;
  /// not_stationary: w in the tangent cone of X with F'(x; w) = slope < 0.
  RVec descent;
  Rational slope = 0;
  /// Whether 0 is in the Clarke subdifferential plus normal cone: weaker than `kink`, for at a kink
  /// that points up, as of -|x|, it is, and still there is descent.
  bool clarke = false;
  Rational clarke_squared = 0;  ///< the squared distance
  std::string reason;           ///< one sentence
};

/// Is there a direction of descent? For each piece, Farkas' alternative on its region (decided by
/// a min-norm point of its gradient plus the cone of its boundary and the normal cone) gives either
/// a proof that there is none or one, which directional_derivative() then confirms on its own way.
StationarityReport stationarity(const Instance& instance, const RVec& x);
StationarityReport stationarity(const Instance& instance, const RVec& x, const ExactBilevel& at);

}  // namespace assay::reference
