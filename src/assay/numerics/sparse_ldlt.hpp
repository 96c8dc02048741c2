#pragma once

#include <vector>

#include "assay/numerics/ldlt.hpp"
#include "assay/numerics/sparse_matrix.hpp"

namespace assay {

/// P A P' = L D L' of a sparse symmetric positive definite matrix; P is found once, by minimum
/// degree, for all matrices of one pattern.
///
/// Row by row ("up-looking"): entry (a,b) is A(a,b) - sum over k < b of L(a,k) (D_k L(b,k)), k
/// ascending, over the pattern of L. That is the chain of Ldlt without the products that are zero,
/// so the factor is that of Ldlt(P A P') bit for bit. Where the last columns fill up they are a
/// dense matrix, which Ldlt factors; where that begins changes no bit of the factor. All choices
/// are made in integers, from the pattern (but for one correctly rounded root in Eigen's minimum
/// degree).
/// Source: Davis, "Algorithm 849: a concise sparse Cholesky factorization package" (2005);
/// Amestoy, Davis, Duff, "An approximate minimum degree ordering algorithm" (1996).
template <class S>
class SparseLdlt {
 public:
  /// Chooses the order and takes the memory. @pre A square, with a symmetric pattern
  void analyse(const SparseMatrix<S>& A);

  /// Takes no memory but in the first call. Only one of A(i,j), A(j,i) is read.
  /// @pre A has the pattern that was analysed
  /// @return whether every pivot came out positive; if not, failed_pivot() is the variable of the
  ///         first that did not, and the factor must not be used.
  bool factor(const SparseMatrix<S>& A);
  Index failed_pivot() const { return failed_; }

  /// x := A^-1 x, by several threads at once if they like. Takes memory in the first call of a
  /// thread. @pre x (n)
  void solve_in_place(Vec<S>& x) const;

  Index size() const { return static_cast<Index>(order_.size()); }
  /// Which variable is eliminated k-th.
  const std::vector<int>& order() const { return order_; }
  /// So many columns come before the dense ones.
  Index head() const { return head_; }
  /// Of L below its diagonal, with the dense columns.
  Index entries() const { return L_.size() + (size() - head_) * (size() - head_ - 1) / 2; }
  /// Entry (i, j) of L and the pivots, in the order of elimination: for tests, looked for.
  S lower(Index i, Index j) const;
  const S& pivot(Index k) const { return k < head_ ? D_[k] : tail_.pivots()[k - head_]; }

 private:
  void find_order(const SparseMatrix<S>& A);
  void find_fill();

  std::vector<int> order_;
  /// P A P' below the diagonal by rows, columns ascending, and where in A each entry and each
  /// diagonal one lies (-1: nowhere).
  std::vector<int> a_start_, a_col_, a_at_, diagonal_at_;
  /// L: columns before the dense ones, rows ascending; and the same by rows.
  std::vector<int> l_start_, l_row_, row_start_, row_col_;
  Index head_ = 0, failed_ = -1;
  Vec<S> L_, D_;
  std::vector<int> filled_;
  Vec<S> weights_;  ///< -D_k L(j,k), beside L
  Vec<S> row_;
  Mat<S> dense_;
  Ldlt<S> tail_;
};

/// 0 < bound <= lambda_min(H), proved, within a factor of 2 or so; 0 where nothing can be proved in
/// double. As smallest_eigenvalue_bound() of the dense matrix.
/// @param factor  of H; used up
double smallest_eigenvalue_bound(const SparseMatrix<double>& H, SparseLdlt<double> factor);

}  // namespace assay
