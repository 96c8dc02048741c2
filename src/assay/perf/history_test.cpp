#include "assay/perf/history.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include "assay/perf/database.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"
#include "assay/support/small_disk_test.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

class HistoryFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "assay-history-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    file_ = root_ / "history.sqlite";
  }
  void TearDown() override { fs::remove_all(root_); }

  static PerfRecord record(const std::string& commit) {
    PerfRecord record;
    record.recorded = "2026-01-02T03:04:05Z";
    record.commit = commit;
    record.machine = "a machine";
    record.compiler = "g++ 12.2.0";
    record.build = "abc";
    record.counted_with = {{"counter", "callgrind"}, {"compiler", "g++ \"12\""}};
    record.times = {{"bench/a", {3.5, 1.25, 2}}, {"run/b", {1e9}}};
    record.counts = {{"dot/20", 123456789012345}, {"product/20", 7}};
    record.work = {{"run/b", 50, 51, true, 0, 1e-12}, {"run/c", 3, 4, false, 0, 0}};
    return record;
  }

  std::string error_of(const std::function<void()>& action) const {
    try {
      action();
    } catch (const InputError& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.rfind(file_.string() + ": ", 0), 0u) << message;
      return message.substr(std::min(message.size(), file_.string().size() + 2));
    }
    return "none";
  }
  std::string read_error() const {
    return error_of([&] {
      const History history(file_);
      for (const RecordHead& head : history.heads()) history.read(head.id);
    });
  }
  std::string add_error() const {
    return error_of([&] { History::add(file_, record("c")); });
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(root_), fs::directory_iterator()));
  }
  void edit(const std::string& sql) {
    Database database(file_, Database::Open::to_write);
    database.run(sql);
  }

  fs::path root_, file_;
};

TEST_F(HistoryFile, WhatIsAddedIsReadBack) {
  EXPECT_EQ(History::add(file_, record("aaaa1")), 1);
  EXPECT_EQ(History::add(file_, record("bbbb2-changed")), 2);

  const History history(file_);

  ASSERT_EQ(history.heads().size(), 2u);
  EXPECT_EQ(history.heads()[0].commit, "aaaa1");
  const PerfRecord back = history.read(2), put = record("bbbb2-changed");
  EXPECT_EQ(back.id, 2);
  EXPECT_EQ(back.recorded, put.recorded);
  EXPECT_EQ(back.commit, put.commit);
  EXPECT_EQ(back.machine, put.machine);
  EXPECT_EQ(back.compiler, put.compiler);
  EXPECT_EQ(back.build, put.build);
  EXPECT_EQ(back.counted_with, put.counted_with);
  EXPECT_EQ(back.counts, put.counts);
  ASSERT_EQ(back.times.size(), 2u);
  EXPECT_EQ(back.times[0].workload, "bench/a");
  EXPECT_EQ(back.times[0].nanoseconds, put.times[0].nanoseconds);
  EXPECT_EQ(back.times[1].nanoseconds, put.times[1].nanoseconds);
  ASSERT_EQ(back.work.size(), 2u);
  EXPECT_EQ(back.work[0].workload, "run/b");
  EXPECT_EQ(back.work[0].iterations, 50);
  EXPECT_EQ(back.work[0].oracle_calls, 51);
  EXPECT_TRUE(back.work[0].proved);
  EXPECT_EQ(back.work[0].gap_lower, 0);
  EXPECT_EQ(back.work[0].gap_upper, 1e-12);
  EXPECT_FALSE(back.work[1].proved);
  EXPECT_EQ(files(), 1u);
}

TEST_F(HistoryFile, RecordsAreFoundByNumberCommitAndAge) {
  for (const char* commit : {"aaaa1111", "abbb2222", "aaaa1111-changed", "cccc"})
    History::add(file_, record(commit));
  const History history(file_);

  EXPECT_EQ(history.find("2", "A"), 2);
  EXPECT_EQ(history.find("latest", "A"), 4);
  EXPECT_EQ(history.find("previous", "A"), 3);
  EXPECT_EQ(history.find("aaaa", "A"), 3) << "the last of one commit";
  EXPECT_EQ(history.find("abbb2222", "A"), 2);
  EXPECT_EQ(error_of([&] { history.find("5", "A"); }).rfind("A: '5' is no record", 0), 0u);
  EXPECT_EQ(error_of([&] { history.find("aaa", "B"); }).rfind("B: 'aaa' is no record", 0), 0u);
  EXPECT_EQ(error_of([&] { history.find("", "A"); }).rfind("A: '' is no record", 0), 0u);
  History::add(file_, record("cccc9"));
  History::add(file_, record("cccc9-changed"));
  EXPECT_EQ(history.find("cccc", "A"), 4) << "as it was stored";
  EXPECT_EQ(history.find("cccc9", "A"), 5);
  History::add(file_, record("ccccc"));
  History::add(file_, record("ccccd"));
  EXPECT_EQ(error_of([&] { history.find("ccccc9", "A"); }).rfind("A: 'ccccc9' is no record", 0),
            0u);
}

