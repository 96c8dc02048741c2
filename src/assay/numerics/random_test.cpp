#include "assay/numerics/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <set>

#include "assay/scalar/mpfr_test.hpp"

namespace assay {
namespace {

RandomStream stream(std::uint64_t seed, std::uint64_t iteration = 0) {
  return RandomStream(seed, 0, Purpose::probe, iteration);
}

/// The vectors that Random123 publishes for philox4x64-10 (its file kat_vectors).
TEST(Philox, MatchesThePublishedVectors) {
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (PhiloxBlock{0x16554d9eca36314c, 0xdb20fe9d672d0fdc,
                                                       0xd7e772cee186176b, 0x7e68b68aec7ba23b}));
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}),
            (PhiloxBlock{0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6,
                         0xa09caebf594f0ba0}));
  EXPECT_EQ(philox({0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89},
                   {0x452821e638d01377, 0xbe5466cf34e90c6c}),
            (PhiloxBlock{0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5,
                         0x57bd43b5e52b7fe6}));
}

TEST(RandomStream, PutsItsCoordinatesIntoTheCounter) {
  const RandomStream draws(11, 22, Purpose::segment, 33, 44);
  const PhiloxBlock block = philox({5, 33, 4 + (std::uint64_t{44} << 32), 0}, {11, 22});
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(draws.word(20 + i), block[i]);
}

TEST(RandomStream, UniformIsAnExactFunctionOfTheWord) {
  const RandomStream draws = stream(1);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const Rational steps = Rational(draws.word(i) >> 12) + Rational(1) / 2;
    ASSERT_EQ(convert<Rational>(draws.uniform(i)), scale_by_power_of_two(steps, -52));
  }
}

TEST(RandomStream, AnyAccessOrderGivesTheSameBits) {
  for (Index n : {1, 2, 3, 4, 5, 37}) {
    const Vec<double> uniforms = stream(2).uniforms(n);
    const Vec<double> normals = stream(2).normals(n);
    for (Index i = n; i-- > 0;) {
      ASSERT_EQ(uniforms[i], stream(2).uniform(i));
      ASSERT_EQ(normals[i], stream(2).normal(i));
    }
  }
}

/// Changing any one coordinate changes every word (two equal words: probability 2^-64 each).
TEST(RandomStream, EveryCoordinateMakesAStreamOfItsOwn) {
  std::set<std::uint64_t> words;
  std::size_t expected = 0;
  const auto add = [&](const RandomStream& draws) {
    for (std::uint64_t i = 0; i < 100; ++i) words.insert(draws.word(i));
    expected += 100;
  };
  for (std::uint64_t seed : {1, 2})
    for (std::uint64_t run : {0, 1})
      for (std::uint32_t purpose = 1; purpose <= 10; ++purpose)
        for (std::uint64_t iteration : {0, 1, 2})
          for (std::uint32_t sample : {0, 1})
            add(RandomStream(seed, run, static_cast<Purpose>(purpose), iteration, sample));
  EXPECT_EQ(words.size(), expected);
}

/// Phi(z) at 200 bits: erfc(-z / sqrt 2) / 2.
void normal_distribution(Mpfr& result, double z) {
  Mpfr root(200), x(200, z);
  mpfr_sqrt_ui(root, 2, MPFR_RNDN);
  mpfr_div(x, x, root, MPFR_RNDN);
  mpfr_neg(x, x, MPFR_RNDN);
  mpfr_erfc(result, x, MPFR_RNDN);
  mpfr_div_ui(result, result, 2, MPFR_RNDN);
}

/// (Phi(z) - u) / (|z| phi(z)): the relative error of z as a quantile, to first order.
double relative_error(double z, double u) {
  Mpfr distribution(200), density(200, z), pi(200);
  normal_distribution(distribution, z);
  mpfr_sqr(density, density, MPFR_RNDN);
  mpfr_div_si(density, density, -2, MPFR_RNDN);
  mpfr_exp(density, density, MPFR_RNDN);
  mpfr_const_pi(pi, MPFR_RNDN);
  mpfr_mul_ui(pi, pi, 2, MPFR_RNDN);
  mpfr_rec_sqrt(pi, pi, MPFR_RNDN);
  mpfr_mul(density, density, pi, MPFR_RNDN);
  mpfr_sub_d(distribution, distribution, u, MPFR_RNDN);
  mpfr_div(distribution, distribution, density, MPFR_RNDN);
  return std::fabs(mpfr_get_d(distribution, MPFR_RNDN) / z);
}

/// AS 241 claims 1e-16 for the approximation; rounding adds to it. The quantile ends in a product
/// and a quotient and evaluates two polynomials of degree 7 with positive terms in the centre,
/// where Horner's rule loses most in its last steps: about u each for q * P, / Q and the last sum
/// and product of P and of Q, 6 u = 6.7e-16 with u = 1.1e-16. In the tail the logarithm (1 ulp,
/// halved by the root) stands in place of q. Together 8e-16.
TEST(RandomStream, NormalIsTheQuantileOfTheUniform) {
  constexpr double bound = 8e-16;
  const RandomStream draws = stream(3);
  double worst = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i)
    worst = std::max(worst, relative_error(draws.normal(i), draws.uniform(i)));
  RecordProperty("worst_relative_error", std::to_string(worst * 1e16) + "e-16");
  EXPECT_LT(worst, bound);
}

