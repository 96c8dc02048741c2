#include "assay/diagnose/theory.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>

namespace assay {
namespace {

Experiment theory_experiment(const std::string& tables) {
  return parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"small\"\n[instance]\npath = \"none.json\"\n" +
          tables + "[run]\niterations = 100\n",
      "small.toml", ".");
}

Experiment dsblo(const std::string& order, double average, double momentum,
                 const std::string& step) {
  return theory_experiment(fmt::format(
      "[algorithm]\nname = \"dsblo\"\norder = \"{}\"\ngradient_average = {}\nmomentum = {}\n"
      "[step]\nrule = \"inverse_momentum\"\n{}",
      order, average, momentum, step));
}

LocalModel model(double smallest, double largest) {
  LocalModel m;
  m.spectrum = Vec<double>(2);
  m.spectrum << smallest, largest;
  return m;
}

Tail tail_of(Tail::Shape shape) {
  Tail tail;
  tail.shape = shape;
  tail.rate = 0.75;
  tail.exponent = -1.5;
  tail.level = 0.125;
  tail.last = 0.0625;
  return tail;
}

/// y* = x/2 makes F = 2 x^2 - 28 x - 2 of Qxx = 14, Qxy = -12, Qyy = 8: all steps without rounding.
TEST(LocalModel, HasTheCurvatureThatTheLowerLevelBrings) {
  const Instance in = read_instance(ASSAY_GOLDEN "/instances/one-dimensional.json");
  const auto local = local_model(in, Vec<double>::Constant(1, 3));
  ASSERT_TRUE(local);
  EXPECT_EQ(local->spectrum, (Vec<double>::Constant(1, 4)));

  // y* = x_1, F = |x|^2 + x_0 y: Hessian [2 1; 1 2].
  Instance twisted = empty_instance(2, 1);
  twisted.H.set(0, 0, 1);
  twisted.M.set(0, 1, -1);
  twisted.Qxx.set(0, 0, 2);
  twisted.Qxx.set(1, 1, 2);
  twisted.Qxy.set(0, 0, 1);
  const auto across = local_model(twisted, Vec<double>::Constant(2, 3));
  ASSERT_TRUE(across);
  // Eigenvalues of a symmetric 2 x 2 matrix of size 3 are found to some ten roundings.
  EXPECT_NEAR(across->smallest(), 1, 30 * 0x1p-53);
  EXPECT_NEAR(across->largest(), 3, 30 * 0x1p-53);
}

/// The largest |z| of the loop's characteristic equation.
double spectral_radius(double a, double b, double u, double k) {
  const double c = k * (1 - a) * (1 - b);
  Mat<double> companion = Mat<double>::Zero(3, 3);
  companion(1, 0) = companion(2, 1) = 1;
  companion(0, 2) = a * b;
  companion(1, 2) = -(a + b + a * b + c * (1 - u));
  companion(2, 2) = 1 + a + b - c * u;
  return Eigen::EigenSolver<Mat<double>>(companion, false).eigenvalues().cwiseAbs().maxCoeff();
}

/// Both kinds of limit, with the estimate before the step (u = 1) and at a random point (1/2).
TEST(LoopGain, ItsLimitIsWhereARootLeavesTheUnitCircle) {
  struct Loop {
    const char* order;
    double a, b, u;
  };
  for (const auto& [order, a, b, u] : {Loop{"legacy", 0.9, 0.9, 1},
                                       {"legacy", 0.5, 0, 1},
                                       {"legacy", 0, 0.9, 1},
                                       {"legacy", 0.125, 0.25, 1},
                                       {"legacy", 0.5, 0.25, 1},
                                       {"paper", 0.9, 0.9, 0.5},
                                       {"paper", 0.5, 0, 0.5}}) {
    const auto loop = loop_gain(dsblo(order, a, b, "gamma1 = 1\ngamma2 = 1\n"), 1, 0);
    ASSERT_TRUE(loop);
    EXPECT_EQ(loop->random_point, u < 1);
    // A thousandth off moves a root by some 1e-6 here, above the 1e-14 of its computation.
    EXPECT_LT(spectral_radius(a, b, u, loop->limit * 0.999), 1 - 1e-9) << order << a << b;
    EXPECT_GT(spectral_radius(a, b, u, loop->limit * 1.001), 1 + 1e-9) << order << a << b;
  }
  EXPECT_EQ(loop_gain(dsblo("legacy", 0.5, 0, "gamma2 = 1\n"), 1, 0)->limit, 6);
}

TEST(LoopGain, TheStepAtRestIsTheSmallerOfRuleAndCap) {
  const auto gain = [](const std::string& limits) {
    return loop_gain(dsblo("legacy", 0, 0, "gamma1 = 1\ngamma2 = 4\n" + limits), 2, 0)->gain;
  };
  EXPECT_EQ(gain(""), 0.5);
  EXPECT_EQ(gain("cap = 0.125\n"), 0.25);
  EXPECT_EQ(gain("cap = 0.5\n"), 0.5);
  EXPECT_EQ(gain("floor = 0.5\n"), 1);
  EXPECT_EQ(gain("cap = 0.125\nfloor = 0.0625\n"), 0.25);
}

/// 2 pi / theta, in whole steps and the share of the last one that a straight line gives: for sine
/// and line through two points around a zero that share differs by less than 0.02 theta^2.
void expect_period(const LoopGain& loop, double cosine) {
  const double theta = std::acos(cosine);
  EXPECT_NEAR(loop.period, 2 * M_PI / theta, 0.02 * theta * theta);
}

/// S100, whose largest curvature is 2.0278.
TEST(LoopGain, AnUnstableLoopHasItsCycle) {
  const std::string step = "gamma1 = 50\ngamma2 = 5\n";
  const LoopGain before = *loop_gain(dsblo("legacy", 0.9, 0.9, step), 2.0278, 0);
  EXPECT_FALSE(before.stable);
  EXPECT_NEAR(before.limit, 0.19 / 0.81, 1e-15);
  EXPECT_NEAR(before.period, 56.52, 0.005);
  expect_period(before, (1.99 - 0.01 * 0.19 / 0.81) / 2);
  EXPECT_NEAR(before.cure, 2.0278 * 0.81 / 0.19, 1e-14);
  // |m| = (cure - gamma_2) / gamma_1, the gap |m| k* / |e^(i theta) - 1|.
  EXPECT_NEAR(before.amplitude, 0.1539, 5e-5);
  // The random point counts as the middle: u = 1/2.
  const LoopGain random = *loop_gain(dsblo("paper", 0.9, 0.9, step), 2.0278, 0);
  EXPECT_NEAR(random.limit, 0.19 / 0.905, 1e-15);
  expect_period(random, (1.99 - 0.01 * 0.19 / 0.905 / 2) / 2);
  // Over and over: the root -1.
  EXPECT_EQ(loop_gain(dsblo("legacy", 0, 0, "gamma1 = 1\ngamma2 = 0.5\n"), 2, 0)->period, 2);
}

/// A cap in proportion to the gap holds the loop where it is below the stable step.
TEST(LoopGain, AGapCapHoldsTheLoopAtSmallGaps) {
  const Experiment e = dsblo("legacy", 0, 0, "gamma1 = 1\ngamma2 = 0.5\ngap_cap = 10\n");
  EXPECT_TRUE(loop_gain(e, 2, 0.0999)->stable);   // 2 * 10 * 0.0999 < 2
  EXPECT_FALSE(loop_gain(e, 2, 0.1001)->stable);  // > 2
}

/// |1 - eta lambda| over [1, 2]: 0.1 and 0.8 for eta = 0.9, 0.7 and 0.4 for 0.3.
TEST(Laws, ConstantSteps) {
  const auto law = [](const std::string& length, Tail::Shape shape) {
    return laws(theory_experiment("[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"constant\"\n"
                                  "length = " +
                                  length + "\n"),
                model(1, 2), tail_of(shape), 100);
  };
  const auto list = law("0.9", Tail::Shape::linear);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].id, "rate");
  EXPECT_NEAR(list[0].low, 0.1, 1e-15);
  EXPECT_NEAR(list[0].high, 0.8, 1e-15);
  EXPECT_EQ(list[0].measured, 0.75);
  const auto shorter = law("0.3", Tail::Shape::linear);
  ASSERT_EQ(shorter.size(), 1U);
  EXPECT_NEAR(shorter[0].low, 0.4, 1e-15);
  EXPECT_NEAR(shorter[0].high, 0.7, 1e-15);
  EXPECT_TRUE(law("0.9", Tail::Shape::power).empty());
}

