#pragma once

#include "assay/hypergradient/estimator.hpp"
#include "properties/dense.hpp"

namespace assay::properties {

/// What a lower level and its hypergradient are when exactly these rows hold, by dense elimination
/// in a wider scalar, and how far the roundings of S may move each figure.
///
/// With K = [H B_I'; B_I 0]:  K (y, lambda) = (-(M x + d + q), b_I - A_I x),
/// K (p, nu) = (f_y, 0),  grad F = f_x - M'p - A_I'nu.
template <class S>
class ExactPoint {
 public:
  using T = Wider<S>;

  /// @param problem the data in the wider scalar, outlives this
  ExactPoint(const QuadraticProblem<T>& problem, const Vec<T>& x, const Vec<T>& q,
             const std::vector<Index>& active);

  bool independent = false;  ///< K is not singular; otherwise nothing below is set
  Mat<T> saddle;             ///< K
  Mat<T> inverse;            ///< K^-1
  Mat<T> rows;               ///< [M; A_I]
  Vec<T> y, multipliers;     ///< (m), (all rows)
  Vec<T> slack;              ///< (all rows) b - A x - B y
  Vec<T> adjoint;            ///< z = (p, nu)
  Vec<T> direct, implicit, gradient;
  T value{0};  ///< F(x)

  /// Bounds on what the same figures computed in S differ by; zero in rationals.
  Vec<T> y_floor, multiplier_floor, slack_floor, direct_floor, implicit_floor, gradient_floor;
  T value_floor{0};

  /// Whether the point is the minimiser and stays so under rounding: multipliers of the
  /// inequalities held and slacks of all other rows are above their floors.
  bool holds_clearly() const;
  /// Whether it cannot be the minimiser: a multiplier is negative beyond twice its floor, or
  /// another row violated beyond that and what a solver in S may take for the rounding of b_i'y -
  /// r_i.
  bool is_wrong() const;

 private:
  void set_floors();

  const QuadraticProblem<T>& p_;
  Vec<T> x_, q_;
  std::vector<Index> active_;
};

}  // namespace assay::properties
