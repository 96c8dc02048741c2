#include "assay/trace/trace.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "assay/support/error.hpp"

namespace assay {
namespace {

const char* const good_trace = "iteration,gap,x_digest\n-1,0.5,ab\n0,,cd\n10,1e-300,\n";

std::string trace_failure(const std::string& text) {
  try {
    parse_trace(text, "t.csv");
  } catch (const InputError& e) {
    EXPECT_EQ(e.code(), ExitCode::usage);
    return e.what();
  }
  return "accepted";
}

TEST(Trace, TextIsReadAndWrittenBackUnchanged) {
  const Trace trace = parse_trace(good_trace, "t.csv");

  EXPECT_EQ(trace_text(trace), good_trace);
  EXPECT_EQ(trace.rows.size(), 3u);
}

TEST(Trace, CellsAreFoundByColumnAndIteration) {
  const Trace trace = parse_trace(good_trace, "t.csv");

  EXPECT_EQ(trace.column("gap"), 1);
  EXPECT_EQ(trace.column("none"), -1);
  EXPECT_EQ(trace.row_of(-1), 0);
  EXPECT_EQ(trace.row_of(10), 2);
  EXPECT_EQ(trace.row_of(5), -1);
  EXPECT_EQ(trace.row_of(11), -1);
  EXPECT_EQ(trace.cell(2, "gap"), "1e-300");
  EXPECT_EQ(trace.number(2, "gap"), 1e-300);
  EXPECT_TRUE(std::isnan(trace.number(1, "gap")));
  EXPECT_THROW(trace.number(0, "x_digest"), InputError);
  EXPECT_THROW(trace.cell(0, "none"), InputError);
}

TEST(Trace, InfinitiesAndNanAreNumbers) {
  const Trace trace = parse_trace("iteration,a,b,c\n0,inf,-inf,nan\n", "t.csv");

  EXPECT_EQ(trace.number(0, "a"), INFINITY);
  EXPECT_EQ(trace.number(0, "b"), -INFINITY);
  EXPECT_TRUE(std::isnan(trace.number(0, "c")));
}

TEST(Trace, CarriageReturnsAreAccepted) {
  const Trace trace = parse_trace("gap,iteration\r\n1,0\r\n2,1\r\n", "t.csv");

  EXPECT_EQ(trace_text(trace), "gap,iteration\n1,0\n2,1\n");
}

TEST(Trace, AByteOrderMarkIsNoPartOfTheFirstName) {
  const std::string text = "iteration,gap\n0,1\n";
  EXPECT_EQ(trace_text(parse_trace("\xEF\xBB\xBF" + text, "t.csv")), text);
}

TEST(Trace, ATraceWithoutRowsIsATrace) {
  EXPECT_TRUE(parse_trace("iteration\n", "t.csv").rows.empty());
}

TEST(Trace, BadTextIsRefusedNamingTheLine) {
  EXPECT_EQ(trace_failure(""), "t.csv: the trace is empty");
  EXPECT_EQ(trace_failure("iteration,a\n0,1"),
            "t.csv: line 2: no line end (is the file cut short?)");
  EXPECT_EQ(trace_failure("a,b\n"), "t.csv: line 1: the column 'iteration' is missing");
  EXPECT_EQ(trace_failure("iteration,a,a\n"), "t.csv: line 1, column a: appears twice");
  EXPECT_EQ(trace_failure("iteration,\n"), "t.csv: line 1: a column without a name");
  EXPECT_EQ(trace_failure("iteration,a\n0,1,2\n"), "t.csv: line 2: 3 cells where the header has 2");
  EXPECT_EQ(trace_failure("iteration\n0\n\n"),
            "t.csv: line 3, column iteration: '' is not an integer");
  EXPECT_EQ(trace_failure("iteration\n0.5\n"),
            "t.csv: line 2, column iteration: '0.5' is not an integer");
  EXPECT_EQ(trace_failure("iteration\n3\n3\n"),
            "t.csv: line 3, column iteration: 3 does not come after 3");
  EXPECT_EQ(trace_failure("iteration,a\n0,\"1\"\n"),
            "t.csv: line 2: quotes have no place in a trace");
}

TEST(Trace, WritingRefusesCellsThatWouldBreakTheTable) {
  Trace trace{{"iteration", "a"}, {{"0", "1,5"}}};
  EXPECT_THROW(trace_text(trace), Error);

  trace.rows = {{"0"}};
  EXPECT_THROW(trace_text(trace), Error);
}

}  // namespace
}  // namespace assay
