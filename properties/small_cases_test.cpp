// The hard ones among the small cases, and which of them a law may leave out.
#include "properties/small_cases.hpp"

#include <gtest/gtest.h>

#include "assay/problem/instance.hpp"

namespace assay::properties {
namespace {

struct Counts {
  int feasible = 0, degenerate = 0, dependent = 0, perturbed = 0, thin = 0;
};

/// Over 200 cases.
Counts count(Case (*generate)(Source&)) {
  Counts n;
  for (int k = 0; k < 200; ++k) {
    Source source(rc::Random(static_cast<std::uint64_t>(k)), 100);
    const Case c = generate(source);
    n.thin += static_cast<int>(c.numbers.count("thin"));
    n.perturbed += !c.vector("q").isZero(0);
    const auto truth = reference::minimise(program_at(c));
    n.feasible += truth.feasible;
    if (!truth.feasible) continue;
    n.degenerate += !truth.nondegenerate();
    n.dependent += !truth.licq;
  }
  return n;
}

// The limits are about half of what there is: other draws may change that, not the loss of a kind.

/// 188 feasible, 30 degenerate, 29 of them by dependent rows, 94 perturbed, 5 thin.
TEST(SmallCase, IsOftenDegenerate) {
  const Counts n = count(small_case);
  EXPECT_GE(n.feasible, 100);
  EXPECT_GE(n.degenerate, 15);
  EXPECT_GE(n.dependent, 15);
  EXPECT_GE(n.perturbed, 50);
  EXPECT_GE(200 - n.perturbed, 50);
  EXPECT_GE(n.thin, 2);
}

/// 116 feasible, 30 thin.
TEST(TouchingCase, ContradictsItselfOrNot) {
  const Counts n = count(touching_case);
  EXPECT_GE(n.feasible, 40);
  EXPECT_GE(200 - n.feasible, 40);
  EXPECT_GE(n.thin, 15);
}

/// 1 <= y <= limit.
Case line(double limit) {
  Case c;
  c.instance = empty_instance(1, 1);
  c.instance.H.set(0, 0, 1);
  c.instance.A = ExactMatrix(2, 1);
  c.instance.B = ExactMatrix(Mat<double>{{1}, {-1}});
  c.instance.b = ExactMatrix(Mat<double>{{limit}, {-1}});
  c.vectors["x"] = Vec<double>::Zero(1);
  return c;
}

/// Only where the rows contradict each other may a law do without an answer.
TEST(DiscardOnlyInfeasible, AsksTheOracle) {
  Check check;
  EXPECT_THROW(discard_only_infeasible(line(0.5), "not converged", check), Discard);
  EXPECT_THROW(discard_only_infeasible(line(2), "not converged", check), Violation);
  EXPECT_THROW(discard_only_infeasible(line(1), "infeasible", check), Violation);
}

}  // namespace
}  // namespace assay::properties
