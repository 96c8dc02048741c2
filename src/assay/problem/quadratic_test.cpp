// What a problem makes of its instance beyond widening it: where x may go, what its curvature is
// proved to be.
#include "assay/problem/quadratic.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "assay/support/error.hpp"

namespace assay {
namespace {

template <class S>
class Quadratic : public testing::Test {};
using AllScalars = testing::Types<double, Soft53, Real50, Real100, Rational>;
TYPED_TEST_SUITE(Quadratic, AllScalars);

/// H = I, x in a box, whose bounds the caller sets.
Instance in_box(Index n) {
  Instance in = empty_instance(n, 1);
  in.H.set(0, 0, 1);
  in.x_set.kind = UpperSet::Kind::box;
  in.x_set.lower = in.x_set.upper = ExactMatrix(n, 1);
  return in;
}

TYPED_TEST(Quadratic, EachSideOfABoxHoldsAlone) {
  using S = TypeParam;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  Instance in = in_box(2);
  in.x_set.lower.set(0, 0, -infinite);
  in.x_set.upper.set(0, 0, 1);
  in.x_set.lower.set(1, 0, 2);
  in.x_set.upper.set(1, 0, infinite);
  const QuadraticProblem<S> problem(in);
  const auto projected = [&](const S& x0, const S& x1) {
    Vec<S> x(2);
    x << x0, x1;
    problem.project_upper(x);
    return x;
  };
  EXPECT_EQ(projected(S(7), S(-7))[0], S(1));
  EXPECT_EQ(projected(S(7), S(-7))[1], S(2));
  EXPECT_EQ(projected(S(-7), S(7))[0], S(-7));
  EXPECT_EQ(projected(S(-7), S(7))[1], S(7));
}

TEST(QuadraticRational, KeepsTheFractionsOfABox) {
  Instance in = in_box(1);
  in.x_set.lower.set_fraction(0, 0, "1/3");
  in.x_set.upper.set_fraction(0, 0, "2/3");
  const QuadraticProblem<Rational> problem(in);
  Vec<Rational> x = Vec<Rational>::Constant(1, Rational(0));
  problem.project_upper(x);
  EXPECT_EQ(x[0], Rational(1, 3));
  x[0] = 1;
  problem.project_upper(x);
  EXPECT_EQ(x[0], Rational(2, 3));
}

/// y* = -x, so F = (1 + Qyy) x^2 / 2: Qxx alone bounds its curvature only where Qyy takes nothing
/// away.
TYPED_TEST(Quadratic, CurvatureIsClaimedOnlyWhereFIsConvexInY) {
  using S = TypeParam;
  Instance in = empty_instance(1, 1);
  for (ExactMatrix* one : {&in.H, &in.M, &in.Qxx}) one->set(0, 0, 1);
  in.Qyy.set(0, 0, -1);
  EXPECT_EQ(QuadraticProblem<S>(in).upper_mu, S(0));
  in.Qyy.set(0, 0, 1);
  // Proved for a share of 1 - 2^-30 of the eigenvalue, and a few roundings less.
  EXPECT_LT(S(1 - 0x1p-29), QuadraticProblem<S>(in).upper_mu);
  EXPECT_LE(QuadraticProblem<S>(in).upper_mu, S(1));
}

/// Pivots 1 and 2^-52 in every scalar, but an eigenvalue of 2^-53, less than double rounds off.
TYPED_TEST(Quadratic, RefusesAnHWithoutAProvedCurvature) {
  using S = TypeParam;
  Instance in = empty_instance(1, 2);
  in.H = ExactMatrix(Mat<double>(Mat<double>::Ones(2, 2)));
  in.H.set(1, 1, 1 + 0x1p-52);
  in.source = "t.json";
  try {
    QuadraticProblem<S> problem(in);
    FAIL();
  } catch (const NumericalError& error) {
    EXPECT_STREQ(error.what(),
                 "t.json: lower.H: cannot be proved positive definite in double precision");
  }
}

}  // namespace
}  // namespace assay
