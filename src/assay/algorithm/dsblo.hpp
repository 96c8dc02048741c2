#pragma once

#include <string>

#include "assay/algorithm/algorithm.hpp"

namespace assay {

struct DsbloOptions {
  long option = 2;  ///< I: exact gradients of F_q; II: stochastic ones, with the problem's noise
  std::string order =
      "paper";  ///< "paper": step, then gradient between the points; "legacy": gradient, then step
  double momentum = 0.9;        ///< beta, in [0, 1)
  bool accumulate = false;      ///< m <- beta m + g instead of beta m + (1 - beta) g
  double gradient_average = 0;  ///< weight of the past in an average taken before the momentum
  double perturbation = 1e-4;   ///< standard deviation of each entry of q
  long samples = 1;             ///< gradients averaged per iteration, each with its own q
  std::string momentum_start = "gradient";  ///< "gradient": m_1 = g_1; "zero"
  double gradient_clip = 0;                 ///< norm above which a gradient is shortened; 0: never
};

/// Doubly stochastically perturbed algorithm: each iteration perturbs the lower level by a fresh q
/// and evaluates at a random point of the segment it just moved along,
///
///     x_{t+1} = x_t - eta_t m_t,  eta_t = 1 / (gamma_1 |m_t| + gamma_2),
///     xbar ~ U[x_t, x_{t+1}],  g = grad F_q(xbar),  m_{t+1} = beta m_t + (1 - beta) g.
///
/// Option I evaluates without the problem's noise, Option II with it.
/// "legacy" evaluates at x_t itself and steps with the new momentum.
/// Source: the DS-BLO paper, algorithm 1.
/// Faults: per_coordinate_segment, normalised_perturbation.
template <class S>
class Dsblo final : public Algorithm<S> {
 public:
  Dsblo(const AlgorithmContext<S>& context, const DsbloOptions& options);
  void start(const Vec<S>& x0) override;
  StepReport<S> step(long t) override;
  void probe(Estimator<S>& estimator, bool touch, Vec<S>& gradient) override;
  const Vec<S>& estimate() const override { return raw_; }
  void archive(StateArchive& state) override;

 private:
  void absorb(const Vec<S>& gradient);
  StepLength<S> move(long t, StepReport<S>& report);

  DsbloOptions o_;
  SampleMean<S> mean_;
  MovingAverage<S> smoothed_;
  Vec<S> momentum_, previous_, between_, raw_;
};

}  // namespace assay
