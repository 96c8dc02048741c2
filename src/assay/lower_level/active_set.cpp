#include "assay/lower_level/active_set.hpp"

#include <algorithm>

#include "assay/lower_level/contradiction.hpp"
#include "assay/problem/sparse_program.hpp"
#include "assay/scalar/instantiate.hpp"

namespace assay {

std::string to_string(LowerStatus status) {
  switch (status) {
    case LowerStatus::solved:
      return "solved";
    case LowerStatus::infeasible:
      return "infeasible";
    case LowerStatus::not_converged:
      return "not converged";
  }
  return "unknown";
}

template <class S>
QpShape<S> lower_level_shape(const QuadraticProblem<S>& problem) {
  QpShape<S> shape;
  shape.H = &problem.H;
  shape.H_factor = problem.H_factor.get();
  shape.Bt = &problem.Bt;
  shape.row_norm = &problem.row_norm;
  shape.equalities = problem.equalities;
  shape.H_norm = problem.lipschitz;
  shape.H_condition = problem.lipschitz / problem.mu;
  return shape;
}

template <class S, class Data>
bool independent_with(KktFactor<S, Data>& factor, const std::vector<Index>& weakly_active) {
  bool independent = true;
  const Index kept = static_cast<Index>(factor.active().size());
  for (const Index i : weakly_active) {
    const auto candidate = factor.preview(i);
    if (candidate.dependent)
      independent = false;
    else
      factor.append(i, candidate);
  }
  while (static_cast<Index>(factor.active().size()) > kept)
    factor.remove(static_cast<Index>(factor.active().size()) - 1);
  return independent;
}

template <class S, class Data>
bool factor_active_rows(KktFactor<S, Data>& factor, LowerSolution<S>& s) {
  const bool independent = factor.reset(s.active);
  if (!independent) {
    for (const Index i : s.active)
      if (!std::binary_search(factor.active().begin(), factor.active().end(), i))
        s.weakly_active.push_back(i);
    std::sort(s.weakly_active.begin(), s.weakly_active.end());
    s.active = factor.active();
  }
  return independent_with(factor, s.weakly_active) && independent;
}

template <class S, class Problem>
void record_margins(const Problem& problem, const Vec<S>& slack, LowerSolution<S>& s) {
  s.has_slack = s.has_multiplier = false;
  for (Index i = problem.equalities; i < problem.rows(); ++i) {
    if (std::binary_search(s.active.begin(), s.active.end(), i)) {
      if (!s.has_multiplier || s.multipliers[i] < s.min_multiplier)
        s.min_multiplier = s.multipliers[i];
      s.has_multiplier = true;
    } else if (!std::binary_search(s.weakly_active.begin(), s.weakly_active.end(), i)) {
      if (!s.has_slack || slack[i] < s.min_slack) s.min_slack = slack[i];
      s.has_slack = true;
    }
  }
}

template <class S, class Data, class Problem>
void classify_rows(const Problem& problem, ActiveSetQp<S, Data>& qp, const Vec<S>& limits,
                   std::vector<Index>& held, Vec<S>& slack, LowerSolution<S>& s) {
  s.active.clear();
  s.weakly_active.clear();
  transposed_product(problem.Bt, s.y, slack);
  slack = limits - slack;
  held = qp.factor().active();
  std::sort(held.begin(), held.end());
  for (Index i = 0; i < problem.rows(); ++i) {
    const bool in_set = std::binary_search(held.begin(), held.end(), i);
    if (in_set && (i < problem.equalities || qp.multiplier_noise(i) < s.multipliers[i]))
      s.active.push_back(i);
    else if (in_set || i < problem.equalities || qp.slack_is_noise(i, slack[i]))
      s.weakly_active.push_back(i);
  }
  s.licq = held == s.active ? independent_with(qp.factor(), s.weakly_active)
                            : factor_active_rows(qp.factor(), s);
  record_margins(problem, slack, s);
}

template <class S>
ActiveSetLowerLevel<S>::ActiveSetLowerLevel(const QuadraticProblem<S>& problem)
    : problem_(problem), qp_(lower_level_shape(problem)) {
  for (std::vector<Index>* rows : {&warm_, &held_, &solution_.active, &solution_.weakly_active})
    rows->reserve(static_cast<std::size_t>(problem.rows()));
}

template <class S>
void ActiveSetLowerLevel<S>::set_warm_rows(const std::vector<Index>& rows) {
  warm_ = rows;
  qp_.warm_start(rows);
}

template <class S>
const LowerSolution<S>& ActiveSetLowerLevel<S>::solve(const Vec<S>& x, const Vec<S>& q) {
  problem_.lower_linear_term(x, linear_);
  if (q.size() > 0) linear_ += q;
  problem_.row_limits(x, limits_);
  problem_.data_terms(x, q, terms_);
  // A set that was cut down for differentiation is not the set to start from; nor is what a failed
  // solve left, unless a checkpoint would start from it too.
  if (!solution_.weakly_active.empty() || solution_.status != LowerStatus::solved)
    qp_.warm_start(warm_);
  solution_.status = qp_.solve(linear_, limits_, terms_);
  if (solution_.status == LowerStatus::infeasible &&
      !proved_infeasible(problem_, x, qp_.factor().active(), qp_.contradicted()))
    solution_.status = LowerStatus::not_converged;
  solution_.y = qp_.y();
  solution_.multipliers = qp_.multipliers();
  solution_.iterations = qp_.iterations();
  solution_.certificate =
      certifier_(problem_, linear_, limits_, terms_, solution_.y, solution_.multipliers);
  warm_.clear();
  for (const Index i : qp_.factor().active())
    if (i >= problem_.equalities) warm_.push_back(i);
  classify_rows(problem_, qp_, limits_, held_, slack_, solution_);
  return solution_;
}

#define ASSAY_INSTANTIATE(S)                                                                   \
  template QpShape<S> lower_level_shape(const QuadraticProblem<S>&);                           \
  template bool independent_with(KktFactor<S>&, const std::vector<Index>&);                    \
  template bool factor_active_rows(KktFactor<S>&, LowerSolution<S>&);                          \
  template void record_margins(const QuadraticProblem<S>&, const Vec<S>&, LowerSolution<S>&);  \
  template void classify_rows(const SparseProgram<S>&, ActiveSetQp<S, SparseData<S>>&,         \
                              const Vec<S>&, std::vector<Index>&, Vec<S>&, LowerSolution<S>&); \
  template class ActiveSetLowerLevel<S>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
