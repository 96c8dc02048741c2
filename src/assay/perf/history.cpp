#include "assay/perf/history.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "assay/perf/database.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"
#include "assay/support/json.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t application = 0x41737361;  // "Assa"
constexpr std::int64_t format = 1;

constexpr const char* tables = R"(
CREATE TABLE record (id INTEGER PRIMARY KEY, recorded TEXT NOT NULL, source_commit TEXT NOT NULL,
  machine TEXT NOT NULL, compiler TEXT NOT NULL, build TEXT NOT NULL, counted_with TEXT NOT NULL)
  STRICT;
CREATE TABLE time (record INTEGER NOT NULL REFERENCES record(id), workload TEXT NOT NULL,
  repetition INTEGER NOT NULL, nanoseconds REAL NOT NULL,
  PRIMARY KEY (record, workload, repetition)) STRICT;
CREATE TABLE count (record INTEGER NOT NULL REFERENCES record(id), workload TEXT NOT NULL,
  instructions INTEGER NOT NULL, PRIMARY KEY (record, workload)) STRICT;
CREATE TABLE work (record INTEGER NOT NULL REFERENCES record(id), workload TEXT NOT NULL,
  iterations INTEGER NOT NULL, oracle_calls INTEGER NOT NULL, proved INTEGER NOT NULL,
  gap_lower REAL NOT NULL, gap_upper REAL NOT NULL, PRIMARY KEY (record, workload)) STRICT;
)";

/// @return whether it is a history; false for a file without anything in it
bool check_history(Database& database) {
  const std::int64_t kind = database.integer("PRAGMA application_id");
  const std::int64_t version = database.integer("PRAGMA user_version");
  const std::int64_t things = database.integer("SELECT count(*) FROM sqlite_schema");
  if (kind == 0 && version == 0 && things == 0) return false;
  if (kind != application) database.fail("is a database of something else, not a history");
  if (version != format)
    database.fail("has format " + std::to_string(version) + ", this program knows " +
                  std::to_string(format) + (version > format ? "; it is of a newer one" : ""));
  const std::string health = database.text("PRAGMA quick_check(1)");
  if (health != "ok") database.fail("is damaged: " + shortened(health, 100));
  return true;
}

std::string to_json(const CountedWith& with) {
  nlohmann::json json = nlohmann::json::array();
  for (const auto& [name, value] : with) json.push_back({name, value});
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

CountedWith from_json(const std::string& text, const std::string& source) {
  const nlohmann::json json = parse_json(text, source);
  const JsonField field(json, source, "counted_with");
  if (!json.is_array()) field.must_be("a list");
  CountedWith with;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const JsonField pair = field.entry(i);
    pair.list(2, "2 texts");
    with.emplace_back(pair.entry(0).text(), pair.entry(1).text());
  }
  return with;
}

