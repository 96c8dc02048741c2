#pragma once

#include <memory>
#include <vector>

#include "assay/lower_level/active_set_qp.hpp"
#include "assay/lower_level/solver.hpp"

namespace assay {

/// A strictly convex quadratic program whose data move with x,
///
///     min 1/2 y'Hy + (M x + d)'y   subject to   A x + B y = b (first rows),  A x + B y <= b
///     (others).
///
/// Only views: H, M and d have to outlive what is made from them; of the rows a copy is made.
template <class S>
struct ParametricProgram {
  ParametricProgram(const Mat<S>& H, const Mat<S>& M, const Vec<S>& d, const Mat<S>& A,
                    const Mat<S>& Bt, const Vec<S>& b, Index equalities = 0)
      : H(&H), M(&M), d(&d), A(&A), Bt(&Bt), b(&b), equalities(equalities) {}
  explicit ParametricProgram(const QuadraticProblem<S>& problem);

  const Mat<S>* H = nullptr;   ///< (m,m), symmetric positive definite
  const Mat<S>* M = nullptr;   ///< (m,n)
  const Vec<S>* d = nullptr;   ///< (m)
  const Mat<S>* A = nullptr;   ///< (rows,n)
  const Mat<S>* Bt = nullptr;  ///< (m,rows)
  const Vec<S>* b = nullptr;   ///< (rows)
  Index equalities = 0;
};

/// y*(x) and the products of its derivative, for many x: what a bilevel method asks of its lower
/// level, at the least cost.
///
/// What does not depend on x is computed once. Either y is then H^-1 times something for each x, by
/// the factor L D L' of H, and L^-1 b_i and B H^-1 B' are kept for the rows alone that were held or
/// violated since H was new; or H^-1 M and H^-1 B' are written out as matrices, so that one x costs
/// a product with the one, and a vector one with its transpose. The second is dearer to set up, so
/// how many solves are to come decides. Rows that bound one variable cost no products there at all.
///
/// Works in the space of the rows, by the dual active-set method of Goldfarb and Idnani (see
/// ActiveSetQp) on B H^-1 B' and the slacks of the minimiser without rows; starts from the
/// rows that were active last time. An answer is accepted where every slack and every multiplier is
/// beyond what rounding may have done to it. Everything else (kinks, dependent rows,
/// contradictions) goes to ActiveSetQp, which can tell them apart; `slow_solves()` counts that.
///
/// Not for traces: the last bits depend on the plan.
template <class S>
class ParametricQp {
 public:
  enum class Plan { factor, operators };

  /// @param solves  how many are to come, about
  /// @throws NumericalError when H is not positive definite
  ParametricQp(const ParametricProgram<S>& program, long solves);
  /// The plan as given.
  ParametricQp(const ParametricProgram<S>& program, Plan plan);
  ParametricQp(const ParametricQp&) = delete;  // what is made for difficult points knows its place
  ParametricQp& operator=(const ParametricQp&) = delete;

  /// Takes over an H, M and d that have changed where they lie; and forget(). @throws
  /// NumericalError when H is not positive definite; there is nothing to solve then until the next
  /// call
  void renew();

  /// The next solve starts without inequalities.
  void forget();

  Plan plan() const { return plan_; }

  /// y*(x), x (n). @return infeasible in rationals only: elsewhere rows that contradict each other
  /// as far as rounding can tell are not_converged (ActiveSetLowerLevel proves which), and so is
  /// what is not finite. Difficult points need a bound on the smallest eigenvalue of H that double
  /// can prove. @throws NumericalError without one
  LowerStatus solve(const Vec<S>& x);
  const Vec<S>& y() const { return y_; }
  /// Rows with a positive multiplier and the equalities, in no order, and their multipliers.
  const std::vector<Index>& active() const { return active_; }
  const S& multiplier(Index position) const { return lambda_[position]; }
  /// Inequalities hold whose multipliers are zero, or a row depends on others so nearly that it is
  /// not in active(), as far as rounding can tell: vjp() then gives the derivative that belongs to
  /// active().
  bool kink() const { return kink_; }

  /// out = (dy*/dx)' v at the x solved last: -M'p - A_I'nu, where [H B_I'; B_I 0][p; nu] = [v; 0].
  /// @param v  (m), out (n)
  /// @pre solve() returned solved
  void vjp(const Vec<S>& v, Vec<S>& out);

  long slow_solves() const { return slow_solves_; }

 private:
  void read_rows();
  void write_operators();
  void bound_H();
  void free_minimiser();
  LowerStatus solve_slowly();
  bool solve_fast();
  void point_on_set();
  void y_on_set();
  bool ask_violated();
  bool drop_negative();
  Index most_violated();
  bool enter(Index row);
  bool independent(const S& pivot, const S& corner) const;
  void hold(Index row);
  void drop(Index position);
  bool beyond_doubt();
  bool refine();
  void solve_asked();
  void ask(Index normal);
  void solve_lower(S* x, Index count) const;
  void divide_by_pivots(Vec<S>& x) const;
  void solve_upper(Vec<S>& x) const;
  S held_product(Index row, const Vec<S>& x) const;
  void add_held(const Vec<S>& weights, Vec<S>& x) const;
  void add_rows(const Vec<S>& weights, Vec<S>& x) const;
  S gram(Index row, Index other);
  S row_product(Index row, const S* v) const;
  void measure_set();

  ParametricProgram<S> p_;
  bool ready_ = false;
  Plan plan_;
  Index n_ = 0, m_ = 0, rows_ = 0;
  Vec<S> b_;
  Ldlt<S> H_;
  S H_norm_{0}, inverse_mu_{0};

  /// A row of B is +- a normal: a row that bounds one variable and does not move with x is one of
  /// the unit vectors, which come behind the general rows.
  std::vector<Index> normal_;    ///< of each row
  std::vector<char> negated_;    ///< the row is minus its normal
  std::vector<Index> general_;   ///< the general rows
  std::vector<Index> variable_;  ///< of each unit normal
  Mat<S> general_At_, general_Bt_;
  Vec<S> general_b_, row_size_, A_size_;

  // With operators: y = y0 + Y x without rows, slack s0 - D'x of the general ones.
  Mat<S> Y_, Dt_;
  Vec<S> y0_, s0_;
  S Y_size_{0};
  /// Of each normal asked for since H was new, at its place, in the order asked for: with operators
  /// H^-1 times it, and general rows times that in W_; with a factor L^-1 times it, and in W_ the
  /// products b_i'H^-1 b_j of those that have a place.
  Mat<S> K_, W_;
  std::vector<Index> place_;  ///< of each normal; -1: not asked for yet
  std::vector<Index> asked_;  ///< asked for, not yet solved
  Index places_ = 0;
  Vec<S> products_, general_products_, scaled_;

  GrowingLdlt<S> gram_;
  std::vector<Index> active_;
  std::vector<char> held_;
  S set_share_{1};
  bool set_measured_ = false;

  S x_size_{0};
  Vec<S> x_, moved_;  ///< A x of the general rows
  Vec<S> y_free_, y_, free_slack_, slack_, lambda_, weights_, column_, linear_, work_, nu_;
  S drift_{0};
  S gamma_{0}, root_m_{0}, root_n_{0};
  bool kink_ = false;
  long slow_solves_ = 0;

  // Where it gets difficult.
  DataMatrix<S> careful_H_, careful_Bt_;
  DataFactor<S> careful_factor_;
  QpShape<S> shape_;
  std::unique_ptr<ActiveSetQp<S>> careful_;
  Vec<S> limits_;
};

}  // namespace assay
