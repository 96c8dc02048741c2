#include "assay/problem/instance.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "assay/support/files.hpp"

namespace assay {
namespace {

bool same(const ExactMatrix& a, const ExactMatrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() && a.to<Rational>() == b.to<Rational>();
}

/// The same for bounds, which may be infinite.
bool same_bounds(const ExactMatrix& a, const ExactMatrix& b) {
  if (a.rows() != b.rows() || a.nearest() != b.nearest()) return false;
  for (Index i = 0; i < a.rows(); ++i)
    if (a.fraction(i, 0) != b.fraction(i, 0)) return false;
  return true;
}

void expect_equal(const UpperSet& a, const UpperSet& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_TRUE(same_bounds(a.lower, b.lower) && same_bounds(a.upper, b.upper));
  EXPECT_TRUE(same(a.center, b.center));
  EXPECT_EQ(a.radius, b.radius);
}

void expect_equal(const KnownSolution& a, const KnownSolution& b) {
  EXPECT_TRUE(same(a.x, b.x) && same(a.y, b.y) && same(a.multipliers, b.multipliers));
  EXPECT_EQ(a.F, b.F);
  EXPECT_EQ(a.proof, b.proof);
  EXPECT_EQ(a.digits, b.digits);
  EXPECT_EQ(a.kink, b.kink);
}

void expect_equal(const Instance& a, const Instance& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.provenance, b.provenance);
  EXPECT_TRUE(same(a.Qxx, b.Qxx) && same(a.Qxy, b.Qxy) && same(a.Qyy, b.Qyy));
  EXPECT_TRUE(same(a.x_target, b.x_target) && same(a.y_target, b.y_target));
  EXPECT_TRUE(same(a.cx, b.cx) && same(a.cy, b.cy) && same(a.c0, b.c0));
  EXPECT_TRUE(same(a.H, b.H) && same(a.M, b.M) && same(a.d, b.d));
  EXPECT_TRUE(same(a.A, b.A) && same(a.B, b.B) && same(a.b, b.b));
  EXPECT_TRUE(same(a.E, b.E) && same(a.G, b.G) && same(a.e, b.e));
  EXPECT_TRUE(same_bounds(a.lower, b.lower) && same_bounds(a.upper, b.upper));
  expect_equal(a.x_set, b.x_set);
  ASSERT_EQ(a.x0.has_value(), b.x0.has_value());
  EXPECT_TRUE(!a.x0 || same(*a.x0, *b.x0));
  ASSERT_EQ(a.known.has_value(), b.known.has_value());
  if (a.known) expect_equal(*a.known, *b.known);
}

constexpr const char* everything = R"({"format":"assay-instance/1","kind":"quadratic","name":"all",
  "provenance":"by hand","n":1,"m":2,"p":1,"q":1,
  "upper":{"Qxx":[[2]],"Qxy":[[0.5,"1/3"]],"Qyy":[[1,-1],[-1,4]],"x_target":[0.25],
           "y_target":[1,-0.0],"cx":["-7/3"],"cy":[0,1e-300],"c0":"2/7"},
  "lower":{"H":[[2,"1/3"],["2/6",1]],"M":[[1],[-1]],"d":[0.1,0.2]},
  "constraints":{"A":[[1]],"B":[[1,2]],"b":[3],"E":[[0]],"G":[[1,1]],"e":["1/9"],
                 "lower":[-1,null],"upper":[null,2.5]},
  "x_set":{"kind":"box","lower":[null],"upper":["22/3"]},
  "x0":[1],
  "known":{"x":[1],"y":[0,1],"F":"-1/3","multipliers":[0,0.5],"proof":"exact","digits":20,
           "kink":true}})";

TEST(Instance, ReadsEveryPart) {
  const Instance in = parse_instance(everything, "all.json");

  EXPECT_EQ(in.name, "all");
  EXPECT_EQ(in.n, 1);
  EXPECT_EQ(in.m, 2);
  EXPECT_EQ(in.Qxy.to<Rational>()(0, 1), Rational(1) / Rational(3));
  EXPECT_EQ(in.H.to<Rational>()(1, 0), Rational(1) / Rational(3));
  EXPECT_EQ(in.c0.to<Rational>()(0, 0), Rational(2) / Rational(7));
  EXPECT_EQ(in.c0(0), 2.0 / 7.0);
  EXPECT_EQ(in.cy(1), 1e-300);
  EXPECT_EQ(in.B(0, 1), 2);
  EXPECT_EQ(in.e.fraction(0, 0), "1/9");
  EXPECT_EQ(in.lower(1), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(in.upper(1), 2.5);
  EXPECT_EQ(in.x_set.kind, UpperSet::Kind::box);
  EXPECT_EQ(in.x_set.upper.fraction(0, 0), "22/3");
  EXPECT_EQ(in.known->F, "-1/3");
  EXPECT_EQ(in.known->multipliers(1), 0.5);
  EXPECT_EQ(in.known->digits, 20);
  EXPECT_TRUE(in.known->kink);
  EXPECT_EQ(in.digest, sha256(everything));
}

TEST(Instance, LeavesOutWhatIsAbsent) {
  const Instance in = parse_instance(
      R"({"format":"assay-instance/1","name":"least","n":2,"m":1,"upper":{},"lower":{"H":[[1]]}})",
      "least.json");

  EXPECT_TRUE(in.Qxx.nearest().isZero(0));
  EXPECT_EQ(in.M.rows(), 1);
  EXPECT_EQ(in.M.cols(), 2);
  EXPECT_EQ(in.inequality_rows(), 0);
  EXPECT_EQ(in.equality_rows(), 0);
  EXPECT_EQ(in.upper(0), std::numeric_limits<double>::infinity());
  EXPECT_FALSE(in.x0.has_value());
}

TEST(Instance, TextAndParserInvertEachOther) {
  const Instance in = parse_instance(everything, "all.json");

  const std::string text = instance_text(in);
  const Instance again = parse_instance(text, "again.json");

  expect_equal(in, again);
  EXPECT_EQ(instance_text(again), text);
  EXPECT_NE(text.find("[1,-0.0]"), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(Instance, ABallIsKept) {
  const Instance in = parse_instance(
      R"({"format":"assay-instance/1","name":"ball","n":2,"m":1,"upper":{},"lower":{"H":[[1]]},)"
      R"("x_set":{"kind":"ball","center":[1,2],"radius":0.5}})",
      "ball.json");

  const Instance again = parse_instance(instance_text(in), "again.json");

  expect_equal(in, again);
  EXPECT_EQ(again.x_set.kind, UpperSet::Kind::ball);
  EXPECT_EQ(again.x_set.center(1), 2);
  EXPECT_EQ(again.x_set.radius, 0.5);
}

class GoldenInstance : public testing::TestWithParam<const char*> {};

TEST_P(GoldenInstance, SurvivesWritingAndReading) {
  const Instance in = read_instance(std::string(ASSAY_GOLDEN "/instances/") + GetParam());

  expect_equal(in, parse_instance(instance_text(in), "again"));
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenInstance,
                         testing::Values("one-dimensional.json", "s5.json", "s20.json", "s100.json",
                                         "s100-active.json"));

}  // namespace
}  // namespace assay
