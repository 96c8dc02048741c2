// Draws per second of the random streams, and the digest of a state vector.
#include <benchmark/benchmark.h>

#include "assay/numerics/random.hpp"
#include "assay/scalar/digest.hpp"

namespace assay {
namespace {

RandomStream stream(std::uint64_t iteration) {
  return RandomStream(1, 2, Purpose::probe, iteration);
}

void uniforms(benchmark::State& state) {
  std::uint64_t iteration = 0;
  for (auto _ : state) benchmark::DoNotOptimize(stream(++iteration).uniforms(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(uniforms)->Arg(20)->Arg(100)->Arg(1000);

void normals(benchmark::State& state) {
  std::uint64_t iteration = 0;
  for (auto _ : state) benchmark::DoNotOptimize(stream(++iteration).normals(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(normals)->Arg(20)->Arg(100)->Arg(1000);

void normal_random_access(benchmark::State& state) {
  const RandomStream draws = stream(0);
  std::uint64_t index = 0;
  for (auto _ : state) benchmark::DoNotOptimize(draws.normal(index++));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(normal_random_access);

void sphere(benchmark::State& state) {
  std::uint64_t iteration = 0;
  for (auto _ : state) benchmark::DoNotOptimize(stream(++iteration).sphere(state.range(0)));
}
BENCHMARK(sphere)->Arg(20)->Arg(100);

void digest(benchmark::State& state) {
  const Vec<double> values = stream(0).normals(state.range(0));
  StateDigest total;
  for (auto _ : state) total.add(values);
  benchmark::DoNotOptimize(total.value());
}
BENCHMARK(digest)->Arg(20)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace assay
