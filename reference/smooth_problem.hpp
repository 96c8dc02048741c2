#pragma once

#include <optional>

#include "reference/exact_qp.hpp"
#include "reference/formula.hpp"
#include "reference/range.hpp"

namespace assay::reference {

/// A small bilevel problem, stated once and evaluated in every number type:
///
///     min F(x, y)  subject to  G(x, y) <= 0,
///     y in argmin f(x, y)  subject to  h(x, y) = 0,  g(x, y) <= 0.
///
/// The lower level's rows count as h first, then g.
struct SmoothProblem {
  Index n = 0, m = 0;
  Formula F, f;
  std::vector<Formula> G;  ///< upper constraints
  std::vector<Formula> h;  ///< lower equalities
  std::vector<Formula> g;  ///< lower inequalities
  /// Where a global search looks for y; the rows or the domains of the functions keep y in there.
  std::vector<Range> y_box;

  Index equalities() const { return static_cast<Index>(h.size()); }
  Index rows() const { return static_cast<Index>(h.size() + g.size()); }
  const Formula& row(Index i) const {
    return i < equalities() ? h[static_cast<std::size_t>(i)]
                            : g[static_cast<std::size_t>(i - equalities())];
  }
  /// Polynomials and quotients with rational coefficients throughout.
  bool rational() const;
  /// f is quadratic in y and every row affine in y, at every x.
  bool quadratic_in_y() const;
};

struct SmoothText {
  Index n = 1, m = 1;
  std::string F = "", f = "";
  std::vector<std::string> G = {}, h = {}, g = {};
  std::vector<std::pair<std::string, std::string>> y_box = {};  ///< low and high for each y
};

/// @throws std::invalid_argument naming the formula
SmoothProblem read_problem(const SmoothText& text);

/// The lower level at one x as a quadratic program, its rows numbered alike. Nothing unless the
/// problem is rational() and quadratic_in_y().
std::optional<Program> program_at(const SmoothProblem& problem, const RVec& x);

/// The problem in the project's own format: F quadratic, f quadratic jointly, rows affine jointly;
/// upper constraints on single x as box. Upper constraints of another kind are left out.
/// Rows "y_i <= c", "-y_i <= c" become bounds. Nothing if the problem does not fit.
std::optional<Instance> quadratic_instance(const SmoothProblem& problem, const std::string& name);

/// The problem's functions with exact derivatives at a rational point.
struct ExactJets {
  ExactJets(const SmoothProblem& problem, const RVec& x, const RVec& y);
  Index n, m;
  Rational F, f;
  RVec Fx, Fy, fy;
  RVec row, upper;  ///< values of the lower rows, and of G
  RMat A, B;        ///< derivatives of the lower rows by x and y
  RMat Gx, Gy;
  RMat fyy, fyx;
  std::vector<RMat> row_yy, row_yx;
};

/// By exact L D L': all pivots positive / no negative curvature. @pre symmetric
bool positive_definite(RMat H);
bool positive_semidefinite(RMat H);

}  // namespace assay::reference
