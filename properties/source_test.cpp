#include "properties/source.hpp"

#include <gtest/gtest.h>

#include <map>

namespace assay::properties {
namespace {

TEST(Source, RangesAreReachedAndKept) {
  Source source(rc::Random(1), 100);
  Index low = 5, high = -5;
  for (int i = 0; i < 1000; ++i) {
    const Index k = source.integer(-2, 3);
    low = std::min(low, k);
    high = std::max(high, k);
    const double u = source.uniform();
    EXPECT_TRUE(0 < u && u < 1);
    const double f = source.log_uniform(1e-150, 1e150);
    EXPECT_TRUE(1e-150 <= f && f <= 1e150);
  }
  EXPECT_EQ(low, -2);
  EXPECT_EQ(high, 3);
}

/// Every value as often: a third of 1000, with a deviation of 15.
TEST(Source, PicksEveryValue) {
  Source source(rc::Random(1), 100);
  std::map<double, int> picked;
  for (int i = 0; i < 1000; ++i) ++picked[source.pick({-1, 0.5, 7})];
  EXPECT_EQ(picked.size(), 3U);
  for (const double value : {-1.0, 0.5, 7.0}) EXPECT_GT(picked[value], 270) << value;
}

TEST(Source, TheSameSeedGivesTheSameDraws) {
  Source a(rc::Random(7), 10), b(rc::Random(7), 10), c(rc::Random(8), 10);
  EXPECT_EQ(a.word(), b.word());
  EXPECT_NE(a.word(), c.word());
}

}  // namespace
}  // namespace assay::properties
