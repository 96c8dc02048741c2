// A run says what went wrong with it, and refuses what could not mean what it says.
#include "assay/lower_level/certificate.hpp"
#include "assay/run/run_test.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

const std::string ssigd_tables =
    "[algorithm]\nname = \"ssigd\"\nperturbation = 0.0\n[run]\niterations = 5\n";

std::string refusal(const std::string& tables, const std::vector<std::string>& overrides = {}) {
  try {
    outcome(experiment(tables, overrides));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void expect_names(const std::string& message, const std::string& key) {
  EXPECT_NE(message.find(key), std::string::npos) << "message: " << message;
}

TEST(Honesty, AnUnconvergedLowerLevelEndsTheRunUnlessAccepted) {
  const std::string tables =
      ssigd_tables + "[lower_level]\nsolver = \"projected_gradient\"\nmax_iterations = 1\n";
  const RunOutcome strict = outcome(experiment(tables));
  EXPECT_EQ(strict.end, RunEnd::failed);
  expect_names(strict.failure, "did not converge");
  const RunOutcome lax = outcome(experiment(tables + "accept_unconverged = true\n"));
  EXPECT_EQ(lax.end, RunEnd::finished);
  expect_names(lax.manifest, "\"lower_level_not_converged\": 5");
  EXPECT_EQ(lax.trace.cell(1, "lower_level_status"), "not converged");
}

TEST(Honesty, UnconvergedSolvesAreCountedAcrossChangesAndCheckpoints) {
  const std::string lax = ssigd_tables +
                          "[lower_level]\nsolver = \"projected_gradient\"\nmax_iterations = 1\n"
                          "accept_unconverged = true\n";
  const std::string all = "\"lower_level_not_converged\": 5";  // one in each iteration
  for (const std::string change : {"", "[[change]]\niteration = 3\n"}) {
    const Experiment e = experiment(lax + change);
    std::vector<std::string> checkpoints;
    RunControl saving;
    saving.checkpoint_every = 1;
    saving.save_checkpoint = [&](const std::string& text) { checkpoints.push_back(text); };
    expect_names(outcome(e, saving).manifest, all);
    ASSERT_EQ(checkpoints.size(), 4u);
    for (std::size_t after = 1; after < 5; ++after) {
      RunControl control;
      control.resume = checkpoints[after - 1];
      expect_names(outcome(e, control).manifest, all);
    }
  }
}

/// A wrong setting is the file's fault, not one of the mathematics.
void expect_refused(const Experiment& e, const Instance& instance, const std::string& complaint) {
  try {
    run_experiment(e, instance);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_EQ(std::string(error.what()).rfind("test.toml: " + complaint, 0), 0u) << error.what();
  }
}

TEST(Honesty, AStepThatDivergesIsRefused) {
  const Experiment e =
      experiment(ssigd_tables + "[lower_level]\nsolver = \"projected_gradient\"\nstep = 1e3\n");
  expect_refused(e, load_instance(e), "lower_level.step: is 1000, must be below 2/L");
}

TEST(Honesty, ASolverThatDoesNotKnowTheRowsIsRefused) {
  Instance instance = empty_instance(1, 1);
  instance.H = ExactMatrix(Mat<double>::Constant(1, 1, 1.0));
  instance.E = ExactMatrix(1, 1);
  instance.G = ExactMatrix(Mat<double>::Constant(1, 1, 1.0));
  instance.e = ExactMatrix(1, 1);
  instance.x0 = ExactMatrix(1, 1);
  expect_refused(experiment(ssigd_tables + "[lower_level]\nsolver = \"historical\"\n"), instance,
                 "lower_level.solver: 'historical' does not know equality rows");
}

TEST(Honesty, ThereIsNoBoundWhereAViolatedRowHasNoMultiplier) {
  // min y^2/2 with y >= 1, at y = 0: stationary, one unit off, and nothing but the row says so.
  Instance instance = empty_instance(1, 1);
  instance.H = ExactMatrix(Mat<double>::Constant(1, 1, 1.0));
  instance.A = ExactMatrix(1, 1);
  instance.B = ExactMatrix(Mat<double>::Constant(1, 1, -1.0));
  instance.b = ExactMatrix(Mat<double>::Constant(1, 1, -1.0));
  const QuadraticProblem<double> problem(instance);
  const Vec<double> zero = Vec<double>::Zero(1), limits = Vec<double>::Constant(1, -1.0);
  const auto c = Certifier<double>()(problem, zero, limits, {zero, limits}, zero, zero);
  EXPECT_EQ(c.primal, 1);
  EXPECT_FALSE(c.has_bound);
  EXPECT_FALSE(c.bound_is_proved);
}

TEST(Honesty, TheStepOfTheStronglyConvexTheoremNeedsAProvedCurvature) {
  // f has a cross term here and is not jointly convex, although F is convex.
  const std::string tables =
      "[instance]\npath = \"../instances/one-dimensional.json\"\n[start]\npoint = \"zero\"\n" +
      ssigd_tables;
  expect_names(refusal(tables), "step.mu");
  EXPECT_EQ(refusal(tables + "[step]\nrule = \"inverse\"\nmu = 4\n"), "");
}

TEST(Honesty, SettingsThatCannotActAreRefused) {
  expect_names(refusal(ssigd_tables, {"noise.lower_cross_std=1"}), "noise.lower_cross_std");
  expect_names(refusal(ssigd_tables, {"hypergradient.estimator=two_point", "noise.gradient_std=1"}),
               "noise.gradient_std");
  expect_names(refusal(ssigd_tables, {"faults=[\"ridge\"]"}), "faults");
  const std::string f2csa = "[algorithm]\nname = \"f2csa\"\n";
  expect_names(refusal(f2csa, {"step.rule=armijo"}), "step.rule");
  expect_names(refusal(f2csa, {"algorithm.prescription=true"}), "step.rule");
  expect_names(refusal(f2csa, {"algorithm.prescription=true", "step.rule=f2csa_prescription",
                               "step.epsilon=0.2"}),
               "step.epsilon");
}

/// F = (x_1 - 100)^2 + x_2^2 over |x| <= 1 per entry: x_1 is stuck at 1, x_2 must still go to 0.
Instance stuck_in_a_box() {
  Instance instance = empty_instance(2, 1);
  Mat<double> Qxx(2, 2);
  Qxx << 2, 0, 0, 2;
  instance.Qxx = ExactMatrix(Qxx);
  instance.x_target.set(0, 0, 100);
  instance.H = ExactMatrix(Mat<double>::Constant(1, 1, 1.0));
  instance.x_set.kind = UpperSet::Kind::box;
  instance.x_set.lower = ExactMatrix(Mat<double>::Constant(2, 1, -1.0));
  instance.x_set.upper = ExactMatrix(Mat<double>::Constant(2, 1, 1.0));
  instance.x0 = ExactMatrix(Mat<double>::Constant(2, 1, 1.0));
  return instance;
}

TEST(Honesty, ALineSearchCountsOnlyTheDecreaseThatTheUpperSetAllows) {
  // The decrease promised by the free gradient (about 200 t |g|) could never be met.
  const Experiment e =
      experiment(ssigd_tables + "[step]\nrule = \"armijo\"\nfirst = 0.25\n", {"run.iterations=60"});
  const RunOutcome out = run_experiment(e, stuck_in_a_box());
  // x_2 halves in each of the 60 steps of 0.25, from 1; the gradient mapping is its gradient 2 x_2.
  EXPECT_EQ(out.trace.number(out.trace.rows.size() - 1, "gap_mapping"), 0x1p-59);
  EXPECT_EQ(out.trace.number(out.trace.rows.size() - 1, "gap_direct"), 198);
}

TEST(Honesty, TheStatusIsThatOfTheGapWhichVanishesAtAnOptimum) {
  // The gap mapping is 2^-t, its variance over 20 iterations from s on 4^-s (1/15 - 1/100): below
  // 1e-8 from s = 12, t = 31 on. |grad F|, about 198 + 4^-t / 396, would pass from t = 21 on.
  const Experiment e = experiment(ssigd_tables + "[step]\nrule = \"constant\"\nlength = 0.25\n",
                                  {"run.iterations=40"});
  const Trace trace = run_experiment(e, stuck_in_a_box()).trace;
  for (std::size_t r = 0; r < trace.rows.size(); ++r)
    EXPECT_EQ(trace.cell(r, "status"),
              std::stol(trace.cell(r, "iteration")) < 31 ? "running" : "converged")
        << r;
}

TEST(Emergency, HalvesTheStepThreeTimesAndCutsThePenalties) {
  const std::string tables =
      "[algorithm]\nname = \"f2csa\"\nouter = \"sgd\"\nemergency_gradient = 1e-9\n"
      "[step]\nlength = 0.03125\n[run]\niterations = 5\n";
  const Trace t = finished(experiment(tables));
  const Trace calm = finished(experiment(tables, {"algorithm.emergency_gradient=0"}));
  const double halved[] = {0x1p-6, 0x1p-7, 0x1p-8, 0x1p-8, 0x1p-8};
  for (std::size_t row = 1; row < 6; ++row)
    EXPECT_EQ(t.number(row, "step_applied"), halved[row - 1]);
  // The first estimate is made before the emergency, the second with other penalties.
  EXPECT_EQ(t.cell(1, "gradient_norm_raw"), calm.cell(1, "gradient_norm_raw"));
  EXPECT_NE(t.cell(2, "gradient_norm_raw"), calm.cell(2, "gradient_norm_raw"));
}

}  // namespace
}  // namespace assay
