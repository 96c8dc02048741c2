#pragma once

#include <rapidcheck/Random.h>

#include <initializer_list>

#include "assay/scalar/dense.hpp"

namespace assay::properties {

/// The draws that make one random case: a sequence of numbers under a RapidCheck engine, and how
/// large the case may be. Every value is the same on every machine.
class Source {
 public:
  /// @param size 0 .. 100: cases grow with it
  Source(const rc::Random& random, int size) : random_(random), size_(size) {}

  int size() const { return size_; }

  std::uint64_t word() { return random_.next(); }
  /// Strictly inside (0, 1), a multiple of 2^-53.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// low .. high, both included. @pre low <= high
  Index integer(Index low, Index high);
  /// A multiple of 1/8 of size up to limit / 8: its sums and products are exact in double.
  double eighths(Index limit) { return static_cast<double>(integer(-limit, limit)) / 8; }
  bool chance(double probability) { return uniform() < probability; }
  /// Standard normal.
  double normal();
  Vec<double> normals(Index count);
  /// exp of a uniform: every factor between low and high is as likely. @pre 0 < low <= high
  double log_uniform(double low, double high);
  double pick(std::initializer_list<double> values);

 private:
  rc::Random random_;
  int size_;
};

}  // namespace assay::properties
