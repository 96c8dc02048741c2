#include "properties/source.hpp"

#include "assay/numerics/elementary.hpp"
#include "assay/numerics/random.hpp"

namespace assay::properties {

double Source::uniform() { return (static_cast<double>(word() >> 12) + 0.5) * 0x1p-52; }

Index Source::integer(Index low, Index high) {
  // The bias of the remainder, below 2^-50 for the ranges of a test, does not matter here.
  return low + static_cast<Index>(word() % static_cast<std::uint64_t>(high - low + 1));
}

double Source::normal() { return normal_from_word(word()); }

Vec<double> Source::normals(Index count) {
  Vec<double> v(count);
  for (double& entry : v) entry = normal();
  return v;
}

double Source::log_uniform(double low, double high) {
  const double value = low * exponential(uniform() * natural_log(high / low));
  return value < low ? low : value > high ? high : value;
}

double Source::pick(std::initializer_list<double> values) {
  return values.begin()[integer(0, static_cast<Index>(values.size()) - 1)];
}

}  // namespace assay::properties
