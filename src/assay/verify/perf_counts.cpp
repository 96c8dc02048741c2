// assay perf check and assay perf accept: the gate on counts of instructions.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "assay/cli/signals.hpp"
#include "assay/support/files.hpp"
#include "assay/verify/perf.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

struct CountsOptions {
  PerfFiles files;
  std::vector<std::string> workloads;
  std::string reason;
  bool all = false;
};

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value;
}

/// Only those asked for.
Counts chosen(Counts counts, const std::vector<std::string>& workloads) {
  if (!workloads.empty())
    std::erase_if(counts, [&](const auto& entry) {
      return std::find(workloads.begin(), workloads.end(), entry.first) == workloads.end();
    });
  return counts;
}

/// Counts those asked for, all for none. One that is gone has a line and nothing to be counted.
Counts counted(const CountsProgram& program, const std::vector<std::string>& asked,
               const AcceptedCounts& accepted, Session& session) {
  const std::vector<std::string>& known = program.workloads();
  std::vector<std::string> there;
  for (const std::string& name : asked)
    if (accepted.counts.count(name) == 0 ||
        std::find(known.begin(), known.end(), name) != known.end())
      there.push_back(name);
  if (there.empty() && !asked.empty()) return {};
  return measure_counts(program, Counter::callgrind, there, session);
}

/// What the one line of an error is about: a changed count before a missing one, and of changed
/// ones the one that went farthest. Null when all is well.
const CountFinding* gravest(const std::vector<CountFinding>& findings) {
  const auto rank = [](const CountFinding& f) {
    return f.verdict == CountVerdict::more || f.verdict == CountVerdict::fewer ? 3
           : f.verdict == CountVerdict::missing                                ? 2
           : f.verdict == CountVerdict::gone                                   ? 1
                                                                               : 0;
  };
  const CountFinding* worst = nullptr;
  for (const CountFinding& f : findings) {
    if (rank(f) == 0) continue;
    if (!worst || rank(f) > rank(*worst) ||
        (rank(f) == rank(*worst) && std::fabs(f.change()) > std::fabs(worst->change())))
      worst = &f;
  }
  return worst;
}

std::string line_of(const CountFinding& f, std::size_t width) {
  const auto number = [](std::uint64_t n) { return n == 0 ? "-" : std::to_string(n); };
  const bool both = f.accepted != 0 && f.found != 0;
  return fmt::format("{:<8} {:<{}} {:>14} {:>14} {:>9}\n", to_string(f.verdict), f.workload, width,
                     number(f.accepted), number(f.found),
                     both ? fmt::format("{:+.3f} %", 100 * f.change()) : "");
}

std::string table(const std::vector<CountFinding>& findings) {
  std::size_t width = 8;
  for (const CountFinding& f : findings) width = std::max(width, f.workload.size());
  std::string text = fmt::format("{:<8} {:<{}} {:>14} {:>14} {:>9}\n", "", "workload", width,
                                 "accepted", "counted", "change");
  for (const CountFinding& f : findings) text += line_of(f, width);
  return text;
}

Json findings_json(const std::vector<CountFinding>& findings) {
  Json list = Json::array();
  for (const CountFinding& f : findings)
    list.push_back({{"workload", f.workload},
                    {"verdict", to_string(f.verdict)},
                    {"accepted", f.accepted},
                    {"counted", f.found},
                    {"change", f.change()}});
  return list;
}

/// Ends with "these counts cannot be compared here"; where CI runs, everything needed is there.
void cannot_compare(const std::string& why, bool lack_of_tools, Session& session) {
  auto json = perf_json("check");
  json["compared"] = false;
  json["why"] = why;
  session.results("not comparable: " + why + "\n", dumped(json));
  session.fail(lack_of_tools && is_set("CI") ? ExitCode::usage : ExitCode::skipped,
               "not comparable: " + why);
}

std::string sentence(const CountFinding& f) {
  switch (f.verdict) {
    case CountVerdict::more:
    case CountVerdict::fewer:
      return fmt::format("{} instructions, accepted are {} ({:+.3f} %, the limit is {:.1f} %){}",
                         f.found, f.accepted, 100 * f.change(), 100 * count_limit,
                         f.verdict == CountVerdict::fewer ? "; if that is right, accept it" : "");
    case CountVerdict::missing:
      return fmt::format("has no accepted count; counted are {}", f.found);
    default:
      return "has an accepted count, and is no workload";
  }
}

