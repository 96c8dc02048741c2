#include <algorithm>
#include <array>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/run/run.hpp"
#include "assay/support/error.hpp"
#include "properties/exact_point.hpp"
#include "properties/generators.hpp"
#include "properties/property.hpp"
#include "properties/small_cases.hpp"
#include "properties/transforms.hpp"

namespace assay::properties {

namespace {

using RVec = Vec<Rational>;

// ---- cases ----

/// All data to multiples of 2^-10: fractions stay short, and what is orthogonal with small
/// denominators stays nearly exact in double too.
void to_grid(Case& c) {
  Instance& in = c.instance;
  const auto rounded = [](double v) {
    return std::isfinite(v) ? std::nearbyint(v * 0x1p10) * 0x1p-10 : v;
  };
  for (ExactMatrix* a :
       {&in.Qxx, &in.Qxy, &in.Qyy, &in.x_target, &in.y_target, &in.cx, &in.cy, &in.H, &in.M, &in.d,
        &in.A, &in.B, &in.b, &in.E, &in.G, &in.e, &in.lower, &in.upper})
    for (Index j = 0; j < a->cols(); ++j)
      for (Index i = 0; i < a->rows(); ++i) a->set(i, j, rounded((*a)(i, j)));
  for (auto& [name, v] : c.vectors)
    for (double& entry : v) entry = rounded(entry);
}

Case case_up_to(Source& source, Index largest, double grid_chance) {
  Recipe recipe;
  recipe.largest = largest;
  // On the grid H moves by at most 12 * 2^-11 < 1, its smallest eigenvalue.
  recipe.condition = 100;
  recipe.margin = 0.05;
  Case c = quadratic_case(source, recipe);
  if (source.chance(0.5))
    for (Index j = 0; j < c.instance.m; ++j)
      for (Index i = 0; i < c.instance.n; ++i) c.instance.Qxy.set(i, j, source.eighths(8));
  for (Index j = 0; j < c.instance.m; ++j) c.instance.y_target.set(j, 0, source.eighths(16));
  if (source.chance(0.3)) c.vectors["q"] = source.normals(c.instance.m) * 0.1;
  if (source.chance(grid_chance)) to_grid(c);
  return c;
}

Case any_case(Source& source) { return case_up_to(source, 12, 0.5); }
Case grid_case(Source& source) { return case_up_to(source, 8, 1); }
/// f, g and each row times up to 2^40 or 2^-40.
Case scaled_case(Source& source) {
  Case c = any_case(source);
  c.numbers["scales"] = static_cast<double>(source.integer(1, 40));
  return c;
}
Case case_with_rows(Source& source) {
  Case c = any_case(source);
  while (c.instance.inequality_rows() == 0) c = any_case(source);
  return c;
}

// ---- answers ----

/// What a program says of one lower level at one point.
template <class S>
struct Answer {
  Answer(const Instance& instance, const Vec<S>& x, const Vec<S>& q)
      : problem(instance), lower(problem), estimator({&problem, &lower, nullptr, {}, {}}) {
    const LowerSolution<S>& s = lower.solve(x, q);
    infeasible = s.status == LowerStatus::infeasible;
    if (infeasible) return;
    estimator.evaluate(x, q, 0, gradient);
    value = estimator.value(x, q, 0);
    solution = lower.solve(x, q);
  }

  QuadraticProblem<S> problem;
  ActiveSetLowerLevel<S> lower;
  ImplicitEstimator<S> estimator;
  bool infeasible = false;
  LowerSolution<S> solution;
  Hypergradient<S> gradient;
  S value{0};
};

template <class S>
Vec<S> given(const Case& c, const std::string& name) {
  return c.vectors.count(name) ? widen<S>(c.vector(name)) : Vec<S>();
}

template <class T>
Mat<T> in_scalar(const Mat<Rational>& a) {
  Mat<T> out(a.rows(), a.cols());
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) out(i, j) = convert<T>(a(i, j));
  return out;
}

enum class Sameness { to_rounding, to_the_bit };

/// The answers of the case as it stands, and the comparison with those of a rewritten one.
template <class S>
class Base {
 public:
  using T = Wider<S>;

