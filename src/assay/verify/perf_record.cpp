#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "assay/cli/signals.hpp"
#include "assay/numerics/environment.hpp"
#include "assay/perf/compare_records.hpp"
#include "assay/verify/perf.hpp"

namespace assay {
namespace {

struct RecordOptions {
  PerfFiles files;
  BenchOptions bench;
  std::vector<std::string> parts = {"runs", "counts", "bench"};
  std::vector<std::string> experiments = {"demo-ssigd-s100",        "demo-dsblo-s100",
                                          "demo-f2csa-s100",        "demo-ssigd-s100-active",
                                          "demo-dsblo-s100-active", "demo-f2csa-s100-active",
                                          "f2csa-algorithm-2"};
  std::string commit, counter;

  bool has(const char* part) const {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  }
};

Counter chosen_counter(const std::string& word) {
  if (word == "hardware") return Counter::hardware;
  if (has_callgrind(&stop_on_signals())) return Counter::callgrind;
  if (word == "callgrind") throw InputError("", "--counter", "valgrind is not installed");
  return Counter::hardware;
}

void record(const RecordOptions& options, Session& session) {
  require_arithmetic();
  if (options.commit.find_first_of(" \t\n") != std::string::npos)
    throw InputError("", "--commit", "must be one word");
  // Everything that can be found out at once comes before the minutes of measuring.
  History::check_can_add(options.files.history);
  if (options.has("runs")) check_experiments(options.experiments, "--experiment", session);
  std::optional<CountsProgram> counts;
  Counter counter = Counter::callgrind;
  if (options.has("counts")) {
    counts.emplace(options.files.program, &stop_on_signals());
    counter = chosen_counter(options.counter);
  }
  BenchOptions bench = options.bench;
  bench.program = options.files.bench;
  if (options.has("bench")) check_benches(bench, &stop_on_signals());
  PerfRecord record;
  static_cast<RecordHead&>(record) =
      head_of_now(options.commit, {options.has("bench") ? options.files.bench : "",
                                   options.has("counts") ? options.files.program : ""});
  if (options.has("runs")) {
    MeasuredRuns runs = measure_runs(options.experiments, options.bench.repetitions, session);
    record.times = std::move(runs.times);
    record.work = std::move(runs.work);
  }
  const std::size_t runs = record.times.size();
  if (counts) {
    record.counts = measure_counts(*counts, counter, {}, session);
    record.counted_with = counts->with(counter);
  }
  if (options.has("bench"))
    for (Times& times : run_benches(bench, &stop_on_signals()))
      record.times.push_back(std::move(times));
  record.id = History::add(options.files.history, record);

  std::string counted = "nothing counted";
  if (!record.counts.empty())
    counted =
        fmt::format("{} counts by {}", record.counts.size(), record.counted_with.front().second);
  auto json = perf_json("record");
  json["db"] = options.files.history;
  json.update(head_json(record));
  json["runs"] = runs;
  json["benches"] = record.times.size() - runs;
  json["counts"] = record.counts.size();
  session.results(
      fmt::format("record {} of {} in {}\n  {} runs and {} benches, {} times each; {}\n", record.id,
                  record.commit, options.files.history, runs, record.times.size() - runs,
                  options.bench.repetitions, counted),
      dumped(json));
}

}  // namespace

void add_perf_record(CLI::App& perf, Session& session) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App* command = perf.add_subcommand(
      "record", "measure runs, counts of instructions and benches, and store them");
  options->files.add_history(*command);
  options->files.add_bench(*command);
  options->files.add_program(*command);
  command->add_option("--only", options->parts, "runs, counts, bench; default: all")
      ->type_name("PART")
      ->check(CLI::IsMember({"runs", "counts", "bench"}));
  command->add_option("--experiment", options->experiments, "golden experiments to run")
      ->type_name("NAME");
  command
      ->add_option("--repetitions", options->bench.repetitions,
                   "of each time; fewer than 5 could never tell a change")
      ->type_name("N")
      ->check(CLI::Range(fewest_repetitions, largest_sample))
      ->capture_default_str();
  command->add_option("--min-time", options->bench.seconds, "of one repetition of a bench")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 60.0))
      ->capture_default_str();
  command->add_option("--filter", options->bench.filter, "only benches that match")
      ->type_name("REGEX");
  command
      ->add_option("--counter", options->counter,
                   "callgrind or hardware; default: callgrind where valgrind is installed")
      ->check(CLI::IsMember({"callgrind", "hardware"}));
  command->add_option("--commit", options->commit, "what is measured; default: what git says")
      ->type_name("NAME");
  session.add_common_options(*command);
  session.add_golden_option(*command);
  command->callback([options, &session] { record(*options, session); });
}

}  // namespace assay
