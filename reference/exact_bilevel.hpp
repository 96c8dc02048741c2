#pragma once

#include "reference/exact_qp.hpp"

namespace assay::reference {

/// The upper level at (x, y): f and its two gradients.
struct UpperParts {
  Rational value;
  RVec grad_x, grad_y;  ///< (n), (m)
};
UpperParts upper_parts(const Instance& instance, const RVec& x, const RVec& y);

/// A quadratic bilevel problem at one x, in exact fractions.
struct ExactBilevel {
  Program program;
  Minimiser minimiser;
  Rational value;                ///< F(x) = f(x, y*(x)), where feasible
  RVec direct, implicit, total;  ///< (n) grad_x f; (dy*/dx)' grad_y f; their sum
  Rational gap_squared;          ///< |total|^2

  /// Whether total is the gradient of F: the minimiser is not degenerate. At a feasible degenerate
  /// point it is the gradient of the piece that the strongly active rows select (kink.hpp tells
  /// whether that piece is one of F's); at an infeasible x nothing but program and minimiser is
  /// set.
  bool differentiable() const { return minimiser.nondegenerate(); }
};

/// @param x (n) @pre at most some 12 inequality rows, bounds included
ExactBilevel exact_at(const Instance& instance, const RVec& x);

/// As exact_at, with a minimiser found by other means.
ExactBilevel exact_with(const Instance& instance, const RVec& x, Minimiser minimiser);

}  // namespace assay::reference
