#include "assay/diagnose/ladder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "assay/run/run.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

/// Two variables on each side, no rows, f with every term.
std::string instance_text() {
  return R"({"format": "assay-instance/1", "name": "small", "n": 2, "m": 2, "p": 0,
    "upper": {"Qxx": [[2, 0.5], [0.5, 3]], "Qxy": [[0.25, 0], [0.5, 1]], "Qyy": [[1, 0], [0, 2]],
              "cx": [1, -1], "cy": [0.5, 2]},
    "lower": {"H": [[2, 0.5], [0.5, 1]], "M": [[-1, 0.25], [0.5, -2]], "d": [0.125, -0.5]},
    "x0": [1, 2]})";
}

struct LadderCase {
  Experiment experiment;
  Instance instance;
};

LadderCase small(const std::string& tables, const std::string& top = "") {
  LadderCase c;
  c.instance = parse_instance(instance_text(), "small.json");
  c.experiment = parse_experiment("format = \"assay-experiment/1\"\nname = \"small\"\n" + top +
                                      "[instance]\npath = \"small.json\"\n" + tables +
                                      "[run]\niterations = 12\n",
                                  "small.toml", ".");
  return c;
}

std::vector<std::string> causes_of(const Ladder& ladder) {
  std::vector<std::string> causes;
  for (const Rung& rung : ladder.rungs) causes.push_back(rung.cause);
  return causes;
}

/// Some twenty roundings of numbers below 16 make an estimate of the small problem.
constexpr double small_rounding = 20 * 16 * 0x1p-53;

/// All of the difference but for the rounding of the run: shares add up to 1, and |share| of the
/// rounding is at most its size over that of the difference. Twice, for the doubles they are told
/// in.
void expect_the_rest_is_rounding(const Ladder& ladder, const Rung& rung) {
  EXPECT_LT(ladder.find("rounding")->size, small_rounding);
  EXPECT_LE(std::fabs(rung.share - 1),
            2 * ladder.find("rounding")->size / ladder.error_size + 0x1p-52);
}

void expect_identity(const Ladder& ladder) {
  EXPECT_LE(ladder.identity_error, ladder.identity_bound) << "iteration " << ladder.iteration;
  EXPECT_EQ(ladder.truth.size(), ladder.reported.size());
  double shares = 0;
  for (const Rung& rung : ladder.rungs) shares += rung.share;
  // Each share is a rounded double: some ten of them, of sizes up to the largest.
  if (ladder.error_size > 0) {
    double sizes = 0;
    for (const Rung& rung : ladder.rungs) sizes += std::fabs(rung.share);
    EXPECT_NEAR(shares, 1, 0x1p-50 * (1 + sizes) * static_cast<double>(ladder.rungs.size()));
  }
}

TEST(Ladder, OfACorrectMethodHoldsNothingButRounding) {
  const LadderCase c = small(
      "[algorithm]\nname = \"ssigd\"\nperturbation = 0\n[step]\nrule = \"constant\"\nlength = "
      "0.05\n");
  for (const Ladder& ladder : fidelity_ladders(c.experiment, c.instance, {0, 5, 11})) {
    expect_identity(ladder);
    ASSERT_NE(ladder.find("rounding"), nullptr);
    EXPECT_EQ(ladder.find("rounding")->size, ladder.error_size);
    EXPECT_LT(ladder.error_size, small_rounding);
    EXPECT_EQ(ladder.find("evaluation_point")->size, 0);
    EXPECT_EQ(ladder.rungs.size(), 2U);
  }
}

