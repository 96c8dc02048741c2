// What a run records, what may influence it, and how it fails.
#include "assay/run/runner.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "assay/algorithm/catalogue.hpp"
#include "assay/run/run_test.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

const std::string noisy_dsblo = R"([algorithm]
name = "dsblo"
gradient_average = 0.5
samples = 2
perturbation = 0.01
[noise]
gradient_std = 0.05
[run]
iterations = 25
seed = 7
)";

TEST(Run, TwiceGivesTheSameBytes) {
  const Experiment e = experiment(noisy_dsblo);
  EXPECT_EQ(trace_text(finished(e)), trace_text(finished(e)));
  EXPECT_EQ(outcome(e).manifest, outcome(e).manifest);
  EXPECT_NE(trace_text(finished(e)), trace_text(finished(experiment(noisy_dsblo, {"run.seed=8"}))));
}

TEST(Run, LowerLevelSolvesAreThoseOfTheAlgorithm) {
  const std::string ssigd = "[algorithm]\nname = \"ssigd\"\n[run]\niterations = 25\n";
  EXPECT_EQ(outcome(experiment(ssigd)).summary.lower_solves, 25);
  // A change builds a new estimator; what the old one did still counts. Probes do not.
  const std::string changed = ssigd + "[[change]]\niteration = 10\n";
  EXPECT_EQ(outcome(experiment(changed, {"probe.gradient_every=5"})).summary.lower_solves, 25);
  const RunSummary once = outcome(experiment(noisy_dsblo, {"algorithm.samples=1"})).summary;
  const RunSummary twice = outcome(experiment(noisy_dsblo)).summary;
  EXPECT_EQ(twice.lower_solves, 2 * once.lower_solves);
}

TEST(Run, ProbesLeaveTheTrajectoryAlone) {
  const Trace plain = finished(experiment(noisy_dsblo));
  for (const char* every : {"1", "2", "7"}) {
    const Trace probed =
        finished(experiment(noisy_dsblo, {std::string("probe.gradient_every=") + every}));
    EXPECT_EQ(differing_columns(plain, probed), (std::vector<std::string>{"probe_cosine"}));
  }
}

TEST(Run, ProbesOfAStatefulOracleLeaveTheTrajectoryAlone) {
  const std::string f2csa =
      "[algorithm]\nname = \"f2csa\"\nouter = \"adam\"\n[hypergradient]\nestimator = \"penalty\"\n"
      "multiplier_average = 0.9\nmultiplier_threshold = 2\n[run]\niterations = 25\n";
  const Trace plain = finished(experiment(f2csa));
  const Trace probed = finished(experiment(f2csa, {"probe.gradient_every=2"}));
  EXPECT_EQ(differing_columns(plain, probed), (std::vector<std::string>{"probe_cosine"}));
}

TEST(Run, AProbeIsTheAlgorithmsOwnEstimateAtThePointItStandsAt) {
  // Without noise and perturbation the estimate is the gradient: cosine 1, to the roundings of one
  // normalised dot product of n = 4 entries, gamma_{2n+8}, of two gradients from differently warm
  // solvers (H has condition 10, so 1e3 u each).
  const Trace trace = finished(experiment(
      noisy_dsblo, {"probe.gradient_every=5", "noise.gradient_std=0", "algorithm.perturbation=0"}));
  for (std::size_t r = 0; r < trace.rows.size(); ++r) {
    const long t = std::stol(trace.cell(r, "iteration"));
    EXPECT_EQ(trace.cell(r, "probe_cosine").empty(), t < 0 || t % 5 != 0) << t;
    if (t >= 0 && t % 5 == 0) {
      EXPECT_NEAR(trace.number(r, "probe_cosine"), 1, 1e3 * 0x1p-52);
    }
  }
}

TEST(Run, AProbeThatTouchesTheStateShowsInTheTrajectory) {
  const std::vector<std::string> probes = {"probe.gradient_every=5"};
  const Trace right = finished(experiment(noisy_dsblo, probes));
  const Trace touched =
      finished(experiment(noisy_dsblo, probes, "faults = [\"probe_updates_state\"]"));
  // The probe of iteration 0 comes before the step, so the second point is the first to show it.
  EXPECT_EQ(touched.cell(1, "x_digest"), right.cell(1, "x_digest"));
  EXPECT_NE(touched.cell(2, "x_digest"), right.cell(2, "x_digest"));
}

