// What a run leaves: trace and manifest of one run, whatever stops the writing.
#include "assay/cli/outcome_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <iterator>

#include "assay/support/error.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

class Outcome : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "assay-outcome-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  OutcomeFiles files() const {
    Experiment e;
    e.name = "quick";
    return {root_ / "o", e};
  }
  static RunOutcome outcome(const std::string& manifest, const std::string& checkpoint = "") {
    RunOutcome made;
    made.end = checkpoint.empty() ? RunEnd::finished : RunEnd::interrupted;
    made.trace.columns = {"iteration"};
    made.trace.rows = {{manifest}};
    made.manifest = manifest;
    made.checkpoint = checkpoint;
    return made;
  }
  long entries() const {
    return std::distance(fs::directory_iterator(root_ / "o"), fs::directory_iterator());
  }

  fs::path root_;
};

TEST_F(Outcome, LeavesTraceAndManifestAndNoOldCheckpoint) {
  write_outcome(files(), outcome("1", "resume here"));
  EXPECT_EQ(read_file(files().checkpoint), "resume here");
  EXPECT_EQ(entries(), 3);

  write_outcome(files(), outcome("2"));

  EXPECT_EQ(read_file(files().trace), "iteration\n2\n");
  EXPECT_EQ(read_file(files().manifest), "2");
  EXPECT_EQ(entries(), 2);
}

TEST_F(Outcome, OfAnInterruptedRunIsKeptInItsCheckpointWhateverElseFails) {
  write_outcome(files(), outcome("1", "an older one"));
  fs::remove(files().manifest);
  fs::create_directory(files().manifest);  // stops even root

  EXPECT_THROW(write_outcome(files(), outcome("2", "resume here")), InputError);

  EXPECT_EQ(read_file(files().checkpoint), "resume here");
  EXPECT_EQ(read_file(files().trace), "iteration\n1\n");
  EXPECT_EQ(entries(), 3);
}

TEST_F(Outcome, IsLostAsAWholeAndLeavesTheCheckpointOfBefore) {
  write_outcome(files(), outcome("1", "an older one"));
  fs::remove(files().manifest);
  fs::create_directory(files().manifest);

  EXPECT_THROW(write_outcome(files(), outcome("2")), InputError);

  EXPECT_EQ(read_file(files().checkpoint), "an older one");
  EXPECT_EQ(read_file(files().trace), "iteration\n1\n");
}

TEST_F(Outcome, FoldersAreCheckedWithoutMakingThem) {
  write_file_atomically(root_ / "file", "");
  fs::create_directory_symlink("nowhere", root_ / "link");

  check_folder(root_);
  check_folder(root_ / "o" / "deeper/");
  for (const fs::path& bad : {root_ / "file", root_ / "file/o", root_ / "link", fs::path("")})
    EXPECT_THROW(check_folder(bad), InputError) << bad;

  EXPECT_FALSE(fs::exists(root_ / "o"));
}

}  // namespace
}  // namespace assay
