#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "assay/cli/signals.hpp"
#include "assay/numerics/environment.hpp"
#include "assay/perf/process.hpp"
#include "assay/run/run.hpp"
#include "assay/support/files.hpp"
#include "assay/support/quote.hpp"
#include "assay/verify/perf.hpp"
#include "assay/verify/prover.hpp"

namespace assay {
namespace {

double processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

struct Planned {
  Experiment experiment;
  Instance instance;
};

Work work_of(const std::string& workload, const RunOutcome& outcome, const Instance& instance) {
  Work work;
  work.workload = workload;
  work.iterations = outcome.summary.iterations;
  work.oracle_calls = outcome.summary.lower_solves;
  const ProvedGap gap = make_prover(instance).gap(outcome.summary.x);
  work.proved = gap.proved;
  work.gap_lower = gap.lower;
  work.gap_upper = gap.upper;
  return work;
}

std::string fact(const std::string& wanted) {
  for (const auto& [key, value] : environment_facts())
    if (key == wanted) return value;
  return "unknown";
}

/// What git says, without the end of the line; "" when it says nothing.
std::string git([[maybe_unused]] const std::vector<std::string>& words) {
#ifdef ASSAY_SOURCE
  std::vector<std::string> arguments = {"git", "-C", ASSAY_SOURCE};
  arguments.insert(arguments.end(), words.begin(), words.end());
  try {
    const Process process = run_process(arguments, {}, nullptr);
    if (process.code == 0) return process.out.substr(0, process.out.find_last_not_of('\n') + 1);
  } catch (const InputError&) {  // without git the commit is unknown
  }
#endif
  return "";
}

std::string current_commit() {
  const std::string commit = git({"rev-parse", "HEAD"});
  if (commit.empty()) return "unknown";
  // The setting status.showUntrackedFiles may hide a new source file.
  return git({"status", "--porcelain", "--untracked-files=normal"}).empty() ? commit
                                                                            : commit + "-changed";
}

std::string digest_of(const MeasuringPrograms& programs) {
  std::string list = "program " + sha256(read_file("/proc/self/exe")) + "\n";
  for (const auto& [name, file] :
       {std::pair("bench ", &programs.bench), std::pair("counts ", &programs.counts)})
    if (!file->empty()) list += name + sha256(read_file(found_program(*file))) + "\n";
  return sha256(list);
}

}  // namespace

void check_experiments(const std::vector<std::string>& names, const std::string& key,
                       Session& session) {
  const auto folder = session.golden().experiments();
  std::vector<std::string> known;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent))
    if (entry.path().extension() == ".toml") known.push_back(entry.path().stem().string());
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(known.begin(), known.end(), *name) == known.end())
      throw InputError("", key,
                       in_quotes(*name, 100) + " is no golden experiment of " + folder.string() +
                           suggestion(*name, known));
    if (std::find(names.begin(), name, *name) != name)
      throw InputError("", key, in_quotes(*name, 100) + " stands there twice");
  }
}

MeasuredRuns measure_runs(const std::vector<std::string>& experiments, int repetitions,
                          Session& session) {
  std::vector<Planned> plan;
  MeasuredRuns measured;
  for (const std::string& name : experiments) {
    const auto file = session.golden().experiments() / (name + ".toml");
    const Experiment experiment = read_experiment(file);
    plan.push_back({experiment, load_instance(experiment)});
    measured.times.push_back({"run/" + name, {}});
  }
  RunControl control;
  control.stop = &stop_on_signals();
  long done = 0;
  for (int r = 0; r < repetitions; ++r)
    for (std::size_t i = 0; i < plan.size(); ++i) {
      const auto& [experiment, instance] = plan[i];
      const double begin = processor_time();
      const RunOutcome outcome = run_experiment(experiment, instance, control);
      const double spent = processor_time() - begin;
      if (outcome.end == RunEnd::interrupted)
        throw Error(ExitCode::interrupted, "interrupted; nothing was stored");
      if (outcome.end == RunEnd::failed)
        throw NumericalError(experiment.source, "", outcome.failure);
      measured.times[i].nanoseconds.push_back(std::max(spent, 1.0));
      if (r == 0) measured.work.push_back(work_of(measured.times[i].workload, outcome, instance));
      session.terminal().progress("runs", ++done, static_cast<long>(plan.size()) * repetitions);
    }
  return measured;
}

Counts measure_counts(const CountsProgram& program, Counter counter,
                      const std::vector<std::string>& workloads, Session& session) {
  const std::vector<std::string>& known = program.workloads();
  for (const std::string& name : workloads)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw InputError("", "WORKLOAD", "'" + name + "' is not counted" + suggestion(name, known));
  const std::vector<std::string>& chosen = workloads.empty() ? known : workloads;
  Counts counts;
  for (const std::string& name : chosen) {
    counts[name] = program.count(name, counter);
    session.terminal().progress("counts", static_cast<long>(counts.size()),
                                static_cast<long>(chosen.size()));
  }
  return counts;
}

RecordHead head_of_now(const std::string& commit, const MeasuringPrograms& programs) {
  RecordHead head;
  head.recorded = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  head.commit = commit.empty() ? current_commit() : commit;
  head.machine = fmt::format("{}, {} processors, {}, {}, glibc {}", fact("processor"),
                             sysconf(_SC_NPROCESSORS_CONF), fact("architecture"), fact("system"),
                             fact("glibc"));
  head.compiler = fact("compiler") + " " + fact("options");
  head.build = digest_of(programs);
  return head;
}

}  // namespace assay
