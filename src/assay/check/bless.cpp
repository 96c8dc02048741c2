#include "assay/check/bless.hpp"

#include <algorithm>
#include <tuple>

#include "assay/check/compare.hpp"
#include "assay/check/ledger.hpp"
#include "assay/run/run.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"
#include "assay/support/settings.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

void check_request(const BlessRequest& request) {
  if (request.reason.find_first_not_of(" \t\r\n") == std::string::npos)
    throw InputError("", "--reason", "must say why the new trace is right");
  const auto& known = bless_categories();
  if (std::find(known.begin(), known.end(), request.category) == known.end())
    throw InputError("", "--category",
                     "unknown '" + request.category + "'" + suggestion(request.category, known));
  const std::string& d = request.date;
  bool shaped = d.size() == 10;
  for (std::size_t i = 0; shaped && i < d.size(); ++i)
    shaped = i == 4 || i == 7 ? d[i] == '-' : d[i] >= '0' && d[i] <= '9';
  if (!shaped) throw InputError("", "--date", "must read YYYY-MM-DD");
}

Pending pending_of(const GoldenFolder& folder, const GateCase& c) {
  const auto pending = read_pending(folder, c.id);
  if (!pending) throw Error(ExitCode::golden, c.id + ": nothing is pending; run the check first");
  if (pending->digests.experiment != sha256(experiment_text(c.experiment)) ||
      pending->digests.instance != load_instance(c.experiment).digest)
    throw Error(ExitCode::golden, c.id +
                                      ": the experiment or its instance changed after the "
                                      "pending run; run the check again");
  return *pending;
}

std::string diff_text(const GoldenFolder& folder, const GateCase& c, const Pending& pending) {
  const fs::path golden = folder.trace(c.id);
  const Trace now = parse_trace(pending.trace, c.id);
  if (!fs::exists(golden)) return "a new case: " + std::to_string(now.rows.size()) + " rows\n";
  try {
    return comparison_text(compare_traces(read_trace(golden), now, c.experiment.scalar), "golden",
                           "pending");
  } catch (const InputError& e) {
    return std::string("the golden trace cannot be read: ") + e.what() + "\n";
  }
}

}  // namespace

std::vector<BlessPlan> plan_blessing(const GoldenFolder& folder, const BlessRequest& request) {
  check_request(request);
  const Ledger ledger = read_ledger(folder.ledger());
  std::vector<std::string> wanted = request.cases;
  if (wanted.empty()) wanted = pending_ids(folder);
  if (wanted.empty()) throw Error(ExitCode::golden, "nothing is pending");

  std::vector<BlessPlan> plans;
  for (const GateCase& c : select_cases(collect_cases(folder).cases, wanted)) {
    const Pending pending = pending_of(folder, c);
    const auto entry = ledger.cases.find(c.id);
    plans.push_back({c.id, entry == ledger.cases.end() ? "" : entry->second.trace,
                     pending.digests.trace, diff_text(folder, c, pending)});
  }
  return plans;
}

void carry_out(const GoldenFolder& folder, const BlessRequest& request, const BlessPlan& plan) {
  const auto pending = read_pending(folder, plan.id);
  if (!pending || pending->digests.trace != plan.new_digest)
    throw Error(ExitCode::golden, plan.id + ": what is pending changed; run the check again");
  Ledger ledger = read_ledger(folder.ledger());
  LedgerEntry& entry = ledger.cases[plan.id];
  const CaseDigests& d = pending->digests;
  // A blessing that was killed when all but its end was done is no other one when it is repeated.
  const bool repeated = !entry.history.empty() && entry.history.back().reason == request.reason &&
                        entry.history.back().category == request.category &&
                        std::tie(entry.trace, entry.manifest, entry.instance, entry.experiment) ==
                            std::tie(d.trace, d.manifest, d.instance, d.experiment);
  if (!repeated)
    entry.history.push_back({request.date, request.category, request.reason, entry.trace, d.trace});
  entry.trace = d.trace;
  entry.manifest = d.manifest;
  entry.instance = d.instance;
  entry.experiment = d.experiment;

  std::error_code error;
  fs::create_directories(folder.traces(), error);
  if (error) throw InputError(folder.traces().string(), "", error.message());
  Replacement replacement;
  replacement.write(folder.trace(plan.id), pending->trace);
  replacement.write(folder.manifest(plan.id), pending->manifest);
  replacement.write(folder.ledger(), ledger_text(ledger));
  replacement.keep();
  remove_pending(folder, plan.id);
}

}  // namespace assay