  Base(const Case& c, Check& check)
      : check_(check),
        answer_(c.instance, widen<S>(c.vector("x")), given<S>(c, "q")),
        wide_(c.instance),
        exact_(wide_, widen<T>(c.vector("x")), given<T>(c, "q"), answer_.solution.active) {
    if (answer_.infeasible) discard_only_infeasible(c, "infeasible", check);
    if (!answer_.solution.weakly_active.empty() || !answer_.solution.licq)
      check.discard("degenerate");
    check.that("active rows are independent", exact_.independent);
    check.that("the active set is not clearly another", !exact_.is_wrong());
    if (!exact_.holds_clearly()) check.discard("nearly degenerate");
  }

  const LowerSolution<S>& solution() const { return answer_.solution; }

  /// Each figure within the sum of what the roundings of both computations allow, ExactPoint's
  /// bounds.
  void same(const Rewritten& r, Sameness sameness = Sameness::to_rounding) {
    const Answer<S> other(r.instance, converted<S>(r.x), converted<S>(r.q));
    check_.that("feasible stays feasible", !other.infeasible);
    const LowerSolution<S>& s = other.solution;
    const QuadraticProblem<T> wide(r.instance);
    const ExactPoint<S> exact(wide, converted<T>(r.x), converted<T>(r.q), s.active);
    check_.that("active rows of the rewritten problem are independent", exact.independent);
    const bool bits = sameness == Sameness::to_the_bit;
    const T factor = convert<T>(r.upper_back), shift = convert<T>(r.F_shift);
    const Mat<T> y_back = in_scalar<T>(r.y_back), back = in_scalar<T>(r.multiplier_back),
                 gradient_back = in_scalar<T>(r.gradient_back);
    const auto compare = [&](const std::string& what, const Vec<T>& mine, const Vec<T>& mine_floor,
                             const Vec<T>& theirs, const Vec<T>& theirs_floor) {
      for (Index i = 0; i < mine.size(); ++i)
        check_.at_most(what, magnitude(T(mine[i] - theirs[i])),
                       bits ? T(0) : T(mine_floor[i] + theirs_floor[i]));
    };
    compare("y*", converted<T>(answer_.solution.y), exact_.y_floor,
            times<T>(y_back, converted<T>(s.y)) + converted<T>(r.y_shift),
            times<T>(sizes<T>(y_back), exact.y_floor));
    compare("multipliers", converted<T>(answer_.solution.multipliers), exact_.multiplier_floor,
            times<T>(back, converted<T>(s.multipliers)),
            times<T>(sizes<T>(back), exact.multiplier_floor));
    const auto gradient = [&](const std::string& what, const Vec<S>& mine, const Vec<T>& mine_floor,
                              const Vec<S>& theirs, const Vec<T>& theirs_floor) {
      compare(what, converted<T>(mine), mine_floor,
              factor * times<T>(gradient_back, converted<T>(theirs)),
              magnitude(factor) * times<T>(sizes<T>(gradient_back), theirs_floor));
    };
    gradient("direct part", answer_.gradient.direct, exact_.direct_floor, other.gradient.direct,
             exact.direct_floor);
    gradient("implicit part", answer_.gradient.implicit, exact_.implicit_floor,
             other.gradient.implicit, exact.implicit_floor);
    gradient("gradient", answer_.gradient.total, exact_.gradient_floor, other.gradient.total,
             exact.gradient_floor);
    compare("F", Vec<T>::Constant(1, convert<T>(answer_.value)),
            Vec<T>::Constant(1, exact_.value_floor),
            Vec<T>::Constant(1, factor * convert<T>(other.value) + shift),
            Vec<T>::Constant(1, magnitude(factor) * exact.value_floor));
    licq = s.licq;
    kink = other.gradient.kink;
    active = static_cast<Index>(s.active.size());
    weakly_active = static_cast<Index>(s.weakly_active.size());
  }

  /// As same(), and no row became or ceased to be held.
  void same_rows(const Rewritten& r, Sameness sameness = Sameness::to_rounding) {
    same(r, sameness);
    check_.that("as many rows are active",
                active == static_cast<Index>(answer_.solution.active.size()));
    check_.that("no row is weakly active", weakly_active == 0 && licq && !kink);
  }

  bool licq = true, kink = false;
  Index active = 0, weakly_active = 0;

