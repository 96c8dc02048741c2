#include "assay/check/gate.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "assay/check/bless.hpp"
#include "assay/check/gate_report.hpp"
#include "assay/check/ledger.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

/// A golden folder of its own with one instance, and a run whose trace the test dictates.
class Gate : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "assay-gate-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    for (const char* sub : {"experiments", "instances", "traces"})
      fs::create_directory(root_ / sub);
    fs::copy(fs::path(ASSAY_GOLDEN) / "instances/s5.json", root_ / "instances/s5.json");
  }
  void TearDown() override { fs::remove_all(root_); }

  void experiment(const std::string& name, const std::string& golden, long seed = 1) {
    write_file_atomically(folder().experiments() / (name + ".toml"),
                          "format = \"assay-experiment/1\"\nname = \"" + name +
                              "\"\n[instance]\npath = \"../instances/s5.json\"\n"
                              "[algorithm]\nname = \"ssigd\"\n[run]\niterations = 9\nseed = " +
                              std::to_string(seed) + "\n" + golden);
  }
  GateReport check(const std::vector<std::string>& cases = {}, int jobs = 1) {
    GateOptions options;
    options.cases = cases;
    options.jobs = jobs;
    options.stop = &stop_;
    options.run = [this](const Experiment& e, const Instance&, const RunControl& control) {
      EXPECT_EQ(control.stop, &stop_);  // or a signal would not reach the run
      return run(e);
    };
    return check_golden(folder(), options);
  }
  void bless(const std::vector<std::string>& cases = {}) {
    const BlessRequest request{cases, "seen and understood", "new_case", "2025-01-31"};
    for (const BlessPlan& plan : plan_blessing(folder(), request))
      carry_out(folder(), request, plan);
  }
  GoldenFolder folder() const { return GoldenFolder(root_); }

  RunOutcome run(const Experiment& e) const {
    if (e.name == throws_) throw std::logic_error("an invariant broke");
    if (e.name == refuses_) throw NumericalError("H is not positive definite");
    RunOutcome outcome;
    outcome.trace.columns = {"iteration", "gap_total"};
    outcome.trace.rows = {{"-1", "4"}};
    const std::string gap = e.scalar == "double" ? gap_double_ : gap_soft53_;
    for (long t = 0; t < e.iterations; ++t) outcome.trace.rows.push_back({std::to_string(t), gap});
    outcome.manifest = "{\"environment\": {\"compiler\": \"" + compiler_ +
                       "\"}, \"program_version\": \"" + compiler_ +
                       "\", \"result\": {\"output_gap\": \"" + output_ + "\"}}\n";
    if (e.name == fails_) {
      outcome.end = RunEnd::failed;
      outcome.failure = "iteration 3: not finite";
    }
    return outcome;
  }

  fs::path root_;
  std::string gap_double_ = "1", gap_soft53_ = "1", compiler_ = "one", output_ = "7", fails_,
              throws_, refuses_;
  StopFlag stop_{0};
};

const GateFinding& only(const GateReport& report) {
  EXPECT_EQ(report.findings.size(), 1u) << report_text(report);
  return report.findings.at(0);
}

const char* const one_case = "[golden.double]\niterations = 3\n";
const char* const two_cases = "[golden.double]\niterations = 5\n[golden.soft53]\niterations = 3\n";

TEST_F(Gate, ANewCaseIsMissingUntilItIsBlessed) {
  experiment("a", one_case);

  const GateReport before = check();
  bless();
  EXPECT_TRUE(pending_ids(folder()).empty()) << "what is blessed is no longer pending";
  EXPECT_TRUE(fs::is_empty(folder().pending()));
  const GateReport after = check();

  EXPECT_EQ(only(before).verdict, Verdict::missing);
  EXPECT_EQ(before.exit_code(), ExitCode::golden);
  EXPECT_EQ(only(after).verdict, Verdict::pass);
  EXPECT_EQ(only(after).subject, "a.double");
  EXPECT_EQ(after.exit_code(), ExitCode::ok);
  EXPECT_EQ(read_file(folder().trace("a.double")), "iteration,gap_total\n-1,4\n0,1\n1,1\n2,1\n");
  EXPECT_TRUE(pending_ids(folder()).empty());
}

