#pragma once

#include <array>
#include <cstdint>

#include "assay/numerics/random.hpp"

namespace assay {

/// The random draws of one consumer (an algorithm, a probe) during a run: keyed streams, so that
/// what one consumer draws never depends on another.
///
/// With `shared` set it imitates a single global generator: every request takes the next stretch of
/// one sequence, whoever asks and whatever for. That is a fault to study, never a default.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t stream, std::uint64_t* shared = nullptr)
      : seed_(seed), stream_(stream), shared_(shared) {}

  void set_iteration(std::uint64_t iteration) { iteration_ = iteration; }

  RandomStream stream(Purpose purpose, std::uint32_t sample = 0) {
    if (shared_) return RandomStream(seed_, 0, Purpose::generator, (*shared_)++, 0);
    return RandomStream(seed_, stream_, purpose, iteration_, sample);
  }
  /// The reference stays valid until the next call with this purpose.
  const Vec<double>& normals(Purpose purpose, Index count, std::uint32_t sample = 0) {
    Vec<double>& values = normals_[static_cast<std::size_t>(purpose)];
    stream(purpose, sample).normals(count, values);
    return values;
  }
  double normal(Purpose purpose, std::uint32_t sample = 0) {
    return stream(purpose, sample).normal(0);
  }
  double uniform(Purpose purpose, std::uint32_t sample = 0) {
    return stream(purpose, sample).uniform(0);
  }

 private:
  std::uint64_t seed_, stream_;
  std::uint64_t* shared_;
  std::uint64_t iteration_ = 0;
  std::array<Vec<double>, purpose_count> normals_;
};

}  // namespace assay
