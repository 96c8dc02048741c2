// The published routine: right where it was right, and flagged where it was not.
#include "assay/lower_level/historical.hpp"

#include <cmath>

#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/oracle_test.hpp"
#include "assay/numerics/random.hpp"
#include "assay/support/error.hpp"
#include "reference/small_instances.hpp"

namespace assay {
namespace {

/// On the recorded problem no row is active: the free minimiser is optimal, one "iteration" sees
/// it.
TEST(Historical, NeedsOneIterationOnTheRecordedProblem) {
  const Instance in = read_instance(std::string(ASSAY_GOLDEN) + "/instances/s100.json");
  const QuadraticProblem<double> problem(in);
  HistoricalLowerLevel<double> lower(problem, {});
  const Vec<double> x = in.x0->to_vector<double>();
  const auto& s = lower.solve(x, {});

  EXPECT_EQ(s.status, LowerStatus::solved);
  EXPECT_EQ(s.iterations, 1);
  EXPECT_TRUE(s.active.empty());
  EXPECT_EQ(s.certificate.primal, 0);
  expect_optimal(reference::lower_program(in, widen<Rational>(x)), s, "s100");
}

/// m = 100 and rows with `violated` of them cutting off the free minimiser.
Instance large_program(std::uint64_t seed, Index rows, Index violated) {
  const Index m = 100;
  const RandomStream stream(seed, 6, Purpose::generator, 0);
  std::uint64_t k = 0;
  Instance in = empty_instance(1, m);
  in.A = ExactMatrix(rows, 1);
  in.B = ExactMatrix(rows, m);
  in.b = ExactMatrix(rows, 1);
  for (Index i = 0; i < m; ++i) {
    in.H.set(i, i, 2);
    in.d.set(i, 0, stream.normal(k++));
  }
  for (Index i = 0; i < rows; ++i) {
    double at_free = 0;
    for (Index j = 0; j < m; ++j) {
      in.B.set(i, j, 0.1 * stream.normal(k++));
      at_free -= in.B(i, j) * in.d(j) / 2;
    }
    in.b.set(i, 0, at_free + (i < violated ? -0.5 : 0.5) * std::abs(stream.normal(k++)));
  }
  return in;
}

TEST(Historical, ItsFailureOnManyRowsIsFlagged) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Instance in = large_program(seed, 40, 20);
    const QuadraticProblem<double> problem(in);
    HistoricalLowerLevel<double> historical(problem, {});
    ActiveSetLowerLevel<double> exact_method(problem);
    const Vec<double> x = Vec<double>::Zero(1);
    EXPECT_EQ(historical.solve(x, {}).status, LowerStatus::not_converged) << seed;
    EXPECT_EQ(exact_method.solve(x, {}).status, LowerStatus::solved) << seed;
  }
}

/// A "solved" of the routine passes residuals of its tolerance t in every condition. Then with K2:
/// |y - y*| <= (|r| + sqrt(|r|^2 + 4 mu chi)) / (2 mu), |r| <= sqrt(m) t, chi <= sum |lambda_i h_i|
/// + lambda*'h_+ <= rows t + |lambda*|_1 t.
TEST(Historical, NeverCallsAWrongPointSolved) {
  int solved = 0, failed = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto shape = reference::varied_shape(seed);
    shape.equalities = 0;
    const Instance in = reference::small_instance(seed, shape);
    const QuadraticProblem<double> problem(in);
    // Half of them without the enumeration, through the gradient and correction phases.
    HistoricalLowerLevel<double> lower(problem, {.enumeration_rows = seed % 2 ? 10 : 0});
    const Vec<double> x = reference::eighths(seed, 1000, in.n, 8);
    const auto& s = lower.solve(x, {});
    const auto answer = reference::minimise(reference::lower_program(in, widen<Rational>(x)));
    if (s.status != LowerStatus::solved) {
      ++failed;
      continue;
    }
    ++solved;
    ASSERT_TRUE(answer.feasible) << in.name;
    const double t = 1e-8, mu = problem.mu;
    double multipliers = 0, distance = 0;
    for (Index i = 0; i < problem.rows(); ++i) multipliers += to_double(abs(answer.multipliers[i]));
    for (Index i = 0; i < in.m; ++i)
      distance += std::pow(to_double(Rational(exact(s.y[i]) - answer.y[i])), 2);
    const double r = std::sqrt(static_cast<double>(in.m)) * t;
    const double chi = static_cast<double>(problem.rows()) * t + multipliers * t;
    EXPECT_LE(std::sqrt(distance), (r + std::sqrt(r * r + 4 * mu * chi)) / (2 * mu) * (1 + 1e-9))
        << in.name;
  }
  EXPECT_GT(solved, 100);
  EXPECT_GT(failed, 0);  // the infeasible ones at least
}

/// H = [2 1; 1 2], y* = (2, 0) but for the row y_0 <= 1.
Instance one_binding_row() {
  Instance in = empty_instance(1, 2);
  in.H = ExactMatrix(Mat<double>(Mat<double>::Ones(2, 2) + Mat<double>::Identity(2, 2)));
  in.d.set(0, 0, -4);
  in.d.set(1, 0, -2);
  in.A = in.b = ExactMatrix(1, 1);
  in.b.set(0, 0, 1);
  in.B = ExactMatrix(1, 2);
  in.B.set(0, 0, 1);
  return in;
}

/// From the projection (1, 0) of the free minimiser the gradient is (-2, -1): a step moves y_1 by
/// itself, and y_0 is put back to 1. The projection is off by its own 1e-10.
TEST(Historical, AGradientStepIsAsLongAsAsked) {
  const QuadraticProblem<Real50> problem(one_binding_row());
  HistoricalLowerLevel<Real50> lower(
      problem, {.max_iterations = 1, .step = 0.125, .corrections = 0, .enumeration_rows = 0});
  const auto& s = lower.solve(Vec<Real50>::Constant(1, Real50(0)), {});
  EXPECT_EQ(s.iterations, 1);
  EXPECT_LE(magnitude(Real50(s.y[0] - Real50(1))), Real50(2e-10));
  EXPECT_LE(magnitude(Real50(s.y[1] - Real50(0.125))), Real50(2e-10));
}

/// The row that the gradient phase ends on is the right one: one round solves for it, none does
/// not.
TEST(Historical, CorrectsInAsManyRoundsAsAsked) {
  const QuadraticProblem<double> problem(one_binding_row());
  const auto status = [&](long rounds) {
    HistoricalLowerLevel<double> lower(problem, {.corrections = rounds, .enumeration_rows = 0});
    return lower.solve(Vec<double>::Zero(1), {}).status;
  };
  EXPECT_EQ(status(0), LowerStatus::not_converged);
  EXPECT_EQ(status(1), LowerStatus::solved);
}

TEST(Historical, RefusesEqualityRows) {
  const Instance in = reference::small_instance(1, {.equalities = 1});
  const QuadraticProblem<double> problem(in);
  EXPECT_THROW((HistoricalLowerLevel<double>(problem, {})), InputError);
}

}  // namespace
}  // namespace assay
