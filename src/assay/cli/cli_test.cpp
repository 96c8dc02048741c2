#include <fmt/format.h>

#include <array>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "assay/cli/program_test.hpp"
#include "assay/support/files.hpp"
#include "assay/trace/trace.hpp"

namespace assay {
namespace {

TEST_F(Cli, HelpIsAResult) {
  help_is_a_result({"run", "check", "bless", "compare", "list", "env", "demo"});
}

TEST_F(Cli, TheVersionIsAResult) { the_version_is_a_result(); }

TEST_F(Cli, WhatOnlyTheWholeProgramCanDoIsRefusedByName) {
  for (const std::string command : {"certify", "fuzz", "replay", "diagnose", "explain"}) {
    const std::string refusal = command + " is a command of the program assay, not of assay-core";
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {command}, {command, "--help"}, {command, "x", "--cases", "3"}})
      expect_failure(assay(arguments), 2, refusal);
    EXPECT_EQ(assay({"--help"}).out.find(command), std::string::npos) << command;
  }
}

TEST_F(Cli, AWrongCommandLineIsAUsageError) {
  expect_failure(assay({}), 2, "command line");
  expect_failure(assay({"walk"}), 2, "walk");
  expect_failure(assay({"run"}), 2, "EXPERIMENT");
  expect_failure(assay({"run", "x.toml", "--fast"}), 2, "--fast");
  expect_failure(assay({"check", "--jobs", "0"}), 2, "--jobs");
  expect_failure(assay({"compare", "one.csv"}), 2, "TRACE");
  expect_failure(assay({"list", "everything"}), 2, "everything");
}

TEST_F(Cli, RunLeavesATraceAndItsManifest) { run_leaves_a_trace_and_its_manifest(); }

TEST_F(Cli, SettingsAndScalarOverrideTheFile) {
  const std::string e = experiment("quick", 30).string();

  const Ended ended =
      assay({"run", e, "-o", path("o"), "--set", "run.iterations=7", "--scalar", "soft53"});

  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(read_trace(path("o/quick.soft53.csv")).rows.size(), 8u);
  expect_failure(assay({"run", e, "-o", path("o"), "--set", "run.iteration=7"}), 2, "iteration");
}

TEST_F(Cli, BadInputNamesTheFileAndLeavesNothing) {
  const std::string e = experiment("quick", 3).string();
  expect_failure(assay({"run", path("none.toml"), "-o", path("o")}), 2, "none.toml");
  expect_failure(assay({"run", e, "-o", "/dev/full"}), 2, "/dev/full");
  write_file_atomically(path("golden/instances/s5.json"), "{\"format\": ");
  expect_failure(assay({"run", e, "-o", path("o")}), 2, "s5.json");
  EXPECT_FALSE(fs::exists(path("o")));

  const Ended json = assay({"run", e, "-o", path("o"), "--json"});
  EXPECT_EQ(nlohmann::json::parse(json.out)["code"], 2);
}

// x goes to 1e200, F to 1e400.
constexpr const char* diverging = "[step]\nrule = \"constant\"\nlength = 1e200\n";

TEST_F(Cli, ARunThatFailsSaysSoAndLeavesWhatItHas) {
  const std::string e = experiment("far", 40, diverging).string();

  const Ended ended = assay({"run", e, "-o", path("o"), "--json"});

  expect_failure(ended, 4, e + ": iteration 0: ");
  EXPECT_EQ(nlohmann::json::parse(ended.out)["end"], "failed");
  EXPECT_EQ(read_trace(path("o/far.double.csv")).rows.size(), 1u);
  const auto manifest = nlohmann::json::parse(read_file(path("o/far.double.manifest.json")));
  EXPECT_EQ(manifest["result"]["end"], "failed");
}

TEST_F(Cli, ADemoWithARunThatFailsGoesOnAndFails) {
  const std::string far = experiment("demo-far", 40, diverging).string();
  experiment("demo-near", 5);

  const Ended ended = assay({"demo", "-o", path("o"), "--json"});

  expect_failure(ended, 4, far + ": iteration 0: ");
  EXPECT_EQ(nlohmann::json::parse(ended.out)["runs"].size(), 2u);
  EXPECT_TRUE(fs::exists(path("o/demo-far.double.manifest.json")));
  EXPECT_EQ(read_trace(path("o/demo-near.double.csv")).rows.size(), 6u);
}

