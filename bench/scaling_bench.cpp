// Time and memory against n, rows and active rows: what bench/scaling fits exponents to.
// The last problem is kept: benches of one size in a row build it once.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cmath>
#include <set>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/sparse_qp.hpp"
#include "assay/numerics/random.hpp"
#include "assay/run/runner.hpp"

namespace {

using namespace assay;

Vec<double> normals(Index n, std::uint64_t what, Index count) {
  return RandomStream(9, static_cast<std::uint64_t>(n), Purpose::probe, what).normals(count);
}

Mat<double> normal_matrix(Index rows, Index cols, std::uint64_t what) {
  const Vec<double> z = normals(cols, what, rows * cols);
  return Eigen::Map<const Mat<double>>(z.data(), rows, cols) / std::sqrt(static_cast<double>(cols));
}

/// Bytes that are allocated now.
double allocated() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

struct Size {
  Index n, rows, active;
  bool sparse;
  auto operator<=>(const Size&) const = default;
};

/// Some five entries in each column.
void thin_out(Mat<double>& A) {
  const Index step = std::max(Index(1), A.rows() / 5);
  for (Index j = 0; j < A.cols(); ++j)
    for (Index i = 0; i < A.rows(); ++i)
      if ((i + 7 * j) % step != 0) A(i, j) = 0;
}

/// n variables above and below, eigenvalues of H near 4; blocks dense, or five diagonals of H and
/// five entries in each column of M, A and B'. At x0 the first `active` rows hold with multiplier 1
/// and the others have slack 1.
Instance instance(const Size& size) {
  const Index n = size.n, p = size.rows;
  Instance in = empty_instance(n, n);
  Mat<double> H = normal_matrix(n, n, 1);
  H = ((H + H.transpose()) / 8).eval();
  H.diagonal().array() += 4;
  Mat<double> M = normal_matrix(n, n, 2), A = normal_matrix(p, n, 3),
              Bt = normal_matrix(p, n, 4).transpose();
  Mat<double> Q = H;
  if (size.sparse) {
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < n; ++i)
        if (std::abs(i - j) > 2) H(i, j) = 0;
    for (Mat<double>* block : {&M, &A, &Bt}) thin_out(*block);
    Q = Mat<double>::Identity(n, n);
  }
  const Vec<double> x0 = normals(n, 5, n), d = normals(n, 6, n);
  Vec<double> y = -(d + M * x0);
  for (Index i = 0; i < size.active; ++i) y -= Bt.col(i);
  Ldlt<double>(H).solve_in_place(y);
  Vec<double> b = A * x0 + Bt.transpose() * y;
  b.tail(p - size.active).array() += 1;
  in.H = ExactMatrix(std::move(H));
  in.M = ExactMatrix(M);
  in.d = ExactMatrix(Mat<double>(d));
  in.A = ExactMatrix(A);
  in.B = ExactMatrix(Bt.transpose());
  in.b = ExactMatrix(Mat<double>(b));
  in.x0 = ExactMatrix(Mat<double>(x0));
  in.Qxx = in.Qyy = ExactMatrix(Q);
  in.cy = ExactMatrix(Mat<double>(normals(n, 7, n)));
  return in;
}

Size size_of(const benchmark::State& state, bool sparse = false) {
  return {state.range(0), state.range(1), state.range(2), sparse};
}

const Instance& instance_of(const Size& size) {
  static std::pair<Size, Instance> kept;
  if (kept.first != size) kept = {size, instance(size)};
  return kept.second;
}

/// A run that moves so little that the active rows stay.
struct Run {
  Experiment experiment;
  Runner<double> runner;
  double bytes;
  long done = 0;

  Run(const std::string& algorithm, const Size& size, double before)
      : experiment(read_experiment(
            std::string(ASSAY_GOLDEN) + "/experiments/demo-" + algorithm + "-s100.toml",
            {"step.rule=\"constant\"", "step.length=1e-9", "run.iterations=1000000000"})),
        runner(experiment, instance_of(size)) {
    runner.start();
    for (; done < 3; ++done) runner.step(done);
    bytes = allocated() - before;
  }
};

void iteration(benchmark::State& state, const std::string& algorithm, bool sparse) {
  static std::pair<std::string, Size> which;
  static std::unique_ptr<Run> run;
  if (const std::pair wanted(algorithm, size_of(state, sparse)); !run || which != wanted) {
    run.reset();
    instance_of(wanted.second);
    run = std::make_unique<Run>(algorithm, wanted.second, allocated());
    which = wanted;
  }
  Record<double> record;
  for (auto _ : state) {
    record = run->runner.step(run->done++);
    benchmark::DoNotOptimize(record);
  }
  if (run->runner.truth().total.size() == 0) state.SkipWithError("no gradient");
  state.counters["bytes"] = run->bytes;
}

/// Everything that does not depend on x: factors, and the proofs of curvature.
void set_up(benchmark::State& state, bool sparse) {
  const Instance& instance = instance_of(size_of(state, sparse));
  for (auto _ : state) {
    const double before = allocated();
    const QuadraticProblem<double> problem(instance);
    benchmark::DoNotOptimize(problem.mu);
    state.counters["bytes"] = allocated() - before;
  }
}

