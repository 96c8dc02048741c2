// A step of a run takes no memory once the first steps have taken what they need.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "assay/lower_level/parametric_qp.hpp"
#include "assay/run/run_test.hpp"
#include "assay/run/runner.hpp"

// Every allocation of the program is counted: through the sanitizer where it has taken malloc over,
// else by standing in for malloc, which new and Eigen end up in.
namespace {
std::atomic<long> allocations{0};
}

#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && __has_feature(address_sanitizer))
#define ASSAY_SANITIZER_COUNTS
#endif

#ifdef ASSAY_SANITIZER_COUNTS
#include <sanitizer/allocator_interface.h>
namespace {
[[maybe_unused]] const bool hooked = [] {
  return __sanitizer_install_malloc_and_free_hooks(
             [](const volatile void*, std::size_t) { ++allocations; },
             [](const volatile void*) {}) != 0;
}();
}  // namespace
#else
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  ++allocations;
  return __libc_realloc(old, size);
}
}
#endif

namespace assay {
namespace {

TEST(Allocation, IsCounted) {
  const long before = allocations;
  void* volatile block = std::malloc(100);
  std::free(block);
  auto* volatile number = new double;
  delete number;
  const Vec<double> vector = Vec<double>::Zero(10);
  EXPECT_EQ(allocations - before, 3) << vector[0];
}

/// y = x without rows, one row that moves with x, and a bound; no row at first.
TEST(Allocation, OfAParametricProgramIsThatOfItsFirstPoint) {
  const Mat<double> H = Mat<double>::Identity(3, 3), M = -H, A{{0.25, 0, 0}, {0, 0, 0}},
                    Bt{{1, 0}, {0.5, 1}, {0, 0}};
  const Vec<double> d = Vec<double>::Zero(3), b = Vec<double>::Ones(2), v = Vec<double>::Ones(3);
  const ParametricProgram<double> program(H, M, d, A, Bt, b);
  using Plan = ParametricQp<double>::Plan;
  for (const auto plan : {Plan::factor, Plan::operators}) {
    ParametricQp<double> qp(program, plan);
    Vec<double> x = Vec<double>::Zero(3), out;
    std::size_t most = 0;
    long later = 0;
    for (const double first : {0.0, 0.1, 3.0, 2.0, 0.0, 3.0})
      for (const double second : {0.0, 5.0}) {
        x[0] = first;
        x[1] = second;
        const long before = allocations;
        ASSERT_EQ(qp.solve(x), LowerStatus::solved);
        qp.vjp(v, out);
        if (first != 0 || second != 0 || most > 0) later += allocations - before;
        most = std::max(most, qp.active().size());
      }
    EXPECT_EQ(later, 0);
    EXPECT_EQ(most, 2U);
    EXPECT_EQ(qp.slow_solves(), 0);
  }
}

class AllocationOf : public testing::TestWithParam<const char*> {};

/// On S100-active rows come and go, so that the factors of the active set change too.
TEST_P(AllocationOf, NoStepAfterTheFirst) {
  // A probe copies the estimator's state, which takes memory.
  const Experiment e = read_experiment(std::string(ASSAY_GOLDEN) + "/experiments/" + GetParam(),
                                       {"probe.gradient_every=0"});
  const Instance instance = load_instance(e);
  Runner<double> runner(e, instance);
  runner.start();
  constexpr long steps = 200;
  long first = 0, later = 0;
  for (long t = 0; t < steps; ++t) {
    const long before = allocations;
    runner.step(t);
    (t == 0 ? first : later) += allocations - before;
  }
  EXPECT_EQ(later, 0);
  EXPECT_GT(first, 0);  // that is where it is taken
}

INSTANTIATE_TEST_SUITE_P(Experiments, AllocationOf,
                         testing::Values("demo-ssigd-s100.toml", "demo-dsblo-s100.toml",
                                         "demo-f2csa-s100.toml", "demo-ssigd-s100-active.toml",
                                         "demo-dsblo-s100-active.toml",
                                         "demo-f2csa-s100-active.toml", "ssigd-noisy.toml",
                                         "dsblo-projected-gradient.toml",
                                         "options-f2csa-gates.toml", "options-two-point.toml"),
                         [](const auto& info) {
                           std::string name = info.param;
                           name = name.substr(0, name.find('.'));
                           for (char& c : name)
                             if (c == '-') c = '_';
                           return name;
                         });

}  // namespace
}  // namespace assay
