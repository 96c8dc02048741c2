// What the prover says, against exact fractions.
#include "assay/verify/prover.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "assay/diagnose/diagnosis.hpp"
#include "reference/exact_bilevel.hpp"
#include "reference/fraction_vectors.hpp"
#include "reference/small_instances.hpp"

namespace assay {
namespace {

using reference::exact_at;
using reference::RVec;

Rational exact(double value) { return convert<Rational>(value); }

Vec<double> point(std::initializer_list<double> entries) {
  Vec<double> x(static_cast<Index>(entries.size()));
  std::copy(entries.begin(), entries.end(), x.begin());
  return x;
}

/// F = slope |x_0| + x_0^2/16 + (x_1 - 1/4)^2 / 2 by y = max(x_0, 0).
Instance bent(double slope = 1) {
  Instance in = empty_instance(2, 1);
  in.H.set(0, 0, 1);
  in.Qxx.set(0, 0, 0.125);
  in.Qxx.set(1, 1, 1);
  in.x_target.set(1, 0, 0.25);
  in.cx.set(0, 0, -slope);
  in.cy.set(0, 0, 2 * slope);
  in.A = ExactMatrix(1, 2);
  in.B = ExactMatrix(1, 1);
  in.b = ExactMatrix(1, 1);
  in.A.set(0, 0, 1);
  in.B.set(0, 0, -1);
  return in;
}

/// F = x/3 + (x - x_target)^2 / 2 + 2 y by the same y: for x < 0 the derivative is a third, which
/// double does not hold, and what may cancel it.
Instance third(double x_target) {
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.Qxx.set(0, 0, 1);
  in.x_target.set(0, 0, x_target);
  in.cx.set_fraction(0, 0, "1/3");
  in.cy.set(0, 0, 2);
  in.A = ExactMatrix(1, 1);
  in.B = ExactMatrix(1, 1);
  in.b = ExactMatrix(1, 1);
  in.A.set(0, 0, 1);
  in.B.set(0, 0, -1);
  return in;
}

TEST(Prover, TheGapLiesBetweenItsEnds) {
  int proved = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Instance in = reference::small_instance(seed, {2, 3, 0, 4, false});
    const Vec<double> x = reference::eighths(seed, 1000, 2, 8);
    const ProvedGap gap = make_prover(in).gap(x);
    if (!gap.proved) continue;
    ++proved;
    const Rational squared = exact_at(in, widen<Rational>(x)).gap_squared;
    EXPECT_LE(exact(gap.lower) * exact(gap.lower), squared) << seed;
    EXPECT_GE(exact(gap.upper) * exact(gap.upper), squared) << seed;
    EXPECT_LT(gap.upper - gap.lower, 1e-9) << seed;
  }
  EXPECT_GE(proved, 15);
}

/// Lengths that no double holds, rounded up.
TEST(Prover, TheRadiusReachesThePoints) {
  const Instance in = bent();
  const Prover prover = make_prover(in);
  for (int k = 1; k <= 20; ++k) {
    const Vec<double> a = point({k / 7.0, k / 13.0}), b = point({k / 11.0, -k / 17.0});
    const ProvedKink kink = prover.kink({a, b});
    ASSERT_TRUE(kink.proved) << kink.why;
    const RVec apart = widen<Rational>(a) - widen<Rational>(b);
    EXPECT_GE(exact(kink.radius) * exact(kink.radius), reference::inner(apart, apart)) << k;
    EXPECT_LT(kink.radius, std::hypot(a[0] - b[0], a[1] - b[1]) * (1 + 1e-12)) << k;
  }
}

/// The gradient 1/3 - fl(1/3): all that is known of it is its radius.
TEST(Prover, TheDistanceHoldsTheRadiiOfTheGradients) {
  const Instance in = third(0);
  const Vec<double> x = point({-1.0 / 3});
  const ProvedKink kink = make_prover(in).kink({x});
  ASSERT_TRUE(kink.proved) << kink.why;
  const Rational squared = exact_at(in, widen<Rational>(x)).gap_squared;
  EXPECT_GT(squared, 0);
  EXPECT_GE(exact(kink.distance) * exact(kink.distance), squared);
  EXPECT_LT(kink.distance, 0x1p-50);
}

/// At -1/16 the derivative is 2^-40 below 1/3 - fl(1/3): F falls towards the kink from there, by
/// less than the middle of the ball says.
TEST(Prover, TheSlopesAreUpperBounds) {
  const double a = -0.0625, b = 0.0625;
  const Instance in = third(a + 1.0 / 3 + 0x1p-40);
  const ProvedKink kink = make_prover(in).kink({point({a}), point({b})});
  ASSERT_TRUE(kink.proved) << kink.why;
  EXPECT_EQ(kink.pieces, 2);
  const auto derivative = [&](double x) -> Rational {
    return exact_at(in, widen<Rational>(point({x}))).total[0];
  };
  EXPECT_LT(derivative(a), 0);
  EXPECT_GE(exact(kink.slope_there), derivative(a));
  EXPECT_GE(exact(kink.slope_back), -derivative(b));
  // Not much above: a third's rounding, and that of the doubles.
  EXPECT_LT(kink.slope_there, -0x1p-40 * (1 - 1e-3));
  EXPECT_LT(kink.slope_back, -2);
}

/// Gradients (-+1 -+ 1/256, 0) at x_0 = -+1/32, the largest curvature 1: from the far point to the
/// far end of the ball around the last one it is twice 1/16.
TEST(Prover, TheCurvatureMayTakeTheGradientDownAcrossTheBall) {
  const Instance in = bent();
  const ProvedKink kink = make_prover(in).kink({point({-0.03125, 0.25}), point({0.03125, 0.25})});
  ASSERT_TRUE(kink.proved) << kink.why;
  EXPECT_EQ(kink.points, 2);
  EXPECT_EQ(kink.radius, 0.0625 * (1 + 0x1p-50));
  EXPECT_NEAR(kink.smooth, 1 + 1.0 / 256 - 2 * 0.0625, 1e-12);
  EXPECT_NEAR(kink.smallest, 1 + 1.0 / 256, 1e-12);
  EXPECT_LT(kink.distance, 1e-12);
}

/// bent() with another fold y_1 = max(x_1, 0) that bends nothing. Points on both sides of it, too
/// far apart to say that it is no kink; the true kink lies beyond them, and is not theirs.
TEST(Prover, AKinkBeyondThePointsIsNotTheirs) {
  const Instance one = bent();
  Instance in = empty_instance(2, 2);
  in.Qxx = one.Qxx;
  in.x_target = one.x_target;
  in.cx = one.cx;
  in.cy.set(0, 0, 2);
  in.A = ExactMatrix(2, 2);
  in.B = ExactMatrix(2, 2);
  in.b = ExactMatrix(2, 1);
  for (Index i = 0; i < 2; ++i) {
    in.H.set(i, i, 1);
    in.A.set(i, i, 1);
    in.B.set(i, i, -1);
  }
  const auto at = [&](double x) { return make_prover(in).kink({point({x, -1}), point({x, 1})}); };
  const ProvedKink beyond = at(5);
  ASSERT_TRUE(beyond.proved) << beyond.why;
  EXPECT_EQ(beyond.pieces, 2);
  EXPECT_LE(beyond.smooth, 0);
  EXPECT_EQ(beyond.away, 0);
  // From 1 on its side it is within their ball of 2.
  const ProvedKink within = at(1);
  ASSERT_TRUE(within.proved) << within.why;
  EXPECT_GT(within.away, 0.99);
  EXPECT_LT(within.away, 2);
}

/// F = |x_0| + x_0^2/16 + 0.9 x_1: over the kink F falls from both sides, but along it too. The
/// gradients' hull stays 0.9 from 0, more than a tenth of their length.
TEST(KinkOptimum, IsNoneWhereFFallsAlongTheKink) {
  Instance in = bent();
  in.Qxx.set(1, 1, 0);
  in.x_target.set(1, 0, 0);
  in.cx.set(1, 0, 0.9);
  in.x0 = ExactMatrix(2, 1);
  in.x0->set(0, 0, 0.7);
  const Experiment e = parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"along\"\n[instance]\npath = \"none.json\"\n"
      "[algorithm]\nname = \"ssigd\"\nperturbation = 0\n"
      "[step]\nrule = \"constant\"\nlength = 0.0625\n[run]\niterations = 60\n",
      "along.toml", ".");
  DiagnoseOptions options;
  options.iterations = {0};
  options.prover = make_prover(in);
  const Diagnosis d = diagnose(e, in, options);
  ASSERT_TRUE(d.kink && d.kink->proved);
  EXPECT_LT(d.kink->slope_there, 0);
  EXPECT_LT(d.kink->slope_back, 0);
  EXPECT_GT(d.kink->smooth, 0);
  EXPECT_NEAR(d.kink->distance, 0.9, 1e-9);
  for (const Finding& f : d.findings) EXPECT_NE(f.id, "kink_optimum");
  EXPECT_EQ(d.verdict, "undecided");
}

}  // namespace
}  // namespace assay
