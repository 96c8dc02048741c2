// A run that was stopped and gone on with is the same run.
#include <nlohmann/json.hpp>

#include "assay/run/run_test.hpp"
#include "assay/run/version.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace {

struct Stateful {
  const char* name;
  const char* top;
  const char* tables;
};

// Together they use every piece of state that a run has.
const Stateful experiments[] = {
    {"ssigd", "", R"([algorithm]
name = "ssigd"
momentum = 0.5
samples = 2
perturbation = 0.01
[step]
rule = "armijo"
keep = true
first = 4.0
cap = 0.4
cap_shrink = 0.7
stall_window = 2
[noise]
gradient_std = 0.05
lower_linear_std = 0.01
objective_std = 1e-3
[probe]
gradient_every = 2
)"},
    {"ssigd_line_search", "", R"([algorithm]
name = "ssigd"
deterministic = true
direction_scale = 0.3
[step]
rule = "armijo"
[lower_level]
solver = "projected_gradient"
tolerance = 1e-4
[probe]
gradient_every = 3
)"},
    {"dsblo", "", R"([algorithm]
name = "dsblo"
gradient_average = 0.6
momentum = 0.8
samples = 2
perturbation = 0.01
[step]
rule = "inverse_momentum"
gamma1 = 1
gamma2 = 2
cap = 0.3
gap_cap = 0.5
cap_shrink = 0.5
stall_window = 2
[noise]
gradient_std = 0.05
[probe]
gradient_every = 2
[[change]]
iteration = 4
algorithm = { momentum = 0.7 }
[[change]]
iteration = 7
step = { gamma2 = 3 }
)"},
    {"dsblo_legacy", "faults = [\"shared_stream\", \"probe_updates_state\"]", R"([algorithm]
name = "dsblo"
order = "legacy"
gradient_average = 0.6
momentum_start = "zero"
[lower_level]
solver = "projected_gradient"
tolerance = 1e-3
[noise]
gradient_std = 0.05
[probe]
gradient_every = 3
)"},
    {"f2csa_adam", "faults = [\"adaptive_smoothing\", \"sigmoid_gate\", \"sticky_status\"]",
     R"([algorithm]
name = "f2csa"
outer = "adam"
samples = 2
gradient_average = 0.5
[hypergradient]
estimator = "penalty"
alpha = 0.3
multiplier_average = 0.6
gate_width = 0.01
[step]
rule = "constant"
length = 0.05
[noise]
lower_cross_std = 0.01
[probe]
gradient_every = 2
[[change]]
iteration = 5
hypergradient = { alpha = 0.2 }
)"},
    {"f2csa_clipped", "", R"([algorithm]
name = "f2csa"
outer = "clipped"
clip_radius = 0.05
block = 3
gradient_average = 0.3
[hypergradient]
estimator = "penalty"
alpha = 0.2
multiplier_average = 0.6
inner = "gradient"
inner_steps = 5
[step]
rule = "constant"
length = 0.05
[probe]
gradient_every = 2
)"},
    {"f2csa_sgd", "faults = [\"ridge\"]", R"([algorithm]
name = "f2csa"
outer = "sgd"
momentum = 0.7
[step]
rule = "armijo"
keep = true
)"},
    // Emergencies in the iterations 0, 1, 2: checkpoints lie between them and behind them.
    {"f2csa_clipped_emergency", "", R"([algorithm]
name = "f2csa"
outer = "clipped"
clip_radius = 0.05
emergency_gradient = 1e-9
[step]
rule = "constant"
length = 0.05
)"},
    {"f2csa_sgd_emergency", "", R"([algorithm]
name = "f2csa"
outer = "sgd"
emergency_gradient = 1e-9
[step]
rule = "constant"
length = 0.05
)"},
};

constexpr long iterations = 9;

class Resume : public testing::TestWithParam<const char*> {};

