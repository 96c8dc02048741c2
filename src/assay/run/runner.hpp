#pragma once

#include <memory>

#include "assay/algorithm/algorithm.hpp"
#include "assay/run/experiment.hpp"
#include "assay/run/status.hpp"
#include "assay/scalar/digest.hpp"
#include "assay/trace/record.hpp"

namespace assay {

/// One run in scalar S, an iteration at a time: the algorithm with everything it works on, and the
/// true gap evaluated outside of it, on a lower-level solver of its own.
template <class S>
class Runner {
 public:
  /// @throws InputError, NumericalError when the experiment does not fit the instance: a method
  /// that
  ///         does not cover it, no curvature where a step rule needs one, no y feasible at the
  ///         start
  Runner(const Experiment& experiment, const Instance& instance);

  /// The starting point's record (iteration -1). Draws and evaluates what the algorithm needs to
  /// start.
  Record<S> start();
  /// Iteration t. @throws NumericalError when a lower level has no solution or x leaves the finite
  Record<S> step(long t);

  /// Everything the next step depends on.
  void archive(StateArchive& state);

  /// Where the algorithm stands, and the hypergradient estimate of its last step.
  const Vec<S>& x() const { return algorithm_->x(); }
  const Vec<S>& estimate() const { return algorithm_->estimate(); }
  /// The estimate the algorithm would take at x() itself, with the draws of iteration t.
  const Vec<S>& estimate_here(long t);
  /// What the last probe's estimate was.
  const Vec<S>& probed() const { return probed_; }
  /// grad F at x(), from the exact lower level.
  const Hypergradient<S>& truth();

  const ReportedStatus<S>& status() const { return status_; }
  /// Lower-level solves of the algorithm since start(), or since the checkpoint was read.
  long lower_solves() const { return solves_before_ + estimator_->solves(); }
  /// Lower-level solves of the algorithm so far that did not converge (and were accepted).
  long unconverged() const;
  /// True |grad F| of the point the theory returns, if that differs from the last; else false.
  bool output_gap(S& gap);

 private:
  void build(const Settings& algorithm, const Settings& step, const Settings& hypergradient,
             const FaultSet& faults);
  void change(const Change& change);
  EstimatorContext<S> estimator_context(LowerLevel<S>& lower, const FaultSet& faults);
  void evaluate_truth(const Vec<S>& x);
  void fill_truth(Record<S>& record);
  void fill_step(const StepReport<S>& report, Record<S>& record);
  Vec<S> starting_point(const Instance& instance) const;
  void check_feasible(const Instance& instance);

  const Experiment& e_;
  QuadraticProblem<S> problem_;
  std::unique_ptr<QuadraticProblem<S>>
      seen_;  ///< what the algorithm's lower level sees, if not that
  FaultSet faults_;
  NoiseLevels noise_;
  std::uint64_t shared_position_ = 0;
  Draws draws_;

  std::unique_ptr<LowerLevel<S>> lower_, true_lower_, probe_lower_;
  std::unique_ptr<Estimator<S>> estimator_, truth_, probe_;
  std::unique_ptr<LimitedStep<S>> step_;
  Settings step_settings_;  ///< what step_ was built from
  std::unique_ptr<Algorithm<S>> algorithm_;

  Hypergradient<S> true_gradient_;
  Vec<S> true_at_;  ///< the point true_gradient_ belongs to
  Vec<S> x0_, probed_, moved_;
  ReportedStatus<S> status_;
  long solves_before_ = 0;       ///< by estimators of earlier settings
  long unconverged_before_ = 0;  ///< by estimators of earlier settings, or before a checkpoint
  StateDigest digest_;
};

}  // namespace assay
