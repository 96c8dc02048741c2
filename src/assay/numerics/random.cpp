#include "assay/numerics/random.hpp"

// The header's default multiplication is assembly that exists on few processors.
#define R123_USE_GNU_UINT128 1
#include <Random123/philox.h>

#include <cmath>
#include <numeric>

#include "assay/numerics/elementary.hpp"

namespace assay {
namespace {

template <std::size_t N>
double polynomial(const double (&coefficients)[N], double x) {
  double sum = coefficients[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

/// The normal quantile of 1/2 + q, for |q| < 1/2.
/// Source: Wichura, "Algorithm AS 241: The percentage points of the normal distribution",
/// Applied Statistics 37 (1988) 477-484, routine PPND16 with its coefficients.
double normal_quantile(double q) {
  static constexpr double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                 1.9715909503065514427e3, 1.3731693765509461125e4,
                                 4.5921953931549871457e4, 6.7265770927008700853e4,
                                 3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr double b[] = {1.0,
                                 4.2313330701600911252e1,
                                 6.8718700749205790830e2,
                                 5.3941960214247511077e3,
                                 2.1213794301586595867e4,
                                 3.9307895800092710610e4,
                                 2.8729085735721942674e4,
                                 5.2264952788528545610e3};
  static constexpr double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                 5.76949722146069140550e0,  3.64784832476320460504e0,
                                 1.27045825245236838258e0,  2.41780725177450611770e-1,
                                 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[] = {1.0,
                                 2.05319162663775882187e0,
                                 1.67638483018380384940e0,
                                 6.89767334985100004550e-1,
                                 1.48103976427480074590e-1,
                                 1.51986665636164571966e-2,
                                 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9};
  static constexpr double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                 1.78482653991729133580e0,  2.96560571828504891230e-1,
                                 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[] = {1.0,
                                 5.99832206555887937690e-1,
                                 1.36929880922735805310e-1,
                                 1.48753612908506148525e-2,
                                 7.86869131145613259100e-4,
                                 1.84631831751005468180e-5,
                                 1.42151175831644588870e-7,
                                 2.04426310338993978564e-15};
  const double size = q < 0 ? -q : q;
  if (size <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  const double r = std::sqrt(-natural_log(0.5 - size));
  const double z = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6)
                          : polynomial(e, r - 5) / polynomial(f, r - 5);
  return q < 0 ? -z : z;
}

/// u - 1/2 for the uniform u of a word, without rounding.
double centred(std::uint64_t word) {
  return (static_cast<double>(static_cast<std::int64_t>(word >> 12)) - 0x1p51 + 0.5) * 0x1p-52;
}

double uniform_from(std::uint64_t word) {
  return (static_cast<double>(static_cast<std::int64_t>(word >> 12)) + 0.5) * 0x1p-52;
}

std::uint64_t high_product(std::uint64_t a, std::uint64_t b, std::uint64_t& low) {
  __extension__ typedef unsigned __int128 Wide;
  const Wide product = static_cast<Wide>(a) * b;
  low = static_cast<std::uint64_t>(product);
  return static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

double normal_from_word(std::uint64_t word) { return normal_quantile(centred(word)); }

PhiloxBlock philox(const PhiloxBlock& counter, const std::array<std::uint64_t, 2>& key) {
  const r123::Philox4x64::ctr_type c{{counter[0], counter[1], counter[2], counter[3]}};
  const r123::Philox4x64::key_type k{{key[0], key[1]}};
  const auto result = r123::Philox4x64()(c, k);
  return {result[0], result[1], result[2], result[3]};
}

RandomStream::RandomStream(std::uint64_t seed, std::uint64_t stream, Purpose purpose,
                           std::uint64_t iteration, std::uint32_t sample)
    : seed_(seed),
      stream_(stream),
      iteration_(iteration),
      purpose_sample_(static_cast<std::uint64_t>(purpose) | static_cast<std::uint64_t>(sample)
                                                                << 32) {}

PhiloxBlock RandomStream::block(std::uint64_t number, std::uint64_t retry) const {
  return philox({number, iteration_, purpose_sample_, retry}, {seed_, stream_});
}

std::uint64_t RandomStream::word(std::uint64_t index) const {
  return block(index / 4, 0)[index % 4];
}

double RandomStream::uniform(std::uint64_t index) const { return uniform_from(word(index)); }

double RandomStream::normal(std::uint64_t index) const { return normal_from_word(word(index)); }

template <class Transform>
void RandomStream::batch(Index count, Transform transform, Vec<double>& values) const {
  values.resize(count);
  for (Index first = 0; first < count; first += 4) {
    const PhiloxBlock words = block(static_cast<std::uint64_t>(first) / 4, 0);
    for (Index i = first; i < count && i < first + 4; ++i) values[i] = transform(words[i - first]);
  }
}

Vec<double> RandomStream::uniforms(Index count) const {
  Vec<double> values;
  batch(count, uniform_from, values);
  return values;
}

void RandomStream::normals(Index count, Vec<double>& values) const {
  batch(count, normal_from_word, values);
}

Vec<double> RandomStream::normals(Index count) const {
  Vec<double> values;
  normals(count, values);
  return values;
}

Vec<double> RandomStream::sphere(Index dimension) const {
  Vec<double> point = normals(dimension);
  double square = 0;
  for (Index i = 0; i < dimension; ++i) square += point[i] * point[i];
  const double norm = std::sqrt(square);  // never 0: no uniform equals 1/2
  for (Index i = 0; i < dimension; ++i) point[i] /= norm;
  return point;
}

/// Source: Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019), 3:1-3:12.
std::uint64_t RandomStream::integer_below(std::uint64_t bound, std::uint64_t index) const {
  const std::uint64_t rejected = (0 - bound) % bound;
  for (std::uint64_t retry = 0;; ++retry) {
    std::uint64_t low = 0;
    const std::uint64_t high = high_product(block(index / 4, retry)[index % 4], bound, low);
    if (low >= rejected) return high;
  }
}

std::vector<Index> RandomStream::permutation(Index count) const {
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  for (std::size_t i = 0; i + 1 < order.size(); ++i)
    std::swap(order[i], order[i + integer_below(order.size() - i, i)]);
  return order;
}

}  // namespace assay