TEST(Ladder, TheDetachedPartIsTheImplicitOne) {
  const LadderCase c =
      small("[algorithm]\nname = \"dsblo\"\norder = \"legacy\"\nperturbation = 0\n",
            "faults = [\"detached_implicit\"]\n");
  for (const Ladder& ladder : fidelity_ladders(c.experiment, c.instance, {0, 3})) {
    expect_identity(ladder);
    const Rung* rung = ladder.find("detached_implicit");
    ASSERT_NE(rung, nullptr);
    // One rounding of the sum of both parts, one of its difference from the direct part.
    for (Index i = 0; i < 2; ++i)
      EXPECT_LE(magnitude(Real50(rung->delta[i] + ladder.implicit[i])),
                unit_roundoff<Real50>() * (magnitude(ladder.truth[i]) + magnitude(rung->delta[i])));
    expect_the_rest_is_rounding(ladder, *rung);
    EXPECT_EQ(ladder.rungs.back().cause, "detached_implicit");
  }
}

TEST(Ladder, EachPartOfASamplingMethodHasItsRung) {
  const LadderCase c = small(
      "[algorithm]\nname = \"dsblo\"\nperturbation = 0.01\nsamples = 3\ngradient_clip = 0.5\n"
      "[noise]\ngradient_std = 0.1\n");
  const auto ladders = fidelity_ladders(c.experiment, c.instance, {0, 1, 7});
  for (const Ladder& ladder : ladders) {
    expect_identity(ladder);
    EXPECT_EQ(causes_of(ladder), (std::vector<std::string>{"rounding", "noise", "perturbation",
                                                           "gradient_clip", "evaluation_point"}));
    EXPECT_GT(ladder.find("noise")->size, 0);
    EXPECT_GT(ladder.find("perturbation")->size, 0);
  }
}

TEST(Ladder, AFixedPerturbationHasItsRung) {
  const LadderCase c = small(
      "[algorithm]\nname = \"ssigd\"\nperturbation = 0.01\n[step]\nrule = \"constant\"\nlength = "
      "0.05\n");
  for (const Ladder& ladder : fidelity_ladders(c.experiment, c.instance, {0, 9})) {
    expect_identity(ladder);
    // q moves y by H^-1 q, and the estimate by (Qxy + J'Qyy) of that: of the size of q, two draws
    // of deviation 0.01; a hundredth of one is not rounding.
    EXPECT_GT(ladder.find("perturbation")->size, 1e-4);
    expect_the_rest_is_rounding(ladder, *ladder.find("perturbation"));
  }
}

TEST(Ladder, APenaltyMethodFallsIntoItsParts) {
  const LadderCase c = small(
      "[algorithm]\nname = \"f2csa\"\nouter = \"sgd\"\n[hypergradient]\nestimator = \"penalty\"\n"
      "alpha = 0.3\ninner = \"gradient\"\ninner_steps = 3\n",
      "faults = [\"ridge\"]\n");
  for (const Ladder& ladder : fidelity_ladders(c.experiment, c.instance, {0, 4})) {
    expect_identity(ladder);
    EXPECT_EQ(causes_of(ladder), (std::vector<std::string>{"rounding", "evaluation_point", "ridge",
                                                           "inner_solve", "gate", "penalty"}));
    EXPECT_GT(ladder.find("ridge")->size, 0);
    EXPECT_EQ(ladder.find("gate")->size, 0) << "there are no rows";
    EXPECT_GT(ladder.find("penalty")->size, 0) << "f is not affine in y";
  }
}

TEST(Ladder, AnInexactLowerLevelHasItsRung) {
  const LadderCase c = small(
      "[algorithm]\nname = \"ssigd\"\nperturbation = 0\n[lower_level]\nsolver = "
      "\"projected_gradient\"\ntolerance = 0\nmax_iterations = 3\naccept_unconverged = true\n");
  for (const Ladder& ladder : fidelity_ladders(c.experiment, c.instance, {0, 6})) {
    expect_identity(ladder);
    EXPECT_EQ(ladder.rungs.back().cause, "lower_level");
    EXPECT_GT(ladder.rungs.back().size, 0);
  }
}

