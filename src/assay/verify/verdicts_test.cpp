#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "assay/diagnose/diagnosis.hpp"
#include "assay/run/run.hpp"
#include "assay/verify/prover.hpp"

// Runs that are easily taken for what they are not: each with the verdict and the causes that its
// what-ifs bear out.
namespace assay {
namespace {

using Ids = std::vector<std::string>;

struct Judged {
  const char* name;
  std::string text;
  const char* verdict;
  Ids causes, designs = {}, reports = {};
  double ball = 0;  ///< radius of the ball that x is kept in, if any
};

std::string planted(int n, int m, int rows, int active, int seed, double condition = 10) {
  return fmt::format(
      "[instance.generator]\nn = {}\nm = {}\nrows = {}\nactive = {}\nseed = {}\nplanted = true\n"
      "condition_H = 10.0\ncondition_Qxx = {:.1f}\nQyy_scale = 0.5\nstart_distance = 0.5\n"
      "multiplier_margin = 1.0\nslack_margin = 1.0\n",
      n, m, rows, active, seed, condition);
}
std::string golden(const std::string& name) {
  return "[instance]\npath = \"instances/" + name + ".json\"\n";
}
std::string run(int iterations, int seed = 1) {
  return fmt::format("[run]\niterations = {}\nseed = {}\n", iterations, seed);
}
std::string constant(const std::string& length, const std::string& more = "") {
  return "[step]\nrule = \"constant\"\nlength = " + length + "\n" + more;
}
const std::string ssigd = "[algorithm]\nname = \"ssigd\"\nperturbation = 0\n";
const std::string f2csa = "[algorithm]\nname = \"f2csa\"\nouter = \"sgd\"\n";

const std::vector<Judged>& judged() {
  static const std::vector<Judged> list = {
      // What grows is no one's design, and no rounding.
      {"noisy_estimates_under_long_steps",
       golden("s20") + "[algorithm]\nname = \"ssigd\"\n" + constant("0.1") +
           "[hypergradient]\nestimator = \"two_point\"\n" + run(300, 0),
       "causes",
       {"two_point"}},
      {"noise_of_the_curvature",
       planted(10, 20, 5, 3, 1) + ssigd + constant("0.08") + "[noise]\nupper_hessian_std = 5\n" +
           run(600),
       "causes",
       {"noise"}},
      // The gap stays where noise, penalty or perturbation are taken away: they do not make it.
      {"short_steps_beside_noise",
       planted(10, 20, 5, 3, 2) + ssigd + constant("1e-5") + "[noise]\ngradient_std = 0.1\n" +
           run(500, 2),
       "causes",
       {"step_rule"}},
      {"long_momentum_beside_noise",
       planted(30, 10, 0, 0, 3) +
           "[algorithm]\nname = \"dsblo\"\nperturbation = 0\naccumulate = true\n"
           "[step]\nrule = \"inverse_momentum\"\ngamma1 = 50\ngamma2 = 20\n"
           "[noise]\ngradient_std = 0.01\n" +
           run(500, 3),
       "causes",
       {"momentum"}},
      // Settings that hold the run back.
      {"emergency",
       planted(10, 20, 5, 3, 1) + f2csa + "emergency_gradient = 1\n" + constant("0.05") +
           "[hypergradient]\nestimator = \"penalty\"\nalpha = 0.01\n" + run(600),
       "causes",
       {"emergency_gradient"}},
      {"difference_too_short",
       planted(10, 20, 5, 3, 2) + ssigd + constant("0.08") +
           "[hypergradient]\nestimator = \"central_difference\"\nstep = 1e-13\n" + run(500, 2),
       "causes",
       {"difference_step"},
       {"rounding"}},
      {"clipped_gradient",
       planted(10, 20, 5, 3, 2) +
           "[algorithm]\nname = \"dsblo\"\nperturbation = 0\ngradient_clip = 1e-3\n"
           "[step]\nrule = \"inverse_momentum\"\ngamma1 = 50\ngamma2 = 40\n" +
           run(500, 2),
       "causes",
       {"gradient_clip"}},
      {"wide_gate",
       planted(5, 5, 3, 2, 1) + f2csa + constant("0.05") +
           "[hypergradient]\nestimator = \"penalty\"\nalpha = 0.1\ngate = \"hard\"\n"
           "gate_width = 1000\n" +
           run(500),
       "causes",
       {"gate"},
       {"penalty"}},
      // Nothing makes a gap that is rounding, or one that still falls fast.
      {"capped_to_rounding",
       golden("s5") + ssigd + constant("0.1", "cap = 0.05\n") + run(500),
       "healthy",
       {},
       {"rounding"}},
      {"capped_and_falling",
       golden("s5") + ssigd + constant("0.1", "cap = 0.05\n") + run(160),
       "healthy",
       {}},
      {"decaying_and_falling",
       planted(3, 8, 8, 2, 9051) + ssigd +
           "[step]\nrule = \"polynomial\"\nlength = 0.1\nquarters = 2\n" + run(1500),
       "healthy",
       {}},
      {"one_variable",
       "[instance.generator]\nn = 1\nm = 1\nrows = 0\nactive = 0\n[algorithm]\nname = \"ssigd\"\n" +
           run(30),
       "healthy",
       {}},
      {"orbit_of_the_clipped_loop",
       planted(20, 8, 3, 2, 124, 1) + "[algorithm]\nname = \"f2csa\"\n" + constant("1e-3") +
           "[hypergradient]\nestimator = \"penalty\"\nalpha = 0.01\n" + run(1000, 24),
       "healthy",
       {},
       {"clipped_orbit"}},
      // It has arrived where the fault says, though without it the run ends at a kink.
      {"fault_before_a_kink",
       "faults = [\"detached_implicit\"]\n[instance.generator]\nn = 8\nm = 3\nrows = 3\n"
       "active = 1\nseed = 31014\nplanted = true\ncondition_H = 10.0\ncondition_Qxx = 3.0\n"
       "Qyy_scale = 1.0\nstart_distance = 1.0\nmultiplier_margin = 0.1\nslack_margin = 0.1\n" +
           ssigd + constant("0.03333333333333333") + run(600, 14),
       "causes",
       {"detached_implicit"}},
      // A start so good that noise or penalty take the run away from it.
      {"noise_from_the_optimum",
       "[instance.generator]\nn = 5\nm = 4\nrows = 0\nactive = 0\nseed = 1\nplanted = true\n"
       "start_distance = 0.0\n" +
           ssigd + constant("0.1") + "[noise]\ngradient_std = 0.01\n" + run(300),
       "healthy",
       {},
       {"noise"}},
      {"penalty_from_the_optimum",
       "[instance.generator]\nn = 5\nm = 4\nrows = 3\nactive = 2\nseed = 1\nplanted = true\n"
       "start_distance = 0.0\n" +
           f2csa + constant("0.1") + "[hypergradient]\nestimator = \"penalty\"\nalpha = 0.1\n" +
           run(300),
       "healthy",
       {},
       {"penalty"}},
      {"difference_too_short_though_digits_help",
       planted(10, 20, 5, 3, 2, 1.5) + ssigd + constant("0.3") +
           "[hypergradient]\nestimator = \"central_difference\"\nstep = 1e-13\n" + run(300, 2),
       "causes",
       {"difference_step"},
       {"rounding"}},
      // A fault that is part of a cure only with a faster step, where the gap falls as it is.
      {"fault_of_no_weight_while_it_falls",
       "faults = [\"regularised_active_set\"]\n[instance.generator]\nn = 20\nm = 2\nrows = 1\n"
       "active = 1\nseed = 896890\nplanted = true\ncondition_H = 10.0\ncondition_Qxx = 10.0\n"
       "start_distance = 1.0\nmultiplier_margin = 0.1\nslack_margin = 0.1\ncoupled = false\n"
       "[algorithm]\nname = \"dsblo\"\nmomentum = 0.5\nperturbation = 1e-6\n"
       "[step]\nrule = \"inverse_momentum\"\ngamma1 = 0\ngamma2 = 80\n" +
           run(300, 75),
       "healthy",
       {}},
      // Other draws end five times lower, as those of other seeds do.
      {"luck_of_the_draws",
       "faults = [\"shared_stream\"]\n" + golden("s5") +
           "[algorithm]\nname = \"dsblo\"\nmomentum = 0.85\nmomentum_start = \"zero\"\n"
           "[step]\nrule = \"inverse_momentum\"\ngamma1 = 20\ngamma2 = 1.02\n"
           "[probe]\ngradient_every = 10\n" +
           run(300, 11),
       "causes",
       {"stability_boundary"}},
      // Steps that the ball cuts short are no wrong prints; a wrong print inside it is.
      {"cut_by_the_ball",
       golden("s5") +
           "[start]\npoint = \"zero\"\n[algorithm]\nname = \"dsblo\"\n"
           "[step]\nrule = \"inverse_momentum\"\ngamma1 = 1\ngamma2 = 10\n" +
           run(500),
       "healthy",
       {},
       {},
       {},
       0.2},
      {"printed_inside_the_ball",
       "faults = [\"printed_step\"]\n" + golden("s5") + ssigd + constant("0.3", "cap = 0.2\n") +
           run(60),
       "healthy",
       {},
       {},
       {"printed_step"},
       1e3},
      // First steps of 1/mu where 2/L is the limit.
      {"inverse_steps_on_an_ill_conditioned_F",
       "[instance.generator]\nn = 5\nm = 20\nrows = 1\nactive = 1\nseed = 15\nplanted = true\n"
       "condition_H = 100.0\ncondition_Qxx = 30.0\nQyy_scale = 1.0\nstart_distance = 0.1\n" +
           ssigd + "[step]\nrule = \"inverse\"\n" + run(300, 15),
       "causes",
       {"step_rule"}},
  };
  return list;
}

class Verdicts : public testing::TestWithParam<std::size_t> {};

TEST_P(Verdicts, AreWhatTheWhatIfsBearOut) {
  const Judged& one = judged()[GetParam()];
  const Experiment e = parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"" + std::string(one.name) + "\"\n" + one.text,
      "verdicts.toml", ASSAY_GOLDEN);
  Instance instance = load_instance(e);
  if (one.ball > 0) {
    instance.x_set.kind = UpperSet::Kind::ball;
    instance.x_set.center = ExactMatrix(instance.n, 1);
    instance.x_set.radius = one.ball;
  }
  DiagnoseOptions options;
  options.iterations = {0};
  options.prover = make_prover(instance);
  const Diagnosis d = diagnose(e, instance, options);
  // Whatever part of the ladder is asked for.
  options.iterations = {5};
  const Diagnosis later = diagnose(e, instance, options);
  EXPECT_EQ(later.verdict, d.verdict);
  EXPECT_EQ(later.ladders.front().iteration, 5);
  EXPECT_EQ(later.findings.size(), d.findings.size());
  Ids causes, designs, reports;
  std::string all;
  for (const Finding& f : d.findings) {
    if (f.role == Role::cause) causes.push_back(f.id);
    if (f.role == Role::design) designs.push_back(f.id);
    if (f.role == Role::report) reports.push_back(f.id);
    all += fmt::format("{} {}: {}\n", to_string(f.role), f.id, f.sentence);
  }
  EXPECT_EQ(d.verdict, one.verdict) << all;
  EXPECT_EQ(causes, one.causes) << all;
  EXPECT_EQ(designs, one.designs) << all;
  EXPECT_EQ(reports, one.reports) << all;
  // What a gap says of the objective holds where x is free.
  if (one.ball > 0) {
    EXPECT_FALSE(d.exchange);
  }
}

INSTANTIATE_TEST_SUITE_P(Runs, Verdicts, testing::Range(std::size_t{0}, judged().size()),
                         [](const auto& info) { return judged()[info.param].name; });

}  // namespace
}  // namespace assay
