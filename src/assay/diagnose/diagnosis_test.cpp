#include "assay/diagnose/diagnosis.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

// Verdicts on small runs whose true cause is known. No program, no oracle.
namespace assay {
namespace {

using Ids = std::vector<std::string>;

/// F = lambda |x|^2 / 2, n variables, from x = (1, ..., 1); the lower level plays no part.
Instance round(Index n, double lambda) {
  Instance in = empty_instance(n, 1);
  in.H.set(0, 0, 1);
  in.x0 = ExactMatrix(n, 1);
  for (Index i = 0; i < n; ++i) {
    in.Qxx.set(i, i, lambda);
    in.x0->set(i, 0, 1);
  }
  return in;
}

/// F = |x| + x^2/16 by y = max(x, 0): -x + 2 y.
Instance bent() {
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.Qxx.set(0, 0, 0.125);
  in.cx.set(0, 0, -1);
  in.cy.set(0, 0, 2);
  in.A = ExactMatrix(1, 1);
  in.B = ExactMatrix(1, 1);
  in.b = ExactMatrix(1, 1);
  in.A.set(0, 0, 1);
  in.B.set(0, 0, -1);
  in.x0 = ExactMatrix(1, 1);
  in.x0->set(0, 0, 0.7);
  return in;
}

Experiment diagnosed_experiment(const std::string& tables, long iterations) {
  return parse_experiment(
      fmt::format("format = \"assay-experiment/1\"\nname = \"small\"\n[instance]\npath = "
                  "\"none.json\"\n{}[run]\niterations = {}\n",
                  tables, iterations),
      "small.toml", ".");
}

std::string ssigd(const std::string& step) {
  return "[algorithm]\nname = \"ssigd\"\nperturbation = 0\n[step]\nrule = \"constant\"\n" + step;
}

Ids with_role(const Diagnosis& d, Role role) {
  Ids ids;
  for (const Finding& f : d.findings)
    if (f.role == role) ids.push_back(f.id);
  return ids;
}

const Finding* find(const Diagnosis& d, const std::string& id) {
  for (const Finding& f : d.findings)
    if (f.id == id) return &f;
  return nullptr;
}

double ratio(const Diagnosis& d, const std::string& id) {
  for (const Effect& effect : d.effects)
    if (effect.id == id) return effect.ratio;
  ADD_FAILURE() << "no what-if " << id;
  return 0;
}

TEST(Diagnosis, ARunWithoutIterationsIsUndecided) {
  const Diagnosis d = diagnose(diagnosed_experiment(ssigd("length = 0.1\n"), 0), round(2, 1));
  EXPECT_EQ(d.verdict, "undecided");
  EXPECT_EQ(d.findings.size(), 0U);
  EXPECT_TRUE(d.ladders.empty());
}

/// Three gradient steps of 1e-4 leave y where it was.
TEST(Diagnosis, AnUnsolvedLowerLevelIsACauseAndAReport) {
  Instance in = empty_instance(1, 1);
  // f = (x - 1)^2 + x y + y^2, y* = 3 - x: the estimate is x - 2 - y and, at y*, 2 x - 5. With y
  // left at 0 it ends at x = 2, where F' = -1.
  in.H.set(0, 0, 1);
  in.M.set(0, 0, 1);
  in.d.set(0, 0, -3);
  in.Qxx.set(0, 0, 2);
  in.Qxy.set(0, 0, 1);
  in.Qyy.set(0, 0, 2);
  in.x_target.set(0, 0, 1);
  in.x0 = ExactMatrix(1, 1);
  in.x0->set(0, 0, 3);
  const Diagnosis d = diagnose(
      diagnosed_experiment(ssigd("length = 0.3\n") +
                               "[lower_level]\nsolver = \"projected_gradient\"\nstep = 1e-4\n"
                               "max_iterations = 3\ntolerance = 0\naccept_unconverged = true\n",
                           60),
      in);
  EXPECT_EQ(d.verdict, "causes");
  EXPECT_EQ(with_role(d, Role::cause), Ids{"lower_level"});
  EXPECT_EQ(with_role(d, Role::report), Ids{"lower_level_not_converged"});
}

TEST(Diagnosis, ACapThatSlowsTheIterationIsTheCause) {
  const Diagnosis d =
      diagnose(diagnosed_experiment(ssigd("length = 0.3\ncap = 1e-3\n"), 120), round(2, 2));
  EXPECT_EQ(d.verdict, "causes");
  EXPECT_EQ(with_role(d, Role::cause), Ids{"step_limited"});
  EXPECT_EQ(d.cures, std::vector<Ids>{{"cap"}});
}

/// eta lambda = 1: each gap is the length of one mean of noise in 8 entries, independent of the
/// others. log of it deviates by sqrt(psi'(4)) / 2 = 0.266, the mean of 20 by 0.0596, the quotient
/// of two by 0.0843; four times the samples halve it. Four deviations: 0.5 exp(+-0.337).
TEST(Diagnosis, MoreSamplesOfANoisyGradientHelpByTheirRoot) {
  const Diagnosis d =
      diagnose(diagnosed_experiment(ssigd("length = 0.5\n") + "[noise]\ngradient_std = 1e-3\n", 40),
               round(8, 2));
  EXPECT_GT(ratio(d, "samples"), 0.357);
  EXPECT_LT(ratio(d, "samples"), 0.701);
  EXPECT_EQ(find(d, "no_variance"), nullptr);
  EXPECT_EQ(with_role(d, Role::design), Ids{"noise"});
}

TEST(Diagnosis, SamplesOfAnExactGradientDoNothing) {
  const Diagnosis d = diagnose(diagnosed_experiment(ssigd("length = 0.4\n"), 30), round(2, 2));
  EXPECT_EQ(ratio(d, "samples"), 1);
  EXPECT_NE(find(d, "no_variance"), nullptr);
}

/// eta lambda = 2.1: x changes sign and grows by 1.1 in each step.
TEST(Diagnosis, AStepBeyondTheLimitIsTheStepRule) {
  const Diagnosis d = diagnose(diagnosed_experiment(ssigd("length = 1\n"), 60), round(1, 2.1));
  EXPECT_EQ(d.verdict, "causes");
  EXPECT_EQ(with_role(d, Role::cause), Ids{"step_rule"});
  EXPECT_EQ(d.ending.tail.shape, Tail::Shape::rising);
}

/// A bound that holds with zero multiplier all along, y_1 >= 0 with y_1* = 0, beside y_0 = max(x,
/// 0).
TEST(Diagnosis, WhereARowHoldsWithZeroMultiplierTheKinkIsNamed) {
  Instance in = empty_instance(1, 2);
  in.H.set(0, 0, 1);
  in.H.set(1, 1, 1);
  in.cx.set(0, 0, -1);
  in.cy.set(0, 0, 2);
  in.A = ExactMatrix(1, 1);
  in.B = ExactMatrix(1, 2);
  in.b = ExactMatrix(1, 1);
  in.A.set(0, 0, 1);
  in.B.set(0, 0, -1);
  in.lower.set(1, 0, 0);
  in.x0 = ExactMatrix(1, 1);
  in.x0->set(0, 0, 0.7);
  const Diagnosis d = diagnose(diagnosed_experiment(ssigd("length = 0.0625\n"), 60), in);
  EXPECT_EQ(d.verdict, "causes");
  ASSERT_EQ(with_role(d, Role::cause), Ids{"kink"});
  EXPECT_EQ(find(d, "kink")->numbers.at("rows"), 1);
}

TEST(Diagnosis, DoesNotDependOnTheThreads) {
  const Experiment e =
      diagnosed_experiment(ssigd("length = 0.1\ncap = 0.01\n[noise]\ngradient_std = 0.1\n"), 60);
  DiagnoseOptions options;
  const Diagnosis alone = diagnose(e, round(3, 2), options);
  EXPECT_GT(alone.effects.size(), 3U);
  for (const int jobs : {2, 7}) {
    options.jobs = jobs;
    const Diagnosis d = diagnose(e, round(3, 2), options);
    ASSERT_EQ(d.effects.size(), alone.effects.size());
    for (std::size_t k = 0; k < d.effects.size(); ++k) {
      EXPECT_EQ(d.effects[k].id, alone.effects[k].id);
      EXPECT_EQ(d.effects[k].ratio, alone.effects[k].ratio);
      EXPECT_EQ(d.effects[k].ending.x, alone.effects[k].ending.x);
    }
    EXPECT_EQ(d.cures, alone.cures);
    EXPECT_EQ(d.verdict, alone.verdict);
  }
}

TEST(Diagnosis, WithoutAnIterationNothingIsProved) {
  const Diagnosis d = diagnose(diagnosed_experiment(ssigd("length = 1\n"), 0), round(1, 1));
  EXPECT_FALSE(d.proved.proved);
  EXPECT_EQ(d.proved.why, "no iteration was made");
}

/// What has to be proved of a kink before it counts as an optimum: each of the conditions alone
/// makes it none.
TEST(Diagnosis, AKinkIsAnOptimumOnlyOnAllConditions) {
  const ProvedKink good{true, "", 20, 2, 0.0625, 0, 1, 0.0999, 0.8, -0.99, -0.99};
  const auto verdict = [&](auto change) {
    ProvedKink kink = good;
    change(kink);
    DiagnoseOptions options;
    options.iterations = {0};
    options.prover.kink = [&](const std::vector<Vec<double>>& points) {
      EXPECT_EQ(points.size(), 20U);
      return kink;
    };
    const Diagnosis d =
        diagnose(diagnosed_experiment(ssigd("length = 0.0625\n"), 60), bent(), options);
    EXPECT_EQ(find(d, "kink_optimum") != nullptr, d.verdict == "healthy");
    return d.verdict;
  };
  EXPECT_EQ(verdict([](ProvedKink&) {}), "healthy");
  // At a tenth of the shortest gradient, and just above.
  EXPECT_EQ(verdict([](ProvedKink& k) { k.distance = 0.1001; }), "undecided");
  EXPECT_EQ(verdict([](ProvedKink& k) { k.proved = false; }), "undecided");
  EXPECT_EQ(verdict([](ProvedKink& k) { k.pieces = 1; }), "undecided");
  EXPECT_EQ(verdict([](ProvedKink& k) { k.smooth = 0; }), "undecided");
  EXPECT_EQ(verdict([](ProvedKink& k) { k.slope_there = 0; }), "undecided");
  EXPECT_EQ(verdict([](ProvedKink& k) { k.slope_back = 0; }), "undecided");
}

/// The curvature of S100 under DS-BLO's average and momentum of 0.9: k* = 0.19/0.81. x goes round
/// once in 2 pi / theta = 56.52 iterations with 2 cos theta = 1.99 - 0.01 k*, its gradient's length
/// twice.
TEST(Diagnosis, AnUnstableLoopIsToldWithThePeriodOfTheGap) {
  const Diagnosis d = diagnose(
      diagnosed_experiment("[algorithm]\nname = \"dsblo\"\norder = \"legacy\"\nmomentum = 0.9\n"
                           "gradient_average = 0.9\nmomentum_start = \"zero\"\nperturbation = 0\n"
                           "[step]\nrule = \"inverse_momentum\"\ngamma1 = 50\ngamma2 = 5\n",
                           400),
      round(1, 2.0278));
  ASSERT_EQ(with_role(d, Role::cause), Ids{"unstable_loop"});
  const auto& n = find(d, "unstable_loop")->numbers;
  EXPECT_NEAR(n.at("predicted_period"), 28.26, 0.005);
  EXPECT_NEAR(d.loop->period, 56.52, 0.005);
  // Whole iterations are all that a trace can tell.
  EXPECT_EQ(d.ending.tail.shape, Tail::Shape::cycle);
  EXPECT_NEAR(d.ending.tail.period, 28.26, 1);
}

}  // namespace
}  // namespace assay
