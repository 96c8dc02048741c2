// Fails unless it was compiled under the arithmetic contract of assay::assay, and problem, solver
// and run of the installed library do their work in it.
#include <assay/lower_level/active_set.hpp>
#include <assay/numerics/environment.hpp>
#include <assay/problem/instance.hpp>
#include <assay/problem/quadratic.hpp>
#include <assay/run/experiment.hpp>
#include <assay/run/run.hpp>
#include <assay/support/error.hpp>
#include <cstdio>
#include <exception>

namespace {

// In a compiler's eyes these can be anything; a fused multiply-add shows the rounding error 2^-60
// of the product, separate operations give 0.
volatile double one_plus = 1 + 0x1p-30, product = (1 + 0x1p-30) * (1 + 0x1p-30);

bool fuses() { return one_plus * one_plus - product != 0; }

// g++ 12 fuses such a pair of lines in its vectoriser, in spite of -ffp-contract=off.
[[gnu::noinline]] void subtract_and_add(double* __restrict r, const double* a, const double* b,
                                        const double* c) {
  r[0] = a[0] * b[0] - c[0];
  r[1] = a[1] * b[1] + c[1];
}

bool fuses_pairs() {
  const double a[] = {one_plus, one_plus}, c[] = {product, -product};
  double r[2];
  subtract_and_add(r, a, a, c);
  return r[0] != 0 || r[1] != 0;
}

// y*(x) = x below the row y <= 10, so F(x) = x^2/2 + (x - 1)^2/2 and grad F = 2 x - 1.
constexpr const char* tiny_instance = R"({"format": "assay-instance/1", "name": "tiny",
  "n": 1, "m": 1, "p": 1, "upper": {"Qxx": [[1]], "Qyy": [[1]], "y_target": [1]},
  "lower": {"H": [[1]], "M": [[-1]]},
  "constraints": {"A": [[0]], "B": [[1]], "b": [10]}, "x0": [2]})";

constexpr const char* tiny_experiment = R"(format = "assay-experiment/1"
name = "tiny"
[instance]
path = "tiny.json"
[algorithm]
name = "ssigd"
perturbation = 0
[step]
rule = "constant"
length = 0.25
[run]
iterations = 20
)";

bool solves(const assay::Instance& instance) {
  const assay::QuadraticProblem<double> problem(instance);
  assay::ActiveSetLowerLevel<double> lower(problem);
  const auto& solution = lower.solve(instance.x0->to_vector<double>(), assay::Vec<double>());
  return solution.status == assay::LowerStatus::solved && solution.y[0] == 2;
}

bool descends(const assay::Instance& instance) {
  const auto experiment = assay::parse_experiment(tiny_experiment, "tiny.toml", ".");
  const assay::RunOutcome outcome = assay::run_experiment(experiment, instance);
  const std::size_t last = outcome.trace.rows.size() - 1;
  const double before = outcome.trace.number(0, "gap_total"),
               after = outcome.trace.number(last, "gap_total");
  // The step halves the error: after 20 of them 2^-20 of the gap is left.
  return outcome.end == assay::RunEnd::finished && before == 3 && after < before * 0x1p-19;
}

bool works() {
  const assay::Instance instance = assay::parse_instance(tiny_instance, "tiny.json");
  if (!solves(instance)) std::puts("the solver misses a lower level that it should solve exactly");
  if (!descends(instance)) std::puts("the gap of a run did not fall as it should");
  return solves(instance) && descends(instance);
}

}  // namespace

int main() {
  if (fuses()) std::puts("the compiler fuses a * b - c");
  if (fuses_pairs()) std::puts("the vectoriser fuses pairs of a * b - c and a * b + c");
  const auto broken = assay::check_arithmetic();
  for (const auto& promise : broken) std::puts(promise.c_str());
  try {
    return !works() || fuses() || fuses_pairs() || !broken.empty();
  } catch (const assay::Error& error) {
    std::puts(error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::puts(error.what());
    return 1;
  }
}
