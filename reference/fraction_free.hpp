#pragma once

#include <optional>
#include <vector>

#include "assay/scalar/dense.hpp"

namespace assay::reference {

using RMat = Mat<Rational>;
using RVec = Vec<Rational>;
using Integer =
    boost::multiprecision::number<boost::multiprecision::gmp_int, boost::multiprecision::et_off>;

/// The solution of A Z = R, by elimination with row exchanges; nothing if A is singular.
///
/// Without fractions: the rows are scaled to integers, and every entry that appears is a minor of
/// the scaled [A R], so that no number outgrows Hadamard's bound and no greatest common divisor is
/// needed. Source: Bareiss, "Sylvester's identity and multistep integer-preserving Gaussian
/// elimination", Mathematics of Computation 22 (1968), the one-step method.
std::optional<RMat> solve_square(const RMat& A, const RMat& R);

/// The systems  H y + B_J' lambda = top,  B_J y = bottom_J  for any independent set J of rows, and
/// for several right-hand sides at once: H is eliminated once, then J grows row by row.
///
/// After H, what is left of [H B' top; B 0 bottom] is (up to a common factor) minus the Schur
/// complement S = B H^-1 B' and the residuals at the minimiser without rows; taking a row into J is
/// a principal pivot of it. All entries stay integers: minors of the whole saddle matrix.
/// Source: Bareiss as above; Edmonds, "Systems of distinct representatives and linear algebra",
/// J. Res. Nat. Bur. Standards 71B (1967), for the pivots that keep integers.
class ActiveSetTableau {
 public:
  /// @param H (m,m) symmetric positive definite  @param B (rows,m)
  /// @param top (m,c)  @param bottom (rows,c)
  /// @throws std::logic_error if H is not positive definite
  ActiveSetTableau(const RMat& H, const RMat& B, const RMat& top, const RMat& bottom);

  Index rows() const { return rows_; }
  bool contains(Index row) const { return in_set_[static_cast<std::size_t>(row)] != 0; }
  std::vector<Index> set() const;

  /// Takes a row into J. @return false, and nothing changes, if it depends on those in J
  bool include(Index row);

  /// For a row in J its multiplier; for another one its slack bottom_i - B_i y. In column c.
  Rational value(Index row, Index c) const;
  /// The sign of value(row, c), at no cost.
  int sign(Index row, Index c) const;

 private:
  Integer& at(Index i, Index j) { return a_[static_cast<std::size_t>(i * width_ + j)]; }
  const Integer& at(Index i, Index j) const { return a_[static_cast<std::size_t>(i * width_ + j)]; }

  Index rows_, width_;      ///< width: rows and right-hand sides
  std::vector<Integer> a_;  ///< (rows, width) over the common denominator d_
  Integer d_;               ///< the last pivot
  std::vector<Integer> row_scale_, column_scale_;
  std::vector<char> in_set_;
};

/// Visits every independent set J of rows that contains a largest independent set of equalities
/// (earlier rows first) until `visit` returns true: in the order of the binary numbers that have
/// one digit for each inequality row, the first row the lowest. Sets that contain a dependent one
/// are passed over as a whole.
/// @return whether a visit returned true
template <class Visit>
bool visit_independent_sets(const ActiveSetTableau& tableau, Index first_undecided,
                            Index equalities, const Visit& visit) {
  if (first_undecided < equalities) return visit(tableau);
  if (visit_independent_sets(tableau, first_undecided - 1, equalities, visit)) return true;
  ActiveSetTableau with = tableau;
  return with.include(first_undecided) &&
         visit_independent_sets(with, first_undecided - 1, equalities, visit);
}

template <class Visit>
bool visit_independent_sets(ActiveSetTableau tableau, Index equalities, const Visit& visit) {
  for (Index i = 0; i < equalities; ++i) tableau.include(i);
  return visit_independent_sets(tableau, tableau.rows() - 1, equalities, visit);
}

}  // namespace assay::reference
