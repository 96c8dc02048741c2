#include "assay/check/case.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "assay/check/distance.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

bool digest_differs(const fs::path& file, const std::string& digest) {
  return !fs::exists(file) || sha256(read_file(file)) != digest;
}

/// Which of the things a golden trace stands on are no longer those that were blessed.
std::string edited_parts(const GoldenFolder& folder, const GateCase& c, const LedgerEntry& entry,
                         const CaseDigests& now) {
  std::string parts;
  const auto add = [&](bool edited, const char* what, const fs::path& file) {
    if (!edited) return;
    parts.append(parts.empty() ? "" : ", ").append(what);
    if (!file.empty()) parts += " " + file.lexically_proximate(folder.root()).string();
  };
  const fs::path trace = folder.trace(c.id), manifest = folder.manifest(c.id);
  add(digest_differs(trace, entry.trace), "the trace", trace);
  add(digest_differs(manifest, entry.manifest), "the manifest", manifest);
  add(now.instance != entry.instance, "the instance", c.experiment.instance_path);
  add(now.experiment != entry.experiment, "the experiment", c.experiment.source);
  return parts;
}

nlohmann::json parsed(const std::string& manifest) {
  const auto json = nlohmann::json::parse(manifest, nullptr, false);
  return json.is_object() ? json : nlohmann::json::object();
}

/// Every entry that differs, as "  its path: before -> after".
std::vector<std::string> changes(const nlohmann::json& was, const nlohmann::json& is) {
  std::vector<std::string> lines;
  for (const auto& change : nlohmann::json::diff(was, is)) {
    const nlohmann::json::json_pointer at(change.at("path").get<std::string>());
    const auto value = [&](const nlohmann::json& side) {
      return side.contains(at) ? side.at(at).dump() : std::string("(none)");
    };
    lines.push_back(fmt::format("{}: {} -> {}", at.to_string().substr(1), value(was), value(is)));
  }
  return lines;
}

/// Where the environment of the golden manifest is not that of this run: never a reason to fail,
/// always worth seeing when something did.
std::string environment_changes(const std::string& golden, const std::string& now) {
  const nlohmann::json nothing = nlohmann::json::object();
  const auto lines = changes(parsed(golden).value("environment", nothing),
                             parsed(now).value("environment", nothing));
  if (lines.empty()) return "environment: the same as when the golden trace was made\n";
  return fmt::format("environment: golden -> now\n  {}\n", fmt::join(lines, "\n  "));
}

/// What a manifest says beyond the trace, the run's results among it, has to come out again: all
/// but machine and program version. "" if it does.
std::string result_change(const std::string& golden, const std::string& now) {
  nlohmann::json was = parsed(golden), is = parsed(now);
  for (const char* key : {"environment", "program_version"}) {
    was.erase(key);
    is.erase(key);
  }
  const auto lines = changes(was, is);
  return lines.empty() ? "" : lines.front();
}

std::string first_difference(const Comparison& c) {
  if (c.columns.empty())
    return c.equal() ? "the same numbers, spelt differently" : "other rows or columns";
  const ColumnDifference& first = c.columns.front();
  return fmt::format("iteration {}, column {}: golden {}, now {} ({})", first.iteration,
                     first.column, first.left, first.right, distance_text(first.ulps));
}

