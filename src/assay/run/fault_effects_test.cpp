// Every fault, on an experiment where it matters.
#include <cmath>
#include <set>

#include "assay/run/run_test.hpp"

namespace assay {
namespace {

enum class Shows { trajectory, report };

struct FaultSetting {
  const char* fault;
  Shows where;
  const char* tables;
};

#define SSIGD                                                                                 \
  "[algorithm]\nname = \"ssigd\"\nperturbation = 0.0\n[step]\nrule = \"constant\"\nlength = " \
  "0.02\n"
#define DSBLO                                                           \
  "[algorithm]\nname = \"dsblo\"\nperturbation = 0.01\n[step]\nrule = " \
  "\"inverse_momentum\"\ngamma1 = 1\ngamma2 = 20\n"
#define ORACLE(outer, keys)                          \
  "[algorithm]\nname = \"f2csa\"\nouter = \"" outer  \
  "\"\n[step]\nrule = \"constant\"\nlength = 0.01\n" \
  "[hypergradient]\nestimator = \"penalty\"\nalpha = 0.4\n" keys

const FaultSetting settings[] = {
    {"detached_implicit", Shows::trajectory, SSIGD},
    {"dropped_row_term", Shows::trajectory, SSIGD},
    {"regularised_active_set", Shows::trajectory, SSIGD},
    {"swapped_rows", Shows::trajectory, SSIGD},
    // An inexact y misses the rows that it should hold.
    {"slack_only_active_set", Shows::trajectory,
     SSIGD "[lower_level]\nsolver = \"historical\"\nmax_iterations = 20\ncorrections = 0\n"
           "enumeration_rows = 0\n"},
    {"pseudo_neumann", Shows::trajectory, SSIGD},
    {"literal_value_gradient", Shows::trajectory, ORACLE("sgd", "")},
    {"sigmoid_gate", Shows::trajectory, ORACLE("sgd", "")},
    {"ridge", Shows::trajectory, ORACLE("sgd", "")},
    {"hard_constrained_inner", Shows::trajectory, ORACLE("sgd", "")},
    {"skipped_inner_solve", Shows::trajectory, ORACLE("sgd", "")},
    {"independent_samples", Shows::trajectory, ORACLE("sgd", "[noise]\nlower_cross_std = 0.01\n")},
    {"gate_at_inner_point", Shows::trajectory, ORACLE("sgd", "")},
    // The averaged multipliers of rows that have left the active set.
    {"adaptive_smoothing", Shows::trajectory,
     ORACLE("sgd",
            "gate_width = 20\nmultiplier_average = 0.5\n[instance.generator]\nn = 4\nm = 4\n"
            "rows = 5\nactive = 2\nseed = 1\nQyy_scale = 0.5\nstart_distance = 0.5\n")},
    {"new_delta_order", Shows::trajectory, ORACLE("clipped", "")},
    {"per_coordinate_segment", Shows::trajectory, DSBLO},
    {"normalised_perturbation", Shows::trajectory, DSBLO},
    {"unscaled_two_point", Shows::trajectory,
     SSIGD "[hypergradient]\nestimator = \"two_point\"\nradius = 0.1\n"},
    {"printed_step", Shows::report,
     "[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"constant\"\nlength = 0.02\ncap = 0.01\n"},
    // Converged before the first test of the sticky one.
    {"sticky_status", Shows::report,
     "[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"constant\"\nlength = 0.1\n"},
    {"direct_gap_reported", Shows::report, SSIGD},
    {"objective_gap_reported", Shows::report, SSIGD},
    {"shared_stream", Shows::trajectory, DSBLO},
    {"probe_updates_state", Shows::trajectory,
     "[algorithm]\nname = \"dsblo\"\ngradient_average = 0.5\n[probe]\ngradient_every = 5\n"},
    {"damped_cosine", Shows::report, SSIGD "[probe]\ngradient_every = 5\n"},
};

std::string only(const std::string& fault) { return "faults = [\"" + fault + "\"]"; }

TEST(FaultEffects, EveryFaultOfTheRegistryHasASetting) {
  std::set<std::string> known, set;
  for (const FaultInfo& info : fault_registry()) known.insert(info.name);
  for (const FaultSetting& s : settings) EXPECT_TRUE(set.insert(s.fault).second) << s.fault;
  EXPECT_EQ(known, set);
}

TEST(FaultEffects, EveryFaultShowsInTheTraceAndOnlyWhereItMay) {
  for (const FaultSetting& s : settings) {
    const std::vector<std::string> run = {"run.iterations=200", "run.seed=11"};
    const Trace right = finished(experiment(s.tables, run));
    const RunOutcome wrong = outcome(experiment(s.tables, run, only(s.fault)));
    // A fault may drive x away for good; the rows before are a trace all the same.
    const Trace& trace = wrong.trace;
    ASSERT_GT(trace.rows.size(), 3u) << s.fault << ": " << wrong.failure;
    Trace part = right;
    part.rows.resize(trace.rows.size());
    const auto differing = differing_columns(part, trace);
    EXPECT_FALSE(differing.empty()) << s.fault << " is without effect";
    const bool moved = column(part, "x_digest") != column(trace, "x_digest");
    EXPECT_EQ(moved, s.where == Shows::trajectory) << s.fault;
    if (s.where == Shows::report) {
      EXPECT_EQ(differing.size(), 1u) << s.fault;
    }
  }
}

TEST(FaultEffects, WithoutThemTheEstimateIsTheGradient) {
  // Of the first step: |estimate| = |grad F(x0)|, both by the same adjoint system (condition below
  // 1e3) of order 6: 1e3 gamma_{6^3}. No fault of the estimator comes that close.
  const Trace right = finished(experiment(SSIGD, {"run.iterations=1"}));
  const double bound = 1e3 * gamma_bound<double>(216) * right.number(0, "gap_total");
  EXPECT_NEAR(right.number(1, "gradient_norm_raw"), right.number(0, "gap_total"), bound);
  for (const char* fault : {"detached_implicit", "dropped_row_term", "regularised_active_set",
                            "swapped_rows", "pseudo_neumann"}) {
    const Trace wrong = finished(experiment(SSIGD, {"run.iterations=1"}, only(fault)));
    EXPECT_GT(std::abs(wrong.number(1, "gradient_norm_raw") - wrong.number(0, "gap_total")), bound)
        << fault;
  }
}

TEST(FaultEffects, TheCorrectMethodsReachAZeroOfTheGradient) {
  // grad F is linear on the region of an active set, so a constant step contracts by a fixed
  // factor; 5000 steps leave rounding only. F2CSA's oracle keeps its bias, which shrinks with
  // alpha^2.
  const auto last_gap = [](const std::string& tables, const std::vector<std::string>& overrides) {
    std::vector<std::string> all = {"run.iterations=5000", "record.every=5000"};
    all.insert(all.end(), overrides.begin(), overrides.end());
    const Trace trace = finished(experiment(tables, all));
    return trace.number(trace.rows.size() - 1, "gap_total");
  };
  EXPECT_LT(last_gap(SSIGD, {}), 1e-10);
  const double coarse = last_gap(ORACLE("sgd", ""), {"hypergradient.alpha=0.04"});
  const double fine = last_gap(ORACLE("sgd", ""), {"hypergradient.alpha=0.02"});
  EXPECT_GT(coarse / fine, std::exp2(1.9));  // slope 2 +- 0.1 where alpha <= 0.05
  EXPECT_LT(coarse / fine, std::exp2(2.1));
}

}  // namespace
}  // namespace assay