TEST_F(HistoryFile, ANameWithADashIsNoCommitWithAMark) {
  for (const char* commit : {"release-1", "release-10", "release-10-changed", "release-10-rc"})
    History::add(file_, record(commit));
  const History history(file_);

  EXPECT_EQ(history.find("release-1", "A"), 1);
  EXPECT_EQ(history.find("release-10", "A"), 2);
  EXPECT_EQ(history.find("release-10-c", "A"), 3);
  EXPECT_EQ(error_of([&] { history.find("release", "A"); }), "A: 'release' begins several commits");
  EXPECT_EQ(error_of([&] { history.find("release-", "A"); }),
            "A: 'release-' begins several commits");
}

TEST_F(HistoryFile, OtherFilesAreNamedAndLeftAlone) {
  EXPECT_EQ(read_error(), "does not exist");
  const auto refused = [&](const std::string& content, const std::string& why) {
    write_file_atomically(file_, content);
    EXPECT_EQ(read_error(), why);
    EXPECT_EQ(add_error(), why);
    EXPECT_EQ(read_file(file_), content);
  };
  refused(
      "This is a text, and it is long enough to be looked at as a database of SQLite, which "
      "has a head of one hundred bytes.\n",
      "is not an SQLite database");
  write_file_atomically(file_, "");
  EXPECT_EQ(read_error(), "is empty, not a history");

  edit("CREATE TABLE mine (x)");
  refused(read_file(file_), "is a database of something else, not a history");
  fs::remove(file_);
  History::add(file_, record("aaaa"));
  edit("PRAGMA user_version = 2");
  refused(read_file(file_), "has format 2, this program knows 1; it is of a newer one");
  fs::remove(file_);
  fs::create_directory(file_);
  EXPECT_EQ(read_error(), "is a folder");
  EXPECT_EQ(add_error(), "is a folder");
}

TEST_F(HistoryFile, DamageIsSaidAndNoCrash) {
  for (int i = 0; i < 40; ++i) History::add(file_, record("aaaa" + std::to_string(i)));
  const std::string whole = read_file(file_);
  ASSERT_EQ(read_error(), "none");
  int seen = 0, seen_at_once = 0;
  for (std::size_t at = 100; at < whole.size(); at += 997) {
    std::string broken = whole;
    for (std::size_t i = at; i < std::min(at + 40, broken.size()); ++i) broken[i] ^= 0x5a;
    write_file_atomically(file_, broken);
    seen += read_error() != "none";  // a changed number may still be one
    seen_at_once += error_of([&] { History{file_}; }) != "none";
  }
  EXPECT_GT(seen, 5);
  EXPECT_GT(seen_at_once, 5) << "also where nobody reads the damaged record";
  for (const std::size_t size : {whole.size() / 2, std::size_t{4096}, std::size_t{50}}) {
    write_file_atomically(file_, whole.substr(0, size));
    EXPECT_NE(read_error(), "none") << size;
    EXPECT_NE(add_error(), "none") << size;
  }
}

TEST_F(HistoryFile, NumbersThatMeanNothingAreDamage) {
  const auto broken = [&](const std::string& sql) {
    fs::remove(file_);
    History::add(file_, record("aaaa"));
    edit(sql);
    return read_error();
  };
  EXPECT_EQ(broken("UPDATE time SET nanoseconds = -1"),
            "is damaged: 'bench/a' of record 1 holds no sensible number");
  EXPECT_EQ(broken("UPDATE time SET nanoseconds = 9e999"),
            "is damaged: 'bench/a' of record 1 holds no sensible number");
  EXPECT_EQ(broken("UPDATE count SET instructions = 0"),
            "is damaged: 'dot/20' of record 1 holds no sensible number");
  EXPECT_NE(broken("UPDATE record SET counted_with = 'x'"), "none");
  EXPECT_NE(broken("UPDATE record SET counted_with = '[[1, 2]]'"), "none");
  EXPECT_NE(broken("DROP TABLE work"), "none");
  EXPECT_EQ(broken("DROP TABLE count; CREATE TABLE count (record, workload, instructions);"
                   "INSERT INTO count VALUES (1, 'dot/20', 'many')"),
            "is damaged: instructions is of the wrong type");
}

