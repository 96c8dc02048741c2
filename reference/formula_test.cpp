// Formulas: what they mean, and that nonsense is refused with its place.
#include "reference/formula.hpp"

#include <gtest/gtest.h>

#include "reference/jet.hpp"
#include "reference/range.hpp"

namespace assay::reference {
namespace {

Rational at(const std::string& text, const std::vector<Rational>& z) {
  return Formula(text, 2, 1)(z);
}

TEST(Formula, FollowsTheUsualPrecedence) {
  const std::vector<Rational> z{2, 3, 5};
  EXPECT_EQ(at("x1+x2*y", z), 17);
  EXPECT_EQ(at("-x1^2", z), -4);
  EXPECT_EQ(at("2-3-4", z), -5);
  EXPECT_EQ(at("12/3/2", z), 2);
  EXPECT_EQ(at("(x1-x2)^3", z), -1);
  EXPECT_EQ(at("0.333*y1", z), Rational(1665, 1000));
  EXPECT_EQ(at("x1*-y", z), -10);
}

TEST(Formula, RefusesNonsenseAndNamesThePlace) {
  for (const char* text : {"x3", "x", "y2", "1+", "(1", "1)", "x1^y", "foo(1)", "sin 1", "x1 x2"})
    EXPECT_THROW(Formula(text, 2, 1), std::invalid_argument) << text;
  try {
    Formula("1+?", 1, 1);
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_EQ(std::string(e.what()),
              "formula '1+?': character 3: a number, a name or '(' must stand here");
  }
}

TEST(Formula, KnowsItsDegreeInSomeVariables) {
  const Formula f("x1^2*y+y^2/(1+x2)", 2, 1);
  EXPECT_EQ(f.degree(2, 3), 2);
  EXPECT_EQ(f.degree(0, 1), 2);
  EXPECT_EQ(f.degree(0, 3), Formula::not_polynomial);
  EXPECT_EQ(Formula("exp(x1)*y", 2, 1).degree(2, 3), 1);
  EXPECT_FALSE(Formula("exp(x1)*y", 2, 1).rational());
}

TEST(Stated, ARoundedFigureCarriesOneUnitOfItsLastDigit) {
  EXPECT_EQ(Stated("~1.25").tolerance, Rational(1, 100));
  EXPECT_TRUE(Stated("1.25").exact());
}

/// x^3 y / (1 + y^2) at (2, 3): derivatives by hand.
TEST(Jet, FirstAndSecondDerivatives) {
  const Jet<Rational> f = Formula("x1^3*y/(1+y^2)", 1, 1)(variables(std::vector<Rational>{2, 3}));
  EXPECT_EQ(f.value, Rational(24, 10));
  EXPECT_EQ(f.first(0), Rational(36, 10));
  EXPECT_EQ(f.first(1), Rational(-64, 100));  // 8 (1 - y^2) / (1 + y^2)^2
  EXPECT_EQ(f.second(0, 0), Rational(36, 10));
  EXPECT_EQ(f.second(0, 1), Rational(-96, 100));
  EXPECT_EQ(f.second(1, 0), f.second(0, 1));
  EXPECT_EQ(f.second(1, 1), Rational(288, 1000));  // 8 * 2 y (y^2 - 3) / (1 + y^2)^3
}

TEST(Range, PrintsOutwards) {
  EXPECT_EQ(range_text(Rational(-7, 3)), "-7/3");
  EXPECT_EQ(range_text({Rational(1, 3), Rational(67, 200)}), "[0.333, 0.335]");
  EXPECT_EQ(range_text({Rational(-1, 3), Rational(5)}), "[-0.334, 5.000]");
}

}  // namespace
}  // namespace assay::reference
