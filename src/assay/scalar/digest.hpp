#pragma once

#include <cstdint>
#include <string>

#include "assay/scalar/dense.hpp"

namespace assay {

/// A running 64-bit fingerprint (XXH3) of numbers, the same on every machine. All NaNs count as
/// one; -0 and 0 differ; equal numbers of double and Soft53 count alike.
class StateDigest {
 public:
  /// @param state value() of a digest to go on from
  explicit StateDigest(std::uint64_t state = 0) : state_(state) {}

  template <class S>
  void add(const S& value);
  template <class S>
  void add(const Vec<S>& values);

  std::uint64_t value() const { return state_; }
  /// Sixteen hexadecimal digits.
  std::string hex() const;

 private:
  void add_bytes(const void* bytes, std::size_t size);

  std::uint64_t state_;
};

}  // namespace assay
