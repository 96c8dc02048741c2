#include "assay/scalar/text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "assay/scalar/decimal.hpp"
#include "assay/scalar/mpfr_test.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

constexpr int texts = 10'000;

template <class S>
class Text : public testing::Test {};
using TextScalars = testing::Types<double, Soft53, Real50, Real100>;
TYPED_TEST_SUITE(Text, TextScalars);

template <class S>
class WideText : public testing::Test {};
using Wide = testing::Types<Real50, Real100>;
TYPED_TEST_SUITE(WideText, Wide);

/// Full significands, exponents of two within +-range.
template <class S>
S random_value(std::mt19937_64& engine, int range) {
  S value(0);
  for (int bits = 0; bits < std::numeric_limits<S>::digits + 64; bits += 32)
    value = scale_by_power_of_two(value, -32) + S(static_cast<double>(engine() >> 32));
  const int exponent = static_cast<int>(engine() % (2 * range + 1)) - range;
  value = scale_by_power_of_two(value, exponent);
  return engine() % 2 ? S(-value) : value;
}

std::string random_decimal(std::mt19937_64& engine, std::size_t digits, int range) {
  std::string text = engine() % 2 ? "-" : "";
  text.push_back(static_cast<char>('1' + engine() % 9));
  text.push_back('.');
  while (digits-- > 1) text.push_back(static_cast<char>('0' + engine() % 10));
  return text + "e" + std::to_string(static_cast<int>(engine() % (2 * range + 1)) - range);
}

template <class S>
Rational read_by_mpfr(const std::string& text) {
  Mpfr reference(std::numeric_limits<S>::digits);
  mpfr_set_str(reference, text.c_str(), 10, MPFR_RNDN);
  return reference.exact();
}

TYPED_TEST(Text, ReadsBackToTheSameValue) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < texts; ++i) {
    const auto value = random_value<TypeParam>(engine, 900);
    ASSERT_EQ(from_text<TypeParam>(to_text(value)), value) << to_text(value);
  }
}

TYPED_TEST(Text, SpellsShortNumbersAlikeInEveryTier) {
  for (const char* text :
       {"0", "-0", "1", "-1", "0.1", "1e+05", "123456", "1.5e-07", "1e-04", "0.00012", "1e+22",
        "12300", "-2.5e+100", "9007199254740993e-20", "nan", "inf", "-inf"})
    EXPECT_EQ(to_text(from_text<TypeParam>(text)), to_text(from_text<double>(text))) << text;
  std::mt19937_64 engine(2);
  for (int i = 0; i < texts; ++i) {
    const std::string text = random_decimal(engine, 1 + engine() % 15, 30);
    // Fifteen digits name a double and so come back. Beyond 2^53 fixed notation shows the integer
    // that the tier holds, and tiers differ.
    const double value = from_text<double>(text);
    if (magnitude(value) > 0x1p53 && to_text(value).find('e') == std::string::npos) continue;
    ASSERT_EQ(to_text(from_text<TypeParam>(text)), to_text(value)) << text;
  }
}

TYPED_TEST(Text, RefusesWhatIsNotOneNumber) {
  for (const char* text :
       {"",     "-",      ".",        "e5",   "+1",           "1x",   " 1",  "1 ",
        "1e",   "1e+",    "1e+-5",    "1..2", "1.2.3",        "0x10", "--1", "NaN",
        "-nan", "nan(1)", "infinity", "1,5",  "1e9999999999", "1/2"})
    EXPECT_THROW(from_text<TypeParam>(text), Error) << text;
  EXPECT_THROW(from_text<TypeParam>("1e700000000"), Error);
  EXPECT_THROW(from_text<TypeParam>("-1e-700000000"), Error);
}

TYPED_TEST(Text, KeepsTheSignOfZero) {
  using std::signbit;
  EXPECT_TRUE(signbit(from_text<TypeParam>("-0.0e5")));
  EXPECT_FALSE(signbit(from_text<TypeParam>("0.0e5")));
  EXPECT_EQ(to_text(TypeParam(-0.0)), "-0");
}

TEST(TextOfDouble, IsThatOfToChars) {
  EXPECT_EQ(to_text(5e-324), "5e-324");
  EXPECT_EQ(to_text(0x1.fffffffffffffp1023), "1.7976931348623157e+308");
  EXPECT_EQ(from_text<double>("5e-324"), 0x1p-1074);
  EXPECT_EQ(from_text<double>("2.4703282292062328e-324"), 0x1p-1074);    // just above half of it
  EXPECT_EQ(from_text<double>("9007199254740993"), 9007199254740992.0);  // a tie, to even
}

/// 2^-510: the nearest decimal of 101 digits lies below and reads as the value below; the next one
/// lies above and, the values above being twice as far apart, reads as the power.
TEST(TextOfReal100, IsShortestAtPowersOfTwo) {
  const Real100 power = scale_by_power_of_two(Real100(1), -510);
  const std::string text = to_text(power);
  EXPECT_EQ(from_text<Real100>(text), power);
  EXPECT_EQ(parse_decimal(text).digits.size(), 101U) << text;
}

