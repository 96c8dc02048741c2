#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "assay/cli/session.hpp"
#include "assay/perf/counter.hpp"
#include "assay/perf/history.hpp"

// What the parts of `assay perf` share.
namespace assay {

/// Where things lie; each has an option.
struct PerfFiles {
  std::string history;  ///< --db
  std::string counts;   ///< --counts, the reviewed file
  std::string bench;    ///< --bench, an executable of Google Benchmark
  std::string program;  ///< --program, the executable assay_counts

  void add_history(CLI::App& command);
  void add_counts(CLI::App& command);
  void add_bench(CLI::App& command);
  void add_program(CLI::App& command);
};

/// What a whole run is measured by.
struct MeasuredRuns {
  std::vector<Times> times;
  std::vector<Work> work;
};

/// @throws InputError naming `key` unless each is the name of a golden experiment, and none twice
void check_experiments(const std::vector<std::string>& names, const std::string& key,
                       Session& session);

/// Runs golden experiments, one after the other and all of them again and again, in processor time;
/// workloads are named "run/NAME". @throws NumericalError when a run fails
MeasuredRuns measure_runs(const std::vector<std::string>& experiments, int repetitions,
                          Session& session);

/// The instructions of these workloads, all for an empty list. @throws InputError for an unknown
/// one
Counts measure_counts(const CountsProgram& program, Counter counter,
                      const std::vector<std::string>& workloads, Session& session);

/// What a record is made by besides this program; "" for one that takes no part.
struct MeasuringPrograms {
  std::string bench, counts;
};

/// Head of a record of these programs, on this machine, now. @param commit  "" to ask git
/// @throws InputError naming a program that cannot be read
RecordHead head_of_now(const std::string& commit, const MeasuringPrograms& programs);

/// "12.3 us"
std::string time_text(double nanoseconds);

/// JSON as every part prints it: {"format": "assay-perf/1", "command": command, ...}
nlohmann::ordered_json perf_json(const std::string& command);
nlohmann::ordered_json head_json(const RecordHead& head);
std::string dumped(const nlohmann::ordered_json& json);

// Each adds one subcommand of `perf`.
void add_perf_record(CLI::App& perf, Session& session);
void add_perf_compare(CLI::App& perf, Session& session);
void add_perf_history(CLI::App& perf, Session& session);
void add_perf_check(CLI::App& perf, Session& session);
void add_perf_accept(CLI::App& perf, Session& session);

}  // namespace assay