 private:
  Check& check_;
  Answer<S> answer_;
  QuadraticProblem<T> wide_;
  ExactPoint<S> exact_;
};

// ---- laws ----

template <class S>
void permutations(const Case& c, Check& check) {
  Base<S> base(c, check);
  Choices choices(c);
  Rewritten r(c);
  change_x(r, signed_permutation(choices, c.instance.n));
  change_y(r, signed_permutation(choices, c.instance.m));
  permute_rows(r, choices.permutation(c.instance.inequality_rows()),
               choices.permutation(c.instance.equality_rows()));
  base.same_rows(r);
}

template <class S>
void rotations(const Case& c, Check& check) {
  Base<S> base(c, check);
  Choices choices(c);
  Rewritten r(c);
  bounds_as_rows(r);
  change_x(r, rotation(choices, c.instance.n));
  change_y(r, rotation(choices, c.instance.m));
  base.same_rows(r);
}

template <class S>
void translations(const Case& c, Check& check) {
  Base<S> base(c, check);
  Choices choices(c);
  const auto vector = [&choices](Index size) {
    RVec v(size);
    for (Index i = 0; i < size; ++i) v[i] = Rational(choices.below(33) - 16) / 8;
    return v;
  };
  Rewritten r(c);
  move_targets(r, vector(c.instance.n), vector(c.instance.m));
  translate_x(r, vector(c.instance.n));
  translate_y(r, vector(c.instance.m));
  add_constant(r, Rational(choices.below(33) - 16) / 4);
  base.same_rows(r);
}

/// The factors of f, g and the rows; each of its own.
template <class Factor>
void scale_all(Rewritten& r, const Factor& factor) {
  scale_upper(r, factor());
  scale_lower(r, factor());
  for (Index i = 0; i < r.instance.inequality_rows(); ++i) scale_inequality(r, i, factor());
  for (Index i = 0; i < r.instance.equality_rows(); ++i) scale_equality(r, i, factor());
}

template <class S>
void powers_of_two(const Case& c, Check& check) {
  Base<S> base(c, check);
  Choices choices(c);
  Rewritten r(c);
  const long most = c.integer("scales");
  if (most < 0 || most > 400) check.discard("beyond the exponents of double");
  scale_all(r, [&choices, most] {
    const Index exponent = choices.below(2 * most + 1) - most;
    return scale_by_power_of_two(Rational(1), static_cast<int>(exponent));
  });
  base.same_rows(r, Sameness::to_the_bit);
}

template <class S>
void odd_factors(const Case& c, Check& check) {
  Base<S> base(c, check);
  Choices choices(c);
  Rewritten r(c);
  scale_all(r, [&choices] {
    const Rational odd(2 * choices.below(8) + 3);
    return choices.coin() ? odd : Rational(Rational(1) / odd);
  });
  for (Index i = 0; i < c.instance.equality_rows(); ++i)
    if (choices.coin()) scale_equality(r, i, Rational(-1));
  base.same_rows(r);
}

template <class S>
void redundant_rows(const Case& c, Check& check) {
  Base<S> base(c, check);
  const Index rows = c.instance.inequality_rows();
  if (rows == 0) check.discard("no rows to repeat");
  Choices choices(c);
  Rewritten r(c);
  // Multiplied by powers of two the copies are dependent to the bit; by 3 up to rounding.
  const Index copies = 1 + choices.below(3);
  for (Index k = 0; k < copies; ++k) {
    const Index now = r.instance.inequality_rows();
    const Index kind = choices.below(3);
    const Rational factor = kind == 0 ? Rational(1) : kind == 1 ? Rational(1) / 2 : Rational(3);
    repeat_row(r, choices.below(now), factor, choices.below(now + 1));
  }
  add_implied_row(r, choices.below(rows), choices.below(rows), Rational(choices.below(2)));
  const Index equalities = c.instance.equality_rows();
  if (equalities > 0 && choices.coin())
    repeat_equality(r, choices.below(equalities), Rational(std::array{-1, 2, 3}[choices.below(3)]));
  base.same(r);
  check.that("as many rows carry a multiplier",
             base.active == static_cast<Index>(base.solution().active.size()));
}

template <class S>
void rows_in_other_words(const Case& c, Check& check) {
  Base<S> base(c, check);
  Rewritten bounds(c);
  bounds_as_rows(bounds);
  base.same_rows(bounds);
  if (c.instance.equality_rows() == 0) return;
  Rewritten r(c);
  equalities_as_inequalities(r);
  base.same(r);
  check.that("both sides of an equality are held",
             base.active + base.weakly_active ==
                 static_cast<Index>(base.solution().active.size()) + c.instance.equality_rows());
  check.that("both sides of an equality are dependent", !base.licq);
}

template <class S>
void independent_block(const Case& c, Check& check) {
  Base<S> base(c, check);
  Choices choices(c);
  Rewritten r(c);
  pad(r, choices);
  // F gains the block's own part, a constant: not compared, as it is not known. Its row may hold
  // weakly.
  const Answer<Rational> block(r.instance, r.x, r.q),
      alone(c.instance, widen<Rational>(c.vector("x")), given<Rational>(c, "q"));
  if (block.infeasible) check.discard("infeasible");
  r.F_shift = alone.value - block.value;
  if (!block.solution.weakly_active.empty()) check.discard("degenerate");
  base.same(r);
}

/// The upper set limits steps, not answers; and a lower level's answer does not depend on what was
/// solved before.
template <class S>
void nothing_else_matters(const Case& c, Check& check) {
  const Vec<S> x = widen<S>(c.vector("x")), q = given<S>(c, "q");
  Answer<S> cold(c.instance, x, q);
  if (cold.infeasible) check.discard("infeasible");
  const auto same = [&](const std::string& what, const LowerSolution<S>& s,
                        const Hypergradient<S>& g) {
    check.equal(what + ": y*", s.y, cold.solution.y);
    check.equal(what + ": multipliers", s.multipliers, cold.solution.multipliers);
    check.equal(what + ": gradient", g.total, cold.gradient.total);
    check.that(what + ": rows",
               s.active == cold.solution.active && s.weakly_active == cold.solution.weakly_active);
  };
  Case boxed = c;
  boxed.instance.x_set.kind = UpperSet::Kind::box;
  boxed.instance.x_set.lower = ExactMatrix(Mat<double>::Constant(c.instance.n, 1, -0.5));
  boxed.instance.x_set.upper = ExactMatrix(Mat<double>::Constant(c.instance.n, 1, 0.5));
  const Answer<S> in_box(boxed.instance, x, q);
  same("an upper box", in_box.solution, in_box.gradient);

  if (!cold.solution.weakly_active.empty()) return;  // several sets of rows may carry one answer
  Choices choices(c);
  Vec<S> elsewhere = x;
  for (int k = 0; k < 3; ++k) {
    for (Index i = 0; i < x.size(); ++i) elsewhere[i] += S(choices.below(33) - 16) / S(8);
    if (cold.lower.solve(elsewhere, q).status == LowerStatus::infeasible) continue;
  }
  Hypergradient<S> g;
  cold.estimator.evaluate(x, q, 0, g);
  same("a warm start", cold.estimator.solution(), g);
  std::vector<Index> rows;
  for (Index i = 0; i < cold.problem.rows(); ++i)
    if (choices.coin()) rows.push_back(i);
  cold.lower.set_warm_rows(rows);
  cold.estimator.evaluate(x, q, 0, g);
  same("arbitrary warm rows", cold.estimator.solution(), g);
}

// ---- runs ----

Case scaled_run_case(Source& source) {
  Case c = case_up_to(source, 6, 0);
  c.instance.x0 = ExactMatrix(Mat<double>(c.vector("x")));
  c.numbers["exponent"] = static_cast<double>(source.integer(-12, 12));
  c.numbers["length"] = source.log_uniform(1e-3, 0.1);
  return c;
}

Trace ssigd(const Case& c, const Instance& instance, double length, Check& check) {
  const Experiment e = parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"law\"\n[instance.generator]\nn = 1\n"
      "[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"constant\"\nlength = " +
          to_text(length) + "\n[run]\niterations = 12\nseed = " + std::to_string(c.seed >> 12) +
          "\n",
      "law", ".");
  RunOutcome out;
  try {
    out = run_experiment(e, instance);
  } catch (const NumericalError& error) {  // no y at the start
    check.discard(error.what());
  }
  if (out.end != RunEnd::finished) check.discard(out.failure);
  return out.trace;
}

