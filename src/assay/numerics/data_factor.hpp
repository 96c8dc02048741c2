#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "assay/numerics/refined_ldlt.hpp"
#include "assay/numerics/sparse_ldlt.hpp"

namespace assay {

/// Solves with a symmetric positive definite matrix that many right-hand sides come for: by its
/// L D L', by a sparse one where that is the cheaper, in 50 digits by RefinedLdlt where that is
/// faster and can be done. Solves may go on in several threads at once.
///
/// The sparse one leaves out products with zero. With an infinite or NaN entry of x it matters
/// which are left out (0 times infinity is NaN), and the sign of a zero may differ: entries of -0
/// stay -0 where a dense solve adds 0 to them.
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
  /// x := A^-1 x
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
    plain_ = std::make_shared<Plain>();
    matrix_ = A;
    is_refined_ = A.rows() >= least_size && refined_.factor(A);
    return is_refined_ || plain().failed_pivot() < 0;
  }
  Index failed_pivot() const { return is_refined_ ? -1 : plain().failed_pivot(); }
  void solve_in_place(Vec<Real50>& x) const {
    if (!is_refined_ || !refined_.solve_in_place(x)) plain().solve_in_place(x);
  }

 private:
  struct Plain {
    std::once_flag made;
    Ldlt<Real50> factor;
  };

  const Ldlt<Real50>& plain() const {
    std::call_once(plain_->made, [this] { plain_->factor.factor(matrix_); });
    return plain_->factor;
  }

  Mat<Real50> matrix_;
  RefinedLdlt refined_;
  bool is_refined_ = false;
  std::shared_ptr<Plain> plain_ = std::make_shared<Plain>();  ///< made when first needed
};

}  // namespace assay
