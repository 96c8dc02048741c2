#include "assay/perf/change_points.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "assay/numerics/random.hpp"

namespace assay {
namespace {

using Series = std::vector<double>;

/// `count` values around `level`, spread by 1 %.
void append(Series& series, int count, double level, std::uint64_t round = 0) {
  const RandomStream draws(3, 0, Purpose::probe, round);
  for (int i = 0; i < count; ++i)
    series.push_back(level * (1 + 0.01 * draws.normal(series.size())));
}

std::vector<std::size_t> indices(const std::vector<ChangePoint>& changes) {
  std::vector<std::size_t> list;
  for (const ChangePoint& change : changes) list.push_back(change.index);
  return list;
}

TEST(ChangePoints, AStepIsFoundAtItsFirstValue) {
  for (const double to : {1.1, 0.9}) {
    Series series;
    append(series, 10, 100);
    append(series, 8, 100 * to);

    const auto changes = change_points(series);

    ASSERT_EQ(indices(changes), (std::vector<std::size_t>{10})) << to;
    EXPECT_NEAR(changes[0].before, 100, 1);
    EXPECT_NEAR(changes[0].after, 100 * to, 1);
    EXPECT_LE(changes[0].p, 0.01);
  }
}

TEST(ChangePoints, UpAndDownAgainAreTwo) {
  Series series;
  append(series, 10, 100);
  append(series, 9, 130);
  append(series, 10, 100);
  EXPECT_EQ(indices(change_points(series)), (std::vector<std::size_t>{10, 19}));
}

TEST(ChangePoints, AChangeIsNotDrawnToTheMiddle) {
  // The last low value is the largest of them: by ranks alone it would belong to the high part.
  Series series = {100,   100.1, 100.2, 100.3, 100.4, 100.5, 100.6, 100.7, 100.8,
                   100.9, 101,   101.1, 101.2, 110,   110.1, 110.2, 110.3, 110.4};
  EXPECT_EQ(indices(change_points(series)), (std::vector<std::size_t>{13}));
}

TEST(ChangePoints, StairsAreSeparateSteps) {
  Series series;
  for (const double level : {100.0, 120.0, 140.0, 160.0}) append(series, 8, level);
  EXPECT_EQ(indices(change_points(series)), (std::vector<std::size_t>{8, 16, 24}));
}

TEST(ChangePoints, AChangeCloseToTheEndCounts) {
  Series series;
  append(series, 20, 100);
  append(series, 7, 120);
  EXPECT_EQ(indices(change_points(series)), (std::vector<std::size_t>{20}));
}

TEST(ChangePoints, SmallClearOrShortChangesAreNone) {
  Series series(10, 100.0);
  series.insert(series.end(), 10, 104.0);
  EXPECT_TRUE(change_points(series).empty()) << "4 % are below the least effect";
  ChangeRule finer;
  finer.effect = 0.03;
  EXPECT_EQ(indices(change_points(series, finer)), (std::vector<std::size_t>{10}));

  Series outlier(20, 100.0);
  outlier[12] = 300;
  EXPECT_TRUE(change_points(outlier).empty()) << "one value is no level";
  EXPECT_TRUE(change_points({1, 1, 2, 2, 2}).empty()) << "too short to tell";
  EXPECT_TRUE(change_points(Series(30, 7.0)).empty());
  EXPECT_TRUE(change_points({}).empty());
}

TEST(ChangePoints, NoiseAloneHasHardlyAny) {
  int series_with_changes = 0;
  ChangeRule any;
  any.effect = 0;
  for (std::uint64_t round = 0; round < 100; ++round) {
    Series series;
    append(series, 25, 100, round);
    series_with_changes += !change_points(series, any).empty();
  }
  // Binomial(100, 0.01): 5 or more have probability 0.0034, and the series are fixed.
  EXPECT_LE(series_with_changes, 4);
}

/// Best split over all orders of eight values, the definition written out.
double p_of_all_orders(const Series& series) {
  const int n = static_cast<int>(series.size());
  const auto best = [&](const std::vector<int>& ranks) {
    double top = 0;
    for (int k = 3; k <= n - 3; ++k) {
      double sum = 0;
      for (int i = 0; i < k; ++i) sum += ranks[static_cast<std::size_t>(i)];
      const double z = std::fabs(sum - k * (n + 1) / 2.0) / std::sqrt(k * (n - k) * (n + 1) / 12.0);
      top = std::max(top, z);
    }
    return top;
  };
  std::vector<int> ranks;
  for (const double value : series)
    ranks.push_back(1 + static_cast<int>(std::count_if(series.begin(), series.end(),
                                                       [&](double v) { return v < value; })));
  const double seen = best(ranks);
  std::sort(ranks.begin(), ranks.end());
  long far = 0, all = 0;
  do {
    ++all;
    far += best(ranks) >= seen * (1 - 1e-12);
  } while (std::next_permutation(ranks.begin(), ranks.end()));
  return static_cast<double>(far) / static_cast<double>(all);
}

TEST(ChangePoints, PIsTheShareOfAllOrders) {
  ChangeRule any;
  any.p = 1;
  any.effect = 0;
  for (const Series& series : {Series{1, 2, 3, 4, 5, 6, 7, 8}, Series{2, 1, 4, 3, 8, 7, 6, 5},
                               Series{5, 1, 6, 2, 7, 3, 8, 4}}) {
    const auto changes = change_points(series, any);
    ASSERT_FALSE(changes.empty());
    const double p = p_of_all_orders(series);  // of the splits; two tests are made
    // 1999 draws of the orders: four standard deviations, and the series itself as one of 2000.
    EXPECT_NEAR(changes[0].p, std::min(1.0, 2 * p), 8 * std::sqrt(p * (1 - p) / 1999) + 2.0 / 2000);
  }
}

TEST(ChangePoints, OfExactValuesIsWhateverLeavesTheLevel) {
  const auto changes = exact_change_points({1000, 1001, 999, 1003, 1003, 1003, 500}, 0.002);

  ASSERT_EQ(indices(changes), (std::vector<std::size_t>{3, 6}));
  EXPECT_EQ(changes[0].before, 1000);
  EXPECT_EQ(changes[0].after, 1003);
  EXPECT_EQ(changes[1].before, 1003);
  EXPECT_EQ(changes[1].after, 500);
}

TEST(ChangePoints, OfExactValuesSeeASlowDrift) {
  const auto changes = exact_change_points({1000, 1001, 1001.9, 1002.9, 1003.9}, 0.002);
  EXPECT_EQ(indices(changes), (std::vector<std::size_t>{3}));
  EXPECT_TRUE(exact_change_points({}, 0.1).empty());
}

}  // namespace
}  // namespace assay