/// One lower level, started from the rows of the last, and the exact hypergradient.
void hypergradient(benchmark::State& state) {
  static Size which;
  static std::unique_ptr<QuadraticProblem<double>> problem;
  if (!problem || which != size_of(state)) {
    which = size_of(state);
    problem = std::make_unique<QuadraticProblem<double>>(instance_of(which));
  }
  const double before = allocated();
  ActiveSetLowerLevel<double> lower(*problem);
  ImplicitEstimator<double> estimator({problem.get(), &lower, nullptr, {}, {}});
  Hypergradient<double> out;
  Vec<double> x = instance_of(which).x0->to_vector<double>();
  estimator.evaluate(x, {}, 0, out);
  if (static_cast<Index>(estimator.solution().active.size()) != which.active)
    state.SkipWithError("other rows are active");
  state.counters["bytes"] = allocated() - before;
  double move = 1e-6;
  for (auto _ : state) {
    x[0] += move;
    move = -move;
    estimator.evaluate(x, {}, 0, out);
    benchmark::DoNotOptimize(out.total.data());
  }
}

/// What is not zero of a sparse H: a band of nine diagonals, a five-point stencil, or nine entries
/// a row at random places; 60 rows of five entries, 25 of them active at x0.
struct SparseParts {
  Index m, n = 50, rows = 60, active = 25;
  SparseMatrix<double> H, M, A, Bt;
  Vec<double> d, b, x0, v;

  SparseParts(Index size, int structure) : m(size) {
    const RandomStream draws(9, static_cast<std::uint64_t>(m), Purpose::probe, 20);
    std::uint64_t k = 0;
    const auto below = [&](Index limit) {
      return static_cast<Index>(draws.uniform(k++) * static_cast<double>(limit));
    };
    std::set<std::pair<Index, Index>> pairs;
    const Index side = static_cast<Index>(std::sqrt(static_cast<double>(m)));
    for (Index i = 0; i < m; ++i) {
      if (structure == 0)
        for (Index j = std::max(Index(0), i - 4); j < i; ++j) pairs.insert({i, j});
      if (structure == 1 && i % side > 0) pairs.insert({i, i - 1});
      if (structure == 1 && i >= side) pairs.insert({i, i - side});
    }
    while (structure == 2 && static_cast<Index>(pairs.size()) < 4 * m)
      if (const Index i = below(m), j = below(m); i != j)
        pairs.insert({std::max(i, j), std::min(i, j)});
    std::vector<SparseEntry<double>> entries;
    Vec<double> diagonal = Vec<double>::Constant(m, 1);
    for (const auto& [i, j] : pairs) {
      const double value = draws.normal(k++) / 2;
      entries.push_back({i, j, value});
      entries.push_back({j, i, value});
      diagonal[i] += std::abs(value);
      diagonal[j] += std::abs(value);
    }
    for (Index i = 0; i < m; ++i) entries.push_back({i, i, diagonal[i]});
    H = {m, m, std::move(entries)};
    const auto scattered = [&](Index height, Index width, Index each) {
      std::vector<SparseEntry<double>> all;
      for (Index j = 0; j < width; ++j) {
        std::set<Index> places;
        while (static_cast<Index>(places.size()) < each) places.insert(below(height));
        for (const Index i : places) all.push_back({i, j, draws.normal(k++)});
      }
      return SparseMatrix<double>(height, width, std::move(all));
    };
    M = scattered(m, n, 40);
    A = scattered(rows, n, 4);
    Bt = scattered(m, rows, 5);
    d = normals(m, 21, m);
    x0 = normals(m, 22, n);
    v = normals(m, 23, m);
    Vec<double> y = d;
    add_product(M, x0, y);
    for (Index i = 0; i < active; ++i) add_column(Bt, i, 1.0, y.data());
    y = -y;
    SparseLdlt<double> factor;
    factor.analyse(H);
    factor.factor(H);
    factor.solve_in_place(y);
    transposed_product(Bt, y, b);
    add_product(A, x0, b);
    b.tail(rows - active).array() += 1;
  }

  SparseProgram<double> program() const { return {H, M, d, A, Bt, b, 0}; }
};

struct SparseBench {
  SparseParts parts;
  double before = allocated();
  SparseProgram<double> program;
  SparseQp<double> qp;
  Vec<double> x, out;
  double bytes;

  SparseBench(Index m, int structure)
      : parts(m, structure), program(parts.program()), qp(program), x(parts.x0) {
    qp.solve(x);
    qp.vjp(parts.v, out);
    bytes = allocated() - before;
  }

  static SparseBench& of(benchmark::State& state, int structure) {
    static std::pair<Index, int> which;
    static std::unique_ptr<SparseBench> kept;
    if (const std::pair wanted(state.range(0), structure); !kept || which != wanted) {
      kept.reset();
      kept = std::make_unique<SparseBench>(wanted.first, structure);
      which = wanted;
    }
    const auto& s = kept->qp.solve(kept->parts.x0);
    if (s.status != LowerStatus::solved ||
        static_cast<Index>(s.active.size()) != kept->parts.active)
      state.SkipWithError("other rows are active");
    return *kept;
  }
};

