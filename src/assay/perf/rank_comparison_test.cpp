#include "assay/perf/rank_comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "assay/numerics/random.hpp"

namespace assay {
namespace {

using Sample = std::vector<double>;

/// Samples of these sizes, without ties, in which `u` pairs have the value of a above that of b.
std::pair<Sample, Sample> with_u(int size_a, int size_b, int u) {
  std::pair<Sample, Sample> samples;
  for (int j = 0; j < size_b; ++j) samples.second.push_back(100 + j);
  for (int i = 0; i < size_a; ++i) {
    const int above = std::min(u, size_b);
    u -= above;
    samples.first.push_back(99.5 + above - 0.01 * i);
  }
  return samples;
}

double p_with_u(int size_a, int size_b, int u) {
  const auto [a, b] = with_u(size_a, size_b, u);
  return compare_ranks(a, b).p;
}

/// All ways to choose the first sample, one by one, with ranks as "half of those equal, and all
/// below".
double p_by_enumeration(const Sample& a, const Sample& b) {
  Sample pooled = a;
  pooled.insert(pooled.end(), b.begin(), b.end());
  const std::size_t all = pooled.size();
  Sample rank(all, 0.5);
  for (std::size_t i = 0; i < all; ++i)
    for (const double other : pooled)
      rank[i] += other < pooled[i] ? 1 : other == pooled[i] ? 0.5 : 0;
  const double mean = static_cast<double>(a.size() * (all + 1)) / 2;
  double seen = 0;
  for (std::size_t i = 0; i < a.size(); ++i) seen += rank[i];
  long far = 0, total = 0;
  for (unsigned mask = 0; mask < 1u << all; ++mask) {
    std::size_t size = 0;
    double sum = 0;
    for (std::size_t i = 0; i < all; ++i)
      if (mask >> i & 1) {
        ++size;
        sum += rank[i];
      }
    if (size != a.size()) continue;
    ++total;
    if (std::fabs(sum - mean) >= std::fabs(seen - mean)) ++far;
  }
  return static_cast<double>(far) / static_cast<double>(total);
}

TEST(RankComparison, SeparatedSamplesHaveTheSmallestP) {
  EXPECT_DOUBLE_EQ(p_with_u(3, 3, 0), 2.0 / 20);
  EXPECT_DOUBLE_EQ(p_with_u(5, 5, 0), 2.0 / 252);
  EXPECT_DOUBLE_EQ(p_with_u(9, 9, 0), 2.0 / 48620);
  EXPECT_DOUBLE_EQ(p_with_u(9, 9, 81), 2.0 / 48620);
}

/// Partitions of 0, 1, 2 and 3 that fit into the rectangle: 1, 1, 2, 3.
TEST(RankComparison, AFewByHand) {
  EXPECT_DOUBLE_EQ(p_with_u(5, 5, 2), 2.0 * 4 / 252);
  EXPECT_DOUBLE_EQ(p_with_u(4, 6, 3), 2.0 * 7 / 210);
  EXPECT_DOUBLE_EQ(p_with_u(6, 4, 3), 2.0 * 7 / 210);
}

/// The largest U that a printed table calls significant, two-sided (Mann and Whitney, 1947, and any
/// textbook since).
TEST(RankComparison, CriticalValuesOfTheTables) {
  struct Row {
    int size, at_5_percent, at_1_percent;
  };
  for (const Row row : {Row{8, 13, 7}, Row{9, 17, 11}, Row{10, 23, 16}}) {
    EXPECT_LE(p_with_u(row.size, row.size, row.at_5_percent), 0.05) << row.size;
    EXPECT_GT(p_with_u(row.size, row.size, row.at_5_percent + 1), 0.05) << row.size;
    EXPECT_LE(p_with_u(row.size, row.size, row.at_1_percent), 0.01) << row.size;
    EXPECT_GT(p_with_u(row.size, row.size, row.at_1_percent + 1), 0.01) << row.size;
  }
}

TEST(RankComparison, EveryWayToDealTheValuesCountedWithTies) {
  for (std::uint64_t round = 0; round < 60; ++round) {
    const RandomStream draws(5, 0, Purpose::probe, round);
    const std::size_t size_a = 1 + draws.word(0) % 5, size_b = 1 + draws.word(1) % 5;
    const std::uint64_t levels = 2 + round % 8;  // few levels: many ties
    Sample a, b;
    for (std::size_t i = 0; i < size_a; ++i)
      a.push_back(static_cast<double>(1 + draws.word(10 + i) % levels));
    for (std::size_t i = 0; i < size_b; ++i)
      b.push_back(static_cast<double>(1 + draws.word(20 + i) % levels));

    // Counts below 2^53: only the quotient is rounded, once on each side.
    EXPECT_DOUBLE_EQ(compare_ranks(a, b).p, p_by_enumeration(a, b)) << round;
  }
}

TEST(RankComparison, EqualValuesSayNothing) {
  const RankComparison all_equal = compare_ranks({3, 3, 3, 3, 3}, {3, 3, 3, 3, 3});
  EXPECT_EQ(all_equal.p, 1);
  EXPECT_EQ(all_equal.ratio, 1);
}

TEST(RankComparison, RanksOfTiesAreTheirMean) {
  // 1 has rank 1, the twos 2 to 4, 5 has rank 5.
  EXPECT_EQ(doubled_ranks({2, 5, 2, 1, 2}), (std::vector<long>{6, 10, 6, 2, 6}));
}

TEST(RankComparison, TheShiftIsTheMedianOfAllRatiosOfBToA) {
  EXPECT_EQ(compare_ranks({1, 2, 4}, {2, 4, 8}).ratio, 2);
  EXPECT_EQ(compare_ranks({2, 4, 8}, {1, 2, 4}).ratio, 0.5);
  EXPECT_EQ(compare_ranks({1}, {2, 8}).ratio, 4);  // between two: their geometric mean
  // One value far off moves a mean, not this.
  EXPECT_EQ(compare_ranks({10, 10, 10, 10, 10}, {10, 10, 10, 10, 1000}).ratio, 1);
}

TEST(RankComparison, TheLargestSamplesAreCountedToo) {
  const auto [a, b] = with_u(largest_sample, largest_sample, 0);

  const double p = compare_ranks(a, b).p;

  // 2 over 100!/(50! 50!) = 1.00891344545564e29.
  EXPECT_NEAR(p / (2 / 1.00891344545564e29), 1, 1e-12);
}

}  // namespace
}  // namespace assay
