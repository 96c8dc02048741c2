#include "assay/verify/kink_descent.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "assay/numerics/kernels.hpp"

namespace assay {
namespace {

/// F = |x_0| + 2 |x_1| + |x - (0.5, -1, 3)|^2 / 2 by y = max((x_0, x_1), 0): the minimum at (0, 0,
/// 3), where four pieces meet.
Instance corner() {
  Instance in = empty_instance(3, 2);
  in.A = ExactMatrix(2, 3);
  in.B = ExactMatrix(2, 2);
  in.b = ExactMatrix(2, 1);
  const double slopes[] = {1, 2}, target[] = {0.5, -1, 3};
  for (Index i = 0; i < 3; ++i) {
    in.Qxx.set(i, i, 1);
    in.x_target.set(i, 0, target[i]);
  }
  for (Index i = 0; i < 2; ++i) {
    in.H.set(i, i, 1);
    in.cx.set(i, 0, -slopes[i]);
    in.cy.set(i, 0, 2 * slopes[i]);
    in.A.set(i, i, 1);
    in.B.set(i, i, -1);
  }
  return in;
}

Vec<double> at(double a, double b, double c) {
  Vec<double> x(3);
  x << a, b, c;
  return x;
}

TEST(DescendToKink, FindsTheCornerFromAnywhereNear) {
  for (int k = 0; k < 12; ++k) {
    const double angle = 0.5 * k;
    const Vec<double> start = at(std::cos(angle), std::sin(angle), 3 + std::cos(3 * angle));
    const std::vector<Vec<double>> near = descend_to_kink(corner(), start, 1.5);
    ASSERT_GE(near.size(), 2u) << k;
    // Within r of the first point one lies on the other side of each kink, or 0 were not in the
    // hull: neither of its first two entries is larger than r.
    EXPECT_LE(std::hypot(near[0][0], near[0][1]), std::sqrt(2.0) * 1.5 * 0x1p-20) << k;
    for (const Vec<double>& x : near) {
      // Entries up to 4 are rounded by 2^-51, 3e-10 of r.
      EXPECT_LE(norm(Vec<double>(x - near[0])), 1.5 * 0x1p-20 * (1 + 1e-9)) << k;
      // The hull is within 0.01 of the shortest gradient, which is below 4, of 0.
      EXPECT_LE(std::fabs(x[2] - 3), 0.04 + 1.5 * 0x1p-20) << k;
    }
  }
}

/// The minimum lies beside the kinks, at (3, -2, 3), F's curvature being 1: with gradients g no
/// farther than r apart, 0 within |g| / 100 of their hull, none is longer than 2.1 r.
TEST(DescendToKink, EndsWithVanishingGradientsWhereFIsSmooth) {
  Instance in = corner();
  in.x_target.set(0, 0, 4);
  in.x_target.set(1, 0, -4);
  const std::vector<Vec<double>> near = descend_to_kink(in, at(0.1, -0.1, 3), 0.5);
  ASSERT_FALSE(near.empty());
  for (const Vec<double>& x : near)
    EXPECT_LE(norm(Vec<double>(x - at(3, -2, 3))), 2.1 * 0.5 * 0x1p-20);
}

TEST(DescendToKink, LeavesConstrainedPointsAlone) {
  Instance in = corner();
  in.x_set.kind = UpperSet::Kind::ball;
  in.x_set.center = ExactMatrix(3, 1);
  in.x_set.radius = 100;
  EXPECT_TRUE(descend_to_kink(in, at(1, 1, 1), 1).empty());
}

}  // namespace
}  // namespace assay
