#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "properties/property.hpp"

namespace assay::properties {

/// What one case came to.
struct Verdict {
  enum class Kind { holds, fails, discarded } kind = Kind::holds;
  std::string failure;  ///< the failure class
  std::string message;
  std::map<std::string, double> shares;
  long assertions = 0;  ///< made of a case that holds
};

/// Checks one case. An exception of the code under test is a failure of its own class.
/// @throws CaseError when the case does not hold what the law asks for
Verdict judge(Property::Law law, const Case& c);

/// The case with this number: a function of (property, scalar, seed, number) and of nothing else.
Case generate_case(const Property& property, const Property::Typed& typed, std::uint64_t seed,
                   long number);

/// A smaller case that fails in the same class: candidates of shrink_candidates() are taken as long
/// as one fails that way.
Case shrink_failure(Property::Law law, const Case& c, const std::string& failure);

struct CampaignOptions {
  std::uint64_t seed = 1;
  long cases = 0;              ///< how many, over all shards; < 0: until `stop` says so
  long shard = 0, shards = 1;  ///< this part of them
  int jobs = 1;
  std::function<bool()> stop;               ///< polled before each block; may be empty
  std::function<void(long done)> progress;  ///< cases finished; called by any thread, one at a time
};

/// A failure, shrunk.
struct Failure {
  long number = 0;  ///< of the case it was found in
  Case test_case;
  std::string failure, message;
};

struct CampaignReport {
  long held = 0, discarded = 0, failed = 0;
  bool stopped = false;  ///< before all cases were through
  /// For each block of cases, the first failure of each class: by number, whatever threads and
  /// shards there were.
  std::vector<Failure> failures;
  std::map<std::string, double> shares;  ///< the largest ones of all cases that held
  long assertions = 0;                   ///< of all cases that held

  long cases() const { return held + discarded + failed; }
};

/// More cases were left out than not: a law of which this is so is hardly tested. Fewer than
/// `least` cases say nothing.
bool mostly_left_out(const CampaignReport& report, long least);

/// How many cases make a block: shards and threads take whole blocks, so that which failures are
/// shrunk and saved does not depend on them.
inline constexpr long campaign_block = 50;

/// Checks case after case.
CampaignReport run_campaign(const Property& property, const std::string& scalar,
                            const CampaignOptions& options);

}  // namespace assay::properties
