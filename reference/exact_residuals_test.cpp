// What rounding may leave of a solution, counted by hand.
#include "reference/exact_residuals.hpp"

#include <gtest/gtest.h>

namespace assay::reference {
namespace {

/// min y^2/2 - y, subject to y <= limit.
Program line(double limit) {
  Program p;
  p.H = RMat::Constant(1, 1, Rational(1));
  p.g = RVec::Constant(1, Rational(-1));
  p.B = RMat::Constant(1, 1, Rational(1));
  p.r = RVec::Constant(1, exact(limit));
  return p;
}

Vec<double> one(double value) { return Vec<double>::Constant(1, value); }

/// N = 2: 4 (2 N + 16) = 80 operations. |H y| + |g| is just above 2, so that gamma_80 of it is just
/// above 160 u: 80 units of 2^-52 pass, 81 do not.
TEST(ExactResiduals, StationarityIsAllowedEightyRoundings) {
  const auto at = [](double units) {
    return ExactResiduals<double>(line(3), one(1 + units * 0x1p-52), one(0));
  };
  EXPECT_TRUE(at(0).optimal());
  EXPECT_EQ(at(0).stationarity, 0);
  EXPECT_TRUE(at(80).optimal());
  EXPECT_FALSE(at(81).optimal());
  EXPECT_FALSE(at(-81).optimal());
}

/// As many of |b| |y| + |r|, again just above or below 2, in the slack of a row.
TEST(ExactResiduals, SoIsARow) {
  const auto at = [](double units) {
    // On the row, y = r + units 2^-52, its multiplier what the gradient leaves.
    const double y = 0.5 + units * 0x1p-52;
    return ExactResiduals<double>(line(0.5), one(y), one(1 - y));
  };
  EXPECT_TRUE(at(0).optimal());
  EXPECT_TRUE(at(40).optimal());
  EXPECT_FALSE(at(41).optimal());
  EXPECT_FALSE(at(-41).optimal()) << "the slack beside a multiplier";
}

TEST(ExactResiduals, AMultipliersSignCounts) {
  // By the least number there is.
  const ExactResiduals<double> wrong(line(1), one(1), one(-0x1p-1074));
  EXPECT_FALSE(wrong.signs);
  EXPECT_FALSE(wrong.optimal());
  EXPECT_TRUE(ExactResiduals<double>(line(1), one(1), one(0)).optimal());
}

}  // namespace
}  // namespace assay::reference
