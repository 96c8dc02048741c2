// The search for all global minimisers of a lower level.
#include "reference/lower_search.hpp"

#include <gtest/gtest.h>

namespace assay::reference {
namespace {

TEST(GlobalSearch, FindsBothMinimisersAndNoOthers) {
  // y^4/4 - y^2/2: minima -1/4 at +-1; a local maximum at 0.
  const auto p = read_problem({.F = "y", .f = "y^4/4-y^2/2", .y_box = {{"-3", "3"}}});
  const auto found = search_lower(p, {Range(Rational(0))}, Rational(-1, 4), Rational(1, 1024));
  ASSERT_TRUE(found.finished);
  ASSERT_EQ(found.clusters.size(), 2U);
  for (const auto& cluster : found.clusters) {
    EXPECT_TRUE(cluster[0].contains(1) || cluster[0].contains(-1));
    EXPECT_LT(cluster[0].width(), Rational(1, 16));
  }
  EXPECT_LE(found.floor, Rational(-1, 4));
  EXPECT_GT(found.floor, Rational(-1, 4) - Rational(1, 1000));
}

TEST(GlobalSearch, RespectsTheRows) {
  const auto p = read_problem({.F = "y", .f = "y^4/4-y^2/2", .g = {"-y"}, .y_box = {{"-3", "3"}}});
  const auto found = search_lower(p, {Range(Rational(0))}, Rational(-1, 4), Rational(1, 1024));
  ASSERT_EQ(found.clusters.size(), 1U);
  EXPECT_TRUE(found.clusters[0][0].contains(1));
}

/// An edge that is the minimiser, with a slope: kept, though no derivative vanishes.
TEST(GlobalSearch, KeepsAMinimiserAtAnEdge) {
  const auto p = read_problem({.F = "y", .f = "y^3-3*y", .g = {"-2-y"}, .y_box = {{"-2", "3"}}});
  const auto found = search_lower(p, {Range(Rational(0))}, -2, Rational(1, 1024));
  ASSERT_EQ(found.clusters.size(), 2U);
  EXPECT_TRUE(found.clusters[0][0].contains(-2) || found.clusters[1][0].contains(-2));
}

/// At the edge of the box a slope does not speak against a minimiser, rows or none.
TEST(GlobalSearch, KeepsAMinimiserAtTheEdgeOfTheBox) {
  const auto p = read_problem({.F = "y", .f = "y", .y_box = {{"0", "1"}}});
  const auto found = search_lower(p, {Range(Rational(0))}, 0, Rational(1, 64));
  ASSERT_TRUE(found.finished);
  ASSERT_EQ(found.clusters.size(), 1U);
  EXPECT_TRUE(found.clusters[0][0].contains(0));
  EXPECT_LT(found.clusters[0][0].width(), Rational(1, 16));
}

/// A slope in any entry discards a box inside: of y_1 + y_2^2 on a square, all values wanted, the
/// corners and the middles of the two sides without a slope along them are left.
TEST(GlobalSearch, ASlopeInOneEntryIsEnough) {
  const auto p =
      read_problem({.m = 2, .F = "y1", .f = "y1+y2^2", .y_box = {{"-1", "1"}, {"-1", "1"}}});
  const auto found = search_lower(p, {Range(Rational(0))}, 10, Rational(1, 8));
  ASSERT_TRUE(found.finished);
  ASSERT_EQ(found.clusters.size(), 6U);
  for (const auto& cluster : found.clusters) {
    EXPECT_TRUE(cluster[0].contains(-1) || cluster[0].contains(1));
    EXPECT_TRUE(cluster[1].contains(-1) || cluster[1].contains(0) || cluster[1].contains(1));
  }
}

TEST(GlobalSearch, AnUnfinishedSearchSaysSo) {
  // 1/y has no bound on a box around 0.
  const auto p = read_problem({.F = "y", .f = "1/y", .y_box = {{"-1", "1"}}});
  EXPECT_FALSE(search_lower(p, {Range(Rational(0))}, 0, Rational(1, 1024)).finished);
}

TEST(GlobalSearch, NegativeCurvatureIsProvedOrNot) {
  const auto convex = read_problem({.F = "y", .f = "exp(y)", .y_box = {{"-3", "3"}}});
  EXPECT_FALSE(proved_nonconvex(convex, {Range(Rational(0))}, {0}));
  const auto wave = read_problem({.F = "y", .f = "y^2+cos(2*y)", .y_box = {{"-3", "3"}}});
  EXPECT_TRUE(proved_nonconvex(wave, {Range(Rational(0))}, {0}));
}

}  // namespace
}  // namespace assay::reference
