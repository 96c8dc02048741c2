#include "assay/lower_level/certificate.hpp"

#include <algorithm>

#include "assay/problem/sparse_program.hpp"
#include "assay/scalar/instantiate.hpp"

namespace assay {

template <class S>
S square_root_bound(const S& a) {
  if (a == S(0)) return S(0);
  if constexpr (is_exact<S>) {
    double t = std::min(std::sqrt(to_double(a)), 0x1p512);  // a fraction may exceed every double
    if (!(t > 0)) t = 0x1p-500;
    return (S(t) + a / S(t)) / S(2);
  } else {
    return square_root(a) * (S(1) + S(2) * unit_roundoff<S>());
  }
}

template <class S>
template <class Problem>
Certificate<S> Certifier<S>::operator()(const Problem& problem, const Vec<S>& linear,
                                        const Vec<S>& limits, const DataTerms<S>& terms,
                                        const Vec<S>& y, const Vec<S>& multipliers) {
  Certificate<S> c;
  residual_ = linear;
  add_product(problem.H, y, residual_);
  for (Index i = 0; i < problem.rows(); ++i)
    if (multipliers[i] != S(0)) add_column(problem.Bt, i, multipliers[i], residual_.data());
  c.stationarity = max_norm(residual_);

  S chi(0), size(0);
  for (Index i = 0; i < y.size(); ++i) size += magnitude(y[i]);
  transposed_product(problem.Bt, y, slack_);
  for (Index i = 0; i < problem.rows(); ++i) {
    const S h = slack_[i] - limits[i];
    const bool equality = i < problem.equalities;
    const S violation = equality ? magnitude(h) : larger(h, S(0));
    const S product = magnitude(S(multipliers[i] * h));
    c.primal = larger(c.primal, violation);
    if (!equality) {
      c.dual = larger(c.dual, S(-multipliers[i]));
      c.complementarity = larger(c.complementarity, product);
    }
    chi += product;
    if (S(0) < violation) {
      // |b_i'y| <= max|b_i| sum|y|; below the rounding of that difference a violation says nothing.
      const S rounding = gamma_bound<S>(4 * (problem.m + terms.count + 8)) *
                         (problem.row_norm[i] * size + terms.limits[i]);
      if (multipliers[i] == S(0) && rounding < violation) c.has_bound = false;
      chi += S(2) * magnitude(multipliers[i]) * violation;
      c.bound_is_proved = false;
    }
  }
  if (S(0) < c.dual) c.bound_is_proved = false;
  const S square = dot(residual_, residual_);
  c.error_bound =
      (square_root_bound(square) + square_root_bound(S(square + S(4) * problem.mu * chi))) /
      (S(2) * problem.mu);
  if (!is_finite(c.error_bound)) c.has_bound = c.bound_is_proved = false;
  return c;
}

#define ASSAY_CERTIFY(S, Problem)                                                                \
  template Certificate<S> Certifier<S>::operator()(const Problem&, const Vec<S>&, const Vec<S>&, \
                                                   const DataTerms<S>&, const Vec<S>&,           \
                                                   const Vec<S>&);
#define ASSAY_INSTANTIATE(S)              \
  template S square_root_bound(const S&); \
  ASSAY_CERTIFY(S, QuadraticProblem<S>)   \
  ASSAY_CERTIFY(S, SparseProgram<S>)
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
