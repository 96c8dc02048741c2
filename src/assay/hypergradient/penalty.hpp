#pragma once

#include <string>

#include "assay/hypergradient/estimator.hpp"
#include "assay/lower_level/active_set_qp.hpp"
#include "assay/scalar/state.hpp"

namespace assay {

/// How F2CSA's oracle is set up. delta = alpha^3 unless given.
struct PenaltyOptions {
  double alpha = 0.1;          ///< > 0
  long power1 = 2;             ///< alpha_1 = scale * alpha^-power1
  long power2 = 4;             ///< alpha_2 = scale * alpha^-power2
  double scale = 1;            ///< common factor of both penalties
  double delta = 0;            ///< lower-level accuracy that gate and ridge refer to; 0: alpha^3
  std::string gate = "paper";  ///< "paper" | "hard" | "active_set"
  double gate_width = 1;       ///< ramp = max(gate_width * delta^gate_power, gate_floor)
  long gate_power = 1;
  double gate_floor = 0;
  double multiplier_threshold = 1e-4;  ///< epsilon_lambda of the paper's gate
  double multiplier_average = 0;       ///< weight of the past in the multipliers' moving average
  double ridge_scale = 1;              ///< ridge = ridge_scale * delta, under the fault `ridge`
  std::string inner = "exact";         ///< "exact" | "gradient"
  long inner_steps = 50;               ///< backtracking gradient steps
  double inner_radius = 0;             ///< they stay this close to y*; 0: anywhere
};

/// F2CSA's hypergradient oracle (its Algorithm 1): with (y*, lambda) from the lower level, gates
/// rho, alpha_1 = alpha^-2 and alpha_2 = alpha^-4,
///
///     L(x,y) = f + alpha_1 (g(x,y) + lambda' h(x,y) - g(x,y*)) + alpha_2/2 sum rho_i h_i(x,y)^2,
///     yt     = argmin over all y of L(x,y),
///     grad   = grad_x f(x,yt) + alpha_1 (grad_x g(x,yt) - grad_x g(x,y*)) + alpha_2 sum rho_i
///     h_i(x,yt) A_i.
///
/// This is the envelope reading of the value function's derivative; the literal one adds
/// alpha_1 A' lambda, which diverges (fault literal_value_gradient). With exact inputs and the
/// ideal gate the bias is O(alpha^2), and none at all if no row is active and f is affine in y.
/// Equality rows are rows with gate 1 and a free multiplier. For rows in the lower level's active
/// set h(x, y*) counts as exactly 0. Samples number 0, 1, ... at one x and q share lower level,
/// gates and yt (computed for sample 0); each draws its own noise in grad_x L. Faults:
/// literal_value_gradient, sigmoid_gate, ridge, hard_constrained_inner, skipped_inner_solve,
/// independent_samples, gate_at_inner_point, adaptive_smoothing, detached_implicit.
template <class S>
class PenaltyEstimator final : public Estimator<S> {
 public:
  PenaltyEstimator(const EstimatorContext<S>& context, const PenaltyOptions& options);

  void evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                Hypergradient<S>& out) override;
  void archive(StateArchive& state) override;
  /// Replaces the penalties by alpha_1 = alpha / 2, alpha_2 = (alpha / 2)^2: no penalty method any
  /// more.
  void weaken() override;

  /// The gates and the penalised lower-level point of the last evaluation.
  const Vec<S>& gates() const { return rho_; }
  const Vec<S>& inner_point() const { return inner_; }

 private:
  void prepare(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample);
  S gate(const S& h, const S& lambda, Index row) const;
  void set_gates(const LowerSolution<S>& s);
  void adapt_smoothing();
  void set_smoothing();
  void solve_inner(const LowerSolution<S>& s);
  void solve_constrained();
  void descend();
  S lagrangian_change(const Vec<S>& step) const;
  void build_hessian();

  PenaltyOptions o_;
  S alpha1_, alpha2_, delta_, ramp_;
  Vec<S> averaged_;  ///< moving average of the multipliers; empty before the first
  S average_weight_{0};
  bool weakened_ = false;
  bool stale_ = true;   ///< factor_ is not that of the present penalties
  long widenings_ = 0;  ///< how often adaptive_smoothing has widened the gate

  Vec<S> prepared_at_, prepared_q_, y_, multipliers_;
  bool kink_ = false, licq_ = true;
  Vec<S> rho_, h_, limits_, inner_, delta_y_, gradient_, fx_, fy_, scratch_, factored_rho_;
  Mat<S> hessian_;
  DataFactor<S> factor_;
};

}  // namespace assay
