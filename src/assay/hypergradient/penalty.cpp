#include "assay/hypergradient/penalty.hpp"

#include <algorithm>

#include "assay/numerics/elementary.hpp"
#include "assay/numerics/power.hpp"
#include "assay/scalar/instantiate.hpp"
#include "assay/support/error.hpp"

namespace assay {

namespace {

template <class S>
S sigmoid(const S& z) {
  return S(1) / (S(1) + exponential(S(-z)));
}

}  // namespace

template <class S>
PenaltyEstimator<S>::PenaltyEstimator(const EstimatorContext<S>& context,
                                      const PenaltyOptions& options)
    : Estimator<S>(context), o_(options) {
  const S alpha(o_.alpha);
  alpha1_ = S(o_.scale) * integer_power(alpha, -o_.power1);
  alpha2_ = S(o_.scale) * integer_power(alpha, -o_.power2);
  delta_ = o_.delta > 0 ? S(o_.delta) : integer_power(alpha, 3);
  set_smoothing();
}

/// The gate's width and the multipliers' averaging as set, and as adaptive_smoothing changed them
/// since.
template <class S>
void PenaltyEstimator<S>::set_smoothing() {
  ramp_ = larger(S(S(o_.gate_width) * integer_power(delta_, o_.gate_power)), S(o_.gate_floor));
  average_weight_ = S(o_.multiplier_average);
  for (long k = 0; k < widenings_; ++k) {
    ramp_ = smaller(S(S(20) * delta_), S(S(1.5) * ramp_));
    average_weight_ = larger(average_weight_, S(0.97));
  }
}

/// One gate in [0, 1], for the row's h(x, y*) and multiplier.
template <class S>
S PenaltyEstimator<S>::gate(const S& h, const S& lambda, Index row) const {
  if (row < this->c_.problem->equalities) return S(1);
  if (this->c_.faults.has(Fault::sigmoid_gate))
    return sigmoid(S(h / ramp_)) * sigmoid(S(lambda / ramp_));
  if (o_.gate == "hard") return magnitude(h) <= larger(S(1e-8), ramp_) ? S(1) : S(0);
  if (o_.gate == "active_set") return S(0) < lambda ? S(1) : S(0);
  const S by_row = h < S(-ramp_) ? S(0) : h < S(0) ? S(S(1) + h / ramp_) : S(1);
  const S threshold(o_.multiplier_threshold);
  const S by_multiplier = !(S(0) < lambda)     ? S(0)
                          : lambda < threshold ? S(lambda / threshold)
                                               : S(1);
  return by_row * by_multiplier;
}

template <class S>
void PenaltyEstimator<S>::set_gates(const LowerSolution<S>& s) {
  const QuadraticProblem<S>& problem = *this->c_.problem;
  transposed_product(problem.Bt, s.y, h_);
  for (Index i = 0; i < problem.rows(); ++i) h_[i] -= limits_[i];
  for (const Index i : s.active) h_[i] = S(0);

  if (averaged_.size() == 0 || !(S(0) < average_weight_)) {
    averaged_ = s.multipliers;
  } else {
    for (Index i = 0; i < averaged_.size(); ++i)
      averaged_[i] = average_weight_ * averaged_[i] + (S(1) - average_weight_) * s.multipliers[i];
  }
  rho_.resize(problem.rows());
  for (Index i = 0; i < problem.rows(); ++i) rho_[i] = gate(h_[i], averaged_[i], i);
  if (this->c_.faults.has(Fault::adaptive_smoothing)) adapt_smoothing();
}

/// Widens the sigmoid when the gates are spread out, as one implementation does: the gate, and with
/// it the bias, then depends on the past.
template <class S>
void PenaltyEstimator<S>::adapt_smoothing() {
  if (rho_.size() == 0) return;
  S mean(0), top = rho_[0], bottom = rho_[0];
  for (Index i = 0; i < rho_.size(); ++i) {
    mean += rho_[i];
    top = larger(top, rho_[i]);
    bottom = smaller(bottom, rho_[i]);
  }
  const S count(static_cast<double>(rho_.size()));
  mean /= count;
  S variance(0);
  for (Index i = 0; i < rho_.size(); ++i) variance += (rho_[i] - mean) * (rho_[i] - mean);
  variance /= count;
  if (variance > S(0.3) * S(0.3) && top > S(0.95) && bottom < S(0.05)) {
    ++widenings_;
    set_smoothing();
  }
}

/// H_L = alpha_1 H + alpha_2 sum rho_i b_i b_i' + Qyy (+ ridge), factored when the gates changed.
template <class S>
void PenaltyEstimator<S>::build_hessian() {
  if (!stale_ && factored_rho_.size() == rho_.size() && factored_rho_ == rho_) return;
  const QuadraticProblem<S>& problem = *this->c_.problem;
  const Index m = problem.m;
  hessian_.resize(m, m);
  const bool ridge = this->c_.faults.has(Fault::ridge);
  for (Index j = 0; j < m; ++j) {
    for (Index i = 0; i < m; ++i) hessian_(i, j) = alpha1_ * problem.H(i, j) + problem.Qyy(i, j);
    if (ridge) hessian_(j, j) += S(o_.ridge_scale) * delta_;
  }
  for (Index r = 0; r < problem.rows(); ++r) {
    if (rho_[r] == S(0)) continue;
    const S* b = problem.Bt.data() + r * m;
    const S weight = alpha2_ * rho_[r];
    for (Index j = 0; j < m; ++j) add_scaled(b, S(weight * b[j]), hessian_.data() + j * m, m);
  }
  if (!factor_.factor(hessian_))
    throw NumericalError("F2CSA's penalised lower level is not convex: alpha is too large for Qyy");
  factored_rho_ = rho_;
  stale_ = false;
}

/// yt - y*: exactly from the linear system, or by one of the variants.
template <class S>
void PenaltyEstimator<S>::solve_inner(const LowerSolution<S>& s) {
  const QuadraticProblem<S>& problem = *this->c_.problem;
  const FaultSet& faults = this->c_.faults;
  // grad_y L at y*: f_y + alpha_1 (grad_y g + B' lambda) + alpha_2 sum rho_i h_i b_i (+ ridge y*).
  scratch_ = gradient_;
  add_product(problem.H, s.y, scratch_);
  for (Index r = 0; r < problem.rows(); ++r)
    if (s.multipliers[r] != S(0))
      add_scaled(problem.Bt.data() + r * problem.m, s.multipliers[r], scratch_.data(), problem.m);
  gradient_ = fy_;
  add_scaled(scratch_, alpha1_, gradient_);
  for (Index r = 0; r < problem.rows(); ++r)
    if (rho_[r] != S(0))
      add_scaled(problem.Bt.data() + r * problem.m, S(alpha2_ * rho_[r] * h_[r]), gradient_.data(),
                 problem.m);
  if (faults.has(Fault::ridge)) add_scaled(s.y, S(S(o_.ridge_scale) * delta_), gradient_);

  delta_y_.resize(problem.m);
  for (Index i = 0; i < problem.m; ++i) delta_y_[i] = S(0);
  if (faults.has(Fault::skipped_inner_solve)) return;
  build_hessian();
  if (faults.has(Fault::hard_constrained_inner)) return solve_constrained();
  if (o_.inner == "gradient") return descend();
  delta_y_ = -gradient_;
  factor_.solve_in_place(delta_y_);
}

/// The inner problem with h(x, y) <= 0 kept as constraints: every multiplier that wants to grow is
/// lost.
template <class S>
void PenaltyEstimator<S>::solve_constrained() {
  const QuadraticProblem<S>& problem = *this->c_.problem;
  const DataMatrix<S> H(hessian_);
  QpShape<S> shape;
  shape.H = &H;
  shape.H_factor = &factor_;
  shape.Bt = &problem.Bt;
  shape.row_norm = &problem.row_norm;
  shape.equalities = problem.equalities;
  ActiveSetQp<S> qp(shape);
  scratch_ = -h_;
  if (qp.solve(gradient_, scratch_) != LowerStatus::solved)
    throw NumericalError("F2CSA's constrained inner problem has no solution");
  delta_y_ = qp.y();
}

/// L(y* + step) - L(y*)
template <class S>
S PenaltyEstimator<S>::lagrangian_change(const Vec<S>& step) const {
  Vec<S> curved;
  product(hessian_, step, curved);
  return dot(gradient_, step) + dot(curved, step) / S(2);
}

/// Backtracking gradient steps from y*, kept within a ball around it.
template <class S>
void PenaltyEstimator<S>::descend() {
  Vec<S> slope, trial;
  S length = S(1) / alpha1_;
  for (long k = 0; k < o_.inner_steps; ++k) {
    slope = gradient_;
    add_product(hessian_, delta_y_, slope);
    const S size = dot(slope, slope);
    if (size == S(0)) return;
    const S start = lagrangian_change(delta_y_);
    for (int halving = 0; halving < 60; ++halving) {
      trial = delta_y_;
      add_scaled(slope, S(-length), trial);
      if (lagrangian_change(trial) <= start - S(0.25) * length * size) break;
      length /= S(2);
    }
    if (o_.inner_radius > 0) {
      const S distance = norm(trial);
      if (S(o_.inner_radius) < distance)
        for (Index i = 0; i < trial.size(); ++i)
          trial[i] = trial[i] * S(o_.inner_radius) / distance;
    }
    delta_y_ = trial;
  }
}

/// Lower level, gates and penalised lower level at x: what all samples of one estimate share.
template <class S>
void PenaltyEstimator<S>::prepare(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample) {
  const QuadraticProblem<S>& problem = *this->c_.problem;
  const LowerSolution<S>& s = this->solve_lower(x, q, sample);
  y_ = s.y;
  multipliers_ = s.multipliers;
  kink_ = !s.weakly_active.empty();
  licq_ = s.licq;
  problem.row_limits(x, limits_);
  set_gates(s);
  problem.upper_gradient(x, y_, fx_, fy_);
  // The same g as the lower level's, its noise included: y* is the minimiser of exactly this one.
  problem.lower_linear_term(x, gradient_);
  if (this->perturbation().size() > 0) gradient_ += this->perturbation();
  solve_inner(s);
  inner_ = y_ + delta_y_;
  prepared_at_ = x;
  prepared_q_ = q;
}

template <class S>
void PenaltyEstimator<S>::evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                                   Hypergradient<S>& out) {
  const QuadraticProblem<S>& problem = *this->c_.problem;
  const FaultSet& faults = this->c_.faults;
  const bool same_point = prepared_at_.size() == x.size() && prepared_at_ == x &&
                          prepared_q_.size() == q.size() && prepared_q_ == q;
  if (sample == 0 || !same_point) prepare(x, q, sample);

  // grad_x f at yt, with this sample's noise.
  this->upper_gradient(x, inner_, sample, out.direct, scratch_);

  transposed_product(problem.M, delta_y_, out.implicit);
  for (Index i = 0; i < problem.n; ++i) out.implicit[i] *= alpha1_;
  if (this->c_.noise.lower_cross > 0) {
    // alpha_1 (Z1' yt - Z2' y*), Z1 = Z2 unless the two terms are sampled independently.
    const bool independent = faults.has(Fault::independent_samples);
    const auto first = this->c_.draws->stream(Purpose::lower_noise, sample | 0x80000000U);
    const auto second = this->c_.draws->stream(Purpose::lower_noise, sample | 0xC0000000U);
    std::uint64_t k = 0;
    for (Index i = 0; i < problem.n; ++i)
      for (Index j = 0; j < problem.m; ++j, ++k) {
        const S z1(first.normal(k));
        const S z2 = independent ? S(second.normal(k)) : z1;
        out.implicit[i] += alpha1_ * S(this->c_.noise.lower_cross) * (z1 * inner_[j] - z2 * y_[j]);
      }
  }
  for (Index r = 0; r < problem.rows(); ++r) {
    const S h = h_[r] + dot(problem.Bt.data() + r * problem.m, delta_y_.data(), problem.m);
    const S rho = faults.has(Fault::gate_at_inner_point) ? gate(h, averaged_[r], r) : rho_[r];
    S weight = alpha2_ * rho * h;
    if (faults.has(Fault::literal_value_gradient)) weight += alpha1_ * multipliers_[r];
    if (weight == S(0)) continue;
    for (Index i = 0; i < problem.n; ++i) out.implicit[i] += weight * problem.A(r, i);
  }
  if (faults.has(Fault::detached_implicit))
    for (Index i = 0; i < problem.n; ++i) out.implicit[i] = S(0);
  out.total = out.direct + out.implicit;
  out.kink = kink_;
  out.licq = licq_;
}

template <class S>
void PenaltyEstimator<S>::weaken() {
  weakened_ = true;
  alpha1_ = S(o_.alpha) / S(2);
  alpha2_ = alpha1_ * alpha1_;
  stale_ = true;
}

template <class S>
void PenaltyEstimator<S>::archive(StateArchive& state) {
  state.flag("penalty.weakened", weakened_);
  if (state.reading() && weakened_) weaken();
  state.vector("penalty.multipliers", averaged_);
  // Not the width itself: that is a setting, and a change of settings must reach it.
  state.integer("penalty.widenings", widenings_);
  if (state.reading()) set_smoothing();
}

#define ASSAY_INSTANTIATE(S) template class PenaltyEstimator<S>;
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

}  // namespace assay