TEST_F(HistoryFile, AFullDiskLeavesWhatWasThere) {
  PerfRecord large = record("aaaa");
  large.times = {{"bench/a", std::vector<double>(20'000, 1.5)}};
  {
    const SmallDisk disk(16 * 1024);
    EXPECT_NE(error_of([&] { History::add(file_, large); }), "none");
  }
  EXPECT_EQ(files(), 0u) << "a first record that does not fit leaves nothing";

  History::add(file_, record("aaaa"));
  const std::string before = read_file(file_);
  {
    const SmallDisk disk(before.size() + 16 * 1024);
    EXPECT_NE(error_of([&] { History::add(file_, large); }), "none");
  }
  EXPECT_EQ(History(file_).heads().size(), 1u);
  EXPECT_EQ(read_error(), "none");
}

TEST_F(HistoryFile, AKilledRecordIsUndoneWhenItIsRead) {
  History::add(file_, record("aaaa"));
  const fs::path killed = root_ / "killed.sqlite";
  {
    Database database(file_, Database::Open::to_write);
    database.run("PRAGMA cache_size = 1");  // or nothing is written before the end
    database.run("BEGIN IMMEDIATE");
    database.run(
        "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
        "INSERT INTO time SELECT 1, 'run/b', i, 1.0 FROM n");
    fs::copy(file_, killed);
    fs::copy(file_.string() + "-journal", killed.string() + "-journal");
    database.run("ROLLBACK");
  }
  ASSERT_GT(fs::file_size(killed), fs::file_size(file_)) << "half a record was to be in it";

  EXPECT_EQ(History(killed).read(1).times[1].nanoseconds.size(), 1u);
}

TEST_F(HistoryFile, WhatAKilledFirstRecordLeftIsRemovedByTheNext) {
  for (const bool first : {true, false}) {
    for (const char* end : {"", "-history", "-history-journal"})
      std::ofstream(root_ / (std::string(".assay-1-0.tmp") + end)) << "left";
    History::add(file_, record("aaaa"));
    EXPECT_EQ(files(), 1u) << first;
  }
}

TEST_F(HistoryFile, ANameThatSQLiteTakesForSomethingElseIsRefused) {
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  for (const char* name : {"", ":memory:", "file:h.sqlite", "file:h?mode=memory"})
    for (const std::function<void()>& action :
         {std::function<void()>([&] { History::add(name, record("aaaa")); }),
          std::function<void()>([&] { History::check_can_add(name); }),
          std::function<void()>([&] { History{name}; })})
      try {
        action();
        ADD_FAILURE() << name;
      } catch (const InputError& error) {
        EXPECT_EQ(std::string(error.what()).rfind("--db: '" + std::string(name) + "' must", 0), 0u)
            << error.what();
      }
  EXPECT_EQ(files(), 0u);
  EXPECT_EQ(History::add("./:memory:", record("aaaa")), 1);
  EXPECT_EQ(files(), 1u);
  fs::current_path(before);
}

TEST_F(HistoryFile, AFirstRecordThatFailsTakesNoOtherWithIt) {
  PerfRecord twice = record("bbbb");
  twice.times = {{"bench/a", std::vector<double>(20'000, 1.5)}, {"bench/a", {1}}};
  EXPECT_NE(error_of([&] { History::add(file_, twice); }), "none");
  EXPECT_EQ(files(), 0u);
  for (int round = 0; round < 20; ++round) {
    std::thread failing([&] { EXPECT_THROW(History::add(file_, twice), InputError); });
    std::thread another([&] { History::add(file_, record("aaaa")); });
    failing.join();
    another.join();
    ASSERT_TRUE(fs::exists(file_)) << round;
    EXPECT_EQ(History(file_).heads().size(), 1u);
    EXPECT_EQ(files(), 1u);
    fs::remove(file_);
  }
}

TEST_F(HistoryFile, TwoFirstRecordsAreBothKept) {
  for (int round = 0; round < 20; ++round) {
    std::thread one([&] { History::add(file_, record("aaaa")); });
    History::add(file_, record("bbbb"));
    one.join();
    EXPECT_EQ(History(file_).heads().size(), 2u);
    EXPECT_EQ(files(), 1u);
    fs::remove(file_);
  }
}

TEST_F(HistoryFile, AFolderThatIsNotThereIsToldBeforeMeasuring) {
  file_ = root_ / "none" / "history.sqlite";
  EXPECT_EQ(error_of([&] { History::check_can_add(file_); }),
            "cannot write: no such folder, or a read-only one");
}

}  // namespace
}  // namespace assay
