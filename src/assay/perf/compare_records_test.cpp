#include "assay/perf/compare_records.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

using Sample = std::vector<double>;

/// Nine values around `middle`, close together.
Sample around(double middle) {
  Sample values;
  for (int i = -4; i <= 4; ++i) values.push_back(middle * (1 + 0.001 * i));
  return values;
}

PerfRecord record(double bench, double run, const Work& work = {"run/r", 100, 200, true, 1, 2}) {
  PerfRecord record;
  record.machine = "m";
  record.counted_with = {{"counter", "callgrind"}};
  record.times = {{"bench/b", around(bench)}, {"run/r", around(run)}};
  record.work = {work};
  return record;
}

TEST(CompareRecords, ATimeHasToBeClearAndLargeEnough) {
  EXPECT_EQ(judge({0.01, 1.05}), TimeVerdict::slower);
  EXPECT_EQ(judge({0.01, 1 / 1.05}), TimeVerdict::faster);
  EXPECT_EQ(judge({0.011, 2}), TimeVerdict::same) << "not clear";
  EXPECT_EQ(judge({0.0001, 1.049}), TimeVerdict::same) << "too small";
  EXPECT_EQ(judge({0.0001, 0.953}), TimeVerdict::same) << "too small";
  EXPECT_EQ(judge({0.011, 0.5}), TimeVerdict::same);
  // The fewest repetitions that are allowed can reach it.
  EXPECT_EQ(judge(compare_ranks({1, 2, 3, 4, 5}, {6, 7, 8, 9, 10})), TimeVerdict::slower);
  EXPECT_EQ(fewest_repetitions, 5);
}

TEST(CompareRecords, BIsJudgedAgainstA) {
  const auto findings = compare_times(record(100, 100), record(110, 90));

  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].workload, "bench/b");
  EXPECT_EQ(findings[0].suspected, TimeVerdict::slower);
  EXPECT_NEAR(findings[0].ranks.ratio, 1.1, 1e-3);
  EXPECT_EQ(findings[0].words(), "suspected slower, not confirmed");
  EXPECT_EQ(findings[1].suspected, TimeVerdict::faster);
  EXPECT_EQ(findings[1].words(), "suspected faster, not confirmed");
  EXPECT_FALSE(findings[1].stopped_earlier());
  const auto same = compare_times(record(100, 100), record(102, 98));
  EXPECT_EQ(same[0].words(), "same");
  EXPECT_EQ(same[1].words(), "same");
}

TEST(CompareRecords, OnlyASecondMeasurementConfirms) {
  const auto first = compare_times(record(100, 100), record(110, 90));
  const auto confirmed = [&](std::size_t i, double again) {
    TimeFinding finding = first.at(i);
    confirm(finding, {finding.workload, around(100)}, {finding.workload, around(again)});
    return finding.words();
  };
  EXPECT_EQ(confirmed(0, 111), "slower");
  EXPECT_EQ(confirmed(0, 101), "suspected slower, not confirmed");
  EXPECT_EQ(confirmed(0, 90), "suspected slower, not confirmed");
  EXPECT_EQ(confirmed(1, 90), "faster");
  EXPECT_EQ(confirmed(1, 110), "suspected faster, not confirmed");
}

TEST(CompareRecords, FasterBecauseItStoppedEarlierIsNoImprovement) {
  const auto words = [](const Work& b) {
    TimeFinding finding = compare_times(record(100, 100), record(100, 50, b)).at(1);
    finding.confirmation = Confirmation::agrees;
    return finding.words();
  };
  const std::string earlier = "faster because it stopped earlier";
  EXPECT_EQ(words({"run/r", 100, 200, true, 1, 2}), "faster");
  EXPECT_EQ(words({"run/r", 99, 200, true, 1, 2}), earlier);
  EXPECT_EQ(words({"run/r", 100, 199, true, 1, 2}), earlier);
  EXPECT_EQ(words({"run/r", 100, 200, true, 2.5, 3}), earlier);
  EXPECT_EQ(words({"run/r", 100, 200, false, 0, 0}), earlier);
  EXPECT_EQ(words({"run/r", 101, 201, true, 0.5, 0.75}), "faster");
  EXPECT_EQ(words({"run/r", 100, 200, true, 1.5, 3}), "faster") << "the enclosures overlap";
  EXPECT_EQ(words({"run/other", 1, 1, true, 9, 9}), "faster") << "the work of another workload";
}

TEST(CompareRecords, LessWorkIsNoExcuseForBeingSlower) {
  TimeFinding finding =
      compare_times(record(100, 100), record(100, 150, {"run/r", 50, 100, true, 1, 2})).at(1);
  finding.confirmation = Confirmation::agrees;
  EXPECT_EQ(finding.words(), "slower");
  EXPECT_FALSE(finding.stopped_earlier());
  EXPECT_EQ(finding.less_work, (std::vector<std::string>{"50 iterations in place of 100",
                                                         "100 oracle calls in place of 200"}));
}

TEST(CompareRecords, OnlyLikeIsComparedWithLike) {
  PerfRecord a = record(1, 1), b = record(1, 1);
  EXPECT_EQ(why_times_differ(a, b), "");
  EXPECT_EQ(why_counts_differ(a, b), "");
  b.machine = "n";
  EXPECT_EQ(why_times_differ(a, b), "the machines differ: 'm' and 'n'");
  EXPECT_EQ(why_counts_differ(a, b), "") << "counts are those of the program, not of the machine";
  b.counted_with = {{"counter", "hardware"}};
  EXPECT_NE(why_counts_differ(a, b), "");
  b.counted_with.clear();
  EXPECT_EQ(why_counts_differ(a, b), "nothing was counted in one of them");
  b.times.erase(b.times.begin());
  EXPECT_EQ(compare_times(a, b).size(), 1u);
}

}  // namespace
}  // namespace assay