/// Compares with the stored trace, whose digest is known to be the blessed one.
void compare_with_golden(const GoldenFolder& folder, const GateCase& c, const LedgerEntry& entry,
                         const Pending& now, const Trace& trace, GateFinding& finding) {
  const std::string golden = read_file(folder.trace(c.id));
  if (golden == now.trace) {
    const std::string changed = result_change(read_file(folder.manifest(c.id)), now.manifest);
    finding.message = fmt::format("{} rows, bit for bit", trace.rows.size());
    finding.detail = slack_text(entry.rules, {});
    if (changed.empty()) return;
    finding.verdict = Verdict::differs;
    finding.message += "; but the manifest: " + changed;
    return;
  }
  const Comparison comparison =
      compare_traces(parse_trace(golden, folder.trace(c.id).string()), trace, c.experiment.scalar);
  if (!comparison.equal() && allowed_by(entry.rules, comparison)) {
    finding.verdict = Verdict::allowed;
    finding.message = "within its reviewed rules: " + first_difference(comparison);
    finding.detail = slack_text(entry.rules, comparison);
    return;
  }
  finding.verdict = Verdict::differs;
  finding.message = first_difference(comparison);
  finding.detail = comparison_text(comparison, "golden", "now") +
                   environment_changes(read_file(folder.manifest(c.id)), now.manifest);
}

void judge(const GoldenFolder& folder, const Ledger& ledger, const GateCase& c, const Pending& now,
           const Trace& trace, GateFinding& finding) {
  const auto entry = ledger.cases.find(c.id);
  if (entry == ledger.cases.end() || !fs::exists(folder.trace(c.id))) {
    finding.verdict = Verdict::missing;
    finding.message =
        entry == ledger.cases.end() ? "not in the ledger" : "its golden trace is gone";
    return;
  }
  const std::string edited = edited_parts(folder, c, entry->second, now.digests);
  if (edited.empty()) return compare_with_golden(folder, c, entry->second, now, trace, finding);
  finding.verdict = Verdict::edited;
  finding.message = "changed since it was blessed: " + edited;
  finding.message += now.digests.trace == entry->second.trace
                         ? "; the run still gives the blessed trace"
                         : "; the run does not give the blessed trace";
}

void run_and_judge(const GoldenFolder& folder, const Ledger& ledger, const GateCase& c,
                   const GateOptions& options, CaseResult& result) {
  GateFinding& finding = result.finding;
  const Instance instance = load_instance(c.experiment);
  RunControl control;
  control.stop = options.stop;
  RunOutcome outcome = options.run(c.experiment, instance, control);
  if (outcome.end != RunEnd::finished) {
    const bool failed = outcome.end == RunEnd::failed;
    finding.verdict = failed ? Verdict::failed : Verdict::interrupted;
    finding.message = failed ? outcome.failure : "stopped";
    return;
  }
  result.trace = std::move(outcome.trace);
  result.complete = true;
  Pending now;
  now.trace = trace_text(result.trace);
  now.manifest = std::move(outcome.manifest);
  now.digests = {sha256(now.trace), sha256(now.manifest), instance.digest,
                 sha256(experiment_text(c.experiment))};
  finding.digest = now.digests.trace;
  judge(folder, ledger, c, now, result.trace, finding);

  if (verdict_code(finding.verdict) == ExitCode::ok) return remove_pending(folder, c.id);
  try {
    write_pending(folder, c.id, now);
  } catch (const Error& e) {
    // The finding is worth more than the reason why it could not be kept.
    finding.detail += fmt::format("nothing is pending: {}\n", e.what());
  }
}

Verdict verdict_of(const Error& error) {
  switch (error.code()) {
    case ExitCode::numerical:
      return Verdict::failed;
    case ExitCode::usage:
      return Verdict::invalid;
    case ExitCode::golden:
      return Verdict::missing;
    default:
      return Verdict::broken;
  }
}

}  // namespace

CaseResult check_case(const GoldenFolder& folder, const Ledger& ledger, const GateCase& c,
                      const GateOptions& options) {
  CaseResult result;
  GateFinding& finding = result.finding;
  finding.subject = c.id;
  if (options.stop && options.stop->load()) {
    finding.verdict = Verdict::interrupted;
    finding.message = "not started";
    return result;
  }
  try {
    run_and_judge(folder, ledger, c, options, result);
  } catch (const Error& e) {
    finding.verdict = verdict_of(e);
    finding.message = e.what();
  } catch (const std::exception& e) {
    finding.verdict = Verdict::broken;
    finding.message = e.what();
  }
  return result;
}

}  // namespace assay
