#pragma once

#include <map>
#include <vector>

#include "assay/problem/instance.hpp"

namespace assay::reference {

/// A small bilevel problem in 100 digits, solved as a textbook would: active sets are tried until
/// one satisfies the KKT conditions, each by the inverse of its saddle matrix (Gauss-Jordan). H is
/// positive definite, so y* is unique and whichever set passes is right. For a handful of rows.
class Textbook {
 public:
  using R = Real100;
  using Vector = Vec<R>;
  using Matrix = Mat<R>;

  explicit Textbook(const Instance& instance);

  /// The lower level solved at a point, the rows of the answer stacked: equalities, inequalities,
  /// finite lower bounds, finite upper bounds.
  struct Answer {
    bool found = false;         ///< false: no active set is optimal (infeasible, or a tie)
    std::vector<Index> active;  ///< equalities and rows with positive multiplier
    Vector y, multipliers;      ///< (m), (active rows)
    R margin{0};                ///< least multiplier of an active row and slack of another
    Vector upper_x, upper_y;    ///< grad_x f, grad_y f at (x, y)
    R value{0};                 ///< f(x, y)
  };
  /// @param q perturbation of the linear term; may be empty
  const Answer& solve(const Vector& x, const Vector& q);

  /// (dy*/dx)' fy for the active set of an answer: -(M; A_I)' K^-1 (fy; 0).
  Vector implicit(const Answer& at, const Vector& fy);
  /// grad F_q at the answer's point.
  Vector gradient(const Answer& at) { return at.upper_x + implicit(at, at.upper_y); }

  /// The Hessian of F where the active set stays the same.
  Matrix hessian(const std::vector<Index>& active);

  /// Bounds in the max-norm on what rounding with unit roundoff u does, x being exact: to y* and
  /// multipliers, and to grad F_q. Each saddle system is solved by eliminating y first, with errors
  /// below 4 N^2 u kappa(H) kappa(K) |z| (Higham, "Accuracy and Stability of Numerical Algorithms",
  /// 2nd ed., theorem 9.3 for each of the two factors, growth included in kappa(H)), N the order of
  /// K; products of k terms add gamma_k. @param noise the size of what is added to every entry of
  /// grad_x f and grad_y f
  R answer_error(const Answer& at, const Vector& x, const R& u);
  R gradient_error(const Answer& at, const Vector& x, const R& u, const R& noise = R(0));
  /// The same for f(x, y*): that of y* through grad_y f, and N roundings of each product.
  R value_error(const Answer& at, const Vector& x, const R& u);
  /// What errors of x and of q (max-norm) do to grad F_q where the active set stays.
  R gradient_slope(const std::vector<Index>& active);
  R gradient_slope_q(const std::vector<Index>& active);
  /// The same for y*, multipliers and slacks: how far the margin can move.
  R margin_slope(const std::vector<Index>& active);

  Index n, m, equalities;
  Matrix Qxx, Qxy, Qyy, H, M, A, B;
  Vector b, d, cx, cy, xt, yt;
  R c0;

 private:
  struct Saddle {
    bool regular = false;
    Matrix inverse;
    R norm{0}, inverse_norm{0};  ///< max-norms of operators
  };
  const Saddle& saddle(const std::vector<Index>& active);
  R solve_error(const std::vector<Index>& active, const R& u);
  Matrix jacobian(const std::vector<Index>& active);
  bool accept(const std::vector<Index>& active, const Vector& x, const Vector& linear,
              const Vector& limits);
  bool enumerate(std::vector<Index>& active, Index next, const Vector& x, const Vector& linear,
                 const Vector& limits);

  std::map<std::vector<Index>, Saddle> saddles_;
  Answer answer_;
};

/// The eigenvalues of a symmetric matrix in ascending order, by Jacobi's rotations until the rest
/// is below 2^-40 u of the size: correct to n^2 u |Q| by Weyl's theorem, rounding included.
template <class S>
Vec<S> eigenvalues(Mat<S> Q);

/// The nearest point of X: entrywise for a box, along the radius for a ball.
Textbook::Vector projected(const UpperSet& set, Textbook::Vector x);

/// max |a_i|
Textbook::R size_of(const Textbook::Vector& a);
/// Largest row sum of |a_ij|.
Textbook::R size_of(const Textbook::Matrix& a);
/// Euclidean length.
Textbook::R length_of(const Textbook::Vector& a);

}  // namespace assay::reference
