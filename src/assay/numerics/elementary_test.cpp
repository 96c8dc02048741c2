#include "assay/numerics/elementary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "assay/scalar/mpfr_test.hpp"

namespace assay {
namespace {

constexpr int trials = 10'000;
constexpr int guard_bits = 64;
const double infinity = std::numeric_limits<double>::infinity();

/// |value - reference| in units of the last place of the reference.
template <class S>
double error_in_ulps(const S& value, const Mpfr& reference) {
  const Rational exact = reference.exact();
  Mpfr rounded(std::numeric_limits<S>::digits, exact);
  const auto place = static_cast<int>(mpfr_get_exp(rounded)) - std::numeric_limits<S>::digits;
  return to_double(
      magnitude(scale_by_power_of_two(Rational(convert<Rational>(value) - exact), -place)));
}

template <class S>
S random_argument(std::mt19937_64& engine, double range) {
  S value(0);
  for (int bits = 0; bits < std::numeric_limits<S>::digits + 32; bits += 32)
    value = scale_by_power_of_two(value, -32) + S(static_cast<double>(engine() >> 32) * 0x1p-32);
  return S(range) * (S(2) * value - S(1));
}

template <class S>
double worst_exponential(double range) {
  constexpr int bits = std::numeric_limits<S>::digits + guard_bits;
  std::mt19937_64 engine(1);
  double worst = 0;
  for (int i = 0; i < trials; ++i) {
    const S a = random_argument<S>(engine, range);
    Mpfr reference(bits), argument(bits, a);
    mpfr_exp(reference, argument, MPFR_RNDN);
    worst = std::max(worst, error_in_ulps(exponential(a), reference));
  }
  return worst;
}

template <class S>
class Exponential : public testing::Test {};
using ElementaryScalars = testing::Types<double, Soft53, Real50, Real100>;
TYPED_TEST_SUITE(Exponential, ElementaryScalars);

/// Half an ulp for the last sum; the sum inside it and the product r^2 q are below 0.42 and 0.07,
/// each off by half an ulp of theirs, which a result of 0.7 to 1.4 sees as at most 0.25 and 0.1 of
/// its own. The rest (c, what the series leaves out) is below 0.1: together 0.95.
TYPED_TEST(Exponential, IsWithinOneUlpOfMpfr) {
  double worst = 0;
  for (double range : {0.34, 1.0, 40.0, 700.0})
    worst = std::max(worst, worst_exponential<TypeParam>(range));
  this->RecordProperty("worst_ulps", std::to_string(worst));
  EXPECT_LE(worst, 1.0);
}

TYPED_TEST(Exponential, SpecialValues) {
  using S = TypeParam;
  EXPECT_EQ(exponential(S(0)), S(1));
  EXPECT_EQ(exponential(S(-0.0)), S(1));
  EXPECT_EQ(exponential(S(infinity)), S(infinity));
  EXPECT_EQ(exponential(S(-infinity)), S(0));
  const S nan = exponential(S(std::nan("")));
  EXPECT_NE(nan, nan);
  EXPECT_EQ(exponential(S(1e300)), S(infinity));
  EXPECT_EQ(exponential(S(-1e300)), S(0));
  EXPECT_EQ(exponential(S(0x1p-400)), S(1));
}

TEST(ExponentialOfDouble, OverflowsAndUnderflowsWhereMpfrDoes) {
  EXPECT_LT(exponential(0x1.62e42fefa39efp+9), infinity);  // the largest without overflow
  EXPECT_EQ(exponential(0x1.62e42fefa39f0p+9), infinity);
  EXPECT_GT(exponential(-745.1), 0.0);
  EXPECT_EQ(exponential(-745.2), 0.0);
  for (double a = -708.5; a > -745; a -= 0.37) {
    Mpfr reference(200, a);
    mpfr_exp(reference, reference, MPFR_RNDN);
    // Rounded a second time, to the fixed place of subnormals: one of their ulps.
    ASSERT_LE(std::fabs(exponential(a) - mpfr_get_d(reference, MPFR_RNDN)), 0x1p-1074) << a;
  }
}

/// Exponents of 31 bits: k ln 2 keeps its precision there too.
TEST(ExponentialOfReal50, HoldsFarBeyondTheRangeOfDouble) {
  mpfr_set_emin(mpfr_get_emin_min());
  mpfr_set_emax(mpfr_get_emax_max());
  for (const char* text : {"1.4e9", "-1.4e9", "12345678.9"}) {
    const Real50 a(text);
    Mpfr reference(300, a);
    mpfr_exp(reference, reference, MPFR_RNDN);
    mpfr_exp_t exponent = 0;
    mpfr_frexp(&exponent, reference, reference, MPFR_RNDN);
    const Real50 fraction = ldexp(exponential(a), -static_cast<int>(exponent));
    EXPECT_LE(error_in_ulps(fraction, reference), 1.5) << text;  // k c rounds at the scale of r now
  }
}

TEST(Exponential, IsTheSameInHardwareAndSoftware) {
  std::mt19937_64 engine(2);
  for (int i = 0; i < trials; ++i) {
    const auto a = random_argument<double>(engine, i % 2 ? 1.0 : 708.0);
    ASSERT_EQ(convert<Soft53>(exponential(a)), exponential(Soft53(a))) << a;
  }
}

TEST(NaturalLog, IsWithinOneUlpOfMpfr) {
  std::mt19937_64 engine(3);
  double worst = 0;
  for (int i = 0; i < 5 * trials; ++i) {
    const auto spread = random_argument<double>(engine, 1.0);
    const double a = i % 3 == 0 ? 1 + spread / 2
                     : i % 3 == 1
                         ? std::ldexp(1.5 + spread / 2.1, static_cast<int>(engine() % 2090) - 1070)
                         : 1 + std::ldexp(spread, -static_cast<int>(engine() % 52));
    if (a <= 0 || a == 1) continue;
    Mpfr reference(53 + guard_bits, a);
    mpfr_log(reference, reference, MPFR_RNDN);
    worst = std::max(worst, error_in_ulps(natural_log(a), reference));
  }
  RecordProperty("worst_ulps", std::to_string(worst));
  EXPECT_LE(worst, 1.0);
  EXPECT_EQ(natural_log(1.0), 0.0);
}

}  // namespace
}  // namespace assay