TEST_F(Cli, TheFiguresOfARunAreThoseOfItsLastRow) {
  const std::string e = experiment("demo-quick", 5).string();
  const std::string text = assay({"run", e, "-o", path("o")}).out;
  const auto run = nlohmann::json::parse(assay({"run", e, "-o", path("o"), "--json"}).out);
  const std::string table = assay({"demo", "-o", path("o")}).out;
  const auto demo = nlohmann::json::parse(assay({"demo", "-o", path("o"), "--json"}).out);
  const Trace trace = read_trace(path("o/demo-quick.double.csv"));

  const auto last = [&](const char* column) { return trace.number(5, column); };
  std::set<double> figures;
  for (const char* name :
       {"gap_total", "gap_direct", "gap_implicit", "gap_reported", "objective"}) {
    EXPECT_EQ(run[name].get<double>(), last(name)) << name;
    EXPECT_EQ(demo["runs"][0][name].get<double>(), last(name)) << name;
    figures.insert(last(name));
  }
  EXPECT_EQ(figures.size(), 5u);  // or two could be exchanged unseen
  for (const std::string& line :
       {fmt::format("  gap        {:.6e}  (direct {:.6e}, implicit {:.6e})\n", last("gap_total"),
                    last("gap_direct"), last("gap_implicit")),
        fmt::format("  reported   {:.6e}\n", last("gap_reported")),
        fmt::format("  objective  {:.6e}\n", last("objective"))})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  EXPECT_NE(table.find(fmt::format("  {:.6e}  {:.6e}  {:.6e}  {:.6e}  {:>12.5e}  ",
                                   last("gap_total"), last("gap_direct"), last("gap_implicit"),
                                   last("gap_reported"), last("objective"))),
            std::string::npos)
      << table;
}

TEST_F(Cli, TheCommandThatShowsAFailureAgainIsOneForTheShell) {
  const Ended ended = assay({"run", path("it's $HOME.toml"), "-o", path("o")});
  expect_failure(ended, 2, "it's $HOME.toml: cannot read");

  const std::string mark = "\nreproduce: ";
  std::string command = ended.err.substr(ended.err.find(mark) + mark.size());
  command.pop_back();  // its line end
  const std::string folder = fs::path(ASSAY_PROGRAM).parent_path();
  const int status =
      std::system(("PATH='" + folder + "'; " + command + " 2> " + path("again")).c_str());

  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_EQ(read_file(path("again")), ended.err);
}

TEST_F(Cli, AFullDiskUnderStandardOutputIsAFailure) {
  expect_failure(assay({"list"}, "/dev/full"), 2, "standard output");
}

