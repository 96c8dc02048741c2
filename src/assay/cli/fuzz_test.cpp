// assay fuzz and assay replay, on the law that is false on purpose.
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

TEST_F(CliFuzz, WhatCannotBeAskedForIsSaid) {
  expect_failure(assay({"fuzz", "--property", "K3.forward_equals_adjont"}), 2,
                 "did you mean 'K3.forward_equals_adjoint'");
  expect_failure(fuzz({}, "100", "rational"), 2, "self_test.false_law is stated in double");
  expect_failure(fuzz({"--shard", "3/2"}), 2, "--shard: is 3/2");
  expect_failure(fuzz({"--shard", "1/2x"}), 2, "--shard");
  expect_failure(fuzz({"--budget", "1y"}), 2, "--budget");
  expect_failure(fuzz({"--budget", "5s"}), 2, "--budget");
  expect_failure(assay({"replay", path("absent.json")}), 2, "absent.json");
  write_file_atomically(root_ / "bad.json", "{}");
  expect_failure(assay({"replay", path("bad.json")}), 2, "bad.json: format");
}

}  // namespace
}  // namespace assay
