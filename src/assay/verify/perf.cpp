#include "assay/verify/perf.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "assay/verify/commands.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

/// In the source tree this was built from, else where the caller stands.
std::string in_bench_folder(const char* name) {
#ifdef ASSAY_SOURCE
  const fs::path folder = fs::path(ASSAY_SOURCE) / "bench";
  if (fs::is_directory(folder)) return (folder / name).string();
#endif
  return name;
}

std::string beside_this_program(const char* name) {
  std::error_code unknown;
  return (fs::read_symlink("/proc/self/exe", unknown).parent_path() / name).string();
}

CLI::Option* add_file(CLI::App& command, const char* option, std::string& value,
                      const char* meaning) {
  return command.add_option(option, value, meaning)->type_name("FILE");
}

}  // namespace

void PerfFiles::add_history(CLI::App& command) {
  history = in_bench_folder("history.sqlite");
  add_file(command, "--db", history, "the history; default: bench/history.sqlite");
}
void PerfFiles::add_counts(CLI::App& command) {
  counts = in_bench_folder("counts.txt");
  add_file(command, "--counts", counts, "the reviewed counts; default: bench/counts.txt");
}
void PerfFiles::add_bench(CLI::App& command) {
  bench = beside_this_program("assay_bench");
  add_file(command, "--bench", bench,
           "an executable of Google Benchmark; default: assay_bench beside this program");
}
void PerfFiles::add_program(CLI::App& command) {
  program = beside_this_program("assay_counts");
  add_file(command, "--program", program,
           "what is counted; default: assay_counts beside this program");
}

std::string time_text(double nanoseconds) {
  const char* units[] = {"ns", "us", "ms", "s"};
  int unit = 0;
  for (; unit < 3 && nanoseconds >= 1000; ++unit) nanoseconds /= 1000;
  return fmt::format("{:.3g} {}", nanoseconds, units[unit]);
}

nlohmann::ordered_json perf_json(const std::string& command) {
  return {{"format", "assay-perf/1"}, {"command", command}};
}

nlohmann::ordered_json head_json(const RecordHead& head) {
  nlohmann::ordered_json json = {{"record", head.id},         {"recorded", head.recorded},
                                 {"commit", head.commit},     {"machine", head.machine},
                                 {"compiler", head.compiler}, {"build", head.build}};
  json["counted_with"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : head.counted_with) json["counted_with"][name] = value;
  return json;
}

std::string dumped(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void add_perf(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("perf", "times and counts of instructions, over time");
  command->require_subcommand(1);
  add_perf_record(*command, session);
  add_perf_compare(*command, session);
  add_perf_history(*command, session);
  add_perf_check(*command, session);
  add_perf_accept(*command, session);
}

}  // namespace assay