TEST(TextOfSoft53, FlushesSubnormals) {
  EXPECT_EQ(from_text<Soft53>("5e-324"), Soft53(0));
  EXPECT_EQ(to_text(from_text<Soft53>("2.2250738585072014e-308")), "2.2250738585072014e-308");
}

TYPED_TEST(WideText, ReadingRoundsAsMpfr) {
  std::mt19937_64 engine(3);
  for (int i = 0; i < texts; ++i) {
    const std::size_t digits = 1 + engine() % (2 * std::numeric_limits<TypeParam>::max_digits10);
    const std::string text = random_decimal(engine, digits, 400);
    ASSERT_EQ(convert<Rational>(from_text<TypeParam>(text)), read_by_mpfr<TypeParam>(text)) << text;
  }
}

/// The exact middle between two neighbours has more digits than any rule of thumb keeps.
TYPED_TEST(WideText, ReadingDecidesTiesExactly) {
  std::mt19937_64 engine(4);
  for (int i = 0; i < 200; ++i) {
    const auto value = magnitude(random_value<TypeParam>(engine, 200));
    const int half_ulp = value.backend().exponent() - std::numeric_limits<TypeParam>::digits;
    const Rational middle = convert<Rational>(value) + scale_by_power_of_two(Rational(1), half_ulp);
    // A fraction over 2^k has k decimals.
    const unsigned k = msb(denominator(middle));
    const Rational digits = middle * Rational(pow(boost::multiprecision::mpz_int(10), k));
    const std::string text = to_text(digits);
    const std::string exponent = "e-" + std::to_string(k);
    ASSERT_EQ(convert<Rational>(from_text<TypeParam>(text + exponent)),
              read_by_mpfr<TypeParam>(text + exponent));
    ASSERT_GT(convert<Rational>(from_text<TypeParam>(text + ".001" + exponent)), middle);
    ASSERT_LT(convert<Rational>(from_text<TypeParam>(to_text(Rational(digits - 1)) + exponent)),
              middle);
  }
}

/// Shortest among digits10 .. max_digits10 correctly rounded digits, as MPFR prints them.
TYPED_TEST(WideText, WritesTheFirstPrecisionThatReadsBack) {
  using Limits = std::numeric_limits<TypeParam>;
  std::mt19937_64 engine(5);
  for (int i = 0; i < texts; ++i) {
    const auto value = random_value<TypeParam>(engine, 1000);
    Mpfr reference(Limits::digits, value);
    std::string expected;
    for (int digits = Limits::digits10; digits <= Limits::max_digits10; ++digits) {
      mpfr_exp_t exponent = 0;
      char* printed = mpfr_get_str(nullptr, &exponent, 10, digits, reference, MPFR_RNDN);
      expected = std::string(printed) + "e" + std::to_string(exponent - digits);
      mpfr_free_str(printed);
      if (read_by_mpfr<TypeParam>(expected) == reference.exact()) break;
    }
    ASSERT_EQ(to_text(value), format_decimal(parse_decimal(expected)));
  }
}

TYPED_TEST(WideText, HoldsFarBeyondTheRangeOfDouble) {
  for (const char* text : {"1e-20000", "-2.5e+300000000"})
    EXPECT_EQ(to_text(from_text<TypeParam>(text)), text);
}

TEST(TextOfRational, IsTheFractionInLowestTerms) {
  EXPECT_EQ(to_text(Rational(6) / Rational(-4)), "-3/2");
  EXPECT_EQ(to_text(Rational(8) / Rational(4)), "2");
  EXPECT_EQ(to_text(Rational(0)), "0");
}

TEST(TextOfRational, ReadsExactly) {
  EXPECT_EQ(from_text<Rational>("-6/4"), Rational(-3) / Rational(2));
  EXPECT_EQ(from_text<Rational>("0.1"), Rational(1) / Rational(10));
  EXPECT_EQ(from_text<Rational>("-12.50e-1"), Rational(-5) / Rational(4));
  EXPECT_EQ(from_text<Rational>("3E2"), Rational(300));
  EXPECT_EQ(from_text<Rational>("0/5"), Rational(0));
  for (const char* text : {"", "1/0", "1/-2", "1/", "/2", "1.5/2", "1e2/3", "1/2/3", "nan", "inf",
                           "1e999999", "1/+2", " 1/2"})
    EXPECT_THROW(from_text<Rational>(text), Error) << text;
}

TEST(Decimal, DropsZerosOnBothSides) {
  const Decimal number = parse_decimal("-0012.3400e5");
  EXPECT_TRUE(number.negative);
  EXPECT_EQ(number.digits, "1234");
  EXPECT_EQ(number.exponent, 3);
  EXPECT_EQ(parse_decimal("000.000e7").digits, "");
}

}  // namespace
}  // namespace assay
