#include "assay/check/gate.hpp"

#include <algorithm>
#include <mutex>

#include "assay/check/case.hpp"
#include "assay/check/ledger.hpp"
#include "assay/check/orphans.hpp"
#include "assay/check/witness.hpp"
#include "assay/support/parallel.hpp"

namespace assay {
namespace {

/// Names, codes and, by their order, how bad each verdict is.
struct VerdictInfo {
  Verdict verdict;
  const char* name;
  ExitCode code;
};
constexpr VerdictInfo verdicts[] = {
    {Verdict::pass, "pass", ExitCode::ok},
    {Verdict::allowed, "allowed", ExitCode::ok},
    {Verdict::missing, "missing", ExitCode::golden},
    {Verdict::orphaned, "orphaned", ExitCode::golden},
    {Verdict::edited, "edited", ExitCode::golden},
    {Verdict::differs, "differs", ExitCode::gate_failed},
    {Verdict::witness, "witness", ExitCode::gate_failed},
    {Verdict::failed, "failed", ExitCode::numerical},
    {Verdict::invalid, "invalid", ExitCode::usage},
    {Verdict::broken, "broken", ExitCode::internal},
    {Verdict::interrupted, "interrupted", ExitCode::interrupted},
};

const VerdictInfo& info(Verdict verdict) { return verdicts[static_cast<std::size_t>(verdict)]; }

}  // namespace

std::string verdict_name(Verdict verdict) { return info(verdict).name; }
ExitCode verdict_code(Verdict verdict) { return info(verdict).code; }

ExitCode GateReport::exit_code() const {
  const auto worst = std::max_element(
      findings.begin(), findings.end(),
      [](const GateFinding& a, const GateFinding& b) { return a.verdict < b.verdict; });
  return worst == findings.end() ? ExitCode::ok : verdict_code(worst->verdict);
}

GateReport check_golden(const GoldenFolder& folder, const GateOptions& options) {
  const Ledger ledger = read_ledger(folder.ledger());
  const GoldenCases all = collect_cases(folder);
  GateReport report;
  std::vector<std::string> wanted = options.cases;
  for (const BrokenExperiment& broken : all.broken) {
    const auto named = std::find(wanted.begin(), wanted.end(), broken.stem);
    if (!options.cases.empty() && named == wanted.end()) continue;
    report.findings.push_back({broken.stem, Verdict::invalid, broken.what, ""});
    if (named != wanted.end()) wanted.erase(named);
  }
  std::vector<GateCase> cases;
  if (options.cases.empty() || !wanted.empty()) cases = select_cases(all.cases, wanted);

  std::vector<CaseResult> results(cases.size());
  std::mutex progress_mutex;
  std::size_t done = 0;
  for_each_index(cases.size(), options.jobs, [&](std::size_t i) {
    results[i] = check_case(folder, ledger, cases[i], options);
    const std::lock_guard lock(progress_mutex);
    ++done;
    if (options.progress) options.progress(done, cases.size());
  });

  std::vector<GateFinding> witness = judge_by_witness(cases, results);
  for (CaseResult& result : results) report.findings.push_back(std::move(result.finding));
  report.findings.insert(report.findings.end(), witness.begin(), witness.end());
  if (options.cases.empty()) {
    const std::vector<GateFinding> orphans = find_orphans(folder, ledger, all);
    report.findings.insert(report.findings.end(), orphans.begin(), orphans.end());
  }
  return report;
}

}  // namespace assay
