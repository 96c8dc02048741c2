#include "assay/scalar/convert.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "assay/scalar/mpfr_test.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

constexpr int conversions = 10'000;

Rational random_rational(std::mt19937_64& engine, int range) {
  using Integer = boost::multiprecision::mpz_int;
  Integer a = 1, b = 1;
  for (int i = 0; i < 7; ++i) {
    a = (a << 64) + engine();
    b = (b << 64) + engine();
  }
  const Rational value = Rational(engine() % 2 ? Integer(-a) : a, b);
  return scale_by_power_of_two(value, static_cast<int>(engine() % (2 * range + 1)) - range);
}

template <class S>
class Convert : public testing::Test {};
using ConvertScalars = testing::Types<double, Soft53, Real50, Real100>;
TYPED_TEST_SUITE(Convert, ConvertScalars);

TYPED_TEST(Convert, FromRationalRoundsAsMpfr) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < conversions; ++i) {
    const Rational value = random_rational(engine, 900);
    const auto rounded = convert<TypeParam>(value);
    ASSERT_EQ(convert<Rational>(rounded),
              Mpfr(std::numeric_limits<TypeParam>::digits, value).exact());
  }
}

TYPED_TEST(Convert, TiesGoToEven) {
  std::mt19937_64 engine(2);
  const Rational epsilon =
      scale_by_power_of_two(Rational(1), 1 - std::numeric_limits<TypeParam>::digits);
  for (int i = 0; i < 1000; ++i) {
    const int last = static_cast<int>(engine() % 1000);
    const Rational tie = 1 + (Rational(last) + Rational(1) / 2) * epsilon;
    const Rational even = 1 + Rational(last + last % 2) * epsilon;
    ASSERT_EQ(convert<Rational>(convert<TypeParam>(tie)), even);
    ASSERT_EQ(convert<Rational>(convert<TypeParam>(Rational(-tie))), -even);
  }
}

TYPED_TEST(Convert, ThroughWiderTiersAndBackIsExact) {
  std::mt19937_64 engine(3);
  for (int i = 0; i < conversions; ++i) {
    const auto value = convert<TypeParam>(random_rational(engine, 900));
    ASSERT_EQ(convert<TypeParam>(convert<Rational>(value)), value);
    ASSERT_EQ(convert<TypeParam>(convert<Real100>(value)), value);
  }
}

TYPED_TEST(Convert, NarrowingRoundsOnce) {
  std::mt19937_64 engine(4);
  for (int i = 0; i < conversions; ++i) {
    const auto wide = convert<Real100>(random_rational(engine, 900));
    ASSERT_EQ(convert<Rational>(convert<TypeParam>(wide)),
              Mpfr(std::numeric_limits<TypeParam>::digits, wide).exact());
  }
}

TYPED_TEST(Convert, KeepsWhatIsNotFiniteAndTheSignOfZero) {
  using std::signbit;
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(convert<double>(convert<TypeParam>(-infinity)), -infinity);
  EXPECT_TRUE(std::isnan(convert<double>(convert<TypeParam>(std::nan("")))));
  EXPECT_TRUE(std::signbit(convert<double>(convert<TypeParam>(-0.0))));
  EXPECT_THROW(convert<Rational>(convert<TypeParam>(infinity)), Error);
  EXPECT_EQ(convert<Rational>(TypeParam(-0.0)), Rational(0));
}

/// The last place of subnormals is fixed, ties among them included.
TEST(ConvertToDouble, RoundsSubnormalsOnce) {
  std::mt19937_64 engine(5);
  for (int i = 0; i < conversions; ++i) {
    const std::uint64_t bits = engine() >> (12 + engine() % 52);
    const Rational units = Rational(bits) + Rational(engine() % 5) / 4;  // quarter steps of 2^-1074
    Rational even =
        floor(Rational(units + Rational(1) / 2).convert_to<Real100>()).convert_to<Rational>();
    if (even - units == Rational(1) / 2 && numerator(even) % 2 != 0) even -= 1;
    const Rational value = scale_by_power_of_two(units, -1074);
    const double expected = std::bit_cast<double>(numerator(even).convert_to<std::uint64_t>());
    ASSERT_EQ(convert<double>(value), expected);
    ASSERT_EQ(to_double(value), expected);
    ASSERT_EQ(convert<double>(convert<Real100>(value)), expected);
  }
}

/// A hair above half of the smallest subnormal is that subnormal: rounded to 53 bits first it would
/// be the half, and go to 0.
TEST(ConvertToDouble, DoesNotRoundSubnormalsTwice) {
  const Rational half = scale_by_power_of_two(Rational(1), -1075);
  const Rational hair = scale_by_power_of_two(Rational(1), -1200);
  EXPECT_EQ(convert<double>(Rational(half + hair)), 0x1p-1074);
  EXPECT_EQ(convert<double>(Rational(-half - hair)), -0x1p-1074);
  EXPECT_EQ(convert<double>(half), 0);
  EXPECT_EQ(convert<double>(Rational(3 * half - hair)), 0x1p-1074);
}

TEST(ConvertFromDouble, KeepsSubnormalsExceptInSoft53) {
  EXPECT_EQ(convert<Rational>(0x1p-1074), scale_by_power_of_two(Rational(1), -1074));
  EXPECT_EQ(convert<Rational>(convert<Real50>(0x1p-1074)), convert<Rational>(0x1p-1074));
  EXPECT_EQ(convert<Soft53>(0x1p-1074), Soft53(0));
}

}  // namespace
}  // namespace assay