TEST_F(Cli, AnInterruptedRunLeavesAValidTraceAndResumesToTheSameBytes) {
  // Long enough to be met by the signal on any machine; resumed with the same length.
  const long iterations = 20000;
  const std::string e = experiment("long", iterations, "[record]\nevery = 100\n").string();
  const pid_t child = start({"run", e, "-o", path("o"), "--checkpoint-every", "50"});
  while (!fs::exists(path("o/long.double.checkpoint.json")) &&
         waitpid(child, nullptr, WNOHANG) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  kill(child, SIGINT);

  const Ended stopped = wait(child);

  expect_failure(stopped, 130, "interrupted");
  EXPECT_EQ(read_trace(path("o/long.double.csv")).row_of(iterations - 1), -1);
  EXPECT_TRUE(fs::exists(path("o/long.double.manifest.json")));
  EXPECT_EQ(assay({"run", e, "-o", path("o"), "--resume"}).code, 0);
  EXPECT_FALSE(fs::exists(path("o/long.double.checkpoint.json")));
  EXPECT_EQ(assay({"run", e, "-o", path("whole")}).code, 0);
  EXPECT_EQ(read_file(path("o/long.double.csv")), read_file(path("whole/long.double.csv")));
}

TEST_F(Cli, ARunThatIsTerminatedEndsAsOneThatIsInterrupted) {
  const std::string e = experiment("long", 20000, "[record]\nevery = 100\n").string();
  const pid_t child = start({"run", e, "-o", path("o"), "--checkpoint-every", "50"});
  while (!fs::exists(path("o/long.double.checkpoint.json")) &&
         waitpid(child, nullptr, WNOHANG) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  kill(child, SIGTERM);

  expect_failure(wait(child), 130, "interrupted");
  EXPECT_TRUE(fs::exists(path("o/long.double.manifest.json")));
}

/// Whether the process has a handler for the signal.
bool catches(pid_t process, int signal) {
  const std::string status = read_file("/proc/" + std::to_string(process) + "/status");
  const std::string mask = "\nSigCgt:";
  const std::size_t at = status.find(mask);
  return at != std::string::npos &&
         (std::stoull(status.substr(at + mask.size()), nullptr, 16) >> (signal - 1) & 1) != 0;
}

TEST_F(Cli, AnInterruptedCheckReportsWhatItDidNotFinish) {
  // Longer than any machine takes to be met by the signal; nobody waits for its end.
  experiment("long", 200000, "[record]\nevery = 1000\n[golden.double]\n");
  const pid_t child = start({"check"});
  while (!catches(child, SIGINT) && waitpid(child, nullptr, WNOHANG) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  kill(child, SIGINT);

  const Ended stopped = wait(child);

  expect_failure(stopped, 130, "golden: long.double: ");
  EXPECT_NE(stopped.out.find("interrupted  long.double"), std::string::npos) << stopped.out;
  EXPECT_NE(stopped.out.find("0 of 1 passed"), std::string::npos) << stopped.out;
}

TEST_F(Cli, ResumingWithoutACheckpointIsAUsageError) {
  const std::string e = experiment("quick", 3).string();

  expect_failure(assay({"run", e, "-o", path("o"), "--resume"}), 2, "checkpoint.json");
}

TEST_F(Cli, CheckAndBlessCloseTheCircle) { check_and_bless_close_the_circle(); }

/// Today in UTC, as a ledger writes it.
std::string utc_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

TEST_F(Cli, ABlessingIsKeptWithItsDateItsCategoryAndItsReason) {
  experiment("quick", 3, "[golden.double]\n");
  assay({"check"});

  setenv("TZ", "AAA+24", 1);  // it is always yesterday there
  const std::string before = utc_date();
  const Ended blessed =
      assay({"bless", "quick.double", "--reason", "because", "--category", "bug_fix", "--json"});
  const std::string after = utc_date();
  unsetenv("TZ");

  ASSERT_EQ(blessed.code, 0) << blessed.err;
  const auto told = nlohmann::json::parse(blessed.out)["cases"][0];
  const auto kept = nlohmann::json::parse(
      read_file(path("golden/ledger.json")))["cases"]["quick.double"]["history"][0];
  for (const auto& json : {told, kept}) {
    EXPECT_TRUE(json["date"] == before || json["date"] == after) << json;
    EXPECT_EQ(json["category"], "bug_fix");
    EXPECT_EQ(json["reason"], "because");
    EXPECT_EQ(json["new"], sha256(read_file(path("golden/traces/quick.double.csv"))));
  }
}

TEST_F(Cli, CompareMeasuresInTheCoarserTierOfTheFileNames) {
  // The second number is 1 in double.
  const std::string one = "iteration,gap\n0,1\n",
                    more = "iteration,gap\n0,1.0000000000000000000000001\n";
  for (const char* name : {"x.double.csv", "x.real50.csv", "a.csv"})
    write_file_atomically(path(name), one);
  for (const char* name : {"y.double.csv", "y.real50.csv", "b.csv"})
    write_file_atomically(path(name), more);

  EXPECT_EQ(assay({"compare", path("x.double.csv"), path("y.real50.csv")}).code, 0);
  EXPECT_EQ(assay({"compare", path("x.real50.csv"), path("y.double.csv")}).code, 0);
  EXPECT_EQ(assay({"compare", path("x.real50.csv"), path("y.real50.csv")}).code, 1);
  EXPECT_EQ(assay({"compare", path("a.csv"), path("b.csv")}).code, 0);
  EXPECT_EQ(assay({"compare", path("a.csv"), path("b.csv"), "--scalar", "real50"}).code, 1);
  EXPECT_EQ(
      assay({"compare", path("x.real50.csv"), path("y.real50.csv"), "--scalar", "double"}).code, 0);
}

TEST_F(Cli, CompareTellsWhereTracesPart) {
  write_file_atomically(path("a.csv"), "iteration,gap\n0,1\n1,2\n");
  write_file_atomically(path("b.csv"), "iteration,gap\n0,1\n1,3\n");

  EXPECT_EQ(assay({"compare", path("a.csv"), path("a.csv")}).code, 0);
  const Ended differ = assay({"compare", path("a.csv"), path("b.csv")});
  expect_failure(differ, 1, "b.csv");
  EXPECT_NE(differ.out.find("iteration 1, column gap"), std::string::npos);
  const Ended json = assay({"compare", path("a.csv"), path("b.csv"), "--json"});
  EXPECT_EQ(nlohmann::json::parse(json.out)["format"], "assay-compare/1");
  write_file_atomically(path("c.csv"), "gap\n1\n");
  expect_failure(assay({"compare", path("a.csv"), path("c.csv")}), 2, "c.csv: line 1");
}

TEST_F(Cli, ListAndEnvDescribeTheProgram) {
  experiment("quick", 3);

  const Ended all = assay({"list", "--json"});
  ASSERT_EQ(all.code, 0) << all.err;
  const auto json = nlohmann::json::parse(all.out);
  for (const char* topic :
       {"algorithms", "steps", "lower-levels", "hypergradients", "tables", "faults", "scalars"})
    EXPECT_FALSE(json[topic].empty()) << topic;
  EXPECT_EQ(json["experiments"][0]["summary"], "a test");
  EXPECT_EQ(nlohmann::json::parse(assay({"env", "--json"}).out)["format"], "assay-env/1");
}

/// Every default and range, as golden/parameters.txt holds them: a changed one changes what
/// experiments mean that do not state it.
TEST_F(Cli, ParametersAreTheRecordedOnes) {
  const auto json = nlohmann::json::parse(assay({"list", "--json"}).out);
  std::set<std::string> now, recorded;
  for (const auto& [topic, items] : json.items()) {
    if (!items.is_array()) continue;
    for (const auto& item : items)
      for (const auto& p : item.value("parameters", nlohmann::json::array())) {
        const std::string range = p.at("range");
        now.insert(fmt::format("{}.{}.{} = {}{}", topic, item.at("name").get<std::string>(),
                               p.at("key").get<std::string>(), p.at("default").get<std::string>(),
                               range.empty() ? "" : " (" + range + ")"));
      }
  }
  std::istringstream file(read_file(fs::path(ASSAY_GOLDEN) / "parameters.txt"));
  for (std::string line; std::getline(file, line);) recorded.insert(line);
  for (const std::string& line : now) EXPECT_TRUE(recorded.contains(line)) << "new: " << line;
  for (const std::string& line : recorded) EXPECT_TRUE(now.contains(line)) << "gone: " << line;
  EXPECT_GE(now.size(), 190u);
}

TEST_F(Cli, ListPrintsTheParametersOfEntriesAndTables) {
  const Ended nameless = assay({"list", "parameters"});
  expect_failure(nameless, 2, "type assay-core list parameters NAME");
  const std::string tables = assay({"list", "tables"}).out;

  const std::vector<std::array<std::string, 2>> one_key_of_each = {
      {"ssigd", "samples"},       {"generator", "seed"},     {"run", "iterations"},
      {"start", "point"},         {"noise", "gradient_std"}, {"record", "every"},
      {"probe", "gradient_every"}};
  for (const auto& [name, key] : one_key_of_each) {
    const Ended ended = assay({"list", "parameters", name});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_NE(ended.out.find("    " + key + " = "), std::string::npos) << ended.out;
    EXPECT_NE(nameless.err.find(" " + name), std::string::npos) << nameless.err;
    EXPECT_EQ(tables.find("\n  " + name + " ") == std::string::npos, name == "ssigd") << tables;
  }
  expect_failure(assay({"list", "parameters", "sigd"}), 2, "ssigd");
  expect_failure(assay({"list", "parameters", "recrod"}), 2, "record");
  expect_failure(assay({"list", "tables", "run"}), 2, "only with 'parameters'");
}

TEST_F(Cli, DemoPrintsOneLineForEachRun) {
  experiment("demo-a", 5);
  experiment("demo-b", 6);

  const Ended ended = assay({"demo", "-o", path("o")});

  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 4);
  EXPECT_TRUE(fs::exists(path("o/demo-b.double.csv")));
  EXPECT_EQ(nlohmann::json::parse(assay({"demo", "-o", path("o"), "--json"}).out)["runs"].size(),
            2u);
}

}  // namespace
}  // namespace assay