TEST_F(Gate, ADifferenceFailsAndIsLeftPending) {
  experiment("a", one_case);
  check();
  bless();
  gap_double_ = "1.0000000000000002";
  compiler_ = "two";

  const GateReport report = check();

  EXPECT_EQ(only(report).verdict, Verdict::differs);
  EXPECT_EQ(report.exit_code(), ExitCode::gate_failed);
  EXPECT_EQ(only(report).message,
            "iteration 0, column gap_total: golden 1, now 1.0000000000000002 (1 ulps)");
  EXPECT_NE(only(report).detail.find("compiler: \"one\" -> \"two\""), std::string::npos);
  EXPECT_EQ(pending_ids(folder()), std::vector<std::string>{"a.double"});

  bless({"a.double"});
  EXPECT_EQ(check().exit_code(), ExitCode::ok);
  const auto history = read_ledger(folder().ledger()).cases.at("a.double").history;
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].old_digest, history[0].new_digest);
  EXPECT_EQ(history[1].reason, "seen and understood");
  EXPECT_EQ(history[1].date, "2025-01-31");
  EXPECT_EQ(history[1].category, "new_case");
}

/// A trace that spells the same numbers otherwise is another trace, and needs no rule to be one.
TEST_F(Gate, OtherBytesAreADifferenceEvenIfTheNumbersAreTheSame) {
  experiment("a", one_case);
  gap_double_ = "1000";
  check();
  bless();
  gap_double_ = "1e3";

  EXPECT_EQ(only(check()).verdict, Verdict::differs);
  EXPECT_EQ(only(check()).message, "the same numbers, spelt differently");
  EXPECT_EQ(check().exit_code(), ExitCode::gate_failed);
}

/// A manifest holds results that no row has: the gap of the point returned, a count.
TEST_F(Gate, AnotherResultInTheManifestIsADifference) {
  experiment("a", one_case);
  check();
  bless();
  output_ = "8";
  compiler_ = "two";

  EXPECT_EQ(only(check()).verdict, Verdict::differs);
  EXPECT_EQ(only(check()).message,
            "4 rows, bit for bit; but the manifest: result/output_gap: \"7\" -> \"8\"");
  EXPECT_EQ(check().exit_code(), ExitCode::gate_failed);
  bless();
  compiler_ = "three";
  EXPECT_EQ(check().exit_code(), ExitCode::ok);
}

/// What the instance itself rules out is a numerical failure, not a broken program.
TEST_F(Gate, ARefusedInstanceIsANumericalFailure) {
  experiment("a", one_case);
  refuses_ = "a";
  EXPECT_EQ(only(check()).verdict, Verdict::failed);
  EXPECT_EQ(check().exit_code(), ExitCode::numerical);
}

TEST_F(Gate, AnExperimentIsNamedAsItsFile) {
  experiment("a", one_case);
  fs::rename(folder().experiments() / "a.toml", folder().experiments() / "b.toml");
  EXPECT_EQ(only(check()).verdict, Verdict::invalid);
  EXPECT_NE(only(check()).message.find("must be the file's name, 'b'"), std::string::npos);
  EXPECT_EQ(check().exit_code(), ExitCode::usage);
}

TEST_F(Gate, ABrokenExperimentIsOnlyInTheWayOfItsOwnCases) {
  for (const char* name : {"a", "c"}) experiment(name, one_case);
  fs::copy(folder().instances() / "s5.json", folder().instances() / "other.json");
  std::string text = read_file(folder().experiments() / "c.toml");
  text.replace(text.find("s5.json"), 7, "other.json");
  write_file_atomically(folder().experiments() / "c.toml", text);
  check();
  bless();
  write_file_atomically(folder().experiments() / "c.toml", "format = 1\n");

  EXPECT_EQ(check({"a"}).exit_code(), ExitCode::ok);
  EXPECT_EQ(only(check({"c"})).verdict, Verdict::invalid);
  EXPECT_EQ(check({"c"}).exit_code(), ExitCode::usage);
  // Traces, ledger entry and instance may well be c's.
  for (const GateFinding& f : check().findings)
    EXPECT_NE(f.verdict, Verdict::orphaned) << f.subject;
}