TEST(Laws, InverseSteps) {
  const Experiment e =
      theory_experiment("[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"inverse\"\nmu = 2\n");
  const auto list = laws(e, model(1, 4), tail_of(Tail::Shape::power), 100);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].id, "exponent");
  EXPECT_EQ(list[0].low, -2);
  EXPECT_EQ(list[0].high, -0.5);
  EXPECT_EQ(list[0].measured, -1.5);
}

/// x' = -c gap lambda gap: gap = 1 / (c lambda t).
TEST(Laws, StepsCappedByTheGap) {
  const Experiment e = theory_experiment(
      "[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"constant\"\nlength = 1\ngap_cap = 0.5\n");
  const auto list = laws(e, model(1, 4), tail_of(Tail::Shape::power), 64);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].id, "capped_level");
  EXPECT_EQ(list[0].low, 1.0 / 128);
  EXPECT_EQ(list[0].high, 1.0 / 32);
  EXPECT_EQ(list[0].measured, 0.0625);
}

/// D = 1/2, eta = 1/4: D sqrt(lambda / eta) from 1 to 2.
TEST(Laws, TheClippedLoopsOrbit) {
  const Experiment e = theory_experiment(
      "[algorithm]\nname = \"f2csa\"\nclip_radius = 0.5\n"
      "[step]\nrule = \"constant\"\nlength = 0.25\n");
  const auto list = laws(e, model(1, 4), tail_of(Tail::Shape::flat), 100);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].id, "orbit");
  EXPECT_EQ(list[0].low, 1);
  EXPECT_EQ(list[0].high, 2);
  EXPECT_EQ(list[0].measured, 0.125);
  // Not there yet.
  EXPECT_TRUE(laws(e, model(1, 4), tail_of(Tail::Shape::linear), 100).empty());
  EXPECT_TRUE(laws(e, model(1, 4), tail_of(Tail::Shape::power), 100).empty());
}

/// The spectrum of S100, [1.972002, 2.0278]: sqrt(2e-4 * 2.0278) = 0.0201385, 1e-8 / (2 *
/// 1.972002) = 2.5355e-9.
TEST(Exchange, TakesEachMeasureByItsWorstCurvature) {
  const auto e = exchange(model(1.972002, 2.0278), 2e-3);
  ASSERT_TRUE(e);
  EXPECT_NEAR(e->gap_of_objective, 0.0201385, 5e-8);
  EXPECT_NEAR(e->objective_of_gap, 2.5355e-9, 5e-14);
  EXPECT_NEAR(e->excess_low, 2e-6 / 2.0278, 1e-20);
  EXPECT_NEAR(e->excess_high, 2e-6 / 1.972002, 1e-20);
  EXPECT_FALSE(exchange(model(0, 1), 2e-3));
}

}  // namespace
}  // namespace assay
