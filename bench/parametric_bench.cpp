// A lower level solved and differentiated again and again, against the least that such a step can
// cost: its products and triangular solves in Eigen's kernels, with the active rows known.
//
// Family 0: eigenvalues of H from 1.9 to 2.1. Family 1: from 0.02 to 200, condition 1e4. A third of
// the rows is active at x0, with multipliers in [0.5, 1.5] and slacks in [0.1, 1.1].
#include <benchmark/benchmark.h>

#include <cmath>

#include "assay/lower_level/parametric_qp.hpp"
#include "assay/numerics/random.hpp"
#include "bench/peers.hpp"

namespace {

using namespace assay;

Index row_count(Index n) { return n <= 5 ? 3 : n <= 20 ? 5 : n / 5; }

struct Program {
  Index n, rows;
  Mat<double> H, M, A, Bt;
  Vec<double> d, b, x0, v;
  std::vector<Vec<double>> walk, far;

  Program(Index size, int family)
      : n(size), rows(row_count(size)), H(n, n), M(n, n), A(rows, n), Bt(n, rows), b(rows) {
    std::uint64_t what = 0;
    const auto normals = [&](Index count) {
      return RandomStream(3, static_cast<std::uint64_t>(n * 2 + family), Purpose::probe, ++what)
          .normals(count);
    };
    const double scale = 1 / std::sqrt(static_cast<double>(n));
    // Eigenvectors: three reflections of the unit vectors.
    Mat<double> U = Mat<double>::Identity(n, n);
    for (int k = 0; k < 3; ++k) {
      const Vec<double> u = normals(n).normalized();
      U -= 2 * u * (u.transpose() * U);
    }
    Vec<double> e(n);
    for (Index i = 0; i < n; ++i) {
      const double t = static_cast<double>(i) / static_cast<double>(n - 1);
      e[i] = family == 0 ? 1.9 + 0.2 * t : 0.02 * std::pow(1e4, t);
    }
    H = U * e.asDiagonal() * U.transpose();
    H = ((H + H.transpose()) / 2).eval();
    for (Index j = 0; j < n; ++j) M.col(j) = normals(n) * scale;
    for (Index j = 0; j < n; ++j) A.col(j) = normals(rows) * scale;
    for (Index i = 0; i < rows; ++i) Bt.col(i) = normals(n) * scale;
    d = normals(n);
    x0 = normals(n);
    v = normals(n);
    const auto uniforms =
        RandomStream(4, static_cast<std::uint64_t>(n * 2 + family), Purpose::probe, 0)
            .uniforms(rows);
    const Index active = (rows + 1) / 3;
    Vec<double> right = d + M * x0;
    for (Index i = 0; i < active; ++i) right += Bt.col(i) * (1 + uniforms[i] / 2);
    Vec<double> y = -right;
    Ldlt<double>(H).solve_in_place(y);
    b = A * x0 + Bt.transpose() * y;
    for (Index i = active; i < rows; ++i) b[i] += 0.6 + uniforms[i] / 2;
    Vec<double> at = x0;
    for (int k = 0; k < 40; ++k) {
      at += normals(n) * 1e-3;
      walk.push_back(at);
      far.push_back(x0 + normals(n) * 0.1);
    }
  }