void check(const CountsOptions& options, Session& session) {
  const StopFlag* stop = &stop_on_signals();
  const std::string& file = options.files.counts;
  if (!std::filesystem::exists(file))
    return session.fail(ExitCode::golden, file + ": does not exist");
  const AcceptedCounts accepted = read_counts(file);
  const CountsProgram program(options.files.program, stop);
  const std::string other = difference(program.with(Counter::callgrind), accepted.with);
  if (!other.empty()) return cannot_compare(other, false, session);
  if (!has_callgrind(stop)) return cannot_compare("valgrind is not installed", true, session);

  const Counts found = counted(program, options.workloads, accepted, session);
  const std::vector<CountFinding> findings =
      compare_counts(chosen(instructions_of(accepted), options.workloads), found);
  auto json = perf_json("check");
  json["compared"] = true;
  json["limit"] = count_limit;
  json["counts"] = findings_json(findings);
  session.results(table(findings), dumped(json));

  const CountFinding* worst = gravest(findings);
  if (!worst) return;
  const auto bad = std::count_if(findings.begin(), findings.end(), [](const CountFinding& f) {
    return f.verdict >= CountVerdict::more;
  });
  session.fail(worst->verdict < CountVerdict::missing ? ExitCode::gate_failed : ExitCode::golden,
               fmt::format("{}: {}: {}{}", file, worst->workload, sentence(*worst),
                           bad > 1 ? fmt::format(" (and {} more)", bad - 1) : ""));
}

/// The reviewed counts with those just found in the place of the old ones.
/// @param what  one line for each change
AcceptedCounts renewed(const CountsOptions& options, const AcceptedCounts& old,
                       const CountsProgram& program, Session& session,
                       std::vector<CountFinding>& changes) {
  AcceptedCounts accepted = old;
  accepted.with = program.with(Counter::callgrind);
  const bool same_build = difference(accepted.with, old.with).empty();
  if (!same_build && !options.all && !old.counts.empty())
    throw InputError(options.files.counts, "with",
                     difference(accepted.with, old.with) +
                         "; counts of different builds do not go together: give --all");
  const Counts found = counted(program, options.workloads, old, session);
  for (const CountFinding& f :
       compare_counts(chosen(instructions_of(old), options.workloads), found)) {
    if (f.verdict == CountVerdict::equal && same_build) continue;
    changes.push_back(f);
    if (f.verdict == CountVerdict::gone)
      accepted.counts.erase(f.workload);
    else
      accepted.counts[f.workload] = {f.found, options.reason};
  }
  return accepted;
}

void accept(const CountsOptions& options, Session& session) {
  // A machine may report what changed; accepting it is for a person to decide.
  if (is_set("CI"))
    throw InputError("", "CI", "is set; a count is accepted by a person, not there");
  if (options.all != options.workloads.empty())
    throw InputError("", "accept", "name the workloads, or give --all, not both");
  check_reason(options.reason);
  const std::string& file = options.files.counts;
  AcceptedCounts old;
  if (std::filesystem::exists(file)) old = read_counts(file);
  const CountsProgram program(options.files.program, &stop_on_signals());
  if (!has_callgrind(&stop_on_signals()))
    throw InputError("valgrind", "", "is not installed, and counts are those of callgrind");
  std::vector<CountFinding> changes;
  const AcceptedCounts accepted = renewed(options, old, program, session, changes);
  if (!changes.empty()) write_file_atomically(file, counts_text(accepted));
  auto json = perf_json("accept");
  json["file"] = file;
  json["reason"] = options.reason;
  json["changes"] = findings_json(changes);
  session.results(
      changes.empty() ? "every count is as accepted; nothing was changed\n" : table(changes),
      dumped(json));
}

}  // namespace

void add_perf_check(CLI::App& perf, Session& session) {
  auto options = std::make_shared<CountsOptions>();
  CLI::App* command = perf.add_subcommand(
      "check", "count instructions and compare with the reviewed counts, both ways");
  command->add_option("WORKLOAD", options->workloads, "default: all");
  options->files.add_counts(*command);
  options->files.add_program(*command);
  session.add_common_options(*command);
  command->callback([options, &session] { check(*options, session); });
}

void add_perf_accept(CLI::App& perf, Session& session) {
  auto options = std::make_shared<CountsOptions>();
  CLI::App* command =
      perf.add_subcommand("accept", "count instructions and make that the reviewed counts");
  command->add_option("WORKLOAD", options->workloads, "whose count is right");
  command->add_flag("--all", options->all, "all of them");
  command->add_option("--reason", options->reason, "why the new count is right")
      ->type_name("TEXT")
      ->required();
  options->files.add_counts(*command);
  options->files.add_program(*command);
  session.add_common_options(*command);
  command->callback([options, &session] { accept(*options, session); });
}

}  // namespace assay
