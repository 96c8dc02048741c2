#pragma once

#include <cmath>
#include <cstdint>

#include "assay/scalar/scalar.hpp"

/// Real50 as Boost keeps it: sign, exponent, and an integer of 168 bits, the first of them set.
namespace assay::real50 {

using Limb = boost::multiprecision::limb_type;
static_assert(sizeof(Limb) == 8 && std::numeric_limits<Real50>::digits == 168,
              "Real50 has to keep its bits in three words of 64");

/// The k with 2^k <= |a| < 2^(k+1). @pre a finite, not 0
inline int exponent(const Real50& a) { return static_cast<int>(a.backend().exponent()); }

/// Words from the lowest: |a| = words * 2^(exponent(a) - 167). @pre a finite, not 0
inline const Limb* words(const Real50& a) { return a.backend().bits().limbs(); }

inline bool is_zero(const Real50& a) {
  return a.backend().exponent() == Real50::backend_type::exponent_zero;
}

/// a * 2^-k in double, cut off after 53 bits, 0 below the normal range. @pre |a| < 2^(k+1)
inline double leading_double(const Real50& a, int k) {
  if (is_zero(a)) return 0;
  const int shift = exponent(a) - k;
  if (shift < -1000) return 0;
  const Limb* w = words(a);
  // Of the 168 bits the third word holds 40.
  const std::uint64_t top = w[2] << 13 | w[1] >> 51;
  const double size = std::ldexp(static_cast<double>(top), shift - 52);
  return a.backend().sign() ? -size : size;
}

/// (-1)^negative * words * 2^(exponent - 167). @pre the first of the 168 bits is set
inline Real50 make(bool negative, int exponent, Limb w2, Limb w1, Limb w0) {
  Real50 value;
  auto& backend = value.backend();
  backend.bits().resize(3, 3);
  Limb* w = backend.bits().limbs();
  w[0] = w0;
  w[1] = w1;
  w[2] = w2;
  backend.exponent() = exponent;
  backend.sign() = negative;
  return value;
}

}  // namespace assay::real50
