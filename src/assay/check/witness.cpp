#include "assay/check/witness.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "assay/check/compare.hpp"

namespace assay {
namespace {

CaseResult* result_of(const std::string& id, const std::vector<GateCase>& cases,
                      std::vector<CaseResult>& results) {
  const auto it =
      std::find_if(cases.begin(), cases.end(), [&](const GateCase& c) { return c.id == id; });
  if (it == cases.end()) return nullptr;
  CaseResult& result = results[static_cast<std::size_t>(it - cases.begin())];
  return result.complete ? &result : nullptr;
}

/// Where the two disagree on the iterations both record, as one line; "" where they agree.
std::string disagreement(const Trace& hardware, const Trace& software) {
  // As "text": a witness may not even spell a number differently.
  const Comparison c = compare_traces(hardware, software, "text");
  if (!c.columns_only_left.empty() || !c.columns_only_right.empty())
    return "they have other columns";
  if (c.shared_rows == 0) return "they share no iteration";
  if (c.columns.empty()) return "";
  const ColumnDifference& first = c.columns.front();
  return fmt::format("iteration {}, column {}: double {}, soft53 {}", first.iteration, first.column,
                     first.left, first.right);
}

void explain(GateFinding& hardware, GateFinding& software) {
  const bool hardware_moved = hardware.verdict == Verdict::differs;
  const bool software_moved = software.verdict == Verdict::differs;
  const char* cause = hardware_moved && software_moved
                          ? "soft53 differs as well: the algorithm changed"
                      : hardware_moved && software.verdict == Verdict::pass
                          ? "soft53 still matches: the arithmetic of this build or machine "
                            "changed, not the algorithm"
                      : software_moved && hardware.verdict == Verdict::pass
                          ? "double still matches: the software arithmetic changed, or the code "
                            "branches on the scalar"
                          : nullptr;
  if (!cause) return;
  for (GateFinding* finding : {&hardware, &software})
    if (finding->verdict == Verdict::differs) finding->message += fmt::format("; {}", cause);
}

}  // namespace

std::vector<GateFinding> judge_by_witness(const std::vector<GateCase>& cases,
                                          std::vector<CaseResult>& results) {
  std::vector<GateFinding> violations;
  for (const GateCase& c : cases) {
    if (c.experiment.scalar != "soft53") continue;
    CaseResult* software = result_of(c.id, cases, results);
    CaseResult* hardware = result_of(c.experiment.name + ".double", cases, results);
    if (!software || !hardware) continue;
    explain(hardware->finding, software->finding);
    const std::string where = disagreement(hardware->trace, software->trace);
    if (!where.empty())
      violations.push_back({c.experiment.name + ".witness", Verdict::witness,
                            "double and soft53 disagree: " + where, ""});
  }
  return violations;
}

}  // namespace assay
