#include "properties/source.hpp"

#include <gtest/gtest.h>

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

TEST(Source, TheSameSeedGivesTheSameDraws) {
  Source a(rc::Random(7), 10), b(rc::Random(7), 10), c(rc::Random(8), 10);
  EXPECT_EQ(a.word(), b.word());
  EXPECT_NE(a.word(), c.word());
}

}  // namespace
}  // namespace assay::properties
