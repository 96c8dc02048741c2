#pragma once

#include "assay/check/gate.hpp"
#include "assay/check/ledger.hpp"

namespace assay {

/// What came of running one golden case.
struct CaseResult {
  GateFinding finding;
  Trace trace;            ///< of this run, for the witness
  bool complete = false;  ///< the run finished, so the trace may be judged
};

/// Runs one case and compares it with its golden trace; leaves what must be reviewed pending.
/// Never throws: whatever goes wrong is the finding.
CaseResult check_case(const GoldenFolder& folder, const Ledger& ledger, const GateCase& c,
                      const GateOptions& options);

}  // namespace assay
