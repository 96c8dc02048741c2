#pragma once

#include <optional>
#include <vector>

#include "assay/problem/quadratic.hpp"

namespace assay::properties {

/// An approximate inverse R of K with |K^-1 - R|_ij <= excess_j, proved.
struct InverseEnclosure {
  Mat<double> middle;
  Vec<double> excess;

  double size(Index i, Index j) const;  ///< >= |K^-1|_ij
  /// max-norm of the operator: the largest row sum of size().
  double norm() const;
};

/// Elimination with row exchanges, in double if that can be verified, else in 50 digits; nothing if
/// those cannot tell K from a singular matrix. With E = I - R K and |E| <= epsilon < 1 (largest row
/// sum, rounding of E included), K^-1 = (I - E)^-1 R differs from R by at most epsilon / (1 -
/// epsilon) max_k |R_kj| in column j.
std::optional<InverseEnclosure> enclose_inverse(const Mat<double>& K);

/// How far rounding may take the solution (p, nu) of a saddle system, entry by entry.
struct SolveError {
  Vec<double> p, nu;    ///< the solution, to half its digits
  Vec<double> dp, dnu;  ///< bounds on the error of each entry
  Vec<double> r1, r2;   ///< bounds on the residuals a - H p - B'nu and c - B p
};

/// A priori bounds on what KktFactor::solve may get wrong, from an inverse of its own.
///
/// Each solve with an L D L' of H answers for H + E, |E| <= gamma_{3m+1} |L||D||L'| (Higham,
/// "Accuracy and Stability", theorem 10.4), and (|L||D||L'|)_ij <= (H_ii H_jj)^{1/2} (1 +
/// gamma_{m+1}) by Cauchy and Schwarz; likewise for G = B_I H^-1 B_I'. Following these through
///
///     p0 = H^-1 a, S = H^-1 B', nu = G^-1 (B p0 - c), p = p0 - S nu
///
/// leaves the residuals of the saddle system at most, with h_i = H_ii^{1/2} and t_i = G_ii^{1/2},
///
///     r1 = gamma_{3m+8} h h'(|p0| + |S||nu|) + gamma_{k+4} |H| (|p0| + |S||nu|)
///     r2 = gamma_{m+k+8} (|B||p0| + |c| + |B||S||nu|) + gamma_{3k+8} t t'|nu|
///
/// to first order in u, and the error is at most |K^-1| (r1, r2). Twice that, for the higher orders
/// and for p0, S, nu known to some digits only.
class SaddleBounds {
 public:
  /// @return nothing where the saddle matrix of these rows cannot be told from a singular one
  static std::optional<SaddleBounds> of(const QuadraticProblem<double>& problem,
                                        const std::vector<Index>& rows);

  /// @param u unit roundoff of the arithmetic that is judged; 0 gives 0
  /// @param removals rows that were taken out of the factor of G: each is a positive rank-one
  /// change
  ///        of its own few operations on every entry, again within the same multiple of t t'
  SolveError solve(const Vec<double>& a, const Vec<double>& c, double u, Index removals = 0) const;

  /// How far entry by entry the solution moves when a moves by at most da, c by at most dc.
  SolveError moved(const Vec<double>& da, const Vec<double>& dc) const;

  const InverseEnclosure& inverse() const { return K_; }

 private:
  Mat<double> H_, B_;  ///< B: the rows (k,m)
  InverseEnclosure K_, H_inverse_;
  Mat<double> S_;  ///< H^-1 B' (m,k)
  Vec<double> h_, t_;
};

/// gamma_k = k u / (1 - k u), in double.
inline double gamma_of(double u, Index k) {
  return static_cast<double>(k) * u / (1 - static_cast<double>(k) * u);
}

}  // namespace assay::properties
