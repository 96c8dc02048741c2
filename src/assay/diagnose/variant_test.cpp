#include "assay/diagnose/variant.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

/// Two changes: what the first sets is in force in the second too.
Experiment with_changes() {
  return parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"phases\"\nfaults = [\"ridge\"]\n"
      "[instance]\npath = \"none.json\"\n[algorithm]\nname = \"f2csa\"\nouter = \"sgd\"\n"
      "momentum = 0.5\n[hypergradient]\nestimator = \"penalty\"\nalpha = 0.1\n"
      "[step]\nrule = \"constant\"\nlength = 0.1\ncap = 0.05\n"
      "[lower_level]\nsolver = \"projected_gradient\"\n"
      "[noise]\ngradient_std = 0.1\nlower_cross_std = 0.1\n[run]\niterations = 30\n"
      "[[change]]\niteration = 10\nfaults = [\"ridge\", \"sigmoid_gate\"]\n"
      "[change.algorithm]\nmomentum = 0.25\n[change.step]\ncap = 0.02\n"
      "[change.hypergradient]\nalpha = 0.2\n"
      "[[change]]\niteration = 20\n[change.step]\nlength = 0.3\n",
      "phases.toml", ".");
}

TEST(Variant, ASettingChangesInAllPhases) {
  const Experiment e = with_changes();
  const Experiment algorithm = with_algorithm(e, "momentum", 0.0);
  const Experiment step = with_step(e, "cap", 0.0);
  const Experiment hypergradient = with_hypergradient(e, "alpha", 0.4);
  EXPECT_EQ(algorithm.algorithm_settings.real("momentum"), 0);
  EXPECT_EQ(step.step_settings.real("cap"), 0);
  EXPECT_EQ(hypergradient.hypergradient_settings.real("alpha"), 0.4);
  ASSERT_EQ(e.changes.size(), 2U);
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_EQ(algorithm.changes[k].algorithm.real("momentum"), 0) << k;
    EXPECT_EQ(step.changes[k].step.real("cap"), 0) << k;
    EXPECT_EQ(hypergradient.changes[k].hypergradient.real("alpha"), 0.4) << k;
    // Nothing else does.
    EXPECT_EQ(algorithm.changes[k].step.values(), e.changes[k].step.values()) << k;
    EXPECT_EQ(step.changes[k].step.real("length"), e.changes[k].step.real("length")) << k;
  }
}

TEST(Variant, AFaultIsOffInAllPhases) {
  const Experiment e = without_fault(with_changes(), Fault::ridge);
  EXPECT_TRUE(e.faults.empty());
  for (const Change& c : e.changes)
    EXPECT_EQ(c.faults.names(), (std::vector<std::string>{"sigmoid_gate"}));
}

TEST(Variant, NoNoiseIsNoneOfAnyKind) {
  const Experiment e = without_noise(with_changes());
  for (const auto& [key, value] : e.noise.values()) EXPECT_EQ(value, Value(0.0)) << key;
}

TEST(Variant, AnotherEntryOfACatalogueHasItsOwnSettingsInAllPhases) {
  const Experiment e = with_changes();
  const Experiment adjoint = with_estimator(e, "implicit");
  const Experiment steps = with_step_rule(e, "inverse", {{"mu", 3.0}});
  EXPECT_EQ(adjoint.hypergradient, "implicit");
  EXPECT_EQ(steps.step, "inverse");
  EXPECT_EQ(steps.step_settings.real("mu"), 3);
  EXPECT_TRUE(adjoint.hypergradient_settings.values().empty());
  for (const Change& c : adjoint.changes) EXPECT_TRUE(c.hypergradient.values().empty());
  for (const Change& c : steps.changes) EXPECT_EQ(c.step.values(), steps.step_settings.values());
  EXPECT_EQ(with_lower_level(e, "active_set").lower_level, "active_set");
}

TEST(Variant, AValueOfAnyPhaseDiffers) {
  Experiment e = with_changes();
  Settings Experiment::*algorithm = &Experiment::algorithm_settings,
           Experiment::*step = &Experiment::step_settings,
           Experiment::*hypergradient = &Experiment::hypergradient_settings;
  EXPECT_TRUE(differs_anywhere(e, algorithm, "momentum", 0.5));
  EXPECT_TRUE(differs_anywhere(e, step, "cap", 0.05));
  EXPECT_TRUE(differs_anywhere(e, hypergradient, "alpha", 0.1));
  EXPECT_FALSE(differs_anywhere(e, step, "gap_cap", 0.0));
  EXPECT_FALSE(differs_anywhere(e, step, "no such key", 0.0));
}

TEST(Variant, SettingsSayTheDifferenceWhereTheyCan) {
  Experiment e = with_changes();
  EXPECT_TRUE(settings_between(e, with_step(e, "cap", 0.0)).empty());
  e.changes.clear();
  EXPECT_EQ(settings_between(e, with_step(e, "cap", 0.0)),
            (std::vector<std::string>{"step.cap=0"}));
  EXPECT_EQ(settings_between(e, without_fault(e, Fault::ridge)),
            (std::vector<std::string>{"faults=[]"}));
  EXPECT_EQ(settings_between(e, without_noise(e)),
            (std::vector<std::string>{"noise.gradient_std=0", "noise.lower_cross_std=0"}));
  EXPECT_TRUE(settings_between(e, with_estimator(e, "implicit")).empty());
}

}  // namespace
}  // namespace assay
