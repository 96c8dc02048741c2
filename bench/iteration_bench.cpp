// A whole iteration with its row of the trace, against the part of it that nobody can spare: the
// lower levels it solves, and the products and solves of its estimate and of the true gradient.
#include <benchmark/benchmark.h>

#include "assay/hypergradient/catalogue.hpp"
#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/run/run.hpp"
#include "assay/run/runner.hpp"

namespace {

using namespace assay;

Experiment experiment(const char* algorithm) {
  Experiment e =
      read_experiment(std::string(ASSAY_GOLDEN) + "/experiments/demo-" + algorithm + "-s100.toml");
  e.iterations = 1 << 30;  // as many as the benchmark likes
  return e;
}

void whole(benchmark::State& state, const char* algorithm) {
  const Experiment e = experiment(algorithm);
  const Instance instance = load_instance(e);
  Runner<double> runner(e, instance);
  runner.start();
  long t = 0;
  for (auto _ : state) {
    const Record<double> record = runner.step(t++);
    std::vector<std::string> row;
    for (const auto& column : record_columns<double>()) row.push_back(column.cell(record));
    benchmark::DoNotOptimize(row.data());
  }
}

/// The estimate at one point and the true gradient, with its lower level, at another.
void needed(benchmark::State& state, const char* algorithm) {
  const Experiment e = experiment(algorithm);
  const Instance instance = load_instance(e);
  const QuadraticProblem<double> problem(instance);
  ActiveSetLowerLevel<double> own(problem), exact(problem);
  Draws draws(1, 2);
  const EstimatorContext<double> context{&problem, &own, &draws, {}, {}};
  const auto estimator = make_estimator<double>(e.hypergradient, e.hypergradient_settings, context);
  ImplicitEstimator<double> truth({&problem, &exact, nullptr, {}, {}});
  Hypergradient<double> out;
  Vec<double> x = instance.x0->to_vector<double>(), q = Vec<double>::Constant(problem.m, 1e-3);
  double move = 1e-3;
  for (auto _ : state) {
    x[0] += move;
    move = -move;
    estimator->evaluate(x, q, 0, out);
    benchmark::DoNotOptimize(out.total.data());
    truth.evaluate(x, Vec<double>(), 0, out);
    benchmark::DoNotOptimize(problem.upper_value(x, truth.solution().y));
  }
}

#define ASSAY_ITERATION(algorithm)                                                         \
  BENCHMARK_CAPTURE(whole, algorithm, #algorithm)->Name("iteration/" #algorithm "/whole"); \
  BENCHMARK_CAPTURE(needed, algorithm, #algorithm)->Name("iteration/" #algorithm "/floor");
ASSAY_ITERATION(ssigd)
ASSAY_ITERATION(dsblo)
ASSAY_ITERATION(f2csa)

}  // namespace
