#include "assay/problem/definiteness.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

/// 2 on the diagonal, -1 beside it: positive definite for every size, smallest eigenvalue about
/// (pi / (n+1))^2, pivots (k+2)/(k+1).
Mat<double> second_difference(Index n) {
  Mat<double> a = 2 * Mat<double>::Identity(n, n);
  for (Index i = 0; i + 1 < n; ++i) a(i, i + 1) = a(i + 1, i) = -1;
  return a;
}

/// v v' for a vector of ones, plus `extra` in the last diagonal entry: pivots 1, then 0 or `extra`.
Mat<double> ones(Index n, double extra) {
  Mat<double> a = Mat<double>::Identity(n, n);
  a(n - 1, 0) = a(0, n - 1) = 1;
  a(n - 1, n - 1) += extra;
  return a;
}

TEST(Definiteness, AcceptsWhatIsPositiveDefinite) {
  for (const Index n : {1, 5, 24, 25, 60})
    EXPECT_FALSE(find_bad_pivot(ExactMatrix(second_difference(n)))) << n;
}

TEST(Definiteness, NamesTheFirstBadPivot) {
  Mat<double> a = second_difference(6);
  a(1, 1) = 0.25;  // pivot 1/4 - 1/2, every step exact in double

  const auto bad = find_bad_pivot(ExactMatrix(a));

  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->row, 1);
  EXPECT_EQ(bad->value, -0.25);
  EXPECT_TRUE(bad->proved);
}

TEST(Definiteness, DoesNotDependOnTheUnits) {
  Mat<double> a = second_difference(40);
  for (Index i = 0; i < 40; ++i)
    for (Index j = 0; j < 40; ++j)
      a(i, j) = std::ldexp(a(i, j), static_cast<int>(10 * (i % 3 + j % 3)));

  EXPECT_FALSE(find_bad_pivot(ExactMatrix(a)));

  // Beyond exact fractions in size, and beyond 100 digits in what lies between the entries.
  a = Mat<double>::Identity(30, 30);
  for (Index i = 0; i < 30; ++i) a(i, i) = i < 15 ? 0x1p400 : 0x1p-400;
  EXPECT_FALSE(find_bad_pivot(ExactMatrix(a)));
}

// 1 + 2^-52 is the next double after 1: one bit separates singular from positive definite, and one
// more from indefinite. Both sizes: decided exactly, and with 100 digits.
TEST(Definiteness, DecidesByTheLastBit) {
  for (const Index n : {10, 40}) {
    EXPECT_FALSE(find_bad_pivot(ExactMatrix(ones(n, 0x1p-52)))) << n;
    for (const double extra : {0.0, -0x1p-53}) {
      const auto bad = find_bad_pivot(ExactMatrix(ones(n, extra)));
      ASSERT_TRUE(bad) << n;
      EXPECT_EQ(bad->row, n - 1);
      EXPECT_EQ(bad->value, extra);
    }
  }
}

// Gram matrices of three vectors in the plane are singular; rounded pivots come out tiny, of any
// sign.
TEST(Definiteness, IsNotFooledByRoundedPivots) {
  for (int k = 1; k <= 40; ++k) {
    Mat<double> vectors(3, 2);
    vectors << 3, 1, 7, k, 11, 2 * k + 1;

    const auto bad = find_bad_pivot(ExactMatrix(Mat<double>(vectors * vectors.transpose())));

    ASSERT_TRUE(bad) << k;
    EXPECT_TRUE(bad->proved) << k;
    EXPECT_EQ(bad->value, 0) << k;
  }
}

// The last pivot is 10^-200: positive, but below what 100 digits of a unit diagonal can prove.
TEST(Definiteness, SaysSoWhenItCannotProveIt) {
  ExactMatrix a(Mat<double>::Identity(30, 30));
  a.set(29, 0, 1);
  a.set(0, 29, 1);
  const std::string zeros(200, '0');
  a.set_fraction(29, 29, "1" + std::string(199, '0') + "1/1" + zeros);

  const auto bad = find_bad_pivot(a);

  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->row, 29);
  EXPECT_FALSE(bad->proved);
}

TEST(Definiteness, UsesFractionsExactly) {
  ExactMatrix a(2, 2);
  a.set_fraction(0, 0, "1/3");
  a.set(0, 1, 1);
  a.set(1, 0, 1);
  a.set(1, 1, 3);

  const auto bad = find_bad_pivot(a);

  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->row, 1);
  EXPECT_EQ(bad->value, 0);
}

}  // namespace
}  // namespace assay
