#pragma once

/// Who compiles Assay's headers computes in them, with flags of his own. What the compiler tells by
/// macros is refused here; the rest is tried when the program starts, in each file that includes
/// this, and ends it with exit code 5. `assay::assay` brings the flags that keep the contract
/// along.

#include <cfloat>
#include <cmath>

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__)
#error \
    "Assay cannot be compiled with fast-math options: its bits would not be those of other builds"
#endif
static_assert(FLT_EVAL_METHOD == 0,
              "Assay cannot be compiled for registers wider than double: use SSE2, not x87");

// Assay's own programs ask check_arithmetic(), which tries more and also runs where this does not.
#ifndef ASSAY_ASKS_AT_START
#include <cstdio>
#include <cstdlib>

namespace assay {
namespace {

// In an unnamed namespace: each file tries the code that it was compiled to itself.
[[gnu::noinline]] double product_sum_here(double a, double b, double c) { return a * b + c; }
[[gnu::noinline]] void product_pair_here(const double* a, const double* b, const double* c,
                                         double* r) {
  const double first = a[0] * b[0] - c[0];
  const double second = a[1] * b[1] + c[1];
  r[0] = first;
  r[1] = second;
}
[[gnu::noinline]] double there_and_back_here(double a, double b) { return (a + b) - a; }
[[gnu::noinline]] double product_here(double a, double b) { return a * b; }
[[gnu::noinline]] double sum_here(double a, double b) { return a + b; }
[[gnu::noinline]] double add_zero_here(double a) { return a + 0.0; }
[[gnu::noinline]] bool equal_here(double a, double b) { return a == b; }
[[gnu::noinline]] void quotients_here(const double* a, double divisor, double* r) {
  for (int i = 0; i < 3; ++i) r[i] = a[i] / divisor;
}

/// What is broken in this file, or nullptr.
const char* broken_here() {
  volatile double above = 1 + 0x1p-30, below = 1 - 0x1p-30, one = 1, large = 0x1p53;
  volatile double least = 0x1p-1022, half = 0.5;
  // (1 + 2^-30)(1 - 2^-30) = 1 - 2^-60 rounds to 1, so that these are 0 unless fused.
  const double a[] = {above, above}, b[] = {below, below}, c[] = {one, -one};
  double r[2], r3[3];
  product_pair_here(a, b, c, r);
  if (product_sum_here(above, below, -one) != 0 || r[0] != 0 || r[1] != 0)
    return "products and sums are fused; compile with -ffp-contract=off (g++ 12: also "
           "-fno-tree-vectorize)";
  if (there_and_back_here(large, one) != 0)
    return "sums are reordered; compile without fast-math options";
  volatile double divisor = 49;  // 49 (1 / 49) is not 1
  const double dividends[] = {divisor, -divisor, 2 * divisor};
  quotients_here(dividends, divisor, r3);
  if (r3[0] != 1 || r3[1] != -1 || r3[2] != 2)
    return "divisions are replaced by reciprocals; compile without fast-math options";
  if (product_here(least, half) == 0)
    return "results below 2^-1022 are flushed to zero; link without fast-math options";
  volatile double nan = __builtin_nan(""), infinity = __builtin_inf(), minus_zero = -0.0;
  const double none = sum_here(infinity, -infinity);
  if (equal_here(nan, nan) || equal_here(none, none) || std::signbit(add_zero_here(minus_zero)) ||
      !std::signbit(product_here(minus_zero, one)))
    return "NaN, infinity or the sign of zero is not honoured; compile without fast-math options";
  return nullptr;
}

[[maybe_unused]] const bool contract_kept_here = [] {
  const char* broken = broken_here();
  if (!broken) return true;
  std::fprintf(stderr, "assay: %s: the arithmetic contract is broken: %s\n", __BASE_FILE__, broken);
  std::_Exit(5);  // ExitCode::environment
}();

}  // namespace
}  // namespace assay
#endif
