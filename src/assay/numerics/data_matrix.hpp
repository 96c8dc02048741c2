#pragma once

#include <utility>

#include "assay/numerics/exact_dots.hpp"
#include "assay/numerics/kernels.hpp"

namespace assay {

/// What a DataMatrix holds besides its entries: nothing.
template <class S>
struct DataDots {
  explicit DataDots(const Mat<S>&) {}
  static bool multiply(const Vec<S>&, Vec<S>&) { return false; }
  static bool multiply_transposed(const Vec<S>&, Vec<S>&) { return false; }
  static bool add(const Vec<S>&, Vec<S>&) { return false; }
};

/// In 50 digits: its integers, by columns and by rows. The functions return whether they did it.
template <>
struct DataDots<Real50> {
  explicit DataDots(const Mat<Real50>& A)
      : columns(A), is_symmetric(A.rows() == A.cols() && A == A.transpose()) {
    if (!is_symmetric) rows = ExactDots(Mat<Real50>(A.transpose()));
  }

  bool multiply(const Vec<Real50>& x, Vec<Real50>& y) const { return by_rows()(x, y); }
  bool multiply_transposed(const Vec<Real50>& x, Vec<Real50>& y) const { return columns(x, y); }
  bool add(const Vec<Real50>& x, Vec<Real50>& y) const { return by_rows().add(x, y); }

 private:
  const ExactDots& by_rows() const { return is_symmetric ? columns : rows; }

  ExactDots columns, rows;  ///< rows: unused where they are the columns
  bool is_symmetric;
};

/// A matrix that stays as it is made: reads as a Mat<S>, and is multiplied faster where S is Real50
/// (see ExactDots), by the overloads below. Entries are not written; assign another matrix instead.
template <class S>
class DataMatrix : public Mat<S> {
 public:
  DataMatrix() : DataMatrix(Mat<S>()) {}
  DataMatrix(Mat<S> values) : Mat<S>(std::move(values)), dots_(*this) {}

  const S& operator()(Index i, Index j) const { return Mat<S>::operator()(i, j); }
  const S* data() const { return Mat<S>::data(); }
  auto col(Index j) const { return Mat<S>::col(j); }
  auto row(Index i) const { return Mat<S>::row(i); }

  // What would change entries behind the back of dots_.
  template <class T>
  DataMatrix& operator+=(const T&) = delete;
  template <class T>
  DataMatrix& operator-=(const T&) = delete;
  template <class T>
  DataMatrix& operator*=(const T&) = delete;
  template <class T>
  DataMatrix& operator/=(const T&) = delete;
  void setZero() = delete;
  void setConstant(const S&) = delete;
  void resize(Index, Index) = delete;
  void noalias() = delete;

  const DataDots<S>& dots() const { return dots_; }

 private:
  DataDots<S> dots_;
};

/// Column j times v
template <class S>
S column_dot(const DataMatrix<S>& A, Index j, const S* v) {
  return dot(A.data() + j * A.rows(), v, A.rows());
}

/// out = column j. @pre out (rows)
template <class S>
void copy_column(const DataMatrix<S>& A, Index j, Vec<S>& out) {
  for (Index i = 0; i < A.rows(); ++i) out[i] = A(i, j);
}

/// y += column j times s
template <class S>
void add_column(const DataMatrix<S>& A, Index j, const S& s, S* y) {
  add_scaled(A.data() + j * A.rows(), s, y, A.rows());
}

/// Column j multiplied by 2^exponents[j].
template <class S>
DataMatrix<S> scaled_columns(const DataMatrix<S>& A, const std::vector<int>& exponents) {
  Mat<S> scaled = A;
  for (Index j = 0; j < A.cols(); ++j) {
    const int k = exponents[static_cast<std::size_t>(j)];
    if (k == 0) continue;
    for (Index i = 0; i < A.rows(); ++i) scaled(i, j) = scale_by_power_of_two(scaled(i, j), k);
  }
  return scaled;
}

/// y += A x
template <class S>
void add_product(const DataMatrix<S>& A, const Vec<S>& x, Vec<S>& y) {
  eigen_assert(A.cols() == x.size() && A.rows() == y.size());
  if (!A.dots().add(x, y)) add_product(static_cast<const Mat<S>&>(A), x, y);
}

/// y = A x
template <class S>
void product(const DataMatrix<S>& A, const Vec<S>& x, Vec<S>& y) {
  eigen_assert(A.cols() == x.size());
  if (!A.dots().multiply(x, y)) product(static_cast<const Mat<S>&>(A), x, y);
}

/// y = A' x
template <class S>
void transposed_product(const DataMatrix<S>& A, const Vec<S>& x, Vec<S>& y) {
  eigen_assert(A.rows() == x.size());
  if (!A.dots().multiply_transposed(x, y)) transposed_product(static_cast<const Mat<S>&>(A), x, y);
}

}  // namespace assay
