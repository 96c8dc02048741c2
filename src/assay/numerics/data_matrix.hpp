#pragma once

#include <optional>
#include <utility>

#include "assay/numerics/exact_dots.hpp"
#include "assay/numerics/kernels.hpp"
#include "assay/numerics/sparse_matrix.hpp"

namespace assay {

/// What a DataMatrix holds besides its entries: those that are not zero, where they are few, which
/// changes the time of a product but (of finite numbers, but for the sign of zeros) no bit. The
/// functions return whether they did it.
template <class S>
struct DataDots {
  explicit DataDots(const Mat<S>& A) {
    if (is_sparse(A)) few_.emplace(A);
  }

  bool multiply(const Vec<S>& x, Vec<S>& y) const {
    if (!few_) return false;
    y.resize(few_->rows());
    for (Index i = 0; i < y.size(); ++i) y[i] = S(0);
    add_product(*few_, x, y);
    return true;
  }
  bool multiply_transposed(const Vec<S>& x, Vec<S>& y) const {
    if (few_) transposed_product(*few_, x, y);
    return few_.has_value();
  }
  bool add(const Vec<S>& x, Vec<S>& y) const {
    if (few_) add_product(*few_, x, y);
    return few_.has_value();
  }

 private:
  std::optional<SparseMatrix<S>> few_;
};

/// In 50 digits: its integers, by columns and by rows.
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
/// (see ExactDots) or most of it is zero, by the overloads below. Entries are not written; assign
/// another matrix instead.
///
/// Products of a mostly zero A leave out the zeros. With an infinite or NaN entry of x that makes a
/// difference (0 times infinity is NaN), and the sign of a zero may differ: an entry of y that is
/// -0 and meets no entry of A stays -0, where the dense sum adds 0 to it.
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
