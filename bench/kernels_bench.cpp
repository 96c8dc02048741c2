// The kernels against Eigen and OpenBLAS. What differs is the fixed order of operations and that no
// multiply-add is fused.
#include <benchmark/benchmark.h>

#include <functional>

#include "assay/numerics/ldlt.hpp"
#include "assay/numerics/random.hpp"
#include "bench/peers.hpp"

namespace {

using namespace assay;

struct Data {
  Mat<double> A, H, L;
  Vec<double> x, y;
  Ldlt<double> factor;

  explicit Data(Index n) : A(n, n), H(n, n), L(n, n) {
    const Vec<double> z =
        RandomStream(1, static_cast<std::uint64_t>(n), Purpose::probe, 0).normals(n * n);
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < n; ++i) A(i, j) = z[i + j * n];
    // Diagonally dominant, so definite.
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < n; ++i)
        H(i, j) = i == j ? 8.0 * static_cast<double>(n) : A(i, j) + A(j, i);
    x = A.col(0);
    y = A.col(n - 1);
    factor.factor(H);
    peers::eigen.cholesky(H.data(), n, L.data());
  }
};

using Work = std::function<void(Data&)>;

void measure(benchmark::State& state, const Work& work) {
  Data data(state.range(0));
  for (auto _ : state) {
    work(data);
    benchmark::DoNotOptimize(data.y.data());
    benchmark::ClobberMemory();
  }
}

void add(const std::string& name, const Work& work) {
  benchmark::RegisterBenchmark(("kernel/" + name).c_str(), measure, work)
      ->ArgName("n")
      ->Arg(5)
      ->Arg(10)
      ->Arg(20)
      ->Arg(50)
      ->Arg(100)
      ->Arg(200)
      ->Arg(500);
}

void add_peer(const std::string& who, const peers::Kernels& peer) {
  if (!peer.dot) return;
  add("dot/" + who,
      [&peer](Data& d) { benchmark::DoNotOptimize(peer.dot(d.x.data(), d.y.data(), d.x.size())); });
  add("product/" + who, [&peer](Data& d) {
    peer.product(d.A.data(), d.A.rows(), d.A.cols(), d.x.data(), d.y.data());
  });
  add("transposed/" + who, [&peer](Data& d) {
    peer.transposed_product(d.A.data(), d.A.rows(), d.A.cols(), d.x.data(), d.y.data());
  });
  add("cholesky/" + who, [&peer](Data& d) { peer.cholesky(d.H.data(), d.H.rows(), d.L.data()); });
  add("solve/" + who, [&peer](Data& d) {
    d.y = d.x;
    peer.solve(d.L.data(), d.L.rows(), d.y.data());
  });
}

const bool added = [] {
  add("dot/ours", [](Data& d) { benchmark::DoNotOptimize(dot(d.x, d.y)); });
  add("product/ours", [](Data& d) { add_product(d.A, d.x, d.y); });
  add("transposed/ours", [](Data& d) { transposed_product(d.A, d.x, d.y); });
  add("cholesky/ours", [](Data& d) { d.factor.factor(d.H); });
  add("solve/ours", [](Data& d) {
    d.y = d.x;
    d.factor.solve_in_place(d.y);
  });
  add_peer("eigen", peers::eigen);
  add_peer("openblas", peers::openblas);
  return true;
}();

}  // namespace