TEST(Run, OneSharedStreamIsShiftedByProbes) {
  const std::string fault = "faults = [\"shared_stream\"]";
  const Trace plain = finished(experiment(noisy_dsblo, {}, fault));
  const Trace probed = finished(experiment(noisy_dsblo, {"probe.gradient_every=5"}, fault));
  EXPECT_NE(column(plain, "x_digest"), column(probed, "x_digest"));
}

/// |x_next - x| = step |m|: the logged step is the one that was used. Both sides hold the rounding
/// of x_next (u max|x| per entry, n entries) and of two norms and a product, gamma_{n+6}.
long broken_steps(const Trace& trace, double x_size, long n) {
  long broken = 0;
  for (std::size_t r = 1; r < trace.rows.size(); ++r) {
    const double made = trace.number(r, "step_length");
    const double told = trace.number(r, "step_applied") * trace.number(r, "momentum_norm");
    const double bound = 0x1p-53 * x_size * 2 * std::sqrt(static_cast<double>(n)) +
                         gamma_bound<double>(n + 6) * told;
    broken += !(std::abs(made - told) <= bound);
  }
  return broken;
}

const char* const algorithms[] = {
    "name = \"ssigd\"",
    "name = \"ssigd\"\nmomentum = 0.5",
    "name = \"dsblo\"",
    "name = \"dsblo\"\norder = \"legacy\"\ngradient_average = 0.9",
    "name = \"dsblo\"\naccumulate = true\nsamples = 3",
    "name = \"f2csa\"\nouter = \"sgd\"\nmomentum = 0.5",
    "name = \"f2csa\"\nouter = \"adam\"\ngradient_average = 0.5",
};

TEST(Run, TheLoggedStepIsTheStepMade) {
  for (const std::string algorithm : algorithms) {
    const std::string tables = "[algorithm]\n" + algorithm +
                               "\n[step]\nrule = \"polynomial\"\nlength = 0.2\ncap = 0.1\n"
                               "[noise]\ngradient_std = 0.1\n[run]\niterations = 40\n";
    // The built point and the start lie within distance 10 of 0.
    EXPECT_EQ(broken_steps(finished(experiment(tables)), 10, 4), 0) << algorithm;

    const Trace right = finished(experiment(tables));
    const Trace printed = finished(experiment(tables, {}, "faults = [\"printed_step\"]"));
    EXPECT_EQ(differing_columns(right, printed), (std::vector<std::string>{"step_applied"}));
    // Capped in the iterations 0, 1, 2: 0.2/sqrt(t+1) > 0.1; 0.2/sqrt(4) is the cap, to rounding.
    EXPECT_EQ(broken_steps(printed, 10, 4), 3) << algorithm;
    EXPECT_EQ(column(printed, "step_applied"), column(right, "step_requested"));
  }
}

TEST(Run, TheLoggedStepOfAlgorithm2IsTheStepMade) {
  const Trace trace =
      finished(experiment("[algorithm]\nname = \"f2csa\"\nclip_radius = 0.01\n[step]\nrule = "
                          "\"polynomial\"\nlength = 0.2\ncap = 0.1\n[run]\niterations = 40\n"));
  EXPECT_EQ(broken_steps(trace, 10, 4), 0);
  EXPECT_GT(trace.number(2, "step_length"), 0);
}

TEST(Run, WrongGapsAreReportedAndChangeNothingElse) {
  const Trace right = finished(experiment(noisy_dsblo));
  for (const auto& [fault, source] :
       {std::pair{"direct_gap_reported", "gap_direct"}, {"objective_gap_reported", "objective"}}) {
    const Trace wrong =
        finished(experiment(noisy_dsblo, {}, std::string("faults = [\"") + fault + "\"]"));
    EXPECT_EQ(differing_columns(right, wrong), (std::vector<std::string>{"gap_reported"}));
    auto expected = column(wrong, source);
    expected[0] = "";  // nothing is reported of the start
    EXPECT_EQ(column(wrong, "gap_reported"), expected);
  }
  EXPECT_EQ(column(right, "gap_reported"), column(right, "gradient_norm_raw"));
}

