#pragma once

#include "reference/smooth_problem.hpp"

namespace assay::reference {

enum class SmoothVerdict {
  certified,
  not_contained,        ///< the operator does not map any box tried into itself: nothing is proved
  dependent_rows,       ///< the rows of the active set are dependent (LICQ fails), or too nearly so
  wrong_active_set,     ///< proved: a multiplier is negative, or another row is violated
  kink,                 ///< a multiplier or the slack of another row cannot be told from zero
  not_strongly_convex,  ///< the Lagrangian's Hessian is not positive definite over the box
};
std::string to_string(SmoothVerdict verdict);

/// What interval arithmetic proves of the lower level near a point, for every x of a box at once.
///
/// `certified`: for every x in the box there is exactly one KKT point with this active set in the
/// box (y, multipliers), its multipliers are positive, the other rows have slack, and the
/// Lagrangian's Hessian is positive definite on the box (or the active rows leave no freedom): a
/// strict local minimiser, y*(x) is smooth there, and the gradient of F(x, y*(x)) is enclosed.
/// Where the lower level is convex this is the global one. With kink the box is proved to hold
/// exactly one solution of the active set's system, but not that it is a minimiser; otherwise, not
/// even that need be.
struct SmoothEnclosure {
  SmoothVerdict verdict = SmoothVerdict::not_contained;
  std::string why;                 ///< one line, names the row
  std::vector<Range> y;            ///< (m)
  std::vector<Range> multipliers;  ///< (rows), 0 off the active set
  std::vector<Range> gradient;     ///< of F(x, y*(x)) (n)
  std::vector<Range> direct;       ///< its part grad_x F (n)
  Range F, f;
  bool vertex = false;  ///< as many active rows as y has entries: no curvature is needed

  bool certified() const { return verdict == SmoothVerdict::certified; }
};

/// Encloses the lower level's solution for x in a box.
///
/// The KKT system of the active set, grad_y L = 0, g_I = 0, h = 0, is square. Newton's method (50
/// digits) improves the guess, then Krawczyk's operator
///
///     K(Z) = z - C H(z) + (I - C H'(Z)) (Z - z),   C about H'(z)^-1,
///
/// with K(Z) in the interior of Z proves one zero in Z and no other; the derivatives come from jets
/// over intervals. The adjoint system H'(Z)' w = (F_y, 0) is solved over the box and gives the
/// gradient F_x - (dH/dx)' w, second derivatives of the rows included.
/// Source: Krawczyk (Computing 4, 1969); Rump, "Verification methods" (Acta Numerica 2010),
/// theorem 13.2 and section 10 for the linear system.
/// @param guess near y*; `active` the inequality rows taken to be active, numbered as rows
///        (equalities are always in)
SmoothEnclosure enclose(const SmoothProblem& problem, const std::vector<Range>& x,
                        const std::vector<Rational>& guess, const std::vector<Index>& active);

/// The values of a formula over a box.
Range evaluate(const Formula& formula, const std::vector<Range>& z);

/// phi(x) = F(x, y(x)) for a y stated in closed form (formulas in x alone): value and gradient over
/// a box of x.
struct Composed {
  Range value;
  std::vector<Range> gradient;
};
Composed compose(const SmoothProblem& problem, const std::vector<Formula>& y,
                 const std::vector<Range>& x);

}  // namespace assay::reference