void insert(Database& database, std::int64_t id, const PerfRecord& record) {
  Statement one_time(database, "INSERT INTO time VALUES (?, ?, ?, ?)");
  for (const Times& times : record.times) {
    std::int64_t repetition = 0;
    for (const double value : times.nanoseconds)
      one_time.bind(id).bind(times.workload).bind(repetition++).bind(value).run();
  }
  Statement count(database, "INSERT INTO count VALUES (?, ?, ?)");
  for (const auto& [workload, instructions] : record.counts)
    count.bind(id).bind(workload).bind(static_cast<std::int64_t>(instructions)).run();
  Statement work(database, "INSERT INTO work VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const Work& w : record.work)
    work.bind(id)
        .bind(w.workload)
        .bind(std::int64_t{w.iterations})
        .bind(std::int64_t{w.oracle_calls})
        .bind(std::int64_t{w.proved})
        .bind(w.gap_lower)
        .bind(w.gap_upper)
        .run();
}

std::int64_t append(Database& database, const PerfRecord& record) {
  Transaction transaction(database);
  if (!check_history(database)) {
    database.run(tables);
    database.run("PRAGMA application_id = " + std::to_string(application));
    database.run("PRAGMA user_version = " + std::to_string(format));
  }
  Statement head(database,
                 "INSERT INTO record (recorded, source_commit, machine, compiler, build, "
                 "counted_with) VALUES (?, ?, ?, ?, ?, ?)");
  head.bind(record.recorded)
      .bind(record.commit)
      .bind(record.machine)
      .bind(record.compiler)
      .bind(record.build)
      .bind(to_json(record.counted_with))
      .run();
  const std::int64_t id = database.last_id();
  insert(database, id, record);
  transaction.commit();
  return id;
}

/// The commit that both of "abc" and "abc-changed" are of.
std::string without_mark(const std::string& commit) {
  const std::string mark = "-changed";
  return commit.ends_with(mark) ? commit.substr(0, commit.size() - mark.size()) : commit;
}

/// SQLite takes these for a database in memory, or for an address: what is stored there is gone or
/// lies elsewhere.
void check_name(const fs::path& path) {
  const std::string name = path.string();
  if (name.empty() || name == ":memory:" || name.rfind("file:", 0) == 0)
    throw InputError("", "--db",
                     in_quotes(name) + " must name a file" +
                         (name.empty() ? "" : "; one that is named so is './NAME'"));
}

/// A file that goes away with what SQLite left beside it.
class FirstRecord {
 public:
  explicit FirstRecord(const fs::path& history)
      : owner_(folder_of(history), history), path_(owner_.name().string() + "-history") {}
  FirstRecord(const FirstRecord&) = delete;
  ~FirstRecord() {
    std::error_code ignored;
    for (const char* end : {"", "-journal"}) fs::remove(path_.string() + end, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  Temporary owner_;
  fs::path path_;
};

/// Makes a history of one record, all of it or nothing. @return its id; nothing when another
/// process was faster or the file system has no second names for files
std::optional<std::int64_t> make_history(const fs::path& path, const PerfRecord& record) {
  const FirstRecord made(path);
  std::int64_t id = 0;
  {
    Database database(made.path(), Database::Open::to_write, path);
    id = append(database, record);
  }
  std::error_code error;
  fs::create_hard_link(made.path(), path, error);
  if (error) return std::nullopt;
  sync_folder(folder_of(path));
  return id;
}

constexpr const char* head_columns =
    "SELECT id, recorded, source_commit, machine, compiler, build, counted_with FROM record ";

RecordHead head_at(Statement& row, const fs::path& path) {
  RecordHead head;
  head.id = row.integer();
  head.recorded = row.text();
  head.commit = row.text();
  head.machine = row.text();
  head.compiler = row.text();
  head.build = row.text();
  head.counted_with = from_json(row.text(), path.string());
  return head;
}

}  // namespace

History::History(fs::path path) : path_(std::move(path)) {
  check_name(path_);
  std::error_code unknown;
  if (!fs::exists(path_, unknown)) throw InputError(path_.string(), "", "does not exist");
  Database database(path_, Database::Open::to_read);
  if (!check_history(database)) database.fail("is empty, not a history");
}

std::vector<RecordHead> History::heads() const {
  Database database(path_, Database::Open::to_read);
  Statement rows(database, std::string(head_columns) + "ORDER BY id");
  std::vector<RecordHead> heads;
  while (rows.next()) heads.push_back(head_at(rows, path_));
  return heads;
}

PerfRecord History::read(std::int64_t id) const {
  Database database(path_, Database::Open::to_read);
  PerfRecord record;
  Statement head(database, std::string(head_columns) + "WHERE id = ?");
  head.bind(id);
  if (!head.next()) database.fail("has no record " + std::to_string(id));
  static_cast<RecordHead&>(record) = head_at(head, path_);

  const auto damaged = [&](const std::string& workload) {
    database.fail("is damaged: " + in_quotes(workload) + " of record " + std::to_string(id) +
                  " holds no sensible number");
  };
  Statement row(database,
                "SELECT workload, nanoseconds FROM time WHERE record = ? "
                "ORDER BY workload, repetition");
  row.bind(id);
  while (row.next()) {
    const std::string workload = row.text();
    const double value = row.real();
    if (!(value > 0) || !std::isfinite(value)) damaged(workload);
    if (record.times.empty() || record.times.back().workload != workload)
      record.times.push_back({workload, {}});
    record.times.back().nanoseconds.push_back(value);
  }
  Statement count(database,
                  "SELECT workload, instructions FROM count WHERE record = ? ORDER BY workload");
  count.bind(id);
  while (count.next()) {
    const std::string workload = count.text();
    const std::int64_t value = count.integer();
    if (value <= 0) damaged(workload);
    record.counts[workload] = static_cast<std::uint64_t>(value);
  }
  Statement work(database,
                 "SELECT workload, iterations, oracle_calls, proved, gap_lower, gap_upper "
                 "FROM work WHERE record = ? ORDER BY workload");
  work.bind(id);
  while (work.next()) {
    Work w;
    w.workload = work.text();
    w.iterations = work.integer();
    w.oracle_calls = work.integer();
    w.proved = work.integer() != 0;
    w.gap_lower = work.real();
    w.gap_upper = work.real();
    record.work.push_back(w);
  }
  return record;
}

std::int64_t History::find(const std::string& reference, const std::string& key) const {
  const std::vector<RecordHead> all = heads();
  const auto none = [&](const std::string& what) -> std::int64_t {
    throw InputError(path_.string(), key, what);
  };
  if (all.empty()) return none("there is no record yet");
  if (reference == "latest") return all.back().id;
  if (reference == "previous")
    return all.size() > 1 ? all[all.size() - 2].id : none("there is only one record");
  std::int64_t number = 0;
  const char* end = reference.data() + reference.size();
  const auto [stopped, error] = std::from_chars(reference.data(), end, number);
  if (error == std::errc() && stopped == end)
    for (const RecordHead& head : all)
      if (head.id == number) return number;
  std::set<std::string> commits;
  std::int64_t last = 0, exact = 0;
  for (const RecordHead& head : all) {
    if (head.commit == reference) exact = head.id;
    if (reference.size() >= 4 && head.commit.rfind(reference, 0) == 0) {
      commits.insert(without_mark(head.commit));
      last = head.id;
    }
  }
  if (exact != 0) return exact;
  if (commits.size() > 1) return none(in_quotes(reference) + " begins several commits");
  if (commits.empty())
    return none(in_quotes(reference) +
                " is no record: give a number, 4 or more digits of a commit, latest or previous");
  return last;
}

std::int64_t History::add(const fs::path& path, const PerfRecord& record) {
  check_can_add(path);
  remove_abandoned(folder_of(path));
  std::error_code unknown;
  // Nothing of a first record that fails stays behind, and it takes nothing of another's with it.
  if (!fs::exists(path, unknown))
    if (const auto id = make_history(path, record)) return *id;
  Database database(path, Database::Open::to_write);
  return append(database, record);
}

void History::check_can_add(const fs::path& path) {
  check_name(path);
  std::error_code unknown;
  if (fs::exists(path, unknown)) {
    Database database(path, Database::Open::to_write);
    check_history(database);
    if (::access(path.c_str(), W_OK) != 0) database.fail("cannot write: it is read-only");
  }
  const fs::path folder = folder_of(path);
  if (!fs::is_directory(folder, unknown) || ::access(folder.c_str(), W_OK) != 0)
    throw InputError(path.string(), "", "cannot write: no such folder, or a read-only one");
}

}  // namespace assay