/// F(x) = x^2/2 in one variable, nothing below.
Instance parabola(double x0) {
  Instance instance = empty_instance(1, 1);
  instance.Qxx.set(0, 0, 1);
  instance.H.set(0, 0, 1);
  instance.x0 = ExactMatrix(Mat<double>::Constant(1, 1, x0));
  return instance;
}

TEST(Run, TheOutputGapIsThatOfTheReturnedPoint) {
  // z_1 = 1, Delta_2 = -1 clipped to -1/4, z_2 = 1 - s/4: the mean of the block is 1 - s/8, where
  // |grad F| = x; x itself ends at 3/4.
  const Experiment e = experiment(
      "[algorithm]\nname = \"f2csa\"\nclip_radius = 0.25\nblock = 2\n[hypergradient]\n"
      "estimator = \"implicit\"\n[step]\nrule = \"constant\"\nlength = 1\n[run]\niterations = 2\n"
      "seed = 4\n");
  const RunOutcome out = run_experiment(e, parabola(1));
  const auto result = nlohmann::json::parse(out.manifest)["result"];
  const double s = RandomStream(4, algorithm_stream("f2csa"), Purpose::segment, 2).uniform(0);
  // Rounded in z_2, in the sum over the block, and in the square and the root of a norm.
  EXPECT_NEAR(from_text<double>(result["output_gap"].get<std::string>()), 1 - s / 8,
              gamma_bound<double>(4));
  EXPECT_EQ(out.summary.gap_total, 0.75);
}

TEST(Run, StartsInTheUpperSet) {
  Instance instance = parabola(3);
  instance.x_set.kind = UpperSet::Kind::box;
  instance.x_set.lower = ExactMatrix(Mat<double>::Constant(1, 1, -1.0));
  instance.x_set.upper = ExactMatrix(Mat<double>::Constant(1, 1, 1.0));
  const Experiment e = experiment("[algorithm]\nname = \"ssigd\"\n[run]\niterations = 0\n");
  EXPECT_EQ(run_experiment(e, instance).trace.number(0, "objective"), 0.5);
}

TEST(Run, MayStartAtScaledNormals) {
  const Experiment e = experiment(
      "[algorithm]\nname = \"ssigd\"\n[start]\npoint = \"normal\"\nscale = 0.5\n"
      "[run]\niterations = 0\nseed = 3\n");
  const double z = RandomStream(3, 0, Purpose::start, 0).normal(0);
  // |grad F| = |x|; the square and the root of the norm round.
  EXPECT_NEAR(run_experiment(e, parabola(0)).trace.number(0, "gap_total"), std::abs(z) / 2,
              gamma_bound<double>(2) * std::abs(z));
}

/// F(x) = (x + 1)^2/2 from x = 0, y* = max(x, 0) by the row y >= 0, stated `times` times.
Instance kinked(Index times) {
  Instance instance = parabola(0);
  instance.x_target.set(0, 0, -1);
  instance.M.set(0, 0, -1);
  instance.A = ExactMatrix(times, 1);
  instance.B = ExactMatrix(Mat<double>::Constant(times, 1, -1.0));
  instance.b = ExactMatrix(times, 1);
  return instance;
}

TEST(Run, SaysWhereItStandsAtAKink) {
  const Experiment e = experiment(
      "[algorithm]\nname = \"ssigd\"\nperturbation = 0.0\n[step]\nrule = \"constant\"\n"
      "length = 0.5\n[run]\niterations = 2\n");
  // From 0, where the row holds without a multiplier, to -1/2, where it has one.
  const Trace once = run_experiment(e, kinked(1)).trace;
  using Cells = std::vector<std::string>;
  EXPECT_EQ(column(once, "weakly_active"), (Cells{"1", "0", "0"}));
  EXPECT_EQ(column(once, "active_set_size"), (Cells{"0", "1", "1"}));
  EXPECT_EQ(column(once, "licq"), (Cells{"1", "1", "1"}));
  EXPECT_EQ(column(once, "estimate_kink"), (Cells{"", "1", "0"}));
  const Trace twice = run_experiment(e, kinked(2)).trace;
  EXPECT_EQ(twice.cell(0, "weakly_active"), "2");
  EXPECT_EQ(twice.cell(0, "licq"), "0");
}

