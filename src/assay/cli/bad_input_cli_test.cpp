// Whatever is wrong with its input, the program says so in one line that begins with the file and
// names the key, ends with the documented exit code, and leaves every file and folder as it was.
#include <map>
#include <nlohmann/json.hpp>

#include "assay/cli/program_test.hpp"
#include "assay/run/run.hpp"
#include "assay/support/small_disk_test.hpp"

namespace assay {
namespace {

constexpr const char* valid_instance = R"({
"format":"assay-instance/1","name":"t","n":2,"m":2,"p":1,
"upper":{"Qxx":[[1,0],[0,1]]},
"lower":{"H":[[2,1],[1,2]],"M":[[1,0],[0,1]],"d":[0,0]},
"constraints":{"A":[[0,0]],"B":[[1,1]],"b":[1],"lower":[0,null]},
"x0":[0.5,0.25]
}
)";

constexpr const char* valid_experiment = R"(format = "assay-experiment/1"
name = "e"
[instance]
path = "i.json"
[algorithm]
name = "ssigd"
[step]
rule = "constant"
length = 0.1
[run]
iterations = 3
)";

std::string with(std::string text, const std::string& piece, const std::string& replacement) {
  const std::size_t at = text.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  return text.replace(at, piece.size(), replacement);
}

std::string up_to(const std::string& text, const std::string& piece) {
  EXPECT_NE(text.find(piece), std::string::npos) << piece;
  return text.substr(0, text.find(piece) + piece.size());
}

/// A folder with an instance i.json and an experiment e.toml on it; results are to go to o.
class BadInput : public Cli {
 protected:
  void SetUp() override {
    Cli::SetUp();
    write_file_atomically(path("i.json"), valid_instance);
    write_file_atomically(path("e.toml"), valid_experiment);
  }

  /// What lies in the folder, but for the streams of the program: names and contents.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      const std::string name = entry.path().lexically_relative(root_).string();
      if (name == "stdout" || name == "stderr") continue;
      found[name] = entry.is_directory() ? "a folder" : read_file(entry.path());
    }
    return found;
  }

  /// @param complaint  how the line goes on behind "error: " and this folder
  void expect_refusal(const std::vector<std::string>& arguments, int code,
                      const std::string& complaint) {
    const auto before = everything();

    const Ended ended = assay(arguments);

    expect_failure(ended, code, path(complaint));
    EXPECT_EQ(ended.err.find(path(complaint)), (program_name() + ": error: ").size()) << ended.err;
    EXPECT_EQ(everything(), before);
  }

  std::vector<std::string> run(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"run", path("e.toml"), "-o", path("o")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  /// The checkpoint after so many iterations of the experiment with some settings changed.
  std::string checkpoint(long after, const std::vector<std::string>& overrides = {}) const {
    const Experiment e = read_experiment(path("e.toml"), overrides);
    std::string first;
    RunControl control;
    control.checkpoint_every = after;
    control.save_checkpoint = [&](const std::string& text) {
      if (first.empty()) first = text;
    };
    run_experiment(e, load_instance(e), control);
    return first;
  }
};

// ---- what the files say ----

struct BadInputCliCase {
  const char* name;
  std::string instance, experiment;
  int code;
  std::string complaint;
  std::vector<std::string> more = {};
};

/// An instance with one piece replaced.
BadInputCliCase instance(const char* name, const std::string& piece, const std::string& replacement,
                         int code, const std::string& complaint) {
  return {name, with(valid_instance, piece, replacement), valid_experiment, code,
          "i.json: " + complaint};
}

/// An experiment with one piece replaced, or with a table added to it.
BadInputCliCase bad_experiment(const char* name, const std::string& piece,
                               const std::string& replacement, const std::string& complaint) {
  return {name, valid_instance, with(valid_experiment, piece, replacement), 2,
          "e.toml: " + complaint};
}
BadInputCliCase added(const char* name, const std::string& table, const std::string& complaint) {
  return {name, valid_instance, valid_experiment + table, 2, "e.toml: " + complaint};
}

