// Campaigns on a law that is false on purpose.
#include "properties/campaign.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "assay/support/error.hpp"
#include "properties/corpus.hpp"

namespace assay::properties {
namespace {

const Property& false_law() { return find_property("self_test.false_law", "", ""); }

CampaignReport campaign(long cases, long shard = 0, long shards = 1, int jobs = 1) {
  CampaignOptions options;
  options.cases = cases;
  options.shard = shard;
  options.shards = shards;
  options.jobs = jobs;
  return run_campaign(false_law(), "double", options);
}

std::set<std::string> found(const CampaignReport& report) {
  std::set<std::string> all;
  for (const Failure& f : report.failures)
    all.insert(std::to_string(f.number) + f.failure + f.message + case_text(f.test_case));
  return all;
}

TEST(Campaign, FailuresAreShrunkWithinTheirClass) {
  const CampaignReport report = campaign(200);
  EXPECT_EQ(report.cases(), 200);
  EXPECT_GT(report.held, 0);
  std::set<std::string> classes;
  for (const Failure& f : report.failures) {
    classes.insert(f.failure);
    const Instance& in = f.test_case.instance;
    EXPECT_EQ(in.n, 1);
    if (f.failure == "few rows") {
      EXPECT_EQ(in.inequality_rows(), 2);
      EXPECT_EQ(in.m, 1);
      EXPECT_EQ(f.test_case.number("steps"), 3);
    } else {
      EXPECT_EQ(in.m, 7);
      EXPECT_EQ(in.inequality_rows(), 0);
    }
    EXPECT_EQ(in.H.nearest(), Mat<double>::Identity(in.m, in.m));
    EXPECT_EQ(judge(false_law().typed[0].law, f.test_case).failure, f.failure);
  }
  EXPECT_EQ(classes, (std::set<std::string>{"few rows", "m is at most 6"}));
}

TEST(Campaign, NeitherShardsNorThreadsChangeWhatIsFound) {
  const CampaignReport whole = campaign(330);
  EXPECT_EQ(found(whole), found(campaign(330, 0, 1, 3)));
  std::set<std::string> parts;
  long cases = 0, failed = 0;
  for (long shard = 0; shard < 4; ++shard) {
    const CampaignReport part = campaign(330, shard, 4);
    for (const std::string& f : found(part)) EXPECT_TRUE(parts.insert(f).second);
    cases += part.cases();
    failed += part.failed;
  }
  EXPECT_EQ(parts, found(whole));
  EXPECT_EQ(cases, 330);
  EXPECT_EQ(failed, whole.failed);
}

TEST(Campaign, ACaseDependsOnPropertySeedAndNumberAlone) {
  const Property& law = false_law();
  const auto text = [&](std::uint64_t seed, long number) {
    return case_text(generate_case(law, law.typed[0], seed, number));
  };
  EXPECT_EQ(text(1, 7), text(1, 7));
  EXPECT_NE(text(1, 7), text(2, 7));
  EXPECT_NE(text(1, 7), text(1, 8));
}

TEST(Campaign, SharesOfTheBoundsAreReported) {
  const CampaignReport report = campaign(100);
  ASSERT_EQ(report.shares.count("m against 6"), 1U);
  EXPECT_GT(report.shares.at("m against 6"), 0.5);
  EXPECT_LE(report.shares.at("m against 6"), 1);
}

TEST(Check, InequalitiesFailWhereTheyShould) {
  const auto fails = [](auto assertion) {
    Check check;
    try {
      assertion(check);
      return false;
    } catch (const Violation&) {
      return true;
    }
  };
  EXPECT_FALSE(fails([](Check& c) { c.at_most("x", 1.0, 1.0); }));
  EXPECT_TRUE(fails([](Check& c) { c.at_most("x", 1.0 + 0x1p-52, 1.0); }));
  EXPECT_TRUE(fails([](Check& c) { c.at_most("x", std::nan(""), 1.0); }));
  EXPECT_TRUE(fails([](Check& c) { c.at_most("x", 1.0, std::nan("")); }));
  EXPECT_TRUE(fails([](Check& c) { c.equal("x", Vec<double>(2), Vec<double>(3)); }));
  EXPECT_FALSE(fails([](Check& c) { c.equal("x", 1.0, 1.0); }));
  EXPECT_TRUE(fails([](Check& c) { c.equal("x", 1.0, 2.0); }));
  EXPECT_TRUE(fails([](Check& c) { c.equal("x", std::nan(""), std::nan("")); }));
  const auto vectors_differ = [&](const Vec<double>& a, const Vec<double>& b) {
    return fails([&](Check& c) { c.equal("x", a, b); });
  };
  const Vec<double> v{{1, 2}};
  EXPECT_FALSE(vectors_differ(v, v));
  EXPECT_TRUE(vectors_differ(v, Vec<double>{{1, 3}}));
  EXPECT_TRUE(vectors_differ(v, Vec<double>{{3, 2}}));
  EXPECT_TRUE(vectors_differ(Vec<double>{{1, std::nan("")}}, Vec<double>{{1, std::nan("")}}));
  EXPECT_TRUE(fails([](Check& c) { c.that("x", false); }));
}

TEST(Judge, AnExceptionOfTheCodeUnderTestIsAFailure) {
  const Property::Law law = [](const Case&, Check&) { throw NumericalError("broken"); };
  const Verdict verdict = judge(law, Case{empty_instance(1, 1), {}, {}, 0});
  EXPECT_EQ(verdict.kind, Verdict::Kind::fails);
  EXPECT_EQ(verdict.message, "an exception: broken");
}

TEST(Judge, WhatTheCaseLacksIsNoVerdict) {
  const Case empty{empty_instance(1, 1), {}, {{"kind", 3}}, 0};
  EXPECT_THROW(judge([](const Case& c, Check&) { c.number("steps"); }, empty), CaseError);
  EXPECT_THROW(judge([](const Case& c, Check&) { c.vector("x"); }, empty), CaseError);
  EXPECT_EQ(empty.choice("kind", 4), 3);
  EXPECT_THROW(empty.choice("kind", 3), CaseError);
}

/// In a campaign too, whatever thread it was on.
TEST(Campaign, WhatTheCasesLackEndsIt) {
  Property law = false_law();
  law.typed = {{"double", [](const Case& c, Check&) { c.number("absent"); }}};
  for (const int jobs : {1, 3}) {
    CampaignOptions options;
    options.cases = 200;
    options.jobs = jobs;
    EXPECT_THROW(run_campaign(law, "double", options), CaseError) << jobs;
  }
}

/// Entries of vectors count one by one; a case that is left out or fails counts none.
TEST(Campaign, CountsTheAssertionsOfCasesThatHold) {
  Property law = false_law();
  law.typed = {{"double", [](const Case& c, Check& check) {
                  check.that("one", true);
                  check.at_most("two", 0.0, 1.0);
                  check.equal("three", 1.0, 1.0);
                  // Four, five and six: the sizes and the entries.
                  check.equal("four", Vec<double>{{1, 2}}, Vec<double>{{1, 2}});
                  if (c.instance.m % 2 == 0) check.discard("even");
                }}};
  CampaignOptions options;
  options.cases = 60;
  const CampaignReport report = run_campaign(law, "double", options);
  EXPECT_GT(report.discarded, 0);
  EXPECT_EQ(report.assertions, 6 * report.held);
}

TEST(Campaign, MostCasesLeftOutIsNoticed) {
  const auto left_out = [](long held, long discarded, long failed, long least) {
    CampaignReport report;
    report.held = held;
    report.discarded = discarded;
    report.failed = failed;
    return mostly_left_out(report, least);
  };
  EXPECT_TRUE(left_out(49, 51, 0, 100));
  EXPECT_FALSE(left_out(50, 50, 0, 100));
  EXPECT_FALSE(left_out(0, 99, 0, 100));
  EXPECT_TRUE(left_out(0, 99, 0, 0));
  EXPECT_FALSE(left_out(0, 50, 50, 100));  // those that failed were tested
  EXPECT_FALSE(left_out(0, 0, 0, 0));
}

class CorpusFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "assay-corpus-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  std::filesystem::path root_;
};

TEST_F(CorpusFolder, ASavedFailureFailsAgainWhenReplayed) {
  const Corpus corpus(root_ / "corpus");
  const CampaignReport report = campaign(50);
  ASSERT_FALSE(report.failures.empty());
  std::set<std::filesystem::path> files;
  for (const Failure& f : report.failures)
    files.insert(corpus.save("self_test.false_law", "double", f));
  const auto listed = corpus.files("self_test.false_law", "double");
  EXPECT_EQ(std::set(listed.begin(), listed.end()), files);
  EXPECT_TRUE(corpus.files("self_test.false_law", "real50").empty());
  for (std::size_t i = 0; i < listed.size(); ++i) {
    const Replay replay = replay_file(listed[i]);
    EXPECT_EQ(replay.verdict.kind, Verdict::Kind::fails);
    EXPECT_EQ(replay.verdict.failure, replay.saved.failure);
    EXPECT_EQ(replay.verdict.message, replay.saved.message);
  }
}

TEST(SavedCase, TextIsReadBackExactly) {
  const Property& law = false_law();
  Case c = generate_case(law, law.typed[0], 1, 90);
  c.vectors["q"] = Vec<double>::Constant(c.instance.m, -0.0);
  c.numbers["tiny"] = 0x1p-1074;
  const SavedCase saved{"self_test.false_law", "double", "a class", "words \"quoted\"\n", c};
  const std::string text = saved_case_text(saved);
  EXPECT_EQ(saved_case_text(parse_saved_case(text, "t")), text);
}

TEST(SavedCase, WhatIsWrongInAFileIsNamed) {
  const auto message = [](const std::string& text) {
    try {
      parse_saved_case(text, "f.json");
      return std::string();
    } catch (const Error& e) {
      return std::string(e.what());
    }
  };
  Instance least = empty_instance(1, 1);
  least.H.set(0, 0, 1);
  const std::string good = saved_case_text({"p", "double", "f", "m", {least, {}, {}, 5}});
  EXPECT_EQ(message(good), "");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return message(text);
  };
  EXPECT_NE(message("{").find("f.json"), std::string::npos);
  EXPECT_NE(with("assay-case/1", "assay-case/2").find("f.json: format"), std::string::npos);
  EXPECT_NE(with("\"seed\":\"5\"", "\"seed\":5").find("f.json: case.seed"), std::string::npos);
  EXPECT_NE(with("\"numbers\":{}", "\"numbers\":[]").find("case.numbers"), std::string::npos);
  EXPECT_NE(with("\"vectors\":{}", "\"vectors\":{\"x\":3}").find("case.vectors.x"),
            std::string::npos);
  EXPECT_NE(with("\"vectors\":{}", "\"vectors\":{\"x\":[1,2]}")
                .find("f.json: case.vectors.x: has 2 entries, must have 1"),
            std::string::npos);
  EXPECT_EQ(with("\"vectors\":{}", "\"vectors\":{\"\":[1,2],\"weights\":[1,2]}"), "");
  EXPECT_NE(with("\"H\":[[1]]", "\"H\":[[-1]]").find("case.instance: lower.H"), std::string::npos);
}

}  // namespace
}  // namespace assay::properties