/// Only what a person was shown is blessed.
TEST_F(Gate, WhatChangedAfterItWasShownIsNotBlessed) {
  experiment("a", one_case);
  check();
  bless();
  gap_double_ = "2";
  check();
  const BlessRequest request{{}, "r", "other", "2025-01-31"};
  const BlessPlan shown = plan_blessing(folder(), request).at(0);
  const std::string ledger = read_file(folder().ledger());
  gap_double_ = "3";
  check();

  EXPECT_THROW(carry_out(folder(), request, shown), Error);
  EXPECT_EQ(read_file(folder().ledger()), ledger);

  // Nor a trace of another instance.
  const fs::path instance = folder().instances() / "s5.json";
  write_file_atomically(instance, read_file(instance) + "\n");
  EXPECT_THROW(plan_blessing(folder(), request), Error);
}

TEST_F(Gate, GoingBackToTheGoldenTraceClearsWhatWasPending) {
  experiment("a", one_case);
  check();
  bless();
  gap_double_ = "2";
  check();
  gap_double_ = "1";

  EXPECT_EQ(check().exit_code(), ExitCode::ok);
  EXPECT_TRUE(pending_ids(folder()).empty());
}

TEST_F(Gate, EditedGoldenFilesAreNoticed) {
  experiment("a", one_case);
  check();
  bless();

  const auto edited = [&](const fs::path& file, const std::string& content) {
    const std::string old = read_file(file);
    write_file_atomically(file, content.empty() ? old + "\n" : content);
    const GateReport report = check();
    write_file_atomically(file, old);
    EXPECT_EQ(report.exit_code(), ExitCode::golden) << file;
    EXPECT_EQ(only(report).verdict, Verdict::edited) << file;
    return only(report).message;
  };
  EXPECT_EQ(edited(folder().trace("a.double"), "iteration,gap_total\n-1,4\n0,1\n1,1\n2,7\n"),
            "changed since it was blessed: the trace traces/a.double.csv; the run still gives the "
            "blessed trace");
  EXPECT_EQ(edited(folder().manifest("a.double"), ""),
            "changed since it was blessed: the manifest traces/a.double.manifest.json; the run "
            "still gives the blessed trace");
  EXPECT_EQ(edited(folder().instances() / "s5.json", ""),
            "changed since it was blessed: the instance instances/s5.json; the run still gives the "
            "blessed trace");

  experiment("a", one_case, 2);
  EXPECT_EQ(only(check()).message,
            "changed since it was blessed: the experiment experiments/a.toml; the run still gives "
            "the blessed trace");
  bless();
  EXPECT_EQ(check().exit_code(), ExitCode::ok);
}

TEST_F(Gate, AGoldenTraceThatIsGoneIsMissing) {
  experiment("a", one_case);
  check();
  bless();
  const std::string manifest = read_file(folder().manifest("a.double"));
  fs::remove(folder().manifest("a.double"));
  EXPECT_EQ(only(check()).verdict, Verdict::edited);
  EXPECT_NE(only(check()).message.find("the manifest"), std::string::npos);
  EXPECT_EQ(check().exit_code(), ExitCode::golden);
  write_file_atomically(folder().manifest("a.double"), manifest);
  EXPECT_EQ(check().exit_code(), ExitCode::ok);

  fs::remove(folder().trace("a.double"));

  EXPECT_EQ(only(check()).verdict, Verdict::missing);
  EXPECT_EQ(check().exit_code(), ExitCode::golden);
}

