#pragma once

#include "assay/lower_level/active_set_qp.hpp"

namespace assay {

/// The view of a lower level as a quadratic program.
template <class S>
QpShape<S> lower_level_shape(const QuadraticProblem<S>& problem);

/// The exact method: ActiveSetQp on the lower level, with the certificate and the classification of
/// rows as active, weakly active and inactive.
template <class S>
class ActiveSetLowerLevel final : public LowerLevel<S> {
 public:
  explicit ActiveSetLowerLevel(const QuadraticProblem<S>& problem);

  const LowerSolution<S>& solve(const Vec<S>& x, const Vec<S>& q) override;
  KktFactor<S>& factor() override { return qp_.factor(); }
  std::vector<Index> warm_rows() const override { return warm_; }
  void set_warm_rows(const std::vector<Index>& rows) override;

 private:
  const QuadraticProblem<S>& problem_;
  ActiveSetQp<S> qp_;
  Certifier<S> certifier_;
  LowerSolution<S> solution_;
  std::vector<Index> warm_, held_;
  Vec<S> linear_, limits_, slack_;
  DataTerms<S> terms_;
};

/// Adds the weakly active rows to the factor of the active ones, one by one, and takes them out
/// again.
/// @return whether all are linearly independent (LICQ)
template <class S, class Data>
bool independent_with(KktFactor<S, Data>& factor, const std::vector<Index>& weakly_active);

/// Factors for the active rows, in ascending order. Those dependent on the ones before them go to
/// the weakly active ones.
/// @return whether all rows that hold are linearly independent (LICQ)
template <class S, class Data>
bool factor_active_rows(KktFactor<S, Data>& factor, LowerSolution<S>& solution);

/// Smallest slack off the held rows, smallest multiplier among active inequalities.
/// @param slack limits - B y for every row
template <class S, class Problem>
void record_margins(const Problem& problem, const Vec<S>& slack, LowerSolution<S>& solution);

/// Says of each row whether it is active, weakly active or neither, and what follows from that:
/// LICQ, margins, the factor of the active rows.
/// @param qp      has solved the program of `solution`, with these limits (rows)
/// @param held, slack  workspaces; then the rows of the working set, and limits - B y
template <class S, class Data, class Problem>
void classify_rows(const Problem& problem, ActiveSetQp<S, Data>& qp, const Vec<S>& limits,
                   std::vector<Index>& held, Vec<S>& slack, LowerSolution<S>& solution);

}  // namespace assay
