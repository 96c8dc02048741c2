#pragma once

#include "assay/scalar/scalar.hpp"

namespace assay {

/// base^exponent by repeated squaring, for a negative exponent the reciprocal of that: products and
/// at most one division, in one written order.
template <class S>
S integer_power(S base, long exponent) {
  S out(1);
  for (long k = exponent < 0 ? -exponent : exponent; k > 0; k /= 2) {
    if (k % 2 == 1) out *= base;
    base *= base;
  }
  return exponent < 0 ? S(S(1) / out) : out;
}

}  // namespace assay
