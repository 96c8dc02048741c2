#pragma once

#include <memory>
#include <vector>

#include "assay/numerics/data_factor.hpp"
#include "assay/numerics/data_matrix.hpp"
#include "assay/problem/instance.hpp"

namespace assay {

/// Where a stacked constraint row came from.
enum class RowKind { equality, inequality, lower_bound, upper_bound };

/// How large the numbers are that the data of a quadratic program in y were summed from:
/// |rounding of linear_j| <= gamma linear, |rounding of limit_i| <= gamma limits_i, with gamma of
/// `count` roundings and a few.
template <class S>
struct DataTerms {
  DataTerms() = default;
  /// Of data that are no sums.
  DataTerms(const Vec<S>& g, const Vec<S>& r) : linear(max_norm(g)), limits(r.size()) {
    for (Index i = 0; i < r.size(); ++i) limits[i] = magnitude(r[i]);
  }
  /// Of M x + d + q and b - A x, q (0 or m).
  /// @param M_norm largest magnitude of an entry of M
  /// @param A_norm (rows) likewise, of a row of A
  void set(const Vec<S>& x, const Vec<S>& q, const Vec<S>& d, const S& M_norm, const Vec<S>& b,
           const Vec<S>& A_norm) {
    S size(0);
    for (Index j = 0; j < x.size(); ++j) size += magnitude(x[j]);
    count = x.size();
    linear = max_norm(d) + M_norm * size;
    if (q.size() > 0) linear += max_norm(q);
    limits.resize(b.size());
    for (Index i = 0; i < b.size(); ++i) limits[i] = magnitude(b[i]) + A_norm[i] * size;
  }

  S linear{0};
  Vec<S> limits;  ///< (rows)
  Index count = 0;
};

/// A quadratic bilevel problem in scalar S: the widened data of an Instance, and its oracles.
///
/// The constraints are stacked into one system, equalities first, then inequality rows, then finite
/// lower bounds (as -y_i <= -lower_i), then finite upper bounds:
///
///     rows 0 .. equalities-1:   A x + B y  = b
///     the others:               A x + B y <= b
///
/// so that a lower-level method needs to know one kind of row. The rows of B are kept as the
/// columns of `Bt`, contiguous.
template <class S>
struct QuadraticProblem {
  explicit QuadraticProblem(const Instance& instance);

  Index n = 0, m = 0;
  Index equalities = 0;
  std::vector<RowKind> kind;  ///< one for each stacked row

  DataMatrix<S> Qxx, Qxy, Qyy;
  bool has_Qxy = false,
       has_Qyy = false;  ///< false when the block is zero: its products are skipped
  Vec<S> x_target, y_target, cx, cy;
  S c0{0};

  DataMatrix<S> H, M;
  Vec<S> d;
  DataMatrix<S> A;   ///< (rows, n)
  DataMatrix<S> Bt;  ///< (m, rows)
  Vec<S> b;          ///< (rows)
  Vec<S> row_norm;   ///< max-norm of each row of B
  Vec<S> A_norm;     ///< max-norm of each row of A
  S M_norm{0};       ///< largest entry of M

  /// Of H, shared by everything that solves with it.
  std::shared_ptr<const DataFactor<S>> H_factor;

  /// 0 < mu <= lambda_min(H), proved; lipschitz: the largest column sum of |H|, which bounds
  /// lambda_max(H) but for its own rounding.
  S mu{0}, lipschitz{0};

  /// A proved lower bound on the curvature of F wherever the active set stays the same: the
  /// smallest eigenvalue of Qxx if f has no cross term and is convex in y, else of the joint
  /// Hessian of f; 0 when neither is provably positive.
  S upper_mu{0};

  Index rows() const { return b.size(); }

  /// f(x, y)
  S upper_value(const Vec<S>& x, const Vec<S>& y) const;
  /// grad_x f and grad_y f at (x, y)
  void upper_gradient(const Vec<S>& x, const Vec<S>& y, Vec<S>& fx, Vec<S>& fy) const;
  /// M x + d, the linear term of the lower level
  void lower_linear_term(const Vec<S>& x, Vec<S>& linear) const;
  /// b - A x, the right-hand side of B y <= .
  void row_limits(const Vec<S>& x, Vec<S>& limits) const;

  /// How large the numbers are that lower_linear_term(x) + q and row_limits(x) are summed from.
  void data_terms(const Vec<S>& x, const Vec<S>& q, DataTerms<S>& terms) const;

  /// Puts x into the upper set X (box or ball); the identity when X is the whole space.
  void project_upper(Vec<S>& x) const;

  UpperSet::Kind x_set = UpperSet::Kind::whole_space;
  Vec<S> x_lower, x_upper, x_center;
  std::vector<bool> x_has_lower, x_has_upper;
  S x_radius{0};

 private:
  mutable Vec<S> dx_, dy_, tmp_n_, tmp_m_;
};

/// A proved lower bound on the smallest eigenvalue of a symmetric positive definite H.
///
/// Inverse iteration gives an estimate; s just below it is accepted once H - s I has an L D L' with
/// positive pivots in double, and lowered by what rounding could hide: if the factorisation runs to
/// completion, lambda_min(H - s I) >= -gamma_{n+1} / (1 - gamma_{n+1}) * trace.
/// Source: Rump, "Verification of positive definiteness" (BIT 46, 2006), Demmel's bound on
/// Cholesky, which holds for L D L' with positive pivots alike.
/// @return 0 when no positive bound can be proved in double
double smallest_eigenvalue_bound(const Mat<double>& H);

}  // namespace assay
