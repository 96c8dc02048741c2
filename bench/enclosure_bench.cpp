// What a certified point costs, against one solve of the same saddle system in plain double: an LU
// written like the enclosure's own loops, and Eigen's.
#include <benchmark/benchmark.h>

#include <Eigen/LU>
#include <cmath>
#include <vector>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "reference/enclosure.hpp"

namespace {

using namespace assay;

/// An instance at its x0 with the solution of the lower level there.
template <class S>
struct AtStart {
  Instance instance;
  QuadraticProblem<S> problem;
  reference::BallVector<S> x;
  Vec<S> y, multipliers;
  std::vector<Index> active;

  explicit AtStart(const char* name)
      : instance(read_instance(std::string(ASSAY_GOLDEN) + "/instances/" + name + ".json")),
        problem(instance),
        x(instance.x0->to_vector<S>()) {
    ActiveSetLowerLevel<S> lower(problem);
    const LowerSolution<S>& solved = lower.solve(x.mid, Vec<S>());
    y = solved.y;
    multipliers = solved.multipliers;
    active = solved.active;
  }
};

struct Saddle {
  Mat<double> K;
  Vec<double> right;

  explicit Saddle(const AtStart<double>& at) {
    const Index m = at.problem.m, held = static_cast<Index>(at.active.size());
    K = Mat<double>::Zero(m + held, m + held);
    right = Vec<double>(m + held);
    K.topLeftCorner(m, m) = at.problem.H;
    Vec<double> linear, limits;
    at.problem.lower_linear_term(at.x.mid, linear);
    at.problem.row_limits(at.x.mid, limits);
    right.head(m) = -linear;
    for (Index a = 0; a < held; ++a) {
      const Index row = at.active[static_cast<std::size_t>(a)];
      K.col(m + a).head(m) = at.problem.Bt.col(row);
      K.row(m + a).head(m) = at.problem.Bt.col(row).transpose();
      right[m + a] = limits[row];
    }
  }
};

/// LU with row exchanges, right-looking, columns contiguous; then the two triangular solves.
void plain_solve(Mat<double>& a, Vec<double>& z) {
  const Index order = a.rows();
  for (Index k = 0; k < order; ++k) {
    Index pivot = k;
    for (Index i = k + 1; i < order; ++i)
      if (std::abs(a(pivot, k)) < std::abs(a(i, k))) pivot = i;
    if (pivot != k) {
      for (Index j = 0; j < order; ++j) std::swap(a(k, j), a(pivot, j));
      std::swap(z[k], z[pivot]);
    }
    const double inverse = 1 / a(k, k);
    double* c = &a(0, k);
    for (Index i = k + 1; i < order; ++i) c[i] *= inverse;
    for (Index j = k + 1; j < order; ++j) {
      double* to = &a(0, j);
      const double factor = to[k];
      for (Index i = k + 1; i < order; ++i) to[i] -= c[i] * factor;
    }
    for (Index i = k + 1; i < order; ++i) z[i] -= c[i] * z[k];
  }
  for (Index k = order; k-- > 0;) {
    z[k] /= a(k, k);
    for (Index i = 0; i < k; ++i) z[i] -= a(i, k) * z[k];
  }
}

void plain_lu(benchmark::State& state, const char* name) {
  const Saddle saddle{AtStart<double>(name)};
  for (auto _ : state) {
    Mat<double> a = saddle.K;
    Vec<double> z = saddle.right;
    plain_solve(a, z);
    benchmark::DoNotOptimize(z.data());
  }
}

void eigen_lu(benchmark::State& state, const char* name) {
  const Saddle saddle{AtStart<double>(name)};
  for (auto _ : state) {
    const Vec<double> z = Eigen::PartialPivLU<Mat<double>>(saddle.K).solve(saddle.right);
    benchmark::DoNotOptimize(z.data());
  }
}

template <class S>
void certify(benchmark::State& state, const char* name, bool anew) {
  const AtStart<S> at(name);
  reference::Enclosure<S> enclosure(at.instance);
  for (auto _ : state) {
    if (anew) enclosure.forget();
    const auto point = enclosure.certify(at.x, at.y, at.multipliers);
    if (!point.certified()) state.SkipWithError(point.why.c_str());
    benchmark::DoNotOptimize(point.gap);
  }
}

/// Another active set than last time: inverse, its proof, point and derivative.
void certify_anew(benchmark::State& state, const char* name) { certify<double>(state, name, true); }
void certify_anew_real50(benchmark::State& state, const char* name) {
  certify<Real50>(state, name, true);
}
/// The same active set as last time, as along most of a run.
void certify_again(benchmark::State& state, const char* name) {
  certify<double>(state, name, false);
}

/// Once for an instance: balls of all data, H positive definite.
void bind_instance(benchmark::State& state, const char* name) {
  const AtStart<double> at(name);
  for (auto _ : state) {
    const reference::Enclosure<double> enclosure(at.instance);
    benchmark::DoNotOptimize(enclosure.rows());
  }
}

BENCHMARK_CAPTURE(plain_lu, s100, "s100");
BENCHMARK_CAPTURE(plain_lu, s100_active, "s100-active");
BENCHMARK_CAPTURE(eigen_lu, s100, "s100");
BENCHMARK_CAPTURE(eigen_lu, s100_active, "s100-active");
BENCHMARK_CAPTURE(bind_instance, s100, "s100");
BENCHMARK_CAPTURE(bind_instance, s100_active, "s100-active");
BENCHMARK_CAPTURE(certify_anew, s100, "s100");
BENCHMARK_CAPTURE(certify_anew, s100_active, "s100-active");
BENCHMARK_CAPTURE(certify_again, s100, "s100");
BENCHMARK_CAPTURE(certify_again, s100_active, "s100-active");
BENCHMARK_CAPTURE(certify_anew_real50, s100_active, "s100-active")->Unit(benchmark::kMillisecond);

}  // namespace
