#pragma once

#include <string>
#include <vector>

#include "assay/perf/history.hpp"
#include "assay/perf/rank_comparison.hpp"

namespace assay {

/// Both have to hold before a time counts as changed.
struct TimeRule {
  double p = 0.01;       ///< of the rank test, at most
  double effect = 0.05;  ///< share, at least
};

/// The fewest repetitions of each side that can reach p = 0.01: 2 of the 252 ways to deal ten
/// values.
inline constexpr int fewest_repetitions = 5;

enum class TimeVerdict { same, slower, faster };
TimeVerdict judge(const RankComparison& ranks, const TimeRule& rule = {});

/// Whether a second measurement said the same.
enum class Confirmation {
  unneeded,  ///< nothing changed
  none,      ///< none was made
  agrees,
  differs
};

struct TimeFinding {
  std::string workload;
  double before = 0, after = 0;  ///< medians, nanoseconds
  RankComparison ranks;
  TimeVerdict suspected = TimeVerdict::same;
  Confirmation confirmation = Confirmation::unneeded;
  /// Where b got less far than a: fewer iterations or oracle calls, a larger certified gap. With
  /// it, "faster" is no improvement.
  std::vector<std::string> less_work;

  /// The finding in words: "same", "slower", "faster", "faster because it stopped earlier", or
  /// "suspected ..., not confirmed" of one of these.
  std::string words() const;
  bool stopped_earlier() const { return suspected == TimeVerdict::faster && !less_work.empty(); }
};

/// Why the times of two records say nothing of each other; "" when they do.
std::string why_times_differ(const RecordHead& a, const RecordHead& b);
/// Why the counts of two records say nothing of each other; "" when they do.
std::string why_counts_differ(const RecordHead& a, const RecordHead& b);

/// The workloads that both records have, in order.
std::vector<TimeFinding> compare_times(const PerfRecord& a, const PerfRecord& b,
                                       const TimeRule& rule = {});

/// Holds times of b measured once more against those of a.
void confirm(TimeFinding& finding, const Times& a, const Times& again, const TimeRule& rule = {});

/// In what b did less than a, one phrase each.
std::vector<std::string> less_work(const Work& a, const Work& b);

/// The entry for `workload`, or null.
const Times* find_times(const std::vector<Times>& all, const std::string& workload);

}  // namespace assay
