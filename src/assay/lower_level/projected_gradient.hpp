#pragma once

#include "assay/lower_level/active_set_qp.hpp"

namespace assay {

struct ProjectedGradientOptions {
  double tolerance = 0;         ///< >= 0, on the proved distance to y*, Euclidean; with 0 only a y
                                ///< that a step leaves where it is counts as solved
  long max_iterations = 10000;  ///< > 0
  double step = 0;              ///< in (0, 2 / L); 0: 2 / (mu + L), the best constant step
};

/// y <- P(y - eta (H y + linear)), P the Euclidean projection onto the feasible set, itself a
/// quadratic program solved by ActiveSetQp. Warm-started at the last y. Contracts by
/// max(|1 - eta mu|, |1 - eta L|) per iteration.
/// Stops when (1/mu) (1/eta + L) |y - P(y - eta grad g(y))| <= tolerance: an error bound for
/// strongly convex g (Pang, "A posteriori error bounds for the linearly-constrained variational
/// inequality problem", Math. Oper. Res. 12, 1987). Multipliers are those of the projection divided
/// by eta. `status` is solved only where that test was passed.
template <class S>
class ProjectedGradientLowerLevel final : public LowerLevel<S> {
 public:
  /// @throws InputError when the step is not below 2 / L
  ProjectedGradientLowerLevel(const QuadraticProblem<S>& problem,
                              const ProjectedGradientOptions& options);

  const LowerSolution<S>& solve(const Vec<S>& x, const Vec<S>& q) override;
  KktFactor<S>& factor() override { return factor_; }
  std::vector<Index> warm_rows() const override { return warm_; }
  void set_warm_rows(const std::vector<Index>& rows) override;
  Vec<S> warm_point() const override { return solution_.y; }
  void set_warm_point(const Vec<S>& y) override { solution_.y = y; }

 private:
  const QuadraticProblem<S>& problem_;
  ProjectedGradientOptions options_;
  ActiveSetQp<S> projection_;
  KktFactor<S> factor_;
  Certifier<S> certifier_;
  DataTerms<S> terms_, projection_terms_;
  LowerSolution<S> solution_;
  std::vector<Index> warm_;
  Vec<S> linear_, limits_, gradient_, target_, slack_;
};

}  // namespace assay
