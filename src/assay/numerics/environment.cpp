#include "assay/numerics/environment.hpp"

#include <Eigen/Core>
#include <bit>
#include <cstdint>
#include <limits>

#include "assay/numerics/elementary.hpp"
#include "assay/numerics/kernels.hpp"
#include "assay/numerics/random.hpp"
#include "assay/scalar/digest.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

// Each operation under test is a function of its own that the optimiser may not look through, its
// operands come from memory, and results are compared as bits: a compiler that was told to ignore
// NaN or the order of operations must not answer the question at compile time.
#define ASSAY_OPAQUE [[gnu::noinline]]

ASSAY_OPAQUE double product_sum(double a, double b, double c) { return a * b + c; }

/// g++ 12 turns this pair into one fused instruction even where it was told not to fuse.
ASSAY_OPAQUE void product_pair(const double* a, const double* b, const double* c, double* r) {
  const double first = a[0] * b[0] - c[0];
  const double second = a[1] * b[1] + c[1];
  r[0] = first;
  r[1] = second;
}

ASSAY_OPAQUE double there_and_back(double a, double b) { return (a + b) - a; }

ASSAY_OPAQUE double sum_in_order(const double* a, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += a[i];
  return sum;
}

ASSAY_OPAQUE void quotients(const double* a, double divisor, double* r) {
  r[0] = a[0] / divisor;
  r[1] = a[1] / divisor;
  r[2] = a[2] / divisor;
}

ASSAY_OPAQUE double sum_of(double a, double b) { return a + b; }
ASSAY_OPAQUE double product_of(double a, double b) { return a * b; }
ASSAY_OPAQUE double scaled_twice(double a, double b, double c) { return a * b * c; }
ASSAY_OPAQUE bool equal(double a, double b) { return a == b; }

double from_memory(double value) {
  volatile double stored = value;
  return stored;
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool contracts() {
  const double a = from_memory(1 + 0x1p-30), b = from_memory(1 - 0x1p-30);
  const double one = from_memory(1);  // a b = 1 - 2^-60, which rounds to 1
  const double as[] = {a, a}, bs[] = {b, b}, cs[] = {one, -one};
  double r[2];
  product_pair(as, bs, cs, r);
  return !same_bits(product_sum(a, b, -one), 0) || !same_bits(r[0], 0) || !same_bits(r[1], 0);
}

bool reassociates() {
  const double large = from_memory(0x1p53), one = from_memory(1);
  // In order each 1 is lost against 2^53 (ties to even); together they are not.
  const double terms[] = {large, one, one, one, one, one, one, one, one};
  return !same_bits(there_and_back(large, one), 0) || !same_bits(sum_in_order(terms, 9), 0x1p53);
}

bool uses_reciprocals() {
  const double divisor = from_memory(49);  // 49 * (1 / 49) is not 1
  const double a[] = {divisor, -divisor, from_memory(98)};
  double r[3];
  quotients(a, divisor, r);
  return !same_bits(r[0], 1) || !same_bits(r[1], -1) || !same_bits(r[2], 2);
}

bool flushes_results() {
  return !same_bits(product_of(from_memory(0x1p-1022), from_memory(0.5)), 0x1p-1023);
}

bool flushes_operands() {
  return !same_bits(product_of(from_memory(0x1p-1074), from_memory(0x1p60)), 0x1p-1014);
}

bool rounds_elsewhere() {
  const double one = from_memory(1), bit = from_memory(0x1p-60), tie = from_memory(0x1p-53);
  return !same_bits(sum_of(one, bit), 1) || !same_bits(sum_of(-one, -bit), -1) ||
         !same_bits(sum_of(one, -bit), 1) || !same_bits(sum_of(one, tie), 1) ||
         !same_bits(sum_of(one + 0x1p-52, tie), 1 + 0x1p-51);
}

bool computes_in_excess() {
  const double most = from_memory(std::numeric_limits<double>::max());
  // Rounded once, to double: the tie is broken by a bit that an 80-bit sum rounds away first.
  const double just_above_tie = from_memory(0x1p-53 + 0x1p-66);
  return !same_bits(scaled_twice(most, from_memory(2), from_memory(0.5)),
                    std::bit_cast<double>(0x7ff0000000000000)) ||
         !same_bits(sum_of(from_memory(1), just_above_tie), 1 + 0x1p-52);
}

bool ignores_special_values() {
  const double nan = from_memory(std::bit_cast<double>(0x7ff8000000000000));
  const double infinity = from_memory(std::bit_cast<double>(0x7ff0000000000000));
  const double difference = sum_of(infinity, -infinity);
  return equal(nan, nan) || equal(difference, difference) ||
         !same_bits(sum_of(from_memory(-0.0), from_memory(0.0)), 0.0) ||
         !same_bits(product_of(from_memory(-0.0), from_memory(1)), -0.0);
}

/// The streams, the elementary functions and the kernels on fixed data.
bool digest_differs() {
  constexpr Index rows = 37, cols = 21;
  const RandomStream draws(1, 2, Purpose::probe, 3);
  StateDigest digest;
  const Vec<double> entries = draws.normals(rows * cols);
  digest.add(entries);
  digest.add(draws.uniforms(rows));
  digest.add(draws.sphere(cols));
  for (Index i : draws.permutation(rows)) digest.add(static_cast<double>(i));

  const Mat<double> A = Eigen::Map<const Mat<double>>(entries.data(), rows, cols);
  const Vec<double> x = draws.uniforms(cols);
  Vec<double> y, z;
  product(A, x, y);
  transposed_product(A, y, z);
  digest.add(y);
  digest.add(z);
  digest.add(norm(y));
  for (Index i = 0; i < cols; ++i) {
    digest.add(exponential(z[i]));
    digest.add(natural_log(x[i]));
  }
  return digest.value() != 0xf095cc64116a7345;
}

struct Promise {
  bool (*broken)();
  const char* report;
};

constexpr Promise promises[] = {
    {contracts,
     "products and sums are fused; build with -ffp-contract=off (g++ 12: also "
     "-fno-tree-vectorize)"},
    {reassociates, "sums are reordered; build without fast-math options"},
    {uses_reciprocals, "divisions are replaced by reciprocals; build without fast-math options"},
    {flushes_results,
     "results below 2^-1022 are flushed to zero; a library linked with fast-math "
     "options may have switched this on"},
    {flushes_operands,
     "operands below 2^-1022 are taken for zero; a library linked with fast-math "
     "options may have switched this on"},
    {rounds_elsewhere, "rounding is not to nearest, ties to even"},
    {computes_in_excess, "intermediate results are wider than double; build for SSE2, not x87"},
    {ignores_special_values,
     "NaN, infinity or the sign of zero is not honoured; build without "
     "fast-math options"},
    {digest_differs, "random streams and kernels do not give the known digest"},
};

}  // namespace

std::vector<std::string> check_arithmetic() {
  std::vector<std::string> reports;
  for (const Promise& promise : promises)
    if (promise.broken()) reports.emplace_back(promise.report);
  return reports;
}

void require_arithmetic() {
  const std::vector<std::string> broken = check_arithmetic();
  if (broken.empty()) return;
  std::string message = "the arithmetic contract is broken: " + broken.front();
  if (broken.size() > 1)
    message += " (and " + std::to_string(broken.size() - 1) + " more; see the command env)";
  throw Error(ExitCode::environment, message);
}

}  // namespace assay
