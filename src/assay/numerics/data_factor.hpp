#pragma once

#include <optional>

#include "assay/numerics/refined_ldlt.hpp"
#include "assay/numerics/sparse_ldlt.hpp"

namespace assay {

/// Solves with a symmetric positive definite matrix that many right-hand sides come for: by its
/// L D L', by a sparse one where that is the cheaper, in 50 digits by RefinedLdlt where that is
/// faster and can be done.
template <class S>
class DataFactor {
 public:
  DataFactor() = default;
  explicit DataFactor(const Mat<S>& A) { factor(A); }

  /// As Ldlt::factor().
  bool factor(const Mat<S>& A) {
    sparse_.reset();
    if (!is_sparse(A)) return factor_.factor(A);
    const SparseMatrix<S> few(A);
    sparse_.emplace();
    sparse_->analyse(few);
    if (8 * sparse_->entries() < A.size()) return sparse_->factor(few);
    sparse_.reset();  // it fills up
    return factor_.factor(A);
  }
  Index failed_pivot() const { return sparse_ ? sparse_->failed_pivot() : factor_.failed_pivot(); }
  /// x := A^-1 x. Not by several threads at once
  void solve_in_place(Vec<S>& x) const {
    if (sparse_)
      sparse_->solve_in_place(x);
    else
      factor_.solve_in_place(x);
  }

 private:
  Ldlt<S> factor_;
  std::optional<SparseLdlt<S>> sparse_;
};

template <>
class DataFactor<Real50> {
 public:
  /// Below this size the plain solve is as fast.
  static constexpr Index least_size = 10;

  DataFactor() = default;
  explicit DataFactor(const Mat<Real50>& A) { factor(A); }

  bool factor(const Mat<Real50>& A) {
    plain_.reset();
    matrix_ = A;
    is_refined_ = A.rows() >= least_size && refined_.factor(A);
    return is_refined_ || plain().failed_pivot() < 0;
  }
  Index failed_pivot() const { return is_refined_ ? -1 : plain().failed_pivot(); }
  void solve_in_place(Vec<Real50>& x) const {
    if (!is_refined_ || !refined_.solve_in_place(x)) plain().solve_in_place(x);
  }

 private:
  const Ldlt<Real50>& plain() const {
    if (!plain_) plain_.emplace(matrix_);
    return *plain_;
  }

  Mat<Real50> matrix_;
  RefinedLdlt refined_;
  bool is_refined_ = false;
  mutable std::optional<Ldlt<Real50>>
      plain_;  ///< made when first needed, so not for several threads
};

}  // namespace assay