const std::vector<BadInputCliCase>& cases() {
  static const std::vector<BadInputCliCase> cases = {
      {"empty_instance", "", valid_experiment, 2, "i.json: the text ends too early"},
      {"truncated_instance", up_to(valid_instance, "[[2,1],[1,"), valid_experiment, 2,
       "i.json: lower.H[1][1]: the text ends too early"},
      instance("nan", "[1,2]]", "[1,NaN]]", 2, "lower.H[1][1]: not JSON: 'NaN'"),
      instance("overflow", "\"d\":[0,0]", "\"d\":[0,1e999]", 2,
               "lower.d[1]: number too large for double"),
      instance("wrong_rows", "\"B\":[[1,1]]", "\"B\":[[1,1],[1,1]]", 2,
               "constraints.B: has 2 entries, must have 1 rows (p)"),
      instance("ragged", "[[2,1],[1,2]]", "[[2,1],[1]]", 2, "lower.H[1]: has 1 entries"),
      instance("text_for_number", "[0.5,0.25]", "[0.5,\"a/b\"]", 2, "x0[1]: is \"a/b\""),
      instance("asymmetric_H", "[[2,1],[1,2]]", "[[2,1],[1.5,2]]", 2, "lower.H[1][0]: is 1.5"),
      instance("indefinite_H", "[[2,1],[1,2]]", "[[2,4],[4,2]]", 4,
               "lower.H: not positive definite: pivot 1 is -6"),
      instance("singular_H", "[[2,1],[1,2]]", "[[1,1],[1,1]]", 4,
               "lower.H: not positive definite: pivot 1 is 0"),
      instance("unknown_instance_key", "\"constraints\"", "\"constrains\"", 2,
               "constrains: unknown key"),
      instance("duplicate_key", "\"M\":[[1,0],[0,1]],", "\"H\":[[1,0],[0,1]],", 2,
               "lower.H: duplicate key"),
      instance("missing_H", "\"H\":[[2,1],[1,2]],", "", 2, "lower.H: missing"),
      instance("other_instance_format", "instance/1", "instance/9", 2, "format: is"),
      instance("crossed_bounds", "\"lower\":[0,null]", "\"lower\":[0,3],\"upper\":[1,2]", 2,
               "constraints.lower[1]: is 3, above the upper bound 2"),
      instance("impossible_row", "\"B\":[[1,1]],\"b\":[1]", "\"b\":[-1]", 4,
               "constraints.b[0]: infeasible: the row is 0 <= -1"),
      // y >= 0 and 4 x1 + y1 + y2 <= 1 where x1 starts at 1/2
      instance("infeasible_at_the_start",
               "\"A\":[[0,0]],\"B\":[[1,1]],\"b\":[1],\"lower\":[0,null]",
               "\"A\":[[4,0]],\"B\":[[1,1]],\"b\":[1],\"lower\":[0,0]", 4,
               "constraints: no y satisfies them at the starting point"),
      instance("no_starting_point", ",\n\"x0\":[0.5,0.25]", "", 2, "x0: is missing"),

      bad_experiment("generator_knob", "path = \"i.json\"",
                     "generator = {n = 2, m = 2, rows = 2, active = 3}",
                     "instance: generator: active: "),
      bad_experiment("not_toml", "iterations = 3", "iterations = = 3",
                     "line 11, column 14: not TOML: "),
      {"truncated_experiment", valid_instance, up_to(valid_experiment, "rule = \"cons"), 2,
       "e.toml: line "},
      bad_experiment("unknown_table", "[run]", "[rum]", "rum: unknown key (did you mean 'run'?)"),
      bad_experiment("unknown_key", "iterations", "iteration", "run.iteration: unknown key"),
      bad_experiment("no_name", "name = \"e\"\n", "", "name: missing"),
      bad_experiment("name_with_a_slash", "\"e\"", "\"../e\"", "name: is '../e', must be"),
      bad_experiment("other_experiment_format", "experiment/1", "experiment/9", "format: is"),
      bad_experiment("no_instance", "path = \"i.json\"", "", "instance: must have either"),
      bad_experiment("generator_out_of_range", "path = \"i.json\"", "generator = {n = 0}",
                     "instance.generator.n: is 0, must be >= 1"),
      bad_experiment("unknown_algorithm", "\"ssigd\"", "\"sigd\"",
                     "algorithm.name: unknown name 'sigd' (did you mean 'ssigd'?)"),
      bad_experiment("unknown_step_rule", "\"constant\"", "\"constnat\"",
                     "step.rule: unknown name 'constnat' (did you mean 'constant'?)"),
      added("unknown_solver", "[lower_level]\nsolver = \"simplex\"\n",
            "lower_level.solver: unknown name 'simplex'"),
      added("unknown_estimator", "[hypergradient]\nestimator = \"guess\"\n",
            "hypergradient.estimator: unknown name 'guess'"),
      bad_experiment("unknown_fault", "name = \"e\"", "name = \"e\"\nfaults = [\"ridgee\"]",
                     "faults: unknown fault 'ridgee' (did you mean 'ridge'?)"),
      bad_experiment("fault_that_cannot_act", "name = \"e\"", "name = \"e\"\nfaults = [\"ridge\"]",
                     "faults: 'ridge' acts on penalty"),
      bad_experiment("out_of_range", "iterations = 3", "iterations = -3",
                     "run.iterations: is -3, must be >= 0"),
      bad_experiment("text_for_integer", "iterations = 3", "iterations = \"three\"",
                     "run.iterations: is \"three\", must be an integer"),
      bad_experiment("nan_for_number", "length = 0.1", "length = nan", "step.length: is nan"),
      added("noise_that_cannot_act", "[noise]\nlower_cross_std = 1\n", "noise.lower_cross_std: "),
      added("change_before_the_start", "[[change]]\niteration = 0\n",
            "change[0].iteration: must be an integer > 0"),

      // What is known only once the run is built.
      added("diverging_lower_level",
            "[lower_level]\nsolver = \"projected_gradient\"\nstep = 1000\n",
            "lower_level.step: is 1000, must be below 2/L"),
      {"solver_without_equalities",
       with(with(valid_instance, "\"p\":1", "\"p\":1,\"q\":1"), "\"lower\":[0,null]",
            "\"E\":[[0,0]],\"G\":[[1,-1]],\"e\":[0]"),
       valid_experiment + std::string("[lower_level]\nsolver = \"historical\"\n"), 2,
       "e.toml: lower_level.solver: 'historical' does not know equality rows"},
      {"unprovable_curvature", with(valid_instance, "[[1,0],[0,1]]", "[[-1,0],[0,1]]"),
       with(valid_experiment, "rule = \"constant\"\nlength = 0.1", "rule = \"inverse\""), 2,
       "e.toml: step.mu: 0 asks for the curvature of F"},
      {"no_projection",
       with(valid_instance, "\"x0\"",
            "\"x_set\":{\"kind\":\"ball\",\"center\":[0,0],\"radius\":1},\"x0\""),
       with(valid_experiment, "\"ssigd\"", "\"f2csa\""), 2,
       "e.toml: algorithm.outer: 'clipped' has no projection"},

      {"unknown_scalar",
       valid_instance,
       valid_experiment,
       2,
       "e.toml: run.scalar: is 'quad', must be one of",
       {"--scalar", "quad"}},
      {"unknown_setting",
       valid_instance,
       valid_experiment,
       2,
       "e.toml: run.iteration: unknown key",
       {"--set", "run.iteration=7"}},
      {"no_checkpoint",
       valid_instance,
       valid_experiment,
       2,
       "o/e.double.checkpoint.json: cannot read: No such file or directory",
       {"--resume"}},
      {"instance_not_there", valid_instance, with(valid_experiment, "i.json", "j.json"), 2,
       "j.json: cannot read: No such file or directory"},
      {"instance_is_a_folder", valid_instance, with(valid_experiment, "i.json", "golden"), 2,
       "golden: cannot read: Is a directory"},
  };
  return cases;
}

