#pragma once

#include "assay/numerics/exact_dots.hpp"
#include "assay/numerics/ldlt.hpp"

namespace assay {

/// Solves A x = b in 50 digits with a double L D L' of A, refined by exact residuals.
///
/// A is first scaled by powers of two on both sides, so that its diagonal lies within [1, 4). The
/// corrections are rounded to integers of one unit, so that their products with A are exact
/// but for one rounding (ExactDots). A round shrinks the error by about 2^53 over the condition of
/// the scaled A; it has to by 2^16. So the last correction bounds what the rounds leave: with y the
/// scaled x,
///
///     |error of y_i| <= 2^-172 max(|y_i|, 2^-168 max_j |y_j|).
///
/// (y_i = 0 in every round is taken for exact.) Beside that there are the roundings of residuals,
/// as if b_i had been changed by 3 u times the sum of all |residual_i|, of which b_i is the first
/// (there are none where A holds doubles of one size), and those of the sum y, of which the last
/// one shows.
/// Source: Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed. (2002), chapter 12.
class RefinedLdlt {
 public:
  RefinedLdlt() = default;

  /// Only the lower triangle of A is read.
  /// @return false if A is not held by ExactDots, or the smallest eigenvalue of the scaled A not
  ///         proved positive by an L D L' in double of that minus 2^-28 (its rounding hides less
  ///         than 2^-29 up to n = 2000, see smallest_eigenvalue_bound())
  bool factor(const Mat<Real50>& A);

  /// x := A^-1 x
  /// @return false, x untouched, if the corrections do not shrink by 2^16 each
  bool solve_in_place(Vec<Real50>& x) const;

 private:
  ExactDots product_;         ///< with the scaled A
  Ldlt<double> factor_;       ///< of the scaled A
  std::vector<int> scaling_;  ///< exponents
};

}  // namespace assay
