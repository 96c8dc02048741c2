#include "assay/lower_level/sparse_qp.hpp"

#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/contradiction.hpp"
#include "assay/scalar/instantiate.hpp"

namespace assay {

namespace {

template <class S>
void expect_vector(const char* name, const Vec<S>& v, Index size) {
  if (v.size() != size)
    throw InputError("", name,
                     "has " + std::to_string(v.size()) + " entries, not " + std::to_string(size));
  for (Index i = 0; i < size; ++i)
    if (!is_finite(v[i]))
      throw InputError("", name, "entry " + std::to_string(i) + " is not finite");
}

template <class S>
bool all_finite(const Vec<S>& v) {
  for (Index i = 0; i < v.size(); ++i)
    if (!is_finite(v[i])) return false;
  return true;
}

}  // namespace

template <class S>
SparseQp<S>::SparseQp(const SparseProgram<S>& program) : p_(program) {
  renew();
}

template <class S>
void SparseQp<S>::renew() {
  QpShape<S, SparseData<S>> shape;
  shape.H = &p_.H;
  shape.H_factor = &p_.H_factor;
  shape.Bt = &p_.Bt;
  shape.row_norm = &p_.row_norm;
  shape.equalities = p_.equalities;
  shape.H_norm = p_.lipschitz;
  shape.H_condition = p_.lipschitz / p_.mu;
  qp_ = std::make_unique<ActiveSetQp<S, SparseData<S>>>(shape);
  qp_->warm_start(warm_);
  revision_ = p_.revision();
}

template <class S>
void SparseQp<S>::forget() {
  warm_.clear();
  qp_->warm_start(warm_);
}

template <class S>
const LowerSolution<S>& SparseQp<S>::solve(const Vec<S>& x, const Vec<S>& q) {
  expect_vector("x", x, p_.n);
  if (q.size() > 0) expect_vector("q", q, p_.m);
  is_solved_ = false;
  if (revision_ != p_.revision()) renew();
  p_.lower_linear_term(x, linear_);
  if (q.size() > 0) linear_ += q;
  p_.row_limits(x, limits_);
  p_.data_terms(x, q, terms_);
  solution_.status = qp_->solve(linear_, limits_, terms_);
  if (solution_.status == LowerStatus::infeasible &&
      !proved_infeasible(p_, x, qp_->factor().active(), qp_->contradicted()))
    solution_.status = LowerStatus::not_converged;
  solution_.y = qp_->y();
  solution_.multipliers = qp_->multipliers();
  solution_.iterations = qp_->iterations();
  solution_.certificate =
      certifier_(p_, linear_, limits_, terms_, solution_.y, solution_.multipliers);
  warm_.clear();
  for (const Index i : qp_->factor().active())
    if (i >= p_.equalities) warm_.push_back(i);
  classify_rows(p_, *qp_, limits_, held_, slack_, solution_);
  // A comparison with NaN finds no row violated.
  if (solution_.status == LowerStatus::solved &&
      !(all_finite(linear_) && all_finite(solution_.y) && all_finite(solution_.multipliers) &&
        all_finite(slack_)))
    solution_.status = LowerStatus::not_converged;
  is_solved_ = solution_.status == LowerStatus::solved;
  return solution_;
}

template <class S>
void SparseQp<S>::vjp(const Vec<S>& v, Vec<S>& out) {
  expect_vector("v", v, p_.m);
  if (!is_solved_ || revision_ != p_.revision())
    throw NumericalError("there is no solution to differentiate: solve first, with the present H");
  KktFactor<S, SparseData<S>>& factor = qp_->factor();
  const std::vector<Index>& rows = factor.active();
  solved_ = v;
  const Index held = static_cast<Index>(rows.size());
  nu_.resize(p_.rows());
  of_rows_.resize(p_.rows());
  for (Index i = 0; i < p_.rows(); ++i) nu_[i] = of_rows_[i] = S(0);
  factor.solve(solved_, nu_);
  for (Index j = 0; j < held; ++j) of_rows_[rows[static_cast<std::size_t>(j)]] = nu_[j];
  out.resize(p_.n);
  for (Index j = 0; j < p_.n; ++j)
    out[j] = -column_dot(p_.M, j, solved_.data()) - column_dot(p_.A, j, of_rows_.data());
}

#define ASSAY_INSTANTIATE(S) template class SparseQp<S>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
