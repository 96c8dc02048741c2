#pragma once

#include "assay/scalar/scalar.hpp"

namespace assay {

/// e^a from + - * / and exact scaling only, hence the same bits on every machine; error at most
/// 2 ulp of S (measured against MPFR in elementary_test.cpp). Overflow gives +inf, underflow 0.
template <class S>
S exponential(const S& a);

/// ln(a) for doubles, from + - * / only; error at most 1 ulp. @pre a > 0, finite
double natural_log(double a);

}  // namespace assay
