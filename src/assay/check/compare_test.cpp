#include "assay/check/compare.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace assay {
namespace {

// File order differs from the order of computation on purpose: gaps come before the gradient.
Trace base() {
  return parse_trace(
      "iteration,gap_total,gradient_norm_raw,step_applied,x_digest\n"
      "-1,4,,,aa\n"
      "0,3,1,0.5,bb\n"
      "1,2,1,0.5,cc\n"
      "2,1,1,0.5,dd\n",
      "base");
}

TEST(Compare, EqualTracesAreEqual) {
  const Comparison c = compare_traces(base(), base(), "double");

  EXPECT_TRUE(c.equal());
  EXPECT_EQ(c.shared_rows, 4u);
  EXPECT_EQ(comparison_text(c, "a", "b"), "equal: a and b (4 rows)\n");
}

TEST(Compare, FirstDivergenceIsTheFirstColumnComputedInTheFirstDifferingRow) {
  Trace other = base();
  other.rows[2] = {"1", "2.5", "1.0000000000000002", "0.5", "c0"};
  other.rows[3] = {"2", "1.5", "1", "0.25", "d0"};

  const Comparison c = compare_traces(base(), other, "double");

  ASSERT_EQ(c.columns.size(), 4u);
  EXPECT_EQ(c.columns[0].column, "gradient_norm_raw");
  EXPECT_EQ(c.columns[0].iteration, 1);
  EXPECT_EQ(c.columns[0].left, "1");
  EXPECT_EQ(c.columns[0].right, "1.0000000000000002");
  EXPECT_EQ(c.columns[0].ulps, 1);
  EXPECT_FALSE(c.columns[0].inherited);
  EXPECT_EQ(c.columns[0].cause, "x is the same after iteration 0");
  EXPECT_EQ(c.columns[1].column, "x_digest");
  EXPECT_TRUE(c.columns[1].inherited);
  EXPECT_EQ(c.columns[1].cause, "gradient_norm_raw comes before it in the same row");
  EXPECT_EQ(c.columns[2].column, "gap_total");
  EXPECT_TRUE(c.columns[2].inherited);
  EXPECT_EQ(c.columns[3].column, "step_applied");
  EXPECT_EQ(c.columns[3].iteration, 2);
  EXPECT_TRUE(c.columns[3].inherited);
  EXPECT_EQ(c.columns[3].cause, "x differs already after iteration 1");
}

TEST(Compare, AMeasurementThatDiffersAloneOriginatesThere) {
  Trace other = base();
  other.rows[1][1] = "3.5";
  other.rows[2][3] = "0.25";

  const Comparison c = compare_traces(base(), other, "double");

  ASSERT_EQ(c.columns.size(), 2u);
  EXPECT_EQ(c.columns[0].column, "gap_total");
  EXPECT_EQ(c.columns[1].column, "step_applied");
  EXPECT_FALSE(c.columns[1].inherited);
}

TEST(Compare, UnrecordedIterationsAreAdmitted) {
  Trace left = base(), right = base();
  left.rows.erase(left.rows.begin() + 1);
  right.rows.erase(right.rows.begin() + 1);
  right.rows[1][2] = "7";

  const Comparison c = compare_traces(left, right, "double");

  ASSERT_EQ(c.columns.size(), 1u);
  EXPECT_EQ(c.columns[0].cause,
            "x is the same after iteration -1; the iterations between are not recorded");
}

TEST(Compare, AStartThatDiffersIsTheFirstRow) {
  Trace other = base();
  other.rows[0][4] = "a0";

  const Comparison c = compare_traces(base(), other, "double");

  EXPECT_EQ(c.columns.at(0).cause, "it is the first row both traces have");
}

TEST(Compare, ColumnsAndRowsOfOneSideAreListed) {
  Trace left = base(), right = base();
  left.columns[1] = "gap_left";
  right.rows.pop_back();
  left.rows.erase(left.rows.begin());

  const Comparison c = compare_traces(left, right, "double");

  EXPECT_FALSE(c.equal());
  EXPECT_EQ(c.columns_only_left, std::vector<std::string>{"gap_left"});
  EXPECT_EQ(c.columns_only_right, std::vector<std::string>{"gap_total"});
  EXPECT_EQ(c.rows_only_left, std::vector<long>{2});
  EXPECT_EQ(c.rows_only_right, std::vector<long>{-1});
  EXPECT_EQ(c.shared_rows, 2u);
}

TEST(Compare, SummaryHoldsTheWorstAndTheEnd) {
  Trace other = base();
  other.rows[1][1] = "3.5";
  other.rows[3][1] = "1.0001";

  const Comparison c = compare_traces(base(), other, "double");

  EXPECT_EQ(c.columns.at(0).rows, 2u);
  EXPECT_EQ(c.columns.at(0).digits_at_end, 4);
  EXPECT_EQ(c.columns.at(0).max_ulps, 1125899906842624);  // 3 to 3.5: 2^50 doubles of spacing 2^-51
}

TEST(Compare, DigestsMadeOfDigitsAreText) {
  Trace left = base(), right = base();
  left.rows[3][4] = "1000";
  right.rows[3][4] = "1e3";

  EXPECT_FALSE(compare_traces(left, right, "double").equal());
}

TEST(Compare, RulesAllowOnlyWhatTheySay) {
  Trace other = base();
  other.rows[3][1] = "1.0000000000000004";  // two doubles on
  const Comparison c = compare_traces(base(), other, "double");

  EXPECT_FALSE(allowed_by({}, c));
  EXPECT_FALSE(allowed_by({{"gap_total", 1, "r"}}, c));
  EXPECT_FALSE(allowed_by({{"step_applied", 9, "r"}}, c));
  EXPECT_TRUE(allowed_by({{"gap_total", 2, "r"}}, c));
  EXPECT_TRUE(allowed_by({{"gap_total", std::nullopt, "r"}}, c));

  other.rows.pop_back();
  EXPECT_FALSE(
      allowed_by({{"gap_total", std::nullopt, "r"}}, compare_traces(base(), other, "double")));
}

/// The worst row decides, not the first.
TEST(Compare, RulesHoldForEveryRow) {
  Trace other = base();
  other.rows[1][1] = "3.0000000000000004";  // the next double
  other.rows[3][1] = "2";                   // 2^52 doubles from 1
  const Comparison c = compare_traces(base(), other, "double");

  EXPECT_EQ(c.columns.at(0).ulps, 1);
  EXPECT_FALSE(allowed_by({{"gap_total", 1, "r"}}, c));
  EXPECT_TRUE(allowed_by({{"gap_total", 0x1p52, "r"}}, c));
}

/// A column or row that only one side has is never allowed, whatever the rules.
TEST(Compare, RulesDoNotAllowAnotherShape) {
  Trace narrow = base(), shorter = base();
  narrow.columns.erase(narrow.columns.begin() + 1);
  for (auto& row : narrow.rows) row.erase(row.begin() + 1);
  shorter.rows.pop_back();
  const std::vector<ColumnRule> all = {{"gap_total", std::nullopt, "r"}};
  for (const Trace& other : {narrow, shorter}) {
    EXPECT_FALSE(allowed_by({}, compare_traces(base(), other, "double")));
    EXPECT_FALSE(allowed_by({}, compare_traces(other, base(), "double")));
    EXPECT_FALSE(allowed_by(all, compare_traces(base(), other, "double")));
    EXPECT_FALSE(allowed_by(all, compare_traces(other, base(), "double")));
  }
}

TEST(Compare, JsonHoldsEveryColumnsDifference) {
  Trace other = base();
  other.rows[1][1] = "3.5";
  other.rows[3][1] = "1.0001";
  other.rows[1][4] = "b0";
  other.rows[2][2] = "1.5";

  const auto json =
      nlohmann::json::parse(comparison_json(compare_traces(base(), other, "double"), "a", "b"));

  EXPECT_EQ(json["left"], "a");
  EXPECT_EQ(json["right"], "b");
  EXPECT_EQ(json["scalar"], "double");
  EXPECT_EQ(json["shared_rows"], 4);
  ASSERT_EQ(json["columns"].size(), 3U);
  EXPECT_EQ(json["columns"][0]["column"], "x_digest");
  EXPECT_EQ(json["columns"][0]["origin"], "originated");
  const auto& gap = json["columns"][1];
  EXPECT_EQ(gap["column"], "gap_total");
  EXPECT_EQ(gap["origin"], "inherited");
  EXPECT_EQ(gap["left"], "3");
  EXPECT_EQ(gap["right"], "3.5");
  EXPECT_EQ(gap["rows"], 2);
  EXPECT_EQ(gap["digits_at_end"], 4);
  EXPECT_EQ(gap["ulps"], 0x1p50);
  EXPECT_EQ(gap["max_ulps"], 0x1p50);
  EXPECT_EQ(json["columns"][2]["iteration"], 1);
}

TEST(Compare, TextAndJsonNameTheFirstDivergence) {
  Trace other = base();
  other.rows[2][2] = "nan";
  const Comparison c = compare_traces(base(), other, "double");

  const std::string text = comparison_text(c, "a", "b");
  const auto json = nlohmann::json::parse(comparison_json(c, "a", "b"));

  EXPECT_NE(text.find("first divergence: iteration 1, column gradient_norm_raw"),
            std::string::npos);
  EXPECT_NE(text.find("originated here"), std::string::npos);
  EXPECT_EQ(json["format"], "assay-compare/1");
  EXPECT_EQ(json["equal"], false);
  EXPECT_EQ(json["columns"][0]["iteration"], 1);
  EXPECT_TRUE(json["columns"][0]["ulps"].is_null());
}

/// From row 1 on the columns differ by 1, 2^22 and 2 ulps and by what is no number.
TEST(Compare, TheLargestEffectsComeFirstAndSmallOnesInOneLine) {
  const Trace left = parse_trace("iteration,small,large,smaller,word\n0,1,1,1,a\n", "left");
  const Trace right = parse_trace(
      "iteration,small,large,smaller,word\n0,1.0000000000000004,1.0000000009313226,"
      "1.0000000000000002,b\n",
      "right");
  const std::string text = comparison_text(compare_traces(left, right, "double"), "a", "b");
  const std::size_t table = text.find("origin\n");
  ASSERT_NE(table, std::string::npos);
  const std::size_t word = text.find("\nword ", table - 1),
                    large = text.find("\nlarge ", table - 1);
  EXPECT_LT(word, large);
  EXPECT_LT(large, text.size());
  EXPECT_NE(text.find("\nless than a millionth of that (at most 2 ulps): small, smaller\n", large),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("\nsmall ", table), std::string::npos);
}

}  // namespace
}  // namespace assay
