// assay perf as its users meet it. Times are stored or made up: nothing here depends on how fast
// the machine is.
#include <nlohmann/json.hpp>

#include "assay/cli/program_test.hpp"
#include "assay/perf/history.hpp"

namespace assay {
namespace {

using Json = nlohmann::json;

class Perf : public Cli {
 protected:
  void SetUp() override {
    Cli::SetUp();
    path_before_ = std::getenv("PATH");
    fs::create_directories(root_ / "bin");
  }
  void TearDown() override {
    setenv("PATH", path_before_.c_str(), 1);
    Cli::TearDown();
  }

  Ended perf(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "perf");
    return assay(arguments);
  }
  Ended with_db(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--db", path("h.sqlite")});
    return perf(std::move(arguments));
  }

  std::string script(const std::string& name, const std::string& text) {
    write_file_atomically(root_ / name, "#!/bin/sh\n" + text);
    fs::permissions(root_ / name, fs::perms::owner_all);
    return path(name);
  }

  /// A stand-in for assay_counts that knows two workloads, and one for valgrind that finds the
  /// instructions of each in the file counts.WORKLOAD.
  std::string counts_program(const std::string& compiler = "g++ 12.2.0") {
    script("bin/valgrind",
           "[ \"$1\" = --version ] && exit 0\necho >>'" + path("counted") +
               "'\n"
               "for word; do case $word in --callgrind-out-file=*) out=${word#*=};; esac; done\n"
               "printf 'events: Ir\\ntotals: %s\\n' \"$(cat '" +
               path("counts.") + "'$word)\" >\"$out\"\n");
    setenv("PATH", (path("bin") + ":" + path_before_).c_str(), 1);
    count("alpha", 1000);
    count("beta", 2000);
    return script("stub_counts",
                  "echo with compiler " + compiler + "\necho workload alpha\necho workload beta\n");
  }
  void count(const std::string& workload, long instructions) {
    write_file_atomically(root_ / ("counts." + workload), std::to_string(instructions));
  }
  Ended counts(const std::string& command, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {command, "--counts", path("counts.txt"), "--program",
                                          path("stub_counts")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return perf(arguments);
  }

  /// A stand-in for assay_bench: one bench of nine times around `middle`. The arguments of a
  /// measurement are kept.
  std::string bench(double middle) {
    Json json = {{"benchmarks", Json::array()}};
    for (const double time : around(middle))
      json["benchmarks"].push_back({{"name", "b"},
                                    {"run_name", "b"},
                                    {"run_type", "iteration"},
                                    {"cpu_time", time},
                                    {"time_unit", "ns"}});
    write_file_atomically(root_ / "bench.json", json.dump());
    return script("stub_bench", "case \"$*\" in *list_tests*) echo b; exit;; esac\necho \"$@\" >'" +
                                    path("bench.args") + "'\ncat '" + path("bench.json") + "'\n");
  }
  static std::vector<double> around(double middle) {
    std::vector<double> values;
    for (int i = -4; i <= 4; ++i) values.push_back(middle * (1 + 0.001 * i));
    return values;
  }

  /// A record of the stand-in for assay_bench, made by the program itself.
  void record_bench(double middle) {
    const Ended ended = with_db({"record", "--only", "bench", "--bench", bench(middle)});
    ASSERT_EQ(ended.code, 0) << ended.err;
  }

  /// A stored record of one bench, one run and one count.
  void store(double bench, double run, std::uint64_t count, long iterations = 100,
             const std::string& machine = "m", const std::string& counter = "callgrind") {
    PerfRecord record;
    record.recorded = "2026-01-02T03:04:05Z";
    record.commit = "commit" + std::to_string(++stored_);
    record.machine = machine;
    record.compiler = "g++";
    record.build = "b";
    record.counted_with = {{"counter", counter}};
    record.times = {{"bench/b", around(bench)}, {"run/r", around(run)}};
    record.counts = {{"dot/20", count}};
    record.work = {{"run/r", iterations, iterations, true, 1, 2}};
    History::add(path("h.sqlite"), record);
  }

  static Json of(const Json& list, const std::string& workload) {
    for (const Json& entry : list)
      if (entry["workload"] == workload) return entry;
    return {};
  }

  std::string path_before_;
  int stored_ = 0;
};

TEST_F(Perf, EveryPartHasItsHelp) {
  for (const char* part : {"record", "compare", "history", "check", "accept"})
    EXPECT_EQ(perf({part, "--help"}).code, 0) << part;
  expect_failure(perf({}), 2, "command line");
}

TEST_F(Perf, RecordStoresWhatRunsCountsAndBenchesSay) {
  experiment("quick", 30);
  const Ended ended =
      with_db({"record", "--experiment", "quick", "--repetitions", "5", "--program",
               counts_program(), "--bench", bench(100), "--commit", "abcd1234", "--json"});

  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json json = Json::parse(ended.out);
  EXPECT_EQ(json["format"], "assay-perf/1");
  EXPECT_EQ(json["command"], "record");
  EXPECT_EQ(json["record"], 1);
  EXPECT_EQ(json["runs"], 1);
  EXPECT_EQ(json["benches"], 1);
  EXPECT_EQ(json["counts"], 2);
  const PerfRecord record = History(path("h.sqlite")).read(1);
  EXPECT_EQ(record.commit, "abcd1234");
  EXPECT_EQ(record.build, sha256("program " + sha256(read_file(ASSAY_PROGRAM)) + "\nbench " +
                                 sha256(read_file(root_ / "stub_bench")) + "\ncounts " +
                                 sha256(read_file(root_ / "stub_counts")) + "\n"));
  EXPECT_EQ(record.counts, (Counts{{"alpha", 1000}, {"beta", 2000}}));
  EXPECT_EQ(record.counted_with,
            (CountedWith{{"counter", "callgrind"}, {"compiler", "g++ 12.2.0"}}));
  ASSERT_EQ(record.times.size(), 2u);
  EXPECT_EQ(record.times[0].workload, "bench/b");
  EXPECT_EQ(record.times[0].nanoseconds, around(100));
  EXPECT_EQ(record.times[1].workload, "run/quick");
  EXPECT_EQ(record.times[1].nanoseconds.size(), 5u);
  EXPECT_NE(read_file(root_ / "bench.args").find("--benchmark_repetitions=5"), std::string::npos);

  // SSIGD solves one lower level for each step; the last gap is that of the trace, in its
  // enclosure.
  ASSERT_EQ(record.work.size(), 1u);
  const Work& work = record.work[0];
  EXPECT_EQ(work.workload, "run/quick");
  EXPECT_EQ(work.iterations, 30);
  EXPECT_EQ(work.oracle_calls, 30);
  ASSERT_TRUE(work.proved);
  const Ended run = assay({"run", path("golden/experiments/quick.toml"), "-o", path("o")});
  ASSERT_EQ(run.code, 0) << run.err;
  const Trace trace = read_trace(path("o/quick.double.csv"));
  const double gap = std::stod(trace.cell(trace.rows.size() - 1, "gap_total"));
  EXPECT_LE(work.gap_lower, work.gap_upper);
  EXPECT_NEAR(work.gap_lower, gap, 1e-9 * gap);  // the run's own rounding, far below any change
  EXPECT_NEAR(work.gap_upper, gap, 1e-9 * gap);
}

TEST_F(Perf, RecordRefusesWhatItCannotMeasureOrStore) {
  const std::string db = path("h.sqlite");
  expect_failure(with_db({"record", "--only", "bench", "--bench", path("none")}), 2,
                 path("none") + ": cannot be run");
  expect_failure(with_db({"record", "--only", "bench", "--bench",
                          script("failing", "echo a kink >&2; exit 3\n")}),
                 2, "failing: ended with 3: a kink");
  expect_failure(with_db({"record", "--only", "bench", "--bench", script("mute", "exit 0\n")}), 2,
                 "mute: --benchmark_list_tests: names no bench: nothing");
  expect_failure(with_db({"record", "--only", "bench", "--bench", script("text", "echo Hello\n")}),
                 2, "text: not JSON");
  expect_failure(with_db({"record", "--only", "counts", "--program", path("mute")}), 2,
                 "mute: --list: is not assay_counts");
  expect_failure(with_db({"record", "--only", "counts", "--program", path("none")}), 2,
                 "none: cannot be run");
  expect_failure(with_db({"record", "--only", "nothing"}), 2, "--only");
  expect_failure(with_db({"record", "--repetitions", "4"}), 2, "--repetitions");
  expect_failure(with_db({"record", "--commit", "two words"}), 2, "--commit");
  EXPECT_FALSE(fs::exists(db)) << "nothing was measured, so nothing is left";

  expect_failure(perf({"record", "--db", path("no/h.sqlite")}), 2,
                 "h.sqlite: cannot write: no such folder");
  write_file_atomically(db, std::string(200, 'x'));
  expect_failure(with_db({"record", "--only", "bench", "--bench", bench(1)}), 2,
                 "h.sqlite: is not an SQLite database");
  EXPECT_EQ(read_file(db), std::string(200, 'x'));
  EXPECT_FALSE(fs::exists(root_ / "bench.args")) << "told before anything was measured";
}

TEST_F(Perf, RecordRefusesWhatIsNoGoldenExperimentOrStandsTwice) {
  experiment("quick", 30);
  const auto refused = [&](std::vector<std::string> names, const std::string& why) {
    std::vector<std::string> arguments = {"record", "--only", "runs", "--experiment"};
    arguments.insert(arguments.end(), names.begin(), names.end());
    expect_failure(with_db(arguments), 2, "--experiment: " + why);
    EXPECT_FALSE(fs::exists(root_ / "h.sqlite"));
  };
  refused({"none"}, "'none' is no golden experiment");
  refused({"../experiments/quick"}, "'../experiments/quick' is no golden experiment");
  refused({"quick.toml"}, "'quick.toml' is no golden experiment");
  refused({""}, "'' is no golden experiment");
  refused({"quick", "quick"}, "'quick' stands there twice");
}

TEST_F(Perf, RecordAsksEveryProgramBeforeItMeasures) {
  counts_program();
  const auto refused = [&](std::vector<std::string> more, const std::string& why) {
    std::vector<std::string> arguments = {"record", "--only", "counts", "bench"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_failure(with_db(arguments), 2, why);
    EXPECT_FALSE(fs::exists(root_ / "counted")) << why;
    EXPECT_FALSE(fs::exists(root_ / "bench.args")) << why;
  };
  const std::string program = path("stub_counts"), measuring = bench(100);
  refused({"--program", program, "--bench", path("none")}, "none: cannot be run");
  refused({"--program", program, "--bench", script("old", "echo what >&2; exit 1\n")},
          "old: ended with 1: what");
  refused({"--program", path("none"), "--bench", measuring}, "none: cannot be run");
  script("bin/valgrind", "exit 127\n");
  refused({"--program", program, "--bench", measuring, "--counter", "callgrind"},
          "--counter: valgrind is not installed");
}

/// Google Benchmark ends with 0 and an empty text both times.
TEST_F(Perf, AFilterThatNoBenchPassesIsNamedWithWhatTheProgramSays) {
  const std::string program =
      script("picky", "echo 'Could not compile benchmark re: Unmatched [' >&2\n");
  for (const char* filter : {"[", "nothing"})
    expect_failure(with_db({"record", "--only", "bench", "--bench", program, "--filter", filter}),
                   2,
                   "--filter: '" + std::string(filter) + "' is passed by no bench of " + program +
                       ": Could not compile benchmark re: Unmatched [");
}

TEST_F(Perf, AHistoryThatSQLiteWouldKeepElsewhereIsRefused) {
  const std::string program = bench(100);
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  for (const std::string name : {"", ":memory:", "file:x"}) {
    expect_failure(perf({"record", "--only", "bench", "--bench", program, "--db", name}), 2,
                   "--db: '" + name + "' must name a file");
    expect_failure(perf({"history", "--db", name}), 2, "--db: '" + name + "' must name a file");
  }
  fs::current_path(before);
  EXPECT_FALSE(fs::exists(root_ / "bench.args"));
}

TEST_F(Perf, ATreeWithANewFileIsChanged) {
  counts_program();
  const std::string program = bench(100);
  script("bin/git",
         "case \"$*\" in\n*rev-parse*) echo abcd1234;;\n*untracked-files=no) ;;\n"
         "*status*) cat '" +
             path("status") + "';;\nesac\n");
  for (const auto& [status, commit] :
       {std::pair("", "abcd1234"), {"?? new.cpp\n", "abcd1234-changed"}}) {
    write_file_atomically(root_ / "status", status);
    const Ended ended = with_db({"record", "--only", "bench", "--bench", program, "--json"});
    ASSERT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(Json::parse(ended.out)["commit"], commit);
  }
}

TEST_F(Perf, CheckGatesBothWaysAndAcceptCloses) {
  counts_program();
  expect_failure(counts("check"), 3, "counts.txt: does not exist");
  setenv("CI", "true", 1);
  expect_failure(counts("accept", {"--all", "--reason", "r"}), 2, "CI: is set");
  unsetenv("CI");
  expect_failure(counts("accept", {"--reason", "r"}), 2, "--all");
  expect_failure(counts("accept", {"--all", "--reason", " "}), 2, "--reason");
  EXPECT_FALSE(fs::exists(root_ / "counts.txt"));
  ASSERT_EQ(counts("accept", {"--all", "--reason", "first measured"}).code, 0);
  EXPECT_EQ(counts("check").code, 0);

  count("alpha", 1001);
  EXPECT_EQ(counts("check").code, 0) << "within the limit";
  count("alpha", 1020);
  expect_failure(counts("check"), 1, "counts.txt: alpha: 1020 instructions, accepted are 1000");
  EXPECT_EQ(counts("check", {"beta"}).code, 0);
  count("alpha", 980);
  const Ended fewer = counts("check", {"--json"});
  expect_failure(fewer, 1, "if that is right, accept it");
  const Json json = Json::parse(fewer.out);
  EXPECT_EQ(json["format"], "assay-perf/1");
  EXPECT_EQ(of(json["counts"], "alpha")["verdict"], "fewer");
  EXPECT_EQ(of(json["counts"], "beta")["verdict"], "equal");

  ASSERT_EQ(counts("accept", {"alpha", "--reason", "one pass less"}).code, 0);
  EXPECT_EQ(counts("check").code, 0);
  const AcceptedCounts accepted = read_counts(root_ / "counts.txt");
  EXPECT_EQ(accepted.counts.at("alpha").instructions, 980u);
  EXPECT_EQ(accepted.counts.at("alpha").reason, "one pass less");
  EXPECT_EQ(accepted.counts.at("beta").reason, "first measured");
}

TEST_F(Perf, CheckNamesTheCountThatWentFarthest) {
  counts_program();
  ASSERT_EQ(counts("accept", {"--all", "--reason", "r"}).code, 0);
  count("alpha", 1010);
  count("beta", 4000);
  expect_failure(counts("check"), 1, "beta: 4000 instructions, accepted are 2000");
  count("beta", 1000);
  expect_failure(counts("check"), 1, "beta: 1000 instructions, accepted are 2000");
  count("alpha", 1600);
  expect_failure(counts("check"), 1, "alpha: 1600 instructions");
}

TEST_F(Perf, AFolderForTemporaryFilesThatIsNotThereIsNamed) {
  counts_program();
  ASSERT_EQ(counts("accept", {"--all", "--reason", "r"}).code, 0);
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before ? before : "";
  setenv("TMPDIR", path("none").c_str(), 1);
  expect_failure(counts("check", {"alpha"}), 2, "TMPDIR: ");
  if (before)
    setenv("TMPDIR", kept.c_str(), 1);
  else
    unsetenv("TMPDIR");
}

TEST_F(Perf, WorkloadsThatComeAndGoAreAccepted) {
  counts_program();
  ASSERT_EQ(counts("accept", {"--all", "--reason", "r"}).code, 0);
  count("gamma", 3);
  script("stub_counts", "echo with compiler g++ 12.2.0\necho workload beta\necho workload gamma\n");

  expect_failure(counts("check"), 3, "gamma: has no accepted count; counted are 3 (and 1 more)");
  expect_failure(counts("accept", {"delta", "--reason", "r"}), 2, "'delta' is not counted");
  ASSERT_EQ(counts("accept", {"gamma", "--reason", "new"}).code, 0);
  expect_failure(counts("check"), 3, "alpha: has an accepted count, and is no workload");
  fs::remove(root_ / "counted");
  expect_failure(counts("check", {"alpha"}), 3, "alpha: has an accepted count, and is no workload");
  EXPECT_FALSE(fs::exists(root_ / "counted")) << "there is nothing to be counted";
  expect_failure(counts("check", {"alpha", "beta"}), 3, "alpha: has an accepted count");
  EXPECT_EQ(counts("check", {"beta"}).code, 0);
  expect_failure(counts("check", {"delta"}), 2, "'delta' is not counted");
  ASSERT_EQ(counts("accept", {"alpha", "--reason", "gone"}).code, 0);
  EXPECT_EQ(counts("check").code, 0);
  EXPECT_EQ(instructions_of(read_counts(root_ / "counts.txt")),
            (Counts{{"beta", 2000}, {"gamma", 3}}));
}

TEST_F(Perf, CountsOfAnotherCompilerAreNotCompared) {
  counts_program();
  ASSERT_EQ(counts("accept", {"--all", "--reason", "r"}).code, 0);
  const std::string before = read_file(root_ / "counts.txt");
  counts_program("g++ 13.1.0");
  count("alpha", 5);

  const Ended other = counts("check");
  expect_failure(other, 77, "compiler is 'g++ 13.1.0' here and 'g++ 12.2.0' there");
  expect_failure(counts("accept", {"alpha", "--reason", "r"}), 2, "give --all");
  EXPECT_EQ(read_file(root_ / "counts.txt"), before);
  ASSERT_EQ(counts("accept", {"--all", "--reason", "a new compiler"}).code, 0);
  const AcceptedCounts accepted = read_counts(root_ / "counts.txt");
  EXPECT_EQ(accepted.with.back().second, "g++ 13.1.0");
  EXPECT_EQ(accepted.counts.at("beta").reason, "a new compiler");
  EXPECT_EQ(counts("check").code, 0);
}

TEST_F(Perf, WithoutValgrindNothingIsCompared) {
  counts_program();
  ASSERT_EQ(counts("accept", {"--all", "--reason", "r"}).code, 0);
  script("bin/valgrind", "exit 127\n");
  expect_failure(counts("check"), 77, "valgrind is not installed");
  setenv("CI", "true", 1);
  expect_failure(counts("check"), 2, "valgrind is not installed");
  unsetenv("CI");
}

TEST_F(Perf, AMalformedCountsFileIsNamedAndKept) {
  counts_program();
  const std::string text = "format assay-counts/1\nwith counter callgrind\nalpha many why\n";
  write_file_atomically(root_ / "counts.txt", text);
  expect_failure(counts("check"), 2, "counts.txt: line 3: 'many' is no number");
  expect_failure(counts("accept", {"--all", "--reason", "r"}), 2, "counts.txt: line 3");
  EXPECT_EQ(read_file(root_ / "counts.txt"), text);
}

TEST_F(Perf, CompareGatesOnCounts) {
  store(100, 100, 1000);
  store(100, 100, 1001);
  store(100, 100, 1100);
  EXPECT_EQ(with_db({"compare", "1", "2"}).code, 0);
  expect_failure(with_db({"compare", "commit1", "latest"}), 1, "dot/20: +10.000 %");
  const Ended fewer = with_db({"compare", "3", "1", "--json"});
  EXPECT_EQ(fewer.code, 0) << fewer.err;
  EXPECT_EQ(Json::parse(fewer.out)["counts"][0]["verdict"], "fewer");
  // Times alone do not gate.
  store(200, 100, 1100);
  EXPECT_EQ(with_db({"compare", "3", "4"}).code, 0);
}

TEST_F(Perf, CompareLeavesOutWhatSaysNothing) {
  store(100, 100, 1000);
  store(300, 300, 5000, 100, "another", "hardware");
  const Ended ended = with_db({"compare", "1", "2", "--json"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const Json json = Json::parse(ended.out);
  EXPECT_EQ(json["counts"], Json::array());
  EXPECT_EQ(json["times"], Json::array());
  EXPECT_EQ(json["counts_not_compared"], "counter is 'hardware' here and 'callgrind' there");
  EXPECT_EQ(json["times_not_compared"], "the machines differ: 'm' and 'another'");
  const Ended text = with_db({"compare", "1", "2"});
  EXPECT_NE(text.out.find("times not compared: the machines differ"), std::string::npos);
  EXPECT_NE(text.out.find("counts not compared: counter is"), std::string::npos) << text.out;
}

TEST_F(Perf, CompareTellsStoppingEarlierFromBeingFaster) {
  store(100, 100, 1000, 100);
  store(80, 50, 1000, 40);
  const Ended ended =
      with_db({"compare", "1", "2", "--bench", bench(80), "--program", counts_program()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  for (const char* part : {"suspected faster, not confirmed",
                           "suspected faster because it stopped earlier, not confirmed",
                           "40 iterations in place of 100", "40 oracle calls in place of 100",
                           "not measured again: record 2 is of another build"})
    EXPECT_NE(ended.out.find(part), std::string::npos) << part << "\n" << ended.out;
  const Json times = Json::parse(with_db({"compare", "1", "2", "--json"}).out)["times"];
  EXPECT_EQ(of(times, "run/r")["stopped_earlier"], true);
  EXPECT_EQ(of(times, "bench/b")["stopped_earlier"], false);
}

TEST_F(Perf, CompareMeasuresASuspicionAgain) {
  record_bench(100);
  record_bench(120);
  const auto verdict = [&](double again, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"compare", "previous", "latest",
                                          "--json",  "--bench",  bench(again)};
    fs::remove(root_ / "bench.args");
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended ended = with_db(arguments);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return Json::parse(ended.out)["times"][0]["verdict"].get<std::string>();
  };
  EXPECT_EQ(verdict(121), "slower");
  EXPECT_NE(read_file(root_ / "bench.args").find("--benchmark_filter=^(b)$"), std::string::npos);
  EXPECT_EQ(verdict(101), "suspected slower, not confirmed");
  EXPECT_EQ(verdict(121, {"--no-confirm"}), "suspected slower, not confirmed");
  EXPECT_FALSE(fs::exists(root_ / "bench.args"));
  record_bench(120);
  EXPECT_EQ(verdict(120), "same");
  EXPECT_FALSE(fs::exists(root_ / "bench.args")) << "nothing was suspected";
}

TEST_F(Perf, ASecondMeasurementThatFailsIsSaidAndTheRestCompared) {
  // Two benches, of which one cannot be measured again.
  const auto json = [](const std::string& name, double middle) {
    std::string text;
    for (const double time : around(middle))
      text += ", " + Json({{"name", name},
                           {"run_name", name},
                           {"run_type", "iteration"},
                           {"cpu_time", time},
                           {"time_unit", "ns"}})
                         .dump();
    return text;
  };
  const auto write = [&](const std::string& file, const std::string& list) {
    write_file_atomically(root_ / file, "{\"benchmarks\": [" + list.substr(2) + "]}");
  };
  const std::string program =
      script("two",
             "case \"$*\" in\n*list_tests*) echo b;;\n"
             "*filter=^*kink*) echo a kink >&2; exit 3;;\n"
             "*filter=^*) cat '" +
                 path("again") + "';;\n*) cat '" + path("both") + "';;\nesac\n");
  for (const double middle : {100, 120}) {
    write("both", json("f<double>", middle) + json("kink", middle));
    const Ended ended = with_db({"record", "--only", "bench", "--bench", program});
    ASSERT_EQ(ended.code, 0) << ended.err;
  }
  write("again", json("f<double>", 121));

  const Ended ended = with_db({"compare", "1", "2", "--bench", program});

  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find(": slower\n"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find(": suspected slower, not confirmed\n      not measured again: " +
                           program + ": ended with 3: a kink\n"),
            std::string::npos)
      << ended.out;
  const Json times =
      Json::parse(with_db({"compare", "1", "2", "--json", "--bench", program}).out)["times"];
  EXPECT_EQ(of(times, "bench/f<double>")["not_measured_again"], "");
  EXPECT_EQ(of(times, "bench/kink")["not_measured_again"], program + ": ended with 3: a kink");

  // Gone since the record: what Google Benchmark says then is no text at all.
  write_file_atomically(root_ / "again", "");
  const Ended gone = with_db({"compare", "1", "2", "--bench", program});
  EXPECT_EQ(gone.code, 0) << gone.err;
  EXPECT_NE(gone.out.find("not measured again: " + program + ": ran no bench: nothing"),
            std::string::npos)
      << gone.out;
}

TEST_F(Perf, TheBuildOfARecordIsThatOfItsBenchesToo) {
  record_bench(100);
  record_bench(120);
  const auto compared = [&](const std::string& program) {
    const Ended ended = with_db({"compare", "1", "2", "--bench", program});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_FALSE(fs::exists(root_ / "none"));
    return ended.out;
  };
  const std::string program = bench(121);
  EXPECT_NE(compared(program).find(": slower\n"), std::string::npos);
  EXPECT_NE(compared(path("none")).find("not measured again: " + path("none")), std::string::npos);
  write_file_atomically(root_ / "stub_bench", read_file(root_ / "stub_bench") + "# other\n");
  fs::permissions(root_ / "stub_bench", fs::perms::owner_all);
  EXPECT_NE(compared(program).find("not measured again: record 2 is of another build"),
            std::string::npos);
}

TEST_F(Perf, HistoryShowsEachWorkloadAndItsChanges) {
  for (int i = 0; i < 10; ++i) store(100, 100 + 0.1 * i, 1000);
  store(100, 1, 1000, 100, "another");
  for (int i = 0; i < 10; ++i) store(100, 130 + 0.1 * i, 1300);

  const Ended ended = with_db({"history", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json json = Json::parse(ended.out);
  EXPECT_EQ(json["format"], "assay-perf/1");
  EXPECT_EQ(json["records"].size(), 21u);
  ASSERT_EQ(json["series"].size(), 3u);
  const Json run = of(json["series"], "run/r"), counted = of(json["series"], "count/dot/20");
  EXPECT_EQ(run["values"].size(), 20u) << "without the record of another machine";
  ASSERT_EQ(run["changes"].size(), 1u);
  EXPECT_EQ(run["changes"][0]["record"], 12);
  EXPECT_EQ(counted["values"].size(), 21u) << "a count is the same on every machine";
  ASSERT_EQ(counted["changes"].size(), 1u);
  EXPECT_EQ(counted["changes"][0]["record"], 12);
  EXPECT_EQ(of(json["series"], "bench/b")["changes"], Json::array());

  const Ended text = with_db({"history", "run"});
  EXPECT_NE(text.out.find("changed at record 12 of commit12"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("▁▁▁▁▁▁▁▁▁▁█"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("the times of 1 are of other machines"), std::string::npos);
  EXPECT_EQ(text.out.find("bench/b"), std::string::npos);
  expect_failure(with_db({"history", "runs/r"}), 2, "'runs/r' was not measured");
}

TEST_F(Perf, WrongHistoriesAndRecordsAreNamed) {
  expect_failure(with_db({"history"}), 2, "h.sqlite: does not exist");
  expect_failure(with_db({"compare", "1", "2"}), 2, "h.sqlite: does not exist");
  store(100, 100, 1000);
  expect_failure(with_db({"compare", "1", "2"}), 2, "h.sqlite: B: '2' is no record");
  expect_failure(with_db({"compare", "previous", "1"}), 2, "A: there is only one record");
  write_file_atomically(root_ / "h.sqlite", read_file(root_ / "h.sqlite").substr(0, 5000));
  expect_failure(with_db({"history"}), 2, "h.sqlite: is damaged");
  write_file_atomically(root_ / "h.sqlite", "nothing");
  expect_failure(with_db({"compare", "1", "1"}), 2, "h.sqlite: is not an SQLite database");
}

}  // namespace
}  // namespace assay
