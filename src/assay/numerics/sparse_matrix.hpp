#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "assay/scalar/dense.hpp"
#include "assay/support/error.hpp"

namespace assay {

template <class S>
struct SparseEntry {
  Index row, col;
  S value;
};

/// A matrix of which only some entries are kept, by columns, rows ascending in each.
///
/// Its products leave out what is zero and otherwise keep the order of kernels.hpp, so finite data
/// give the bits of the same matrix held densely, but for the sign of zeros.
template <class S>
class SparseMatrix {
 public:
  SparseMatrix() : SparseMatrix(0, 0, {}) {}

  /// @param entries  in any order; zeros among them are kept
  /// @throws InputError with `name`: an entry outside the matrix, twice, or not finite; more than
  /// 2^31 - 1 rows, columns or entries
  SparseMatrix(Index rows, Index cols, std::vector<SparseEntry<S>> entries,
               const std::string& name = "sparse matrix")
      : rows_(rows), start_(possible(rows, cols, static_cast<Index>(entries.size()), name) + 1, 0) {
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return std::pair(a.col, a.row) < std::pair(b.col, b.row);
    });
    row_.reserve(entries.size());
    value_.resize(static_cast<Index>(entries.size()));
    const SparseEntry<S>* before = nullptr;
    for (const SparseEntry<S>& e : entries) {
      const auto refuse = [&](const char* why) {
        throw InputError(
            "", name,
            "entry (" + std::to_string(e.row) + ", " + std::to_string(e.col) + ") " + why);
      };
      if (e.row < 0 || rows <= e.row || e.col < 0 || cols <= e.col) refuse("is outside");
      if (before && before->row == e.row && before->col == e.col) refuse("is given twice");
      if (!is_finite(e.value)) refuse("is not finite");
      value_[static_cast<Index>(row_.size())] = e.value;
      row_.push_back(static_cast<int>(e.row));
      ++start_[static_cast<std::size_t>(e.col) + 1];
      before = &e;
    }
    for (std::size_t j = 1; j < start_.size(); ++j) start_[j] += start_[j - 1];
  }

  /// What is not zero of a dense matrix, finite or not.
  explicit SparseMatrix(const Mat<S>& dense) : SparseMatrix(dense.rows(), dense.cols(), {}) {
    std::vector<S> values;
    for (Index j = 0; j < dense.cols(); ++j) {
      for (Index i = 0; i < dense.rows(); ++i)
        if (dense(i, j) != S(0)) {
          row_.push_back(static_cast<int>(i));
          values.push_back(dense(i, j));
        }
      start_[static_cast<std::size_t>(j) + 1] = static_cast<int>(row_.size());
    }
    value_.resize(static_cast<Index>(values.size()));
    for (Index p = 0; p < value_.size(); ++p) value_[p] = values[static_cast<std::size_t>(p)];
  }

  Index rows() const { return rows_; }
  Index cols() const { return static_cast<Index>(start_.size()) - 1; }
  Index entries() const { return value_.size(); }

  /// Entries begin(j) .. begin(j + 1) - 1 are those of column j.
  Index begin(Index j) const { return start_[static_cast<std::size_t>(j)]; }
  Index row(Index p) const { return row_[static_cast<std::size_t>(p)]; }
  const S& value(Index p) const { return value_[p]; }
  const Vec<S>& values() const { return value_; }
  /// The pattern stays. @pre one for each entry, finite (not checked)
  void set_values(Vec<S> values) {
    eigen_assert(values.size() == value_.size());
    value_ = std::move(values);
  }

  /// Entry (i, j), looked for; 0 where none is kept.
  S operator()(Index i, Index j) const {
    const auto first = row_.begin() + begin(j), last = row_.begin() + begin(j + 1);
    const auto at = std::lower_bound(first, last, static_cast<int>(i));
    return at != last && *at == i ? value_[at - row_.begin()] : S(0);
  }

  bool same_pattern(const SparseMatrix& other) const {
    return rows_ == other.rows_ && start_ == other.start_ && row_ == other.row_;
  }

 private:
  /// @return cols, before any memory is taken for them
  static std::size_t possible(Index rows, Index cols, Index entries, const std::string& name) {
    constexpr Index most = std::numeric_limits<int>::max();
    if (rows < 0 || cols < 0 || most < rows || most < cols || most < entries)
      throw InputError("", name, "has an impossible size");
    return static_cast<std::size_t>(cols);
  }

  Index rows_;
  std::vector<int> start_, row_;
  Vec<S> value_;
};

/// Whether a dense matrix is better multiplied without its zeros: fewer than one entry in ten is
/// none, of so many that it matters.
template <class S>
bool is_sparse(const Mat<S>& A) {
  constexpr Index least_size = 128 * 128;
  if (A.size() < least_size) return false;
  Index entries = 0;
  for (Index j = 0; j < A.cols(); ++j)
    for (Index i = 0; i < A.rows(); ++i) entries += A(i, j) != S(0);
  return 10 * entries < A.size();
}

/// Column j times v: the order of dot() in kernels.hpp.
template <class S>
S column_dot(const SparseMatrix<S>& A, Index j, const S* v) {
  S sum[8] = {S(0), S(0), S(0), S(0), S(0), S(0), S(0), S(0)};
  for (Index p = A.begin(j); p < A.begin(j + 1); ++p) sum[A.row(p) % 8] += A.value(p) * v[A.row(p)];
  for (int width = 4; width > 0; width /= 2)
    for (int l = 0; l < width; ++l) sum[l] += sum[l + width];
  return sum[0];
}

/// out = column j. @pre out (rows)
template <class S>
void copy_column(const SparseMatrix<S>& A, Index j, Vec<S>& out) {
  for (Index i = 0; i < A.rows(); ++i) out[i] = S(0);
  for (Index p = A.begin(j); p < A.begin(j + 1); ++p) out[A.row(p)] = A.value(p);
}

/// y += column j times s
template <class S>
void add_column(const SparseMatrix<S>& A, Index j, const S& s, S* y) {
  for (Index p = A.begin(j); p < A.begin(j + 1); ++p) y[A.row(p)] += A.value(p) * s;
}

/// Column j multiplied by 2^exponents[j].
template <class S>
SparseMatrix<S> scaled_columns(const SparseMatrix<S>& A, const std::vector<int>& exponents) {
  Vec<S> values = A.values();
  for (Index j = 0; j < A.cols(); ++j)
    for (Index p = A.begin(j); p < A.begin(j + 1); ++p)
      values[p] = scale_by_power_of_two(values[p], exponents[static_cast<std::size_t>(j)]);
  SparseMatrix<S> scaled = A;
  scaled.set_values(std::move(values));
  return scaled;
}

/// y += A x
template <class S>
void add_product(const SparseMatrix<S>& A, const Vec<S>& x, Vec<S>& y) {
  eigen_assert(A.cols() == x.size() && A.rows() == y.size());
  for (Index j = 0; j < A.cols(); ++j) add_column(A, j, x[j], y.data());
}

/// y = A' x
template <class S>
void transposed_product(const SparseMatrix<S>& A, const Vec<S>& x, Vec<S>& y) {
  eigen_assert(A.rows() == x.size());
  y.resize(A.cols());
  for (Index j = 0; j < A.cols(); ++j) y[j] = column_dot(A, j, x.data());
}

}  // namespace assay
