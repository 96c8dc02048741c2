// The enumeration against a program solved by hand.
#include "reference/exact_qp.hpp"

#include <gtest/gtest.h>

namespace assay::reference {
namespace {

/// min 1/2 (y0^2 + y1^2) subject to y0 + y1 = 1, y0 - 2 y1 <= -1/2: the second row just holds.
TEST(ExactQp, WeaklyActiveRow) {
  Program p;
  p.H = RMat::Constant(2, 2, Rational(0));
  p.H(0, 0) = p.H(1, 1) = 1;
  p.g = RVec::Constant(2, Rational(0));
  p.B = RMat(2, 2);
  p.B << Rational(1), Rational(1), Rational(1), Rational(-2);
  p.r = RVec(2);
  p.r << Rational(1), Rational(-1, 2);
  p.equalities = 1;
  const Minimiser at = minimise(p);
  ASSERT_TRUE(at.feasible);
  EXPECT_EQ(at.y[0], Rational(1, 2));
  EXPECT_EQ(at.y[1], Rational(1, 2));
  EXPECT_EQ(at.multipliers[0], Rational(-1, 2));
  EXPECT_EQ(at.weakly_active, std::vector<Index>{1});
  EXPECT_TRUE(at.licq);
}

/// H = diag(1/4, 1) has the inverse diag(4, 1), largest row first; with y_0 held y moves by 1 at
/// most, its multiplier by 1/4.
TEST(ExactQp, SensitivityIsTheLargestRow) {
  Program p;
  p.H = RMat::Constant(2, 2, Rational(0));
  p.H(0, 0) = Rational(1, 4);
  p.H(1, 1) = 1;
  p.g = RVec::Constant(2, Rational(0));
  p.B = RMat(0, 2);
  p.r = RVec(0);
  EXPECT_EQ(sensitivity(p, minimise(p), 0), 4);
  // y_0 = 1: K^-1 = [0 0 1; 0 1 0; 1 0 -1/4], row sums 1, 1, 5/4.
  p.B = RMat::Constant(1, 2, Rational(0));
  p.B(0, 0) = 1;
  p.r = RVec::Constant(1, Rational(1));
  p.equalities = 1;
  EXPECT_EQ(sensitivity(p, minimise(p), 0), Rational(5, 4));
  // y_0 <= 0 just holds: with it and without it.
  p.equalities = 0;
  p.r[0] = 0;
  EXPECT_EQ(sensitivity(p, minimise(p), 0), 4);
}

/// min |y|^2/2 - y_0 under y_0 <= 0 and its near twin y_0 + y_1/10 <= 1. The first row alone holds:
/// 2. A change c moves y by up to 2c, and so takes c (1 + 2 * 11/10) of the other's slack of 1:
/// from 5/16 on the corner of both can be met, where K^-1 has the row (1, -10 | 101, -100).
TEST(ExactQp, SensitivityIsThatOfACornerWithinReach) {
  Program p;
  p.H = RMat::Identity(2, 2);
  p.g = RVec::Constant(2, Rational(0));
  p.g[0] = -1;
  p.B = RMat::Constant(2, 2, Rational(0));
  p.B(0, 0) = p.B(1, 0) = 1;
  p.B(1, 1) = Rational(1, 10);
  p.r = RVec::Constant(2, Rational(0));
  p.r[1] = 1;
  EXPECT_EQ(sensitivity(p, minimise(p), 0), 2);
  EXPECT_EQ(sensitivity(p, minimise(p), Rational(4, 16)), 2);
  EXPECT_EQ(sensitivity(p, minimise(p), Rational(5, 16)), 212);
}

/// min y_0^2/8 + y_1^2/2 - y_0/100 under y_0 <= 0: held by a multiplier of 1/100, the row makes the
/// sensitivity 5/4; changes that may take the multiplier away make it that of the free y_0.
TEST(ExactQp, SensitivityIsThatWithoutARowThatMayLetGo) {
  Program p;
  p.H = RMat::Identity(2, 2);
  p.H(0, 0) = Rational(1, 4);
  p.g = RVec::Constant(2, Rational(0));
  p.g[0] = Rational(-1, 100);
  p.B = RMat::Constant(1, 2, Rational(0));
  p.B(0, 0) = 1;
  p.r = RVec::Constant(1, Rational(0));
  EXPECT_EQ(sensitivity(p, minimise(p), Rational(7, 1000)), Rational(5, 4));
  EXPECT_EQ(sensitivity(p, minimise(p), Rational(8, 1000)), 4);
}

}  // namespace
}  // namespace assay::reference
