// The implicit gradient against the oracle, against differences of F, and against itself.
#include <algorithm>

#include "assay/hypergradient/difference.hpp"
#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/projected_gradient.hpp"
#include "properties/generators.hpp"
#include "properties/property.hpp"
#include "properties/rounded_gradient.hpp"
#include "properties/small_cases.hpp"
#include "reference/exact_residuals.hpp"

namespace assay::properties {

namespace {

using reference::exact;

template <class S>
Vec<double> narrow(const Vec<S>& v) {
  Vec<double> w(v.size());
  for (Index i = 0; i < v.size(); ++i) w[i] = to_double(v[i]);
  return w;
}

template <class S>
void within(Check& check, const char* what, const Vec<S>& a, const Vec<S>& b,
            const Vec<double>& bound) {
  for (Index i = 0; i < a.size(); ++i)
    check.at_most(what, to_double(magnitude(S(a[i] - b[i]))), bound[i]);
}

/// The saddle matrix of the rows that the lower level differentiates with; leaves the case out
/// where rounding alone may have made it singular.
template <class S>
SaddleBounds bounds_of(const QuadraticProblem<double>& problem, LowerLevel<S>& lower,
                       Check& check) {
  auto bounds = SaddleBounds::of(problem, lower.factor().active());
  if (!bounds) check.discard("the saddle matrix cannot be told from a singular one");
  return std::move(*bounds);
}

template <class S>
struct Solved {
  QuadraticProblem<S> problem;
  ActiveSetLowerLevel<S> lower;
  ImplicitEstimator<S> adjoint;
  LowerSolution<S> solution;
  Hypergradient<S> gradient;

