// What is recorded of runs on the 100-dimensional problem.
#include <cmath>

#include "assay/problem/golden_test.hpp"
#include "assay/run/run_test.hpp"

namespace assay {
namespace {

const std::string s100 = "[instance]\npath = \"../instances/s100.json\"\n";

/// The true gap after 2000 iterations.
double floor_of(const std::string& tables, const std::string& faults) {
  const Trace trace = finished(experiment(
      s100 + tables, {"run.iterations=2000", "record.every=2000"}, "faults = [" + faults + "]"));
  return trace.number(trace.rows.size() - 1, "gap_total");
}

std::string oracle(const std::string& alpha, const std::string& keys) {
  return "[algorithm]\nname = \"f2csa\"\nouter = \"sgd\"\ngradient_average = 0.95\n[step]\n"
         "rule = \"constant\"\nlength = 5e-3\n[hypergradient]\nestimator = \"penalty\"\nalpha = " +
         alpha + "\n" + keys;
}

TEST(S100Runs, F2csaStallsAtTheFloorOfItsGate) {
  const std::string leak = "gate_width = 5\ngate_floor = 1e-3\n";
  const std::string faults = "\"sigmoid_gate\", \"ridge\", \"literal_value_gradient\"";
  expect_printed(floor_of(oracle("0.3", leak), faults), 0.533, 1e-3);
  expect_printed(floor_of(oracle("0.2", leak), faults), 0.206, 1e-3);
  expect_printed(floor_of(oracle("0.05", leak), faults), 5.4e-7, 1e-8);
  expect_printed(floor_of(oracle("0.3", ""), "\"ridge\""), 1.2e-4, 1e-5);
  expect_printed(floor_of(oracle("0.12", ""), "\"ridge\""), 7.4571e-6, 1e-10);
}

TEST(S100Runs, TheUncappedLoopLocksOntoItsPredictedLimitCycle) {
  // (4.4): eta locks at k*/lambda_max, k* = (1 - ab)/(ab) with a = b = 0.9, hence
  // |m| = (lambda_max/k* - gamma_2)/gamma_1, 2 cos theta = 1 + a + b - ab - k* (1 - a)(1 - b),
  // |grad F| = |m| k*/|e^{i theta} - 1|: 0.1539. The theory linearises a loop whose step breathes:
  // 3 %.
  const Trace trace = finished(experiment(
      s100 + "[algorithm]\nname = \"dsblo\"\norder = \"legacy\"\ngradient_average = 0.9\n"
             "momentum_start = \"zero\"\n",
      {"run.iterations=2000", "record.every=2000", "record.last=100"}));
  const double a = 0.9, k = (1 - a * a) / (a * a), lambda = 2.027818312561;
  const double m = (lambda / k - 5) / 50;
  const double two_cos = 1 + 2 * a - a * a - k * (1 - a) * (1 - a);
  const double predicted = m * k / std::sqrt(2 - two_cos);
  expect_printed(predicted, 0.1539, 1e-4);
  double mean = 0;
  for (std::size_t r = trace.rows.size() - 100; r < trace.rows.size(); ++r)
    mean += trace.number(r, "gap_total") / 100;
  EXPECT_NEAR(mean, predicted, 0.03 * predicted);
}

TEST(S100Runs, SamplesPerturbationAndObjectiveNoiseChangeNoBit) {
  // No row is active and f is affine in y: neither q nor an additive noise enters the gradient.
  // Means of 2 and 4 equal numbers are exact.
  const auto digests = [](const std::string& algorithm, const std::vector<std::string>& overrides) {
    std::vector<std::string> all = {"run.iterations=30"};
    all.insert(all.end(), overrides.begin(), overrides.end());
    return column(finished(experiment(s100 + "[algorithm]\n" + algorithm, all)), "x_digest");
  };
  for (const std::string algorithm :
       {"name = \"dsblo\"\n", "name = \"ssigd\"\n", "name = \"f2csa\"\n"}) {
    const auto plain = digests(algorithm, {});
    for (const char* change :
         {"algorithm.samples=2", "algorithm.samples=4", "noise.objective_std=1e-4"})
      EXPECT_EQ(digests(algorithm, {change}), plain) << algorithm << change;
    if (algorithm.find("f2csa") == std::string::npos) {  // it has no q
      EXPECT_EQ(digests(algorithm, {"algorithm.perturbation=1e-3"}), plain);
    }
    EXPECT_NE(digests(algorithm, {"noise.gradient_std=1e-4"}), plain);
  }
}

}  // namespace
}  // namespace assay
