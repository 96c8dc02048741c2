#include "assay/support/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "assay/support/error.hpp"
#include "assay/support/small_disk_test.hpp"

namespace {

/// Sees each fsync of the process while it is set, and refuses it unless it returns 0.
std::function<int(bool of_folder)> on_sync;

}  // namespace

/// Stands before the one of the C library: what a crash would lose shows in no other way.
extern "C" int fsync(int fd) {
  struct stat info {};
  if (on_sync && fstat(fd, &info) == 0) {
    errno = on_sync(S_ISDIR(info.st_mode));
    if (errno != 0) return -1;
  }
  return static_cast<int>(syscall(SYS_fsync, fd));
}

namespace assay {
namespace {

namespace fs = std::filesystem;

/// A folder of its own, gone afterwards.
class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "assay-files-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    on_sync = nullptr;
    fs::remove_all(folder_);
  }
  long entries() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }
  fs::path folder_;
};

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "nothing was thrown";
}

TEST_F(Files, WritesAndReadsEveryByte) {
  std::string content;
  for (int i = 0; i < 200000; ++i) content += static_cast<char>(i * 7);

  write_file_atomically(folder_ / "a", content);

  EXPECT_TRUE(read_file(folder_ / "a") == content);
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, ReplacesAFileAsAWhole) {
  write_file_atomically(folder_ / "a", "a long first text");

  write_file_atomically(folder_ / "a", "second");

  EXPECT_EQ(read_file(folder_ / "a"), "second");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, AFullDiskLeavesTheOldFileAndNothingElse) {
  write_file_atomically(folder_ / "a", "old");
  const std::string large(1 << 16, 'x');

  std::string message;
  {
    const SmallDisk full(4096);
    message = message_of([&] { write_file_atomically(folder_ / "a", large); });
  }

  EXPECT_EQ(message, (folder_ / "a").string() + ": cannot write: File too large");
  EXPECT_EQ(read_file(folder_ / "a"), "old");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, AreOnTheDiskBeforeTheyReplaceAndTheirFolderAfterwards) {
  write_file_atomically(folder_ / "a", "old");
  std::vector<std::string> seen;
  on_sync = [&](bool of_folder) {
    seen.push_back((of_folder ? "folder, " : "file, ") + read_file(folder_ / "a"));
    return 0;
  };

  write_file_atomically(folder_ / "a", "new");
  EXPECT_EQ(seen, (std::vector<std::string>{"file, old", "folder, new"}));

  seen.clear();
  Replacement both;
  both.write(folder_ / "b", "newer");
  both.write(folder_ / "a", "newer");
  both.keep();
  EXPECT_EQ(seen,
            (std::vector<std::string>{"file, new", "file, new", "folder, newer", "folder, newer"}));
}

TEST_F(Files, ADiskThatFailsLeavesTheOldFileAndNothingElse) {
  write_file_atomically(folder_ / "a", "old");
  on_sync = [](bool of_folder) { return of_folder ? 0 : EIO; };

  EXPECT_EQ(message_of([&] { write_file_atomically(folder_ / "a", "new"); }),
            (folder_ / "a").string() + ": cannot write: Input/output error");

  EXPECT_EQ(read_file(folder_ / "a"), "old");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, AFileSystemThatCannotSyncAFolderIsNoError) {
  on_sync = [](bool of_folder) { return of_folder ? EINVAL : 0; };

  write_file_atomically(folder_ / "a", "new");

  EXPECT_EQ(read_file(folder_ / "a"), "new");
}

TEST_F(Files, ErrorsNameTheFileAndTheReason) {
  write_file_atomically(folder_ / "a", "");

  EXPECT_EQ(message_of([&] { write_file_atomically(folder_ / "none" / "a", "x"); }),
            (folder_ / "none" / "a").string() + ": cannot write: No such file or directory");
  EXPECT_EQ(message_of([&] { write_file_atomically(folder_ / "a" / "b", "x"); }),
            (folder_ / "a" / "b").string() + ": cannot write: Not a directory");
  EXPECT_EQ(message_of([&] { write_file_atomically(folder_, "x"); }),
            folder_.string() + ": cannot write: Is a directory");
  EXPECT_EQ(message_of([&] { read_file(folder_ / "none"); }),
            (folder_ / "none").string() + ": cannot read: No such file or directory");
  EXPECT_EQ(message_of([&] { read_file(folder_); }),
            folder_.string() + ": cannot read: Is a directory");
}

TEST_F(Files, NeverReplacesADevice) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);

  EXPECT_EQ(message_of([&] { write_file_atomically(folder_ / "pipe", "x"); }),
            (folder_ / "pipe").string() + ": cannot write: Invalid argument");

  EXPECT_TRUE(fs::is_fifo(folder_ / "pipe"));
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, ReplacedTogetherOrNotAtAll) {
  write_file_atomically(folder_ / "a", "old");
  fs::create_directory(folder_ / "b");

  {
    Replacement replacement;
    replacement.write(folder_ / "a", "new");
    EXPECT_EQ(message_of([&] { replacement.write(folder_ / "b", "new"); }),
              (folder_ / "b").string() + ": cannot write: Is a directory");
  }
  EXPECT_EQ(read_file(folder_ / "a"), "old");
  EXPECT_EQ(entries(), 2);

  {
    Replacement replacement;
    replacement.write(folder_ / "a", "new");
    replacement.write(folder_ / "c", "new");
    replacement.keep();
  }
  EXPECT_EQ(read_file(folder_ / "a"), "new");
  EXPECT_EQ(read_file(folder_ / "c"), "new");
  EXPECT_EQ(entries(), 3);
}

