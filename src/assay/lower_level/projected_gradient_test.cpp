// Projected gradient: its proved tolerance and its rate, against exact solutions.
#include "assay/lower_level/projected_gradient.hpp"

#include "assay/lower_level/oracle_test.hpp"
#include "assay/support/error.hpp"
#include "reference/small_instances.hpp"

namespace assay {
namespace {

template <class S>
class ProjectedGradient : public testing::Test {};
TYPED_TEST_SUITE(ProjectedGradient, RealScalars, ScalarNames);

struct ProjectedGradientCase {
  Instance instance;
  Vec<double> x;
  reference::Program program;
  reference::Minimiser answer;
};

const std::vector<ProjectedGradientCase>& projected_cases() {
  static const std::vector<ProjectedGradientCase> all = [] {
    std::vector<ProjectedGradientCase> made;
    for (std::uint64_t seed = 500; made.size() < 25; ++seed) {
      ProjectedGradientCase c;
      c.instance = reference::small_instance(seed, reference::varied_shape(seed));
      c.x = reference::eighths(seed, 1000, c.instance.n, 8);
      c.program = reference::lower_program(c.instance, widen<Rational>(c.x));
      c.answer = reference::minimise(c.program);
      if (c.answer.nondegenerate() && !c.answer.strongly_active.empty())
        made.push_back(std::move(c));
    }
    return made;
  }();
  return all;
}

template <class S>
S distance(const Vec<S>& y, const reference::RVec& truth) {
  const reference::RVec gap = exact(y) - truth;
  Rational sum = 0;
  for (Index i = 0; i < gap.size(); ++i) sum += gap[i] * gap[i];
  return square_root(convert<S>(sum));
}

TYPED_TEST(ProjectedGradient, StopsWithinItsToleranceOfTheSolution) {
  using S = TypeParam;
  for (const ProjectedGradientCase& c : projected_cases()) {
    const QuadraticProblem<S> problem(c.instance);
    ProjectedGradientLowerLevel<S> lower(problem, {.tolerance = 1e-9});
    const auto& s = lower.solve(widen<S>(c.x), {});
    ASSERT_EQ(s.status, LowerStatus::solved) << c.instance.name;
    EXPECT_LT(s.iterations, 10000);
    // Pang's bound; rounding of one iteration is 1e6 times smaller than the tolerance.
    EXPECT_LE(distance(s.y, c.answer.y), S(1e-9) * (S(1) + S(1e-6))) << c.instance.name;
    EXPECT_EQ(s.active, c.answer.strongly_active) << c.instance.name;
  }
}

TYPED_TEST(ProjectedGradient, SaysWhenTheLimitCameFirst) {
  using S = TypeParam;
  const ProjectedGradientCase& c = projected_cases().front();
  const QuadraticProblem<S> problem(c.instance);
  ProjectedGradientLowerLevel<S> lower(problem, {.tolerance = 1e-9, .max_iterations = 2});
  lower.set_warm_point(Vec<S>::Constant(c.instance.m, S(100)));
  EXPECT_EQ(lower.solve(widen<S>(c.x), {}).status, LowerStatus::not_converged);
}

TYPED_TEST(ProjectedGradient, SaysInfeasibleWhereNoPointExists) {
  using S = TypeParam;
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.A = ExactMatrix(2, 1);
  in.B = in.b = ExactMatrix(2, 1);
  in.B.set(0, 0, 1);
  in.b.set(0, 0, 1);
  in.B.set(1, 0, -1);
  in.b.set(1, 0, -2);
  const QuadraticProblem<S> problem(in);
  ProjectedGradientLowerLevel<S> lower(problem, {.tolerance = 1e-9});
  EXPECT_EQ(lower.solve(Vec<S>::Constant(1, S(0)), {}).status, LowerStatus::infeasible);
}

/// min 1/2 (y - 1)^2 from below by halving the distance: y ends some 1e-7 short of 1, and a row
/// that holds at 1 is then as far from holding. What the error bound covers counts as holding.
TYPED_TEST(ProjectedGradient, ARowWithinTheErrorBoundIsWeaklyActive) {
  using S = TypeParam;
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.d.set(0, 0, -1);
  in.A = ExactMatrix(2, 1);
  in.B = in.b = ExactMatrix(2, 1);
  in.B.set(0, 0, 1);
  in.b.set(0, 0, 1);
  in.B.set(1, 0, 1);
  in.b.set(1, 0, 1.125);
  const QuadraticProblem<S> problem(in);
  ProjectedGradientLowerLevel<S> lower(problem, {.tolerance = 1e-6, .step = 0.5});
  const auto& s = lower.solve(Vec<S>::Constant(1, S(0)), {});
  ASSERT_EQ(s.status, LowerStatus::solved);
  ASSERT_LT(s.y[0], S(1));
  EXPECT_EQ(s.active, std::vector<Index>{});
  EXPECT_EQ(s.weakly_active, std::vector<Index>{0});
}

TYPED_TEST(ProjectedGradient, WithoutAToleranceOnlyWhatStandsStillIsSolved) {
  using S = TypeParam;
  Instance in = empty_instance(1, 2);
  in.H.set(0, 0, 1);
  in.H.set(1, 1, 4);
  const QuadraticProblem<S> problem(in);
  ProjectedGradientLowerLevel<S> lower(problem, {.max_iterations = 3});
  const Vec<S> x = Vec<S>::Constant(1, S(0));

  lower.set_warm_point(Vec<S>::Constant(2, S(1)));
  EXPECT_EQ(lower.solve(x, {}).status, LowerStatus::not_converged);
  EXPECT_EQ(lower.solve(x, {}).iterations, 3);

  lower.set_warm_point(Vec<S>::Constant(2, S(0)));  // y*, where the gradient is exactly 0
  EXPECT_EQ(lower.solve(x, {}).status, LowerStatus::solved);
  EXPECT_EQ(lower.solve(x, {}).iterations, 1);
}

TYPED_TEST(ProjectedGradient, RefusesAStepThatDiverges) {
  using S = TypeParam;
  Instance in = empty_instance(1, 2);
  in.H.set(0, 0, 1);
  in.H.set(1, 1, 4);
  const QuadraticProblem<S> problem(in);
  try {
    ProjectedGradientLowerLevel<S>(problem, {.step = 0.5});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("lower_level.step: is 0.5", 0), 0u) << error.what();
  }
}

/// G2: |y_K - y*| <= rho^K |y_0 - y*|, rho = max(|1 - eta mu|, |1 - eta L|), for the exact
/// projection.
TYPED_TEST(ProjectedGradient, ContractsAtLeastAsFastAsTheory) {
  using S = TypeParam;
  for (const ProjectedGradientCase& c : projected_cases()) {
    const QuadraticProblem<S> problem(c.instance);
    for (const double share : {0.0, 0.5, 1.9}) {
      const double eta = share / to_double(problem.lipschitz);
      const S step = share > 0 ? S(eta) : S(2) / (problem.mu + problem.lipschitz);
      const S rho = larger(magnitude(S(S(1) - step * problem.mu)),
                           magnitude(S(S(1) - step * problem.lipschitz)));
      const Vec<S> start = Vec<S>::Constant(c.instance.m, S(3));
      for (const long K : {1L, 4L, 16L}) {
        ProjectedGradientLowerLevel<S> lower(problem, {.max_iterations = K, .step = eta});
        lower.set_warm_point(start);
        const auto& s = lower.solve(widen<S>(c.x), {});
        S bound = distance(start, c.answer.y);
        for (long k = 0; k < K; ++k) bound *= rho;
        // Each iteration rounds in H y and in a projection of order m + rows; 1000 covers the
        // condition of the rows of these instances.
        const S rounding = S(static_cast<double>(K)) * S(1000) * gamma_bound<S>(40) * S(10);
        EXPECT_LE(distance(s.y, c.answer.y), bound + rounding) << c.instance.name << " K = " << K;
      }
    }
  }
}

/// G1 is attained: H = diag(1, 4), no rows, step 0.4 contracts both coordinates by exactly 0.6.
TYPED_TEST(ProjectedGradient, AttainsTheRateOnADiagonalProblem) {
  using S = TypeParam;
  Instance in = empty_instance(1, 2);
  in.H.set(0, 0, 1);
  in.H.set(1, 1, 4);
  const QuadraticProblem<S> problem(in);
  ProjectedGradientLowerLevel<S> lower(problem, {.max_iterations = 10, .step = 0.4});
  lower.set_warm_point(Vec<S>::Constant(2, S(1)));
  const auto& s = lower.solve(Vec<S>::Constant(1, S(0)), {});
  S expected(1);
  for (int k = 0; k < 10; ++k) expected *= S(1) - S(0.4);
  // Three rounded operations an iteration, amplified against the result by at most |1 + 1.6|/0.6
  // < 5.
  EXPECT_LE(magnitude(S(s.y[0] - expected)), expected * gamma_bound<S>(10 * 3 * 5));
  // 1 - 0.4 * 4 = -0.6 up to the rounding of the decimal 0.4 to a double, the same in every scalar.
  S other(1);
  for (int k = 0; k < 10; ++k) other *= S(1) - S(0.4) * S(4);
  EXPECT_LE(magnitude(S(s.y[1] - other)), magnitude(other) * gamma_bound<S>(10 * 3 * 5));
}

}  // namespace
}  // namespace assay
