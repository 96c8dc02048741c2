#pragma once

#include <vector>

#include "assay/numerics/kernels.hpp"

namespace assay {

/// L D L' of a symmetric positive definite matrix that gains and loses rows: what an active-set
/// method keeps of B H^-1 B'. Storage for `capacity` rows is taken at once, more when more come.
template <class S>
class GrowingLdlt {
 public:
  explicit GrowingLdlt(Index capacity = 0) { reserve(capacity); }

  void reserve(Index capacity) {
    L_.resize(capacity, capacity);
    D_.resize(capacity);
    row_.resize(capacity);
    size_ = 0;
  }

  Index size() const { return size_; }
  void clear() { size_ = 0; }
  const S& pivot(Index i) const { return D_[i]; }

  /// The pivot that append() would create: corner - column' A^-1 column, the Schur complement.
  /// Keeps the new row for append().
  /// @param column the new off-diagonal entries, size()
  S preview(const S* column, const S& corner) {
    for (Index i = 0; i < size_; ++i) row_[i] = column[i];
    forward(row_.data());
    S pivot = corner;
    for (Index i = 0; i < size_; ++i) {
      const S l = row_[i] / D_[i];
      pivot -= row_[i] * l;
      row_[i] = l;
    }
    return pivot;
  }

  /// A^-1 column of the row last previewed.
  void combination(S* x) const {
    for (Index i = 0; i < size_; ++i) x[i] = row_[i];
    backward(x);
  }

  /// Adds the row last previewed. @pre pivot = what preview() returned, positive
  void append(const S& pivot) {
    if (size_ == D_.size()) grow();
    for (Index i = 0; i < size_; ++i) L_(size_, i) = row_[i];
    L_(size_, size_) = S(1);
    D_[size_] = pivot;
    ++size_;
  }

  /// Deletes row and column r. The rows below see a positive rank-one change of their block.
  /// Source: Gill, Golub, Murray, Saunders, "Methods for modifying matrix factorizations" (1974),
  /// C1.
  void remove(Index r) {
    S weight = D_[r];
    for (Index i = r + 1; i < size_; ++i) row_[i] = L_(i, r);
    for (Index j = r; j + 1 < size_; ++j) {
      D_[j] = D_[j + 1];
      for (Index i = j; i + 1 < size_; ++i) L_(i, j) = L_(i + 1, j + 1);
    }
    for (Index i = r; i + 1 < size_; ++i)
      for (Index j = 0; j < r; ++j) L_(i, j) = L_(i + 1, j);
    for (Index i = r; i + 1 < size_; ++i) row_[i] = row_[i + 1];
    --size_;
    for (Index j = r; j < size_; ++j) {
      const S p = row_[j];
      const S old = D_[j];
      D_[j] = old + weight * p * p;
      const S beta = weight * p / D_[j];
      weight = weight * old / D_[j];
      for (Index i = j + 1; i < size_; ++i) {
        row_[i] -= p * L_(i, j);
        L_(i, j) += beta * row_[i];
      }
    }
  }

  /// x[0 .. size) := A^-1 x
  void solve_in_place(S* x) const {
    forward(x);
    for (Index j = 0; j < size_; ++j) x[j] /= D_[j];
    backward(x);
  }

 private:
  void grow() {
    const Index capacity = 2 * size_ + 8;
    L_.conservativeResize(capacity, capacity);
    D_.conservativeResize(capacity);
    row_.conservativeResize(capacity);
  }
  void backward(S* x) const { solve_unit_lower_transposed(L_.data(), L_.rows(), size_, x); }
  void forward(S* x) const { solve_unit_lower(L_.data(), L_.rows(), size_, x); }

  Mat<S> L_;
  Vec<S> D_, row_;
  Index size_ = 0;
};

}  // namespace assay
