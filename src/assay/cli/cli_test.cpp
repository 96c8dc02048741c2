#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
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

TEST_F(Cli, ResumingWithoutACheckpointIsAUsageError) {
  const std::string e = experiment("quick", 3).string();

  expect_failure(assay({"run", e, "-o", path("o"), "--resume"}), 2, "checkpoint.json");
}

TEST_F(Cli, CheckAndBlessCloseTheCircle) { check_and_bless_close_the_circle(); }

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
