#include "assay/perf/counts.hpp"

#include <gtest/gtest.h>

#include "assay/perf/counter.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

const std::string good =
    "# a comment\n\nformat assay-counts/1\nwith counter callgrind\nwith compiler g++ 12.2.0\n"
    "dot/20    100 first measured\nproduct/20 7 two  blanks, # and with\n";

std::string counts_error(const std::string& text) {
  try {
    parse_counts(text, "counts.txt");
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST(Counts, AreReadAndWrittenBack) {
  const AcceptedCounts counts = parse_counts(good, "counts.txt");

  EXPECT_EQ(counts.with, (CountedWith{{"counter", "callgrind"}, {"compiler", "g++ 12.2.0"}}));
  ASSERT_EQ(counts.counts.size(), 2u);
  EXPECT_EQ(counts.counts.at("dot/20").instructions, 100u);
  EXPECT_EQ(counts.counts.at("dot/20").reason, "first measured");
  EXPECT_EQ(counts.counts.at("product/20").reason, "two  blanks, # and with");
  const std::string text = counts_text(counts);
  const AcceptedCounts again = parse_counts(text, "again");
  EXPECT_EQ(counts_text(again), text);
  EXPECT_EQ(again.with, counts.with);
  EXPECT_EQ(instructions_of(again), instructions_of(counts));
}

TEST(Counts, AWrongFileNamesItsLine) {
  EXPECT_EQ(counts_error(""), "counts.txt: does not begin with 'format assay-counts/1'");
  EXPECT_EQ(counts_error("format assay-counts/2\n"),
            "counts.txt: does not begin with 'format assay-counts/1'");
  EXPECT_EQ(counts_error("format assay-counts/1\n"), "counts.txt: with: missing");
  for (const auto& [line, what] : std::vector<std::pair<std::string, std::string>>{
           {"a", "'' is no number"},
           {"a x why", "'x' is no number"},
           {"a -3 why", "'-3' is no number"},
           {"a 0 why", "'0' is no number"},
           {"a 12x why", "'12x' is no number"},
           {"a 99999999999999999999 why", "is no number"},
           {"a 12", "'a' has no reason"},
           {"a 12   ", "'a' has no reason"},
           {"dot/20 12 again", "'dot/20' stands there twice"},
           {"with x y", "'with' stands behind a count"}})
    EXPECT_NE(counts_error(good + line + "\n").find("counts.txt: line 8: "), std::string::npos)
        << counts_error(good + line + "\n");
  EXPECT_NE(counts_error("format assay-counts/1\nwith a b\nwith a c\n").find("line 3: 'a' stands"),
            std::string::npos);
  EXPECT_NE(counts_error("format assay-counts/1\nwith a\n").find("line 2: 'with' needs"),
            std::string::npos);
}

TEST(Counts, AReasonIsOneLineWithSomethingOnIt) {
  EXPECT_NO_THROW(check_reason("the factor reads each column once"));
  for (const char* reason : {"", "  ", "two\nlines", "a\ttab"})
    EXPECT_THROW(check_reason(reason), InputError) << reason;
}

CountVerdict verdict(std::uint64_t accepted, std::uint64_t found) {
  const auto findings = compare_counts({{"w", accepted}}, {{"w", found}}, 0.01);
  EXPECT_EQ(findings.size(), 1u);
  return findings.at(0).verdict;
}

TEST(Counts, TheLimitHoldsBothWays) {
  EXPECT_EQ(verdict(1000, 1000), CountVerdict::equal);
  EXPECT_EQ(verdict(1000, 1009), CountVerdict::near);
  EXPECT_EQ(verdict(1000, 991), CountVerdict::near);
  EXPECT_EQ(verdict(1000, 1011), CountVerdict::more);
  EXPECT_EQ(verdict(1000, 989), CountVerdict::fewer);
  EXPECT_EQ(verdict(1000, 1), CountVerdict::fewer);
}

TEST(Counts, WorkloadsOnOneSideOnlyAreNamed) {
  const auto findings = compare_counts({{"a", 5}, {"b", 6}}, {{"b", 6}, {"c", 7}});

  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(findings[0].workload, "a");
  EXPECT_EQ(findings[0].verdict, CountVerdict::gone);
  EXPECT_EQ(findings[1].verdict, CountVerdict::equal);
  EXPECT_EQ(findings[2].workload, "c");
  EXPECT_EQ(findings[2].verdict, CountVerdict::missing);
  EXPECT_EQ(findings[2].found, 7u);
}

TEST(Counts, WhatTheyWereMadeWithHasToBeEqual) {
  const CountedWith here = {{"counter", "callgrind"}, {"compiler", "g++ 12.2.0"}};
  EXPECT_EQ(difference(here, {{"compiler", "g++ 12.2.0"}, {"counter", "callgrind"}}), "");
  EXPECT_EQ(difference(here, {{"counter", "hardware"}, {"compiler", "g++ 12.2.0"}}),
            "counter is 'callgrind' here and 'hardware' there");
  EXPECT_EQ(difference(here, {{"counter", "callgrind"}}),
            "compiler is 'g++ 12.2.0' here and unknown there");
  EXPECT_EQ(difference({}, {{"glibc", "2.36"}}), "glibc is unknown here and '2.36' there");
}

TEST(Callgrind, TheTotalIsThatOfInstructions) {
  const std::string head = "# callgrind format\nversion: 1\nevents: Ir\nsummary: 0\n\n";
  EXPECT_EQ(parse_callgrind(head + "fn=(1)\n3 100\ntotals: 12345\n", "f"), 12345u);
  EXPECT_THROW(parse_callgrind(head, "f"), InputError);
  EXPECT_THROW(parse_callgrind("", "f"), InputError);
  // A region that was never entered.
  EXPECT_THROW(parse_callgrind(head + "totals: 0\n", "f"), InputError);
  EXPECT_THROW(parse_callgrind("events: Dr\ntotals: 5\n", "f"), InputError);
}

}  // namespace
}  // namespace assay
