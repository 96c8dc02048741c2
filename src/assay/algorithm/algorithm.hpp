#pragma once

#include <functional>
#include <memory>
#include <string>

#include "assay/hypergradient/estimator.hpp"
#include "assay/scalar/state.hpp"
#include "assay/step/step_rule.hpp"

namespace assay {

/// What an algorithm works with. Everything outlives it; the run owns it all.
template <class S>
struct AlgorithmContext {
  const QuadraticProblem<S>* problem = nullptr;
  Estimator<S>* estimator = nullptr;
  LimitedStep<S>* step = nullptr;
  Draws* draws = nullptr;
  FaultSet faults;
  long horizon = 0;                          ///< iterations of the run
  std::function<S(const Vec<S>&)> true_gap;  ///< |grad F(x)|, for step rules that use it
};

/// What an algorithm says of one iteration. Norms are Euclidean.
template <class S>
struct StepReport {
  S step_requested{0};     ///< the step rule's own value
  S step_applied{0};       ///< the factor actually used
  S step_length{0};        ///< |x_next - x|
  S gradient_raw{0};       ///< of the hypergradient estimate of this iteration
  S gradient_smoothed{0};  ///< after averaging
  S momentum{0};           ///< of what the step multiplied
  S cosine{0};             ///< between smoothed gradient and momentum; 0 if either vanishes
  S perturbation{0};       ///< of the lower-level perturbation q
  bool kink = false;
};

/// A bilevel algorithm: state and one step. It owns no loop, clock, file or random engine.
template <class S>
class Algorithm {
 public:
  explicit Algorithm(const AlgorithmContext<S>& context) : c_(context) {}
  virtual ~Algorithm() = default;

  /// Takes the starting point, already in X. May evaluate the estimator once (draws of iteration
  /// 0).
  virtual void start(const Vec<S>& x0) = 0;
  /// One iteration, t = 0, 1, ...; its draws belong to iteration t + 1.
  virtual StepReport<S> step(long t) = 0;
  /// The point the algorithm stands at.
  const Vec<S>& x() const { return x_; }
  /// Its own estimate of grad F at x(), as a probe asks for it. With `touch` the probe updates the
  /// smoothing state as an iteration would (fault probe_updates_state).
  virtual void probe(Estimator<S>& estimator, bool touch, Vec<S>& gradient) = 0;
  /// The hypergradient estimate of the last step, before averages and momentum.
  virtual const Vec<S>& estimate() const = 0;
  /// The point the theory returns, where that is not the last one (empty otherwise).
  virtual Vec<S> output() const { return {}; }
  /// Everything that the next step depends on.
  virtual void archive(StateArchive& state) { state.vector("x", x_); }

 protected:
  AlgorithmContext<S> c_;
  Vec<S> x_;
};

/// value <- weight value + (1 - weight) next; the first call sets value = next.
template <class S>
struct MovingAverage {
  explicit MovingAverage(double past = 0) : weight(past) {}

  void update(const Vec<S>& next) {
    if (value.size() == 0) {
      value = next;
      return;
    }
    const S rest = S(1) - weight;
    for (Index i = 0; i < value.size(); ++i) value[i] = weight * value[i] + rest * next[i];
  }
  void archive(StateArchive& state, const std::string& name) { state.vector(name, value); }

  S weight;
  Vec<S> value;
};

/// The mean of `samples` estimates at x. With a perturbation width, each sample has a q of its own.
template <class S>
class SampleMean {
 public:
  SampleMean(const AlgorithmContext<S>& context, long samples, double perturbation)
      : c_(context), samples_(samples), width_(perturbation) {}

  /// @return the mean of the estimates' totals; perturbation_norm() is that of the last q
  const Vec<S>& at(const Vec<S>& x, Estimator<S>& estimator, const Vec<S>* fixed_q = nullptr);
  const Vec<S>& at(const Vec<S>& x, const Vec<S>* fixed_q = nullptr) {
    return at(x, *c_.estimator, fixed_q);
  }

  const Vec<S>& value() const { return mean_; }
  const S& perturbation_norm() const { return perturbation_norm_; }
  bool kink() const { return kink_; }

 private:
  const AlgorithmContext<S>& c_;
  long samples_;
  double width_;
  Vec<S> mean_, q_;
  Hypergradient<S> estimate_;
  S perturbation_norm_{0};
  bool kink_ = false;
};

/// a'b / (|a| |b|); 0 when either vanishes.
template <class S>
S cosine(const Vec<S>& a, const Vec<S>& b) {
  thread_local Vec<S> ua, ub;
  ua = a;
  ub = b;
  const S na = norm(a), nb = norm(b);
  if (na == S(0) || nb == S(0)) return S(0);
  for (Index i = 0; i < a.size(); ++i) {
    ua[i] /= na;
    ub[i] /= nb;
  }
  return dot(ua, ub);
}

}  // namespace assay
