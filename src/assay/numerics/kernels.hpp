#pragma once

#include "assay/numerics/lanes.hpp"
#include "assay/scalar/dense.hpp"

/// Every reduction of the project but the exact sums of exact_dots.hpp, each with one written order
/// of operations.
///
/// The order is part of the result, so it is part of this interface; width of vectors, blocking and
/// optimisation level are not. Rules:
///  - a product is rounded, then the sum (no fused operations);
///  - dot: eight running sums from +0, element i goes to sum i mod 8; folded l + (l+4), l + (l+2),
///    l + (l+1);
///  - matrix-vector products by columns and triangular solves by columns: each output element is
///  one
///    chain over the column index, ascending from its initial value;
///  - transposed products and transposed solves: one dot for each column.
/// The double versions in lanes.hpp spell the same order with vector registers; kernels_test.cpp
/// compares them bit for bit with the plain loops and with Soft53.
namespace assay {

/// sum of a[i] b[i], i = 0 .. n-1.
template <class S>
S dot(const S* a, const S* b, Index n) {
  if constexpr (std::is_same_v<S, double>) {
    return lanes::kernels->dot(a, b, n);
  } else {
    S sum[8] = {S(0), S(0), S(0), S(0), S(0), S(0), S(0), S(0)};
    for (Index i = 0; i < n; ++i) sum[i % 8] += a[i] * b[i];
    for (int width = 4; width > 0; width /= 2)
      for (int l = 0; l < width; ++l) sum[l] += sum[l + width];
    return sum[0];
  }
}

/// @pre equal sizes
template <class S>
S dot(const Vec<S>& a, const Vec<S>& b) {
  eigen_assert(a.size() == b.size());
  return dot(a.data(), b.data(), a.size());
}

/// y[i] += a[i] * s
template <class S>
void add_scaled(const S* a, const S& s, S* y, Index n) {
  if constexpr (std::is_same_v<S, double>) {
    lanes::kernels->add_scaled(a, s, y, n);
  } else {
    for (Index i = 0; i < n; ++i) y[i] += a[i] * s;
  }
}

template <class S>
void add_scaled(const Vec<S>& a, const S& s, Vec<S>& y) {
  eigen_assert(a.size() == y.size());
  add_scaled(a.data(), s, y.data(), a.size());
}

/// y += A x, with A given by its columns: A(i,j) = a[i + j * stride].
template <class S>
void add_product(const S* a, Index stride, Index rows, Index cols, const S* x, S* y) {
  if constexpr (std::is_same_v<S, double>) {
    lanes::kernels->add_product(a, stride, rows, cols, x, y);
  } else {
    for (Index j = 0; j < cols; ++j)
      for (Index i = 0; i < rows; ++i) y[i] += a[i + j * stride] * x[j];
  }
}

/// y += A x
template <class S>
void add_product(const Mat<S>& A, const Vec<S>& x, Vec<S>& y) {
  eigen_assert(A.cols() == x.size() && A.rows() == y.size());
  add_product(A.data(), A.rows(), A.rows(), A.cols(), x.data(), y.data());
}

/// y = A x
template <class S>
void product(const Mat<S>& A, const Vec<S>& x, Vec<S>& y) {
  y.resize(A.rows());
  for (Index i = 0; i < y.size(); ++i) y[i] = S(0);
  add_product(A, x, y);
}

/// y = A' x, with A given by its columns: A(i,j) = a[i + j * stride].
template <class S>
void transposed_product(const S* a, Index stride, Index rows, Index cols, const S* x, S* y) {
  if constexpr (std::is_same_v<S, double>) {
    lanes::kernels->transposed_product(a, stride, rows, cols, x, y);
  } else {
    for (Index j = 0; j < cols; ++j) y[j] = dot(a + j * stride, x, rows);
  }
}

/// y = A' x
template <class S>
void transposed_product(const Mat<S>& A, const Vec<S>& x, Vec<S>& y) {
  eigen_assert(A.rows() == x.size());
  y.resize(A.cols());
  transposed_product(A.data(), A.rows(), A.rows(), A.cols(), x.data(), y.data());
}

/// C(i,j) += sum over k of A(i,k) W(k,j), k ascending, for i >= j only.
/// @param a  (rows, inner), c (rows, cols), both with `stride`; w (inner, cols), contiguous
template <class S>
void add_lower_product(const S* a, Index stride, Index rows, Index inner, const S* w, Index cols,
                       S* c) {
  if constexpr (std::is_same_v<S, double>) {
    lanes::kernels->add_lower_product(a, stride, rows, inner, w, cols, c);
  } else {
    for (Index j = 0; j < cols; ++j)
      add_product(a + j, stride, rows - j, inner, w + j * inner, c + j + j * stride);
  }
}

/// y[i] /= by
template <class S>
void divide(S* y, const S& by, Index n) {
  if constexpr (std::is_same_v<S, double>) {
    lanes::kernels->divide(y, by, n);
  } else {
    for (Index i = 0; i < n; ++i) y[i] /= by;
  }
}

/// X := L^-1 X for `count` columns X without gaps, L unit lower triangular (its diagonal is not
/// read). Each column goes as if it were alone.
template <class S>
void solve_unit_lower(const S* l, Index stride, Index n, S* x, Index count = 1) {
  if constexpr (std::is_same_v<S, double>) {
    lanes::kernels->forward(l, stride, n, x, count);
  } else {
    for (; count > 0; --count, x += n)
      for (Index j = 0; j < n; ++j)
        add_scaled(l + j * stride + j + 1, S(-x[j]), x + j + 1, n - j - 1);
  }
}

/// X := L'^-1 X, likewise.
template <class S>
void solve_unit_lower_transposed(const S* l, Index stride, Index n, S* x, Index count = 1) {
  if constexpr (std::is_same_v<S, double>) {
    lanes::kernels->backward(l, stride, n, x, count);
  } else {
    for (; count > 0; --count, x += n)
      for (Index j = n - 1; j >= 0; --j) x[j] -= dot(l + j * stride + j + 1, x + j + 1, n - j - 1);
  }
}

/// max |a[i]|; 0 when empty. A NaN entry is returned.
template <class S>
S max_norm(const Vec<S>& a) {
  S top(0);
  for (Index i = 0; i < a.size(); ++i) {
    const S size = magnitude(a[i]);
    if (size != size) return size;
    if (top < size) top = size;
  }
  return top;
}

/// Euclidean norm, safe from overflow and underflow: one dot when that stays inside
/// [2^-960, 2^1000], else the same after an exact scaling by a power of two.
template <class S>
S norm(const Vec<S>& a) {
  const S square = dot(a, a);
  if (S(0x1p-960) <= square && square <= S(0x1p1000)) return square_root(square);
  const S top = max_norm(a);
  if (top == S(0) || !is_finite(top)) return top;
  const int k = binary_exponent(top);
  Vec<S> scaled(a.size());
  for (Index i = 0; i < a.size(); ++i) scaled[i] = scale_by_power_of_two(a[i], -k);
  return scale_by_power_of_two(square_root(dot(scaled, scaled)), k);
}

}  // namespace assay
