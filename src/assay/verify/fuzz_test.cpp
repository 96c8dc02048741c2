// assay fuzz and assay replay, on the laws that are false on purpose.
#include <nlohmann/json.hpp>

#include "assay/cli/program_test.hpp"

namespace assay {
namespace {

class CliFuzz : public Cli {
 protected:
  Ended fuzz(const std::vector<std::string>& more, const std::string& cases = "100",
             const std::string& scalar = "double") {
    std::vector<std::string> all = {"fuzz",     "--property", "self_test.false_law",
                                    "--scalar", scalar,       "--cases",
                                    cases,      "--corpus",   path("corpus")};
    all.insert(all.end(), more.begin(), more.end());
    return assay(all);
  }
  /// A saved failure, changed by hand.
  template <class Edit>
  Ended replay_edited(Edit edit) {
    if (corpus().empty()) fuzz({});
    auto json = nlohmann::json::parse(corpus().begin()->second);
    edit(json["case"]);
    write_file_atomically(root_ / "edited.json", json.dump());
    return assay({"replay", path("edited.json")});
  }
  /// Names and contents of the saved cases.
  std::map<std::string, std::string> corpus() const {
    std::map<std::string, std::string> files;
    if (fs::exists(root_ / "corpus"))
      for (const auto& entry : fs::directory_iterator(root_ / "corpus"))
        files[entry.path().filename().string()] = read_file(entry.path());
    return files;
  }
};

TEST_F(CliFuzz, AFailureIsSavedAndCanBeReplayed) {
  const Ended ended = fuzz({});
  expect_failure(ended, 1, "self_test.false_law in double: ");
  const auto files = corpus();
  ASSERT_FALSE(files.empty());
  for (const auto& [name, text] : files) {
    EXPECT_EQ(name.rfind("self_test.false_law.double.", 0), 0u) << name;
    EXPECT_NE(ended.err.find("assay replay "), std::string::npos);
    expect_failure(assay({"replay", path("corpus/" + name)}), 1, name);
  }
}

/// Of several files the first that fails is named; the outcome of each is listed.
TEST_F(CliFuzz, SeveralFilesAreReplayedAtOnce) {
  fuzz({});
  std::vector<std::string> failing;
  for (const auto& [name, text] : corpus()) {
    failing.push_back(path("corpus/" + name));
    auto json = nlohmann::json::parse(text);
    if (json["failure"] != "few rows") continue;
    json["case"]["numbers"]["steps"] = 1;  // the law says nothing of so few
    write_file_atomically(root_ / "holds.json", json.dump());
  }
  ASSERT_GE(failing.size(), 2U);
  ASSERT_TRUE(fs::exists(root_ / "holds.json"));
  const auto named = [&](const std::vector<std::string>& files) {
    std::vector<std::string> all = {"replay", "--json"};
    all.insert(all.end(), files.begin(), files.end());
    const Ended ended = assay(all);
    EXPECT_EQ(ended.code, 1) << ended.err;
    std::vector<std::string> outcomes;
    const auto json = nlohmann::json::parse(ended.out);
    for (const auto& file : json.at("files")) outcomes.push_back(file.at("outcome"));
    EXPECT_EQ(outcomes, (std::vector<std::string>{"holds", "fails", "fails"}));
    return ended.err.substr(0, ended.err.find('\n'));
  };
  for (const auto& [first, second] :
       {std::pair{failing[0], failing[1]}, std::pair{failing[1], failing[0]}}) {
    const std::string line = named({path("holds.json"), first, second});
    EXPECT_NE(line.find(first), std::string::npos) << line;
    EXPECT_EQ(line.find(second), std::string::npos) << line;
  }
  EXPECT_EQ(assay({"replay", path("holds.json")}).code, 0);
}

/// 0.02 minutes for two laws: 0.6 seconds each. No upper end is sure on a busy machine; that one of
/// the two keeps to its half is as good as sure.
TEST_F(CliFuzz, ABudgetIsSharedOut) {
  const Ended ended = assay({"fuzz", "--property", "self_test.rare_law", "--budget", "0.02m",
                             "--no-save", "--corpus", path("corpus"), "--json"});
  const auto json = nlohmann::json::parse(ended.out)["properties"];
  ASSERT_EQ(json.size(), 2U);
  std::vector<double> seconds;
  for (const auto& row : json) {
    seconds.push_back(row["seconds"]);
    EXPECT_GE(seconds.back(), 0.6);
    EXPECT_GT(row["cases"].get<long>(), 0);
  }
  EXPECT_LT(std::min(seconds[0], seconds[1]), 1.2);
}

TEST_F(CliFuzz, SavedCasesAreTriedFirst) {
  fuzz({});
  const std::size_t kept = corpus().size();
  const Ended again = fuzz({"--json"}, "0");
  expect_failure(again, 1, "self_test.false_law");
  const auto json = nlohmann::json::parse(again.out);
  EXPECT_EQ(json["properties"][0]["cases"], 0);
  EXPECT_EQ(json["properties"][0]["replayed"], kept);
  EXPECT_EQ(json["properties"][0]["replays_failing"].size(), kept);
}

TEST_F(CliFuzz, ShardsTogetherLeaveTheFilesOfOneRun) {
  fuzz({});
  const auto whole = corpus();
  fs::remove_all(root_ / "corpus");
  fuzz({"--shard", "1/2"});
  const auto first = corpus();
  fuzz({"--shard", "2/2", "--jobs", "2"});
  EXPECT_EQ(corpus(), whole);
  EXPECT_LT(first.size(), whole.size());
}

TEST_F(CliFuzz, AnotherSeedTriesOtherCases) {
  const Ended one = fuzz({"--no-save"}), other = fuzz({"--no-save", "--seed", "2"});
  EXPECT_NE(one.out, other.out);
  EXPECT_TRUE(corpus().empty());
}

TEST_F(CliFuzz, ALawThatLeavesOutMostCasesFails) {
  const auto rare = [&](const char* cases) {
    return assay({"fuzz", "--property", "self_test.rare_law", "--scalar", "double", "--cases",
                  cases, "--corpus", path("corpus")});
  };
  const Ended ended = rare("100");
  expect_failure(ended, 1, "self_test.rare_law in double: hardly tested: ");
  EXPECT_NE(ended.out.find("HARDLY TESTED"), std::string::npos);
  EXPECT_EQ(rare("99").code, 0);  // too few to say so
}

TEST_F(CliFuzz, AFolderThatCannotBeWrittenIsRefusedAtOnce) {
  write_file_atomically(root_ / "plain", "a file");
  const auto into = [&](const std::string& folder, const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {
        "fuzz", "--property", "self_test.false_law", "--cases", "100", "--corpus", folder};
    all.insert(all.end(), more.begin(), more.end());
    return assay(all);
  };
  for (const std::string& folder : {path("plain/corpus"), path("plain"), std::string("/proc")}) {
    const Ended ended = into(folder);
    expect_failure(ended, 2, "assay: error: " + folder + ": ");
    EXPECT_EQ(ended.out, "");
  }
  expect_failure(into(path("plain/corpus"), {"--no-save"}), 1, "self_test.false_law");
}

TEST_F(CliFuzz, AFailureThatCannotBeSavedIsPrinted) {
  fuzz({});
  const auto saved = corpus();
  for (const auto& [name, text] : saved) {
    fs::remove(root_ / "corpus" / name);
    fs::create_directory(root_ / "corpus" / name);  // no file can take its place
  }
  const Ended ended = fuzz({});
  expect_failure(ended, 1, "self_test.false_law in double: ");
  const auto why = ended.out.find("NOT SAVED  ");
  ASSERT_NE(why, std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find(path("corpus/self_test.false_law.double."), why), std::string::npos);
  EXPECT_NE(ended.out.find("{\"seed\":"), std::string::npos) << ended.out;
  const auto json = nlohmann::json::parse(fuzz({"--json"}).out)["properties"][0];
  EXPECT_EQ(json["failures"].size(), saved.size());
  EXPECT_TRUE(json.contains("not_saved"));
  for (const auto& failure : json["failures"]) {
    EXPECT_EQ(failure["file"], "");
    EXPECT_NE(failure.value("case", "").find("\"steps\""), std::string::npos);
  }
}

TEST_F(CliFuzz, WhereNoFolderIsNamedTheSavedCasesOfTheSourcesAreReplayed) {
  const auto replayed = [&] {
    const Ended ended = assay({"fuzz", "--cases", "0", "--no-save", "--json"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    const auto json = nlohmann::json::parse(ended.out);
    std::size_t sum = 0;
    for (const auto& row : json["properties"]) sum += row["replayed"].get<std::size_t>();
    return sum;
  };
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(ASSAY_CORPUS))
    files += entry.path().extension() == ".json";
  ASSERT_GT(files, 0u);
  EXPECT_EQ(replayed(), files);
  setenv("ASSAY_CORPUS", path("corpus").c_str(), 1);
  EXPECT_EQ(replayed(), 0u);
}

TEST_F(CliFuzz, AFileThatIsNotACaseOfItsPropertyIsRefused) {
  using Json = nlohmann::json;
  expect_failure(replay_edited([](Json&) {}), 1, "edited.json: ");
  expect_failure(replay_edited([](Json& c) { c["vectors"]["x"] = Json(std::vector<int>(40, 1)); }),
                 2, "edited.json: case.vectors.x: has 40 entries, must have 1");
  expect_failure(replay_edited([](Json& c) { c["vectors"]["q"] = Json::array(); }), 2,
                 "edited.json: case.vectors.q: has 0 entries, must have ");
  expect_failure(replay_edited([](Json& c) { c["numbers"].erase("steps"); }), 2,
                 "edited.json: case.numbers.steps: missing");
  expect_failure(replay_edited([](Json& c) { c["numbers"]["steps"] = 1e300; }), 2,
                 "edited.json: case.numbers.steps: is 1e+300, must be ");
}

TEST_F(CliFuzz, WhatCannotBeAskedForIsSaid) {
  expect_failure(assay({"fuzz", "--property", "K3.forward_equals_adjont"}), 2,
                 "did you mean 'K3.forward_equals_adjoint'");
  expect_failure(fuzz({}, "100", "rational"), 2, "self_test.false_law is stated in double");
  expect_failure(fuzz({"--shard", "3/2"}), 2, "--shard: is 3/2");
  expect_failure(fuzz({"--shard", "1/2x"}), 2, "--shard");
  expect_failure(fuzz({"--budget", "1y"}), 2, "--budget");
  expect_failure(fuzz({"--budget", "5s"}), 2, "--budget");
  for (const char* budget : {"0", "0s", "-5s"})
    expect_failure(assay({"fuzz", "--property", "self_test.false_law", "--no-save",
                          std::string("--budget=") + budget}),
                   2, "--budget: is ");
  // Before any file is looked at.
  fs::create_directory(root_ / "corpus");
  write_file_atomically(root_ / "corpus/self_test.false_law.double.0.json", "{}");
  expect_failure(fuzz({"--shard", "5/2"}), 2, "error: --shard: is 5/2");
  expect_failure(fuzz({}), 2, "self_test.false_law.double.0.json: format");
  expect_failure(assay({"replay", path("absent.json")}), 2, "absent.json");
  write_file_atomically(root_ / "bad.json", "{}");
  expect_failure(assay({"replay", path("bad.json")}), 2, "bad.json: format");
}

}  // namespace
}  // namespace assay
