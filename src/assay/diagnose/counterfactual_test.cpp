#include "assay/diagnose/counterfactual.hpp"

#include <gtest/gtest.h>

#include <set>

namespace assay {
namespace {

Experiment varied_experiment(const std::string& tables) {
  return parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"small\"\n[instance]\npath = \"none.json\"\n" +
          tables + "[run]\niterations = 100\n",
      "small.toml", ".");
}

/// F's curvatures, 1 to 4.
LocalModel model() {
  LocalModel m;
  m.spectrum = Vec<double>(2);
  m.spectrum << 1, 4;
  return m;
}

/// The experiment under that what-if.
Experiment under(const Experiment& e, const std::string& id) {
  for (const Counterfactual& one : counterfactuals(e, model()))
    if (one.id == id) return one.apply(e);
  ADD_FAILURE() << "no what-if " << id;
  return e;
}

std::set<std::string> ids(const Experiment& e) {
  std::set<std::string> all;
  for (const Counterfactual& one : counterfactuals(e, model())) all.insert(one.id);
  return all;
}

TEST(Counterfactuals, OfAPenaltyMethod) {
  const Experiment e = varied_experiment(
      "[algorithm]\nname = \"f2csa\"\nsamples = 3\ngradient_average = 0.5\nmomentum = 0.25\n"
      "[hypergradient]\nestimator = \"penalty\"\nalpha = 0.2\ninner = \"gradient\"\n"
      "multiplier_average = 0.5\n[step]\nrule = \"polynomial\"\nlength = 0.1\ncap = 0.2\n"
      "gap_cap = 3\nfloor = 1e-3\n[lower_level]\nsolver = \"projected_gradient\"\n"
      "[noise]\nlower_cross_std = 0.1\n[probe]\ngradient_every = 5\n");
  EXPECT_EQ(ids(e), (std::set<std::string>{"noise", "gradient_average", "momentum", "samples",
                                           "cap", "gap_cap", "caps", "floor", "decay", "step",
                                           "outer", "lower_level", "multiplier_average",
                                           "inner_solve", "gate", "alpha", "estimator", "probe"}));
  EXPECT_EQ(under(e, "alpha").hypergradient_settings.real("alpha"), 0.1);
  EXPECT_EQ(under(e, "samples").algorithm_settings.integer("samples"), 12);
  EXPECT_EQ(under(e, "inner_solve").hypergradient_settings.text("inner"), "exact");
  EXPECT_EQ(under(e, "gate").hypergradient_settings.text("gate"), "active_set");
  EXPECT_EQ(under(e, "multiplier_average").hypergradient_settings.real("multiplier_average"), 0);
  EXPECT_EQ(under(e, "noise").noise.real("lower_cross_std"), 0);
  EXPECT_EQ(under(e, "outer").algorithm_settings.text("outer"), "sgd");
  EXPECT_EQ(under(e, "lower_level").lower_level, "active_set");
  EXPECT_EQ(under(e, "estimator").hypergradient, "implicit");
  EXPECT_EQ(under(e, "probe").probe.integer("gradient_every"), 0);

  const Experiment caps = under(e, "caps");
  EXPECT_EQ(caps.step_settings.real("cap"), 0);
  EXPECT_EQ(caps.step_settings.real("gap_cap"), 0);
  EXPECT_EQ(under(e, "cap").step_settings.real("gap_cap"), 3);
  EXPECT_EQ(under(e, "gap_cap").step_settings.real("cap"), 0.2);
  EXPECT_EQ(under(e, "floor").step_settings.real("floor"), 0);
  const Experiment decay = under(e, "decay");
  EXPECT_EQ(decay.step, "constant");
  EXPECT_EQ(decay.step_settings.real("length"), 0.1);
  // 1/L with L = 4.
  const Experiment step = under(e, "step");
  EXPECT_EQ(step.step, "constant");
  EXPECT_EQ(step.step_settings.real("length"), 0.25);
  EXPECT_EQ(step.algorithm_settings.real("gradient_average"), 0);
  EXPECT_EQ(step.algorithm_settings.real("momentum"), 0);
}

/// The limit without averages is 2: gamma_2 = 1.5 * 4 / 2.
TEST(Counterfactuals, OfDsblo) {
  const Experiment e = varied_experiment(
      "[algorithm]\nname = \"dsblo\"\norder = \"legacy\"\nmomentum = 0\nperturbation = 0.5\n"
      "gradient_clip = 2\n[step]\nrule = \"inverse_momentum\"\ngamma1 = 1\ngamma2 = 1\n");
  EXPECT_EQ(ids(e),
            (std::set<std::string>{"perturbation", "gradient_clip", "samples", "gamma2", "step"}));
  EXPECT_EQ(under(e, "gamma2").step_settings.real("gamma2"), 3);
  EXPECT_EQ(under(e, "perturbation").algorithm_settings.real("perturbation"), 0);
  EXPECT_EQ(under(e, "gradient_clip").algorithm_settings.real("gradient_clip"), 0);
}

/// F's own smallest curvature is 1.
TEST(Counterfactuals, OfInverseSteps) {
  for (const char* rule : {"inverse", "adjusted_inverse"}) {
    const Experiment e = varied_experiment("[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"" +
                                           std::string(rule) + "\"\nmu = 200\n");
    const Experiment with_mu = under(e, "mu");
    EXPECT_EQ(with_mu.step, "inverse");
    EXPECT_EQ(with_mu.step_settings.real("mu"), 1);
  }
}

Experiment descent() {
  return parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"one\"\n[instance]\npath = "
      "\"instances/one-dimensional.json\"\n[algorithm]\nname = \"ssigd\"\nperturbation = 0\n"
      "[start]\npoint = \"zero\"\n[step]\nrule = \"constant\"\nlength = 0.05\n[run]\niterations = "
      "30\n",
      "one.toml", ASSAY_GOLDEN);
}

