#include "assay/numerics/refined_ldlt.hpp"

#include <gtest/gtest.h>

#include "assay/numerics/data_factor.hpp"
#include "assay/numerics/random.hpp"
#include "assay/scalar/convert.hpp"

namespace assay {
namespace {

Vec<double> drawn(Index n, std::uint64_t what) {
  return RandomStream(13, static_cast<std::uint64_t>(n), Purpose::probe, what).normals(n);
}

/// R'R / n + shift I
Mat<double> definite(Index n, double shift, std::uint64_t what) {
  const Vec<double> z = drawn(n * n, what);
  Mat<double> H(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i)
      H(i, j) = dot(z.data() + i * n, z.data() + j * n, n) / static_cast<double>(n) +
                (i == j ? shift : 0.0);
  return H;
}

/// All 168 bits at work.
Vec<Real50> wide(Index n, std::uint64_t what) {
  Vec<Real50> b = widen<Real50>(drawn(n, what));
  for (Index i = 0; i < n; ++i) b[i] /= 3;
  return b;
}

Vec<Real100> solved_in_100_digits(const Mat<Real50>& A, const Vec<Real50>& b) {
  Mat<Real100> A100(A.rows(), A.cols());
  Vec<Real100> x(b.size());
  for (Index j = 0; j < A.cols(); ++j) {
    x[j] = Real100(b[j]);
    for (Index i = 0; i < A.rows(); ++i) A100(i, j) = Real100(A(i, j));
  }
  Ldlt<Real100>(A100).solve_in_place(x);
  return x;
}

/// In units of u |x_i|, the largest.
double error(const Vec<Real50>& x, const Vec<Real100>& truth) {
  Real100 worst(0);
  for (Index i = 0; i < x.size(); ++i)
    worst = larger(worst, Real100(magnitude(Real100(Real100(x[i]) - truth[i])) /
                                  (Real100(unit_roundoff<Real50>()) * magnitude(truth[i]))));
  return to_double(worst);
}

TEST(RefinedLdlt, RoundsTheSolutionOnceWhereTheMatrixHoldsDoubles) {
  for (const Index n : {1, 2, 3, 5, 10, 17, 40})
    for (const double shift : {1.0, 1e-3}) {
      const Mat<Real50> A = widen<Real50>(definite(n, shift, 1));
      const Vec<Real50> b = wide(n, 2);
      RefinedLdlt factor;
      ASSERT_TRUE(factor.factor(A));
      Vec<Real50> x = b;
      ASSERT_TRUE(factor.solve_in_place(x));
      // u |x_i| is half a unit at the most; 2^-172 of what the last round leaves, doubled.
      EXPECT_LE(error(x, solved_in_100_digits(A, b)), 1 + 0x1p-3) << "n = " << n;
    }
}

/// Against fractions: |b - A x| <= u (1 + 1/8) |A| |x|.
TEST(RefinedLdlt, ResidualsAreThoseOfARoundedSolution) {
  for (const Index n : {4, 24}) {
    const Mat<Real50> A = widen<Real50>(definite(n, 0.01, 3));
    const Vec<Real50> b = wide(n, 4);
    RefinedLdlt factor;
    ASSERT_TRUE(factor.factor(A));
    Vec<Real50> x = b;
    ASSERT_TRUE(factor.solve_in_place(x));
    for (Index i = 0; i < n; ++i) {
      Rational residual = convert<Rational>(b[i]), size = 0;
      for (Index j = 0; j < n; ++j) {
        const Rational term = convert<Rational>(A(i, j)) * convert<Rational>(x[j]);
        residual -= term;
        size += magnitude(term);
      }
      EXPECT_LE(magnitude(residual) * 8, size * 9 * scale_by_power_of_two(Rational(1), -168));
    }
  }
}

/// As an F2CSA Hessian is: no entry a double.
TEST(RefinedLdlt, IsNearerThanThePlainSolveWhereTheMatrixIsWide) {
  for (const Index n : {10, 40}) {
    Mat<Real50> A = widen<Real50>(definite(n, 0.1, 5));
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < n; ++i) A(i, j) /= 3;
    const Vec<Real50> b = wide(n, 6);
    RefinedLdlt factor;
    ASSERT_TRUE(factor.factor(A));
    Vec<Real50> x = b, plain = b;
    ASSERT_TRUE(factor.solve_in_place(x));
    Ldlt<Real50>(A).solve_in_place(plain);
    const Vec<Real100> truth = solved_in_100_digits(A, b);
    EXPECT_LT(error(x, truth), error(plain, truth)) << "n = " << n;
  }
}

TEST(RefinedLdlt, ScalingsByPowersOfTwoChangeNothingElse) {
  const Index n = 12;
  const Vec<Real50> b = wide(n, 8);
  for (const int divisor : {1, 3})
    for (const int size : {3, 500}) {
      Mat<Real50> A = widen<Real50>(definite(n, 0.1, 7));
      for (Index j = 0; j < n; ++j)
        for (Index i = 0; i < n; ++i) A(i, j) /= divisor;
      RefinedLdlt factor;
      ASSERT_TRUE(factor.factor(A));
      Vec<Real50> expected = b;
      ASSERT_TRUE(factor.solve_in_place(expected));

      Vec<Real50> x = b;
      const auto of = [size](Index i) { return static_cast<int>((i * 7) % 11 - 5) * size / 5; };
      for (Index j = 0; j < n; ++j) {
        for (Index i = 0; i < n; ++i) A(i, j) = scale_by_power_of_two(A(i, j), of(i) + of(j));
        x[j] = scale_by_power_of_two(b[j], of(j) + 40);
      }
      ASSERT_TRUE(factor.factor(A));
      ASSERT_TRUE(factor.solve_in_place(x));
      for (Index i = 0; i < n; ++i)
        EXPECT_EQ(x[i], scale_by_power_of_two(expected[i], 40 - of(i))) << "entry " << i;
    }
}

/// Two blocks whose solutions lie 2^-100 apart, and one that is 0.
TEST(RefinedLdlt, SmallEntriesKeepTheirDigits) {
  const Index k = 5, n = 3 * k;
  Mat<Real50> A = Mat<Real50>::Constant(n, n, Real50(0));
  const Mat<Real50> block = widen<Real50>(definite(k, 0.1, 9));
  for (Index i = 0; i < n; i += k) A.block(i, i, k, k) = block;
  Vec<Real50> b = Vec<Real50>::Constant(n, Real50(0));
  b.head(k) = wide(k, 10);
  for (Index i = 0; i < k; ++i) b[k + i] = scale_by_power_of_two(wide(k, 11)[i], -100);
  RefinedLdlt factor;
  ASSERT_TRUE(factor.factor(A));
  Vec<Real50> x = b;
  ASSERT_TRUE(factor.solve_in_place(x));
  EXPECT_LE(error(x.head(2 * k), solved_in_100_digits(A, b).head(2 * k)), 1 + 0x1p-3);
  for (Index i = 2 * k; i < n; ++i) EXPECT_EQ(x[i], 0);

  x = Vec<Real50>::Constant(n, Real50(0));
  ASSERT_TRUE(factor.solve_in_place(x));
  for (Index i = 0; i < n; ++i) EXPECT_EQ(x[i], 0);
}

TEST(RefinedLdlt, ReadsTheLowerTriangleOnly) {
  Mat<Real50> A = widen<Real50>(definite(6, 1, 21));
  const Vec<Real50> b = wide(6, 22);
  Vec<Real50> x = b, other = b;
  RefinedLdlt factor;
  ASSERT_TRUE(factor.factor(A));
  ASSERT_TRUE(factor.solve_in_place(x));
  for (Index j = 0; j < 6; ++j)
    for (Index i = 0; i < j; ++i) A(i, j) = Real50(std::nan(""));
  ASSERT_TRUE(factor.factor(A));
  ASSERT_TRUE(factor.solve_in_place(other));
  EXPECT_EQ(x, other);
}

TEST(RefinedLdlt, RefusesWhatItCannotSolve) {
  RefinedLdlt factor;
  Mat<Real50> A = widen<Real50>(definite(10, 1, 12));
  A(3, 3) = Real50(-1);
  EXPECT_FALSE(factor.factor(A)) << "not definite";
  A(3, 3) = Real50(std::nan(""));
  EXPECT_FALSE(factor.factor(A)) << "not finite";
  // Smallest eigenvalue about 2^-31.
  A = Mat<Real50>::Constant(10, 10, Real50(1));
  for (Index i = 0; i < 10; ++i) A(i, i) += Real50(0x1p-31);
  EXPECT_FALSE(factor.factor(A)) << "badly conditioned";
  for (Index i = 0; i < 10; ++i) A(i, i) += Real50(0x1p-26);
  ASSERT_TRUE(factor.factor(A));
  const Vec<Real50> b = wide(10, 13);
  Vec<Real50> x = b;
  ASSERT_TRUE(factor.solve_in_place(x));
  EXPECT_LE(error(x, solved_in_100_digits(A, b)), 1 + 0x1p-3);
  x[4] = Real50(std::nan(""));
  EXPECT_FALSE(factor.solve_in_place(x)) << "not finite";
}

TEST(DataFactor, SolvesPlainlyWhatCannotBeRefined) {
  const auto same_as_plain = [](const Mat<Real50>& A, const Vec<Real50>& b) {
    const DataFactor<Real50> factor(A);
    Vec<Real50> x = b, plain = b;
    factor.solve_in_place(x);
    Ldlt<Real50>(A).solve_in_place(plain);
    for (Index i = 0; i < x.size(); ++i)
      EXPECT_TRUE(x[i] == plain[i] || (isnan(x[i]) && isnan(plain[i]))) << "entry " << i;
  };
  Mat<Real50> A = Mat<Real50>::Constant(10, 10, Real50(1));
  for (Index i = 0; i < 10; ++i) A(i, i) += Real50(0x1p-60);
  same_as_plain(A, wide(10, 14));
  A = widen<Real50>(definite(10, 1, 15));
  Vec<Real50> b = wide(10, 16);
  b[0] = Real50(std::nan(""));
  same_as_plain(A, b);
  const Index small = DataFactor<Real50>::least_size - 1;
  same_as_plain(widen<Real50>(definite(small, 1, 17)), wide(small, 18));
}

TEST(DataFactor, NamesThePivotThatFails) {
  for (const Index n : {4, 20}) {
    Mat<Real50> A = widen<Real50>(definite(n, 1, 19));
    A(2, 2) = Real50(-1);
    DataFactor<Real50> factor;
    EXPECT_FALSE(factor.factor(A));
    EXPECT_EQ(factor.failed_pivot(), 2);
    EXPECT_TRUE(factor.factor(widen<Real50>(definite(n, 1, 20))));
    EXPECT_EQ(factor.failed_pivot(), -1);
  }
}

}  // namespace
}  // namespace assay
