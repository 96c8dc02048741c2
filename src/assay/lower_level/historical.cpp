#include "assay/lower_level/historical.hpp"

#include <algorithm>

#include "assay/lower_level/active_set.hpp"
#include "assay/scalar/instantiate.hpp"
#include "assay/support/error.hpp"

namespace assay {

template <class S>
HistoricalLowerLevel<S>::HistoricalLowerLevel(const QuadraticProblem<S>& problem,
                                              const HistoricalOptions& options)
    : problem_(problem),
      options_(options),
      factor_(lower_level_shape(problem)),
      tolerance_(options.tolerance),
      active_tolerance_(options.active_tolerance) {
  if (problem.equalities > 0)
    throw InputError("", "lower_level.solver",
                     "'historical' does not know equality rows; use 'active_set'");
  solution_.multipliers.resize(problem.rows());
}

template <class S>
S HistoricalLowerLevel<S>::violation(Index row) const {
  return dot(problem_.Bt.data() + row * problem_.m, solution_.y.data(), problem_.m) - limits_[row];
}

/// y and multipliers with exactly these rows as equalities.
template <class S>
bool HistoricalLowerLevel<S>::solve_on(const std::vector<Index>& rows) {
  if (!factor_.reset(rows)) return false;
  y_ = -linear_;
  nu_.resize(static_cast<Index>(rows.size()));
  for (std::size_t j = 0; j < rows.size(); ++j) nu_[static_cast<Index>(j)] = limits_[rows[j]];
  factor_.solve(y_, nu_);
  solution_.y = y_;
  for (Index i = 0; i < problem_.rows(); ++i) solution_.multipliers[i] = S(0);
  for (std::size_t j = 0; j < rows.size(); ++j)
    solution_.multipliers[rows[j]] = nu_[static_cast<Index>(j)];
  return true;
}

template <class S>
bool HistoricalLowerLevel<S>::enumerate() {
  const Index p = problem_.rows();
  bool found = false;
  S best(0);
  std::vector<Index> best_rows, rows;
  for (unsigned long mask = 0; mask < (1UL << p); ++mask) {
    rows.clear();
    for (Index i = 0; i < p; ++i)
      if (mask >> i & 1UL) rows.push_back(i);
    if (static_cast<Index>(rows.size()) > problem_.m || !solve_on(rows)) continue;
    const auto c =
        certifier_(problem_, linear_, limits_, terms_, solution_.y, solution_.multipliers);
    if (!(c.stationarity + c.primal + c.dual + c.complementarity < tolerance_)) continue;
    gradient_ = linear_;
    add_product(problem_.H, solution_.y, gradient_);
    const S value = (dot(gradient_, solution_.y) + dot(linear_, solution_.y)) / S(2);
    if (!found || value < best) {
      found = true;
      best = value;
      best_rows = rows;
    }
  }
  if (found) solve_on(best_rows);
  return found;
}

/// Adds to y, for every violated row at once, the correction that would settle that row alone.
template <class S>
void HistoricalLowerLevel<S>::pseudo_project() {
  y_ = solution_.y;
  for (Index i = 0; i < problem_.rows(); ++i) {
    const S excess = violation(i);
    if (!(S(0) < excess)) continue;
    const S* row = problem_.Bt.data() + i * problem_.m;
    const S size = dot(row, row, problem_.m) + S(1e-10);
    add_scaled(row, S(-excess / size), y_.data(), problem_.m);
  }
  solution_.y = y_;
}

template <class S>
void HistoricalLowerLevel<S>::gradient_phase() {
  solution_.y = -linear_;
  factor_.solve_H(solution_.y);
  pseudo_project();
  for (solution_.iterations = 0; solution_.iterations < options_.max_iterations;) {
    ++solution_.iterations;
    gradient_ = linear_;
    add_product(problem_.H, solution_.y, gradient_);
    S worst(0);
    for (Index i = 0; i < problem_.rows(); ++i) worst = larger(worst, violation(i));
    if (norm(gradient_) < tolerance_ && worst < tolerance_) break;
    add_scaled(gradient_, S(-S(options_.step)), solution_.y);
    pseudo_project();
  }
}

template <class S>
void HistoricalLowerLevel<S>::correction_phase() {
  std::vector<Index> mask;
  Index most = -1;
  S most_excess(0);
  for (Index i = 0; i < problem_.rows(); ++i) {
    const S excess = violation(i);
    if (magnitude(excess) <= active_tolerance_) mask.push_back(i);
    if (most_excess < excess) {
      most_excess = excess;
      most = i;
    }
  }
  if (most >= 0 && !std::binary_search(mask.begin(), mask.end(), most)) {
    mask.push_back(most);
    std::sort(mask.begin(), mask.end());
  }
  for (long round = 0; round < options_.corrections; ++round) {
    if (!solve_on(mask)) return;
    Index negative = -1;
    for (std::size_t j = 0; j < mask.size(); ++j) {
      const S& value = solution_.multipliers[mask[j]];
      if (value < S(-1e-12) &&
          (negative < 0 || value < solution_.multipliers[mask[static_cast<std::size_t>(negative)]]))
        negative = static_cast<Index>(j);
    }
    if (negative >= 0) {
      mask.erase(mask.begin() + negative);
      continue;
    }
    most = -1;
    most_excess = active_tolerance_;
    for (Index i = 0; i < problem_.rows(); ++i) {
      const S excess = violation(i);
      if (most_excess < excess) {
        most_excess = excess;
        most = i;
      }
    }
    if (most < 0) return;
    mask.insert(std::lower_bound(mask.begin(), mask.end(), most), most);
  }
}

template <class S>
const LowerSolution<S>& HistoricalLowerLevel<S>::solve(const Vec<S>& x, const Vec<S>& q) {
  LowerSolution<S>& s = solution_;
  problem_.lower_linear_term(x, linear_);
  if (q.size() > 0) linear_ += q;
  problem_.row_limits(x, limits_);
  problem_.data_terms(x, q, terms_);
  s.iterations = 0;
  const Index p = problem_.rows();
  if (p > std::min<Index>(problem_.m, options_.enumeration_rows) || !enumerate()) {
    gradient_phase();
    for (Index i = 0; i < p; ++i) s.multipliers[i] = S(0);
    correction_phase();
  }
  s.certificate = certifier_(problem_, linear_, limits_, terms_, s.y, s.multipliers);
  const auto& c = s.certificate;
  s.status = c.stationarity < tolerance_ && c.primal < tolerance_ && c.dual < tolerance_ &&
                     c.complementarity < tolerance_
                 ? LowerStatus::solved
                 : LowerStatus::not_converged;

  transposed_product(problem_.Bt, s.y, slack_);
  slack_ = limits_ - slack_;
  s.active.clear();
  s.weakly_active.clear();
  for (Index i = 0; i < p; ++i) {
    if (S(0) < s.multipliers[i])
      s.active.push_back(i);
    else if (magnitude(slack_[i]) <= active_tolerance_)
      s.weakly_active.push_back(i);
  }
  s.licq = factor_active_rows(factor_, s);
  record_margins(problem_, slack_, s);
  return s;
}

#define ASSAY_INSTANTIATE(S) template class HistoricalLowerLevel<S>;
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

}  // namespace assay
