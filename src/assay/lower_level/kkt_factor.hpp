#pragma once

#include <vector>

#include "assay/numerics/data_factor.hpp"
#include "assay/numerics/data_matrix.hpp"
#include "assay/numerics/growing_ldlt.hpp"
#include "assay/numerics/sparse_ldlt.hpp"

namespace assay {

/// How matrices are held: densely, or only what is not zero of them.
template <class S>
struct DenseData {
  using Matrix = DataMatrix<S>;
  using Factor = DataFactor<S>;
};
template <class S>
struct SparseData {
  using Matrix = SparseMatrix<S>;
  using Factor = SparseLdlt<S>;
};

/// The unchanging part of a strictly convex quadratic program min 1/2 y'Hy + g'y, rows B y (= or
/// <=) r.
template <class S, class Data = DenseData<S>>
struct QpShape {
  const typename Data::Matrix* H = nullptr;         ///< (m,m); null: the identity
  const typename Data::Factor* H_factor = nullptr;  ///< null: the identity
  const typename Data::Matrix* Bt = nullptr;        ///< (m, rows)
  const Vec<S>* row_norm = nullptr;                 ///< (rows), max-norms of the rows of B
  Index equalities = 0;                             ///< the first so many rows are equalities
  S H_norm{1};                                      ///< the largest column sum of |H|
  S H_condition{1};                                 ///< at least the condition number of H

  Index m() const { return Bt->rows(); }
  Index rows() const { return Bt->cols(); }
};

/// Solves with the saddle matrix of the active rows,
///
///     [ H    B_I' ] [ p  ]   [ a ]
///     [ B_I   0   ] [ nu ] = [ c ],
///
/// through L D L' of H (fixed) and of B_I H^-1 B_I' (grows and shrinks with the active set I). The
/// lower level leaves its factor here and the hypergradient uses it again.
///
/// Rows of so extreme a size that B H^-1 B' might leave the range of the scalar are held multiplied
/// by a power of two, 2^exponent(row), which puts b'H^-1 b near 1. That commutes with rounding:
/// answers are those of an unlimited range, bit for bit. shape(), row_dot(), add_row(),
/// solved_row(), preview() and solve_gram() speak of the rows as held; solve() of the rows as
/// stated.
template <class S, class Data = DenseData<S>>
class KktFactor {
 public:
  explicit KktFactor(const QpShape<S, Data>& shape);

  KktFactor(const KktFactor&) = delete;  // shape_ may point into the object
  KktFactor& operator=(const KktFactor&) = delete;

  const QpShape<S, Data>& shape() const { return shape_; }

  /// Row i is held multiplied by 2^exponent(i); 0 for rows of ordinary size and in rationals.
  int exponent(Index i) const {
    return exponents_.empty() ? 0 : exponents_[static_cast<std::size_t>(i)];
  }
  bool is_scaled() const { return !exponents_.empty(); }

  /// Active rows in the order of the factor.
  const std::vector<Index>& active() const { return active_; }

  /// What a row would add: pivot = b'H^-1 b - (part in the span of the active rows), and what
  /// rounding may have done to it. A pivot no larger than that means: dependent.
  struct Candidate {
    S pivot{0}, noise{0};
    bool dependent = false;
  };
  Candidate preview(Index row);
  /// Of the row last previewed, G^-1 B_I H^-1 b with G = B_I H^-1 B_I': the combination of the
  /// active rows that comes nearest to it. One entry for each active row, and unused ones.
  const Vec<S>& weights() const { return weights_; }
  /// Adds the row last previewed. @pre not dependent
  void append(Index row, const Candidate& candidate);
  void remove(Index position);
  void clear();
  /// Factors afresh for exactly these rows, in ascending order, so that the factor is a function of
  /// the set and not of the way to it. Rows dependent on those before them stay out.
  /// @return whether there were none
  bool reset(const std::vector<Index>& rows);

  /// The smallest pivot of an active row as a share of its b'H^-1 b: 1 for rows at right angles in
  /// H^-1, near 0 where one is nearly a combination of others. 1 without rows.
  S smallest_pivot_share();

  /// v := H^-1 v
  void solve_H(Vec<S>& v) const;
  /// H^-1 b_row (m entries), computed at first use and kept.
  const S* solved_row(Index row);
  /// b_row'v, and y += b_row s
  S row_dot(Index row, const S* v) const { return column_dot(*shape_.Bt, row, v); }
  void add_row(Index row, const S& s, S* y) const { add_column(*shape_.Bt, row, s, y); }

  /// In: a in `p`, c in `nu` (one entry for each active row). Out: the solution.
  void solve(Vec<S>& p, Vec<S>& nu);
  /// The same for the rows as held.
  void solve_held(Vec<S>& p, Vec<S>& nu);
  /// nu := (B_I H^-1 B_I')^-1 nu
  void solve_gram(Vec<S>& nu) const { gram_.solve_in_place(nu.data()); }

 private:
  void scale_extreme_rows();

  static constexpr bool is_sparse = std::is_same_v<Data, SparseData<S>>;

  QpShape<S, Data> shape_;
  std::vector<int> exponents_;  ///< empty: all 0
  typename Data::Matrix scaled_Bt_;
  Vec<S> scaled_norm_;
  std::vector<Index> active_, order_;
  GrowingLdlt<S> gram_;
  std::vector<Vec<S>> solved_;  ///< sparse: memory comes with the first use
  std::vector<char> has_solved_;
  Vec<S> weights_;
};

}  // namespace assay
