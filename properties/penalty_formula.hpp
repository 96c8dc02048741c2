#pragma once

#include <vector>

#include "assay/hypergradient/penalty.hpp"
#include "properties/dense.hpp"

namespace assay::properties {

/// F2CSA's oracle written out as dense formulas in a wider scalar, for given answers (y, lambda) of
/// the lower level, which may be inexact:
///
///     grad_y L(y) = f_y + alpha_1 (H y + M x + d + q + B' lambda) + alpha_2 B'(rho o h) + r y
///     H_L         = alpha_1 H + Qyy + alpha_2 B' diag(rho) B + r I
///     estimate(D) = f_x(x, y + D) + alpha_1 M'D + alpha_2 A'(rho o (h + B D)),   D = yt - y,
///
/// h = A x + B y - b, and exactly 0 for rows in the lower level's active set; r the ridge.
template <class S>
class PenaltyFormula {
 public:
  using T = Wider<S>;

  /// @param lower y, multipliers and active rows, as the estimator got them
  /// @param averaged the multipliers that the gates see; empty: those of `lower`
  PenaltyFormula(const Instance& instance, const Vec<S>& x, const Vec<S>& q,
                 const LowerSolution<S>& lower, const PenaltyOptions& options,
                 const FaultSet& faults, const Vec<T>& averaged = {});
  /// The same for other values of y and lambda.
  PenaltyFormula(const Instance& instance, const Vec<T>& x, const Vec<T>& q, const Vec<T>& y,
                 const Vec<T>& multipliers, const std::vector<Index>& active,
                 const PenaltyOptions& options, const FaultSet& faults, const Vec<T>& averaged);

  /// Other penalties than the options', and what then depends on them.
  void set_penalties(const T& alpha1, const T& alpha2);
  void set_ramp(const T& ramp);

  /// The gate by its definition. @param h, lambda of this row
  T gate(const T& h, const T& lambda, Index row) const;
  /// gate(...) for every row at y.
  Vec<T> gates() const;
  /// How far rounded data may move the gate of a row: |dh| over the ramp, a few roundings.
  T gate_floor(Index row) const;

  /// H_L^-1 (-grad_y L). @pre H_L is not singular
  Vec<T> exact_step() const;
  /// What exact_step() solves, as the saddle system it stands for, with p = -alpha_1 D and
  /// nu = alpha_2 rho o B D: [H + (Qyy + r I)/alpha_1, B_I'; B_I, -(alpha_1/alpha_2) / rho].
  /// @pre h is 0 on the rows with rho > 0
  Vec<T> saddle_step() const;
  Vec<T> estimate(const Vec<T>& step) const;
  /// L(y + step) - L(y)
  T change(const Vec<T>& step) const;

  /// (n) Bound on the roundings of everything between (y, lambda) and the estimate when the exact
  /// step is computed in S. See the derivation there. Negative first entry: H_L is conditioned too
  /// badly in S for a bound.
  Vec<T> floor(const Vec<T>& step) const;
  /// The same for the evaluation of estimate() alone. @param rounded_point D is known as the
  /// rounded inner point y + D only, which stands for it to u |y + D|
  Vec<T> assembly_floor(const Vec<T>& step, bool rounded_point) const;

  QuadraticProblem<T> p;
  T alpha1, alpha2, delta, ramp, ridge;
  Vec<T> x, q, y, multipliers, averaged, h, rho;
  std::vector<Index> active;
  Mat<T> hessian;   ///< H_L
  Vec<T> gradient;  ///< grad_y L at y
  Mat<T> reach;     ///< (m,n): alpha_1 M + alpha_2 B' diag(rho) A + Qxy', what a step does

 private:
  void update();
  T h_size(Index row) const;
  Vec<T> gradient_terms() const;

  PenaltyOptions o_;
  FaultSet faults_;
};

}  // namespace assay::properties