  ParametricProgram<double> view() const { return {H, M, d, A, Bt, b}; }
};

using Plan = ParametricQp<double>::Plan;

void warm(benchmark::State& state, Plan plan, bool derivative) {
  const Program program(state.range(0), static_cast<int>(state.range(1)));
  ParametricQp<double> qp(program.view(), plan);
  Vec<double> out;
  std::size_t k = 0;
  for (auto _ : state) {
    if (qp.solve(program.walk[k++ % program.walk.size()]) != LowerStatus::solved)
      state.SkipWithError("not solved");
    if (derivative) qp.vjp(program.v, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::DoNotOptimize(qp.y().data());
  }
  state.counters["slow"] = static_cast<double>(qp.slow_solves());
  state.counters["active"] = static_cast<double>(qp.active().size());
}

/// Without the rows of the last answer.
void cold(benchmark::State& state) {
  const Program program(state.range(0), static_cast<int>(state.range(1)));
  ParametricQp<double> qp(program.view(), Plan::operators);
  std::size_t k = 0;
  for (auto _ : state) {
    qp.forget();
    if (qp.solve(program.far[k++ % program.far.size()]) != LowerStatus::solved)
      state.SkipWithError("not solved");
    benchmark::DoNotOptimize(qp.y().data());
  }
  state.counters["slow"] = static_cast<double>(qp.slow_solves());
  state.counters["active"] = static_cast<double>(qp.active().size());
}

/// H new each time.
void anew(benchmark::State& state) {
  const Program program(state.range(0), static_cast<int>(state.range(1)));
  ParametricQp<double> qp(program.view(), 1);
  Vec<double> out;
  std::size_t k = 0;
  for (auto _ : state) {
    qp.renew();
    if (qp.solve(program.far[k++ % program.far.size()]) != LowerStatus::solved)
      state.SkipWithError("not solved");
    qp.vjp(program.v, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["slow"] = static_cast<double>(qp.slow_solves());
}

/// Not a time: the largest errors along the walk, against the same in 50 digits. A residual counts
/// as a share of the terms it is the sum of.
void accuracy(benchmark::State& state, Plan plan) {
  const Program program(state.range(0), static_cast<int>(state.range(1)));
  const Mat<Real50> H = widen<Real50>(program.H), M = widen<Real50>(program.M),
                    A = widen<Real50>(program.A), Bt = widen<Real50>(program.Bt);
  const Vec<Real50> d = widen<Real50>(program.d), b = widen<Real50>(program.b),
                    v = widen<Real50>(program.v);
  const ParametricProgram<Real50> wide(H, M, d, A, Bt, b);
  double vjp_error = 0, residual = 0;
  for (auto _ : state) {
    ParametricQp<double> qp(program.view(), plan);
    ParametricQp<Real50> truth(wide, ParametricQp<Real50>::Plan::factor);
    Vec<double> out;
    Vec<Real50> exact, y, gradient;
    for (std::size_t k = 0; k < 4; ++k) {
      const Vec<Real50> x = widen<Real50>(program.walk[k]);
      if (qp.solve(program.walk[k]) != LowerStatus::solved ||
          truth.solve(x) != LowerStatus::solved || qp.active().size() != truth.active().size())
        state.SkipWithError("not solved");
      qp.vjp(program.v, out);
      truth.vjp(v, exact);
      const Real50 size = norm(exact);
      exact -= widen<Real50>(out);
      vjp_error = std::max(vjp_error, to_double(Real50(norm(exact) / size)));
      y = widen<Real50>(qp.y());
      gradient = d;
      add_product(M, x, gradient);
      Real50 terms = max_norm(gradient);
      add_product(H, y, gradient);
      terms += max_norm(y) * Real50(program.H.cwiseAbs().rowwise().sum().maxCoeff());
      for (std::size_t j = 0; j < qp.active().size(); ++j)
        for (Index i = 0; i < program.n; ++i)
          gradient[i] += Bt(i, qp.active()[j]) * Real50(qp.multiplier(static_cast<Index>(j)));
      residual = std::max(residual, to_double(Real50(max_norm(gradient) / terms)));
      for (const Index row : qp.active()) {
        Real50 slack = b[row], slack_terms = magnitude(b[row]);
        for (Index i = 0; i < program.n; ++i) {
          slack -= A(row, i) * x[i] + Bt(i, row) * y[i];
          slack_terms += magnitude(Real50(A(row, i) * x[i])) + magnitude(Real50(Bt(i, row) * y[i]));
        }
        residual = std::max(residual, to_double(Real50(magnitude(slack) / slack_terms)));
      }
    }
  }
  state.counters["vjp_error"] = vjp_error;
  state.counters["kkt_residual"] = residual;
}

void set_up_operators(benchmark::State& state) {
  const Program program(state.range(0), static_cast<int>(state.range(1)));
  ParametricQp<double> qp(program.view(), Plan::operators);
  for (auto _ : state) qp.renew();
}

/// The least: matrices of the right shapes, the set known.
struct Floor {
  Program program;
  Index n, rows, held;
  Mat<double> L, D, K, Dt;
  Vec<double> y, s, k, t, out;

  explicit Floor(benchmark::State& state)
      : program(state.range(0), static_cast<int>(state.range(1))),
        n(program.n),
        rows(program.rows),
        held((rows + 1) / 3),
        L(n, n),
        D(program.A),
        K(program.Bt.leftCols(held)),
        Dt(program.A.topRows(held).transpose()),
        y(n),
        s(rows),
        k(held),
        t(n),
        out(n) {
    peers::eigen.cholesky(program.H.data(), n, L.data());
  }

  void operators_forward(const Vec<double>& x) {
    y = program.d;
    peers::eigen.product(program.M.data(), n, n, x.data(), y.data());
    s = program.b;
    peers::eigen.product(D.data(), rows, n, x.data(), s.data());
    k = s.head(held);
    peers::eigen.solve(L.data(), held, k.data());
    peers::eigen.product(K.data(), n, held, k.data(), y.data());
  }
  void operators_backward() {
    peers::eigen.transposed_product(K.data(), n, held, program.v.data(), k.data());
    peers::eigen.solve(L.data(), held, k.data());
    peers::eigen.transposed_product(program.M.data(), n, n, program.v.data(), out.data());
    peers::eigen.product(Dt.data(), n, held, k.data(), out.data());
  }
  void factor_forward(const Vec<double>& x) {
    operators_forward(x);
    peers::eigen.solve(L.data(), n, y.data());
  }
  void factor_backward() {
    t = program.v;
    peers::eigen.solve(L.data(), n, t.data());
    operators_backward();
  }
};

void floor_operators(benchmark::State& state) {
  Floor floor(state);
  std::size_t k = 0;
  for (auto _ : state) {
    floor.operators_forward(floor.program.walk[k++ % floor.program.walk.size()]);
    floor.operators_backward();
    benchmark::DoNotOptimize(floor.out.data());
  }
}

void floor_factor(benchmark::State& state) {
  Floor floor(state);
  std::size_t k = 0;
  for (auto _ : state) {
    floor.factor_forward(floor.program.walk[k++ % floor.program.walk.size()]);
    floor.factor_backward();
    benchmark::DoNotOptimize(floor.out.data());
  }
}

void floor_anew(benchmark::State& state) {
  Floor floor(state);
  std::size_t k = 0;
  for (auto _ : state) {
    peers::eigen.cholesky(floor.program.H.data(), floor.n, floor.L.data());
    floor.factor_forward(floor.program.far[k++ % floor.program.far.size()]);
    floor.factor_backward();
    benchmark::DoNotOptimize(floor.out.data());
  }
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"n", "family"});
  for (const Index family : {0, 1})
    for (const Index n : {5, 10, 20, 50, 100, 200, 500}) bench->Args({n, family});
}

BENCHMARK_CAPTURE(warm, operators, Plan::operators, true)->Name("qp/warm/operators")->Apply(sizes);
BENCHMARK_CAPTURE(warm, operators_forward, Plan::operators, false)
    ->Name("qp/warm/operators_forward")
    ->Apply(sizes);
BENCHMARK_CAPTURE(warm, factor, Plan::factor, true)->Name("qp/warm/factor")->Apply(sizes);
BENCHMARK(cold)->Name("qp/cold/operators")->Apply(sizes);
BENCHMARK(anew)->Name("qp/anew/factor")->Apply(sizes);
BENCHMARK(set_up_operators)->Name("qp/set_up/operators")->Apply(sizes);
BENCHMARK_CAPTURE(accuracy, operators, Plan::operators)
    ->Name("qp/accuracy/operators")
    ->Iterations(1)
    ->Apply(sizes);
BENCHMARK_CAPTURE(accuracy, factor, Plan::factor)
    ->Name("qp/accuracy/factor")
    ->Iterations(1)
    ->Apply(sizes);
BENCHMARK(floor_operators)->Name("qp/warm/floor_operators")->Apply(sizes);
BENCHMARK(floor_factor)->Name("qp/warm/floor_factor")->Apply(sizes);
BENCHMARK(floor_anew)->Name("qp/anew/floor")->Apply(sizes);

}  // namespace