/// The middle and both ends of what words can give; the tail takes the second and third branch.
TEST(NormalQuantile, HoldsAtTheEdges) {
  constexpr double bound = 8e-16;  // as above
  for (std::uint64_t low :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 10, std::uint64_t{1} << 16,
        std::uint64_t{1} << 40, (std::uint64_t{1} << 51) - 1, std::uint64_t{1} << 49,
        static_cast<std::uint64_t>(0.075 * 0x1p52)}) {
    const std::uint64_t mirrored = (std::uint64_t{1} << 52) - 1 - low;
    const double z = normal_from_word(low << 12);
    EXPECT_LT(z, 0);
    EXPECT_EQ(normal_from_word(mirrored << 12), -z);
    EXPECT_LT(relative_error(z, (static_cast<double>(low) + 0.5) * 0x1p-52), bound) << low;
  }
}

/// z-scores of the first four moments over n draws must stay within 5: probability 6e-7 each.
TEST(RandomStream, MomentsAreThoseOfTheDistributions) {
  constexpr Index n = 1'000'000;
  const auto z_score = [](const Vec<double>& values, int power, double mean, double variance) {
    double sum = 0;
    for (Index i = 0; i < n; ++i) {
      double term = 1;
      for (int k = 0; k < power; ++k) term *= values[i];
      sum += term - mean;
    }
    return sum / std::sqrt(variance * n);
  };
  const Vec<double> normals = stream(4).normals(n);
  EXPECT_LT(std::fabs(z_score(normals, 1, 0, 1)), 5);
  EXPECT_LT(std::fabs(z_score(normals, 2, 1, 2)), 5);
  EXPECT_LT(std::fabs(z_score(normals, 3, 0, 15)), 5);
  EXPECT_LT(std::fabs(z_score(normals, 4, 3, 96)), 5);
  const Vec<double> uniforms = stream(5).uniforms(n);
  EXPECT_LT(std::fabs(z_score(uniforms, 1, 1.0 / 2, 1.0 / 12)), 5);
  EXPECT_LT(std::fabs(z_score(uniforms, 2, 1.0 / 3, 4.0 / 45)), 5);
}

/// Sum of squares over n entries (gamma_n), root and quotient (one rounding each, squared).
TEST(RandomStream, SpherePointsHaveUnitNorm) {
  for (Index n : {1, 2, 3, 20, 100, 1000}) {
    for (std::uint64_t iteration = 0; iteration < 20; ++iteration) {
      const Vec<double> point = stream(6, iteration).sphere(n);
      Real50 square = 0;
      for (Index i = 0; i < n; ++i) square += Real50(point[i]) * Real50(point[i]);
      ASSERT_LE(magnitude(Real50(square - 1)), Real50(gamma_bound<double>(n + 4)));
    }
  }
}

/// All 24 orders of four, 24,000 draws: chi-square with 23 degrees of freedom exceeds 71.6 with
/// probability 6e-7. A wrong shuffle (every position against every other) gives 3^-4-like weights
/// and a statistic in the hundreds.
TEST(RandomStream, PermutationsAreUniform) {
  constexpr int draws = 24'000;
  std::vector<Index> order{0, 1, 2, 3};
  std::vector<std::vector<Index>> orders;
  do orders.push_back(order);
  while (std::next_permutation(order.begin(), order.end()));
  std::vector<int> count(orders.size());
  for (int i = 0; i < draws; ++i) {
    const auto drawn = stream(7, static_cast<std::uint64_t>(i)).permutation(4);
    ++count[static_cast<std::size_t>(std::find(orders.begin(), orders.end(), drawn) -
                                     orders.begin())];
  }
  const double expected = draws / static_cast<double>(orders.size());
  double chi_square = 0;
  for (int c : count) chi_square += (c - expected) * (c - expected) / expected;
  EXPECT_LT(chi_square, 71.6);
  EXPECT_GT(chi_square, 3.1);  // as improbable on the other side: not more even than chance
}

TEST(RandomStream, PermutationHoldsEachIndexOnce) {
  for (Index n : {0, 1, 2, 7, 100}) {
    auto order = stream(8).permutation(n);
    std::sort(order.begin(), order.end());
    for (Index i = 0; i < n; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i);
  }
}

/// Frozen: every golden trace depends on these.
TEST(RandomStream, IsFrozen) {
  const RandomStream draws(42, 7, Purpose::lower_perturbation, 1000, 3);
  EXPECT_EQ(draws.word(5), 0xeeeca78ebfde9490);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(draws.uniform(6)), 0x3fec621b8a4fc9b9);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(draws.normal(0)), 0xbfc2a52fbf700eb6);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(draws.normal(13)), 0x3ff504a16e938086);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(draws.sphere(5)[4]), 0x3faa2efb6bd77fd3);
  EXPECT_EQ(draws.permutation(8), (std::vector<Index>{3, 0, 5, 1, 6, 7, 2, 4}));
}

}  // namespace
}  // namespace assay
