#include "assay/numerics/exact_dots.hpp"

#include <algorithm>
#include <bit>

#include "assay/numerics/real50_bits.hpp"

namespace assay {

namespace {

__extension__ typedef __int128 Wide;

constexpr int piece = ExactDots::digit_bits;

constexpr int top_bits = 62;  ///< of an entry, in one piece
constexpr std::int64_t digit_mask = (std::int64_t{1} << piece) - 1;
constexpr int most_levels = 8;
constexpr int most_digits = 16;
constexpr Index most_entries = 2000;
constexpr int most_exponent = 1 << 20;  ///< far beyond double, and no sum of some overflows

/// Bits [at, at + count) of the 168 of a, as if zeros stood on both sides. @pre count <= 63
std::int64_t bits_of(const Real50& a, long at, int count) {
  if (at >= 192 || at + count <= 0) return 0;
  const real50::Limb* w = real50::words(a);
  std::uint64_t out = 0;
  if (at < 0) {
    out = w[0] << -at;
  } else {
    const long word = at / 64;
    const int off = static_cast<int>(at % 64);
    out = w[word] >> off;
    if (off > 0 && word < 2) out |= w[word + 1] << (64 - off);
  }
  return static_cast<std::int64_t>(out & ((std::uint64_t{1} << count) - 1));
}

/// The exponent of the last bit of a that is set.
long last_bit(const Real50& a) {
  const real50::Limb* w = real50::words(a);
  const int zeros = w[0]   ? std::countr_zero(w[0])
                    : w[1] ? 64 + std::countr_zero(w[1])
                           : 128 + std::countr_zero(w[2]);
  return real50::exponent(a) - 167L + zeros;
}

bool usable(const Real50& a) {
  return is_finite(a) && (real50::is_zero(a) || std::abs(real50::exponent(a)) <= most_exponent);
}

Wide integer_dot(const std::int64_t* a, const std::int64_t* b, Index n) {
  Wide even = 0, odd = 0;
  Index i = 0;
  for (; i + 2 <= n; i += 2) {
    even += static_cast<Wide>(a[i]) * b[i];
    odd += static_cast<Wide>(a[i + 1]) * b[i + 1];
  }
  if (i < n) even += static_cast<Wide>(a[i]) * b[i];
  return even + odd;
}

/// sum_k digits[k] 2^(exponent + 54 k), rounded once, to nearest even.
Real50 rounded(Wide* sums, int count, long exponent) {
  std::int64_t digits[most_digits + most_levels + 4];
  Wide carry = 0;
  int n = 0;
  for (int k = 0; k < count; ++k) {
    carry += sums[k];
    digits[n++] = static_cast<std::int64_t>(carry) & digit_mask;
    carry >>= piece;
  }
  for (int k = 0; k < 2; ++k) {
    digits[n++] = static_cast<std::int64_t>(carry) & digit_mask;
    carry >>= piece;
  }
  const bool negative = carry < 0;
  if (negative) {
    std::int64_t borrow = 1;
    for (int k = 0; k < n; ++k) {
      const std::int64_t t = (digits[k] ^ digit_mask) + borrow;
      digits[k] = t & digit_mask;
      borrow = t >> piece;
    }
  }
  int top = n - 1;
  while (top >= 0 && digits[top] == 0) --top;
  if (top < 0) return Real50(0);

  // The first 192 bits, and whether there are others.
  const int width = std::bit_width(static_cast<std::uint64_t>(digits[top]));
  std::uint64_t w[4] = {0, 0, 0, 0};
  bool rest = false;
  int at = 192 - width, k = top;
  for (; k >= 0 && at > -piece; --k, at -= piece) {
    const auto digit = static_cast<std::uint64_t>(digits[k]);
    if (at < 0) {
      rest = (digit & ((std::uint64_t{1} << -at) - 1)) != 0;
      w[0] |= digit >> -at;
    } else {
      w[at / 64] |= digit << at % 64;
      if (at % 64 > 0) w[at / 64 + 1] |= digit >> (64 - at % 64);
    }
  }
  for (; k >= 0; --k) rest = rest || digits[k] != 0;

  constexpr std::uint64_t half = std::uint64_t{1} << 23;
  const std::uint64_t behind = w[0] & (2 * half - 1);
  std::uint64_t w0 = w[0] >> 24 | w[1] << 40, w1 = w[1] >> 24 | w[2] << 40, w2 = w[2] >> 24;
  long first = exponent + long{piece} * top + width - 1;
  if (behind > half || (behind == half && (rest || (w0 & 1) != 0))) {
    if (++w0 == 0 && ++w1 == 0 && ++w2 == std::uint64_t{1} << 40) {
      w2 >>= 1;
      ++first;
    }
  }
  return real50::make(negative, static_cast<int>(first), w2, w1, w0);
}

}  // namespace

ExactDots::ExactDots(const Mat<Real50>& A) {
  if (A.rows() > most_entries) return;
  length_ = A.rows();
  tops_.assign(static_cast<std::size_t>(A.size()), 0);
  columns_.resize(static_cast<std::size_t>(A.cols()));
  for (Index j = 0; j < A.cols(); ++j)
    if (!hold(j, A)) {
      *this = ExactDots();
      return;
    }
}

bool ExactDots::hold(Index j, const Mat<Real50>& A) {
  Column& column = columns_[static_cast<std::size_t>(j)];
  column.begin = column.end = lows_.size();
  bool any = false;
  int top = 0;
  for (Index i = 0; i < length_; ++i) {
    const Real50& a = A(i, j);
    if (!usable(a)) return false;
    if (real50::is_zero(a)) continue;
    top = any ? std::max(top, real50::exponent(a)) : real50::exponent(a);
    any = true;
  }
  column.exponent = top + 1 - top_bits;
  for (Index i = 0; i < length_; ++i) {
    const Real50& a = A(i, j);
    if (real50::is_zero(a)) continue;
    const bool negative = a.backend().sign();
    // The bit of the integer that stands for 2^c_j.
    const long unit = column.exponent - (real50::exponent(a) - 167L);
    const std::int64_t digit = bits_of(a, unit, top_bits);
    tops_[static_cast<std::size_t>(j * length_ + i)] = negative ? -digit : digit;
    const long below = column.exponent - last_bit(a);
    for (int level = 1; long{piece} * (level - 1) < below; ++level) {
      if (level > most_levels) return false;
      const std::int64_t low = bits_of(a, unit - long{piece} * level, piece);
      if (low == 0) continue;
      lows_.push_back({i, negative ? -low : low, level});
      column.levels = std::max(column.levels, level);
    }
  }
  column.end = lows_.size();
  return true;
}

/// Calls store(j, exact sum, rounded) for x = 2^exponent sum_k digits_k 2^(54 k).
template <class Store>
void ExactDots::each(const std::int64_t* digits, Index count, int exponent,
                     const Store& store) const {
  Wide sums[most_digits + most_levels];
  for (Index j = 0; j < size(); ++j) {
    const Column& column = columns_[static_cast<std::size_t>(j)];
    const int levels = column.levels, all = levels + static_cast<int>(count);
    std::fill(sums, sums + levels, Wide{0});
    const std::int64_t* top = tops_.data() + j * length_;
    for (Index k = 0; k < count; ++k)
      sums[levels + k] = integer_dot(top, digits + k * length_, length_);
    for (std::size_t l = column.begin; l < column.end; ++l) {
      const Low& low = lows_[l];
      for (Index k = 0; k < count; ++k)
        sums[levels - low.level + k] +=
            static_cast<Wide>(low.digit) * digits[k * length_ + low.row];
    }
    store(j, rounded(sums, all, long{exponent} + column.exponent - long{piece} * levels));
  }
}

namespace {

/// x = 2^exponent sum_k digits_k 2^(54 k); its digits one after the other, those of one weight
/// together. @return false if there are too many
bool cut(const Vec<Real50>& x, std::vector<std::int64_t>& digits, Index& count, int& exponent) {
  bool any = false;
  long first = 0, last = 0;
  for (Index i = 0; i < x.size(); ++i) {
    if (!usable(x[i])) return false;
    if (real50::is_zero(x[i])) continue;
    const long top = real50::exponent(x[i]), end = last_bit(x[i]);
    first = any ? std::max(first, top) : top;
    last = any ? std::min(last, end) : end;
    any = true;
  }
  count = any ? (first - last) / piece + 1 : 0;
  if (count > most_digits) return false;
  exponent = static_cast<int>(last);
  digits.assign(static_cast<std::size_t>(count * x.size()), 0);
  for (Index i = 0; i < x.size(); ++i) {
    if (real50::is_zero(x[i])) continue;
    const long unit = last - (real50::exponent(x[i]) - 167L);
    const bool negative = x[i].backend().sign();
    for (Index k = 0; k < count; ++k) {
      const std::int64_t digit = bits_of(x[i], unit + piece * k, piece);
      digits[static_cast<std::size_t>(k * x.size() + i)] = negative ? -digit : digit;
    }
  }
  return true;
}

}  // namespace

bool ExactDots::operator()(const Vec<Real50>& x, Vec<Real50>& y) const {
  std::vector<std::int64_t> digits;
  Index count = 0;
  int exponent = 0;
  if (empty() || !cut(x, digits, count, exponent)) return false;
  y.resize(size());
  each(digits.data(), count, exponent, [&y](Index j, const Real50& sum) { y[j] = sum; });
  return true;
}

bool ExactDots::add(const Vec<Real50>& x, Vec<Real50>& y) const {
  std::vector<std::int64_t> digits;
  Index count = 0;
  int exponent = 0;
  if (empty() || !cut(x, digits, count, exponent)) return false;
  each(digits.data(), count, exponent, [&y](Index j, const Real50& sum) { y[j] += sum; });
  return true;
}

void ExactDots::subtract(const std::vector<std::int64_t>& x, int exponent, Vec<Real50>& y) const {
  each(x.data(), 1, exponent, [&y](Index j, const Real50& sum) { y[j] -= sum; });
}

}  // namespace assay
