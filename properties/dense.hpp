#pragma once

#include <optional>

#include "assay/scalar/convert.hpp"
#include "assay/scalar/dense.hpp"

/// Small dense algebra of the laws: plain loops and elimination with row exchanges, nothing shared
/// with the kernels and the factorisations that the laws judge.
namespace assay::properties {

namespace dense {
template <class S>
struct WiderOf;
template <>
struct WiderOf<double> {
  using type = Real50;
};
template <>
struct WiderOf<Real50> {
  using type = Real100;
};
template <>
struct WiderOf<Rational> {
  using type = Rational;
};
}  // namespace dense

/// A scalar in which the roundings of S can be told apart: at least 115 bits more.
template <class S>
using Wider = typename dense::WiderOf<S>::type;

template <class To, class From>
Vec<To> converted(const Vec<From>& a) {
  Vec<To> b(a.size());
  for (Index i = 0; i < a.size(); ++i) b[i] = convert<To>(a[i]);
  return b;
}

template <class T>
Vec<T> zeros(Index size) {
  Vec<T> a(size);
  for (Index i = 0; i < size; ++i) a[i] = T(0);
  return a;
}
template <class T>
Mat<T> zeros(Index rows, Index cols) {
  Mat<T> a(rows, cols);
  for (Index j = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i) a(i, j) = T(0);
  return a;
}
template <class T>
Mat<T> identity(Index size) {
  Mat<T> a = zeros<T>(size, size);
  for (Index i = 0; i < size; ++i) a(i, i) = T(1);
  return a;
}

/// A x
template <class T>
Vec<T> times(const Mat<T>& a, const Vec<T>& x) {
  Vec<T> y = zeros<T>(a.rows());
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) y[i] += a(i, j) * x[j];
  return y;
}
template <class T>
Mat<T> times(const Mat<T>& a, const Mat<T>& b) {
  Mat<T> c = zeros<T>(a.rows(), b.cols());
  for (Index j = 0; j < b.cols(); ++j)
    for (Index k = 0; k < a.cols(); ++k)
      if (b(k, j) != T(0))
        for (Index i = 0; i < a.rows(); ++i) c(i, j) += a(i, k) * b(k, j);
  return c;
}
template <class T>
Mat<T> flipped(const Mat<T>& a) {
  Mat<T> b(a.cols(), a.rows());
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) b(j, i) = a(i, j);
  return b;
}
/// a' b
template <class T>
T inner_product(const Vec<T>& a, const Vec<T>& b) {
  T sum(0);
  for (Index i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Entry by entry |a|.
template <class T>
Vec<T> sizes(const Vec<T>& a) {
  Vec<T> b(a.size());
  for (Index i = 0; i < a.size(); ++i) b[i] = magnitude(a[i]);
  return b;
}
template <class T>
Mat<T> sizes(const Mat<T>& a) {
  Mat<T> b(a.rows(), a.cols());
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) b(i, j) = magnitude(a(i, j));
  return b;
}

/// max |a_i|
template <class T>
T largest_entry(const Vec<T>& a) {
  T top(0);
  for (Index i = 0; i < a.size(); ++i) top = larger(top, magnitude(a[i]));
  return top;
}
/// sum_j |a(i,j)|: what row i can make of a vector with entries up to 1.
template <class T>
T row_sum(const Mat<T>& a, Index i) {
  T sum(0);
  for (Index j = 0; j < a.cols(); ++j) sum += magnitude(a(i, j));
  return sum;
}
/// The operator norm of the max-norm.
template <class T>
T max_row_sum(const Mat<T>& a) {
  T top(0);
  for (Index i = 0; i < a.rows(); ++i) top = larger(top, row_sum(a, i));
  return top;
}

/// A^-1 R; nothing if A is singular.
template <class T>
std::optional<Mat<T>> eliminate(Mat<T> a, Mat<T> r) {
  const Index n = a.rows();
  for (Index k = 0; k < n; ++k) {
    Index pivot = k;
    for (Index i = k + 1; i < n; ++i)
      if (magnitude(a(pivot, k)) < magnitude(a(i, k))) pivot = i;
    if (a(pivot, k) == T(0)) return std::nullopt;
    if (pivot != k) {
      for (Index j = k; j < n; ++j) std::swap(a(k, j), a(pivot, j));
      for (Index j = 0; j < r.cols(); ++j) std::swap(r(k, j), r(pivot, j));
    }
    for (Index i = k + 1; i < n; ++i) {
      if (a(i, k) == T(0)) continue;
      const T factor = a(i, k) / a(k, k);
      for (Index j = k + 1; j < n; ++j) a(i, j) -= factor * a(k, j);
      for (Index j = 0; j < r.cols(); ++j) r(i, j) -= factor * r(k, j);
    }
  }
  for (Index j = 0; j < r.cols(); ++j)
    for (Index i = n - 1; i >= 0; --i) {
      for (Index k = i + 1; k < n; ++k) r(i, j) -= a(i, k) * r(k, j);
      r(i, j) /= a(i, i);
    }
  return r;
}
template <class T>
std::optional<Vec<T>> eliminate(const Mat<T>& a, const Vec<T>& r) {
  const auto solution = eliminate<T>(a, Mat<T>(r));
  if (!solution) return std::nullopt;
  return Vec<T>(solution->col(0));
}

/// [ H   B_I' ]
/// [ B_I  C   ]   @param rows I, in this order  @param corner the diagonal of C, one for each row
template <class T>
Mat<T> saddle_matrix(const Mat<T>& H, const Mat<T>& Bt, const std::vector<Index>& rows,
                     const Vec<T>& corner) {
  const Index m = H.rows(), k = static_cast<Index>(rows.size());
  Mat<T> K = zeros<T>(m + k, m + k);
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < m; ++i) K(i, j) = H(i, j);
  for (Index j = 0; j < k; ++j) {
    for (Index i = 0; i < m; ++i)
      K(i, m + j) = K(m + j, i) = Bt(i, rows[static_cast<std::size_t>(j)]);
    K(m + j, m + j) = corner[j];
  }
  return K;
}

}  // namespace assay::properties