/// f times 2^k with steps times 2^-k: the same iterates bit for bit, gaps times 2^k.
template <class S>
void scaled_run(const Case& c, Check& check) {
  const int k = static_cast<int>(c.integer("exponent"));
  if (!(c.number("length") > 0) || !c.instance.x0) check.discard("no run");
  Instance scaled = c.instance;
  scale_upper(scaled, k);
  const Trace a = ssigd(c, c.instance, c.number("length"), check);
  const Trace b = ssigd(c, scaled, std::ldexp(c.number("length"), -k), check);
  check.that("as many rows", a.rows.size() == b.rows.size());
  for (std::size_t row = 0; row < a.rows.size(); ++row) {
    check.that("the same iterates", a.cell(row, "x_digest") == b.cell(row, "x_digest"),
               "row " + std::to_string(row));
    for (const char* gap : {"gap_total", "gap_direct", "gap_implicit", "objective"})
      check.equal(std::string(gap) + " scales", std::ldexp(a.number(row, gap), k),
                  b.number(row, gap));
    check.that("the same active set",
               a.cell(row, "active_set_digest") == b.cell(row, "active_set_digest"));
  }
}

/// A box for x far beyond every iterate changes nothing.
template <class S>
void boxed_run(const Case& c, Check& check) {
  if (!(c.number("length") > 0) || !c.instance.x0) check.discard("no run");
  const Trace a = ssigd(c, c.instance, c.number("length"), check);
  Instance boxed = c.instance;
  boxed.x_set.kind = UpperSet::Kind::box;
  boxed.x_set.lower = ExactMatrix(Mat<double>::Constant(c.instance.n, 1, -1e30));
  boxed.x_set.upper = ExactMatrix(Mat<double>::Constant(c.instance.n, 1, 1e30));
  const Trace b = ssigd(c, boxed, c.number("length"), check);
  check.that("as many rows", a.rows.size() == b.rows.size());
  for (std::size_t row = 0; row < a.rows.size(); ++row)
    for (const char* column : {"x_digest", "gap_total", "gap_reported", "step_applied"})
      check.that(std::string("in a large box the same ") + column,
                 a.cell(row, column) == b.cell(row, column), "row " + std::to_string(row));
}

}  // namespace

