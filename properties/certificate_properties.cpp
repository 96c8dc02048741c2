// What a certificate or a method's own claim is worth.
#include <algorithm>

#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/historical.hpp"
#include "assay/lower_level/projected_gradient.hpp"
#include "properties/generators.hpp"
#include "properties/property.hpp"
#include "properties/small_cases.hpp"
#include "reference/exact_residuals.hpp"
#include "reference/small_instances.hpp"

namespace assay::properties {

namespace {

using reference::exact;
using reference::fine;
using reference::length;
using reference::Minimiser;
using reference::Program;
using reference::RVec;

/// (r + sqrt(r^2 + 4 mu chi)) / (2 mu)
Real100 error_formula(const Real100& r, const Real100& chi, const Real100& mu) {
  return (r + square_root(Real100(r * r + Real100(4) * mu * chi))) / (Real100(2) * mu);
}

/// K2, for any y and lambda >= 0 on inequalities.
///
/// The residuals without rounding give the formula's exact value; the certificate may be off it by
/// dr / mu + sqrt(dchi / mu), dr and dchi the rounding of its sums. And the distance is at most the
/// formula with the true multipliers of violated rows in place of twice the given ones, for which
/// sqrt(sum (|lambda*_i| - 2 |lambda_i|)_+ violation_i / mu) is enough.
template <class S>
void judge(Check& check, const QuadraticProblem<S>& problem, const Program& p,
           const Minimiser& truth, const Vec<S>& y_s, const Vec<S>& lambda_s,
           const Certificate<S>& certificate) {
  const RVec y = exact(y_s), lambda = exact(lambda_s);
  const Rational gamma = reference::exact_gamma<S>(p.m() + p.rows() + 8 + p.terms);
  RVec r = p.g, dr(p.m());
  for (Index i = 0; i < p.m(); ++i) {
    Rational terms = p.g_size(i);
    const auto add = [&](const Rational& term) {
      r[i] += term;
      terms += abs(term);
    };
    for (Index j = 0; j < p.m(); ++j) add(p.H(i, j) * y[j]);
    for (Index k = 0; k < p.rows(); ++k) add(p.B(k, i) * lambda[k]);
    dr[i] = gamma * terms;
  }
  Rational chi = 0, dchi = 0, uncovered = 0;
  bool feasible = true;
  for (Index k = 0; k < p.rows(); ++k) {
    Rational h = -p.r[k], terms = p.r_size(k);
    for (Index j = 0; j < p.m(); ++j) {
      h += p.B(k, j) * y[j];
      terms += abs(p.B(k, j) * y[j]);
    }
    const Rational weight = abs(lambda[k]);
    const Rational violation = k < p.equalities ? Rational(abs(h)) : h > 0 ? h : Rational(0);
    feasible = feasible && violation == 0;
    chi += weight * (abs(h) + 2 * violation);
    dchi += 3 * gamma * weight * (terms + abs(h));
    const Rational missing = abs(truth.multipliers[k]) - 2 * weight;
    if (missing > 0) uncovered += missing * violation;
  }
  const Real100 mu = fine(exact(problem.mu));
  const Real100 formula = error_formula(length(r), fine(chi), mu);
  // A rational's square root is one Heron step from a double: 2^-104 of it.
  const Real100 floor = length(dr) / mu + square_root(Real100(fine(dchi) / mu)) +
                        formula * fine(reference::exact_gamma<S>(p.m() + 8)) +
                        formula * (is_exact<S> ? Real100(0x1p-100) : Real100(0));
  const Real100 told = fine(exact(certificate.error_bound));
  check.at_most("the bound's distance from its formula", magnitude(Real100(told - formula)), floor);
  if (is_exact<S>)
    check.that("proved where y is feasible", certificate.bound_is_proved == feasible);
  check.at_most("distance to y* against the certificate's bound", length(y - truth.y),
                Real100(told + floor + square_root(Real100(fine(uncovered) / mu))));
}

Case perturbed_case(Source& source) {
  Case c = small_case(source);
  c.vectors["y_move"] = source.normals(c.instance.m);
  for (double& entry : c.vectors["y_move"]) entry = std::nearbyint(8 * entry) / 8;
  c.numbers["halvings"] = static_cast<double>(source.integer(0, 30));
  c.numbers["multipliers"] = static_cast<double>(source.integer(0, 2));
  return c;
}

template <class S>
void bounds_perturbed_points(const Case& c, Check& check) {
  const Program program = program_at(c);
  const Minimiser truth = reference::minimise(program);
  if (!truth.feasible) check.discard("infeasible");
  const QuadraticProblem<S> problem(c.instance);
  const S scale = scale_by_power_of_two(S(1), -static_cast<int>(c.integer("halvings")));
  Vec<S> y(program.m()), lambda(program.rows());
  for (Index i = 0; i < y.size(); ++i)
    y[i] = convert<S>(truth.y[i]) + scale * S(c.vector("y_move")[i]);
  // The true multipliers, true ones moved, or none.
  const long kind = c.integer("multipliers");
  const Vec<double> move = reference::eighths(c.seed, 200, program.rows(), 8);
  for (Index i = 0; i < lambda.size(); ++i) {
    lambda[i] = kind == 0 ? S(0) : convert<S>(truth.multipliers[i]);
    if (kind == 2) lambda[i] += scale * S(move[i]);
    if (i >= program.equalities && lambda[i] < S(0)) lambda[i] = S(0);
  }
  Vec<S> linear, limits;
  const Vec<S> x = widen<S>(c.vector("x"));
  problem.lower_linear_term(x, linear);
  linear += widen<S>(c.vector("q"));
  problem.row_limits(x, limits);
  DataTerms<S> terms;
  problem.data_terms(x, widen<S>(c.vector("q")), terms);
  const auto certificate = Certifier<S>()(problem, linear, limits, terms, y, lambda);
  check.that("no negative multiplier is reported", certificate.dual == S(0));
  judge(check, problem, program, truth, y, lambda, certificate);
}

Case iterated_case(Source& source) {
  Case c = small_case(source);
  c.numbers["iterations"] = static_cast<double>(source.integer(1, 12));
  return c;
}

template <class S>
void bounds_projected_gradient(const Case& c, Check& check) {
  const Program program = program_at(c);
  const Minimiser truth = reference::minimise(program);
  if (!truth.feasible) check.discard("infeasible");
  const QuadraticProblem<S> problem(c.instance);
  ProjectedGradientLowerLevel<S> lower(problem, {0, c.integer("iterations"), 0});
  const auto& s = lower.solve(widen<S>(c.vector("x")), widen<S>(c.vector("q")));
  check.that("no feasible program is called infeasible", s.status != LowerStatus::infeasible,
             to_string(s.status));
  judge(check, problem, program, truth, s.y, s.multipliers, s.certificate);
}

// --- the historical routine ---------------------------------------------------------------------

Case historical_case(Source& source) {
  Case c = small_case(source);
  Instance& in = c.instance;
  in.E = ExactMatrix(0, in.n);
  in.G = ExactMatrix(0, in.m);
  in.e = ExactMatrix(0, 1);
  // Where the routine fails, residuals are of the size of the data: a claim is put to the test
  // there.
  c.numbers["tolerance"] =
      source.chance(0.5) ? HistoricalOptions().tolerance : source.log_uniform(1e-4, 10);
  return c;
}

/// It may fail, but what it calls solved has KKT residuals below its tolerance, and otherwise some
/// residual is not; both but for the rounding of the residuals.
template <class S>
void historical_claims_are_true(const Case& c, Check& check) {
  const QuadraticProblem<S> problem(c.instance);
  if (problem.equalities > 0) check.discard("equalities");
  HistoricalOptions options;
  options.tolerance = c.number("tolerance");
  if (!(options.tolerance > 0)) check.discard("tolerance is not positive");
  HistoricalLowerLevel<S> lower(problem, options);
  const auto& s = lower.solve(widen<S>(c.vector("x")), widen<S>(c.vector("q")));
  check.that("it never claims infeasibility", s.status != LowerStatus::infeasible);
  const Program program = program_at(c);
  const reference::ExactResiduals<S> r(program, s.y, s.multipliers);
  const Rational tolerance = exact(options.tolerance);
  Rational worst = reference::max_entry(r.gradient), rounding = r.gradient_allowed;
  for (Index i = 0; i < program.rows(); ++i) {
    const Rational lambda = exact(s.multipliers[i]);
    const Rational& allowed = r.row_allowed[static_cast<std::size_t>(i)];
    for (const Rational& residual :
         {Rational(-r.slack[i]), Rational(-lambda), Rational(abs(lambda * r.slack[i]))})
      if (worst < residual) worst = residual;
    for (const Rational& slip : {allowed, Rational(abs(lambda) * allowed)})
      if (rounding < slip) rounding = slip;
  }
  if (s.status != LowerStatus::solved) {
    check.that("it fails only where a residual is large", worst > tolerance - rounding);
    return;
  }
  check.at_most("largest KKT residual of a claimed solution", to_double(worst),
                to_double(Rational(tolerance + rounding)));
  const Minimiser truth = reference::minimise(program);
  if (!truth.feasible) return;  // violated by less than its tolerance
  judge(check, problem, program, truth, s.y, s.multipliers, s.certificate);
}

}  // namespace

std::vector<Property> certificate_properties() {
  const std::string bound =
      "|y - y*| <= (|r| + sqrt(|r|^2 + 4 mu chi)) / (2 mu), and the certificate reports that "
      "formula but for the rounding of its sums";
  return {{"K2.bounds_perturbed_points",
           bound,
           perturbed_case,
           {ASSAY_LAW_IN_FIELDS(bounds_perturbed_points)},
           60},
          {"K2.bounds_projected_gradient",
           bound,
           iterated_case,
           {ASSAY_LAW_IN_REALS(bounds_projected_gradient)},
           60},
          {"H1.historical_claims_are_true",
           "what the historical routine calls solved has KKT residuals <= its tolerance; otherwise "
           "one is larger",
           historical_case,
           {ASSAY_LAW_IN_DOUBLE(historical_claims_are_true)},
           40}};
}

}  // namespace assay::properties
