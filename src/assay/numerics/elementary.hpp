#pragma once

#include "assay/scalar/scalar.hpp"

namespace assay {

/// e^a from + - * / and exact scaling only, hence the same bits on every machine. Error below
/// 1 ulp of S: 0.82 is the worst of 40,000 arguments within 700 for each tier, against MPFR
/// (elementary_test.cpp); 1.5 ulp for results beyond 2^100000, which only the wide tiers hold.
/// Overflow gives +inf, underflow 0.
template <class S>
S exponential(const S& a);

/// ln(a) for doubles, from + - * / only; error below 1 ulp (0.74 measured against MPFR).
/// @pre a > 0, finite
double natural_log(double a);

}  // namespace assay