  Solved(const Case& c, const Vec<S>& q, Check& check)
      : problem(c.instance), lower(problem), adjoint({&problem, &lower, nullptr, {}, {}}) {
    const Vec<S> x = widen<S>(c.vector("x"));
    solution = lower.solve(x, q);
    if (solution.status != LowerStatus::solved)
      discard_only_infeasible(c, to_string(solution.status), check);
    adjoint.evaluate(x, q, 0, gradient);
  }
};

// --- the oracle ---------------------------------------------------------------------------------

/// F(x) without rounding.
Rational upper_value(const Instance& in, const reference::RVec& x, const reference::RVec& y) {
  const auto quadratic = [](const reference::RVec& a, const ExactMatrix& Q,
                            const reference::RVec& b) {
    const reference::RMat q = Q.to<Rational>();
    Rational sum = 0;
    for (Index j = 0; j < q.cols(); ++j)
      for (Index i = 0; i < q.rows(); ++i) sum += a[i] * q(i, j) * b[j];
    return sum;
  };
  const reference::RVec dx = x - in.x_target.to_vector<Rational>(),
                        dy = y - in.y_target.to_vector<Rational>(),
                        one = reference::RVec::Constant(1, Rational(1));
  return quadratic(dx, in.Qxx, dx) / 2 + quadratic(x, in.Qxy, y) + quadratic(dy, in.Qyy, dy) / 2 +
         quadratic(x, in.cx, one) + quadratic(y, in.cy, one) + in.c0.entry<Rational>(0);
}

template <class S>
void derivative_is_the_oracles(const Case& c, Check& check) {
  const reference::Program program = program_at(c);
  const auto truth = reference::minimise(program);
  if (!truth.feasible || !truth.licq) check.discard("infeasible, or LICQ fails");
  Solved<S> solved(c, widen<S>(c.vector("q")), check);
  const auto& [problem, lower, adjoint, s, g] = solved;
  if (s.active != truth.strongly_active) {
    const Rational change = reference::ExactResiduals<S>(program, s.y, s.multipliers).allowed;
    const Rational error = reference::sensitivity(program, truth, change) * change;
    check.that("the active rows are the oracle's",
               !margins_are_clear(program, truth, error, exact(unit_roundoff<S>())));
    check.discard("margins within the solver's noise");
  }
  const reference::RVec x = widen<Rational>(c.vector("x"));
  const auto derivative = reference::derivative(c.instance, x, truth.y, truth.strongly_active);
  const Rational F = upper_value(c.instance, x, truth.y);
  const S value = problem.upper_value(widen<S>(c.vector("x")), s.y);
  check.that("kink where a row is weakly active", g.kink == !truth.weakly_active.empty());
  if constexpr (is_exact<S>) {
    check.equal("direct part", g.direct, derivative.direct);
    check.equal("implicit part", g.implicit, derivative.implicit);
    check.equal("total", g.total, derivative.total);
    check.equal("F", value, F);
  } else {
    const QuadraticProblem<double> data(c.instance);
    const SaddleBounds bounds = bounds_of<S>(data, solved.lower, check);
    const RoundedGradient rounded(data, bounds, truth.strongly_active, c.vector("x"),
                                  narrow<S>(s.y), to_double(unit_roundoff<S>()));
    // q is added to M x + d: one more rounding of the same sum.
    Vec<double> dy = 2 * rounded.y_error(narrow<S>(s.multipliers));
    // y was solved for on all rows the solver held, weakly active ones among them: O1's own bound.
    if (!truth.weakly_active.empty()) {
      const Rational change = reference::ExactResiduals<S>(program, s.y, s.multipliers).allowed;
      const Rational held = reference::sensitivity(program, truth, change) * change;
      for (Index i = 0; i < dy.size(); ++i) dy[i] = std::max(dy[i], to_double(held));
    }
    const auto error = rounded.gradient_error(dy);
    const auto compare = [&](const char* what, const Vec<S>& a, const reference::RVec& b,
                             const Vec<double>& bound) {
      for (Index i = 0; i < a.size(); ++i)
        check.at_most(what, to_double(Rational(abs(exact(a[i]) - b[i]))), bound[i]);
    };
    compare("direct part", g.direct, derivative.direct, error.direct);
    compare("implicit part", g.implicit, derivative.implicit, error.implicit);
    check.at_most("F", to_double(Rational(abs(exact(value) - F))), rounded.value_error(dy));
  }
}

// --- forward and adjoint ------------------------------------------------------------------------

Case ill_conditioned_case(Source& source) {
  Recipe recipe;
  recipe.condition = 1e8;
  return quadratic_case(source, recipe);
}

template <class S>
void forward_equals_adjoint(const Case& c, Check& check) {
  Solved<S> solved(c, {}, check);
  ForwardEstimator<S> forward({&solved.problem, &solved.lower, nullptr, {}, {}});
  Hypergradient<S> other;
  const Vec<S> x = widen<S>(c.vector("x"));
  forward.evaluate(x, {}, 0, other);
  check.equal("the same direct part", solved.gradient.direct, other.direct);
  if constexpr (is_exact<S>) {
    check.equal("adjoint and forward derivative", solved.gradient.implicit, other.implicit);
  } else {
    const QuadraticProblem<double> data(c.instance);
    const SaddleBounds bounds = bounds_of<S>(data, solved.lower, check);
    const std::vector<Index> rows = solved.lower.factor().active();
    const RoundedGradient rounded(data, bounds, rows, c.vector("x"), narrow<S>(solved.solution.y),
                                  to_double(unit_roundoff<S>()));
    Vec<S> fx, fy;
    solved.problem.upper_gradient(x, solved.solution.y, fx, fy);
    const Vec<double> weights = narrow<S>(fy);
    within<S>(check, "adjoint and forward derivative", solved.gradient.implicit, other.implicit,
              rounded.adjoint_error(weights) + rounded.forward_error(weights));
  }
}

// --- differences of F ---------------------------------------------------------------------------

Case differenced_case(Source& source) {
  Recipe recipe;
  recipe.condition = 1e4;
  recipe.largest = 16;
  recipe.margin = 1e-2;
  recipe.at_built_point = true;
  Case c = quadratic_case(source, recipe);
  c.numbers["halvings"] = static_cast<double>(source.integer(12, 24));
  return c;
}

template <class S>
void equals_central_difference(const Case& c, Check& check) {
  const double h = std::ldexp(1.0, -static_cast<int>(c.integer("halvings")));
  Solved<S> solved(c, {}, check);
  const LowerSolution<S>& s = solved.solution;
  const Vec<S> x = widen<S>(c.vector("x"));
  if (!s.licq || !s.weakly_active.empty()) check.discard("degenerate");
  ActiveSetLowerLevel<S> probe(solved.problem);
  for (Index i = 0; i < x.size(); ++i)
    for (const double sign : {-1.0, 1.0}) {
      Vec<S> aside = x;
      aside[i] = x[i] + S(sign * h);
      const auto& t = probe.solve(aside, {});
      if (t.status != LowerStatus::solved || t.active != s.active || !t.weakly_active.empty())
        check.discard("another piece of F within h");
    }
  CentralDifferenceEstimator<S> difference({&solved.problem, &solved.lower, nullptr, {}, {}}, {h});
  Hypergradient<S> measured;
  difference.evaluate(x, {}, 0, measured);
  if constexpr (is_exact<S>) {
    check.equal("central difference and derivative", measured.total, solved.gradient.total);
  } else {
    const QuadraticProblem<double> data(c.instance);
    const SaddleBounds bounds = bounds_of<S>(data, solved.lower, check);
    const RoundedGradient rounded(data, bounds, s.active, c.vector("x"), narrow<S>(s.y),
                                  to_double(unit_roundoff<S>()));
    const Vec<double> dy = rounded.y_error(narrow<S>(s.multipliers));
    const auto own = rounded.gradient_error(dy);
    // Two values, each off by its rounding, over 2 h; x + h and x - h too are rounded, which moves
    // F by u |x| |dF/dx|. Twice for the sizes at x +- h instead of x, and for division and
    // difference.
    const double value = 2 * rounded.value_error(dy), u = to_double(unit_roundoff<S>());
    Vec<double> bound = own.direct + own.implicit;
    for (Index i = 0; i < bound.size(); ++i)
      bound[i] += (value + 2 * u * (std::fabs(c.vector("x")[i]) + h) *
                               std::fabs(to_double(measured.total[i]))) /
                      h +
                  4 * u * std::fabs(to_double(measured.total[i]));
    within<S>(check, "central difference and derivative", measured.total, solved.gradient.total,
              bound);
  }
}

// --- the saddle matrix --------------------------------------------------------------------------

template <class S>
void gram_inverse_is_bounded(const Case& c, Check& check) {
  const QuadraticProblem<S> problem(c.instance);
  ActiveSetLowerLevel<S> lower(problem);
  const auto s = lower.solve(widen<S>(c.vector("x")), widen<S>(c.vector("q")));
  if (s.status != LowerStatus::solved) discard_only_infeasible(c, to_string(s.status), check);
  const reference::Program program = program_at(c);
  std::vector<Index> held = s.active;
  held.insert(held.end(), s.weakly_active.begin(), s.weakly_active.end());
  const Index m = program.m(), all = static_cast<Index>(held.size());
  reference::RMat K = reference::RMat::Constant(m + all, m + all, Rational(0));
  K.topLeftCorner(m, m) = program.H;
  for (Index a = 0; a < all; ++a)
    for (Index j = 0; j < m; ++j)
      K(j, m + a) = K(m + a, j) = program.B(held[static_cast<std::size_t>(a)], j);
  const bool regular =
      reference::solve_square(K, reference::RMat::Constant(m + all, 1, Rational(0))).has_value();
  check.that("licq only where the saddle matrix is regular", !s.licq || regular);
  if (regular && clearly_independent(program, held, exact(unit_roundoff<S>())))
    check.that("licq where the saddle matrix is regular", s.licq);

  const std::vector<Index> rows = lower.factor().active();
  const Index k = static_cast<Index>(rows.size());
  if (k == 0) return;
  reference::RMat gram(k, k), unit = reference::RMat::Constant(k, k, Rational(0));
  for (Index a = 0; a < k; ++a) {
    unit(a, a) = 1;
    for (Index b = 0; b < k; ++b) {
      gram(a, b) = 0;
      for (Index j = 0; j < m; ++j)
        gram(a, b) += program.B(rows[static_cast<std::size_t>(a)], j) *
                      program.B(rows[static_cast<std::size_t>(b)], j);
    }
  }
  const auto inverse = reference::solve_square(gram, unit);
  check.that("the active rows are independent", inverse.has_value());
  const auto bounds = bounds_of<S>(QuadraticProblem<double>(c.instance), lower, check);
  const Rational L = exact(problem.lipschitz), mu = exact(problem.mu);
  for (Index a = 0; a < k; ++a) {
    // nu = (B H^-1 B')^-1 e_a; I / L <= H^-1 <= I / mu gives mu (B B')^-1 <= (B H^-1 B')^-1 <= L (B
    // B')^-1 as forms, which holds entry by entry on the diagonal and implies the norms.
    Vec<S> p(m), nu(k);
    Vec<double> right = Vec<double>::Zero(k);
    right[a] = -1;
    for (Index i = 0; i < m; ++i) p[i] = S(0);
    nu = widen<S>(right);
    lower.factor().solve(p, nu);
    const double slip =
        bounds.solve(Vec<double>::Zero(m), right, to_double(unit_roundoff<S>())).dnu[a];
    const Rational rounding = exact(slip);
    check.at_most("(B H^-1 B')^-1 against L (B B')^-1", exact(nu[a]),
                  Rational(L * (*inverse)(a, a) + rounding));
    check.at_most("mu (B B')^-1 against (B H^-1 B')^-1", Rational(mu * (*inverse)(a, a)),
                  Rational(exact(nu[a]) + rounding));
  }
}

// --- perturbed and inexact lower levels ---------------------------------------------------------

Case affine_case(Source& source) {
  Recipe recipe;
  recipe.curved = false;
  recipe.condition = 1e6;
  recipe.largest = 30;
  recipe.margin = 1e-3;
  recipe.at_built_point = true;
  Case c = quadratic_case(source, recipe);
  Instance& in = c.instance;
  in.Qxy = ExactMatrix(in.n, in.m);
  in.Qyy = ExactMatrix(in.m, in.m);
  const double size = source.log_uniform(1e-8, 1e-3);
  c.vectors["q"] = size * source.normals(in.m);
  return c;
}

/// With f affine in y the adjoint does not see y at all: the same bits. y itself moves by -p of
/// K (p, nu) = (q, 0).
template <class S>
void perturbation_has_no_effect(const Case& c, Check& check) {
  const QuadraticProblem<S> problem(c.instance);
  if (problem.has_Qxy || problem.has_Qyy) check.discard("f is not affine in y");
  ActiveSetLowerLevel<S> lower(problem);
  ImplicitEstimator<S> adjoint({&problem, &lower, nullptr, {}, {}});
  const Vec<S> x = widen<S>(c.vector("x")), q = widen<S>(c.vector("q"));
  const auto s = lower.solve(x, {});
  const auto t = lower.solve(x, q);
  if (s.status != LowerStatus::solved || t.status != LowerStatus::solved || s.active != t.active)
    check.discard("another active set");
  Hypergradient<S> plain, perturbed;
  adjoint.evaluate(x, {}, 0, plain);
  adjoint.evaluate(x, q, 0, perturbed);
  check.equal("gradient with and without q", plain.total, perturbed.total);
  const QuadraticProblem<double> data(c.instance);
  const SaddleBounds bounds = bounds_of<S>(data, lower, check);
  const std::vector<Index> rows = lower.factor().active();
  const Index m = c.instance.m;
  const double u = to_double(unit_roundoff<S>());
  QuadraticProblem<double> sized(data);  // q counts among the terms of y's error
  for (Index i = 0; i < m; ++i) sized.d[i] = std::fabs(data.d[i]) + std::fabs(c.vector("q")[i]);
  const auto y_error = [&](const LowerSolution<S>& solution,
                           const QuadraticProblem<double>& terms) {
    return RoundedGradient(terms, bounds, rows, c.vector("x"), narrow<S>(solution.y), u)
        .y_error(narrow<S>(solution.multipliers));
  };
  // q is added to M x + d: one more rounding of the same sum.
  Vec<double> bound = y_error(s, data) + 2 * y_error(t, sized), step = Vec<double>::Zero(m);
  bool told = max_norm(q) == S(0) || static_cast<Index>(rows.size()) >= m;
  for (Index i = 0; i < m; ++i) {
    // The enclosure's own error, and that of this sum in double.
    for (Index j = 0; j < m; ++j) {
      const double part = bounds.inverse().middle(i, j) * c.vector("q")[j];
      step[i] -= part;
      bound[i] += bounds.inverse().excess[j] * std::fabs(c.vector("q")[j]) +
                  gamma_of(0x1p-53, m + 2) * std::fabs(part);
    }
    told = told || std::fabs(step[i]) > bound[i];
  }
  if (!told) check.discard("y moves by less than its rounding");
  within<S>(check, "q moves y by -p", Vec<S>(t.y - s.y), widen<S>(step), bound);
}

Case inexact_case(Source& source) {
  Recipe recipe;
  recipe.rows = recipe.equalities = recipe.bounds = false;
  recipe.condition = 1e4;
  recipe.largest = 30;
  Case c = quadratic_case(source, recipe);
  c.numbers["iterations"] = static_cast<double>(source.integer(1, 30));
  return c;
}

template <class S>
void inexact_y_costs_at_most(const Case& c, Check& check) {
  Solved<S> solved(c, {}, check);
  const LowerSolution<S>& s = solved.solution;
  const QuadraticProblem<S>& problem = solved.problem;
  if (problem.rows() > 0) check.discard("rows");
  ProjectedGradientLowerLevel<S> inexact(problem, {0, c.integer("iterations"), 0});
  EstimatorContext<S> context{&problem, &inexact, nullptr, {}, {}};
  context.accept_unconverged = true;
  ImplicitEstimator<S> adjoint(context);
  Hypergradient<S> estimate;
  adjoint.evaluate(widen<S>(c.vector("x")), {}, 0, estimate);
  const Vec<S> dy = adjoint.solution().y - s.y;

  const QuadraticProblem<double> data(c.instance);
  const SaddleBounds bounds = bounds_of<S>(data, solved.lower, check);
  const std::vector<Index> none;
  const double u = to_double(unit_roundoff<S>());
  const RoundedGradient at_solution(data, bounds, none, c.vector("x"), narrow<S>(s.y), u),
      at_iterate(data, bounds, none, c.vector("x"), narrow<S>(adjoint.solution().y), u);
  const auto one = at_solution.gradient_error(Vec<double>::Zero(problem.m)),
             two = at_iterate.gradient_error(Vec<double>::Zero(problem.m));
  const Vec<double> rounding = one.direct + one.implicit + two.direct + two.implicit;
  const Mat<S> J = forward_jacobian(problem, solved.lower);
  // In one piece it is an equation: error = (Qxy + J'Qyy) dy.
  Vec<S> bent, through, along;
  product(problem.Qyy, dy, bent);
  transposed_product(J, bent, through);
  product(problem.Qxy, dy, along);
  Vec<S> error = estimate.total - solved.gradient.total;
  const Vec<S> predicted = along + through;
  within<S>(check, "error and (Qxy + J'Qyy)(y_K - y*)", error, predicted, 2 * rounding);

  const auto frobenius = [](const Mat<S>& a) {
    S sum(0);
    for (Index j = 0; j < a.cols(); ++j)
      for (Index i = 0; i < a.rows(); ++i) sum += a(i, j) * a(i, j);
    return square_root(sum);
  };
  check.at_most("error against (|Qxy| + |J||Qyy|) |y_K - y*|", norm(error),
                S((frobenius(problem.Qxy) + frobenius(J) * frobenius(problem.Qyy)) * norm(dy) +
                  S(rounding.norm())));
}

}  // namespace

std::vector<Property> hypergradient_properties() {
  return {
      {"O1.derivative_is_the_oracles",
       "direct and implicit part and F(x) are the exact ones, but for the rounding of y, of grad f "
       "and of the saddle solve (RoundedGradient)",
       small_case,
       {ASSAY_LAW_IN_FIELDS(derivative_is_the_oracles)},
       60},
      {"J1.saddle_matrix",
       "the saddle matrix of the holding rows is regular under LICQ, and only then but for rows "
       "that rounding cannot tell from dependent ones; mu (B B')^-1 <= (B H^-1 B')^-1 <= L (B "
       "B')^-1",
       small_case,
       {ASSAY_LAW_IN_FIELDS(gram_inverse_is_bounded)},
       60},
      {"K1.central_difference",
       "within one piece F is quadratic: the adjoint is the central difference, exactly but for 2 "
       "err(F) / 2h and its own rounding",
       differenced_case,
       {ASSAY_LAW_IN_FIELDS(equals_central_difference)},
       40},
      {"K3.forward_equals_adjoint",
       "forward Jacobian and adjoint give the same implicit gradient: each within |K^-1| times the "
       "residual of its block elimination (SaddleBounds)",
       ill_conditioned_case,
       {ASSAY_LAW_IN_FIELDS(forward_equals_adjoint)},
       40},
      {"L3.perturbation_has_no_effect",
       "with f affine in y and the same active set, grad F_q = grad F, while y moves by -p, K "
       "(p, nu) = (q, 0), but for the rounding of both y (RoundedGradient) and K^-1 (SaddleBounds)",
       affine_case,
       {ASSAY_LAW_IN_FIELDS(perturbation_has_no_effect)},
       60},
      {"A1.adjoint_at_inexact_y",
       "without rows: |estimate - grad F| <= (|Qxy| + |J||Qyy|) |y_K - y*|, as an equation (Qxy + "
       "J'Qyy)(y_K - y*)",
       inexact_case,
       {ASSAY_LAW_IN_REALS(inexact_y_costs_at_most)},
       40}};
}

}  // namespace assay::properties
