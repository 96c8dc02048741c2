#pragma once

#include <string>

#include "assay/algorithm/algorithm.hpp"

namespace assay {

struct F2csaOptions {
  std::string outer = "clipped";  ///< "clipped" (Algorithm 2) | "sgd" | "adam"
  long samples = 1;               ///< N_g, oracle calls averaged per iteration
  double clip_radius = 1e-3;      ///< D of Algorithm 2, > 0
  long block = 10;                ///< M, iterations averaged for the returned point
  double gradient_average = 0;    ///< weight of the past in an average of the gradients
  double emergency_gradient = 0;  ///< norm above which estimate and step are weakened; 0: never
  double momentum = 0;            ///< sgd only: v <- momentum v + gradient
  double adam_first = 0.9, adam_second = 0.999, adam_epsilon = 1e-8;
};

/// F2CSA: a penalised hypergradient oracle (estimator "penalty") under an outer loop. Algorithm 2:
///
///     x_t = x_{t-1} + Delta_t,  z_t = x_{t-1} + s_t Delta_t,  s_t ~ U[0,1],
///     Delta_{t+1} = clip_D(Delta_t - eta grad(z_t)),  Delta_1 = 0,
///
/// and the returned point is the mean of z over one block of M iterations, the block drawn
/// uniformly. The iterates orbit with |grad F| about D sqrt(lambda / eta) by design: judge the
/// returned point. Fault new_delta_order moves x by the new Delta instead. Needs X = R^n under
/// "clipped". Source: the F2CSA paper, algorithms 1 and 2; Adam: Kingma and Ba (ICLR 2015),
/// algorithm 1.
template <class S>
class F2csa final : public Algorithm<S> {
 public:
  F2csa(const AlgorithmContext<S>& context, const F2csaOptions& options);
  void start(const Vec<S>& x0) override;
  StepReport<S> step(long t) override;
  void probe(Estimator<S>& estimator, bool touch, Vec<S>& gradient) override;
  Vec<S> output() const override { return block_count_ > 0 ? chosen_ : Vec<S>(); }
  const Vec<S>& estimate() const override { return mean_.value(); }
  void archive(StateArchive& state) override;

 private:
  void clipped_step(long t, StepReport<S>& report);
  void plain_step(long t, StepReport<S>& report);
  void adam_direction(long t);
  void watch_for_emergency();
  void collect(long t, const Vec<S>& z);
  StepLength<S> ask(long t, StepReport<S>& report, const Vec<S>& along);

  F2csaOptions o_;
  SampleMean<S> mean_;
  MovingAverage<S> smoothed_;
  Vec<S> delta_, direction_, previous_, trial_, segment_;
  Vec<S> first_moment_, second_moment_;
  S first_power_{1}, second_power_{1};
  Vec<S> block_sum_, chosen_;
  long block_count_ = 0;
  long emergencies_ = 0;
};

}  // namespace assay
