// One exact lower level with its hypergradient, H fixed and x moving a little: what a run pays per
// step.
#include <benchmark/benchmark.h>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"

namespace {

using namespace assay;

/// x walks back and forth by 1e-3 in its first coordinate; the active set stays.
void warm_hypergradient(benchmark::State& state, const char* name) {
  const Instance instance =
      read_instance(std::string(ASSAY_GOLDEN) + "/instances/" + name + ".json");
  const QuadraticProblem<double> problem(instance);
  ActiveSetLowerLevel<double> lower(problem);
  ImplicitEstimator<double> estimator({&problem, &lower, nullptr, {}, {}});
  Hypergradient<double> out;
  Vec<double> x = instance.x0->to_vector<double>();
  double move = 1e-3;
  for (auto _ : state) {
    x[0] += move;
    move = -move;
    estimator.evaluate(x, Vec<double>(), 0, out);
    benchmark::DoNotOptimize(out.total.data());
  }
}

/// The floor: what the same step needs at least, one product with M, two triangular solves, and as
/// much back.
void floor_of_s100(benchmark::State& state) {
  const Instance instance = read_instance(std::string(ASSAY_GOLDEN) + "/instances/s100.json");
  const QuadraticProblem<double> problem(instance);
  const Vec<double> x = instance.x0->to_vector<double>();
  Vec<double> y, v;
  for (auto _ : state) {
    product(problem.M, x, y);
    problem.H_factor->solve_in_place(y);
    problem.H_factor->solve_in_place(y);
    transposed_product(problem.M, y, v);
    benchmark::DoNotOptimize(v.data());
  }
}

BENCHMARK_CAPTURE(warm_hypergradient, s5, "s5");
BENCHMARK_CAPTURE(warm_hypergradient, s20, "s20");
BENCHMARK_CAPTURE(warm_hypergradient, s100, "s100");
BENCHMARK_CAPTURE(warm_hypergradient, s100_active, "s100-active");
BENCHMARK(floor_of_s100);

}  // namespace
