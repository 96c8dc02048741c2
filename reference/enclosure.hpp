#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "assay/problem/instance.hpp"
#include "reference/fraction_free.hpp"
#include "reference/verified_inverse.hpp"

namespace assay::reference {

enum class Verdict {
  certified,
  kink,              ///< a row's slack and multiplier both contain 0
  dependent_rows,    ///< the rows that (may) hold are not provably independent: LICQ in doubt
  wrong_active_set,  ///< a multiplier or a slack is proved negative, and repairs are used up; or
                     ///< the rows proposed are no increasing list with all equalities
  infeasible,        ///< proved: a row without y is violated, or a violated row is a combination,
                     ///< with Farkas' signs and in fractions, of rows held with equality
  indefinite,        ///< H is not provably positive definite in this scalar
  not_finite,        ///< overflow, or an input that is not finite
};

std::string to_string(Verdict verdict);

/// What is proved about the lower level at one x. Rows are stacked as in QuadraticProblem and
/// lower_program: equalities, inequalities, finite lower bounds, finite upper bounds.
///
/// If certified: the KKT point exists, it is the unique minimiser, `active` is exactly its active
/// set, strict complementarity and LICQ hold, F is differentiable at x, and every ball holds its
/// quantity. Otherwise y, multipliers and slack, where not empty, belong to the point that
/// satisfies the rows `active` with equality, which need not be the minimiser; the rest is empty.
template <class S>
struct CertifiedPoint {
  Verdict verdict = Verdict::not_finite;
  std::string why;  ///< one sentence; "" if certified

  std::vector<Index> active;
  std::vector<Index> undecided;  ///< kink, dependent_rows: slack and multiplier both contain 0
  int repairs = 0;               ///< how often the set of rows was corrected by proved signs
  S contraction{0};              ///< |I - R K|, see VerifiedInverse

  BallVector<S> y;                        ///< (m)
  BallVector<S> multipliers;              ///< (rows); points 0 off the active set
  BallVector<S> slack;                    ///< (rows) b - A x - B y; points 0 on the active set
  BallVector<S> direct, implicit, total;  ///< (n) grad_x f, (dy*/dx)' grad_y f, their sum
  Ball<S> F;
  Ball<S> gap, gap_squared;          ///< |total| and its square
  Ball<S> gap_direct, gap_implicit;  ///< |direct|, |implicit|

  bool certified() const { return verdict == Verdict::certified; }
};

/// Proves KKT points of the lower level of one instance, in floating point of scalar S rounded to
/// nearest (double, Real50, Real100; not a type without room for error terms such as Soft53).
///
/// The active set I is read off an approximate point; it is proved, never trusted. With
/// K = [H B_I'; B_I 0] proved nonsingular (VerifiedInverse) and H positive definite, the solution
/// of
///
///     K (y, lambda) = (-d - M x, b_I - A_I x)
///
/// is enclosed. Positive lower ends of all inequality multipliers in I and of all slacks off I
/// prove it to be the minimiser. K (p, nu) = (grad_y f, 0) then gives the implicit part -M'p -
/// A_I'nu.
///
/// A sign proved wrong corrects I (such rows leave, violated rows enter; an active row leaves for
/// one that depends on it, as in a dual method), a bounded number of times. Numbers of the instance
/// and of x that S does not represent enter as balls.
///
/// Holds what does not depend on x, and the inverse for the last active set. Not for several
/// threads at a time.
template <class S>
class Enclosure {
 public:
  explicit Enclosure(const Instance& instance);

  Index rows() const { return B_.rows(); }
  Index equalities() const { return equalities_; }
  /// "inequality row 3", "lower bound of y[2]", ...
  std::string row_name(Index row) const;
  /// Drops the inverse kept for the last active set.
  void forget() { prepared_ = false; }

  /// @param y, multipliers  approximate, (m) and (rows)
  CertifiedPoint<S> certify(const BallVector<S>& x, const Vec<S>& y, const Vec<S>& multipliers,
                            int repairs = 8);
  /// The same from a proposed active set, increasing, equalities included (wrong_active_set if it
  /// is not); not repaired by default.
  CertifiedPoint<S> certify(const BallVector<S>& x, const std::vector<Index>& active,
                            int repairs = 0);

 private:
  struct AtX;

  std::vector<Index> guess(const AtX& at, const Vec<S>& y, const Vec<S>& multipliers) const;
  CertifiedPoint<S> prove(const AtX& at, std::vector<Index> active, const Vec<S>& y,
                          const Vec<S>& multipliers, int repairs);
  bool enclose_point(const AtX& at, const Vec<S>& y, const Vec<S>& multipliers,
                     CertifiedPoint<S>& out);
  void decide_signs(CertifiedPoint<S>& out) const;
  std::string improper(const std::vector<Index>& active) const;
  std::optional<RVec> combination(const std::vector<Index>& active, Index row) const;
  bool exchange(CertifiedPoint<S>& out);
  bool repair(CertifiedPoint<S>& out);
  void explain_undecided(CertifiedPoint<S>& out) const;
  bool enclose_derivative(const AtX& at, CertifiedPoint<S>& out) const;
  void enclose_value(const AtX& at, const BallVector<S>& fy, CertifiedPoint<S>& out) const;
  BallMatrix<S> saddle(const std::vector<Index>& active) const;
  bool factor(const std::vector<Index>& active);

  Index n_, m_, equalities_, inequalities_;
  std::vector<Index> lower_, upper_;  ///< the y that have such a bound
  BallMatrix<S> H_, M_, Mt_, Qxx_, Qxy_, Qyx_, Qyy_;
  BallMatrix<S> A_, At_;  ///< equality and inequality rows only: bounds know no x
  BallMatrix<S> B_;       ///< all stacked rows
  BallVector<S> d_, b_, cx_, cy_, x_target_, y_target_;
  std::vector<DoubledSum<S>> direct_constant_;  ///< cx - Qxx x_target
  std::vector<DoubledSum<S>> fy_constant_;      ///< cy - Qyy y_target
  BallVector<S> x_weight_, y_weight_;           ///< cx + Qxy y_target, cy + Qxy' x_target
  Ball<S> value_constant_;                      ///< (cx'x_target + cy'y_target) / 2 + c0
  bool definite_ = false;
  std::vector<Index> factored_;
  VerifiedInverse<S> inverse_;
  bool prepared_ = false;
};

}  // namespace assay::reference
