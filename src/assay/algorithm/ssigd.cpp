#include "assay/algorithm/ssigd.hpp"

#include "assay/scalar/instantiate.hpp"

namespace assay {

template <class S>
Ssigd<S>::Ssigd(const AlgorithmContext<S>& context, const SsigdOptions& options)
    : Algorithm<S>(context), o_(options), mean_(this->c_, options.samples, 0) {}

template <class S>
void Ssigd<S>::start(const Vec<S>& x0) {
  this->x_ = x0;
  const Vec<double>& z = this->c_.draws->normals(Purpose::lower_perturbation, this->c_.problem->m);
  q_.resize(z.size());
  for (Index i = 0; i < z.size(); ++i) q_[i] = S(o_.perturbation) * S(z[i]);
}

template <class S>
StepReport<S> Ssigd<S>::step(long t) {
  Vec<S>& x = this->x_;
  const QuadraticProblem<S>& problem = *this->c_.problem;
  const Vec<S>& gradient = mean_.at(x, &q_);
  if (o_.momentum > 0 && velocity_.size() > 0) {
    for (Index i = 0; i < velocity_.size(); ++i)
      velocity_[i] = S(o_.momentum) * velocity_[i] + gradient[i];
  } else {
    velocity_ = gradient;
  }
  direction_ = velocity_;
  if (o_.deterministic) {
    trial_ = x;
    add_scaled(velocity_, S(-S(o_.direction_scale)), trial_);
    problem.project_upper(trial_);
    direction_ = x - trial_;
  }

  StepQuery<S> query;
  query.iteration = t;
  query.direction_norm = norm(direction_);
  query.slope = dot(gradient, direction_);
  query.gap = [this] { return this->c_.true_gap(this->x_); };
  const auto trial = [this, &problem](const S& length) {
    trial_ = this->x_;
    add_scaled(direction_, S(-length), trial_);
    problem.project_upper(trial_);
  };
  query.merit = [this, &trial](const S& length) {
    trial(length);
    return this->c_.estimator->value(trial_, q_, 0);
  };
  query.promise = [this, &trial](const S& length) {
    trial(length);
    trial_ = this->x_ - trial_;
    return dot(mean_.value(), trial_);
  };
  const StepLength<S> length = (*this->c_.step)(query);

  previous_ = x;
  add_scaled(direction_, S(-length.applied), x);
  problem.project_upper(x);

  StepReport<S> r;
  r.step_requested = length.requested;
  r.step_applied = length.applied;
  previous_ -= x;
  r.step_length = norm(previous_);
  r.gradient_raw = r.gradient_smoothed = norm(gradient);
  r.momentum = query.direction_norm;
  r.cosine = cosine(gradient, direction_);
  r.perturbation = norm(q_);
  r.kink = mean_.kink();
  return r;
}

template <class S>
void Ssigd<S>::probe(Estimator<S>& estimator, bool, Vec<S>& gradient) {
  SampleMean<S> mean(this->c_, o_.samples, 0);
  gradient = mean.at(this->x_, estimator, &q_);
}

template <class S>
void Ssigd<S>::archive(StateArchive& state) {
  Algorithm<S>::archive(state);
  state.vector("ssigd.q", q_);
  // Without a perturbation there is none, also where the state is that of a run with one.
  if (state.reading() && o_.perturbation == 0)
    for (Index i = 0; i < q_.size(); ++i) q_[i] = S(0);
  state.vector("ssigd.velocity", velocity_);
}

#define ASSAY_INSTANTIATE(S) template class Ssigd<S>;
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

}  // namespace assay
