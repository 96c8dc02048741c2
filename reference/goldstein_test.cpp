// Enclosures of the Goldstein distance against closed forms.
#include "reference/goldstein.hpp"

#include <gtest/gtest.h>

#include "reference/fraction_vectors.hpp"
#include "reference/known_kinks_test.hpp"
#include "reference/min_norm_point.hpp"
#include "reference/small_instances.hpp"

namespace assay::reference {
namespace {

using Proof = GoldsteinDistance::Proof;

TEST(SquareRootBracket, EnclosesAndHitsSquares) {
  EXPECT_EQ(square_root_bracket(Rational(9, 16)).lower, Rational(3, 4));
  EXPECT_EQ(square_root_bracket(Rational(9, 16)).upper, Rational(3, 4));
  for (const Rational& s : {Rational(2), Rational(1, 3), Rational(1, 1000003), Rational(77777)}) {
    const Bracket root = square_root_bracket(s);
    EXPECT_LT(root.lower * root.lower, s);
    EXPECT_GT(root.upper * root.upper, s);
    // 80 bits: the ends differ by one unit of the last.
    EXPECT_LE((root.upper - root.lower) / root.lower, scale_by_power_of_two(Rational(1), -79));
  }
}

/// W = diag(1, 3), g = (3, 0), radius 1: u = (-1, 0), distance 2.
TEST(GoldsteinOfQuadratic, ClosedForm) {
  QuadraticModel model{RVec(2), RMat(2, 2)};
  model.g << Rational(3), Rational(0);
  model.W << Rational(1), Rational(0), Rational(0), Rational(3);
  const Bracket one = goldstein_of_quadratic(model, 1);
  EXPECT_LE(one.lower, 2);
  EXPECT_GE(one.upper, 2);
  // u comes from double arithmetic: an error of some roundings in u, second order in the bounds
  // but for the component along u; 2^-40 is far above both.
  EXPECT_LE(one.upper - one.lower, scale_by_power_of_two(Rational(1), -40));
  EXPECT_EQ(goldstein_of_quadratic(model, 0).lower, 3);
  EXPECT_EQ(goldstein_of_quadratic(model, 0).upper, 3);
  EXPECT_EQ(goldstein_of_quadratic(model, 4).upper, 0);
}

/// |(1, k)| is no fraction for these k: the ends lie on either side.
TEST(GoldsteinOfQuadratic, ItsEndsEncloseARoot) {
  for (const long second : {1L, 2L, 3L, 6L, 7L}) {
    QuadraticModel model{RVec(2), RMat::Constant(2, 2, Rational(0))};
    model.g << Rational(1), Rational(second);
    const Bracket d = goldstein_of_quadratic(model, 0);
    const Rational squared = inner(model.g, model.g);
    EXPECT_LT(d.lower * d.lower, squared) << second;
    EXPECT_GT(d.upper * d.upper, squared) << second;
    // 80 bits twice: of |v| and of the quotient.
    EXPECT_LT(d.upper - d.lower, scale_by_power_of_two(d.upper, -77)) << second;
  }
}

TEST(Goldstein, AbsoluteValue) {
  const Instance in = hatz();
  const RVec x = RVec::Constant(1, Rational(1, 8));
  const GoldsteinDistance near = goldstein_distance(in, x, Rational(1, 16));
  // The bound on y2 holds with multiplier zero everywhere: no point is nondegenerate.
  EXPECT_EQ(near.proof, Proof::all_pieces);
  EXPECT_EQ(near.distance.lower, 1);
  EXPECT_EQ(near.distance.upper, 1);
  const GoldsteinDistance far = goldstein_distance(in, x, Rational(1, 4));
  EXPECT_EQ(far.proof, Proof::all_pieces);
  EXPECT_EQ(far.distance.upper, 0);
  EXPECT_EQ(goldstein_distance(in, RVec::Constant(1, Rational(0)), 0).distance.upper, 0);
}

/// S100, where no row is active within 2.2 of x*: F is a quadratic with Hessian Qxx, and at
/// x_target, where a method that leaves out the implicit part stops, its gradient is -M'H^-1 cy. A
/// Goldstein test with a radius of 2e-3 cannot see what is missing.
TEST(GoldsteinOfQuadratic, S100AtTheWrongLimit) {
  const Instance in = read_instance(ASSAY_GOLDEN "/instances/s100.json");
  // p = H^-1 cy: H = 2 I + E with |E| < 0.03 (its eigenvalues are 1.972 .. 2.029), so that each
  // step p += (cy - H p)/2 leaves 0.015 of the error and 10 leave 1e-18: below the digits quoted.
  const Mat<Real50> H = in.H.to<Real50>(), M = in.M.to<Real50>();
  const Vec<Real50> cy = in.cy.to_vector<Real50>();
  Vec<Real50> p = Vec<Real50>::Constant(in.m, Real50(0));
  for (int k = 0; k < 10; ++k) {
    Vec<Real50> rest = cy;
    for (Index j = 0; j < in.m; ++j)
      for (Index i = 0; i < in.m; ++i) rest[i] -= H(i, j) * p[j];
    p += rest / Real50(2);
  }
  QuadraticModel model{RVec(in.n), in.Qxx.to<Rational>()};
  for (Index j = 0; j < in.n; ++j) {
    Real50 sum(0);
    for (Index i = 0; i < in.m; ++i) sum -= M(i, j) * p[i];
    model.g[j] = Rational(to_double(sum));
  }

  const auto expect_about = [&](const Rational& radius, double value, double last_digit) {
    const Bracket d = goldstein_of_quadratic(model, radius);
    EXPECT_NEAR(to_double(d.lower), value, last_digit / 2);
    EXPECT_NEAR(to_double(d.upper), value, last_digit / 2);
    EXPECT_LE(d.lower, d.upper);
  };
  expect_about(0, 3.766551959663e-03, 1e-15);
  expect_about(Rational(1, 1000), 1.77e-3, 1e-5);
  // |x* - x_target| = 1.886217526e-3: 0 from there on, up to the double solution of W u = -g:
  // backward error 3 n u, condition 1.03^2, times |W||u| <= 2.03 * 1.9e-3.
  expect_about(Rational(19, 10000), 0, 2 * 3 * 100 * 0x1p-53 * 1.07 * 2.03 * 1.9e-3);
}

/// At the start point of the small instances, where the whole ball is one piece: between the bounds
/// |g| - lambda radius, lambda = 1.96 .. 2.04 (all eigenvalues of Qxx lie within).
TEST(Goldstein, S5IsAQuadratic) {
  const Instance in = read_instance(ASSAY_GOLDEN "/instances/s5.json");
  const RVec x = in.x0->to_vector<Rational>();
  const GoldsteinDistance d = goldstein_distance(in, x, Rational(1, 100));
  ASSERT_EQ(d.proof, Proof::one_piece);
  const double gap = to_double(square_root_bracket(exact_at(in, x).gap_squared).lower);
  EXPECT_GE(to_double(d.distance.lower), gap - 2.04 * 0.01);
  EXPECT_LE(to_double(d.distance.upper), gap - 1.96 * 0.01);
  EXPECT_LE(to_double((d.distance.upper - d.distance.lower) / d.distance.lower), 0x1p-40);
}

/// The hull of the gradients on a grid lies inside the subdifferential: never below the lower end.
/// The upper end does better than the grid.
TEST(Goldstein, LowerEndIsBelowEveryHullAndUpperEndInIt) {
  int proved = 0, closed = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Instance in = small_instance(seed, {2, 3, 0, 4, false});
    const RVec x = widen<Rational>(eighths(seed, 1000, 2, 8));
    const Rational radius(1, 2);
    const GoldsteinDistance d = goldstein_distance(in, x, radius);
    ASSERT_LE(d.distance.lower, d.distance.upper) << seed;
    std::vector<RVec> gradients;
    for (int i = -3; i <= 3; ++i)
      for (int j = -3; j <= 3; ++j) {
        RVec u(2);
        u << Rational(i, 8), Rational(j, 8);
        if (inner(u, u) > radius * radius) continue;
        const ExactBilevel at = exact_at(in, x + u);
        if (at.differentiable()) gradients.push_back(at.total);
      }
    const Rational grid = min_norm_point(gradients).squared;
    EXPECT_LE(d.distance.lower * d.distance.lower, grid) << seed;
    EXPECT_LE(d.distance.upper * d.distance.upper, grid) << seed;
    proved += d.proof == Proof::all_pieces && d.distance.lower > 0;
    closed += d.proof == Proof::all_pieces;
    // The iteration stops at a bracket of 2^-30; from one piece on doubles, see above.
    EXPECT_LE(d.distance.upper - d.distance.lower, scale_by_power_of_two(d.distance.upper, -29))
        << seed;

    // By samples alone: an upper end too, and not a useless one.
    GoldsteinOptions samples;
    samples.enumerable_rows = 0;
    const GoldsteinDistance sampled = goldstein_distance(in, x, radius, samples);
    EXPECT_GE(sampled.distance.upper, d.distance.lower) << seed;
    EXPECT_LE(sampled.distance.upper, Rational(3, 2) * d.distance.upper + Rational(1, 4)) << seed;
  }
  EXPECT_GT(proved, 0);
  EXPECT_GT(closed, 3);
}

}  // namespace
}  // namespace assay::reference
