// The lower-level solver against the exact oracle, and the residuals of its answers at every size
// and scale.
#include <algorithm>

#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/sparse_qp.hpp"
#include "properties/generators.hpp"
#include "properties/property.hpp"
#include "properties/small_cases.hpp"
#include "reference/exact_residuals.hpp"

namespace assay::properties {

namespace {

using reference::exact;
using reference::ExactResiduals;
using reference::max_entry;
using reference::Minimiser;
using reference::Program;

std::string text(const std::vector<Index>& rows) { return fmt::format("{}", fmt::join(rows, " ")); }

template <class S>
void expect_residuals(Check& check, const ExactResiduals<S>& r) {
  check.that("no inequality multiplier is negative", r.signs);
  const auto share = [&](const char* what, const Rational& value) {
    check.at_most(what, to_double(value), 1.0);
  };
  share("stationarity as a share of rounding", r.stationarity);
  share("violation as a share of rounding", r.primal);
  share("slack beside a multiplier as a share of rounding", r.complementarity);
}

template <class S>
void solution_is_the_oracles(const Program& program, const Minimiser& truth,
                             const LowerSolution<S>& s, Check& check) {
  check.that("the solver solves a feasible program", s.status == LowerStatus::solved,
             to_string(s.status));
  const ExactResiduals<S> residuals(program, s.y, s.multipliers);
  expect_residuals(check, residuals);

  const Rational error =
      reference::sensitivity(program, truth, residuals.allowed) * residuals.allowed;
  check.at_most("distance to the oracle's y", max_entry(exact(s.y) - truth.y), error);
  if (truth.licq)
    check.at_most("distance to the oracle's multipliers",
                  max_entry(exact(s.multipliers) - truth.multipliers), error);
  if (!margins_are_clear(program, truth, error, exact(unit_roundoff<S>()))) return;
  check.that("licq as the oracle has it", s.licq == truth.licq);
  const auto held = together(s.active, s.weakly_active),
             holding = together(truth.strongly_active, truth.weakly_active);
  check.that("the rows that hold are the oracle's", held == holding,
             text(held) + " is not " + text(holding));
  if (truth.licq)
    check.that("the active rows are the oracle's", s.active == truth.strongly_active,
               text(s.active) + " is not " + text(truth.strongly_active));

  Rational slack = 0, multiplier = 0, width = 0;
  bool has_slack = false, has_multiplier = false;
  for (Index i = program.equalities; i < program.rows(); ++i) {
    if (!std::binary_search(holding.begin(), holding.end(), i)) {
      Rational own = program.r[i], row = 0;
      for (Index j = 0; j < program.m(); ++j) {
        own -= program.B(i, j) * truth.y[j];
        row += abs(program.B(i, j));
      }
      if (width < row) width = row;
      if (!has_slack || own < slack) slack = own;
      has_slack = true;
    } else if (truth.multipliers[i] > 0) {
      if (!has_multiplier || truth.multipliers[i] < multiplier) multiplier = truth.multipliers[i];
      has_multiplier = true;
    }
  }
  check.that("a smallest slack where there is one", has_slack == s.has_slack);
  if (has_slack)
    check.at_most("smallest slack", Rational(abs(exact(s.min_slack) - slack)),
                  Rational(width * error + residuals.allowed));
  if (!truth.licq) return;
  check.that("a smallest multiplier where there is one", has_multiplier == s.has_multiplier);
  if (has_multiplier)
    check.at_most("smallest multiplier", Rational(abs(exact(s.min_multiplier) - multiplier)),
                  error);
}

/// Started from no rows, from all that hold, the weakly active ones among them, and from some.
template <class S>
void agrees_with_oracle(const Case& c, Check& check) {
  const Program program = program_at(c);
  const Minimiser truth = reference::minimise(program);
  if (!truth.feasible) check.discard("infeasible");
  const QuadraticProblem<S> problem(c.instance);
  ActiveSetLowerLevel<S> lower(problem);
  const Vec<S> x = widen<S>(c.vector("x")), q = widen<S>(c.vector("q"));
  solution_is_the_oracles(program, truth, lower.solve(x, q), check);
  const auto holding = together(truth.strongly_active, truth.weakly_active);
  lower.set_warm_rows(holding);
  solution_is_the_oracles(program, truth, lower.solve(x, q), check);
  std::vector<Index> some;
  for (std::size_t k = 0; k < holding.size(); ++k)
    if ((c.seed >> k & 1U) != 0) some.push_back(holding[k]);
  lower.set_warm_rows(some);
  solution_is_the_oracles(program, truth, lower.solve(x, q), check);
}

/// Cold, and from the rows of another point.
template <class S>
void sparse_agrees_with_oracle(const Case& c, Check& check) {
  const Program program = program_at(c);
  const Minimiser truth = reference::minimise(program);
  if (!truth.feasible) check.discard("infeasible");
  const SparseProgram<S> sparse{QuadraticProblem<S>(c.instance)};
  SparseQp<S> qp(sparse);
  const Vec<S> x = widen<S>(c.vector("x")), q = widen<S>(c.vector("q"));
  solution_is_the_oracles(program, truth, qp.solve(x, q), check);
  qp.solve(Vec<S>(-x));
  solution_is_the_oracles(program, truth, qp.solve(x, q), check);
  if constexpr (is_exact<S>) {
    if (!truth.licq) return;
    Vec<S> v(program.m()), product;
    for (Index i = 0; i < v.size(); ++i) v[i] = S(i % 3 + 1);
    qp.vjp(v, product);
    const auto derivative =
        reference::derivative(c.instance, x, truth.y, truth.strongly_active).jacobian;
    check.equal("(dy*/dx)'v", product, Vec<S>(derivative.transpose() * v));
  }
}

/// `infeasible` is a proof; the solver may do without one only where rounding hides the gap.
template <class S>
void infeasible_iff_certificate(const Case& c, Check& check) {
  const Program program = program_at(c);
  const Minimiser truth = reference::minimise(program);
  const QuadraticProblem<S> problem(c.instance);
  ActiveSetLowerLevel<S> lower(problem);
  const auto& s = lower.solve(widen<S>(c.vector("x")), widen<S>(c.vector("q")));
  if (truth.feasible) {
    check.that("feasible rows are not called infeasible", s.status != LowerStatus::infeasible);
    // A row that differs from another by `thin` in one entry has a pivot of about thin^2 of its
    // size, over the condition of H and the size of the row: 2^10. Its noise is gamma_{8 (m+k+4)}
    // (k+1) 2, below 2^10 u here.
    const double thin = c.numbers.count("thin") > 0 ? c.number("thin") : 1;
    if (is_exact<S> || thin * thin > 0x1p20 * to_double(unit_roundoff<S>()))
      check.that("feasible rows are solved", s.status == LowerStatus::solved, to_string(s.status));
    if (s.status == LowerStatus::solved)
      expect_residuals(check, ExactResiduals<S>(program, s.y, s.multipliers));
    return;
  }
  if (s.status == LowerStatus::solved) {
    const ExactResiduals<S> r(program, s.y, s.multipliers);
    check.that("infeasible rows are not called solved", !is_exact<S>);
    check.at_most("violation of a solved point as a share of rounding", r.primal, Rational(1));
  }
  // mu'(B y - r) = 1 for every y: of the violation 1 / sum mu that one row has at least, rounding
  // of the terms hides sqrt(u) of each. y as large as the free minimiser and the limits.
  const auto terms = row_terms(program, reference::RVec::Constant(program.m(), Rational(0)));
  Rational largest = 0, weight = 0;
  for (Index i = 0; i < program.rows(); ++i) {
    if (largest < terms[static_cast<std::size_t>(i)]) largest = terms[static_cast<std::size_t>(i)];
    weight += abs(truth.farkas[i]);
  }
  const Rational hidden =
      64 * root_of_roundoff(exact(unit_roundoff<S>())) * Rational(program.m()) * weight * largest;
  if (hidden < 1)
    check.that("contradictions beyond rounding are proved", s.status == LowerStatus::infeasible,
               to_string(s.status));
}

/// A warm start is a shorter way to the same answer.
template <class S>
void warm_start_is_invisible(const Case& c, Check& check) {
  const Vec<double>& target = c.vector("x2");
  const Program program = program_at(c, target, c.vector("q"));
  const Minimiser truth = reference::minimise(program);
  if (!truth.feasible) check.discard("infeasible");
  const QuadraticProblem<S> problem(c.instance);
  ActiveSetLowerLevel<S> warm(problem), cold(problem);
  const Vec<S> x = widen<S>(target), q = widen<S>(c.vector("q"));
  warm.solve(widen<S>(c.vector("x")), {});
  const auto& a = warm.solve(x, q);
  const auto& b = cold.solve(x, q);
  check.that("the same status", a.status == b.status, to_string(a.status));
  const ExactResiduals<S> ra(program, a.y, a.multipliers), rb(program, b.y, b.multipliers);
  expect_residuals(check, ra);
  const Rational larger = ra.allowed < rb.allowed ? rb.allowed : ra.allowed;
  const Rational sensitivity = reference::sensitivity(program, truth, larger);
  const Rational larger_error = sensitivity * larger;
  if (truth.licq && margins_are_clear(program, truth, larger_error, exact(unit_roundoff<S>())))
    check.that("active rows after a warm start", a.active == b.active);
  if (is_exact<S> || (truth.nondegenerate() && a.active == b.active)) {
    check.equal("y after a warm start", a.y, b.y);
    if (truth.licq) check.equal("multipliers after a warm start", a.multipliers, b.multipliers);
    return;
  }
  check.at_most("distance between warm and cold start", max_entry(exact(a.y) - exact(b.y)),
                Rational(sensitivity * (ra.allowed + rb.allowed)));
}

// --- any size and scale -------------------------------------------------------------------------

Case any_scale_case(Source& source) {
  Recipe recipe;
  recipe.scales = source.chance(0.5) ? 498 : 40;
  recipe.largest = 40;
  Case c = quadratic_case(source, recipe);
  c.vectors["q"] = Vec<double>::Zero(c.instance.m);
  // Entries below the normal range, where they are nothing beside the others.
  if (source.chance(0.3)) {
    Instance& in = c.instance;
    in.d.set(source.integer(0, in.m - 1), 0, static_cast<double>(source.integer(0, 9)) * 0x1p-1074);
    c.vectors["x"][source.integer(0, in.n - 1)] = source.pick({0x1p-1074, -0x1.8p-1050, 0});
    if (in.inequality_rows() > 0)
      in.A.set(source.integer(0, in.inequality_rows() - 1), source.integer(0, in.n - 1),
               source.pick({0x1p-1074, -0x1.8p-1060}));
  }
  return c;
}

template <class S>
void satisfies_kkt_at_every_scale(const Case& c, Check& check) {
  const QuadraticProblem<S> problem(c.instance);
  ActiveSetLowerLevel<S> lower(problem);
  const auto& s = lower.solve(widen<S>(c.vector("x")), {});
  if (s.status != LowerStatus::solved) discard_only_infeasible(c, to_string(s.status), check);
  const Program program = program_at(c);
  const ExactResiduals<S> r(program, s.y, s.multipliers);
  expect_residuals(check, r);
  // The certificate tells of the same residuals, but for the rounding of its own sums.
  Rational violation = 0, product = 0, violation_allowed = 0, product_allowed = 0;
  for (Index i = 0; i < program.rows(); ++i) {
    const Rational& allowed = r.row_allowed[static_cast<std::size_t>(i)];
    const Rational own = i < program.equalities ? Rational(abs(r.slack[i])) : Rational(-r.slack[i]);
    const Rational multiplier = abs(exact(s.multipliers[i]));
    if (violation < own) violation = own;
    if (violation_allowed < allowed) violation_allowed = allowed;
    if (i < program.equalities) continue;
    if (product < multiplier * abs(r.slack[i])) product = multiplier * abs(r.slack[i]);
    if (product_allowed < multiplier * allowed) product_allowed = multiplier * allowed;
  }
  const auto& certificate = s.certificate;
  const auto compare = [&](const char* what, const S& told, const Rational& true_value,
                           const Rational& allowed) {
    check.at_most(what, Rational(abs(exact(told) - true_value)), allowed);
  };
  compare("the certificate's stationarity", certificate.stationarity, max_entry(r.gradient),
          r.gradient_allowed);
  compare("the certificate's violation", certificate.primal, violation, violation_allowed);
  compare("the certificate's complementarity", certificate.complementarity, product,
          product_allowed);
}

template <class S>
void sparse_satisfies_kkt(const Case& c, Check& check) {
  const SparseProgram<S> sparse{QuadraticProblem<S>(c.instance)};
  SparseQp<S> qp(sparse);
  const auto& s = qp.solve(widen<S>(c.vector("x")));
  if (s.status != LowerStatus::solved) discard_only_infeasible(c, to_string(s.status), check);
  expect_residuals(check, ExactResiduals<S>(program_at(c), s.y, s.multipliers));
}

}  // namespace

std::vector<Property> lower_level_properties() {
  return {
      {"O1.active_set_is_the_oracles",
       "y, multipliers, active rows and margins are the exact ones: |y - y*| <= |K_J^-1| times the "
       "largest residual that rounding allows, over the independent sets J of holding rows",
       small_case,
       {ASSAY_LAW_IN_FIELDS(agrees_with_oracle)},
       60},
      {"I0.infeasible_iff_certificate",
       "infeasible exactly where a Farkas certificate exists, but for gaps below sqrt(u) of the "
       "terms of a row",
       touching_case,
       {ASSAY_LAW_IN_FIELDS(infeasible_iff_certificate)},
       60},
      {"W1.warm_start_is_invisible",
       "after a solve elsewhere the answer is that of a cold start: the same bits where it is not "
       "degenerate, the same fractions, else within |K_J^-1| times what rounding allows",
       small_case,
       {ASSAY_LAW_IN_FIELDS(warm_start_is_invisible)},
       60},
      {"O2.kkt_residuals_at_every_scale",
       "residuals of the answer, in exact arithmetic, <= gamma_{4 (2N + 16)} of the sum of their "
       "terms, at sizes up to 40, conditions up to 1e10 and scales 2^-498 .. 2^498; the "
       "certificate tells of them",
       any_scale_case,
       {ASSAY_LAW_IN_FIELDS(satisfies_kkt_at_every_scale)},
       40},
      {"O3.sparse_is_the_oracles",
       "what O1 says, of the sparse solver; in fractions its derivative is exact too",
       small_case,
       {ASSAY_LAW_IN_FIELDS(sparse_agrees_with_oracle)},
       60},
      {"O4.sparse_kkt_residuals",
       "what O2 says of the residuals, of the sparse solver",
       any_scale_case,
       {ASSAY_LAW_IN_FIELDS(sparse_satisfies_kkt)},
       40}};
}

}  // namespace assay::properties
