// The projected gradient method and its rates, and how y*(x, q) moves.
#include <algorithm>

#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/projected_gradient.hpp"
#include "properties/generators.hpp"
#include "properties/property.hpp"
#include "properties/small_cases.hpp"
#include "reference/exact_residuals.hpp"

namespace assay::properties {

namespace {

using reference::exact;
using reference::fine;
using reference::length;
using reference::Minimiser;
using reference::Program;
using reference::RMat;
using reference::RVec;

RVec gradient(const Program& p, const RVec& y) {
  RVec g = p.g;
  for (Index i = 0; i < p.m(); ++i)
    for (Index j = 0; j < p.m(); ++j) g[i] += p.H(i, j) * y[j];
  return g;
}

RMat identity(Index m) {
  RMat a = RMat::Constant(m, m, Rational(0));
  for (Index i = 0; i < m; ++i) a(i, i) = 1;
  return a;
}

Case stepped_case(Source& source) {
  Case c = small_case(source);
  c.vectors["y0"] = source.normals(c.instance.m);
  for (double& entry : c.vectors["y0"]) entry = std::nearbyint(32 * entry) / 8;
  c.numbers["steps"] = static_cast<double>(source.integer(1, 5));
  return c;
}

/// One step is the exact projection of the exact gradient step, but for rounding; hence it
/// contracts, and its length bounds the distance that was left before it.
template <class S>
void steps_project_and_contract(const Case& c, Check& check) {
  const Program p = program_at(c);
  const Minimiser truth = reference::minimise(p);
  if (!truth.feasible) check.discard("infeasible");
  const QuadraticProblem<S> problem(c.instance);
  ProjectedGradientLowerLevel<S> lower(problem, {0, 1, 0});
  const Rational mu = exact(problem.mu), L = exact(problem.lipschitz);
  const Rational eta = exact(S(S(2) / (problem.mu + problem.lipschitz)));
  const Rational rate = std::max(abs(1 - eta * mu), abs(1 - eta * L));
  Vec<S> y = widen<S>(c.vector("y0"));
  for (long k = 0; k < c.integer("steps"); ++k) {
    const RVec before = exact(y), slope = gradient(p, before);
    lower.set_warm_point(y);
    const auto& s = lower.solve(widen<S>(c.vector("x")), widen<S>(c.vector("q")));
    check.that("one step is made", s.iterations == 1 && s.status != LowerStatus::infeasible,
               to_string(s.status));
    y = s.y;
    Program projection = p;
    projection.H = identity(p.m());
    projection.g = -(before - eta * slope);
    projection.g_terms = {};
    const Minimiser exact_step = reference::minimise(projection);
    // The target y - eta grad g is a sum of m + 3 terms, and those of the linear term.
    Rational target = 0;
    for (Index i = 0; i < p.m(); ++i) {
      Rational terms = p.g_size(i);
      for (Index j = 0; j < p.m(); ++j) terms += abs(p.H(i, j) * before[j]);
      target = std::max(target, Rational(abs(before[i]) + eta * terms));
    }
    Vec<S> weights = s.multipliers;
    for (S& weight : weights) weight *= S(S(2) / (problem.mu + problem.lipschitz));
    const reference::ExactResiduals<S> residuals(projection, y, weights);
    const Rational change =
        residuals.allowed + reference::exact_gamma<S>(p.m() + 8 + p.terms) * target;
    const Rational off = reference::sensitivity(projection, exact_step, change) * change;
    check.at_most("distance of a step from the exact projection",
                  reference::max_entry(exact(y) - exact_step.y), off);
    const Real100 slip = square_root(Real100(static_cast<double>(p.m()))) * fine(off);
    const Real100 left = length(before - truth.y), now = length(exact(y) - truth.y);
    check.at_most("distance after a step against rate times distance", now,
                  Real100(fine(rate) * left + slip));
    check.at_most("distance against step length / (eta mu)", left,
                  Real100((length(before - exact(y)) + slip) / fine(eta * mu)));
  }
}

Case toleranced_case(Source& source) {
  Case c = stepped_case(source);
  c.numbers["halvings"] = static_cast<double>(source.integer(2, 16));
  return c;
}

/// The method's own stopping test.
template <class S>
void tolerance_is_kept(const Case& c, Check& check) {
  const Program p = program_at(c);
  const Minimiser truth = reference::minimise(p);
  if (!truth.feasible) check.discard("infeasible");
  const QuadraticProblem<S> problem(c.instance);
  const double tolerance = std::ldexp(1.0, -static_cast<int>(c.integer("halvings")));
  ProjectedGradientLowerLevel<S> lower(problem, {tolerance, 3000, 0});
  lower.set_warm_point(widen<S>(c.vector("y0")));
  const auto& s = lower.solve(widen<S>(c.vector("x")), widen<S>(c.vector("q")));
  check.that("feasible rows are not called infeasible", s.status != LowerStatus::infeasible);
  if (s.status != LowerStatus::solved) check.discard("not converged");
  // The length of a step is known up to the rounding of its projection near y*.
  Program projection = p;
  projection.H = identity(p.m());
  const Rational change = reference::ExactResiduals<S>(p, s.y, s.multipliers).allowed;
  const Rational off = reference::sensitivity(projection, truth, change) * change;
  const S eta = S(2) / (problem.mu + problem.lipschitz);
  check.at_most("distance to y* against the tolerance", length(exact(s.y) - truth.y),
                Real100(Real100(tolerance) + square_root(Real100(static_cast<double>(p.m()))) *
                                                 fine(off / exact(S(eta * problem.mu)))));
  // And it stops: moved_k <= 2 rho^k |y0 - y*|, so once the factor times that is below tolerance.
  const Real100 rate = Real100(1) - fine(exact(eta) * exact(problem.mu));
  const Real100 factor = fine((1 / exact(eta) + exact(problem.lipschitz)) / exact(problem.mu));
  Real100 bound = factor * Real100(2) * length(widen<Rational>(c.vector("y0")) - truth.y);
  long most = 1;
  while (Real100(tolerance) / Real100(2) < bound && most < 3000) {
    bound *= rate;
    ++most;
  }
  check.at_most("iterations against those of the rate", static_cast<double>(s.iterations),
                static_cast<double>(most + 1));
}

// --- identification -----------------------------------------------------------------------------

Case nonnegative_case(Source& source) {
  Recipe recipe;
  recipe.rows = recipe.equalities = recipe.bounds = recipe.coupled = false;
  recipe.largest = 6;
  recipe.condition = 20;
  Case c = quadratic_case(source, recipe);
  Instance& in = c.instance;
  const Vec<double> pull = source.normals(in.m);
  for (Index i = 0; i < in.m; ++i) {
    in.lower.set(i, 0, 0);
    in.d.set(i, 0, pull[i]);
  }
  c.vectors["q"] = Vec<double>::Zero(in.m);
  c.vectors["y0"] = source.normals(in.m);
  return c;
}

/// At a row of multiplier lambda_i >= tau the coordinate before projection is at most e - eta (tau
/// - L e), e = |y_k - y*| <= rho^k |y_0 - y*|: negative, by half of eta tau, once 2 e (1 + eta L)
/// <= eta tau.
template <class S>
void active_rows_are_identified(const Case& c, Check& check) {
  const Program p = program_at(c);
  if (p.rows() != p.m() || p.equalities > 0) check.discard("not y >= 0 alone");
  const Minimiser truth = reference::minimise(p);
  const QuadraticProblem<S> problem(c.instance);
  const Real100 eta = fine(exact(S(S(2) / (problem.mu + problem.lipschitz))));
  const Real100 mu = fine(exact(problem.mu)), L = fine(exact(problem.lipschitz));
  Rational tau = 0;
  for (const Index i : truth.strongly_active)
    if (tau == 0 || truth.multipliers[i] < tau) tau = truth.multipliers[i];
  if (tau == 0) check.discard("no active row");
  Real100 e = length(widen<Rational>(c.vector("y0")) - truth.y);
  long steps = 1;
  for (; eta * fine(tau) < Real100(2) * e * (Real100(1) + eta * L); ++steps) {
    if (steps > 300) check.discard("too many steps");
    e *= Real100(1) - eta * mu;
  }
  ProjectedGradientLowerLevel<S> lower(problem, {0, steps, 0});
  lower.set_warm_point(widen<S>(c.vector("y0")));
  const auto& s = lower.solve(widen<S>(c.vector("x")), {});
  for (const Index i : truth.strongly_active) {
    check.that("strongly active rows are active after the predicted steps",
               std::binary_search(s.active.begin(), s.active.end(), i),
               fmt::format("row {} after {} steps", i, steps));
    Rational slack = p.r[i];
    for (Index j = 0; j < p.m(); ++j) slack -= p.B(i, j) * exact(s.y[j]);
    check.at_most(
        "and hold up to the rounding of a projection", Rational(abs(slack)),
        Rational(reference::exact_gamma<S>(4 * (p.m() + 8)) * reference::max_entry(exact(s.y))));
  }
}

// --- how y* and F move --------------------------------------------------------------------------

Case uncoupled_case(Source& source) {
  Recipe recipe;
  recipe.coupled = false;
  recipe.condition = 1e6;
  recipe.largest = 40;
  Case c = quadratic_case(source, recipe);
  const double size = source.log_uniform(1e-6, 10);
  c.vectors["x2"] = c.vectors["x"] + size * source.normals(c.instance.n);
  c.vectors["q"] =
      (source.chance(0.3) ? 0.0 : source.log_uniform(1e-6, 10)) * source.normals(c.instance.m);
  return c;
}

/// An answer, and what its certificate leaves open: the proved bound, and the rounding of the
/// stationarity residual it is computed from.
template <class S>
struct Certified {
  LowerSolution<S> solution;
  S error{0};

