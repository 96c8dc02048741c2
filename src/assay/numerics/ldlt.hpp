#pragma once

#include <algorithm>

#include "assay/numerics/kernels.hpp"

namespace assay {

/// L D L' of a symmetric positive definite matrix: L unit lower triangular, D diagonal, no square
/// root (so it serves exact rationals too). Only the lower triangle of the input is read.
///
/// Column j: c = A(j:,j) - sum over k < j of L(j:,k) (D_k L(j,k)), k ascending; D_j = c_0; L = c /
/// D_j.
template <class S>
class Ldlt {
 public:
  Ldlt() = default;
  explicit Ldlt(const Mat<S>& A) { factor(A); }

  /// @return whether every pivot came out positive; if not, failed_pivot() names the first that did
  ///         not, and the factor must not be used.
  bool factor(const Mat<S>& A) {
    const Index n = A.rows();
    L_ = A;
    D_.resize(n);
    weights_.resize(std::max(n, (n / 2) * (n - n / 2)));
    failed_ = -1;
    return factor_columns(0, n);
  }

  Index size() const { return D_.size(); }
  Index failed_pivot() const { return failed_; }
  const Vec<S>& pivots() const { return D_; }
  const Mat<S>& lower() const { return L_; }

  /// x := A^-1 x
  void solve_in_place(Vec<S>& x) const {
    eigen_assert(x.size() == size());
    solve_in_place(x.data(), 1);
  }

  /// X := A^-1 X for `count` columns without gaps, each as if it were alone.
  void solve_in_place(S* x, Index count) const {
    const Index n = size();
    eigen_assert(failed_ < 0);
    solve_unit_lower(L_.data(), n, n, x, count);
    for (Index k = 0; k < count; ++k)
      for (Index j = 0; j < n; ++j) x[j + k * n] /= D_[j];
    solve_unit_lower_transposed(L_.data(), n, n, x, count);
  }

 private:
  /// Columns that are eliminated one by one; more meet the ones before them in a matrix product.
  static constexpr Index narrow = 16;

  /// Eliminates columns from .. from + cols - 1, which those before `from` have already met.
  bool factor_columns(Index from, Index cols) {
    const Index n = L_.rows();
    if (cols > narrow) {
      const Index half = cols / 2 - (cols / 2) % 8, middle = from + half;
      if (!factor_columns(from, half)) return false;
      for (Index j = 0; j < cols - half; ++j)
        weigh(middle + j, from, middle, weights_.data() + j * half);
      add_lower_product(L_.data() + from * n + middle, n, n - middle, half, weights_.data(),
                        cols - half, L_.data() + middle * n + middle);
      return factor_columns(middle, cols - half);
    }
    for (Index j = from; j < from + cols; ++j) {
      S* column = L_.data() + j * n + j;
      weigh(j, from, j, weights_.data());
      add_product(L_.data() + from * n + j, n, n - j, j - from, weights_.data(), column);
      D_[j] = column[0];
      if (!(S(0) < D_[j])) {
        failed_ = j;
        return false;
      }
      column[0] = S(1);
      divide(column + 1, D_[j], n - j - 1);
    }
    return true;
  }

  /// -D_k L(j,k), k = from .. to-1
  void weigh(Index j, Index from, Index to, S* weights) const {
    for (Index k = from; k < to; ++k) weights[k - from] = -(D_[k] * L_(j, k));
  }

  Mat<S> L_;
  Vec<S> D_, weights_;
  Index failed_ = -1;
};

}  // namespace assay