void PrintTo(const BadInputCliCase& c, std::ostream* out) { *out << c.name; }

class BadRun : public BadInput, public testing::WithParamInterface<BadInputCliCase> {};

TEST_P(BadRun, IsRefusedInOneLineAndLeavesNothing) {
  const BadInputCliCase& c = GetParam();
  write_file_atomically(path("i.json"), c.instance);
  write_file_atomically(path("e.toml"), c.experiment);

  expect_refusal(run(c.more), c.code, c.complaint);
}

INSTANTIATE_TEST_SUITE_P(Table, BadRun, testing::ValuesIn(cases()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(BadInput, WithoutAFaultItRuns) {
  const Ended ended = assay(run());

  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(read_trace(path("o/e.double.csv")).rows.size(), 4u);
}

TEST_F(BadInput, AnExperimentThatCannotBeRead) {
  expect_refusal({"run", path("none.toml"), "-o", path("o")}, 2,
                 "none.toml: cannot read: No such file or directory");
  expect_refusal({"run", path("golden"), "-o", path("o")}, 2,
                 "golden: cannot read: Is a directory");
}

// ---- where results cannot go ----

TEST_F(BadInput, AnOutputFolderThatIsNone) {
  for (const char* folder : {"i.json", "i.json/o"})
    expect_refusal({"run", path("e.toml"), "-o", path(folder)}, 2,
                   std::string(folder) + ": cannot be written to: Not a directory");
  fs::create_symlink("nowhere", root_ / "link");
  expect_failure(assay({"run", path("e.toml"), "-o", path("link")}), 2,
                 path("link: cannot be written to: No such file or directory"));
  expect_failure(assay({"run", path("e.toml"), "-o", "/dev/full"}), 2,
                 "/dev/full: cannot be written to: Not a directory");
  expect_failure(assay({"run", path("e.toml"), "-o", ""}), 2, "--out: is empty");
}

TEST_F(BadInput, AFullDisk) {
  fs::create_directory(path("o"));
  {
    const SmallDisk full(1024);  // less than the trace takes
    expect_refusal(run(), 2, "o/e.double.csv: cannot write: File too large");
    expect_refusal(run({"--checkpoint-every", "1"}), 2,
                   "o/e.double.checkpoint.json: cannot write: File too large");
  }
  // What was there stays, though it could not be written again.
  write_file_atomically(path("o/e.double.csv"), std::string(4096, 'x'));
  write_file_atomically(path("o/e.double.manifest.json"), std::string(4096, 'y'));
  const SmallDisk full(1024);
  expect_refusal(run(), 2, "o/e.double.csv: cannot write: File too large");
}

TEST_F(BadInput, AFolderInTheWayOfOneResultKeepsTheOther) {
  fs::create_directories(path("o/e.double.manifest.json"));
  expect_refusal(run(), 2, "o/e.double.manifest.json: cannot write: Is a directory");
  write_file_atomically(path("o/e.double.csv"), "an older trace");
  expect_refusal(run(), 2, "o/e.double.manifest.json: cannot write: Is a directory");
  fs::remove_all(path("o"));
  fs::create_directories(path("o/e.double.csv"));
  expect_refusal(run(), 2, "o/e.double.csv: cannot write: Is a directory");
}

TEST_F(BadInput, AReportThatCannotBeWritten) {
  expect_refusal({"check", "--junit", path("none/report.xml")}, 2,
                 "none/report.xml: cannot write: No such file or directory");
}

// ---- checkpoints ----

TEST_F(BadInput, ACheckpointThatDoesNotFit) {
  const std::string name = "o/e.double.checkpoint.json", good = checkpoint(1);
  const auto nested = [](int depth) {
    std::string text = "{\"format\":\"assay-checkpoint/1\",\"sha256\":\"\",";
    for (int i = 0; i < depth; ++i) text += "\"a\":{";
    return text + std::string(static_cast<std::size_t>(depth) + 1, '}');
  };
  auto finished = nlohmann::ordered_json::parse(good);
  finished["iteration"] = 3;
  finished.erase("sha256");
  finished["sha256"] = sha256(finished.dump());
  fs::create_directory(path("o"));
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", ": is not a checkpoint"},
      {"[]", ": is not a checkpoint"},
      {good.substr(0, good.size() / 2), ": state."},
      {nested(100'000), ": a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a: nested too deeply"},
      {with(good, "\"iteration\": 1", "\"iteration\": 2"), ": sha256: does not fit the content"},
      {checkpoint(1, {"run.seed=1"}), ": experiment: belongs to another run"},
      {checkpoint(1, {"run.scalar=soft53"}), ": experiment: belongs to another run"},
      {finished.dump(), ": iteration: the run is already finished"},
  };
  for (const auto& [text, complaint] : bad) {
    write_file_atomically(path(name), text);
    expect_refusal(run({"--resume"}), 2, name + complaint);
  }

  write_file_atomically(path(name), good);
  EXPECT_EQ(assay(run({"--resume"})).code, 0);
}

// ---- other commands ----

TEST_F(BadInput, ATraceThatIsNone) {
  write_file_atomically(path("good.csv"), "iteration,gap\n0,1\n");
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", ": the trace is empty"},
      {"gap\n1\n", ": line 1: the column 'iteration' is missing"},
      {"iteration,iteration\n", ": line 1, column iteration: appears twice"},
      {"iteration,gap\n0,1", ": line 2: no line end"},
      {"iteration,gap\n0\n", ": line 2: 1 cells where the header has 2"},
      {"iteration,gap\nx,1\n", ": line 2, column iteration: 'x' is not an integer"},
      {"iteration,gap\n1,1\n0,1\n", ": line 3, column iteration: 0 does not come after 1"},
  };
  for (const auto& [text, complaint] : bad) {
    write_file_atomically(path("bad.csv"), text);
    expect_refusal({"compare", path("good.csv"), path("bad.csv")}, 2, "bad.csv" + complaint);
    expect_refusal({"compare", path("bad.csv"), path("good.csv")}, 2, "bad.csv" + complaint);
  }
  expect_refusal({"compare", path("good.csv"), path("none.csv")}, 2,
                 "none.csv: cannot read: No such file or directory");
  expect_refusal({"compare", path("good.csv"), path("golden")}, 2,
                 "golden: cannot read: Is a directory");
}

TEST_F(BadInput, AGoldenFolderThatIsBroken) {
  expect_refusal({"check", "--golden", path("none")}, 2, "none/experiments: no such folder");

  const fs::path file = Cli::experiment("quick", 3, "[golden.double]\niterations = 3\n");
  const std::string good = read_file(file);
  write_file_atomically(file, with(good, "iterations", "iteration"));
  expect_refusal({"check"}, 2, "golden: quick: " + file.string() + ": run.iteration: unknown key");
  write_file_atomically(file, good);

  const std::string instance = path("golden/instances/s5.json");
  write_file_atomically(instance, "{\"format\": ");
  expect_refusal({"check"}, 2, "golden: quick.double: " + instance + ": format: the text ends");

  write_file_atomically(path("golden/ledger.json"), "{\"format\": \"assay-ledger/2\"}");
  expect_refusal({"check"}, 2, "golden/ledger.json: cases: missing");
}

}  // namespace
}  // namespace assay
