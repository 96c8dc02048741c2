// The exact lower level against an oracle that enumerates active sets in rationals.
#include "assay/lower_level/active_set.hpp"

#include "assay/lower_level/oracle_test.hpp"
#include "reference/small_instances.hpp"

namespace assay {
namespace {

using reference::Minimiser;
using reference::Program;

/// Random instances with their exact answers, solved once for all scalars.
struct ActiveSetCase {
  Instance instance;
  Vec<double> x;
  Program program;
  Minimiser answer;
  Rational sensitivity = 0;
};

/// Moves the limit of the first inactive inequality row so that it just holds: a weakly active row.
void touch(ActiveSetCase& c) {
  for (Index i = 0; i < c.instance.inequality_rows(); ++i) {
    const Index row = c.program.equalities + i;
    Rational slack = c.program.r[row];
    for (Index j = 0; j < c.program.m(); ++j) slack -= c.program.B(row, j) * c.answer.y[j];
    if (slack == 0) continue;
    const Rational limit = c.instance.b.entry<Rational>(i) - slack;
    c.instance.b.set_fraction(i, 0, numerator(limit).str() + "/" + denominator(limit).str());
    return;
  }
}

/// Replaces the last inequality row by twice the first.
void duplicate(Instance& in) {
  const Index last = in.inequality_rows() - 1;
  if (last < 1) return;
  for (Index j = 0; j < in.m; ++j) in.B.set(last, j, 2 * in.B(0, j));
  for (Index j = 0; j < in.n; ++j) in.A.set(last, j, 2 * in.A(0, j));
  in.b.set(last, 0, 2 * in.b(0));
}

const std::vector<ActiveSetCase>& solver_cases() {
  static const std::vector<ActiveSetCase> all = [] {
    std::vector<ActiveSetCase> made;
    for (std::uint64_t seed = 0; seed < 480; ++seed) {
      ActiveSetCase c;
      c.instance = reference::small_instance(seed, reference::varied_shape(seed));
      if (seed % 4 == 3) duplicate(c.instance);
      c.x = reference::eighths(seed, 1000, c.instance.n, 8);
      const auto solve = [&c] {
        c.program = reference::lower_program(c.instance, widen<Rational>(c.x));
        c.answer = reference::minimise(c.program);
      };
      solve();
      if (seed % 4 == 1 && c.answer.feasible) {
        touch(c);
        solve();
      }
      if (c.answer.feasible) c.sensitivity = reference::sensitivity(c.program, c.answer, 0);
      made.push_back(std::move(c));
    }
    return made;
  }();
  return all;
}

template <class S>
class ActiveSetOracle : public testing::Test {};
TYPED_TEST_SUITE(ActiveSetOracle, AllScalars, ScalarNames);

TYPED_TEST(ActiveSetOracle, FindsTheMinimiserItsMultipliersAndItsActiveSet) {
  using S = TypeParam;
  int constrained = 0, degenerate = 0;
  for (const ActiveSetCase& c : solver_cases()) {
    if (!c.answer.feasible) continue;
    const QuadraticProblem<S> problem(c.instance);
    ActiveSetLowerLevel<S> lower(problem);
    const auto& s = lower.solve(widen<S>(c.x), {});
    ASSERT_EQ(s.status, LowerStatus::solved) << c.instance.name;

    expect_optimal(c.program, s, c.instance.name);
    // Residuals of at most e are a change of the data by at most e.
    const Rational e = c.sensitivity * ExactResiduals<S>(c.program, s.y, s.multipliers).allowed;
    EXPECT_LE(max_entry(exact(s.y) - c.answer.y), e) << c.instance.name;
    if (c.answer.unique_multipliers) {
      EXPECT_EQ(s.active, c.answer.strongly_active) << c.instance.name;
      EXPECT_EQ(s.weakly_active, c.answer.weakly_active) << c.instance.name;
    }
    if (c.answer.nondegenerate()) {
      EXPECT_LE(max_entry(exact(s.multipliers) - c.answer.multipliers), e) << c.instance.name;
    }
    degenerate += c.answer.nondegenerate() ? 0 : 1;
    EXPECT_EQ(s.licq, c.answer.licq) << c.instance.name;
    EXPECT_EQ(lower.factor().active(), s.active) << c.instance.name;
    constrained += s.active.empty() ? 0 : 1;
  }
  EXPECT_GT(constrained, 200);  // else the instances say little
  EXPECT_GT(degenerate, 80);
}

TYPED_TEST(ActiveSetOracle, SaysInfeasibleExactlyWhereNoPointExists) {
  using S = TypeParam;
  int infeasible = 0;
  for (const ActiveSetCase& c : solver_cases()) {
    const QuadraticProblem<S> problem(c.instance);
    ActiveSetLowerLevel<S> lower(problem);
    const auto status = lower.solve(widen<S>(c.x), {}).status;
    EXPECT_EQ(status == LowerStatus::infeasible, !c.answer.feasible) << c.instance.name;
    infeasible += c.answer.feasible ? 0 : 1;
  }
  EXPECT_GT(infeasible, 10);
}

TYPED_TEST(ActiveSetOracle, RecordsTheMarginsOfTheClassification) {
  using S = TypeParam;
  for (const ActiveSetCase& c : solver_cases()) {
    if (!c.answer.nondegenerate()) continue;
    const QuadraticProblem<S> problem(c.instance);
    ActiveSetLowerLevel<S> lower(problem);
    const auto& s = lower.solve(widen<S>(c.x), {});
    const ExactResiduals<Rational> at(c.program, c.answer.y, c.answer.multipliers);
    bool has_slack = false, has_multiplier = false;
    Rational slack, multiplier;
    for (Index i = c.program.equalities; i < c.program.rows(); ++i) {
      if (c.answer.multipliers[i] > 0) {
        if (!has_multiplier || c.answer.multipliers[i] < multiplier)
          multiplier = c.answer.multipliers[i];
        has_multiplier = true;
      } else {
        if (!has_slack || at.slack[i] < slack) slack = at.slack[i];
        has_slack = true;
      }
    }
    ASSERT_EQ(s.has_slack, has_slack);
    ASSERT_EQ(s.has_multiplier, has_multiplier);
    // As in the first test; a slack moves by |b_i|_1 times what y moves, plus its own rounding.
    const Rational e = c.sensitivity * ExactResiduals<S>(c.program, s.y, s.multipliers).allowed;
    Rational row = 0;
    for (Index i = 0; i < c.program.rows(); ++i)
      row = std::max(row, Rational(c.program.m()) * max_entry(c.program.B.row(i)));
    if (has_multiplier) {
      EXPECT_LE(abs(exact(s.min_multiplier) - multiplier), e);
    }
    if (has_slack) {
      EXPECT_LE(abs(exact(s.min_slack) - slack), (row + 1) * e);
    }
  }
}

}  // namespace
}  // namespace assay
