// The interval oracle on problems with closed forms, and its refusals.
#include "reference/krawczyk.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "reference/exact_point.hpp"
#include "reference/known_problems.hpp"

namespace assay::reference {
namespace {

const Rational tiny = Rational(1) / FormulaNumber<Rational>::power(10, 40);

/// The enclosure holds the exact number, and hardly anything else.
void expect_tight(const Range& range, const Rational& value) {
  EXPECT_TRUE(range.contains(value)) << range_text(range) << " and " << value;
  EXPECT_LT(range.width(), tiny);
}

// min exp(y) - x y, y <= 2: y* = log x, F = y, dF = 1/x.
SmoothProblem logarithm() { return read_problem({.F = "y", .f = "exp(y)-x*y", .g = {"y-2"}}); }

TEST(Krawczyk, EnclosesALogarithmAndItsDerivative) {
  const auto e = enclose(logarithm(), {Range(Rational(3))}, {1}, {});

  ASSERT_TRUE(e.certified()) << to_string(e.verdict) << ": " << e.why;
  const Range truth = evaluate(Formula("log(x)", 1, 0), {Range(Rational(3))});
  EXPECT_TRUE(e.y[0].meets(truth));
  EXPECT_LT(e.y[0].width(), tiny);
  expect_tight(e.gradient[0], Rational(1, 3));
}

TEST(Krawczyk, EnclosesTheSolutionsForABoxOfX) {
  const Range x(Rational(3), Rational(3) + Rational(1, 1000));
  const auto e = enclose(logarithm(), {x}, {1}, {});

  ASSERT_TRUE(e.certified()) << e.why;
  const Formula log("log(x)", 1, 0);
  EXPECT_TRUE(evaluate(log, {Range(x.lower)}).within(e.y[0]));
  EXPECT_TRUE(evaluate(log, {Range(x.upper)}).within(e.y[0]));
  EXPECT_TRUE(e.gradient[0].contains(Rational(1, 3)));
  EXPECT_TRUE(e.gradient[0].contains(Rational(1000, 3001)));
  // F by the mean value theorem: not much wider than F's own range.
  EXPECT_LT(e.F.width(), Rational(1, 2000));
}

TEST(Krawczyk, AnActiveRowHasItsMultiplier) {
  // y <= 2 holds y back once log x > 2; the multiplier is x - e^2.
  const auto e = enclose(logarithm(), {Range(Rational(10))}, {2}, {0});

  ASSERT_TRUE(e.certified()) << e.why;
  expect_tight(e.y[0], 2);
  expect_tight(e.gradient[0], 0);
  EXPECT_TRUE(e.multipliers[0].meets(evaluate(Formula("x-exp(2)", 1, 0), {Range(Rational(10))})));
}

TEST(Krawczyk, AWrongActiveSetIsNamed) {
  const auto without = enclose(logarithm(), {Range(Rational(10))}, {2}, {});
  EXPECT_EQ(without.verdict, SmoothVerdict::wrong_active_set);
  EXPECT_EQ(without.why, "the slack of row 1 (y-2) is proved negative");
  const auto with = enclose(logarithm(), {Range(Rational(3))}, {1}, {0});
  EXPECT_EQ(with.verdict, SmoothVerdict::wrong_active_set);
  EXPECT_EQ(with.why, "the multiplier of row 1 (y-2) is proved negative");
}

TEST(Krawczyk, AKinkIsNotCertified) {
  // y >= 0 at x = 1: log x = 0, the row just holds.
  const auto p = read_problem({.F = "y", .f = "exp(y)-x*y", .g = {"-y"}});
  EXPECT_EQ(enclose(p, {Range(Rational(1))}, {0}, {}).verdict, SmoothVerdict::kink);
  EXPECT_EQ(enclose(p, {Range(Rational(1))}, {0}, {0}).verdict, SmoothVerdict::kink);
  // A box of x around it has both kinds of points.
  const Range around(Rational(99, 100), Rational(101, 100));
  EXPECT_EQ(enclose(p, {around}, {0}, {}).verdict, SmoothVerdict::kink);
}

TEST(Krawczyk, AFlatLowerLevelIsNotStronglyConvex) {
  const auto p = read_problem({.F = "y", .f = "(x+2*y-15)^4"});
  const auto e = enclose(p, {Range(Rational(3))}, {6}, {});
  EXPECT_EQ(e.verdict, SmoothVerdict::not_strongly_convex) << e.why;
}

TEST(Krawczyk, AMaximiserIsNotStronglyConvex) {
  const auto p = read_problem({.F = "y", .f = "y^2*x-y^4/2"});
  const auto e = enclose(p, {Range(Rational(1))}, {1}, {});
  EXPECT_EQ(e.verdict, SmoothVerdict::not_strongly_convex) << e.why;
}

TEST(Krawczyk, DependentRowsAreNamed) {
  const auto twice =
      read_problem({.m = 2, .F = "y1", .f = "y1^2+y2^2-4*y1", .g = {"y1-x", "2*y1-2*x"}});
  EXPECT_EQ(enclose(twice, {Range(Rational(1))}, {1, 0}, {0, 1}).verdict,
            SmoothVerdict::dependent_rows);
  const auto many = read_problem({.F = "y", .f = "y^2", .g = {"1-y", "x-y"}});
  EXPECT_EQ(enclose(many, {Range(Rational(1))}, {1}, {0, 1}).verdict,
            SmoothVerdict::dependent_rows);
}

TEST(Krawczyk, TooWideABoxIsNotContained) {
  const auto p = read_problem({.F = "y", .f = "exp(y)-x*y"});
  const auto e = enclose(p, {Range(Rational(1, 100), Rational(100))}, {1}, {});
  EXPECT_EQ(e.verdict, SmoothVerdict::not_contained) << e.why;
}

/// y_1 = log x is not contained for x from 30 to 70, y_2 = 0 is: every entry has to be.
TEST(Krawczyk, EveryEntryHasToBeContained) {
  const auto p = read_problem({.m = 2, .F = "y1", .f = "exp(y1)-x*y1+y2^2"});
  const auto e = enclose(p, {Range(Rational(30), Rational(70))}, {Rational(39, 10), 0}, {});
  EXPECT_EQ(e.verdict, SmoothVerdict::not_contained) << e.why;
  EXPECT_TRUE(enclose(p, {Range(Rational(50))}, {Rational(39, 10), 0}, {}).certified());
}

/// Curved rows: second derivatives of the rows enter the gradient. min (y1-3)^2 + y2^2 on the disc
/// of radius sqrt x: y* = (sqrt x, 0), multiplier 3/sqrt x - 1. F = y1 y1: dF = 1.
TEST(Krawczyk, CurvedRowsEnterTheGradient) {
  const auto p =
      read_problem({.m = 2, .F = "y1^2+y2", .f = "(y1-3)^2+y2^2-x*y2/8", .g = {"y1^2+y2^2-x"}});
  const auto e = enclose(p, {Range(Rational(4))}, {2, 0}, {0});
  ASSERT_TRUE(e.certified()) << e.why;
  // On the circle y = sqrt x (cos t, sin t), tan t = (x/16)/3: all by the chain rule in x.
  const Composed c = compose(p,
                             {Formula("sqrt(x)*3/sqrt(9+(x/16)^2)", 1, 0),
                              Formula("sqrt(x)*(x/16)/sqrt(9+(x/16)^2)", 1, 0)},
                             {Range(Rational(4))});
  EXPECT_TRUE(e.gradient[0].meets(c.gradient[0]));
  EXPECT_TRUE(e.F.meets(c.value));
  EXPECT_LT(e.gradient[0].width(), tiny);
}

/// Everything that fractions decide, the intervals confirm.
TEST(Krawczyk, AgreesWithFractionsOnTheCatalogue) {
  int compared = 0;
  for (const KnownProblem& known : known_problems()) {
    const SmoothProblem p = read_problem(known.text);
    if (!p.rational()) continue;
    RVec x(p.n), y(p.m);
    bool exact = true;
    const auto read = [&](const std::vector<std::string>& texts, RVec& into) {
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const Stated s(texts[i]);
        exact = exact && s.exact() && s.formula.rational();
        if (exact) into[static_cast<Index>(i)] = s.formula(std::vector<Rational>());
      }
    };
    read(known.x, x);
    read(known.y, y);
    if (!exact) continue;
    const ExactPoint point = examine(p, x, y);
    if (!point.strongly_convex || !point.licq || !point.weak.empty()) continue;
    const auto e = enclose(p, {x.begin(), x.end()}, {y.begin(), y.end()}, point.strong);
    ASSERT_TRUE(e.certified()) << known.id << ": " << to_string(e.verdict) << ", " << e.why;
    for (Index i = 0; i < p.m; ++i) expect_tight(e.y[static_cast<std::size_t>(i)], y[i]);
    for (Index i = 0; i < p.rows(); ++i)
      EXPECT_TRUE(e.multipliers[static_cast<std::size_t>(i)].contains(point.multipliers[i]))
          << known.id;
    for (Index i = 0; i < p.n; ++i)
      expect_tight(e.gradient[static_cast<std::size_t>(i)], point.pieces[0].gradient[i]);
    EXPECT_TRUE(e.F.contains(point.F)) << known.id;
    EXPECT_TRUE(e.f.contains(point.f)) << known.id;
    ++compared;
  }
  EXPECT_GE(compared, 25);
}

}  // namespace
}  // namespace assay::reference
