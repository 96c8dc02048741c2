#pragma once

#include <string>
#include <vector>

#include "assay/check/golden.hpp"

namespace assay {

/// A person's acceptance of pending traces.
struct BlessRequest {
  std::vector<std::string> cases;  ///< ids; empty: everything that is pending
  std::string reason;              ///< not empty
  std::string category;            ///< one of bless_categories()
  std::string date;                ///< UTC, "YYYY-MM-DD"
};

/// One acceptance, ready to be carried out.
struct BlessPlan {
  std::string id;
  std::string old_digest, new_digest;  ///< of the trace; the old one is "" for a new case
  std::string diff;                    ///< golden trace against pending trace, for a person
};

/// Checks the request and shows what it would accept; writes nothing.
/// @throws Error: bad request (usage); nothing pending, or pending for an experiment or instance
///         that has changed since (golden)
std::vector<BlessPlan> plan_blessing(const GoldenFolder& folder, const BlessRequest& request);

/// Accepts one planned case: trace, manifest and ledger change together or not at all. What kills
/// the process between them leaves a case that the gate calls edited or missing, and that is still
/// pending: the same blessing again finishes it.
void carry_out(const GoldenFolder& folder, const BlessRequest& request, const BlessPlan& plan);

}  // namespace assay