/// F'' = 4: steps of 0.05 shrink the gap by 0.8 each, and a change of 15 more steps by 28. Nothing
/// but all of `needed` such changes together brings it to within 2 of its best; another does
/// nothing, and is no part of it.
TEST(SmallestCures, MayTakeAnyNumberOfChanges) {
  const Experiment e = descent();
  const Instance instance = load_instance(e);
  const double level = ending_of(e, instance).level;
  for (std::size_t needed = 1; needed <= 5; ++needed) {
    std::vector<Candidate> list;
    std::vector<std::string> ids;
    for (std::size_t k = 0; k < needed; ++k) {
      ids.push_back(std::string(1, static_cast<char>('a' + k)));
      list.push_back({{ids.back(), "more steps", {}, [](const Experiment& before) {
                         Experiment after = before;
                         after.iterations += 15;
                         return after;
                       }}});
      list.back().alone = ending_of(list.back().change.apply(e), instance).level;
    }
    list.insert(list.begin() + 1,
                {{"nothing", "", {}, [](const Experiment& x) { return x; }}, level});
    for (const int jobs : {1, 7})
      EXPECT_EQ(smallest_cures(e, instance, level, list, jobs),
                (std::vector<std::vector<std::string>>{ids}))
          << needed;
  }
}

/// What one of two does the other does too: both are cures. What nothing helps has none.
TEST(SmallestCures, AreAllThatAreSmallest) {
  const Experiment e = descent();
  const Instance instance = load_instance(e);
  const double level = ending_of(e, instance).level;
  const auto to = [&](const std::string& id, long iterations) {
    Candidate one{{id, "as many steps", {}, [iterations](const Experiment& before) {
                     Experiment after = before;
                     after.iterations = iterations;
                     return after;
                   }}};
    one.alone = ending_of(one.change.apply(e), instance).level;
    return one;
  };
  using Cures = std::vector<std::vector<std::string>>;
  for (const int jobs : {1, 2, 7})
    EXPECT_EQ(smallest_cures(e, instance, level, {to("b", 45), to("few", 31), to("c", 45)}, jobs),
              (Cures{{"b"}, {"c"}}));
  EXPECT_EQ(smallest_cures(e, instance, level, {to("few", 31)}), Cures{});
  EXPECT_EQ(smallest_cures(e, instance, level, {}), Cures{});
}

}  // namespace
}  // namespace assay
