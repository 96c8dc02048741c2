#include "assay/diagnose/penalty_bias.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "assay/diagnose/ladder.hpp"

namespace assay {
namespace {

/// f with every term, and three rows: one active, one off by 0.03, one far away.
Instance small_instance() {
  return parse_instance(R"({"format": "assay-instance/1", "name": "small", "n": 2, "m": 2, "p": 3,
    "upper": {"Qxx": [[2, 0.5], [0.5, 3]], "Qxy": [[0.25, 0], [0.5, 1]], "Qyy": [[1, 0], [0, 2]],
              "cx": [1, -1], "cy": [0.5, 2], "y_target": [1, -1]},
    "lower": {"H": [[2, 0.5], [0.5, 1]], "M": [[-1, 0.25], [0.5, -2]], "d": [0.125, -0.5]},
    "constraints": {"A": [[0.5, 0.25], [1, -1], [0.25, 0]], "B": [[1, 1], [1, -0.5], [0, 1]],
                    "b": [-1, -3.44, 40]},
    "x0": [1, 2]})",
                        "small.json");
}

Experiment penalty_run(const std::string& settings, const std::string& faults,
                       const std::string& algorithm = "") {
  return parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"small\"\nfaults = [" + faults +
          "]\n[instance]\npath = \"small.json\"\n[algorithm]\nname = \"f2csa\"\nouter = \"sgd\"\n" +
          algorithm + "[hypergradient]\nestimator = \"penalty\"\nalpha = 0.3\n" + settings +
          "[step]\nrule = \"constant\"\nlength = 1e-4\n[run]\niterations = 3\n",
      "small.toml", ".");
}

/// K = alpha_1 H + alpha_2 B' rho B + Qyy + r I with alpha_1 = 11.2, alpha_2 = 123.5 has
/// eigenvalues in [11, 700], so a 2 x 2 solve is off by 2^-53 * 64 * 10 of its result; this goes
/// into terms of size alpha_2 |A| |B| |D| <= 2^10 and alpha_1 |A| |lambda| <= 2^7.
constexpr double rounding = 0x1p-53 * 64 * 10 * 1200;

void expect_predicted(const std::string& settings, const std::string& faults, double at_least) {
  const Experiment e = penalty_run(settings, faults);
  const Instance instance = small_instance();
  for (const Ladder& ladder : fidelity_ladders(e, instance, {0, 2})) {
    const auto bias = penalty_bias(e, instance, ladder.x);
    ASSERT_TRUE(bias) << faults;
    const Vec<Real50> measured = ladder.bias();
    double largest = 0;
    for (Index i = 0; i < 2; ++i) {
      EXPECT_NEAR((*bias)[i], to_double(measured[i]), rounding) << faults << settings << i;
      largest = std::max(largest, std::fabs((*bias)[i]));
    }
    EXPECT_GT(largest, at_least) << faults << settings;
  }
}

TEST(PenaltyBias, IsWhatTheLadderMeasures) {
  expect_predicted("", "", 1e-3);
  expect_predicted("gate = \"active_set\"\n", "", 1e-3);
  expect_predicted("gate = \"hard\"\ngate_width = 5\n", "", 1e-3);
  expect_predicted("gate_width = 5\nmultiplier_threshold = 8\n", "", 1e-3);
  expect_predicted("power1 = 1\npower2 = 2\nscale = 3\n", "", 1e-3);
  expect_predicted("delta = 0.5\ngate_floor = 0.7\n", "", 1e-3);
  expect_predicted("", "\"ridge\"", 1e-3);
  expect_predicted("", "\"sigmoid_gate\"", 1e-3);
  expect_predicted("ridge_scale = 100\n", "\"sigmoid_gate\", \"ridge\"", 1e-3);
  expect_predicted("", "\"skipped_inner_solve\"", 1e-3);
  expect_predicted("", "\"literal_value_gradient\"", 1e-1);
}

/// m = 3, an equality, an active inequality and one that is off by a little.
Instance instance_with_an_equality() {
  return parse_instance(R"({"format": "assay-instance/1", "name": "wide", "n": 2, "m": 3, "p": 2,
    "q": 1,
    "upper": {"Qxx": [[2, 0.5], [0.5, 3]], "Qxy": [[0.25, 0, 0.5], [0.5, 1, 0]],
              "Qyy": [[1, 0, 0], [0, 2, 0], [0, 0, 0.5]], "cx": [1, -1], "cy": [0.5, 2, -1],
              "y_target": [1, -1, 0]},
    "lower": {"H": [[2, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 3]],
              "M": [[-1, 0.25], [0.5, -2], [0.5, 0.5]], "d": [0.125, -0.5, 1]},
    "constraints": {"A": [[0.5, 0.25], [1, -1]], "B": [[1, 1, 0], [0, 1, -0.5]], "b": [-1, 40],
                    "E": [[0.5, -0.25]], "G": [[1, -0.5, 0.5]], "e": [0.75]},
    "x0": [1, 2]})",
                        "wide.json");
}