std::vector<Property> metamorphic_properties() {
  return {
      {"T1.permutations",
       "signed permutations of x and y and permutations of the rows permute y*, multipliers and "
       "gradients",
       any_case,
       {ASSAY_LAW_IN_FIELDS(permutations)}},
      {"T2.rotations",
       "x = P x', y = Q y' with P, Q orthogonal: y* = Q y*', multipliers and F stay, gradients "
       "turn "
       "with P",
       grid_case,
       {ASSAY_LAW_IN_FIELDS(rotations)}},
      {"T3.translations",
       "moving x, y, the targets and c0 by constants moves y* and F alike and leaves multipliers "
       "and gradients",
       any_case,
       {ASSAY_LAW_IN_FIELDS(translations)}},
      {"T4.powers_of_two",
       "f, g and rows times powers of two scale gradients, multipliers and nothing else, bit for "
       "bit",
       scaled_case,
       {ASSAY_LAW_IN_FIELDS(powers_of_two)}},
      {"T5.odd_factors",
       "f, g and rows times odd factors scale gradients and multipliers up to rounding",
       any_case,
       {ASSAY_LAW_IN_FIELDS(odd_factors)}},
      {"T6.redundant_rows",
       "repeated and implied rows change neither y* nor grad F, and repeated rows share the "
       "multiplier",
       case_with_rows,
       {ASSAY_LAW_IN_FIELDS(redundant_rows)}},
      {"T7.rows_in_other_words",
       "bounds written as rows, equalities as two inequalities: the same answers",
       any_case,
       {ASSAY_LAW_IN_FIELDS(rows_in_other_words)}},
      {"T8.independent_block",
       "variables of a block of its own change no answer of the others",
       grid_case,
       {ASSAY_LAW_IN_FIELDS(independent_block)}},
      {"T9.nothing_else_matters",
       "neither the upper set nor earlier solves nor the warm start change a bit of the answer",
       any_case,
       {ASSAY_LAW_IN_FIELDS(nothing_else_matters)}},
      {"T10.scaled_run",
       "SSIGD on f 2^k with step 2^-k makes the same iterates bit for bit, with gaps times 2^k",
       scaled_run_case,
       {ASSAY_LAW_IN_DOUBLE(scaled_run)},
       50},
      {"T11.boxed_run",
       "SSIGD with x in a box beyond all its iterates makes the same run",
       scaled_run_case,
       {ASSAY_LAW_IN_DOUBLE(boxed_run)},
       50},
  };
}

}  // namespace assay::properties
