#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "assay/check/compare.hpp"

namespace assay {

/// One acceptance of a golden trace by a person.
struct Blessing {
  std::string date;      ///< UTC, "YYYY-MM-DD"
  std::string category;  ///< one of bless_categories()
  std::string reason;
  std::string old_digest, new_digest;  ///< of the trace; the old one is "" for a new case
};

/// What the ledger knows of one golden case. Digests are SHA-256.
struct LedgerEntry {
  std::string trace, manifest;  ///< of the files under golden/traces
  std::string instance;         ///< of the instance the trace was computed on
  std::string experiment;       ///< of the resolved experiment's canonical text
  std::vector<ColumnRule> rules;
  std::vector<Blessing> history;
};

/// golden/ledger.json ("assay-ledger/2"): which traces were reviewed, why, and what they depend on.
/// Each entry of the file holds a digest of itself, so that none changes unseen.
struct Ledger {
  std::map<std::string, LedgerEntry> cases;  ///< by case id, "NAME.SCALAR"
};

const std::vector<std::string>& bless_categories();

/// An absent file is an empty ledger. @throws InputError naming file and key
Ledger read_ledger(const std::filesystem::path& path);
Ledger parse_ledger(const std::string& text, const std::string& source);
std::string ledger_text(const Ledger& ledger);

}  // namespace assay