/// At the ladder of iteration 2.
void expect_predicted(const Experiment& e, const Instance& instance, const std::string& what) {
  const Ladder ladder = fidelity_ladders(e, instance, {2}).front();
  const auto bias = penalty_bias(e, instance, ladder.x);
  ASSERT_TRUE(bias) << what;
  const Vec<Real50> measured = ladder.bias();
  double largest = 0;
  for (Index i = 0; i < 2; ++i) {
    EXPECT_NEAR((*bias)[i], to_double(measured[i]), rounding) << what << i;
    largest = std::max(largest, std::fabs((*bias)[i]));
  }
  EXPECT_GT(largest, 1e-3) << what;
}

/// An equality is penalised whatever its multiplier's sign.
TEST(PenaltyBias, HoldsWithEqualities) {
  const Instance instance = instance_with_an_equality();
  expect_predicted(penalty_run("", ""), instance, "equality");
  expect_predicted(penalty_run("gate = \"active_set\"\n", "\"literal_value_gradient\""), instance,
                   "equality, literal");
}

/// The settings of the last phase count.
TEST(PenaltyBias, IsThatOfTheLastPhase) {
  const auto changed = [](const std::string& change) {
    const std::string text =
        "format = \"assay-experiment/1\"\nname = \"small\"\nfaults = [\"sigmoid_gate\"]\n"
        "[instance]\npath = \"small.json\"\n[algorithm]\nname = \"f2csa\"\nouter = \"sgd\"\n"
        "[hypergradient]\nestimator = \"penalty\"\nalpha = 0.3\n"
        "[step]\nrule = \"constant\"\nlength = 1e-4\n[run]\niterations = 3\n"
        "[[change]]\niteration = 1\n" +
        change;
    return parse_experiment(text, "small.toml", ".");
  };
  const Instance instance = small_instance();
  expect_predicted(changed("[change.hypergradient]\nalpha = 0.5\n"), instance, "alpha");
  expect_predicted(changed("faults = [\"ridge\"]\n"), instance, "faults");
  // One that the formula does not know leaves its mark.
  EXPECT_FALSE(penalty_bias(changed("faults = [\"adaptive_smoothing\"]\n"), instance,
                            instance.x0->to_vector<double>()));
}

/// What an inexact lower level adds is not the estimator's.
TEST(PenaltyBias, KnowsNothingOfAnInexactLowerLevel) {
  const Experiment e = parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"small\"\n[instance]\npath = \"small.json\"\n"
      "[algorithm]\nname = \"f2csa\"\nouter = \"sgd\"\n"
      "[lower_level]\nsolver = \"projected_gradient\"\ntolerance = 0\nmax_iterations = 3\n"
      "step = 1e-2\naccept_unconverged = true\n"
      "[hypergradient]\nestimator = \"penalty\"\nalpha = 0.3\n"
      "[step]\nrule = \"constant\"\nlength = 1e-4\n[run]\niterations = 3\n",
      "small.toml", ".");
  const Instance instance = small_instance();
  expect_predicted(e, instance, "inexact");
  EXPECT_GT(fidelity_ladders(e, instance, {2}).front().find("lower_level")->size, 1e-3);
}

TEST(PenaltyBias, IsSaidOnlyWhereTheFormulaHolds) {
  const Instance instance = small_instance();
  const Vec<double> x = instance.x0->to_vector<double>();
  EXPECT_TRUE(penalty_bias(penalty_run("", ""), instance, x));
  EXPECT_FALSE(penalty_bias(penalty_run("inner = \"gradient\"\n", ""), instance, x));
  for (const char* fault : {"detached_implicit", "hard_constrained_inner", "gate_at_inner_point",
                            "adaptive_smoothing", "swapped_rows"})
    EXPECT_FALSE(penalty_bias(penalty_run("", "\"" + std::string(fault) + "\""), instance, x))
        << fault;
  EXPECT_FALSE(penalty_bias(penalty_run("", "", "emergency_gradient = 100.0\n"), instance, x));
  Experiment adjoint = penalty_run("", "");
  adjoint.hypergradient = "implicit";
  EXPECT_FALSE(penalty_bias(adjoint, instance, x));
}

}  // namespace
}  // namespace assay
