// Writing and reading numbers, and the exponential, in each tier.
#include <benchmark/benchmark.h>

#include "assay/numerics/elementary.hpp"
#include "assay/scalar/text.hpp"

namespace assay {
namespace {

template <class S>
S third() {
  return S(1) / S(3);
}

template <class S>
void write_text(benchmark::State& state) {
  const S value = third<S>();
  for (auto _ : state) benchmark::DoNotOptimize(to_text(value));
}

template <class S>
void read_text(benchmark::State& state) {
  const std::string text = to_text(third<S>());
  for (auto _ : state) benchmark::DoNotOptimize(from_text<S>(text));
}

template <class S>
void exponentials(benchmark::State& state) {
  S a = third<S>();
  for (auto _ : state) {
    benchmark::DoNotOptimize(a);
    benchmark::DoNotOptimize(exponential(a));
  }
}

BENCHMARK(write_text<double>);
BENCHMARK(write_text<Soft53>);
BENCHMARK(write_text<Real50>);
BENCHMARK(write_text<Real100>);
BENCHMARK(write_text<Rational>);
BENCHMARK(read_text<double>);
BENCHMARK(read_text<Soft53>);
BENCHMARK(read_text<Real50>);
BENCHMARK(read_text<Real100>);
BENCHMARK(read_text<Rational>);
BENCHMARK(exponentials<double>);
BENCHMARK(exponentials<Soft53>);
BENCHMARK(exponentials<Real50>);
BENCHMARK(exponentials<Real100>);

}  // namespace
}  // namespace assay
