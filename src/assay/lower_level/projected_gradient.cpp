#include "assay/lower_level/projected_gradient.hpp"

#include <algorithm>

#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/contradiction.hpp"
#include "assay/scalar/instantiate.hpp"
#include "assay/scalar/text.hpp"
#include "assay/support/error.hpp"

namespace assay {

namespace {

template <class S>
QpShape<S> projection_shape(const QuadraticProblem<S>& problem) {
  QpShape<S> shape = lower_level_shape(problem);
  shape.H = nullptr;
  shape.H_factor = nullptr;
  shape.H_norm = shape.H_condition = S(1);
  return shape;
}

}  // namespace

template <class S>
ProjectedGradientLowerLevel<S>::ProjectedGradientLowerLevel(const QuadraticProblem<S>& problem,
                                                            const ProjectedGradientOptions& options)
    : problem_(problem),
      options_(options),
      projection_(projection_shape(problem)),
      factor_(lower_level_shape(problem)) {
  solution_.multipliers.resize(problem.rows());
  if (S(options.step) * problem.lipschitz >= S(2))
    throw InputError("", "lower_level.step",
                     "is " + to_text(options.step) + ", must be below 2/L, and here L may be " +
                         to_text(to_double(problem.lipschitz)));
}

template <class S>
void ProjectedGradientLowerLevel<S>::set_warm_rows(const std::vector<Index>& rows) {
  warm_ = rows;
  projection_.warm_start(rows);
}

template <class S>
const LowerSolution<S>& ProjectedGradientLowerLevel<S>::solve(const Vec<S>& x, const Vec<S>& q) {
  LowerSolution<S>& s = solution_;
  problem_.lower_linear_term(x, linear_);
  if (q.size() > 0) linear_ += q;
  problem_.row_limits(x, limits_);
  problem_.data_terms(x, q, terms_);
  if (s.y.size() == 0) {
    s.y.resize(problem_.m);
    for (Index i = 0; i < problem_.m; ++i) s.y[i] = S(0);
  }
  const S L = problem_.lipschitz;
  const S eta = options_.step > 0 ? S(options_.step) : S(2) / (problem_.mu + L);
  const S tolerance = S(options_.tolerance);
  const S bound_factor = (S(1) / eta + L) / problem_.mu;
  const Index rows = problem_.rows();
  projection_terms_ = terms_;

  s.status = LowerStatus::not_converged;
  for (s.iterations = 0; s.iterations < options_.max_iterations;) {
    ++s.iterations;
    gradient_ = linear_;
    add_product(problem_.H, s.y, gradient_);
    target_ = s.y;
    add_scaled(gradient_, S(-eta), target_);
    if (rows > 0) {
      gradient_ = -target_;
      S size(0);
      for (Index i = 0; i < s.y.size(); ++i) size += magnitude(s.y[i]);
      projection_terms_.linear = max_norm(s.y) + eta * (L * size + terms_.linear);
      const LowerStatus status = projection_.solve(gradient_, limits_, projection_terms_);
      if (status != LowerStatus::solved) {
        s.status = status == LowerStatus::infeasible &&
                           proved_infeasible(problem_, x, projection_.factor().active(),
                                             projection_.contradicted())
                       ? LowerStatus::infeasible
                       : LowerStatus::not_converged;
        break;
      }
      target_ = projection_.y();
    }
    gradient_ = target_ - s.y;
    const S moved = norm(gradient_);
    s.y = target_;
    if (bound_factor * moved <= tolerance) {
      s.status = LowerStatus::solved;
      break;
    }
  }

  std::vector<Index> held;
  for (Index i = 0; i < rows; ++i) {
    s.multipliers[i] = projection_.multipliers()[i] / eta;
    if (i < problem_.equalities || projection_.multiplier_noise(i) < projection_.multipliers()[i])
      held.push_back(i);
  }
  s.certificate = certifier_(problem_, linear_, limits_, terms_, s.y, s.multipliers);

  // y is known up to the proved bound: a slack within it may be zero at y*.
  transposed_product(problem_.Bt, s.y, slack_);
  slack_ = limits_ - slack_;
  s.active.clear();
  s.weakly_active.clear();
  factor_.clear();
  for (const Index i : held) {
    const auto candidate = factor_.preview(i);
    if (candidate.dependent) {
      s.weakly_active.push_back(i);
      continue;
    }
    factor_.append(i, candidate);
    s.active.push_back(i);
  }
  const S root_m = square_root(S(static_cast<double>(problem_.m)));
  for (Index i = 0; i < rows; ++i) {
    if (std::binary_search(held.begin(), held.end(), i)) continue;
    if (!s.certificate.has_bound ||
        slack_[i] <= root_m * problem_.row_norm[i] * s.certificate.error_bound)
      s.weakly_active.push_back(i);
  }
  std::sort(s.weakly_active.begin(), s.weakly_active.end());
  s.licq = s.weakly_active.empty() || independent_with(factor_, s.weakly_active);
  record_margins(problem_, slack_, s);
  warm_.clear();
  for (const Index i : projection_.factor().active())
    if (i >= problem_.equalities) warm_.push_back(i);
  return s;
}

#define ASSAY_INSTANTIATE(S) template class ProjectedGradientLowerLevel<S>;
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

}  // namespace assay
