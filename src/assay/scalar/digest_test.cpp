#include "assay/scalar/digest.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "assay/scalar/convert.hpp"

namespace assay {
namespace {

template <class S>
std::uint64_t digest_of(const Vec<S>& values) {
  StateDigest state;
  state.add(values);
  return state.value();
}

template <class S>
std::uint64_t digest_of(const S& value) {
  StateDigest state;
  state.add(value);
  return state.value();
}

Vec<double> sample(Index n) {
  Vec<double> values(n);
  for (Index i = 0; i < n; ++i) values[i] = (static_cast<double>(i) - 3.0) / 7.0;
  return values;
}

template <class S>
class Digest : public testing::Test {};
using DigestTiers = testing::Types<double, Soft53, Real50, Real100, Rational>;
TYPED_TEST_SUITE(Digest, DigestTiers);

TYPED_TEST(Digest, SeesEveryEntryTheOrderAndTheLastBit) {
  const Vec<TypeParam> values = widen<TypeParam>(sample(41));
  const std::uint64_t original = digest_of(values);
  EXPECT_EQ(digest_of(values), original);
  for (Index i = 0; i < values.size(); ++i) {
    Vec<TypeParam> changed = values;
    changed[i] += TypeParam(0x1p-53);  // at least the last bit of entries below 1 in size
    if (changed[i] == values[i]) continue;
    EXPECT_NE(digest_of(changed), original) << i;
  }
  Vec<TypeParam> swapped = values;
  std::swap(swapped[0], swapped[1]);
  EXPECT_NE(digest_of(swapped), original);
}

TYPED_TEST(Digest, DependsOnWhatCameBefore) {
  StateDigest ab, ba;
  ab.add(TypeParam(1));
  ab.add(TypeParam(2));
  ba.add(TypeParam(2));
  ba.add(TypeParam(1));
  EXPECT_NE(ab.value(), ba.value());
}

TYPED_TEST(Digest, SeesTheSign) { EXPECT_NE(digest_of(TypeParam(1)), digest_of(TypeParam(-1))); }

template <class S>
class BinaryDigest : public testing::Test {};
using DigestReals = testing::Types<double, Soft53, Real50, Real100>;
TYPED_TEST_SUITE(BinaryDigest, DigestReals);

TYPED_TEST(BinaryDigest, TellsTheSpecialValuesApart) {
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<std::uint64_t> seen;
  for (double value : {0.0, -0.0, infinity, -infinity, std::nan(""), 1.0, 2.0})
    seen.push_back(digest_of(convert<TypeParam>(value)));
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

/// Lengths around the pairs in which NaNs are looked for.
TEST(DigestOfDouble, TreatsAllNansAsOne) {
  const double other_nan = std::bit_cast<double>(0xfff8000000000123);
  for (Index n : {1, 2, 3, 8, 9}) {
    for (Index i = 0; i < n; ++i) {
      Vec<double> a = sample(n), b = sample(n);
      a[i] = std::numeric_limits<double>::quiet_NaN();
      b[i] = other_nan;
      EXPECT_EQ(digest_of(a), digest_of(b)) << n << ' ' << i;
      EXPECT_NE(digest_of(a), digest_of(sample(n))) << n << ' ' << i;
    }
  }
  EXPECT_EQ(digest_of(other_nan), digest_of(std::numeric_limits<double>::quiet_NaN()));
}

TEST(DigestOfSoft53, IsThatOfDouble) {
  EXPECT_EQ(digest_of(widen<Soft53>(sample(100))), digest_of(sample(100)));
  EXPECT_EQ(digest_of(Soft53(-0.0)), digest_of(-0.0));
}

/// Frozen: digests stand in golden traces. The bytes hashed are fixed by digest.hpp, so these
/// numbers hold for every compiler, word size and byte order.
TEST(Digest, IsFrozen) {
  StateDigest state;
  EXPECT_EQ(state.hex(), "0000000000000000");
  state.add(sample(100));
  EXPECT_EQ(state.hex(), "6c84e29109f9d27d");
  state.add(widen<Real50>(sample(5)));
  EXPECT_EQ(state.hex(), "ab39691123bebdcc");
  state.add(Real100(1) / 3);
  EXPECT_EQ(state.hex(), "33efa156333bb2ca");
  state.add(Rational(-22) / Rational(7));
  EXPECT_EQ(state.hex(), "f52512251d84d115");
}

}  // namespace
}  // namespace assay
