#pragma once

#include "assay/hypergradient/estimator.hpp"

namespace assay {

/// The adjoint of the lower level's KKT system, on the factor that the lower level left behind:
///
///     [ H    B_I' ] [ p  ]   [ grad_y f ]
///     [ B_I   0   ] [ nu ] = [    0     ],     grad F = grad_x f - M' p - A_I' nu,
///
/// I the active rows. Exact where strict complementarity and LICQ hold at an exact y.
/// Faults: detached_implicit, dropped_row_term, regularised_active_set, slack_only_active_set,
/// pseudo_neumann, swapped_rows.
template <class S>
class ImplicitEstimator final : public Estimator<S> {
 public:
  using Estimator<S>::Estimator;
  void evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                Hypergradient<S>& out) override;

 private:
  void regularised(const std::vector<Index>& active, Vec<S>& p) const;
  void pseudo_neumann(Hypergradient<S>& out) const;

  Vec<S> fx_, p_, nu_, slack_, limits_;
  std::vector<Index> by_slack_;
};

/// dy*/dx (m,n) by the forward systems: H J + B_I' L = -M, B_I J = -A_I.
/// @param lower just solved at x; its factor is used
template <class S>
Mat<S> forward_jacobian(const QuadraticProblem<S>& problem, LowerLevel<S>& lower);

/// The same derivative through the forward Jacobian, n solves instead of one; for cross-checks.
template <class S>
class ForwardEstimator final : public Estimator<S> {
 public:
  using Estimator<S>::Estimator;
  void evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                Hypergradient<S>& out) override;

 private:
  Vec<S> fx_, fy_;
};

}  // namespace assay
