#pragma once

#include <vector>

#include "assay/check/gate.hpp"
#include "assay/check/ledger.hpp"

namespace assay {

/// Files under traces/ and instances/ and entries of the ledger that no experiment asks for.
std::vector<GateFinding> find_orphans(const GoldenFolder& folder, const Ledger& ledger,
                                      const GoldenCases& all);

}  // namespace assay
