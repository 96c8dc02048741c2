#pragma once

#include "assay/numerics/sparse_ldlt.hpp"
#include "assay/problem/quadratic.hpp"

namespace assay {

/// A lower level of which only what is not zero is kept, for sizes at which QuadraticProblem would
/// be mostly zeros:
///
///     min 1/2 y'Hy + (M x + d)'y   subject to   A x + B y = b (first rows),  A x + B y <= b
///     (others)
///
/// with y (m), x (n). The members that QuadraticProblem has too mean the same.
template <class S>
struct SparseProgram {
  /// @param H  (m,m) with both triangles; M (m,n), d (m), A (rows,n), Bt (m,rows), b (rows)
  /// @throws InputError naming the part: shapes that do not fit, no variables, an H that is not
  ///         symmetric in its entries kept and their values, an entry that is not finite
  /// @throws NumericalError: H is not positive definite, or cannot be proved so in double
  SparseProgram(SparseMatrix<S> H, SparseMatrix<S> M, Vec<S> d, SparseMatrix<S> A,
                SparseMatrix<S> Bt, Vec<S> b, Index equalities);
  /// The lower level of a dense problem without its zeros.
  explicit SparseProgram(const QuadraticProblem<S>& problem);

  /// Another H of the same pattern: what was found out from the pattern stays. A SparseQp takes it
  /// over by itself. @throws as the constructor; the program is then as before
  void set_H(SparseMatrix<S> H);
  /// How often H was set.
  long revision() const { return revision_; }

  /// To be read; only H may be changed, by set_H().
  Index n = 0, m = 0, equalities = 0;
  SparseMatrix<S> H, M, A, Bt;
  Vec<S> d, b, row_norm, A_norm;
  S M_norm{0};
  SparseLdlt<S> H_factor;
  S mu{0}, lipschitz{0};

  Index rows() const { return b.size(); }
  void lower_linear_term(const Vec<S>& x, Vec<S>& linear) const;
  void row_limits(const Vec<S>& x, Vec<S>& limits) const;
  void data_terms(const Vec<S>& x, const Vec<S>& q, DataTerms<S>& terms) const;

 private:
  /// @param factor  knows the pattern of `other`
  void take_H(SparseMatrix<S> other, SparseLdlt<S> factor);

  long revision_ = 0;
};

}  // namespace assay
