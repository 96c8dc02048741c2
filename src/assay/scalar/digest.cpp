#define XXH_INLINE_ALL
#include "assay/scalar/digest.hpp"

#include <xxhash.h>

#include <bit>
#include <cmath>
#include <vector>

#include "assay/scalar/text.hpp"

namespace assay {
namespace {

using Bytes = std::vector<unsigned char>;

void append(Bytes& bytes, std::uint64_t word, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<unsigned char>(word >> (8 * i)));
}

void append(Bytes& bytes, double value) {
  constexpr std::uint64_t canonical_nan = 0x7ff8000000000000;
  append(bytes, value == value ? std::bit_cast<std::uint64_t>(value) : canonical_nan, 8);
}
void append(Bytes& bytes, const Soft53& value) { append(bytes, to_double(value)); }

/// Kind or sign, exponent, significand from its lowest byte: the same for limbs of 32 and 64 bits.
template <class S>
void append_binary(Bytes& bytes, const S& value) {
  if (value != value) return append(bytes, 3, 1);
  const bool negative = signbit(value);
  if (!is_finite(value)) return append(bytes, negative ? 5 : 4, 1);
  if (value == 0) return append(bytes, negative ? 7 : 6, 1);
  append(bytes, negative ? 1 : 0, 1);
  append(bytes, static_cast<std::uint64_t>(static_cast<std::int64_t>(value.backend().exponent())),
         8);
  const auto& bits = value.backend().bits();
  int left = (std::numeric_limits<S>::digits + 7) / 8;
  for (unsigned i = 0; i < bits.size() && left > 0; ++i) {
    const int count = std::min<int>(left, sizeof(*bits.limbs()));
    append(bytes, bits.limbs()[i], count);
    left -= count;
  }
}
void append(Bytes& bytes, const Real50& value) { append_binary(bytes, value); }
void append(Bytes& bytes, const Real100& value) { append_binary(bytes, value); }

void append(Bytes& bytes, const Rational& value) {
  const std::string text = to_text(value);
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.push_back(' ');
}

/// Empty, with the room it took before.
Bytes& workspace() {
  thread_local Bytes bytes;
  bytes.clear();
  return bytes;
}

/// Two at a time: one comparison tells whether either is NaN.
bool has_nan(const Vec<double>& values) {
  const Index n = values.size();
  bool found = n > 0 && values[n - 1] != values[n - 1];
  for (Index i = 0; i + 1 < n; i += 2) found |= std::isunordered(values[i], values[i + 1]);
  return found;
}

}  // namespace

void StateDigest::add_bytes(const void* bytes, std::size_t size) {
  state_ = XXH3_64bits_withSeed(bytes, size, state_);
}

template <class S>
void StateDigest::add(const S& value) {
  Bytes& bytes = workspace();
  append(bytes, value);
  add_bytes(bytes.data(), bytes.size());
}

template <class S>
void StateDigest::add(const Vec<S>& values) {
  if constexpr (std::is_same_v<S, double>) {
    // The memory already is the canonical form, on nearly every machine and vector.
    if (std::endian::native == std::endian::little && !has_nan(values))
      return add_bytes(values.data(), 8 * static_cast<std::size_t>(values.size()));
  }
  Bytes& bytes = workspace();
  for (Index i = 0; i < values.size(); ++i) append(bytes, values[i]);
  add_bytes(bytes.data(), bytes.size());
}

std::string StateDigest::hex() const {
  std::string text(16, '0');
  for (int i = 0; i < 16; ++i) text[15 - i] = "0123456789abcdef"[(state_ >> (4 * i)) & 15];
  return text;
}

#define ASSAY_DIGEST(S)                              \
  template void StateDigest::add<S>(const S& value); \
  template void StateDigest::add<S>(const Vec<S>& values);
ASSAY_DIGEST(double)
ASSAY_DIGEST(Soft53)
ASSAY_DIGEST(Real50)
ASSAY_DIGEST(Real100)
ASSAY_DIGEST(Rational)

}  // namespace assay