TEST_F(Gate, WhatNothingAsksForIsOrphaned) {
  experiment("a", one_case);
  experiment("b", one_case);
  check();
  bless();
  fs::remove(folder().experiments() / "b.toml");
  fs::copy(folder().instances() / "s5.json", folder().instances() / "unused.json");
  write_file_atomically(folder().traces() / "notes.txt", "x");

  const GateReport report = check();

  std::vector<std::string> orphans;
  for (const GateFinding& f : report.findings)
    if (f.verdict == Verdict::orphaned) orphans.push_back(f.subject);
  EXPECT_EQ(orphans, (std::vector<std::string>{
                         "traces/b.double.csv", "traces/b.double.manifest.json", "traces/notes.txt",
                         "ledger.json: cases.b.double", "instances/unused.json"}));
  EXPECT_EQ(report.exit_code(), ExitCode::golden);
  EXPECT_EQ(check({"a"}).exit_code(), ExitCode::ok);
}

TEST_F(Gate, OneFailingCaseDoesNotStopTheOthersAndTheWorstCodeWins) {
  for (const char* name : {"a", "b", "c", "d"}) experiment(name, one_case);
  check();
  bless();
  gap_double_ = "2";
  fails_ = "b";

  const GateReport report = check();

  ASSERT_EQ(report.findings.size(), 4u);
  EXPECT_EQ(report.findings[0].verdict, Verdict::differs);
  EXPECT_EQ(report.findings[1].verdict, Verdict::failed);
  EXPECT_EQ(report.findings[1].message, "iteration 3: not finite");
  EXPECT_EQ(report.findings[3].verdict, Verdict::differs);
  EXPECT_EQ(report.exit_code(), ExitCode::numerical);

  write_file_atomically(folder().experiments() / "c.toml", "format = 1\n");
  EXPECT_EQ(check().exit_code(), ExitCode::usage);
  throws_ = "d";
  EXPECT_EQ(check().exit_code(), ExitCode::internal);
  stop_ = 1;
  EXPECT_EQ(check().exit_code(), ExitCode::interrupted);
}

TEST_F(Gate, ThreadsDoNotChangeTheReport) {
  for (const char* name : {"a", "b", "c", "d", "e"}) experiment(name, two_cases);
  fails_ = "c";

  const std::string one = report_json(check({}, 1));

  EXPECT_EQ(report_json(check({}, 2)), one);
  EXPECT_EQ(report_json(check({}, 16)), one);
}

TEST_F(Gate, TheWitnessMustAgreeWhereBothRecord) {
  experiment("a", two_cases);
  check();
  bless();
  EXPECT_EQ(check().exit_code(), ExitCode::ok);

  gap_double_ = "1.0000000000000002";
  const GateReport hardware = check();
  ASSERT_EQ(hardware.findings.size(), 3u);
  EXPECT_NE(hardware.findings[0].message.find("the arithmetic of this build or machine changed"),
            std::string::npos);
  EXPECT_EQ(hardware.findings[2].verdict, Verdict::witness);
  EXPECT_EQ(hardware.findings[2].subject, "a.witness");

  gap_soft53_ = gap_double_;
  const GateReport both = check();
  ASSERT_EQ(both.findings.size(), 2u);
  EXPECT_NE(both.findings[0].message.find("the algorithm changed"), std::string::npos);
  EXPECT_NE(both.findings[1].message.find("the algorithm changed"), std::string::npos);

  // Blessing cannot make two traces agree.
  gap_soft53_ = "3";
  check();
  bless();
  EXPECT_EQ(check().exit_code(), ExitCode::gate_failed);
}

