// The parts of an enclosure, each against exact fractions.
#include "reference/ball.hpp"

#include <gtest/gtest.h>

#include "assay/numerics/random.hpp"
#include "reference/definite.hpp"
#include "reference/doubled_sum.hpp"
#include "reference/exact_residuals.hpp"
#include "reference/verified_inverse.hpp"

namespace assay::reference {
namespace {

/// Doubles of both signs and sizes 2^-range .. 2^range.
class Draws {
 public:
  explicit Draws(std::uint64_t seed, int range = 40)
      : stream_(seed, 78, Purpose::generator, 0), range_(range) {}
  double operator()() {
    const std::uint64_t word = stream_.word(count_++);
    const double digits = 1 + static_cast<double>(word >> 12) * 0x1p-52;
    const int exponent = static_cast<int>(word % static_cast<std::uint64_t>(2 * range_ + 1));
    const double size = scale_by_power_of_two(digits, exponent - range_);
    return (word >> 8) % 2 == 0 ? size : -size;
  }

 private:
  RandomStream stream_;
  std::uint64_t count_ = 0;
  int range_;
};

template <class S>
bool holds(const Ball<S>& ball, const Rational& value) {
  return abs(Rational(value - exact(ball.mid))) <= exact(ball.rad) &&
         exact(ball.lower()) <= value && value <= exact(ball.upper());
}

TEST(Bound, NeverFallsBelowTheExactValue) {
  Draws draw(1);
  for (int k = 0; k < 20000; ++k) {
    const double a = magnitude(draw()), b = magnitude(draw());
    EXPECT_GE(exact((Bound<double>(a) + Bound<double>(b)).value()), exact(a) + exact(b));
    EXPECT_GE(exact((Bound<double>(a) * Bound<double>(b)).value()), exact(a) * exact(b));
    EXPECT_GE(exact(Bound<double>::of_chain(a / b, 1).value()) * exact(b), exact(a));
  }
  // A product far below the smallest number.
  EXPECT_GT((Bound<double>(1e-200) * Bound<double>(1e-200)).value(), 0);
  EXPECT_GE(exact(Bound<double>::gamma(100).value()),
            Rational(100) / ((Rational(1) / Rational(0x1p-53)) - 100));
}

TEST(Ball, SumsAndEndsKeepTheExactValue) {
  Draws draw(2);
  for (int k = 0; k < 20000; ++k) {
    const Ball<double> a{draw(), magnitude(draw())}, b{draw(), 0};
    EXPECT_TRUE(holds(a + b, exact(a.mid) + exact(a.rad) + exact(b.mid)));
    EXPECT_TRUE(holds(a - b, exact(a.mid) - exact(a.rad) - exact(b.mid)));
    EXPECT_LE(exact(a.lower()), exact(a.mid) - exact(a.rad));
    EXPECT_GE(exact(a.upper()), exact(a.mid) + exact(a.rad));
    const double low = smaller(a.mid, b.mid), high = larger(a.mid, b.mid);
    EXPECT_TRUE(holds(Ball<double>::between(low, high), exact(low)));
    EXPECT_TRUE(holds(Ball<double>::between(low, high), exact(high)));
  }
}

TEST(Ball, AFractionIsEnclosedByLessThanOneRounding) {
  const Rational third(1, 3);
  const Ball<double> ball = enclose<double>(third);
  EXPECT_TRUE(holds(ball, third));
  EXPECT_GT(ball.rad, 0);
  EXPECT_LE(ball.rad, 0x1.0000000000004p-53 / 3);  // u / 3, enlarged for its own roundings
  EXPECT_EQ(enclose<double>(Rational(3, 8)).rad, 0);
  EXPECT_TRUE(holds(enclose<Real50>(third), third));
}

/// Terms of wildly different sizes that cancel but for the last.
template <class S>
void check_cancelling_sums(int rounds) {
  Draws draw(3);
  for (int k = 0; k < rounds; ++k) {
    Vec<S> a(12), b(12);
    Rational sum = 0, size = 0;
    for (Index i = 0; i < 6; ++i) {
      a[i] = S(draw());
      b[i] = S(draw()) / S(3);
      a[i + 6] = -a[i];
      b[i + 6] = b[i] * (S(1) + (k % 2 == 0 ? std::numeric_limits<S>::epsilon() : S(0)));
    }
    DoubledSum<S> sums;
    sums.add(S(0.1));
    sums.add_dot(a.data(), SplitVector<S>(b));
    sums.add_dot(a.data(), SplitVector<S>(a), true);
    for (Index i = 0; i < 12; ++i) {
      sum += exact(a[i]) * (exact(b[i]) - exact(a[i]));
      size += abs(Rational(exact(a[i]) * exact(b[i]))) + exact(a[i]) * exact(a[i]);
    }
    for (Index i = 0; i < 12; ++i) {
      sums.add_product({a[i], S(0)}, {a[i], S(0)});
      sum += exact(a[i]) * exact(a[i]);
      size += exact(a[i]) * exact(a[i]);
    }
    sum += exact(S(0.1));
    const Ball<S> ball = sums.value();
    EXPECT_TRUE(holds(ball, sum));
    // The bound of DoubledSum with T = 37 terms, gamma_{T+2} <= 40 u, doubled for its enlargements.
    const Rational u = exact(unit_roundoff<S>());
    EXPECT_LE(exact(ball.rad), 2 * (u * abs(sum) + 1600 * u * u * (size + 1)));
  }
}

TEST(DoubledSum, HoldsCancellingSumsTightly) {
  check_cancelling_sums<double>(2000);
  check_cancelling_sums<Real50>(100);
}

TEST(DoubledSum, HoldsProductsThatUnderflow) {
  const double a = 0x1.0000001p-520, b = 0x1.0000001p-530;
  DoubledSum<double> sum;
  for (int k = 0; k < 5; ++k) sum.add_product({a, 0}, {b, 0});
  EXPECT_TRUE(holds(sum.value(), 5 * exact(a) * exact(b)));
}

TEST(DoubledSum, RadiiOfBothFactorsCount) {
  DoubledSum<double> sum;
  sum.add_product({3, 0.5}, {-5, 0.25});
  EXPECT_TRUE(holds(sum.value(), Rational(-35, 10) * Rational(525, 100)));
  EXPECT_TRUE(holds(sum.value(), Rational(-25, 10) * Rational(475, 100)));

  // The same through a row of a matrix: [3 +- 1/2, 1/3] times [-5 +- 1/4, 2].
  BallMatrix<double> row(1, 2);
  row.set(0, 0, {3, 0.5});
  row.set(0, 1, enclose<double>(Rational(1, 3)));
  BallVector<double> v(2);
  v.set(0, {-5, 0.25});
  v.set(1, {2, 0});
  DoubledSum<double> dot;
  row.add_row(0, BallFactor<double>(v), dot);
  EXPECT_TRUE(holds(dot.value(), Rational(-35, 10) * Rational(525, 100) + Rational(2, 3)));
  EXPECT_TRUE(holds(dot.value(), Rational(-25, 10) * Rational(475, 100) + Rational(2, 3)));
}

BallMatrix<double> two_by_two(double a, double b, double c) {
  BallMatrix<double> matrix(2, 2);
  matrix.set(0, 0, {a, 0});
  matrix.set(0, 1, {b, 0});
  matrix.set(1, 0, {b, 0});
  matrix.set(1, 1, {c, 0});
  return matrix;
}

TEST(Definite, IsProvedOrRefused) {
  EXPECT_TRUE(proved_definite(two_by_two(1, 1, 1 + 0x1p-40)));
  EXPECT_TRUE(proved_definite(two_by_two(0x1p200, 0x1p20, 0x1p-159)));  // blind to units
  EXPECT_FALSE(proved_definite(two_by_two(1, 1, 1)));
  EXPECT_FALSE(proved_definite(two_by_two(1, 1, 1 - 0x1p-40)));
  EXPECT_FALSE(proved_definite(two_by_two(1, 2, 1)));
  EXPECT_FALSE(proved_definite(two_by_two(-1, 0, 1)));
  EXPECT_FALSE(proved_definite(two_by_two(1, 1, 1 + 0x1p-52)));  // it is, by less than rounding
  // Not definite, though a plain Cholesky in double runs through: only the shift tells.
  const double a = 0x1.132d8f91b7584p-3, b = 0x1.b1e2d5b3584f8p-1, c = 0x1.5610766e6fb98p+2;
  ASSERT_LT(exact(a) * exact(c), exact(b) * exact(b));
  EXPECT_FALSE(proved_definite(two_by_two(a, b, c)));
  // The radius reaches a singular matrix.
  BallMatrix<double> wide = two_by_two(1, 0.5, 1);
  EXPECT_TRUE(proved_definite(wide));
  wide.set(1, 1, {1, 0.75});
  EXPECT_FALSE(proved_definite(wide));
}

TEST(VerifiedInverse, RefusesSingularMatricesAndWideBalls) {
  VerifiedInverse<double> inverse;
  EXPECT_FALSE(inverse.prepare(two_by_two(0, 0, 1)));
  EXPECT_FALSE(inverse.prepare(two_by_two(1, 1, 1)));
  EXPECT_FALSE(inverse.prepare(two_by_two(0.1, 0.1 * 3, 0.9)));  // singular but for rounding
  BallMatrix<double> wide = two_by_two(1, 2, 1);
  EXPECT_TRUE(inverse.prepare(wide));
  wide.set(0, 0, {1, 8});
  EXPECT_FALSE(inverse.prepare(wide));
}

/// 1 / K for K in [1.1, 2.9]: with R = 1/2 the enclosure of 1/2 +- 0.9 R / 2 / (1 - 0.9 R) ends at
/// 1 / 1.1, no wider than it must be.
TEST(VerifiedInverse, WideBallsOfTheMatrixAreCoveredToTheirEnds) {
  BallMatrix<double> K(1, 1);
  K.set(0, 0, {2, 0.9});
  VerifiedInverse<double> inverse;
  ASSERT_TRUE(inverse.prepare(K));
  const BallVector<double> z =
      inverse.solve({DoubledSum<double>(1.0)}, Vec<double>::Constant(1, 0.5));
  EXPECT_TRUE(holds(z[0], 1 / (2 - exact(0.9))));
  EXPECT_TRUE(holds(z[0], 1 / (2 + exact(0.9))));
  EXPECT_LE(z.rad[0], 1 / 1.1 - 0.5 + 0x1p-44);  // some 100 enlargements by 4u, over (1 - alpha)^2
}

TEST(VerifiedInverse, EnclosesFromAnyStart) {
  VerifiedInverse<double> inverse;
  ASSERT_TRUE(inverse.prepare(two_by_two(3, 1, -2)));  // [3 1; 1 -2] z = (1, 1/3): z = (1/3, 0)
  std::vector<DoubledSum<double>> right(2);
  right[0].add(1.0);
  right[1].add(enclose<double>(Rational(1, 3)));
  for (const double start : {0.0, 1e6, -1.0}) {
    const BallVector<double> z = inverse.solve(right, Vec<double>::Constant(2, start));
    EXPECT_TRUE(holds(z[0], Rational(1, 3)));
    EXPECT_TRUE(holds(z[1], 0));
    // |R| = 5/7 times the radius u/3 of 1/3, and 3u|z| of the solution itself (enclosure_test.cpp).
    EXPECT_LE(z.rad[0], 2 * 0x1p-53);
  }
}

}  // namespace
}  // namespace assay::reference
