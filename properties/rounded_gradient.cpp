#include "properties/rounded_gradient.hpp"

#include <cmath>

namespace assay::properties {

namespace {

using Sizes = Vec<double>;

Sizes sizes(const Vec<double>& v) { return v.cwiseAbs(); }
/// |A| v for v >= 0
Sizes product_of_sizes(const Mat<double>& A, const Sizes& v) {
  Sizes out = Sizes::Zero(A.rows());
  for (Index j = 0; j < A.cols(); ++j)
    for (Index i = 0; i < A.rows(); ++i) out[i] += std::fabs(A(i, j)) * v[j];
  return out;
}
Sizes transposed_product_of_sizes(const Mat<double>& A, const Sizes& v) {
  return product_of_sizes(A.transpose(), v);
}
double dot_of_sizes(const Vec<double>& a, const Vec<double>& b) {
  double sum = 0;
  for (Index i = 0; i < a.size(); ++i) sum += std::fabs(a[i] * b[i]);
  return sum;
}

}  // namespace

Vec<double> RoundedGradient::row_coefficients(Index i) const {
  Vec<double> a(static_cast<Index>(rows_.size()));
  for (std::size_t k = 0; k < rows_.size(); ++k) a[static_cast<Index>(k)] = problem_.A(rows_[k], i);
  return a;
}

Vec<double> RoundedGradient::upper_gradient_y() const {
  Vec<double> fx, fy;
  problem_.upper_gradient(x_, y_, fx, fy);
  return fy;
}

Vec<double> RoundedGradient::y_error(const Vec<double>& lambda) const {
  const Index n = problem_.n, m = problem_.m, p = problem_.rows();
  const Sizes linear = sizes(problem_.d) + product_of_sizes(problem_.M, sizes(x_));
  const Sizes limits = sizes(problem_.b) + product_of_sizes(problem_.A, sizes(x_));
  const Sizes terms = linear + product_of_sizes(problem_.H, sizes(y_)) +
                      product_of_sizes(problem_.Bt, sizes(lambda));
  const double left = gamma_of(u_, 4 * (2 * (m + p) + 16));
  Vec<double> da(m), dc(static_cast<Index>(rows_.size()));
  double largest = 0, total = 0;
  for (Index i = 0; i < m; ++i) {
    largest = larger(largest, terms[i]);
    total += std::fabs(y_[i]);
  }
  for (Index i = 0; i < m; ++i) da[i] = left * largest + gamma_of(u_, n + 2) * linear[i];
  for (std::size_t k = 0; k < rows_.size(); ++k)
    dc[static_cast<Index>(k)] = left * (problem_.row_norm[rows_[k]] * total + limits[rows_[k]]) +
                                gamma_of(u_, n + 2) * limits[rows_[k]];
  return bounds_.moved(da, dc).dp;
}

Vec<double> RoundedGradient::adjoint_error(const Vec<double>& fy) const {
  const Index m = problem_.m, k = static_cast<Index>(rows_.size());
  const SolveError e = bounds_.solve(fy, Vec<double>::Zero(k), u_);
  const double gamma = gamma_of(u_, m + k + 4);
  Vec<double> out = transposed_product_of_sizes(problem_.M, e.dp + gamma * sizes(e.p));
  for (Index i = 0; i < problem_.n; ++i)
    out[i] += dot_of_sizes(row_coefficients(i), e.dnu + gamma * sizes(e.nu));
  return out;
}

Vec<double> RoundedGradient::forward_error(const Vec<double>& fy) const {
  Vec<double> out(problem_.n);
  for (Index i = 0; i < problem_.n; ++i) {
    const SolveError e = bounds_.solve(-problem_.M.col(i), -row_coefficients(i), u_);
    out[i] = dot_of_sizes(e.dp + gamma_of(u_, problem_.m + 4) * sizes(e.p), fy);
  }
  return out;
}

Mat<double> RoundedGradient::jacobian() const {
  Mat<double> J(problem_.m, problem_.n);
  for (Index i = 0; i < problem_.n; ++i)
    J.col(i) = bounds_.solve(-problem_.M.col(i), -row_coefficients(i), 0).p;
  return J;
}

RoundedGradient::Parts RoundedGradient::gradient_error(const Vec<double>& dy) const {
  const double gamma = gamma_of(u_, problem_.n + problem_.m + 8);
  const Sizes dx = sizes(x_) + sizes(problem_.x_target), off = sizes(y_) + sizes(problem_.y_target);
  Parts out;
  out.direct = product_of_sizes(problem_.Qxy, dy + gamma * sizes(y_)) +
               gamma * (sizes(problem_.cx) + product_of_sizes(problem_.Qxx, dx));
  const Sizes dfy =
      product_of_sizes(problem_.Qyy, dy + gamma * off) +
      gamma * (sizes(problem_.cy) + transposed_product_of_sizes(problem_.Qxy, sizes(x_)));
  out.implicit = adjoint_error(upper_gradient_y()) + transposed_product_of_sizes(jacobian(), dfy);
  return out;
}

double RoundedGradient::value_error(const Vec<double>& dy) const {
  const Sizes dx = sizes(x_) + sizes(problem_.x_target), off = sizes(y_) + sizes(problem_.y_target);
  const double terms = dot_of_sizes(dx, product_of_sizes(problem_.Qxx, dx)) +
                       dot_of_sizes(problem_.cx, x_) + dot_of_sizes(problem_.cy, y_) +
                       std::fabs(problem_.c0) +
                       dot_of_sizes(x_, product_of_sizes(problem_.Qxy, sizes(y_))) +
                       dot_of_sizes(off, product_of_sizes(problem_.Qyy, off));
  return dot_of_sizes(upper_gradient_y(), dy) +
         dot_of_sizes(dy, product_of_sizes(problem_.Qyy, dy)) +
         gamma_of(u_, 2 * (problem_.n + problem_.m) + 12) * terms;
}

}  // namespace assay::properties
