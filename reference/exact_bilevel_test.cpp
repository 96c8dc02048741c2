// F and its gradient in fractions, against closed forms and against differences that are exact on
// a quadratic piece.
#include "reference/exact_bilevel.hpp"

#include <gtest/gtest.h>

#include "assay/numerics/random.hpp"
#include "reference/fraction_vectors.hpp"
#include "reference/pivoting.hpp"
#include "reference/small_instances.hpp"

namespace assay::reference {
namespace {

/// F = 2x^2 - 28x - 2, y* = x/2, F' = 4x - 28.
TEST(ExactBilevel, OneDimensional) {
  Instance in = empty_instance(1, 1);
  in.Qxx.set(0, 0, 14);
  in.Qxy.set(0, 0, -12);
  in.Qyy.set(0, 0, 8);
  in.cx.set(0, 0, -30);
  in.cy.set(0, 0, 4);
  in.c0.set(0, 0, -2);
  in.H.set(0, 0, 8);
  in.M.set(0, 0, -4);

  const ExactBilevel at = exact_at(in, RVec::Constant(1, Rational(1, 3)));

  EXPECT_TRUE(at.differentiable());
  EXPECT_EQ(at.minimiser.y[0], Rational(1, 6));
  EXPECT_EQ(at.value, Rational(2, 9) - Rational(28, 3) - 2);
  EXPECT_EQ(at.total[0], Rational(4, 3) - 28);
  EXPECT_EQ(at.direct[0], Rational(14, 3) - 2 - 30);  // 14 x - 12 y - 30
  EXPECT_EQ(at.direct[0] + at.implicit[0], at.total[0]);
  EXPECT_EQ(at.gap_squared, at.total[0] * at.total[0]);
}

/// (F(x+h) - F(x-h)) / 2h is the derivative, exactly, where one quadratic reaches from x-h to x+h.
TEST(ExactBilevel, GradientIsTheCentralDifference) {
  int compared = 0, with_active = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Instance in = small_instance(seed, varied_shape(seed));
    const RVec x = widen<Rational>(eighths(seed, 1000, in.n, 8));
    const ExactBilevel at = exact_at(in, x);
    if (!at.differentiable()) continue;
    const Rational h = scale_by_power_of_two(Rational(1), -40);
    for (Index j = 0; j < in.n; ++j) {
      RVec up = x, down = x;
      up[j] += h;
      down[j] -= h;
      const ExactBilevel above = exact_at(in, up), below = exact_at(in, down);
      ASSERT_EQ(above.minimiser.strongly_active, at.minimiser.strongly_active);
      ASSERT_EQ(below.minimiser.strongly_active, at.minimiser.strongly_active);
      EXPECT_EQ((above.value - below.value) / (2 * h), at.total[j]) << seed;
      ++compared;
    }
    with_active += !at.minimiser.strongly_active.empty();
  }
  EXPECT_GT(compared, 20);
  EXPECT_GT(with_active, 5);
}

/// Doubles with all 53 digits, m = n = 30, ten rows and two equalities: both roads, one answer.
TEST(ExactBilevel, ThirtyVariablesTenRowsFullDoubles) {
  const Index n = 30, rows = 10, equalities = 2;
  const auto normals = [](std::uint64_t what, Index r, Index c) {
    const Vec<double> v = RandomStream(3, what, Purpose::generator, 0).normals(r * c);
    return Mat<double>(Eigen::Map<const Mat<double>>(v.data(), r, c));
  };
  Instance in = empty_instance(n, n);
  const auto definite = [&](std::uint64_t what) {
    Mat<double> a = normals(what, n, n) / 16;
    a += a.transpose().eval();
    for (Index i = 0; i < n; ++i) a(i, i) += 3;
    return ExactMatrix(a);
  };
  in.H = definite(1);
  in.Qxx = definite(2);
  in.Qyy = definite(3);
  in.Qxy = ExactMatrix(normals(4, n, n));
  in.M = ExactMatrix(normals(5, n, n));
  in.d = ExactMatrix(normals(6, n, 1));
  in.A = ExactMatrix(normals(7, rows, n));
  in.B = ExactMatrix(normals(8, rows, n));
  in.b = ExactMatrix(normals(9, rows, 1));
  in.E = ExactMatrix(normals(10, equalities, n));
  in.G = ExactMatrix(normals(11, equalities, n));
  in.e = ExactMatrix(normals(12, equalities, 1));
  const RVec x = widen<Rational>(RandomStream(3, 13, Purpose::start, 0).normals(n));

  const ExactBilevel at = exact_at(in, x);

  ASSERT_TRUE(at.differentiable());
  EXPECT_GT(at.minimiser.strongly_active.size(), 3U);
  EXPECT_LT(at.minimiser.strongly_active.size(), 12U);
  const Minimiser other = minimise_by_pivoting(at.program);
  EXPECT_EQ(other.y, at.minimiser.y);
  EXPECT_EQ(other.multipliers, at.minimiser.multipliers);
  // Full data: the answer is no short fraction.
  EXPECT_GT(msb(denominator(at.total[0])), 1000U);
}

}  // namespace
}  // namespace assay::reference