TEST_P(Resume, StoppedAtAnyIterationLeavesTheSameBytes) {
  for (const Stateful& s : experiments) {
    const Experiment e = experiment(
        s.tables,
        {"run.iterations=" + std::to_string(iterations), "run.scalar=" + std::string(GetParam()),
         "run.seed=5", "instance.generator.seed=1"},
        s.top);
    const Instance instance = load_instance(e);
    const RunOutcome whole = run_experiment(e, instance);
    ASSERT_EQ(whole.end, RunEnd::finished) << s.name << ": " << whole.failure;

    // A checkpoint after every iteration but the last costs one run; going on is the other part.
    std::vector<std::string> checkpoints;
    RunControl saving;
    saving.checkpoint_every = 1;
    saving.save_checkpoint = [&](const std::string& text) { checkpoints.push_back(text); };
    EXPECT_EQ(run_experiment(e, instance, saving).manifest, whole.manifest) << s.name;
    ASSERT_EQ(checkpoints.size(), static_cast<std::size_t>(iterations) - 1) << s.name;
    for (std::size_t k = 0; k < checkpoints.size(); ++k) {
      RunControl control;
      control.resume = checkpoints[k];
      const RunOutcome rest = run_experiment(e, instance, control);
      EXPECT_EQ(trace_text(rest.trace), trace_text(whole.trace)) << s.name << " after " << k;
      EXPECT_EQ(rest.manifest, whole.manifest) << s.name << " after " << k;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Scalars, Resume, testing::Values("double", "soft53", "real50"),
                         [](const auto& info) { return std::string(info.param); });

class Checkpoint : public testing::Test {
 protected:
  Experiment make(const std::vector<std::string>& overrides = {}) {
    std::vector<std::string> all = {"run.iterations=6"};
    all.insert(all.end(), overrides.begin(), overrides.end());
    return experiment("[algorithm]\nname = \"dsblo\"\n", all);
  }
  /// The run stopped before its first iteration.
  RunOutcome stopped(const Experiment& e, const std::string& resume = "") {
    const StopFlag stop{1};
    RunControl control;
    control.stop = &stop;
    control.resume = resume;
    return outcome(e, control);
  }
  std::string refusal(const Experiment& e, const Instance& instance,
                      const std::string& checkpoint) {
    RunControl control;
    control.resume = checkpoint;
    try {
      run_experiment(e, instance, control);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }
};

TEST_F(Checkpoint, OfARunStoppedBeforeItsFirstStep) {
  const RunOutcome early = stopped(make());
  EXPECT_EQ(early.end, RunEnd::interrupted);
  EXPECT_EQ(column(early.trace, "iteration"), (std::vector<std::string>{"-1"}));
  EXPECT_EQ(early.summary.iterations, 0);
  RunControl control;
  control.resume = early.checkpoint;
  EXPECT_EQ(outcome(make(), control).manifest, outcome(make()).manifest);
}

TEST_F(Checkpoint, StoppingAgainAtOnceLosesNothing) {
  std::string third;
  RunControl saving;
  saving.checkpoint_every = 3;
  saving.save_checkpoint = [&](const std::string& text) {
    if (third.empty()) third = text;
  };
  outcome(make(), saving);
  const RunOutcome again = stopped(make(), third);
  EXPECT_EQ(again.checkpoint, third);
  EXPECT_EQ(again.summary.iterations, 3);
  EXPECT_NE(again.manifest.find("\"iterations\": 3"), std::string::npos) << again.manifest;
}

TEST_F(Checkpoint, OfAnotherRunIsRefused) {
  const Experiment e = make();
  const Instance instance = load_instance(e);
  const std::string text = stopped(e).checkpoint;
  EXPECT_EQ(refusal(e, instance, text), "accepted");
  for (const char* other : {"run.seed=1", "run.iterations=7", "algorithm.momentum=0.5",
                            "step.gamma1=3", "noise.gradient_std=0.1", "faults=[\"printed_step\"]"})
    EXPECT_EQ(refusal(make({other}), instance, text).rfind("checkpoint: experiment: belongs", 0),
              0u)
        << other;
  EXPECT_EQ(refusal(make({"run.scalar=real50"}), instance, text).rfind("checkpoint: ", 0), 0u);
  Instance other = instance;
  other.digest[0] = other.digest[0] == '0' ? '1' : '0';
  EXPECT_EQ(refusal(e, other, text).rfind("checkpoint: instance: belongs", 0), 0u);
}

TEST_F(Checkpoint, OfAnotherVersionOfTheProgramIsRefused) {
  const Experiment e = make();
  const Instance instance = load_instance(e);
  const auto written_by = [text = stopped(e).checkpoint](const std::string& version) {
    auto json = nlohmann::ordered_json::parse(text);
    json.erase("sha256");
    json["identity"]["program_version"] = version;
    json["sha256"] = sha256(json.dump());
    return json.dump();
  };
  EXPECT_EQ(refusal(e, instance, written_by(program_version)), "accepted");
  EXPECT_EQ(refusal(e, instance, written_by("0.0.0")),
            std::string("checkpoint: program_version: belongs to another run (\"0.0.0\", not \"") +
                program_version + "\")");
}

TEST_F(Checkpoint, ThatIsBrokenIsRefused) {
  const Experiment e = make();
  const Instance instance = load_instance(e);
  const std::string text = stopped(e).checkpoint;
  const auto without = [&](const std::string& piece, const std::string& by) {
    std::string out = text;
    const std::size_t at = out.find(piece);
    EXPECT_NE(at, std::string::npos) << piece;
    return out.replace(at, piece.size(), by);
  };
  for (const std::string& broken :
       {std::string("{"), std::string("[]"), std::string("{}"), text.substr(0, text.size() / 2),
        without("assay-checkpoint/1", "assay-checkpoint/2"),
        without("\"dsblo.momentum[0]\"", "\"m\""), without("\"identity\"", "\"identities\""),
        without("\"iteration\": ", "\"iteration\": 6")})
    EXPECT_EQ(refusal(e, instance, broken).rfind("checkpoint", 0), 0u)
        << refusal(e, instance, broken);
}

}  // namespace
}  // namespace assay
