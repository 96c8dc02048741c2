#pragma once

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
    work_.resize(n);
    failed_ = -1;
    for (Index j = 0; j < n; ++j) {
      S* column = L_.data() + j * n + j;
      for (Index k = 0; k < j; ++k) work_[k] = -(D_[k] * L_(j, k));
      add_product(L_.data() + j, n, n - j, j, work_.data(), column);
      D_[j] = column[0];
      if (!(S(0) < D_[j])) {
        failed_ = j;
        return false;
      }
      column[0] = S(1);
      for (Index i = 1; i < n - j; ++i) column[i] /= D_[j];
    }
    return true;
  }

  Index size() const { return D_.size(); }
  Index failed_pivot() const { return failed_; }
  const Vec<S>& pivots() const { return D_; }
  const Mat<S>& lower() const { return L_; }

  /// x := A^-1 x
  void solve_in_place(Vec<S>& x) const {
    const Index n = size();
    eigen_assert(x.size() == n && failed_ < 0);
    for (Index j = 0; j < n; ++j)
      add_scaled(L_.data() + j * n + j + 1, S(-x[j]), x.data() + j + 1, n - j - 1);
    for (Index j = 0; j < n; ++j) x[j] /= D_[j];
    for (Index j = n - 1; j >= 0; --j)
      x[j] -= dot(L_.data() + j * n + j + 1, x.data() + j + 1, n - j - 1);
  }

 private:
  Mat<S> L_;
  Vec<S> D_, work_;
  Index failed_ = -1;
};

}  // namespace assay
