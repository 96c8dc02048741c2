#pragma once

#include "assay/problem/quadratic.hpp"

namespace assay {

/// How far (y, lambda) is from the KKT point of the lower level at x, in the max-norm:
///
///     stationarity     |H y + M x + d + q + B' lambda|
///     primal           largest violation of a row (|residual| for an equality)
///     dual             largest negative part of an inequality multiplier
///     complementarity  largest |lambda_i (A x + B y - b)_i|
///
/// and `error_bound` >= |y - y*| in the Euclidean norm, from strong convexity alone:
/// (|r| + sqrt(|r|^2 + 4 mu chi)) / (2 mu), r the stationarity residual, chi = sum |lambda_i h_i|
/// + lambda*' max(h, 0). The second part of chi needs the unknown lambda*; it is zero when y is
/// feasible. Otherwise lambda stands in for lambda*, doubled, and `bound_is_proved` is false; where
/// it cannot (a row violated beyond rounding whose lambda is zero), there is no bound at all; nor
/// is there where it does not come out finite. The bound takes the residuals as computed:
/// `bound_is_proved` speaks of the theorem, not of what rounding hides in r and chi, at most
/// gamma_{m+n} times the terms they are summed from.
template <class S>
struct Certificate {
  S stationarity{0}, primal{0}, dual{0}, complementarity{0};
  S error_bound{0};
  bool has_bound = true;
  bool bound_is_proved = true;
};

/// Computes certificates, of a QuadraticProblem or a SparseProgram; holds only workspace.
template <class S>
class Certifier {
 public:
  /// @param linear M x + d + q; limits b - A x; terms those of both; multipliers of all stacked
  /// rows
  template <class Problem>
  Certificate<S> operator()(const Problem& problem, const Vec<S>& linear, const Vec<S>& limits,
                            const DataTerms<S>& terms, const Vec<S>& y, const Vec<S>& multipliers);

 private:
  Vec<S> residual_, slack_;
};

/// An upper bound on sqrt(a), a >= 0, that also exists in rationals: (t + a / t) / 2 >= sqrt(a) for
/// every t > 0 (arithmetic and geometric mean), with t a double near the root.
template <class S>
S square_root_bound(const S& a);

}  // namespace assay
