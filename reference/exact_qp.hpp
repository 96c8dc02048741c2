#pragma once

#include <optional>
#include <vector>

#include "assay/problem/instance.hpp"
#include "reference/fraction_free.hpp"

/// Oracles: slow, exact, and without a line in common with the methods they judge.
namespace assay::reference {

/// min 1/2 y'Hy + g'y  subject to  B y = r (the first `equalities` rows),  B y <= r (the others).
struct Program {
  RMat H;  ///< (m,m) symmetric positive definite
  RVec g;  ///< (m)
  RMat B;  ///< (rows,m)
  RVec r;  ///< (rows)
  Index equalities = 0;
  /// What rounding meets where g and r are computed: the sums of |terms| they are made of, and the
  /// largest number of terms. Empty: g and r are given.
  RVec g_terms, r_terms;
  long terms = 0;

  Index m() const { return H.rows(); }
  Index rows() const { return B.rows(); }
  Rational g_size(Index i) const { return g_terms.size() > 0 ? g_terms[i] : Rational(abs(g[i])); }
  Rational r_size(Index i) const { return r_terms.size() > 0 ? r_terms[i] : Rational(abs(r[i])); }
};

/// The lower level of an instance at x, its rows stacked as documented: equalities, inequalities,
/// finite lower bounds, finite upper bounds. `A` receives their coefficients of x.
Program lower_program(const Instance& instance, const RVec& x, RMat* A = nullptr);

/// What there is to know about a program.
struct Minimiser {
  bool feasible = false;
  RVec y;            ///< (m)
  RVec multipliers;  ///< (rows) one vector of them, with independent support
  bool unique_multipliers = false;
  bool licq = false;  ///< the rows that hold with equality are independent
  /// An independent subset of the equalities (earlier rows first) and the rows with positive
  /// multiplier.
  std::vector<Index> strongly_active;
  std::vector<Index> weakly_active;  ///< the other rows that hold with equality
  /// Infeasible: mu with B'mu = 0, r'mu = -1, mu >= 0 on inequalities (Farkas).
  RVec farkas;

  bool nondegenerate() const { return feasible && licq && weakly_active.empty(); }
};

/// Tries every independent set of inequality rows as the active set: by Caratheodory's theorem one
/// of them carries multipliers if there is a feasible point; if none does, exhibits a Farkas
/// certificate. Exponential in the inequality rows: meant for 10 or so, at any m (H is eliminated
/// once, see ActiveSetTableau).
Minimiser minimise(const Program& program);

/// What there is to know if these rows are an optimal active set (all optimality conditions are
/// checked from scratch); nothing if they are not. `rows` holds a largest independent set of
/// equalities.
std::optional<Minimiser> minimiser_on(const Program& program, const std::vector<Index>& rows);

/// max |K_J^-1| (max-norm of operators) over the independent sets J of rows that can hold on the
/// way, all equalities among them, K_J = [H B_J'; B_J 0]. Changes of g and r by at most `change` in
/// every entry move y by at most this times `change` in every entry, at degenerate points too: y is
/// piecewise affine, and between two feasible right-hand sides all are feasible. Rows can hold on
/// the way that hold at the minimiser, and those whose slack there is no larger than such a move
/// and such a change take away: a near twin of an active row is one of them, and makes the
/// sensitivity that of a corner. Rows need not hold whose multiplier is no larger than such a move.
Rational sensitivity(const Program& program, const Minimiser& at, const Rational& change);

/// The derivative of F(x) = f(x, y*(x)), by the forward systems H J + B_I'L = -M, B_I J = -A_I.
struct Derivative {
  RMat jacobian;             ///< dy*/dx (m,n)
  RMat multiplier_jacobian;  ///< dlambda/dx of the rows differentiated with (rows,n)
  RVec direct, implicit, total;
};

/// @param rows the rows I to differentiate with; independent
Derivative derivative(const Instance& instance, const RVec& x, const RVec& y,
                      const std::vector<Index>& rows);

}  // namespace assay::reference
