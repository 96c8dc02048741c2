#include "assay/numerics/lanes.hpp"

namespace assay::lanes {

// Loops over registers are unrolled, or their arrays would not stay in registers.
#if defined(__clang__)
#define ASSAY_UNROLL _Pragma("unroll")
#else
#define ASSAY_UNROLL _Pragma("GCC unroll 16")
#endif

namespace own {
#if defined(__AVX512F__)
#define ASSAY_LANES 8
#elif defined(__AVX__)
#define ASSAY_LANES 4
#else
#define ASSAY_LANES 2
#endif
#include "assay/numerics/lanes.inc"
#undef ASSAY_LANES
}  // namespace own

// AVX2 without its companion, the fused multiply-add. AVX-512 cannot be had without it.
#if defined(__x86_64__) && !defined(__AVX__)
#define ASSAY_LANES_AVX2
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
namespace avx2 {
#define ASSAY_LANES 4
#include "assay/numerics/lanes.inc"
#undef ASSAY_LANES
}  // namespace avx2
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

std::vector<const Kernels*> available() {
  std::vector<const Kernels*> found = {&own::table};
#ifdef ASSAY_LANES_AVX2
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) found.push_back(&avx2::table);
#endif
  return found;
}

// What is computed before the choice below is made gets the same bits from these.
const Kernels* kernels = &own::table;

namespace {
[[maybe_unused]] const bool chosen = (use(*available().back()), true);
}

}  // namespace assay::lanes
