#pragma once

#include "reference/smooth_problem.hpp"

namespace assay::reference {

/// One of the pieces that y* consists of near a point: y*(x + d) = y + V d + o(d) for directions
/// with `cone` d <= 0.
struct PointPiece {
  RMat V;         ///< dy/dx (m,n)
  RMat cone;      ///< (rows,n)
  RVec gradient;  ///< of F(x, y*(x)) on this piece (n)
};

/// What exact fractions say of a point (x, y) of a rational problem.
struct ExactPoint {
  bool feasible = false;        ///< the lower level's rows hold
  bool upper_feasible = false;  ///< G <= 0
  bool licq = false;    ///< the gradients of the rows that hold with equality are independent
  bool kkt = false;     ///< multipliers exist (under LICQ: are), with the right signs
  bool convex = false;  ///< the lower level is convex at this x: KKT points are minimisers
  bool strongly_convex = false;  ///< the Lagrangian's Hessian is positive definite
  bool second_order = false;     ///< ... on the tangent space of the strongly active rows
  Rational F, f;
  RVec multipliers;                 ///< of all rows, equalities first
  std::vector<Index> strong, weak;  ///< rows that hold: with a multiplier (or equalities); without
  std::vector<PointPiece> pieces;   ///< given licq, kkt and second_order

  /// y is the lower level's only minimiser.
  bool minimiser() const { return feasible && kkt && convex && second_order; }
  /// F'(x; d) >= 0 for every direction d that the upper constraints allow to first order.
  bool stationary = false;
  /// F'(x; d). Nothing if no piece covers d.
  std::optional<Rational> slope(const RVec& d) const;
};

/// First- and second-order conditions, in fractions. For every set of weakly active rows the
/// derivative of the KKT system gives one linear piece of y* with the cone of directions in which
/// its multipliers stay >= 0 and the slacks of the other rows too; x is stationary (for directional
/// derivatives, "B-stationary") if on every cone, cut with the linearised upper constraints, the
/// projection of minus the piece's gradient is 0.
/// Source for the pieces: Robinson, "Strongly regular generalized equations" (Math. Oper. Res. 5,
/// 1980). @pre problem.rational()
ExactPoint examine(const SmoothProblem& problem, const RVec& x, const RVec& y);

}  // namespace assay::reference
