#include "assay/algorithm/dsblo.hpp"

#include "assay/scalar/instantiate.hpp"

namespace assay {

template <class S>
Dsblo<S>::Dsblo(const AlgorithmContext<S>& context, const DsbloOptions& options)
    : Algorithm<S>(context),
      o_(options),
      mean_(this->c_, options.samples, options.perturbation),
      smoothed_(options.gradient_average) {
  if (o_.option == 1) this->c_.estimator->silence();
}

template <class S>
void Dsblo<S>::start(const Vec<S>& x0) {
  this->x_ = x0;
  momentum_.resize(x0.size());
  for (Index i = 0; i < x0.size(); ++i) momentum_[i] = S(0);
  if (o_.order == "paper" && o_.momentum_start == "gradient") absorb(mean_.at(x0));
}

/// Smoothing and momentum of one new gradient.
template <class S>
void Dsblo<S>::absorb(const Vec<S>& gradient) {
  raw_ = gradient;
  if (o_.gradient_clip > 0) {
    const S size = norm(raw_);
    if (S(o_.gradient_clip) < size)
      for (Index i = 0; i < raw_.size(); ++i) raw_[i] = raw_[i] * S(o_.gradient_clip) / size;
  }
  const bool first = smoothed_.value.size() == 0;
  smoothed_.update(raw_);
  if (first && o_.momentum_start == "gradient") {
    momentum_ = smoothed_.value;
    return;
  }
  const S beta(o_.momentum);
  const S share = o_.accumulate ? S(1) : S(S(1) - beta);
  for (Index i = 0; i < momentum_.size(); ++i)
    momentum_[i] = beta * momentum_[i] + share * smoothed_.value[i];
}

template <class S>
StepLength<S> Dsblo<S>::move(long t, StepReport<S>& r) {
  StepQuery<S> query;
  query.iteration = t;
  query.direction_norm = norm(momentum_);
  query.slope = smoothed_.value.size() > 0 ? dot(smoothed_.value, momentum_) : S(0);
  query.gap = [this] { return this->c_.true_gap(this->x_); };
  query.merit = [this](const S& length) {
    between_ = this->x_;
    add_scaled(momentum_, S(-length), between_);
    this->c_.problem->project_upper(between_);
    return this->c_.estimator->value(between_, Vec<S>(), 0);
  };
  const StepLength<S> length = (*this->c_.step)(query);
  previous_ = this->x_;
  add_scaled(momentum_, S(-length.applied), this->x_);
  this->c_.problem->project_upper(this->x_);
  r.step_requested = length.requested;
  r.step_applied = length.applied;
  r.momentum = query.direction_norm;
  if (smoothed_.value.size() > 0) r.cosine = cosine(smoothed_.value, momentum_);
  between_ = this->x_ - previous_;
  r.step_length = norm(between_);
  return length;
}

template <class S>
StepReport<S> Dsblo<S>::step(long t) {
  StepReport<S> r;
  if (o_.order == "legacy") {
    absorb(mean_.at(this->x_));
    move(t, r);
  } else {
    move(t, r);
    // between_ holds x_{t+1} - x_t.
    if (this->c_.faults.has(Fault::per_coordinate_segment)) {
      const Vec<double> u = this->c_.draws->stream(Purpose::segment).uniforms(this->c_.problem->n);
      for (Index i = 0; i < between_.size(); ++i)
        between_[i] = previous_[i] + S(u[i]) * between_[i];
    } else {
      const S u(this->c_.draws->uniform(Purpose::segment));
      for (Index i = 0; i < between_.size(); ++i) between_[i] = previous_[i] + u * between_[i];
    }
    absorb(mean_.at(between_));
  }
  r.gradient_raw = norm(raw_);
  r.gradient_smoothed = norm(smoothed_.value);
  r.perturbation = mean_.perturbation_norm();
  r.kink = mean_.kink();
  return r;
}

template <class S>
void Dsblo<S>::probe(Estimator<S>& estimator, bool touch, Vec<S>& gradient) {
  if (o_.option == 1) estimator.silence();
  SampleMean<S> mean(this->c_, o_.samples, o_.perturbation);
  gradient = mean.at(this->x_, estimator);
  if (touch) smoothed_.update(gradient);
}

template <class S>
void Dsblo<S>::archive(StateArchive& state) {
  Algorithm<S>::archive(state);
  smoothed_.archive(state, "dsblo.smoothed");
  state.vector("dsblo.momentum", momentum_);
}

#define ASSAY_INSTANTIATE(S) template class Dsblo<S>;
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

}  // namespace assay
