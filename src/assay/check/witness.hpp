#pragma once

#include <vector>

#include "assay/check/case.hpp"

namespace assay {

/// soft53 computes double's arithmetic in software, so on the iterations both record, their traces
/// must be equal text for text. Reports each experiment where they are not, and adds to the
/// findings of cases that differ what the pair says about the cause.
/// @pre cases and results correspond
std::vector<GateFinding> judge_by_witness(const std::vector<GateCase>& cases,
                                          std::vector<CaseResult>& results);

}  // namespace assay
