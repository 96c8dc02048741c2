#pragma once

#include "assay/lower_level/kkt_factor.hpp"
#include "assay/lower_level/solver.hpp"

namespace assay {

struct HistoricalOptions {
  long max_iterations = 200;  ///< pseudo-projected gradient steps
  double step = 0.01;
  double tolerance = 1e-8;         ///< its own stopping test
  double active_tolerance = 1e-8;  ///< |slack| below which a row enters its mask
  long corrections = 15;           ///< rounds of its active-set correction
  long enumeration_rows = 10;      ///< up to min(m, this) rows it tries all active sets
};

/// A published lower-level routine, kept as a named variant because many recorded curves came from
/// it.
///
/// Pseudo-projected gradient (simultaneous single-row corrections, not a projection), then at most
/// 15 changes of a guessed active set. It reports convergence from stationarity and feasibility
/// alone. Its own acceptance tests are ours here (max-norms of the full residuals), not the
/// published sums. Where more rows must change than it has rounds, it returns a point that is not
/// the solution; the certificate says so: `status` is solved only if the full KKT residuals pass
/// its own tolerance.
template <class S>
class HistoricalLowerLevel final : public LowerLevel<S> {
 public:
  /// @throws InputError when the problem has equality rows, which the routine does not know
  HistoricalLowerLevel(const QuadraticProblem<S>& problem, const HistoricalOptions& options);

  const LowerSolution<S>& solve(const Vec<S>& x, const Vec<S>& q) override;
  KktFactor<S>& factor() override { return factor_; }

 private:
  bool enumerate();
  void gradient_phase();
  void correction_phase();
  void pseudo_project();
  bool solve_on(const std::vector<Index>& rows);
  S violation(Index row) const;  ///< B y - r of one row, positive where violated

  const QuadraticProblem<S>& problem_;
  HistoricalOptions options_;
  KktFactor<S> factor_;
  Certifier<S> certifier_;
  DataTerms<S> terms_;
  LowerSolution<S> solution_;
  Vec<S> linear_, limits_, gradient_, slack_, y_, nu_;
  S tolerance_, active_tolerance_;
};

}  // namespace assay
