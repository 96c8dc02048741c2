#include "counts/workloads.hpp"

#include <memory>

#include "assay/algorithm/catalogue.hpp"
#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/numerics/ldlt.hpp"
#include "assay/numerics/random.hpp"
#include "assay/run/run.hpp"
#include "assay/run/runner.hpp"

namespace assay::counts {
namespace {

/// The optimiser has to take `data` for read and changed.
template <class T>
void touch(T* data) {
  asm volatile("" : : "r"(data) : "memory");
}

/// A symmetric positive definite matrix and vectors, the same on every machine.
struct Dense {
  Mat<double> A;
  Vec<double> x, y;
  Ldlt<double> factor;

  explicit Dense(Index n) : A(n, n) {
    const RandomStream draws(1, 0, Purpose::generator, static_cast<std::uint64_t>(n));
    const Vec<double> entries = draws.uniforms(n * n);
    for (Index j = 0; j < n; ++j)
      for (Index i = j; i < n; ++i) A(i, j) = A(j, i) = entries[i + j * n];
    for (Index i = 0; i < n; ++i) A(i, i) += static_cast<double>(n);  // dominates its row
    x = draws.uniforms(n);
    y = x;
    factor.factor(A);
  }
};

using Kernel = void (*)(Dense&);

/// A kernel often enough that calling it is no part of what is seen.
Workload kernel(const std::string& name, Index n, int times, Kernel run) {
  return {name + "/" + std::to_string(n), [n, times, run]() -> Work {
            const auto data = std::make_shared<Dense>(n);
            run(*data);  // allocates what it needs
            return [data, times, run] {
              for (int i = 0; i < times; ++i) run(*data);
            };
          }};
}

void add_kernels(std::vector<Workload>& all) {
  for (const Index n : {20, 100, 500}) {
    all.push_back(kernel("dot", n, 100, [](Dense& d) {
      d.y[0] = dot(d.x, d.y);
      touch(d.y.data());
    }));
    all.push_back(kernel("product", n, 10, [](Dense& d) {
      product(d.A, d.x, d.y);
      touch(d.y.data());
    }));
    all.push_back(kernel("transposed_product", n, 10, [](Dense& d) {
      transposed_product(d.A, d.x, d.y);
      touch(d.y.data());
    }));
    all.push_back(kernel("ldlt_factor", n, 1, [](Dense& d) {
      d.factor.factor(d.A);
      touch(&d.factor);
    }));
    all.push_back(kernel("ldlt_solve", n, 10, [](Dense& d) {
      d.factor.solve_in_place(d.y);
      touch(d.y.data());
    }));
  }
}

/// The exact lower level with its hypergradient where x has moved a little: what a run pays per
/// step.
struct Warm {
  Instance instance;
  QuadraticProblem<double> problem;
  ActiveSetLowerLevel<double> lower;
  ImplicitEstimator<double> estimator;
  Hypergradient<double> out;
  Vec<double> x;
  double move = 1e-3;

  explicit Warm(const std::string& name)
      : instance(read_instance(std::string(ASSAY_GOLDEN) + "/instances/" + name + ".json")),
        problem(instance),
        lower(problem),
        estimator({&problem, &lower, nullptr, {}, {}}),
        x(instance.x0->to_vector<double>()) {}

  void step() {
    x[0] += move;
    move = -move;
    estimator.evaluate(x, Vec<double>(), 0, out);
  }
};

void add_hypergradients(std::vector<Workload>& all) {
  for (const char* name : {"s5", "s20", "s100", "s100-active"})
    all.push_back({std::string("hypergradient/") + name, [name]() -> Work {
                     const auto warm = std::make_shared<Warm>(name);
                     warm->step();
                     warm->step();
                     return [warm] {
                       for (int i = 0; i < 10; ++i) warm->step();
                     };
                   }});
}

struct Started {
  Experiment experiment;
  Instance instance;
  Runner<double> runner;

  explicit Started(const std::string& algorithm)
      : experiment(read_experiment(std::string(ASSAY_GOLDEN) + "/experiments/demo-" + algorithm +
                                   "-s100.toml")),
        instance(load_instance(experiment)),
        runner(experiment, instance) {
    runner.start();
  }
};

void add_algorithms(std::vector<Workload>& all) {
  for (const CatalogueItem& item : algorithm_items())
    all.push_back({"iterations/" + item.name, [name = item.name]() -> Work {
                     const auto started = std::make_shared<Started>(name);
                     return [started] {
                       for (long t = 0; t < 50; ++t) started->runner.step(t);
                     };
                   }});
}

}  // namespace

std::vector<Workload> workloads() {
  std::vector<Workload> all;
  add_kernels(all);
  add_hypergradients(all);
  add_algorithms(all);
  return all;
}

}  // namespace assay::counts