TEST_F(Files, AFullDiskLeavesAllOfThemAsTheyWere) {
  // Longer than may be written now: what is replaced first could not be put back.
  const std::string large(1 << 16, 'x');
  write_file_atomically(folder_ / "a", large);

  {
    const SmallDisk full(4096);
    Replacement replacement;
    replacement.write(folder_ / "a", "new");
    EXPECT_EQ(message_of([&] { replacement.write(folder_ / "b", large); }),
              (folder_ / "b").string() + ": cannot write: File too large");
  }

  EXPECT_TRUE(read_file(folder_ / "a") == large);
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, ARenameThatFailsUndoesThoseBeforeIt) {
  write_file_atomically(folder_ / "a", "old");

  {
    Replacement replacement;
    for (const char* name : {"a", "b", "c"}) replacement.write(folder_ / name, "new");
    fs::create_directory(folder_ / "c");  // nothing else stops a rename, not even of root's
    EXPECT_EQ(message_of([&] { replacement.keep(); }),
              (folder_ / "c").string() + ": cannot write: Is a directory");
  }

  EXPECT_EQ(read_file(folder_ / "a"), "old");
  EXPECT_FALSE(fs::exists(folder_ / "b"));
  EXPECT_EQ(entries(), 2);
}

TEST_F(Files, WhatAKilledProcessLeftIsRemovedByTheNextThatWritesThere) {
  write_file_atomically(folder_ / "a", "old");
  const pid_t child = fork();
  if (child == 0) {
    Replacement replacement;
    replacement.write(folder_ / "a", "new");
    ::raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(entries(), 2);
  fs::create_hard_link(folder_ / "a", folder_ / ".assay-1-0.tmp.old");
  fs::copy(folder_ / "a", folder_ / ".assay-1-0.tmp-journal");
  const std::vector<std::string> others = {".assay-notes",         ".assay-report.tmpl",
                                           ".assay-notes.tmp.md",  ".assay-1-0.tmp.md",
                                           ".assay-1-0.tmp.older", ".assay-1.tmp"};
  for (const std::string& other : others) fs::copy(folder_ / "a", folder_ / other);

  write_file_atomically(folder_ / "b", "new");

  EXPECT_EQ(read_file(folder_ / "a"), "old");
  for (const std::string& other : others) EXPECT_TRUE(fs::exists(folder_ / other)) << other;
  EXPECT_EQ(entries(), 8);
}

/// The name of a temporary that was renamed may be another's by the time we are done.
TEST_F(Files, ANameGivenAwayIsNotRemoved) {
  {
    Temporary temporary(folder_, "for us");
    const std::filesystem::path name = temporary.name();
    fs::rename(name, folder_ / "kept");
    temporary.release();
    fs::copy(folder_ / "kept", name);
  }
  EXPECT_EQ(entries(), 2);
}

/// Someone else's lock on a file that is replaced is no reason to wait.
TEST_F(Files, ALockedFileIsReplaced) {
  write_file_atomically(folder_ / "a", "old");
  write_file_atomically(folder_ / "b", "old");
  const int lock = open((folder_ / "a").c_str(), O_RDONLY);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  Replacement both;
  both.write(folder_ / "a", "new");
  both.write(folder_ / "b", "new");
  both.keep();
  ::close(lock);
  EXPECT_EQ(read_file(folder_ / "a"), "new");
  EXPECT_EQ(entries(), 2);
}

TEST_F(Files, WhatALivingProcessIsStillWritingStays) {
  const Temporary temporary(folder_, "for us");
  const std::string journal = temporary.name().string() + "-journal";
  write_file_atomically(folder_ / "a", "old");
  fs::copy(folder_ / "a", journal);
  Replacement replacement;
  replacement.write(folder_ / "a", "new");
  // As the second name of a file that is being replaced.
  const fs::path second = folder_ / ".assay-1-0.tmp.old";
  fs::create_hard_link(folder_ / "a", second);
  const int lock = open(second.c_str(), O_RDONLY);
  ASSERT_EQ(flock(lock, LOCK_SH), 0);

  const pid_t child = fork();
  if (child == 0) {
    write_file_atomically(folder_ / "b", "another's");
    _exit(0);
  }
  waitpid(child, nullptr, 0);

  EXPECT_EQ(entries(), 6);  // a, b, the two temporaries, the journal and the second name
  replacement.keep();
  EXPECT_EQ(read_file(folder_ / "a"), "new");
  close(lock);
  write_file_atomically(folder_ / "b", "");
  EXPECT_EQ(entries(), 4);
}

// FIPS 180-2, appendices B.1 and B.2, and the empty text.
TEST(Sha256, MatchesThePublishedDigests) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

}  // namespace
}  // namespace assay
