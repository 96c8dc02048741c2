#include "reference/fraction_free.hpp"

#include <gmp.h>

#include <stdexcept>

namespace assay::reference {

namespace {

mpz_ptr raw(Integer& a) { return a.backend().data(); }
mpz_srcptr raw(const Integer& a) { return a.backend().data(); }

/// a <- (a * pivot - left * top) / previous, which leaves no remainder.
void cross(Integer& a, const Integer& pivot, const Integer& left, const Integer& top,
           const Integer& previous) {
  mpz_mul(raw(a), raw(a), raw(pivot));
  mpz_submul(raw(a), raw(left), raw(top));
  mpz_divexact(raw(a), raw(a), raw(previous));
}

/// An integer matrix, rows contiguous.
struct IntegerMatrix {
  Index rows, cols;
  std::vector<Integer> entries;

  IntegerMatrix(Index r, Index c)
      : rows(r), cols(c), entries(static_cast<std::size_t>(r * c), Integer(0)) {}
  Integer& operator()(Index i, Index j) { return entries[static_cast<std::size_t>(i * cols + j)]; }
};

Integer common_multiple(const Integer& a, const Rational& x) {
  Integer out;
  mpz_lcm(raw(out), raw(a), raw(Integer(denominator(x))));
  return out;
}

Integer whole(const Rational& x) { return numerator(x); }

/// [A R] in integers. Row i of A is multiplied by row_scale[i], the least that makes it whole;
/// column j of R by column_scale[j] besides, so that long fractions in R do not lengthen A.
IntegerMatrix scaled(const RMat& A, const RMat& R, std::vector<Integer>& row_scale,
                     std::vector<Integer>& column_scale) {
  IntegerMatrix out(A.rows(), A.cols() + R.cols());
  row_scale.assign(static_cast<std::size_t>(A.rows()), Integer(1));
  column_scale.assign(static_cast<std::size_t>(R.cols()), Integer(1));
  for (Index i = 0; i < A.rows(); ++i) {
    Integer& scale = row_scale[static_cast<std::size_t>(i)];
    for (Index j = 0; j < A.cols(); ++j) scale = common_multiple(scale, A(i, j));
    for (Index j = 0; j < A.cols(); ++j) out(i, j) = whole(A(i, j) * Rational(scale));
  }
  for (Index j = 0; j < R.cols(); ++j) {
    Integer& scale = column_scale[static_cast<std::size_t>(j)];
    RVec column(A.rows());
    for (Index i = 0; i < A.rows(); ++i) {
      column[i] = R(i, j) * Rational(row_scale[static_cast<std::size_t>(i)]);
      scale = common_multiple(scale, column[i]);
    }
    for (Index i = 0; i < A.rows(); ++i) out(i, A.cols() + j) = whole(column[i] * Rational(scale));
  }
  return out;
}

/// Bareiss' step k on the rows below k. @pre a(k, k) != 0
void eliminate_below(IntegerMatrix& a, Index k, const Integer& previous) {
  for (Index i = k + 1; i < a.rows; ++i) {
    for (Index j = k + 1; j < a.cols; ++j) cross(a(i, j), a(k, k), a(i, k), a(k, j), previous);
    a(i, k) = 0;
  }
}

}  // namespace

std::optional<RMat> solve_square(const RMat& A, const RMat& R) {
  const Index n = A.rows();
  std::vector<Integer> row_scale, column_scale;
  IntegerMatrix a = scaled(A, R, row_scale, column_scale);
  Integer previous = 1;
  for (Index k = 0; k < n; ++k) {
    Index found = k;
    while (found < n && a(found, k) == 0) ++found;
    if (found == n) return std::nullopt;
    if (found != k)
      for (Index j = 0; j < a.cols; ++j) std::swap(a(k, j), a(found, j));
    eliminate_below(a, k, previous);
    previous = a(k, k);
  }
  // The last pivot d is the determinant (but for a sign), hence d Z is whole: back substitution in
  // integers.
  RMat Z(n, R.cols());
  for (Index j = 0; j < R.cols(); ++j) {
    std::vector<Integer> z(static_cast<std::size_t>(n));
    for (Index i = n - 1; i >= 0; --i) {
      Integer& sum = z[static_cast<std::size_t>(i)];
      sum = previous * a(i, n + j);
      for (Index k = i + 1; k < n; ++k)
        mpz_submul(raw(sum), raw(a(i, k)), raw(z[static_cast<std::size_t>(k)]));
      mpz_divexact(raw(sum), raw(sum), raw(a(i, i)));
      Z(i, j) = Rational(sum) / Rational(previous * column_scale[static_cast<std::size_t>(j)]);
    }
  }
  return Z;
}

ActiveSetTableau::ActiveSetTableau(const RMat& H, const RMat& B, const RMat& top,
                                   const RMat& bottom)
    : rows_(B.rows()), width_(B.rows() + top.cols()), in_set_(static_cast<std::size_t>(rows_), 0) {
  const Index m = H.rows(), all = m + rows_;
  RMat K(all, all), right(all, top.cols());
  for (Index i = 0; i < all; ++i)
    for (Index j = 0; j < all; ++j) {
      if (i < m && j < m) K(i, j) = H(i, j);
      if (i < m && j >= m) K(i, j) = B(j - m, i);
      if (i >= m && j < m) K(i, j) = B(i - m, j);
      if (i >= m && j >= m) K(i, j) = 0;
    }
  for (Index j = 0; j < top.cols(); ++j)
    for (Index i = 0; i < all; ++i) right(i, j) = i < m ? top(i, j) : bottom(i - m, j);
  IntegerMatrix a = scaled(K, right, row_scale_, column_scale_);
  d_ = 1;
  for (Index k = 0; k < m; ++k) {
    // Leading minors of a positive definite matrix: no exchange is needed.
    if (a(k, k) <= 0) throw std::logic_error("H is not positive definite");
    eliminate_below(a, k, d_);
    d_ = a(k, k);
  }
  row_scale_.erase(row_scale_.begin(), row_scale_.begin() + m);
  a_.reserve(static_cast<std::size_t>(rows_ * width_));
  for (Index i = 0; i < rows_; ++i)
    for (Index j = 0; j < width_; ++j) a_.push_back(a(m + i, m + j));
}

std::vector<Index> ActiveSetTableau::set() const {
  std::vector<Index> rows;
  for (Index i = 0; i < rows_; ++i)
    if (contains(i)) rows.push_back(i);
  return rows;
}

bool ActiveSetTableau::include(Index row) {
  // Minus a Schur complement of S, which is positive semidefinite: a zero on the diagonal means a
  // zero row, a row of B that depends on those in J.
  const Integer pivot = at(row, row);
  if (pivot == 0) return false;
  in_set_[static_cast<std::size_t>(row)] = 1;
  for (Index i = 0; i < rows_; ++i) {
    if (i == row) continue;
    const Integer left = at(i, row);
    for (Index j = 0; j < width_; ++j)
      if (j >= rows_ || !contains(j)) cross(at(i, j), pivot, left, at(row, j), d_);
  }
  d_ = pivot;
  return true;
}

Rational ActiveSetTableau::value(Index row, Index c) const {
  Integer below = d_ * column_scale_[static_cast<std::size_t>(c)];
  if (!contains(row)) below *= row_scale_[static_cast<std::size_t>(row)];
  return Rational(at(row, rows_ + c)) / Rational(below);
}

int ActiveSetTableau::sign(Index row, Index c) const {
  return mpz_sgn(raw(at(row, rows_ + c))) * mpz_sgn(raw(d_));
}

}  // namespace assay::reference