/// Of all faults of the registry, those of steps, reports and streams have none.
TEST(Ladder, EveryFaultOfTheEstimatorHasItsRung) {
  const std::set<std::string> elsewhere = {
      "new_delta_order",        "printed_step",  "sticky_status",       "direct_gap_reported",
      "objective_gap_reported", "shared_stream", "probe_updates_state", "damped_cosine"};
  const std::map<std::string, std::string> methods = {
      {"implicit", "[algorithm]\nname = \"ssigd\"\n"},
      {"all", "[algorithm]\nname = \"ssigd\"\n"},
      {"penalty", "[algorithm]\nname = \"f2csa\"\n"},
      {"f2csa", "[algorithm]\nname = \"f2csa\"\n"},
      {"dsblo", "[algorithm]\nname = \"dsblo\"\n"},
      {"two_point", "[algorithm]\nname = \"ssigd\"\n[hypergradient]\nestimator = \"two_point\"\n"}};
  for (const FaultInfo& info : fault_registry()) {
    const std::string method = info.acts_on.substr(0, info.acts_on.find(' '));
    const LadderCase c = small(methods.at(method), "faults = [\"" + info.name + "\"]\n");
    long rungs = 0;
    for (const Fidelity& f : fidelities(c.experiment)) rungs += f.cause == info.name;
    EXPECT_EQ(rungs, elsewhere.contains(info.name) ? 0 : 1) << info.name;
  }
}

/// Noise of each iteration and steps 1/(mu (t+1)): what is drawn and taken at t has to be that of
/// t, wherever the run is gone on with.
TEST(Continuation, GoesOnWithTheDrawsAndStepsOfItsIterations) {
  const LadderCase c = small(
      "[algorithm]\nname = \"ssigd\"\nperturbation = 0\n[step]\nrule = \"inverse\"\nmu = 20\n"
      "[noise]\ngradient_std = 0.1\n");
  Experiment precise = c.experiment;
  precise.scalar = "real50";
  const Trace in_digits = run_experiment(precise, c.instance).trace;
  const Continuation whole = continue_in_50_digits(c.experiment, c.instance, 12);
  ASSERT_EQ(whole.gaps.size(), 12U);
  // A text of 50 digits and its number, each rounded to double once.
  for (std::size_t t = 0; t < 12; ++t)
    EXPECT_NEAR(whole.gaps[t], in_digits.number(t + 1, "gap_mapping"), whole.gaps[t] * 0x1p-52);

  const RunOutcome in_double = run_experiment(c.experiment, c.instance);
  const Continuation end = continue_in_50_digits(c.experiment, c.instance, 5);
  ASSERT_EQ(end.gaps.size(), 5U);
  // Twelve estimates with their roundings, none of them enlarged by steps of at most 1/20 on
  // curvatures up to 21, and the curvature once more in the gap.
  constexpr double rounding = 12 * small_rounding * 21;
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_NEAR(end.gaps[k], in_double.trace.number(8 + k, "gap_mapping"), rounding) << k;
  for (Index i = 0; i < 2; ++i) EXPECT_NEAR(end.x[i], in_double.summary.x[i], rounding);
  EXPECT_GT(std::fabs(end.gaps[4] - end.gaps[3]), 1e3 * rounding) << "the noise shows";
}

TEST(Ladder, StandsOnARunInDouble) {
  LadderCase c = small("[algorithm]\nname = \"ssigd\"\n");
  c.experiment.scalar = "real50";
  EXPECT_THROW(fidelity_ladders(c.experiment, c.instance, {0}), InputError);
}

TEST(Ladder, IterationsAreLogSpacedWithBothEnds) {
  EXPECT_EQ(ladder_iterations(0), std::vector<long>{});
  EXPECT_EQ(ladder_iterations(1), std::vector<long>{0});
  EXPECT_EQ(ladder_iterations(3), (std::vector<long>{0, 1, 2}));
  EXPECT_EQ(ladder_iterations(61), (std::vector<long>{0, 1, 2, 5, 10, 20, 50, 60}));
}

}  // namespace
}  // namespace assay
