#pragma once

#include "assay/algorithm/algorithm.hpp"

namespace assay {

struct SsigdOptions {
  double perturbation = 1e-4;    ///< standard deviation of each entry of q
  long samples = 1;              ///< stochastic gradients averaged per iteration
  double momentum = 0;           ///< v <- momentum v + gradient; the step multiplies v
  bool deterministic = false;    ///< projected direction with line search instead of projected step
  double direction_scale = 0.1;  ///< s of the deterministic variant
};

/// Smoothed stochastic implicit gradient descent. One perturbation q of the lower level is drawn
/// and kept; then x <- P_X(x - beta_r grad F_q(x; xi_r)). The deterministic variant goes along d =
/// P_X(x - s grad) - x with a step from a line search. Source: Khanduri, Tsaknakis, Zhang, Liu,
/// Liu, Zhang, Hong, "Linearly constrained bilevel optimization: a smoothed implicit gradient
/// approach" (ICML 2023), algorithms 1 and 2.
template <class S>
class Ssigd final : public Algorithm<S> {
 public:
  Ssigd(const AlgorithmContext<S>& context, const SsigdOptions& options);
  void start(const Vec<S>& x0) override;
  StepReport<S> step(long t) override;
  void probe(Estimator<S>& estimator, bool touch, Vec<S>& gradient) override;
  const Vec<S>& estimate() const override { return mean_.value(); }
  void archive(StateArchive& state) override;

 private:
  SsigdOptions o_;
  SampleMean<S> mean_;
  Vec<S> q_, velocity_, direction_, previous_, trial_;
};

}  // namespace assay
