#pragma once

#include <functional>
#include <string>
#include <vector>

#include "assay/check/golden.hpp"
#include "assay/run/run.hpp"
#include "assay/support/error.hpp"
#include "assay/support/stop_flag.hpp"

namespace assay {

/// What the gate found out about one thing.
enum class Verdict {
  pass,         ///< bit for bit
  allowed,      ///< differs within a reviewed rule of the ledger
  missing,      ///< a case without a golden trace, or one the ledger does not know
  orphaned,     ///< a golden file or ledger entry that nothing uses
  edited,       ///< trace, manifest, instance or experiment changed since it was blessed
  differs,      ///< the run gives another trace
  witness,      ///< soft53 and double, which must agree, do not
  failed,       ///< the run failed numerically
  invalid,      ///< the experiment or its instance cannot be used
  broken,       ///< an internal error
  interrupted,  ///< stopped by the user, or not started for that reason
};

std::string verdict_name(Verdict verdict);
ExitCode verdict_code(Verdict verdict);

struct GateFinding {
  std::string subject;  ///< the case id, or the file
  Verdict verdict = Verdict::pass;
  std::string message;   ///< one line
  std::string detail;    ///< several lines, or ""
  std::string digest{};  ///< SHA-256 of the trace that this run gave; "" where it gave none
};

struct GateReport {
  std::vector<GateFinding>
      findings;  ///< cases by id, then the witness, then the golden folder itself

  /// The worst: interrupted, internal, usage, numerical, gate_failed, golden, ok, in this order. An
  /// incomplete check outranks a complete one, and what keeps a case from running outranks what it
  /// found.
  ExitCode exit_code() const;
};

struct GateOptions {
  std::vector<std::string> cases;  ///< ids or experiment names; empty: all, and then orphans count
  int jobs = 1;                    ///< threads; the report does not depend on it
  const StopFlag* stop = nullptr;
  std::function<void(std::size_t done, std::size_t total)> progress;
  /// How a case is run; replaced in tests of the gate itself.
  std::function<RunOutcome(const Experiment&, const Instance&, const RunControl&)> run =
      run_experiment;
};

/// Runs every golden case and compares it with what was blessed. What differs is left pending. One
/// case that fails does not keep the others from running.
/// @throws InputError if the golden folder, its ledger or a name in `cases` cannot be used
GateReport check_golden(const GoldenFolder& folder, const GateOptions& options);

}  // namespace assay
