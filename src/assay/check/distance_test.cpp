#include "assay/check/distance.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

TEST(Distance, CountsRepresentableDoubles) {
  EXPECT_EQ(distance("1", "1.0000000000000002", "double").ulps, 1);
  EXPECT_EQ(distance("1", "0.9999999999999999", "double").ulps, 1);
  EXPECT_EQ(distance("-5e-324", "5e-324", "double").ulps, 2);
  EXPECT_EQ(distance("1", "2", "soft53").ulps, std::ldexp(1, 52));
  // From -DBL_MAX to DBL_MAX: twice the 2^63 - 2^52 - 1 positive doubles, rounded.
  EXPECT_EQ(distance("-1.7976931348623157e308", "1.7976931348623157e308", "double").ulps,
            std::ldexp(1, 64) - std::ldexp(1, 53));
}

TEST(Distance, EqualBitsUnderAnotherSpellingAreTheSame) {
  EXPECT_TRUE(distance("1000", "1e3", "double").same);
  EXPECT_TRUE(distance("0.10", "0.1", "real50").same);
  EXPECT_FALSE(distance("0.1", "0.1000000000000000000000001", "real50").same);
}

TEST(Distance, ZerosOfBothSignsDifferByNoUlps) {
  const Distance d = distance("0", "-0", "double");

  EXPECT_FALSE(d.same);
  EXPECT_EQ(d.ulps, 0);
}

TEST(Distance, CountsUnitsOfTheLastDigitInTheHighTiers) {
  const std::string one = "1", next = "1." + std::string(48, '0') + "3";
  EXPECT_NEAR(distance(one, next, "real50").ulps, 3, 1e-12);  // 3 units of 10^-49, read as a double
  const std::string ten = "10", below = "9." + std::string(49, '9');
  EXPECT_NEAR(distance(ten, below, "real50").ulps, 0.1, 1e-12);  // 10^-49 in units of 10^-48
  EXPECT_NEAR(distance("1", "2", "real100").ulps / 1e99, 1, 1e-12);
}

TEST(Distance, WhatIsNoFiniteNumberIsInfinitelyFar) {
  EXPECT_TRUE(std::isinf(distance("nan", "1", "double").ulps));
  EXPECT_TRUE(std::isinf(distance("inf", "1", "double").ulps));
  EXPECT_TRUE(std::isinf(distance("ab", "cd", "double").ulps));
  EXPECT_TRUE(std::isinf(distance("", "0", "real50").ulps));
  EXPECT_TRUE(distance("nan", "nan", "double").same);
}

TEST(Distance, AgreeingDigitsAreCounted) {
  EXPECT_EQ(agreeing_digits("1.2345", "1.2346", "double"), 4);
  EXPECT_EQ(agreeing_digits("1", "-1", "double"), 0);
  EXPECT_EQ(agreeing_digits("1", "2", "double"), 0);
  EXPECT_EQ(agreeing_digits("1", "1", "real50"), 50);
  EXPECT_EQ(agreeing_digits("1", "1.0000000000000000000000000001", "real100"), 28);
  EXPECT_EQ(agreeing_digits("x", "1", "double"), 0);
}

TEST(Distance, IsPrintedPlainly) {
  EXPECT_EQ(distance_text(3), "3 ulps");
  EXPECT_EQ(distance_text(2.5e20), "2.5e+20 ulps");
  EXPECT_EQ(distance_text(INFINITY), "not comparable as numbers");
}

}  // namespace
}  // namespace assay