TEST(Run, SaysThatThereIsNoBoundWhereThereIsNone) {
  // 1 <= y_1 <= y_2. One simultaneous correction of y = 0 puts y_1 to 1 and leaves the second row
  // violated by 1, without a multiplier.
  Instance instance = empty_instance(1, 2);
  instance.Qxx.set(0, 0, 1);
  instance.H = ExactMatrix(Mat<double>::Identity(2, 2));
  Mat<double> rows(2, 2), limits(2, 1);
  rows << -1, 0, 1, -1;
  limits << -1, 0;
  instance.A = ExactMatrix(2, 1);
  instance.B = ExactMatrix(rows);
  instance.b = ExactMatrix(limits);
  instance.x0 = ExactMatrix(1, 1);
  const auto step_with = [&](const std::string& solver) {
    return run_experiment(experiment("[algorithm]\nname = \"ssigd\"\nperturbation = 0.0\n"
                                     "[run]\niterations = 1\n[lower_level]\nsolver = " +
                                     solver),
                          instance)
        .trace;
  };
  const Trace none =
      step_with("\"historical\"\nmax_iterations = 0\ncorrections = 0\nenumeration_rows = 0\n");
  EXPECT_EQ(none.cell(1, "lower_level_bound"), "none");
  EXPECT_EQ(none.cell(1, "lower_level_error_bound"), "");
  const Trace exact = step_with("\"active_set\"\n");
  EXPECT_EQ(exact.cell(1, "lower_level_bound"), "proved");
  EXPECT_NE(exact.cell(1, "lower_level_error_bound"), "");
}

// ---- changes of settings ----

TEST(Changes, ToTheSameSettingsDoNothing) {
  for (const std::string algorithm : algorithms) {
    const std::string tables =
        "[algorithm]\n" + algorithm +
        "\n[step]\nrule = \"armijo\"\nkeep = true\ncap = 0.3\ncap_shrink = 0.5\nstall_window = 2\n"
        "[noise]\ngradient_std = 0.2\nobjective_std = 0.1\n[probe]\ngradient_every = 3\n"
        "[run]\niterations = 30\n";
    const Trace plain = finished(experiment(tables));
    const Trace changed =
        finished(experiment(tables + "[[change]]\niteration = 1\n[[change]]\niteration = 17\n"));
    EXPECT_EQ(trace_text(plain), trace_text(changed)) << algorithm;
    EXPECT_NE(plain.cell(20, "step_applied"), plain.cell(1, "step_applied")) << algorithm;
  }
}

/// Rows of the trace up to and including iteration t.
std::string head(const Trace& trace, std::size_t rows) {
  Trace part = trace;
  part.rows.resize(rows);
  return trace_text(part);
}

TEST(Changes, TakeEffectAtTheirIterationAndNotBefore) {
  const std::string tables = R"([algorithm]
name = "f2csa"
outer = "sgd"
gradient_average = 0.5
[hypergradient]
estimator = "penalty"
alpha = 0.4
[step]
rule = "constant"
length = 0.02
[run]
iterations = 12
)";
  const Trace plain = finished(experiment(tables));
  for (const char* change : {"hypergradient = { scale = 100 }", "hypergradient = { alpha = 0.2 }",
                             "hypergradient = { multiplier_threshold = 5 }",
                             "step = { length = 0.01 }", "algorithm = { gradient_average = 0.9 }",
                             "algorithm = { momentum = 0.5 }", "faults = [\"ridge\"]"}) {
    const Trace changed =
        finished(experiment(tables + "[[change]]\niteration = 5\n" + std::string(change) + "\n"));
    EXPECT_EQ(head(plain, 6), head(changed, 6)) << change;  // -1 .. 4
    EXPECT_NE(plain.cell(6, "x_digest"), changed.cell(6, "x_digest")) << change;
  }
}

TEST(Changes, ReachTheWidthOfTheGateAndTheAveragingOfItsMultipliers) {
  // Kept in the oracle's memory, the old width would stay in force for ever.
  const std::string tables = R"([algorithm]
name = "f2csa"
outer = "sgd"
[hypergradient]
estimator = "penalty"
alpha = 0.4
gate_width = 5
multiplier_average = 0.9
multiplier_threshold = 5
[step]
rule = "constant"
length = 0.02
[run]
iterations = 12
)";
  for (const char* fault : {"sigmoid_gate", "literal_value_gradient"})
    for (const char* change : {"{ gate_width = 0.5 }", "{ multiplier_average = 0.0 }"}) {
      const std::string top = std::string("faults = [\"") + fault + "\"]";
      const bool width = std::string(change).find("width") != std::string::npos;
      if (width && std::string(fault) != "sigmoid_gate") continue;  // the active rows have h = 0
      const Trace plain = finished(experiment(tables, {}, top));
      const Trace changed = finished(experiment(
          tables + "[[change]]\niteration = 5\nhypergradient = " + change + "\n", {}, top));
      EXPECT_NE(plain.cell(6, "x_digest"), changed.cell(6, "x_digest")) << fault << change;
    }
}

