#include "assay/hypergradient/implicit.hpp"

#include "assay/scalar/instantiate.hpp"

namespace assay {

namespace {

template <class S>
void finish(const LowerSolution<S>& s, Hypergradient<S>& out) {
  out.total = out.direct + out.implicit;
  out.kink = !s.weakly_active.empty();
  out.licq = s.licq;
}

}  // namespace

template <class S>
void ImplicitEstimator<S>::evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                                    Hypergradient<S>& out) {
  const QuadraticProblem<S>& problem = *this->c_.problem;
  const FaultSet& faults = this->c_.faults;
  const LowerSolution<S>& s = this->solve_lower(x, q, sample);
  this->upper_gradient(x, sample, out.direct, p_);
  out.implicit.resize(problem.n);
  for (Index i = 0; i < problem.n; ++i) out.implicit[i] = S(0);

  if (faults.has(Fault::detached_implicit)) return finish(s, out);
  if (faults.has(Fault::pseudo_neumann)) {
    pseudo_neumann(out);
    return finish(s, out);
  }

  KktFactor<S>& factor = this->c_.lower->factor();
  const std::vector<Index>* active = &s.active;
  if (faults.has(Fault::slack_only_active_set)) {
    // |slack| <= 1e-8 decides, whatever the multipliers say and however inexact y is.
    problem.row_limits(x, limits_);
    transposed_product(problem.Bt, s.y, slack_);
    by_slack_.clear();
    for (Index i = 0; i < problem.rows(); ++i)
      if (magnitude(S(limits_[i] - slack_[i])) <= S(1e-8)) by_slack_.push_back(i);
    active = factor.reset(by_slack_) ? &by_slack_ : &factor.active();
  }
  if (faults.has(Fault::regularised_active_set)) {
    regularised(*active, p_);
  } else {
    const Index held = static_cast<Index>(factor.active().size());
    nu_.resize(problem.rows());
    for (Index j = 0; j < held; ++j) nu_[j] = S(0);
    factor.solve(p_, nu_);
    if (!faults.has(Fault::dropped_row_term)) {
      for (Index j = 0; j < held; ++j) {
        const Index row = factor.active()[static_cast<std::size_t>(j)];
        for (Index i = 0; i < problem.n; ++i) {
          if (!faults.has(Fault::swapped_rows))
            out.implicit[i] -= problem.A(row, i) * nu_[j];
          else if (i < problem.m)  // where there is a coefficient to mix up
            out.implicit[i] += problem.Bt(i, row) * nu_[j];
        }
      }
    }
  }
  transposed_product(problem.M, p_, fx_);
  out.implicit -= fx_;
  finish(s, out);
}

/// p with 1e6 b_i b_i' added to H for every active row instead of the row as an equation; the rows'
/// own term is lost.
template <class S>
void ImplicitEstimator<S>::regularised(const std::vector<Index>& active, Vec<S>& p) const {
  const QuadraticProblem<S>& problem = *this->c_.problem;
  Mat<S> stiff = problem.H;
  for (const Index row : active)
    for (Index j = 0; j < problem.m; ++j)
      for (Index i = 0; i < problem.m; ++i)
        stiff(i, j) += S(1e6) * problem.Bt(i, row) * problem.Bt(j, row);
  Ldlt<S>(stiff).solve_in_place(p);
}

/// sum over k of 0.5^k (sum_j df/dy_j) H(k,:): published as a Neumann series, a series of nothing.
template <class S>
void ImplicitEstimator<S>::pseudo_neumann(Hypergradient<S>& out) const {
  const QuadraticProblem<S>& problem = *this->c_.problem;
  S total(0);
  for (Index i = 0; i < problem.m; ++i) total += p_[i];
  S weight(1);
  for (Index k = 0; k < problem.m; ++k) {
    for (Index i = 0; i < problem.n && i < problem.m; ++i)
      out.implicit[i] += weight * total * problem.H(k, i);
    weight /= S(2);
  }
}

template <class S>
Mat<S> forward_jacobian(const QuadraticProblem<S>& problem, LowerLevel<S>& lower) {
  KktFactor<S>& factor = lower.factor();
  const auto& active = factor.active();
  Mat<S> J(problem.m, problem.n);
  Vec<S> p(problem.m), nu(static_cast<Index>(active.size()));
  for (Index j = 0; j < problem.n; ++j) {
    for (Index i = 0; i < problem.m; ++i) p[i] = -problem.M(i, j);
    for (std::size_t k = 0; k < active.size(); ++k)
      nu[static_cast<Index>(k)] = -problem.A(active[k], j);
    factor.solve(p, nu);
    J.col(j) = p;
  }
  return J;
}

template <class S>
void ForwardEstimator<S>::evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                                   Hypergradient<S>& out) {
  const LowerSolution<S>& s = this->solve_lower(x, q, sample);
  this->upper_gradient(x, sample, out.direct, fy_);
  transposed_product(forward_jacobian(*this->c_.problem, *this->c_.lower), fy_, out.implicit);
  if (this->c_.faults.has(Fault::detached_implicit))
    for (Index i = 0; i < out.implicit.size(); ++i) out.implicit[i] = S(0);
  finish(s, out);
}

#define ASSAY_INSTANTIATE(S)           \
  template class ImplicitEstimator<S>; \
  template class ForwardEstimator<S>;  \
  template Mat<S> forward_jacobian(const QuadraticProblem<S>&, LowerLevel<S>&);
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
