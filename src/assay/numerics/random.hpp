#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "assay/scalar/dense.hpp"

namespace assay {

/// What a draw is for. Each purpose is a stream of its own, so that adding or removing one use of
/// randomness never shifts another. Append only: the numbers are part of every golden trace.
enum class Purpose : std::uint32_t {
  generator = 1,           ///< building a random instance
  start = 2,               ///< a random starting point
  lower_perturbation = 3,  ///< q of the smoothed lower level
  segment = 4,             ///< DS-BLO's u in x + u (x_next - x); F2CSA's s_t
  upper_noise = 5,         ///< stochastic upper-level gradient
  lower_noise = 6,         ///< stochastic lower-level gradient
  objective_noise = 7,     ///< noisy objective values
  direction = 8,           ///< random directions of two-point and finite-difference estimates
  probe = 9,               ///< diagnostics only
  output = 10,             ///< the choice of a returned iterate
};
inline constexpr std::size_t purpose_count = 11;  ///< they are below

using PhiloxBlock = std::array<std::uint64_t, 4>;

/// Philox4x64-10: a fixed scrambling of the counter under the key.
PhiloxBlock philox(const PhiloxBlock& counter, const std::array<std::uint64_t, 2>& key);

/// The standard normal quantile (Wichura, AS 241, PPND16) of the uniform that a word stands for.
double normal_from_word(std::uint64_t word);

/// Counter-based random numbers: a draw is a function of (seed, stream, purpose, iteration, sample,
/// index) and of nothing else. Engine: Philox4x64-10 (Salmon et al., "Parallel random numbers: as
/// easy as 1, 2, 3", SC11), key (seed, stream), counter (index/4, iteration, purpose + 2^32 sample,
/// retry). Values are doubles; other scalars receive exactly these doubles.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t stream, Purpose purpose, std::uint64_t iteration,
               std::uint32_t sample = 0);

  /// (k + 1/2) 2^-52, k = 0 .. 2^52-1: strictly inside (0,1), symmetric about 1/2.
  double uniform(std::uint64_t index) const;
  /// Standard normal: the quantile of uniform(index).
  double normal(std::uint64_t index) const;
  /// The raw 64 bits.
  std::uint64_t word(std::uint64_t index) const;

  Vec<double> uniforms(Index count) const;
  Vec<double> normals(Index count) const;
  /// The same into what is there already.
  void normals(Index count, Vec<double>& values) const;
  /// Uniform on the unit sphere of R^dimension: normals divided by their norm. @pre dimension >= 1
  Vec<double> sphere(Index dimension) const;
  /// A uniform permutation of 0..count-1 (Fisher-Yates from the front, Lemire's unbiased integers).
  std::vector<Index> permutation(Index count) const;

 private:
  PhiloxBlock block(std::uint64_t number, std::uint64_t retry) const;
  template <class Transform>
  void batch(Index count, Transform transform, Vec<double>& values) const;
  /// Uniform on 0..bound-1, without bias: rejected words are replaced through the retry counter.
  std::uint64_t integer_below(std::uint64_t bound, std::uint64_t index) const;

  std::uint64_t seed_, stream_, iteration_;
  std::uint64_t purpose_sample_;
};

}  // namespace assay
