#include "assay/hypergradient/estimator.hpp"

#include "assay/scalar/instantiate.hpp"
#include "assay/support/error.hpp"

namespace assay {

template <class S>
const LowerSolution<S>& Estimator<S>::solve_lower(const Vec<S>& x, const Vec<S>& q,
                                                  std::uint32_t sample) {
  if (c_.noise.lower_linear > 0) {
    const Vec<double>& z = c_.draws->normals(Purpose::lower_noise, c_.problem->m, sample);
    perturbation_.resize(c_.problem->m);
    for (Index i = 0; i < z.size(); ++i)
      perturbation_[i] = (q.size() > 0 ? q[i] : S(0)) + S(c_.noise.lower_linear) * S(z[i]);
  } else {
    perturbation_ = q;
  }
  ++solves_;
  solution_ = &c_.lower->solve(x, perturbation_);
  for (Index i = 0; i < solution_->y.size(); ++i)
    if (!is_finite(solution_->y[i])) throw NumericalError("the lower level's answer is not finite");
  if (solution_->status == LowerStatus::infeasible)
    throw NumericalError("the lower level is infeasible at this x");
  if (solution_->status == LowerStatus::not_converged) {
    ++unconverged_;
    if (!c_.accept_unconverged)
      throw NumericalError("the lower level did not converge (stationarity " +
                           to_text(to_double(solution_->certificate.stationarity)) +
                           ", violation " + to_text(to_double(solution_->certificate.primal)) +
                           ")");
  }
  return *solution_;
}

template <class S>
void Estimator<S>::upper_gradient(const Vec<S>& x, const Vec<S>& y, std::uint32_t sample,
                                  Vec<S>& fx, Vec<S>& fy) {
  certificate_ = solution_->certificate;
  status_ = solution_->status;
  c_.problem->upper_gradient(x, y, fx, fy);
  const Index n = c_.problem->n, m = c_.problem->m;
  if (c_.noise.gradient > 0) {
    const Vec<double>& z = c_.draws->normals(Purpose::upper_noise, n + m, sample);
    for (Index i = 0; i < n; ++i) fx[i] += S(c_.noise.gradient) * S(z[i]);
    for (Index i = 0; i < m; ++i) fy[i] += S(c_.noise.gradient) * S(z[n + i]);
  }
  if (c_.noise.upper_hessian > 0) {
    // A symmetric Gaussian matrix, drawn by its lower triangle, column by column.
    const auto stream = c_.draws->stream(Purpose::upper_noise, sample | 0x80000000U);
    deviation_ = x - c_.problem->x_target;
    std::uint64_t k = 0;
    for (Index j = 0; j < n; ++j)
      for (Index i = j; i < n; ++i) {
        const S z = S(c_.noise.upper_hessian) * S(stream.normal(k++));
        fx[i] += z * deviation_[j];
        if (i != j) fx[j] += z * deviation_[i];
      }
  }
}

template <class S>
S Estimator<S>::value(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample) {
  const auto& s = solve_lower(x, q, sample);
  S f = c_.problem->upper_value(x, s.y);
  if (c_.noise.objective > 0)
    f += S(c_.noise.objective) * S(c_.draws->normal(Purpose::objective_noise, sample));
  return f;
}

#define ASSAY_INSTANTIATE(S) template class Estimator<S>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
