#include "assay/run/experiment.hpp"

#include <gtest/gtest.h>

#include "assay/support/error.hpp"

namespace assay {
namespace {

const std::string smallest = R"(format = "assay-experiment/1"
name = "small"
[instance]
path = "../instances/s5.json"
[algorithm]
name = "ssigd"
[step]
rule = "constant"
)";

Experiment parsed(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_experiment(text, "t.toml", "golden/experiments", overrides);
}

std::string experiment_error(const std::string& text,
                             const std::vector<std::string>& overrides = {}) {
  try {
    parsed(text, overrides);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "accepted";
}

std::string replaced(const std::string& piece, const std::string& replacement) {
  std::string text = smallest;
  const std::size_t at = text.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  return text.replace(at, piece.size(), replacement);
}

TEST(Experiment, FillsInEveryDefault) {
  const Experiment e = parsed(smallest);

  EXPECT_EQ(e.name, "small");
  EXPECT_EQ(e.instance_written, "../instances/s5.json");
  EXPECT_EQ(e.instance_path, "golden/instances/s5.json");
  EXPECT_EQ(e.algorithm, "ssigd");
  EXPECT_EQ(e.step, "constant");
  EXPECT_EQ(e.lower_level, "active_set");
  EXPECT_EQ(e.hypergradient, "implicit");
  EXPECT_EQ(e.scalar, "double");
  EXPECT_EQ(e.record.integer("every"), 1);
  EXPECT_EQ(e.noise.real("gradient_std"), 0);
  EXPECT_EQ(e.start.text("point"), "instance");
  EXPECT_TRUE(e.faults.empty());
  EXPECT_TRUE(e.changes.empty());
}

TEST(Experiment, ReadsEveryTable) {
  const Experiment e = parsed(smallest + R"([run]
iterations = 50
seed = 42
scalar = "real50"
[lower_level]
solver = "projected_gradient"
tolerance = 1e-6
[noise]
objective_std = 1
[record]
every = 10
[probe]
gradient_every = 25
[start]
point = "normal"
scale = 0.5
[golden.double]
[golden.soft53]
iterations = 5
[[change]]
iteration = 10
faults = ["dropped_row_term"]
[[change]]
iteration = 20
)");

  EXPECT_EQ(e.iterations, 50);
  EXPECT_EQ(e.seed, 42);
  EXPECT_EQ(e.scalar, "real50");
  EXPECT_EQ(e.lower_level_settings.real("tolerance"), 1e-6);
  EXPECT_EQ(e.noise.real("objective_std"), 1);
  EXPECT_EQ(e.record.integer("every"), 10);
  EXPECT_EQ(e.probe.integer("gradient_every"), 25);
  EXPECT_EQ(e.start.real("scale"), 0.5);
  ASSERT_EQ(e.golden.size(), 2u);
  EXPECT_EQ(e.golden[0].scalar, "double");
  EXPECT_EQ(e.golden[0].iterations, 50);
  EXPECT_EQ(e.golden[1].iterations, 5);
  ASSERT_EQ(e.changes.size(), 2u);
  EXPECT_EQ(e.changes[0].iteration, 10);
  EXPECT_TRUE(e.changes[0].faults.has(Fault::dropped_row_term));
  EXPECT_TRUE(e.changes[1].faults.has(Fault::dropped_row_term));  // still on
  EXPECT_FALSE(e.faults.has(Fault::dropped_row_term));
}

TEST(Experiment, ChangesBuildOnWhatWasInForce) {
  const Experiment e = parsed(smallest + R"(length = 0.5
[[change]]
iteration = 3
step = { length = 0.25 }
[[change]]
iteration = 7
faults = []
)");

  EXPECT_EQ(e.step_settings.real("length"), 0.5);
  EXPECT_EQ(e.changes[0].step.real("length"), 0.25);
  EXPECT_EQ(e.changes[1].step.real("length"), 0.25);
}

TEST(Experiment, AGeneratorStandsForAFile) {
  const Experiment e =
      parsed(replaced("path = \"../instances/s5.json\"", "generator = { n = 3, coupled = false }"));

  ASSERT_TRUE(e.generator);
  EXPECT_EQ(e.generator->integer("n"), 3);
  EXPECT_FALSE(e.generator->flag("coupled"));
  EXPECT_TRUE(e.instance_path.empty());
}

TEST(Experiment, OverridesAreTomlOrBareWords) {
  const Experiment e =
      parsed(smallest, {"run.iterations=7", "run.scalar=soft53", "faults=[\"dropped_row_term\"]",
                        "step.length=1e-3", "instance.path=../other/s5.json"});

  EXPECT_EQ(e.iterations, 7);
  EXPECT_EQ(e.scalar, "soft53");
  EXPECT_TRUE(e.faults.has(Fault::dropped_row_term));
  EXPECT_EQ(e.step_settings.real("length"), 1e-3);
  EXPECT_EQ(e.instance_path, "golden/other/s5.json");
}

TEST(Experiment, TextHoldsEveryValueAndNoFolder) {
  const std::string text = experiment_text(parsed(smallest));

  EXPECT_EQ(experiment_text(parse_experiment(smallest, "/a/b.toml", "/a")), text);
  EXPECT_EQ(text.find("/a"), std::string::npos);
  EXPECT_NE(text.find("\"path\": \"../instances/s5.json\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"gradient_std\": 0.0"), std::string::npos) << text;
  for (const char* change :
       {"run.seed=3", "run.scalar=soft53", "record.every=2", "noise.gradient_std=0.1",
        "start.point=zero", "step.length=0.3", "faults=[\"dropped_row_term\"]",
        "probe.gradient_every=5", "change=[{iteration=5}]"})
    EXPECT_NE(experiment_text(parsed(smallest, {change})), text) << change;
}

TEST(BadExperiment, IsOneLineWithFileAndKey) {
  EXPECT_EQ(
      experiment_error("a = = 1"),
      "t.toml: line 1, column 5: not TOML: Error while parsing value: could not determine value "
      "type");
  EXPECT_EQ(experiment_error(""), "t.toml: format: missing");
  EXPECT_EQ(experiment_error(replaced("experiment/1", "experiment/2")),
            "t.toml: format: is 'assay-experiment/2', must be 'assay-experiment/1'");
  EXPECT_EQ(experiment_error(replaced("\"small\"", "\"a/b\"")),
            "t.toml: name: is 'a/b', must be letters, digits, '-' and '_': it names files");
  EXPECT_EQ(experiment_error(replaced("\"ssigd\"", "\"ssigdd\"")),
            "t.toml: algorithm.name: unknown name 'ssigdd' (did you mean 'ssigd'?)");
  EXPECT_EQ(experiment_error(replaced("name = \"ssigd\"", "")), "t.toml: algorithm.name: missing");
  EXPECT_EQ(experiment_error(replaced("path = \"../instances/s5.json\"", "")),
            "t.toml: instance: must have either 'path' or 'generator'");
  EXPECT_EQ(
      experiment_error(replaced("path = \"../instances/s5.json\"", "generator = { row = 2 }")),
      "t.toml: instance.generator.row: unknown key (did you mean 'rows'?)");
  EXPECT_EQ(experiment_error(smallest + "[runs]\n"),
            "t.toml: runs: unknown key (did you mean 'run'?)");
  EXPECT_EQ(experiment_error(smallest + "[run]\niteration = 5\n"),
            "t.toml: run.iteration: unknown key (did you mean 'iterations'?)");
  EXPECT_EQ(experiment_error(smallest + "[run]\niterations = -1\n"),
            "t.toml: run.iterations: is -1, must be >= 0, <= 1e+09");
  EXPECT_EQ(experiment_error(smallest + "[run]\nscalar = \"float\"\n"),
            "t.toml: run.scalar: is 'float', must be one of double, soft53, real50, real100");
  EXPECT_EQ(experiment_error(smallest + "[noise]\ngradient_std = 1979-05-27\n"),
            "t.toml: noise.gradient_std: must be true or false, a number, a string or a list of "
            "these");
  EXPECT_EQ(experiment_error(smallest + "[noise]\ngradient_std = nan\n"),
            "t.toml: noise.gradient_std: is nan, must be >= 0");
  EXPECT_EQ(experiment_error("faults = [\"rigde\"]\n" + smallest),
            "t.toml: faults: unknown fault 'rigde' (did you mean 'ridge'?)");
  EXPECT_EQ(experiment_error("faults = \"dropped_row_term\"\n" + smallest),
            "t.toml: faults: is \"dropped_row_term\", must be a list of strings");
  EXPECT_EQ(experiment_error("noise = 1\n" + smallest), "t.toml: noise: must be a table");
  EXPECT_EQ(experiment_error(smallest + "[golden.float]\n"), "t.toml: golden.float: unknown key");
  EXPECT_EQ(experiment_error(smallest + "[golden.double]\niterations = -3\n"),
            "t.toml: golden.double.iterations: is -3, must be >= 0");
  EXPECT_EQ(experiment_error(smallest + "[[change]]\niteration = 0\n"),
            "t.toml: change[0].iteration: must be an integer > 0");
  EXPECT_EQ(experiment_error(smallest + "[[change]]\niteration = 5\n[[change]]\niteration = 5\n"),
            "t.toml: change[1].iteration: must be an integer > 5");
  EXPECT_EQ(experiment_error(smallest + "[[change]]\niteration = 5\nstep = { lenght = 1 }\n"),
            "t.toml: change[0].step.lenght: unknown key (did you mean 'length'?)");
  EXPECT_EQ(experiment_error(smallest + "[[change]]\niteration = 5\nfaults = [\"ridge\"]\n"),
            "t.toml: change.faults: 'ridge' acts on penalty, not on ssigd with estimator implicit");
}

TEST(BadExperiment, NoiseOfTheGradientReachesNoDifferenceOfValues) {
  for (const std::string estimator : {"central_difference", "two_point", "shifted_difference"}) {
    for (const std::string key : {"gradient_std", "upper_hessian_std"})
      EXPECT_EQ(experiment_error(smallest,
                                 {"hypergradient.estimator=" + estimator, "noise." + key + "=1"}),
                "t.toml: noise." + key + ": does not reach estimator '" + estimator +
                    "', which sees values of f only: use objective_std");
    EXPECT_EQ(experiment_error(smallest,
                               {"hypergradient.estimator=" + estimator, "noise.objective_std=1"}),
              "accepted");
  }
}

TEST(BadExperiment, OverridesAreCheckedToo) {
  EXPECT_EQ(experiment_error(smallest, {"run.iterations"}),
            "--set: run.iterations: must read KEY=VALUE");
  EXPECT_EQ(experiment_error(smallest, {"=5"}), "--set: must be a dotted key");
  EXPECT_EQ(experiment_error(smallest, {"run..seed=5"}), "--set: run..seed: must be a dotted key");
  EXPECT_EQ(experiment_error(smallest, {"run.seed="}), "--set: run.seed: '' is not a TOML value");
  EXPECT_EQ(experiment_error(smallest, {"run.seed=[1,"}),
            "--set: run.seed: '[1,' is not a TOML value");
  EXPECT_EQ(experiment_error(smallest, {"run.seed=1\nx=2"}),
            "--set: run.seed: '1\\nx=2' is not a TOML value");
  EXPECT_EQ(experiment_error(smallest, {"name.x=5"}), "--set: name.x: 'name' is no table");
  EXPECT_EQ(experiment_error(smallest, {"run.sed=5"}),
            "t.toml: run.sed: unknown key (did you mean 'seed'?)");
  EXPECT_EQ(experiment_error(smallest, {"run.seed=five"}),
            "t.toml: run.seed: is \"five\", must be an integer");
}

TEST(BadExperiment, AnUnreadableFileIsNamed) {
  try {
    read_experiment("/nowhere/t.toml");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "/nowhere/t.toml: cannot read: No such file or directory");
  }
}

}  // namespace
}  // namespace assay