  Certified(const Case& c, const QuadraticProblem<S>& problem, const Vec<double>& at,
            const Vec<double>& moved, Check& check) {
    const Vec<S> x = widen<S>(at), q = widen<S>(moved);
    ActiveSetLowerLevel<S> lower(problem);
    solution = lower.solve(x, q);
    if (solution.status != LowerStatus::solved)
      discard_only_infeasible(c, at, moved, to_string(solution.status), check);
    if constexpr (!is_exact<S>) {
      const Index n = problem.n, m = problem.m;
      S sum(0);
      for (Index i = 0; i < m; ++i) {
        S terms = magnitude(problem.d[i]);
        if (q.size() > 0) terms += magnitude(q[i]);
        for (Index j = 0; j < n; ++j) terms += magnitude(S(problem.M(i, j) * x[j]));
        for (Index j = 0; j < m; ++j) terms += magnitude(S(problem.H(i, j) * solution.y[j]));
        for (Index k = 0; k < problem.rows(); ++k)
          terms += magnitude(S(problem.Bt(i, k) * solution.multipliers[k]));
        sum += terms * terms;
      }
      error = solution.certificate.error_bound +
              gamma_bound<S>(n + m + problem.rows() + 8) * square_root(sum) / problem.mu;
    }
  }
};

template <class S>
S length_in(const Vec<S>& v) {
  return square_root_bound(dot(v, v));
}

template <class S>
void y_is_lipschitz(const Case& c, Check& check) {
  const QuadraticProblem<S> problem(c.instance);
  for (Index j = 0; j < problem.n; ++j)
    for (Index i = 0; i < problem.rows(); ++i)
      if (problem.A(i, j) != S(0)) check.discard("x in the rows");
  const Vec<S> x = widen<S>(c.vector("x")), x2 = widen<S>(c.vector("x2")),
               q = widen<S>(c.vector("q"));
  const Certified<S> one(c, problem, c.vector("x"), {}, check),
      two(c, problem, c.vector("x2"), c.vector("q"), check);
  const Vec<S> dx = x2 - x, dy = two.solution.y - one.solution.y;
  Vec<S> moved = q;
  add_product(problem.M, dx, moved);  // the change of the linear term as a whole
  // The root's bound is above it by at most 2^-50 relative.
  const S slack = S(1) + S(0x1p-50);
  check.at_most("|y(x,q) - y(x',q')| against |M dx + dq| / mu", S(length_in(dy) / slack),
                S(length_in(moved) / problem.mu + one.error + two.error));
  // (dy)'H dy <= -(dlinear)'dy, sharper than its consequence by the condition of H.
  Vec<S> bent;
  product(problem.H, dy, bent);
  const S power = -dot(moved, dy),
          rounding = (length_in(bent) + length_in(moved)) * (one.error + two.error) * S(3);
  check.at_most("dy'H dy against -(M dx + dq)'dy", dot(bent, dy), S(power + rounding));
}

template <class S>
void smoothing_moves_F_by_at_most(const Case& c, Check& check) {
  const QuadraticProblem<S> problem(c.instance);
  const Vec<S> x = widen<S>(c.vector("x")), q = widen<S>(c.vector("q"));
  const Certified<S> plain(c, problem, c.vector("x"), {}, check),
      perturbed(c, problem, c.vector("x"), c.vector("q"), check);
  Vec<S> fx, fy, fq;
  problem.upper_gradient(x, plain.solution.y, fx, fy);
  problem.upper_gradient(x, perturbed.solution.y, fx, fq);
  // On a segment the gradient of a quadratic is largest at an end.
  const S slope = larger(length_in(fy), length_in(fq));
  const S a = problem.upper_value(x, plain.solution.y),
          b = problem.upper_value(x, perturbed.solution.y);
  S terms(0);  // of f, for the rounding of its two values
  if constexpr (!is_exact<S>) {
    Vec<S> dx = x - problem.x_target, Qdx;
    for (S& entry : dx) entry = magnitude(entry);
    for (Index i = 0; i < problem.n; ++i)
      for (Index j = 0; j < problem.n; ++j) terms += dx[i] * magnitude(problem.Qxx(i, j)) * dx[j];
    for (Index i = 0; i < problem.n; ++i) {
      terms += magnitude(S(problem.cx[i] * x[i]));
      for (Index j = 0; j < problem.m; ++j)
        terms += magnitude(S(x[i] * problem.Qxy(i, j))) *
                 (magnitude(plain.solution.y[j]) + magnitude(perturbed.solution.y[j]));
    }
    for (const Vec<S>* y : {&plain.solution.y, &perturbed.solution.y})
      for (Index i = 0; i < problem.m; ++i) {
        terms += magnitude(S(problem.cy[i] * (*y)[i]));
        for (Index j = 0; j < problem.m; ++j)
          terms += magnitude(S(((*y)[i] - problem.y_target[i]) * problem.Qyy(i, j) *
                               ((*y)[j] - problem.y_target[j])));
      }
    terms = gamma_bound<S>(2 * (problem.n + problem.m) + 12) * (terms + magnitude(problem.c0));
  }
  check.at_most("|F_q - F| against sup |grad_y f| |q| / mu", magnitude(S(b - a)),
                S(slope * (length_in(q) / problem.mu + plain.error + perturbed.error) + terms));
}

}  // namespace

std::vector<Property> projected_gradient_properties() {
  return {
      {"G2.steps_project_and_contract",
       "a step is P(y - eta grad g(y)) within the rounding of a projection, |y_{k+1} - y*| <= "
       "max(|1 - eta mu|, |1 - eta L|) |y_k - y*| (G1 without rows), and |y_k - y*| <= "
       "|y_{k+1} - y_k| / (eta mu) (G3)",
       stepped_case,
       {ASSAY_LAW_IN_REALS(steps_project_and_contract)},
       30},
      {"G3.tolerance_is_kept",
       "when the method stops by its tolerance, |y - y*| <= tolerance; and it stops as soon as "
       "its rate says",
       toleranced_case,
       {ASSAY_LAW_IN_REALS(tolerance_is_kept)},
       30},
      {"G4.active_rows_are_identified",
       "for y >= 0 all rows with multiplier >= tau are active once 2 rho^k |y0 - y*| (1 + eta "
       "L) <= eta tau, and stay so",
       nonnegative_case,
       {ASSAY_LAW_IN_REALS(active_rows_are_identified)},
       40},
      {"L1.y_is_lipschitz",
       "rows without x: |y(x,q) - y(x',q')| <= |M (x - x') + q - q'| / mu, and dy'H dy <= -(M dx "
       "+ dq)'dy",
       uncoupled_case,
       {ASSAY_LAW_IN_FIELDS(y_is_lipschitz)},
       60},
      {"L2.smoothing_moves_F_by_at_most",
       "|F_q(x) - F(x)| <= sup |grad_y f| |q| / mu, the sup over the segment from y to y_q",
       uncoupled_case,
       {ASSAY_LAW_IN_FIELDS(smoothing_moves_F_by_at_most)},
       60}};
}

}  // namespace assay::properties
