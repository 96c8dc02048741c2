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
  EXPECT_EQ(sensitivity(p, minimise(p)), 4);
  // y_0 = 1: K^-1 = [0 0 1; 0 1 0; 1 0 -1/4], row sums 1, 1, 5/4.
  p.B = RMat::Constant(1, 2, Rational(0));
  p.B(0, 0) = 1;
  p.r = RVec::Constant(1, Rational(1));
  p.equalities = 1;
  EXPECT_EQ(sensitivity(p, minimise(p)), Rational(5, 4));
  // y_0 <= 0 just holds: with it and without it.
  p.equalities = 0;
  p.r[0] = 0;
  EXPECT_EQ(sensitivity(p, minimise(p)), 4);
}

}  // namespace
}  // namespace assay::reference