TEST_F(Gate, AReviewedRuleAllowsWhatItSays) {
  experiment("a", one_case);
  check();
  bless();
  Ledger ledger = read_ledger(folder().ledger());
  ledger.cases["a.double"].rules = {{"gap_total", 1, "measured on two machines"}};
  write_file_atomically(folder().ledger(), ledger_text(ledger));

  EXPECT_EQ(only(check()).detail,
            "rule for gap_total: at most 1 ulps; nothing is needed, so it could go\n");
  EXPECT_EQ(only(check()).digest, ledger.cases["a.double"].trace);
  gap_double_ = "1.0000000000000002";
  EXPECT_EQ(only(check()).verdict, Verdict::allowed);
  EXPECT_EQ(only(check()).detail, "rule for gap_total: at most 1 ulps; 1 ulps needed\n");
  EXPECT_EQ(check().exit_code(), ExitCode::ok);
  gap_double_ = "1.0000000000000004";
  EXPECT_EQ(check().exit_code(), ExitCode::gate_failed);
}

TEST_F(Gate, UnknownCasesAndBadRequestsAreUsageErrors) {
  experiment("alpha", one_case);
  EXPECT_THROW(check({"alpa.double"}), InputError);
  check();

  const auto code = [&](const BlessRequest& request) {
    try {
      plan_blessing(folder(), request);
    } catch (const Error& e) {
      return e.code();
    }
    return ExitCode::ok;
  };
  EXPECT_EQ(code({{}, " ", "other", "2025-01-31"}), ExitCode::usage);
  EXPECT_EQ(code({{}, "r", "whim", "2025-01-31"}), ExitCode::usage);
  EXPECT_EQ(code({{}, "r", "other", "31.1.2025"}), ExitCode::usage);
  EXPECT_EQ(code({{"nope"}, "r", "other", "2025-01-31"}), ExitCode::usage);
  EXPECT_EQ(code({{}, "r", "other", "2025-01-31"}), ExitCode::ok);
  experiment("alpha", one_case, 5);
  EXPECT_EQ(code({{}, "r", "other", "2025-01-31"}), ExitCode::golden) << "pending is stale";
  remove_pending(folder(), "alpha.double");
  EXPECT_EQ(code({{}, "r", "other", "2025-01-31"}), ExitCode::golden) << "nothing is pending";
}

/// Each file is replaced as a whole, but the process may be killed between two of them.
TEST_F(Gate, ABlessingThatWasKilledIsNamedAndTheSameAgainFinishesIt) {
  experiment("a", one_case);
  check();
  bless();
  gap_double_ = "2";
  check();
  const std::vector<fs::path> files = {folder().trace("a.double"), folder().manifest("a.double"),
                                       folder().ledger()};
  const auto texts = [&] {
    std::vector<std::string> all;
    for (const fs::path& file : files) all.push_back(read_file(file));
    return all;
  };
  output_ = "8";  // another manifest, too
  check();
  const std::vector<std::string> old = texts();
  const Pending pending = *read_pending(folder(), "a.double");
  bless();
  const std::vector<std::string> blessed = texts();

  for (std::size_t replaced = 1; replaced <= files.size(); ++replaced) {
    for (std::size_t i = 0; i < files.size(); ++i)
      write_file_atomically(files[i], i < replaced ? blessed[i] : old[i]);
    write_file_atomically(folder().traces() / ".assay-1-0.tmp.old", old[0]);
    const GateReport report = check();
    EXPECT_EQ(only(report).verdict, replaced < files.size() ? Verdict::edited : Verdict::pass);
    if (replaced < files.size()) {
      EXPECT_NE(only(report).message.find("the trace traces/a.double.csv"), std::string::npos);
    }
    write_pending(folder(), "a.double", pending);
    bless();
    EXPECT_EQ(texts(), blessed) << replaced;
    EXPECT_EQ(only(check()).verdict, Verdict::pass);
    EXPECT_FALSE(fs::exists(folder().traces() / ".assay-1-0.tmp.old"));
  }
}

TEST_F(Gate, WhatIsPendingIsThereAsLongAsItsMarker) {
  experiment("a", one_case);
  check();
  const fs::path marker = folder().pending() / "a.double.pending.json";
  fs::remove(marker);
  fs::create_directories(marker / "cannot be removed");

  remove_pending(folder(), "a.double");

  EXPECT_TRUE(fs::exists(folder().pending() / "a.double.csv"));
}

