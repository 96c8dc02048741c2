#include "assay/algorithm/f2csa.hpp"

#include "assay/scalar/instantiate.hpp"
#include "assay/support/error.hpp"

namespace assay {

template <class S>
F2csa<S>::F2csa(const AlgorithmContext<S>& context, const F2csaOptions& options)
    : Algorithm<S>(context),
      o_(options),
      mean_(this->c_, options.samples, 0),
      smoothed_(options.gradient_average) {
  if (o_.outer == "clipped" && context.problem->x_set != UpperSet::Kind::whole_space)
    throw InputError("", "algorithm.outer",
                     "'clipped' has no projection: x must be free (use 'sgd' with x_set)");
}

template <class S>
void F2csa<S>::start(const Vec<S>& x0) {
  this->x_ = x0;
  delta_.resize(x0.size());
  for (Index i = 0; i < x0.size(); ++i) delta_[i] = S(0);
  first_moment_ = second_moment_ = block_sum_ = chosen_ = direction_ = delta_;
}

template <class S>
StepLength<S> F2csa<S>::ask(long t, StepReport<S>& r, const Vec<S>& along) {
  StepQuery<S> query;
  query.iteration = t;
  query.direction_norm = norm(along);
  query.slope = dot(smoothed_.value, along);
  query.gap = [this] { return this->c_.true_gap(this->x_); };
  query.merit = [this, &along](const S& length) {
    trial_ = this->x_;
    add_scaled(along, S(-length), trial_);
    this->c_.problem->project_upper(trial_);
    return this->c_.estimator->value(trial_, Vec<S>(), 0);
  };
  StepLength<S> length = (*this->c_.step)(query);
  // Halved by each emergency, but not below 1e-3.
  const S floor = smaller(length.applied, S(1e-3));
  length.applied =
      larger(floor, scale_by_power_of_two(length.applied, -static_cast<int>(emergencies_)));
  r.step_requested = length.requested;
  r.step_applied = length.applied;
  return length;
}

/// The emergency rule of one implementation: a gradient above the limit cuts the penalties and
/// halves the step, three times at most.
template <class S>
void F2csa<S>::watch_for_emergency() {
  if (!(o_.emergency_gradient > 0) || emergencies_ == 3) return;
  if (!(S(o_.emergency_gradient) < norm(smoothed_.value))) return;
  ++emergencies_;
  this->c_.estimator->weaken();
}

/// Sums z over blocks of M; each finished block replaces the chosen one with probability 1 / (how
/// many are finished), so that at the end every block is equally likely.
template <class S>
void F2csa<S>::collect(long t, const Vec<S>& z) {
  block_sum_ += z;
  if ((t + 1) % o_.block != 0) return;
  ++block_count_;
  if (this->c_.draws->uniform(Purpose::output) * static_cast<double>(block_count_) < 1) {
    chosen_ = block_sum_;
    const S count(static_cast<double>(o_.block));
    for (Index i = 0; i < chosen_.size(); ++i) chosen_[i] /= count;
  }
  for (Index i = 0; i < block_sum_.size(); ++i) block_sum_[i] = S(0);
}

template <class S>
void F2csa<S>::clipped_step(long t, StepReport<S>& r) {
  Vec<S>& x = this->x_;
  const bool new_delta = this->c_.faults.has(Fault::new_delta_order);
  const S s(this->c_.draws->uniform(Purpose::segment));
  trial_ = x;
  add_scaled(delta_, s, trial_);
  segment_ = trial_;
  previous_ = x;
  direction_ = delta_;
  if (!new_delta) x += delta_;
  smoothed_.update(mean_.at(segment_));
  watch_for_emergency();
  collect(t, segment_);

  const StepLength<S> eta = ask(t, r, smoothed_.value);
  add_scaled(smoothed_.value, S(-eta.applied), delta_);
  const S size = norm(delta_);
  const S radius(o_.clip_radius);
  if (radius < size)
    for (Index i = 0; i < delta_.size(); ++i) delta_[i] = delta_[i] * radius / size;
  if (new_delta) {
    direction_ = delta_;
    x += delta_;
  }
  // Read as x - eta m, the way of the other algorithms: m = -Delta / eta.
  if (S(0) < eta.applied)
    for (Index i = 0; i < direction_.size(); ++i) direction_[i] = -direction_[i] / eta.applied;
  r.momentum = norm(direction_);
  previous_ -= x;
  r.step_length = norm(previous_);
}

/// direction_ := Adam's scaled mean, from the smoothed gradient.
template <class S>
void F2csa<S>::adam_direction(long) {
  const Vec<S>& g = smoothed_.value;
  const S b1(o_.adam_first), b2(o_.adam_second), eps(o_.adam_epsilon);
  first_power_ *= b1;
  second_power_ *= b2;
  for (Index i = 0; i < g.size(); ++i) {
    first_moment_[i] = b1 * first_moment_[i] + (S(1) - b1) * g[i];
    second_moment_[i] = b2 * second_moment_[i] + (S(1) - b2) * g[i] * g[i];
    const S mean = first_moment_[i] / (S(1) - first_power_);
    const S square = second_moment_[i] / (S(1) - second_power_);
    direction_[i] = mean / (square_root(square) + eps);
  }
}

template <class S>
void F2csa<S>::plain_step(long t, StepReport<S>& r) {
  Vec<S>& x = this->x_;
  smoothed_.update(mean_.at(x));
  watch_for_emergency();
  if (o_.outer == "adam") {
    adam_direction(t);
  } else if (o_.momentum > 0) {
    for (Index i = 0; i < direction_.size(); ++i)
      direction_[i] = S(o_.momentum) * direction_[i] + smoothed_.value[i];
  } else {
    direction_ = smoothed_.value;
  }
  const StepLength<S> length = ask(t, r, direction_);
  previous_ = x;
  add_scaled(direction_, S(-length.applied), x);
  this->c_.problem->project_upper(x);
  r.momentum = norm(direction_);
  previous_ -= x;
  r.step_length = norm(previous_);
}

template <class S>
StepReport<S> F2csa<S>::step(long t) {
  StepReport<S> r;
  if (o_.outer == "clipped")
    clipped_step(t, r);
  else
    plain_step(t, r);
  r.gradient_raw = norm(mean_.value());
  r.gradient_smoothed = norm(smoothed_.value);
  r.cosine = cosine(smoothed_.value, direction_);
  r.kink = mean_.kink();
  return r;
}

template <class S>
void F2csa<S>::probe(Estimator<S>& estimator, bool touch, Vec<S>& gradient) {
  SampleMean<S> mean(this->c_, o_.samples, 0);
  gradient = mean.at(this->x_, estimator);
  if (touch) smoothed_.update(gradient);
}

template <class S>
void F2csa<S>::archive(StateArchive& state) {
  Algorithm<S>::archive(state);
  smoothed_.archive(state, "f2csa.smoothed");
  state.vector("f2csa.delta", delta_);
  state.vector("f2csa.direction", direction_);
  state.vector("f2csa.first_moment", first_moment_);
  state.vector("f2csa.second_moment", second_moment_);
  state.scalar("f2csa.first_power", first_power_);
  state.scalar("f2csa.second_power", second_power_);
  state.vector("f2csa.block_sum", block_sum_);
  state.vector("f2csa.chosen", chosen_);
  state.integer("f2csa.block_count", block_count_);
  state.integer("f2csa.emergencies", emergencies_);
}

#define ASSAY_INSTANTIATE(S) template class F2csa<S>;
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

}  // namespace assay
