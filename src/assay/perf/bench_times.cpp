#include "assay/perf/bench_times.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "assay/perf/process.hpp"
#include "assay/support/error.hpp"
#include "assay/support/json.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace {

const std::string prefix = "bench/";

double nanoseconds(const JsonField& bench) {
  static const std::map<std::string, double> units = {
      {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  const double unit = units.at(bench.at("time_unit").word({"ns", "us", "ms", "s"}));
  const JsonField time = bench.at("cpu_time");
  if (!(time.number() > 0)) time.must_be("above 0");
  return time.number() * unit;
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

Process run_bench(const BenchOptions& options, std::vector<std::string> arguments,
                  const StopFlag* stop) {
  arguments.insert(arguments.begin(), options.program);
  if (!options.filter.empty()) arguments.push_back("--benchmark_filter=" + options.filter);
  Process process = run_process(arguments, {}, stop);
  if (process.code != 0)
    throw InputError(options.program, "",
                     "ended with " + std::to_string(process.code) + ": " + last_words(process));
  return process;
}

}  // namespace

std::vector<Times> parse_benches(const std::string& text, const std::string& source) {
  const nlohmann::json document = parse_json(text, source);
  if (!document.is_object()) throw InputError(source, "", "is not what Google Benchmark prints");
  const JsonField list = JsonField(document, source).at("benchmarks");
  if (!list.value().is_array()) list.must_be("a list");
  std::vector<Times> all;
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < list.value().size(); ++i) {
    const JsonField bench = list.entry(i);
    if (!bench.value().is_object()) bench.must_be("an object");
    const std::string name = bench.at("run_name").text();
    const auto failed = bench.find("error_occurred");
    if (failed && failed->flag())
      throw InputError(
          source, "",
          "the bench " + in_quotes(name) + " failed: " + bench.at("error_message").text());
    if (bench.at("run_type").text() != "iteration") continue;  // a mean of them, or the like
    const auto [at, is_new] = known.emplace(name, all.size());
    if (is_new) all.push_back({prefix + name, {}});
    all[at->second].nanoseconds.push_back(nanoseconds(bench));
  }
  return all;
}

std::vector<Times> run_benches(const BenchOptions& options, const StopFlag* stop) {
  const Process process = run_bench(
      options,
      {"--benchmark_format=json", "--benchmark_repetitions=" + std::to_string(options.repetitions),
       "--benchmark_min_time=" + std::to_string(options.seconds),
       "--benchmark_enable_random_interleaving=true", "--benchmark_report_aggregates_only=false"},
      stop);
  // Where no bench passes the filter Google Benchmark ends with 0 and prints nothing.
  if (is_blank(process.out))
    throw InputError(options.program, "", "ran no bench: " + last_words(process));
  const std::vector<Times> times = parse_benches(process.out, options.program);
  if (times.empty()) throw InputError(options.program, "", "ran no bench");
  return times;
}

void check_benches(const BenchOptions& options, const StopFlag* stop) {
  const Process process = run_bench(options, {"--benchmark_list_tests=true"}, stop);
  if (!is_blank(process.out)) return;
  if (options.filter.empty())
    throw InputError(options.program, "--benchmark_list_tests",
                     "names no bench: " + last_words(process));
  throw InputError("", "--filter",
                   in_quotes(options.filter) + " is passed by no bench of " + options.program +
                       ": " + last_words(process));
}

std::string filter_for(const std::vector<std::string>& workloads) {
  const std::string special = R"(.^$*+?()[{|\)";
  std::string filter;
  for (const std::string& workload : workloads) {
    filter += filter.empty() ? "^(" : "|";
    for (const char c : workload.substr(prefix.size())) {
      // POSIX leaves open what a backslash means before anything else, and libstdc++ refuses it.
      if (special.find(c) != std::string::npos) filter += '\\';
      filter += c;
    }
  }
  return filter.empty() ? filter : filter + ")$";
}

}  // namespace assay