/// From the matrices to y*: the order, the factor, the proof of curvature, 25 rows one by one.
void sparse_cold(benchmark::State& state, int structure) {
  SparseBench& bench = SparseBench::of(state, structure);
  state.counters["bytes"] = bench.bytes;
  for (auto _ : state) {
    const SparseProgram<double> program = bench.parts.program();
    SparseQp<double> qp(program);
    benchmark::DoNotOptimize(qp.solve(bench.parts.x0).y.data());
  }
}

void sparse_factor(benchmark::State& state, int structure) {
  SparseBench& bench = SparseBench::of(state, structure);
  for (auto _ : state) benchmark::DoNotOptimize(bench.program.H_factor.factor(bench.program.H));
}

/// x moves; y* from the rows of the last point.
void sparse_warm(benchmark::State& state, int structure) {
  SparseBench& bench = SparseBench::of(state, structure);
  double move = 1e-4;
  for (auto _ : state) {
    for (Index j = 0; j < bench.x.size(); ++j) bench.x[j] = bench.parts.x0[j] + move;
    move = -move;
    benchmark::DoNotOptimize(bench.qp.solve(bench.x).y.data());
  }
}

void sparse_vjp(benchmark::State& state, int structure) {
  SparseBench& bench = SparseBench::of(state, structure);
  for (auto _ : state) {
    bench.qp.vjp(bench.parts.v, bench.out);
    benchmark::DoNotOptimize(bench.out.data());
  }
}

using Bench = benchmark::internal::Benchmark;
void (*in_n)(Bench*) = [](Bench* bench) {
  bench->ArgNames({"n", "rows", "active"});
  for (const Index n : {130, 250, 500, 1000, 2000}) bench->Args({n, 20, 5});
};
void (*in_rows)(Bench*) = [](Bench* bench) {
  bench->ArgNames({"n", "rows", "active"});
  for (const Index rows : {50, 200, 800, 3200}) bench->Args({200, rows, 5});
};
void (*in_active)(Bench*) = [](Bench* bench) {
  bench->ArgNames({"n", "rows", "active"});
  for (const Index active : {25, 50, 100, 200, 400}) bench->Args({500, 450, active});
};
void (*in_size)(Bench*) = [](Bench* bench) {
  bench->ArgNames({"n"});
  for (const Index n : {1000, 2000, 5000, 10000}) bench->Args({n});
};

#define ASSAY_SCALING(algorithm)                             \
  BENCHMARK_CAPTURE(iteration, algorithm, #algorithm, false) \
      ->Name("scaling/n/" #algorithm)                        \
      ->Apply(in_n);                                         \
  BENCHMARK_CAPTURE(iteration, algorithm, #algorithm, true)  \
      ->Name("scaling/sparse_n/" #algorithm)                 \
      ->Apply(in_n);                                         \
  BENCHMARK_CAPTURE(iteration, algorithm, #algorithm, false) \
      ->Name("scaling/rows/" #algorithm)                     \
      ->Apply(in_rows);                                      \
  BENCHMARK_CAPTURE(iteration, algorithm, #algorithm, false) \
      ->Name("scaling/active/" #algorithm)                   \
      ->Apply(in_active);
ASSAY_SCALING(ssigd)
ASSAY_SCALING(dsblo)
ASSAY_SCALING(f2csa)
BENCHMARK(hypergradient)->Name("scaling/n/hypergradient")->Apply(in_n);
BENCHMARK(hypergradient)->Name("scaling/rows/hypergradient")->Apply(in_rows);
BENCHMARK(hypergradient)->Name("scaling/active/hypergradient")->Apply(in_active);
BENCHMARK_CAPTURE(set_up, dense, false)->Name("scaling/n/set_up")->Apply(in_n);
BENCHMARK_CAPTURE(set_up, sparse, true)->Name("scaling/sparse_n/set_up")->Apply(in_n);

#define ASSAY_SPARSE(structure, number)               \
  BENCHMARK_CAPTURE(sparse_cold, structure, number)   \
      ->Name("scaling/" #structure "/cold")           \
      ->Apply(in_size);                               \
  BENCHMARK_CAPTURE(sparse_factor, structure, number) \
      ->Name("scaling/" #structure "/factor")         \
      ->Apply(in_size);                               \
  BENCHMARK_CAPTURE(sparse_warm, structure, number)   \
      ->Name("scaling/" #structure "/warm")           \
      ->Apply(in_size);                               \
  BENCHMARK_CAPTURE(sparse_vjp, structure, number)    \
      ->Name("scaling/" #structure "/vjp")            \
      ->Apply(in_size);
ASSAY_SPARSE(band, 0)
ASSAY_SPARSE(grid, 1)
ASSAY_SPARSE(random, 2)

}  // namespace
