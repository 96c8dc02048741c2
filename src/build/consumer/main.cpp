// Fails unless it was compiled under the arithmetic contract of assay::assay.
#include <cstdio>

#include "assay/numerics/environment.hpp"

namespace {

// In a compiler's eyes these can be anything; a fused multiply-add shows the rounding error 2^-60
// of the product, separate operations give 0.
volatile double one_plus = 1 + 0x1p-30, product = (1 + 0x1p-30) * (1 + 0x1p-30);

bool fuses() { return one_plus * one_plus - product != 0; }

// g++ 12 fuses such a pair of lines in its vectoriser, in spite of -ffp-contract=off.
[[gnu::noinline]] void subtract_and_add(double* __restrict r, const double* a, const double* b,
                                        const double* c) {
  r[0] = a[0] * b[0] - c[0];
  r[1] = a[1] * b[1] + c[1];
}

bool fuses_pairs() {
  const double a[] = {one_plus, one_plus}, c[] = {product, -product};
  double r[2];
  subtract_and_add(r, a, a, c);
  return r[0] != 0 || r[1] != 0;
}

}  // namespace

int main() {
  if (fuses()) std::puts("the compiler fuses a * b - c");
  if (fuses_pairs()) std::puts("the vectoriser fuses pairs of a * b - c and a * b + c");
  const auto broken = assay::check_arithmetic();
  for (const auto& promise : broken) std::puts(promise.c_str());
  return fuses() || fuses_pairs() || !broken.empty();
}
