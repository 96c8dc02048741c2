// Products and solves in 50 digits: the plain kernels, and those that data matrices go through.
#include <benchmark/benchmark.h>

#include "assay/numerics/data_factor.hpp"
#include "assay/numerics/data_matrix.hpp"
#include "assay/numerics/random.hpp"

namespace {

using namespace assay;

Vec<double> drawn(Index n, std::uint64_t what) {
  return RandomStream(3, static_cast<std::uint64_t>(n), Purpose::probe, what).normals(n);
}

/// R'R / n + I
template <class S>
Mat<S> definite(Index n) {
  const Vec<double> z = drawn(n * n, 1);
  Mat<double> H(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i)
      H(i, j) = dot(z.data() + i * n, z.data() + j * n, n) / static_cast<double>(n) +
                (i == j ? 1.0 : 0.0);
  return widen<S>(H);
}

template <class S>
Vec<S> right_hand_side(Index n) {
  Vec<S> b = widen<S>(drawn(n, 2));
  for (Index i = 0; i < n; ++i) b[i] /= S(3);
  return b;
}

template <class S, class Matrix>
void multiply(benchmark::State& state) {
  const Matrix A(definite<S>(state.range(0)));
  const Vec<S> x = right_hand_side<S>(state.range(0));
  Vec<S> y;
  for (auto _ : state) {
    product(A, x, y);
    benchmark::DoNotOptimize(y.data());
  }
}

template <class S, class Factor>
void solve(benchmark::State& state) {
  const Factor factor(definite<S>(state.range(0)));
  const Vec<S> b = right_hand_side<S>(state.range(0));
  Vec<S> x;
  for (auto _ : state) {
    x = b;
    factor.solve_in_place(x);
    benchmark::DoNotOptimize(x.data());
  }
}

template <class S, class Factor>
void factorise(benchmark::State& state) {
  const Mat<S> H = definite<S>(state.range(0));
  for (auto _ : state) {
    const Factor factor(H);
    benchmark::DoNotOptimize(&factor);
  }
}

BENCHMARK(multiply<double, Mat<double>>)->Arg(5)->Arg(20)->Arg(100);
BENCHMARK(multiply<Real50, Mat<Real50>>)->Arg(5)->Arg(20)->Arg(100);
BENCHMARK(multiply<Real50, DataMatrix<Real50>>)->Arg(5)->Arg(20)->Arg(100);
BENCHMARK(solve<double, Ldlt<double>>)->Arg(5)->Arg(20)->Arg(100);
BENCHMARK(solve<Real50, Ldlt<Real50>>)->Arg(5)->Arg(20)->Arg(100);
BENCHMARK(solve<Real50, DataFactor<Real50>>)->Arg(5)->Arg(20)->Arg(100);
BENCHMARK(factorise<Real50, Ldlt<Real50>>)->Arg(20)->Arg(100);
BENCHMARK(factorise<Real50, DataFactor<Real50>>)->Arg(20)->Arg(100);

}  // namespace
