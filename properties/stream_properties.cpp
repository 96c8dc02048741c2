// Random draws are functions of their key, by an own Philox, and follow the laws they name.
#include <mpfr.h>

#include <algorithm>
#include <set>

#include "assay/numerics/draws.hpp"
#include "assay/problem/generator.hpp"
#include "assay/support/error.hpp"
#include "properties/generators.hpp"
#include "properties/property.hpp"

namespace assay::properties {

namespace {

Case key_case(Source& source) {
  Case c;
  c.instance = empty_instance(1, 1);
  c.instance.name = "none";
  c.instance.Qxx.set(0, 0, 1);
  c.instance.H.set(0, 0, 1);
  c.seed = source.word() >> 2;
  c.numbers["stream"] = static_cast<double>(source.integer(0, 1000));
  c.numbers["purpose"] = static_cast<double>(source.integer(1, 10));
  c.numbers["iteration"] = source.chance(0.3) ? 0 : static_cast<double>(source.integer(0, 1000000));
  c.numbers["sample"] = source.chance(0.3) ? 0 : static_cast<double>(source.integer(0, 1 << 30));
  c.numbers["count"] = static_cast<double>(source.integer(1, 40));
  return c;
}

/// Philox4x64-10 from its definition. Source: Salmon, Moraes, Dror and Shaw, "Parallel random
/// numbers: as easy as 1, 2, 3" (SC11), section 3.3 and table of constants.
PhiloxBlock own_philox(PhiloxBlock x, std::uint64_t k0, std::uint64_t k1) {
  __extension__ typedef unsigned __int128 Wide;
  for (int round = 0; round < 10; ++round) {
    const Wide a = static_cast<Wide>(0xD2E7470EE14C6C93ULL) * x[0];
    const Wide b = static_cast<Wide>(0xCA5A826395121157ULL) * x[2];
    x = {static_cast<std::uint64_t>(b >> 64) ^ x[1] ^ k0, static_cast<std::uint64_t>(b),
         static_cast<std::uint64_t>(a >> 64) ^ x[3] ^ k1, static_cast<std::uint64_t>(a)};
    k0 += 0x9E3779B97F4A7C15ULL;
    k1 += 0xBB67AE8584CAA73BULL;
  }
  return x;
}

void draws_are_of_their_key(const Case& c, Check& check) {
  const auto stream = static_cast<std::uint64_t>(c.integer("stream"));
  const auto purpose = static_cast<std::uint64_t>(std::max(1L, c.integer("purpose")));
  const auto iteration = static_cast<std::uint64_t>(c.integer("iteration"));
  const auto sample = static_cast<std::uint32_t>(c.integer("sample"));
  const long count = std::max(1L, c.integer("count"));
  const RandomStream draws(c.seed, stream, static_cast<Purpose>(purpose), iteration, sample);
  Draws consumer(c.seed, stream);
  consumer.set_iteration(iteration);

  const Vec<double> uniforms = draws.uniforms(count), normals = draws.normals(count);
  for (long i = 0; i < count; ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    const PhiloxBlock block =
        own_philox({index / 4, iteration, purpose | static_cast<std::uint64_t>(sample) << 32, 0},
                   c.seed, stream);
    check.that("word(i) is Philox of (i/4, iteration, purpose and sample, 0) under (seed, stream)",
               draws.word(index) == block[index % 4]);
    // (k + 1/2) 2^-52 with the upper 52 bits.
    const double u = (static_cast<double>(block[index % 4] >> 12) + 0.5) / 4503599627370496.0;
    check.that("uniform(i) stands for the upper 52 bits", draws.uniform(index) == u);
    check.that("uniforms(count) are uniform(i)", uniforms[i] == u);
    check.that("normals(count) are normal(i)", normals[i] == draws.normal(index));
    check.that("a uniform is inside (0, 1)", 0 < u && u < 1);
  }
  check.that("a consumer's draws are those of its key",
             consumer.normals(static_cast<Purpose>(purpose), count, sample) == normals &&
                 consumer.uniform(static_cast<Purpose>(purpose), sample) == uniforms[0]);

  // Any other key gives other words: two of 64 bits are equal with probability 2^-64.
  const std::uint64_t word = draws.word(0);
  for (const RandomStream& other :
       {RandomStream(c.seed + 1, stream, static_cast<Purpose>(purpose), iteration, sample),
        RandomStream(c.seed, stream + 1, static_cast<Purpose>(purpose), iteration, sample),
        RandomStream(c.seed, stream, static_cast<Purpose>(purpose % 10 + 1), iteration, sample),
        RandomStream(c.seed, stream, static_cast<Purpose>(purpose), iteration + 1, sample),
        RandomStream(c.seed, stream, static_cast<Purpose>(purpose), iteration, sample + 1)})
    check.that("another key gives another word", other.word(0) != word);

  // On the sphere: n + 3 roundings of its norm.
  const Vec<double> point = draws.sphere(count);
  double square = 0;
  for (const double p : point) square += p * p;
  check.at_most("a direction has length 1", square > 1 ? square - 1 : 1 - square,
                2 * gamma_bound<double>(count + 4));
  for (long i = 0; i < count; ++i)
    check.that("a direction points where its normals do", (point[i] > 0) == (normals[i] > 0));

  const std::vector<Index> order = draws.permutation(count);
  std::vector<Index> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (long i = 0; i < count; ++i)
    check.that("a permutation has every number once", sorted[static_cast<std::size_t>(i)] == i);
  // Fisher-Yates from the front with floor(word bound / 2^64), Lemire's map; a word is replaced
  // with probability below count / 2^64.
  std::vector<Index> own(static_cast<std::size_t>(count));
  for (long i = 0; i < count; ++i) own[static_cast<std::size_t>(i)] = i;
  for (long i = 0; i + 1 < count; ++i) {
    __extension__ typedef unsigned __int128 Wide;
    const Wide product = static_cast<Wide>(draws.word(static_cast<std::uint64_t>(i))) *
                         static_cast<std::uint64_t>(count - i);
    std::swap(own[static_cast<std::size_t>(i)],
              own[static_cast<std::size_t>(i + static_cast<long>(product >> 64))]);
  }
  check.that("a permutation is Fisher and Yates' with Lemire's integers", own == order);
}

/// P(Z <= z) for the normal law, in 200 bits.
double tail_error(double z, double u) {
  mpfr_t p, q;
  mpfr_inits2(200, p, q, static_cast<mpfr_ptr>(nullptr));
  mpfr_set_d(p, -z, MPFR_RNDN);
  mpfr_sqrt_ui(q, 2, MPFR_RNDN);
  mpfr_div(p, p, q, MPFR_RNDN);
  mpfr_erfc(p, p, MPFR_RNDN);
  mpfr_div_ui(p, p, 2, MPFR_RNDN);
  // (P - u) / density: how far z is from the quantile, to first order.
  mpfr_sub_d(p, p, u, MPFR_RNDN);
  mpfr_set_d(q, z, MPFR_RNDN);
  mpfr_sqr(q, q, MPFR_RNDN);
  mpfr_div_ui(q, q, 2, MPFR_RNDN);
  mpfr_exp(q, q, MPFR_RNDN);
  mpfr_mul(p, p, q, MPFR_RNDN);
  mpfr_const_pi(q, MPFR_RNDN);
  mpfr_mul_ui(q, q, 2, MPFR_RNDN);
  mpfr_sqrt(q, q, MPFR_RNDN);
  mpfr_mul(p, p, q, MPFR_RNDN);
  const double error = mpfr_get_d(p, MPFR_RNDN);
  mpfr_clears(p, q, static_cast<mpfr_ptr>(nullptr));
  return error < 0 ? -error : error;
}

void draws_follow_their_laws(const Case& c, Check& check) {
  const RandomStream draws(c.seed, static_cast<std::uint64_t>(c.integer("stream")), Purpose::probe,
                           0);
  // normal(i) is the quantile of uniform(i): AS 241 promises about 1e-16 relative; its polynomials
  // of degree 7 and the quotient round 4 and 1 times in effect, the tail's sqrt and log once each.
  for (std::uint64_t i = 0; i < 40; ++i) {
    const double z = draws.normal(i), u = draws.uniform(i);
    check.at_most("normal(i) is the quantile of uniform(i)", tail_error(z, u),
                  8 * unit_roundoff<double>() * (z < 0 ? -z : z));
  }
  // Moments of N = 4000 draws within 7 standard deviations: a false alarm in 4e11 cases each.
  constexpr long N = 4000;
  const Vec<double> z = draws.normals(N), u = draws.uniforms(N);
  double mean = 0, square = 0, third = 0, uniform = 0, product = 0;
  for (long i = 0; i < N; ++i) {
    mean += z[i] / N;
    square += z[i] * z[i] / N;
    third += z[i] * z[i] * z[i] / N;
    uniform += (u[i] - 0.5) / N;
    if (i > 0) product += z[i] * z[i - 1] / N;
  }
  const auto size = [](double v) { return v < 0 ? -v : v; };
  const double root = square_root(double(N));
  check.at_most("mean of normals", size(mean), 7 / root);
  check.at_most("variance of normals", size(square - 1), 7 * square_root(2.0) / root);
  check.at_most("third moment of normals", size(third), 7 * square_root(15.0) / root);
  check.at_most("mean of uniforms", size(uniform), 7 / square_root(12.0) / root);
  check.at_most("neighbouring normals are uncorrelated", size(product), 7 / root);
  // Every place of a permutation of 8 is as likely: counts of 400 within 7 deviations of 50.
  std::vector<int> first(8, 0);
  for (std::uint32_t k = 0; k < 400; ++k)
    ++first[static_cast<std::size_t>(
        RandomStream(c.seed, 3, Purpose::probe, 1, k).permutation(8)[0])];
  for (const int count : first)
    check.at_most("a permutation's first entry is uniform", size(count - 50.0),
                  7 * square_root(400.0 * 7 / 64));
}

void generator_repeats(const Case& c, Check& check) {
  const std::map<std::string, Value> given = {{"seed", static_cast<std::int64_t>(c.seed)},
                                              {"n", std::int64_t{1 + c.integer("count") % 7}},
                                              {"m", std::int64_t{2 + c.integer("stream") % 6}},
                                              {"rows", std::int64_t{2 + c.integer("purpose") % 5}},
                                              {"active", std::int64_t{1}},
                                              {"start_distance", 0.5}};
  const auto text = [](const std::map<std::string, Value>& settings) {
    return instance_text(
        generate_instance(Settings(generator_parameters(), settings, "case", "generator")));
  };
  const std::string once = text(given);
  check.that("the same settings give the same instance", once == text(given));
  auto spelt = given;
  const Settings resolved(generator_parameters(), given, "case", "generator");
  for (const auto& [key, value] : resolved.values()) spelt[key] = value;
  check.that("defaults spelt out change nothing", once == text(spelt));
  auto other = given;
  other["seed"] = static_cast<std::int64_t>(c.seed + 1);
  const auto data = [](const std::string& instance) {
    Instance in = parse_instance(instance, "instance");
    in.name = in.provenance = "";
    return instance_text(in);
  };
  check.that("another seed gives other data", data(once) != data(text(other)));
  // How far x0 lies is a matter of x0 alone.
  other = given;
  other["start_distance"] = 0.25;
  Instance a = parse_instance(once, "a"), b = parse_instance(text(other), "b");
  a.x0.reset();
  b.x0.reset();
  a.provenance = b.provenance = "";
  check.that("the starting distance moves x0 only", instance_text(a) == instance_text(b));
}

}  // namespace

std::vector<Property> stream_properties() {
  return {
      {"G1.draws_are_of_their_key",
       "every word is Philox4x64-10 of the documented counter and key; uniforms, normals, "
       "directions and permutations are those words' images; other keys give other words",
       key_case,
       {{"double", draws_are_of_their_key}}},
      {"G2.draws_follow_their_laws",
       "normal(i) is the quantile of uniform(i); moments within 7 standard deviations",
       key_case,
       {{"double", draws_follow_their_laws}},
       50},
      {"G3.generator_repeats",
       "an instance is a function of the generator's settings",
       key_case,
       {{"double", generator_repeats}},
       50},
  };
}

}  // namespace assay::properties
