#pragma once

#include "properties/saddle_bounds.hpp"

namespace assay::properties {

/// How far rounding may take what is computed at one point x with one set of active rows. All
/// bounds are entry by entry and of first order in the unit roundoff u.
class RoundedGradient {
 public:
  /// @param lambda of all stacked rows; rows: the active ones
  RoundedGradient(const QuadraticProblem<double>& problem, const SaddleBounds& bounds,
                  const std::vector<Index>& rows, Vec<double> x, Vec<double> y, double u)
      : problem_(problem), bounds_(bounds), rows_(rows), x_(x), y_(y), u_(u) {}

  /// |y - y*| after iterative refinement: residuals of gamma_{4 (2N + 16)} of their terms
  /// (reference/exact_residuals.hpp) and the rounding of M x + d and b - A x, through |K^-1|.
  Vec<double> y_error(const Vec<double>& lambda) const;

  /// The adjoint -M'p - A'nu for a given grad_y f.
  Vec<double> adjoint_error(const Vec<double>& fy) const;
  /// The forward J'fy for a given grad_y f.
  Vec<double> forward_error(const Vec<double>& fy) const;
  /// dy*/dx (m,n), to half its digits.
  Mat<double> jacobian() const;

  /// grad_x f + adjoint, y off by at most dy: `direct` and `implicit`.
  struct Parts {
    Vec<double> direct, implicit;
  };
  Parts gradient_error(const Vec<double>& dy) const;
  /// F(x), y off by at most dy.
  double value_error(const Vec<double>& dy) const;

 private:
  Vec<double> row_coefficients(Index i) const;  ///< column i of A, active rows
  Vec<double> upper_gradient_y() const;

  const QuadraticProblem<double>& problem_;
  const SaddleBounds& bounds_;
  const std::vector<Index>& rows_;
  Vec<double> x_, y_;
  double u_;
};

}  // namespace assay::properties
