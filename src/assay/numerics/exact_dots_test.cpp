#include "assay/numerics/exact_dots.hpp"

#include <gtest/gtest.h>

#include <array>

#include "assay/numerics/data_matrix.hpp"
#include "assay/numerics/random.hpp"
#include "assay/scalar/convert.hpp"

namespace assay {
namespace {

class Drawn {
 public:
  explicit Drawn(std::uint64_t seed) : stream_(11, seed, Purpose::probe, 0) {}

  double normal() { return stream_.normal(at_++); }
  int below(int n) {
    const auto k = static_cast<int>(std::abs(normal()) * 1e6);
    return k % n;
  }
  /// All 168 bits drawn; half of the time with an exponent within +-spread.
  Real50 wide(int spread) {
    Real50 value(normal());
    for (int k = 1; k < 4; ++k) value += scale_by_power_of_two(Real50(normal()), -53 * k);
    return shifted(value, spread);
  }
  Real50 narrow(int spread) { return shifted(Real50(normal()), spread); }

 private:
  Real50 shifted(const Real50& value, int spread) {
    if (spread == 0 || below(2) == 0) return value;
    return scale_by_power_of_two(value, below(2 * spread) - spread);
  }

  RandomStream stream_;
  std::uint64_t at_ = 0;
};

Rational exact_dot(const Mat<Real50>& A, Index j, const Vec<Real50>& x) {
  Rational sum = 0;
  for (Index i = 0; i < x.size(); ++i) sum += convert<Rational>(A(i, j)) * convert<Rational>(x[i]);
  return sum;
}

/// To nearest, ties to even, from the definition.
bool is_nearest(const Real50& y, const Rational& sum) {
  if (sum == 0) return y == 0;
  const Rational value = convert<Rational>(y);
  const Rational half_unit = scale_by_power_of_two(Rational(1), binary_exponent(y) - 169);
  const Rational error = magnitude(Rational(sum - value));
  // The unit below a power of two is half as large.
  const bool power = value == scale_by_power_of_two(Rational(1), binary_exponent(y) - 1) ||
                     value == -scale_by_power_of_two(Rational(1), binary_exponent(y) - 1);
  const bool below = magnitude(sum) < magnitude(value);
  const Rational limit = power && below ? Rational(half_unit / 2) : half_unit;
  if (error != limit) return error < limit;
  const Rational places = scale_by_power_of_two(value, 168 - binary_exponent(y));
  return numerator(places) % 2 == 0;
}

void expect_nearest(const Mat<Real50>& A, const Vec<Real50>& x, const std::string& what) {
  const ExactDots dots(A);
  ASSERT_FALSE(dots.empty()) << what;
  Vec<Real50> y;
  ASSERT_TRUE(dots(x, y)) << what;
  ASSERT_EQ(y.size(), A.cols());
  for (Index j = 0; j < A.cols(); ++j)
    EXPECT_TRUE(is_nearest(y[j], exact_dot(A, j, x))) << what << ", element " << j;
}

TEST(ExactDots, RoundTheExactSumOnce) {
  for (const Index n : {1, 2, 3, 5, 8, 13, 40, 130}) {
    // Spreads that fit into 62 bits, that need low digits, and that need all of them.
    for (const int spread : {0, 4, 30, 190})
      for (const bool wide : {false, true}) {
        Drawn drawn(static_cast<std::uint64_t>(1000 * n + 2 * spread + (wide ? 1 : 0)));
        Mat<Real50> A(n, 3);
        Vec<Real50> x(n);
        for (Index i = 0; i < n; ++i) {
          for (Index j = 0; j < 3; ++j)
            A(i, j) = drawn.below(8) == 0 ? Real50(0)
                      : wide              ? drawn.wide(spread / 2)
                                          : drawn.narrow(spread);
          x[i] = drawn.below(8) == 0 ? Real50(drawn.below(2) == 0 ? 0.0 : -0.0)
                                     : drawn.wide(3 * spread / 2);
        }
        expect_nearest(A, x, "n = " + std::to_string(n) + ", spread " + std::to_string(spread));
      }
  }
}

TEST(ExactDots, RoundDoublesOfEverySize) {
  Mat<Real50> A(4, 3);
  A << Real50(0x1p-1074), Real50(0x1.8p1023), Real50(0), Real50(0x1.fffffffffffffp-1022),
      Real50(-0x1.fffffffffffffp1023), Real50(0), Real50(-0x1p-1074), Real50(0x1p990), Real50(-0.0),
      Real50(0x1p-1060), Real50(0x1p1023), Real50(0);
  Vec<Real50> x(4);
  x << Real50(0x1p-1074), Real50(0x1p-1074) / 3, Real50(-0x1p-1073), Real50(0x1p-1070) / 7;
  expect_nearest(A, x, "tiny");
  for (Index i = 0; i < 4; ++i) x[i] = scale_by_power_of_two(x[i], 2000);
  expect_nearest(A, x, "huge");
}

TEST(ExactDots, TiesGoToEvenUnlessSomethingLiesBehindThem) {
  const Real50 unit = scale_by_power_of_two(Real50(1), -167);
  const Real50 half = scale_by_power_of_two(Real50(1), -168);
  const Real50 even = 1 + 2 * unit, odd = 1 + unit, ones = 2 - unit;
  const auto expect_sum = [](const std::array<Real50, 3>& terms, const Real50& sum) {
    for (const Real50& sign : {Real50(1), Real50(-1)}) {
      Mat<Real50> A = Mat<Real50>::Constant(3, 1, Real50(1));
      Vec<Real50> x(3), y;
      x << sign * terms[0], sign * terms[1], sign * terms[2];
      ASSERT_TRUE(ExactDots(A)(x, y));
      EXPECT_EQ(y[0], sign * sum);
      A << terms[1], terms[2], terms[0];
      x << sign, sign, sign;
      ASSERT_TRUE(ExactDots(A)(x, y));
      EXPECT_EQ(y[0], sign * sum) << "low digits";
    }
  };
  expect_sum({even, half, Real50(0)}, even);
  expect_sum({odd, half, Real50(0)}, 1 + 2 * unit);
  expect_sum({ones, half, Real50(0)}, Real50(2));
  expect_sum({Real50(1), -half / 2, Real50(0)}, Real50(1));
  for (int place = 169; place < 320; ++place) {
    const Real50 speck = scale_by_power_of_two(Real50(1), -place);
    expect_sum({even, half, speck}, even + unit);
    expect_sum({odd, half, -speck}, odd);
    expect_sum({ones, half, -speck}, ones);
  }
}

/// The largest integers there are, as many as there may be: no sum leaves its 127 bits.
TEST(ExactDots, TheLongestSumsFit) {
  const Index n = 2000;
  const Real50 ones = 2 - scale_by_power_of_two(Real50(1), -167);
  for (const Real50& sign : {Real50(1), Real50(-1)}) {
    expect_nearest(Mat<Real50>::Constant(n, 1, ones), Vec<Real50>::Constant(n, sign * ones),
                   "wide");
    expect_nearest(Mat<Real50>::Constant(n, 1, Real50(0x1.fffffffffffffp0)),
                   Vec<Real50>::Constant(n, sign * ones), "double");
  }
  EXPECT_TRUE(ExactDots(Mat<Real50>::Constant(n + 1, 1, ones)).empty());
}

TEST(ExactDots, WhatCancelsLeavesTheRest) {
  Mat<Real50> A(3, 1);
  A << Real50(1), Real50(1), Real50(1);
  Vec<Real50> x(3), y;
  const Real50 third = Real50(1) / 3, tiny = scale_by_power_of_two(third, -500);
  x << third, tiny, -third;
  ASSERT_TRUE(ExactDots(A)(x, y));
  EXPECT_EQ(y[0], tiny);
  x << third, Real50(0), -third;
  ASSERT_TRUE(ExactDots(A)(x, y));
  EXPECT_EQ(y[0], 0);
  EXPECT_FALSE(signbit(y[0]));
}

TEST(ExactDots, TheOrderOfTermsDoesNotShow) {
  Drawn drawn(5);
  const Index n = 41;
  Mat<Real50> A(n, 1), back(n, 1);
  Vec<Real50> x(n), x_back(n), y, y_back;
  for (Index i = 0; i < n; ++i) {
    A(i, 0) = back(n - 1 - i, 0) = drawn.wide(20);
    x[i] = x_back[n - 1 - i] = drawn.wide(20);
  }
  ASSERT_TRUE(ExactDots(A)(x, y));
  ASSERT_TRUE(ExactDots(back)(x_back, y_back));
  EXPECT_EQ(y[0], y_back[0]);
}

TEST(ExactDots, WhatDoesNotFitIsLeftAlone) {
  const Real50 far = scale_by_power_of_two(Real50(1), 62 + 8 * 54 - 1);
  Mat<Real50> A(2, 1);
  A << far, Real50(1);
  EXPECT_FALSE(ExactDots(A).empty());
  A << 2 * far, Real50(1);
  EXPECT_TRUE(ExactDots(A).empty());
  for (const double bad : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    A << Real50(bad), Real50(1);
    EXPECT_TRUE(ExactDots(A).empty());
  }
  Vec<Real50> untouched(1);
  untouched << Real50(7);
  EXPECT_FALSE(ExactDots(A)(Vec<Real50>::Constant(2, Real50(1)), untouched));
  EXPECT_EQ(untouched[0], 7);
  A << Real50(1), Real50(1);
  const ExactDots dots(A);
  Vec<Real50> x(2), y(1);
  y << Real50(7);
  x << scale_by_power_of_two(Real50(1), 16 * 54), Real50(1);
  EXPECT_FALSE(dots(x, y));
  x << Real50(std::nan("")), Real50(1);
  EXPECT_FALSE(dots(x, y));
  EXPECT_EQ(y[0], 7);
  x << scale_by_power_of_two(Real50(1), 16 * 54 - 1), Real50(1);
  EXPECT_TRUE(dots(x, y));
  EXPECT_EQ(y[0], x[0] + 1);
}

TEST(ExactDots, SubtractRoundsTheProductAndTheDifference) {
  Drawn drawn(6);
  const Index n = 17;
  Mat<Real50> A(n, 2);
  Vec<Real50> y(2), x(n);
  std::vector<std::int64_t> whole(n);
  for (Index i = 0; i < n; ++i) {
    A(i, 0) = drawn.narrow(3);
    A(i, 1) = drawn.wide(3);
    whole[static_cast<std::size_t>(i)] = static_cast<std::int64_t>(drawn.normal() * 0x1p50);
    x[i] = scale_by_power_of_two(Real50(static_cast<long long>(whole[static_cast<std::size_t>(i)])),
                                 -70);
  }
  Vec<Real50> product;
  ASSERT_TRUE(ExactDots(A)(x, product));
  y << Real50(1) / 3, Real50(-1) / 7;
  const Vec<Real50> expected = y - product;
  ExactDots(A).subtract(whole, -70, y);
  EXPECT_EQ(y, expected);
}

template <class S>
void expect_same_as_plain(const Mat<S>& A, const Vec<S>& x, const Vec<S>& z) {
  const DataMatrix<S> data(A);
  Vec<S> y, plain;
  const auto compare = [&](const Vec<S>& sizes_of, const Mat<S>& of) {
    for (Index i = 0; i < y.size(); ++i) {
      if constexpr (!std::is_same_v<S, Real50>) {
        EXPECT_EQ(y[i], plain[i]);
      } else {
        S terms(0);
        if (z.size() > 0) terms = magnitude(z[i % z.size()]);
        for (Index j = 0; j < sizes_of.size(); ++j) terms += magnitude(S(of(i, j) * sizes_of[j]));
        EXPECT_LE(magnitude(S(y[i] - plain[i])), gamma_bound<S>(of.cols() + 4) * terms);
      }
    }
  };
  product(data, x, y);
  product(A, x, plain);
  compare(x, A);
  y = plain = z;
  add_product(data, x, y);
  add_product(A, x, plain);
  compare(x, A);
  transposed_product(data, z, y);
  transposed_product(A, z, plain);
  compare(z, A.transpose());
}

template <class S>
class DataMatrices : public testing::Test {};
using Scalars = testing::Types<double, Soft53, Real50, Real100, Rational>;
TYPED_TEST_SUITE(DataMatrices, Scalars);

TYPED_TEST(DataMatrices, MultiplyAsThePlainKernelsDo) {
  using S = TypeParam;
  Drawn drawn(8);
  Mat<S> A(9, 6);
  Vec<S> x(6), z(9);
  for (Index j = 0; j < 6; ++j) {
    for (Index i = 0; i < 9; ++i) A(i, j) = S(drawn.normal());
    x[j] = S(drawn.normal()) / S(3);
  }
  for (Index i = 0; i < 9; ++i) z[i] = S(drawn.normal()) / S(7);
  expect_same_as_plain<S>(A, x, z);
  const Mat<S> symmetric = A.topRows(6) + A.topRows(6).transpose();
  expect_same_as_plain<S>(symmetric, x, Vec<S>(z.head(6)));
}

/// Held neither way, by columns only, by rows only, and nothing to hold.
TEST(DataMatrices, FallBackToThePlainKernels) {
  Drawn drawn(9);
  for (const bool far : {true, false})
    for (const auto& [rows, cols] :
         {std::pair<Index, Index>{3, 3}, {2001, 2}, {2, 2001}, {0, 3}, {3, 0}, {0, 0}}) {
      Mat<Real50> A(rows, cols);
      for (Index j = 0; j < cols; ++j)
        for (Index i = 0; i < rows; ++i) A(i, j) = drawn.wide(0);
      if (far && A.size() > 0) A(1, 1) = scale_by_power_of_two(A(1, 1), 1000);
      Vec<Real50> x(cols), z(rows);
      for (Index j = 0; j < cols; ++j) x[j] = drawn.wide(0);
      for (Index i = 0; i < rows; ++i) z[i] = drawn.wide(0);
      expect_same_as_plain<Real50>(A, x, z);
    }
}

TEST(DataMatrices, NotANumberReachesEveryElementItHasPartIn) {
  Mat<Real50> A(2, 2);
  A << Real50(1), Real50(2), Real50(3), Real50(4);
  const DataMatrix<Real50> data(A);
  Vec<Real50> x(2), y;
  x << Real50(std::nan("")), Real50(1);
  product(data, x, y);
  EXPECT_TRUE(isnan(y[0]) && isnan(y[1]));
  y << Real50(1), Real50(1);
  add_product(data, x, y);
  EXPECT_TRUE(isnan(y[0]) && isnan(y[1]));
  transposed_product(data, x, y);
  EXPECT_TRUE(isnan(y[0]) && isnan(y[1]));
}

}  // namespace
}  // namespace assay
