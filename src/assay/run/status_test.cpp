#include "assay/run/status.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

/// The word after each of these gaps.
std::vector<bool> words(const std::vector<double>& gaps, bool sticky) {
  ReportedStatus<double> status(sticky);
  std::vector<bool> out;
  for (std::size_t t = 0; t < gaps.size(); ++t) {
    status.add(static_cast<long>(t), gaps[t]);
    out.push_back(status.converged());
  }
  return out;
}

TEST(ReportedStatus, IsAFunctionOfTheLastTwentyGaps) {
  // Constant gaps: converged exactly from the twentieth on; one step of 1 is seen until it has
  // left.
  std::vector<double> gaps(25, 3.0);
  gaps.insert(gaps.end(), 30, 4.0);
  const auto out = words(gaps, false);
  for (std::size_t t = 0; t < gaps.size(); ++t)
    EXPECT_EQ(out[t], (t >= 19 && t < 25) || t >= 25 + 19) << t;
}

TEST(ReportedStatus, TheVarianceIsComparedWithTheSquareOfTheTolerance) {
  // Ten gaps 1 + h and ten 1 - h have variance h^2.
  for (const double h : {0.99e-4, 1.01e-4}) {
    std::vector<double> gaps;
    for (int k = 0; k < 20; ++k) gaps.push_back(k % 2 == 0 ? 1 + h : 1 - h);
    EXPECT_EQ(words(gaps, false).back(), h < 1e-4);
  }
}

TEST(ReportedStatus, TheGapIsTheMeanOfItsWindow) {
  ReportedStatus<double> status;
  for (int t = 0; t < 30; ++t) status.add(t, t);
  EXPECT_EQ(status.gap(), 19.5);  // 10 .. 29
  EXPECT_EQ(status.word(), "running");
}

TEST(ReportedStatus, StickyKeepsTheWordAndTheGapOfOneMoment) {
  std::vector<double> gaps(141, 2.0);
  gaps.insert(gaps.end(), 60, 5.0);
  const auto out = words(gaps, true);
  for (std::size_t t = 0; t < gaps.size(); ++t) EXPECT_EQ(out[t], t >= 100) << t;
  EXPECT_FALSE(words(gaps, false)[150]);

  ReportedStatus<double> status(true);
  for (int t = 0; t < 135; ++t) status.add(t, 2.0);
  for (int t = 135; t < 175; ++t) status.add(t, t);  // moving: no later test passes
  EXPECT_TRUE(status.converged());
  EXPECT_EQ(status.gap(), 2.0);
}

TEST(ReportedStatus, ANewTestOnlyEveryTwentiethIteration) {
  // The window is constant from 124 on, which the test of 120 misses.
  std::vector<double> gaps;
  for (int t = 0; t < 150; ++t) gaps.push_back(t < 105 ? t : 1);
  const auto out = words(gaps, true);
  EXPECT_FALSE(out[139]);
  EXPECT_TRUE(out[140]);
}

TEST(ReportedStatus, WhatIsStickySurvivesACheckpoint) {
  ReportedStatus<double> original(true), other(true);
  for (int t = 0; t < 135; ++t) original.add(t, 2.0);
  StateArchive saved = StateArchive::writer();
  original.archive(saved);
  StateArchive read = StateArchive::reader(saved.values());
  other.archive(read);
  other.add(135, 7);  // between two tests: what was decided before stands
  EXPECT_TRUE(other.converged());
  EXPECT_EQ(other.gap(), 2);
}

}  // namespace
}  // namespace assay