TEST(Changes, OfFaultsReachTheAlgorithm) {
  const Trace trace = finished(experiment(
      "[algorithm]\nname = \"dsblo\"\nperturbation = 0.01\n[run]\niterations = 10\n[[change]]\n"
      "iteration = 5\nfaults = [\"normalised_perturbation\"]\n"));
  for (long t = 0; t < 10; ++t) {
    const double size = trace.number(static_cast<std::size_t>(t) + 1, "perturbation_norm");
    if (t < 5) {
      EXPECT_LT(size, 0.1) << t;  // 0.01 times 4 normals; fixed seed
    } else {
      EXPECT_NEAR(size, 1, gamma_bound<double>(8)) << t;  // two norms (n = 4) and a quotient
    }
  }
}

TEST(Changes, OfFaultsReachTheReport) {
  const std::string tables =
      "[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"constant\"\nlength = 0.02\ncap = 0.01\n"
      "[run]\niterations = 10\n";
  const Trace plain = finished(experiment(tables));
  for (const auto& [fault, wrong, source] :
       {std::array{"printed_step", "step_applied", "step_requested"},
        {"direct_gap_reported", "gap_reported", "gap_direct"},
        {"objective_gap_reported", "gap_reported", "objective"}}) {
    const Trace changed = finished(experiment(tables + "[[change]]\niteration = 5\nfaults = [\"" +
                                              std::string(fault) + "\"]\n"));
    EXPECT_EQ(differing_columns(plain, changed), std::vector<std::string>{wrong});
    for (std::size_t row = 1; row < 11; ++row)  // row 6 is iteration 5
      EXPECT_EQ(changed.cell(row, wrong), plain.cell(row, row < 6 ? wrong : source)) << fault;
  }
}

TEST(Changes, OfACapAreNotUndoneByTheOldOne) {
  const Trace trace = finished(experiment(
      "[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"constant\"\nlength = 0.02\ncap = 0.01\n"
      "[run]\niterations = 6\n[[change]]\niteration = 3\nstep = { cap = 0.005 }\n"));
  EXPECT_EQ(column(trace, "step_applied"),
            (std::vector<std::string>{"", "0.01", "0.01", "0.01", "0.005", "0.005", "0.005"}));
}

TEST(Changes, OfFaultsThatShapeTheWholeRunAreRefused) {
  for (const char* fault : {"shared_stream", "sticky_status", "swapped_rows"}) {
    const std::string list = std::string("faults = [\"") + fault + "\"]";
    for (const auto& [top, later] :
         {std::pair{std::string(), list}, {list, std::string("faults = []")}}) {
      const Experiment e =
          experiment(noisy_dsblo + "[[change]]\niteration = 5\n" + later + "\n", {}, top);
      try {
        outcome(e);
        ADD_FAILURE() << fault;
      } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("change.faults"), std::string::npos)
            << error.what();
      }
    }
    EXPECT_NO_THROW(outcome(experiment(noisy_dsblo + "[[change]]\niteration = 5\n", {}, list)));
  }
}

// ---- records, tiers, failures ----

std::vector<long> recorded(const std::vector<std::string>& record) {
  std::vector<std::string> all = {"run.iterations=20"};
  all.insert(all.end(), record.begin(), record.end());
  std::vector<long> out;
  for (const auto& cell : column(finished(experiment(noisy_dsblo, all)), "iteration"))
    out.push_back(std::stol(cell));
  return out;
}

