#pragma once

#include <vector>

#include "reference/ball_matrix.hpp"

namespace assay::reference {

/// An approximate inverse R of a symmetric K, with the proof that K is nonsingular, and enclosures
/// of solutions of K z = r.
///
/// With alpha_i >= the i-th row sum of |I - R K| and alpha = max alpha_i < 1, K is nonsingular; for
/// every approximation z~ with residual rho = r - K z~ and t >= |R rho|,
///
///     |z - z~|_i <= t_i + alpha_i max(t) / (1 - alpha).
///
/// The residual is summed in twice the precision, so that t is about the rounding error of z~ as
/// long as alpha is small. Source: Rump, "Verification methods: rigorous results using
/// floating-point arithmetic", Acta Numerica 19 (2010), section 10; R by Gauss-Jordan elimination
/// with row exchanges, errors of products by the bound gamma_k, rounding to nearest throughout.
template <class S>
class VerifiedInverse {
 public:
  /// @param K symmetric
  /// @return whether K is proved nonsingular, all matrices within its balls
  bool prepare(BallMatrix<S> K);

  bool nonsingular() const { return nonsingular_; }
  /// alpha, a bound on |I - R K| in the norm of row sums. @pre nonsingular()
  const S& contraction() const { return alpha_; }

  /// Encloses z, not finite if that fails. @param start an approximation. @pre nonsingular()
  BallVector<S> solve(const std::vector<DoubledSum<S>>& right, Vec<S> start) const;
  /// R r, in plain arithmetic: an approximation to start from.
  Vec<S> approximate(const Vec<S>& right) const;

 private:
  bool invert();
  void bound_contraction();
  BallVector<S> residual(const std::vector<DoubledSum<S>>& right, const Vec<S>& z) const;

  BallMatrix<S> K_;
  Mat<S> R_;
  Vec<S> row_alpha_;
  S alpha_{0};
  bool nonsingular_ = false;
};

}  // namespace assay::reference
