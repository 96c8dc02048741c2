#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "assay/perf/bench_times.hpp"
#include "assay/perf/counts.hpp"

namespace assay {

/// How far a whole run got, so that "faster" can be told from "stopped earlier".
struct Work {
  std::string workload;
  long iterations = 0;    ///< steps made
  long oracle_calls = 0;  ///< lower-level solves the algorithm asked for
  bool proved = false;    ///< whether the next two enclose |grad F| at the last point
  double gap_lower = 0, gap_upper = 0;
};

/// When, of what and where something was measured.
struct RecordHead {
  std::int64_t id = 0;   ///< given by the history, ascending
  std::string recorded;  ///< UTC, "YYYY-MM-DDTHH:MM:SSZ"
  std::string
      commit;  ///< of the source tree; "-changed" behind it when that held more; or "unknown"
  std::string machine;       ///< processor, their number, system, C library: times need equal ones
  std::string compiler;      ///< with options, as far as the program knows
  std::string build;         ///< SHA-256 of the programs that took part
  CountedWith counted_with;  ///< empty: nothing was counted
};

struct PerfRecord : RecordHead {
  std::vector<Times> times;
  Counts counts;
  std::vector<Work> work;
};

/// Records of performance in one SQLite file.
class History {
 public:
  /// The file for reading. @throws InputError when it is missing, damaged, of something else, or of
  /// a newer format
  explicit History(std::filesystem::path path);

  std::vector<RecordHead> heads() const;  ///< ascending by id
  PerfRecord read(std::int64_t id) const;

  /// The id that a person means by a number, a commit as it was stored, the beginning of one (the
  /// last record of it or of "-changed" behind it), "latest" or "previous". @throws InputError
  /// naming `key` when there is none, or several commits
  std::int64_t find(const std::string& reference, const std::string& key) const;

  /// Appends a record, all of it or nothing, and makes the file when there is none.
  /// @return its id
  static std::int64_t add(const std::filesystem::path& path, const PerfRecord& record);
  /// Fails as add() would, as far as can be told without writing: measuring takes minutes.
  static void check_can_add(const std::filesystem::path& path);

 private:
  std::filesystem::path path_;
};

}  // namespace assay