TEST_F(Gate, ABlessingThatCannotBeWrittenChangesNothing) {
  experiment("a", one_case);
  check();
  bless();
  gap_double_ = "2";
  check();
  const std::string trace = read_file(folder().trace("a.double"));
  const std::string ledger = read_file(folder().ledger());
  const BlessRequest request{{}, "r", "other", "2025-01-31"};
  const auto plans = plan_blessing(folder(), request);
  // The trace is written first. A folder in the manifest's place then stops even root, whom
  // permissions would not.
  const std::string manifest = read_file(folder().manifest("a.double"));
  fs::remove(folder().manifest("a.double"));
  fs::create_directory(folder().manifest("a.double"));

  EXPECT_THROW(carry_out(folder(), request, plans.at(0)), Error);

  EXPECT_EQ(read_file(folder().trace("a.double")), trace);
  EXPECT_EQ(read_file(folder().ledger()), ledger);
  fs::remove(folder().manifest("a.double"));
  write_file_atomically(folder().manifest("a.double"), manifest);
  EXPECT_EQ(only(check()).verdict, Verdict::differs);
  bless();
  EXPECT_EQ(check().exit_code(), ExitCode::ok);
}

TEST_F(Gate, AFolderThatCannotBeWrittenDoesNotHideTheDifference) {
  experiment("a", one_case);
  check();
  bless();
  gap_double_ = "2";
  fs::remove_all(folder().pending());
  write_file_atomically(folder().pending(), "a file where a folder should be");

  const GateReport report = check();

  EXPECT_EQ(only(report).verdict, Verdict::differs);
  EXPECT_NE(only(report).detail.find("nothing is pending"), std::string::npos);
}

TEST_F(Gate, PendingFilesThatWereTouchedAreRefused) {
  experiment("a", one_case);
  check();
  for (const char* file : {"a.double.csv", "a.double.manifest.json"}) {
    const std::string before = read_file(folder().pending() / file);
    write_file_atomically(folder().pending() / file, before + "\n");
    EXPECT_THROW(bless(), InputError) << file;
    write_file_atomically(folder().pending() / file, before);
  }
  EXPECT_NO_THROW(bless());
}

/// Whoever gets no two traces to compare says nothing of them.
TEST_F(Gate, AWitnessNeedsBothTracesAndTheirColumns) {
  experiment("a", two_cases);
  check();
  bless();
  fails_ = "a";
  for (const GateFinding& f : check().findings) EXPECT_EQ(f.verdict, Verdict::failed) << f.subject;
}

TEST(GateReport, XmlAndJsonSurviveAnyText) {
  const GateReport report{
      {{"a.double", Verdict::differs, "<&>\"\x01 \xc3\xa4", "two\nlines\n", "ab"},
       {"b.double", Verdict::failed, "", "", ""},
       {"c.double", Verdict::pass, "", "", "cd"},
       {"d.witness", Verdict::witness, "w", "", ""}}};

  const std::string xml = report_junit(report);
  const auto json = nlohmann::json::parse(report_json(report));

  EXPECT_NE(xml.find("tests=\"4\" failures=\"2\" errors=\"1\""), std::string::npos);
  EXPECT_NE(xml.find("message=\"&lt;&amp;&gt;&quot;? ??\">two&#10;lines&#10;</failure>"),
            std::string::npos);
  EXPECT_NE(xml.find("<failure type=\"witness\" message=\"w\">"), std::string::npos);
  EXPECT_NE(xml.find("<error type=\"failed\""), std::string::npos);
  const std::string text = report_text(report);
  EXPECT_NE(text.find("    two\n    lines\n"), std::string::npos);
  EXPECT_NE(text.find("1 of 4 passed\n"), std::string::npos);
  EXPECT_EQ(json["format"], "assay-check/1");
  EXPECT_EQ(json["code"], 4);
  EXPECT_EQ(json["findings"][0]["verdict"], "differs");
  EXPECT_EQ(json["findings"][2]["digest"], "cd");
}

}  // namespace
}  // namespace assay
