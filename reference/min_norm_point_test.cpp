// Nearest points known by hand, and the cases where Wolfe's method has to drop points.
#include "reference/min_norm_point.hpp"

#include <gtest/gtest.h>

#include "assay/numerics/random.hpp"
#include "reference/fraction_vectors.hpp"

namespace assay::reference {
namespace {

RVec at(int a, int b, int denominator = 1) {
  RVec v(2);
  v << Rational(a, denominator), Rational(b, denominator);
  return v;
}

TEST(MinNormPoint, SegmentTriangleAndOrigin) {
  const MinNormPoint segment = min_norm_point({at(1, 0), at(0, 2)});
  EXPECT_EQ(segment.point, at(4, 2, 5));
  EXPECT_EQ(segment.squared, Rational(4, 5));
  EXPECT_EQ(segment.weights[0], Rational(4, 5));

  EXPECT_EQ(min_norm_point({at(3, 1), at(-1, 1), at(0, 5)}).point, at(0, 1));
  EXPECT_EQ(min_norm_point({at(1, 1), at(-2, 1), at(0, -3)}).squared, 0);
  EXPECT_EQ(min_norm_point({at(2, 1), at(2, 1), at(5, 5)}).point, at(2, 1));
}

TEST(MinNormPoint, RaysExtendTheHull) {
  // (3,-1) may climb: nearest (3,0). To the left as well: the origin.
  EXPECT_EQ(min_norm_point({at(3, -1)}, {at(0, 2)}).point, at(3, 0));
  const MinNormPoint origin = min_norm_point({at(3, -1)}, {at(0, 2), at(-1, 0)});
  EXPECT_EQ(origin.squared, 0);
  EXPECT_EQ(origin.lengths[0], Rational(1, 2));
  EXPECT_EQ(origin.lengths[1], 3);
  // A ray that points away is of no use.
  EXPECT_EQ(min_norm_point({at(3, -1)}, {at(1, -1)}).point, at(3, -1));
}

/// Weights reproduce the point, and no convex combination from a grid of all pairs comes nearer.
TEST(MinNormPoint, RandomPointsInFiveDimensions) {
  int supported = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    std::vector<RVec> points;
    for (std::uint64_t k = 0; k < 9; ++k) {
      RVec v(5);
      const RandomStream stream(seed, k, Purpose::probe, 0);
      for (std::uint64_t i = 0; i < 5; ++i)
        v[static_cast<Index>(i)] =
            Rational(static_cast<int>(stream.word(i) % 17) - (i == 0 ? 5 : 8), 4);
      points.push_back(v);
    }
    const MinNormPoint p = min_norm_point(points);
    RVec sum = zero_vector(5);
    Rational total = 0;
    int support = 0;
    for (std::size_t k = 0; k < points.size(); ++k) {
      EXPECT_GE(p.weights[k], 0);
      total += p.weights[k];
      sum += p.weights[k] * points[k];
      support += p.weights[k] > 0;
    }
    EXPECT_EQ(total, 1);
    EXPECT_EQ(sum, p.point);
    EXPECT_EQ(p.squared, inner(sum, sum));
    for (const RVec& a : points)
      for (const RVec& b : points)
        for (int k = 0; k <= 4; ++k) {
          const RVec z = Rational(k, 4) * a + Rational(4 - k, 4) * b;
          EXPECT_GE(inner(z, z), p.squared);
        }
    supported += support > 2;
  }
  EXPECT_GT(supported, 10);
}

}  // namespace
}  // namespace assay::reference