TEST(Records, AreTheFirstTheLastAndEveryKth) {
  EXPECT_EQ(recorded({}).size(), 21u);
  EXPECT_EQ(recorded({"record.every=7"}), (std::vector<long>{-1, 0, 7, 14, 19}));
  EXPECT_EQ(recorded({"record.every=50", "record.first=3"}), (std::vector<long>{-1, 0, 1, 2, 19}));
  EXPECT_EQ(recorded({"record.every=50", "record.last=3"}), (std::vector<long>{-1, 0, 17, 18, 19}));
  EXPECT_EQ(recorded({"record.every=8", "record.first=1", "record.last=2"}),
            (std::vector<long>{-1, 0, 8, 16, 18, 19}));
}

TEST(Records, AreRowsOfTheFullTrace) {
  const Trace full = finished(experiment(noisy_dsblo));
  const Trace some = finished(experiment(noisy_dsblo, {"record.every=6"}));
  for (const auto& row : some.rows)
    EXPECT_EQ(row, full.rows[static_cast<std::size_t>(full.row_of(std::stol(row[0])))]);
}

TEST(Tiers, SoftwareDoubleIsDoubleTextForText) {
  for (const std::string algorithm : algorithms) {
    const std::string tables =
        "[algorithm]\n" + algorithm + "\n[noise]\ngradient_std = 0.1\n[run]\niterations = 15\n";
    EXPECT_EQ(trace_text(finished(experiment(tables))),
              trace_text(finished(experiment(tables, {"run.scalar=soft53"}))))
        << algorithm;
  }
}

TEST(Failures, AStepThatDivergesEndsTheRunWithAValidTrace) {
  for (const std::string algorithm : algorithms) {
    const RunOutcome out = outcome(
        experiment("[algorithm]\n" + algorithm +
                   "\n[step]\nrule = \"constant\"\nlength = 1e200\n[run]\niterations = 40\n"));
    ASSERT_EQ(out.end, RunEnd::failed) << algorithm;
    const long failed_at = static_cast<long>(out.trace.rows.size()) - 1;
    EXPECT_EQ(out.failure.rfind("iteration " + std::to_string(failed_at) + ": ", 0), 0u)
        << out.failure;
    EXPECT_EQ(out.summary.iterations, failed_at);
    EXPECT_EQ(out.checkpoint, "");
    EXPECT_NE(out.manifest.find("\"end\": \"failed\""), std::string::npos);
    EXPECT_NO_THROW(parse_trace(trace_text(out.trace), "t"));
    for (const char* name : {"objective", "gap_total"})
      for (std::size_t r = 0; r < out.trace.rows.size(); ++r)
        EXPECT_TRUE(std::isfinite(out.trace.number(r, name)));
  }
}

/// min (x - 5)^2/2 + ..., y^2/2 subject to y <= 1, y >= x: feasible for x <= 1 only.
Instance narrow() {
  return parse_instance(R"({"format": "assay-instance/1", "name": "narrow", "n": 1, "m": 1, "p": 2,
 "upper": {"Qxx": [[1]], "x_target": [5]}, "lower": {"H": [[1]]},
 "constraints": {"A": [[1], [0]], "B": [[-1], [1]], "b": [0, 1]}, "x0": [0]})",
                        "narrow.json");
}

TEST(Failures, AnInfeasibleLowerLevelNamesTheIteration) {
  // x = 0, then x <- x + 0.25 (5 - x) = 1.25: nothing there. Known before the second row is
  // written.
  const Experiment e = experiment(
      "[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"constant\"\nlength = "
      "0.25\n[run]\niterations = 5\n");
  const RunOutcome out = run_experiment(e, narrow());
  EXPECT_EQ(out.end, RunEnd::failed);
  EXPECT_EQ(out.failure, "iteration 0: the lower level is infeasible at this x");
  EXPECT_EQ(column(out.trace, "iteration"), (std::vector<std::string>{"-1"}));
  EXPECT_EQ(out.summary.iterations, 0);
}

TEST(Failures, AStartWithoutALowerLevelIsSaidSo) {
  Instance instance = narrow();
  instance.x0 = ExactMatrix(Mat<double>::Constant(1, 1, 2.0));
  const Experiment e = experiment("[algorithm]\nname = \"ssigd\"\n[run]\niterations = 5\n");
  try {
    run_experiment(e, instance);
    FAIL();
  } catch (const NumericalError& error) {
    EXPECT_STREQ(error.what(),
                 "narrow.json: constraints: no y satisfies them at the starting point: the lower "
                 "level is infeasible");
  }
}

}  // namespace
}  // namespace assay
