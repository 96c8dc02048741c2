// The factors that everything else solves with.
#include "assay/lower_level/active_set.hpp"
#include "properties/generators.hpp"
#include "properties/property.hpp"
#include "properties/saddle_bounds.hpp"
#include "reference/exact_residuals.hpp"

namespace assay::properties {

namespace {

using reference::exact;

Case factor_case(Source& source) {
  Recipe recipe;
  recipe.condition = 1e8;
  Case c = quadratic_case(source, recipe);
  c.vectors["y"] = source.normals(c.instance.m);
  return c;
}

/// Higham, theorems 10.3 and 10.4 for L D L' (the same operations as Cholesky, but for the roots).
template <class S>
void ldlt_solves(const Case& c, Check& check) {
  const Mat<S> H = c.instance.H.to<S>();
  const Vec<S> b = widen<S>(c.vector("y"));
  const Index m = H.rows();
  Ldlt<S> factor;
  if (!factor.factor(H)) check.discard("not positive definite in this scalar");
  Vec<S> x = b;
  factor.solve_in_place(x);
  const reference::RMat A = c.instance.H.to<Rational>();
  Rational size = 0;  // h'|x|, h rounded up
  Vec<Rational> h(m);
  for (Index i = 0; i < m; ++i) {
    h[i] = exact(std::sqrt(to_double(A(i, i))) * (1 + 0x1p-50));
    size += h[i] * abs(exact(x[i]));
  }
  for (Index i = 0; i < m; ++i) {
    Rational residual = exact(b[i]);
    for (Index j = 0; j < m; ++j) residual -= A(i, j) * exact(x[j]);
    check.at_most("|b - H x| against gamma_{3m+1} |L||D||L'||x|",
                  to_double(Rational(abs(residual))),
                  to_double(Rational(reference::exact_gamma<S>(3 * m + 2) * h[i] * size)));
  }
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j <= i; ++j) {
      Rational product = 0;
      for (Index k = 0; k <= j; ++k)
        product +=
            exact(factor.lower()(i, k)) * exact(factor.pivots()[k]) * exact(factor.lower()(j, k));
      check.at_most("|H - L D L'| against gamma_{m+1} |L||D||L'|",
                    to_double(Rational(abs(A(i, j) - product))),
                    to_double(Rational(reference::exact_gamma<S>(m + 2) * h[i] * h[j])));
    }
}

/// Rows come and go as the case's seed says; what is left is solved with.
template <class S>
void rows_come_and_go(const Case& c, Check& check) {
  const QuadraticProblem<S> problem(c.instance);
  if (problem.rows() == 0) check.discard("no rows");
  KktFactor<S> factor(lower_level_shape(problem)), fresh(lower_level_shape(problem));
  std::uint64_t word = c.seed | 1;
  const auto draw = [&word](Index below) {
    word = word * 6364136223846793005ULL + 1442695040888963407ULL;  // Knuth's MMIX generator
    return static_cast<Index>((word >> 33) % static_cast<std::uint64_t>(below));
  };
  Index removals = 0;
  for (int step = 0; step < 24; ++step) {
    const auto& active = factor.active();
    if (!active.empty() && draw(3) == 0) {
      factor.remove(draw(static_cast<Index>(active.size())));
      ++removals;
      continue;
    }
    const Index row = draw(problem.rows());
    if (std::find(active.begin(), active.end(), row) != active.end()) continue;
    const auto candidate = factor.preview(row);
    if (!candidate.dependent) factor.append(row, candidate);
  }
  const auto rows = factor.active();
  const Index m = problem.m, k = static_cast<Index>(rows.size());
  Vec<double> limits(k);
  for (Index j = 0; j < k; ++j)
    limits[j] = c.instance.inequality_rows() > 0 ? 0.5 + static_cast<double>(j) : -1.25;
  Vec<S> p = widen<S>(c.vector("y")), nu = widen<S>(limits);
  factor.solve(p, nu);

  if (is_exact<S>) {
    check.that("as many rows fresh", fresh.reset(rows));
    Vec<S> p_fresh = widen<S>(c.vector("y")), nu_fresh(k);
    for (Index j = 0; j < k; ++j)
      nu_fresh[j] = S(
          limits[std::find(rows.begin(), rows.end(), fresh.active()[static_cast<std::size_t>(j)]) -
                 rows.begin()]);
    fresh.solve(p_fresh, nu_fresh);
    check.equal("p as from a fresh factor", p, p_fresh);
  }
  const auto bounds = SaddleBounds::of(QuadraticProblem<double>(c.instance), rows);
  if (!bounds) check.discard("the saddle matrix cannot be told from a singular one");
  const SolveError bound =
      bounds->solve(c.vector("y"), limits, to_double(unit_roundoff<S>()), removals);
  const reference::RMat H = c.instance.H.to<Rational>();
  for (Index i = 0; i < m; ++i) {
    Rational r = exact(c.vector("y")[i]);
    for (Index j = 0; j < m; ++j) r -= H(i, j) * exact(p[j]);
    for (Index j = 0; j < k; ++j)
      r -= exact(problem.Bt(i, rows[static_cast<std::size_t>(j)])) * exact(nu[j]);
    check.at_most("|a - H p - B'nu| against r1", to_double(Rational(abs(r))), bound.r1[i]);
  }
  for (Index j = 0; j < k; ++j) {
    Rational r = exact(limits[j]);
    for (Index i = 0; i < m; ++i)
      r -= exact(problem.Bt(i, rows[static_cast<std::size_t>(j)])) * exact(p[i]);
    check.at_most("|c - B p| against r2", to_double(Rational(abs(r))), bound.r2[j]);
  }
}

}  // namespace

std::vector<Property> factor_properties() {
  return {{"P1.ldlt_is_backward_stable",
           "|H - L D L'| <= gamma_{m+1} h h' and |b - H x| <= gamma_{3m+1} h h'|x|, h_i = "
           "H_ii^{1/2} (Higham, theorems 10.3 and 10.4)",
           factor_case,
           {ASSAY_LAW_IN_FIELDS(ldlt_solves)},
           40},
          {"P2.rows_come_and_go",
           "after any appends and removals the saddle system is solved to the residuals r1, r2 of "
           "SaddleBounds; in fractions exactly",
           factor_case,
           {ASSAY_LAW_IN_FIELDS(rows_come_and_go)},
           60}};
}

}  // namespace assay::properties
