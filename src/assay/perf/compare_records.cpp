#include "assay/perf/compare_records.hpp"

#include <algorithm>

#include "assay/scalar/text.hpp"

namespace assay {
namespace {

const char* word_of(TimeVerdict verdict) {
  switch (verdict) {
    case TimeVerdict::same:
      return "same";
    case TimeVerdict::slower:
      return "slower";
    case TimeVerdict::faster:
      return "faster";
  }
  return "";
}

const Work* find_work(const PerfRecord& record, const std::string& workload) {
  const auto at = std::find_if(record.work.begin(), record.work.end(),
                               [&](const Work& work) { return work.workload == workload; });
  return at == record.work.end() ? nullptr : &*at;
}

}  // namespace

TimeVerdict judge(const RankComparison& ranks, const TimeRule& rule) {
  if (ranks.p > rule.p) return TimeVerdict::same;
  if (ranks.ratio >= 1 + rule.effect) return TimeVerdict::slower;
  if (ranks.ratio <= 1 / (1 + rule.effect)) return TimeVerdict::faster;
  return TimeVerdict::same;
}

std::string TimeFinding::words() const {
  std::string text = word_of(suspected);
  if (stopped_earlier()) text += " because it stopped earlier";
  if (confirmation == Confirmation::none || confirmation == Confirmation::differs)
    return "suspected " + text + ", not confirmed";
  return text;
}

std::string why_times_differ(const RecordHead& a, const RecordHead& b) {
  if (a.machine == b.machine) return "";
  return "the machines differ: '" + a.machine + "' and '" + b.machine + "'";
}

std::string why_counts_differ(const RecordHead& a, const RecordHead& b) {
  if (a.counted_with.empty() || b.counted_with.empty()) return "nothing was counted in one of them";
  return difference(b.counted_with, a.counted_with);
}

const Times* find_times(const std::vector<Times>& all, const std::string& workload) {
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const Times& times) { return times.workload == workload; });
  return at == all.end() ? nullptr : &*at;
}

std::vector<std::string> less_work(const Work& a, const Work& b) {
  std::vector<std::string> less;
  const auto fewer = [&](const char* what, long before, long after) {
    if (after < before)
      less.push_back(std::to_string(after) + " " + what + " in place of " + std::to_string(before));
  };
  fewer("iterations", a.iterations, b.iterations);
  fewer("oracle calls", a.oracle_calls, b.oracle_calls);
  if (a.proved && b.proved && b.gap_lower > a.gap_upper)
    less.push_back("a certified gap of at least " + to_text(b.gap_lower) + " in place of at most " +
                   to_text(a.gap_upper));
  if (a.proved && !b.proved)
    less.push_back("no certified gap in place of at most " + to_text(a.gap_upper));
  return less;
}

std::vector<TimeFinding> compare_times(const PerfRecord& a, const PerfRecord& b,
                                       const TimeRule& rule) {
  std::vector<TimeFinding> findings;
  for (const Times& before : a.times) {
    const Times* after = find_times(b.times, before.workload);
    if (!after) continue;
    TimeFinding finding;
    finding.workload = before.workload;
    finding.before = middle(before.nanoseconds);
    finding.after = middle(after->nanoseconds);
    finding.ranks = compare_ranks(before.nanoseconds, after->nanoseconds);
    finding.suspected = judge(finding.ranks, rule);
    if (finding.suspected != TimeVerdict::same) finding.confirmation = Confirmation::none;
    const Work *was = find_work(a, before.workload), *is = find_work(b, before.workload);
    if (was && is) finding.less_work = less_work(*was, *is);
    findings.push_back(std::move(finding));
  }
  return findings;
}

void confirm(TimeFinding& finding, const Times& a, const Times& again, const TimeRule& rule) {
  const TimeVerdict second = judge(compare_ranks(a.nanoseconds, again.nanoseconds), rule);
  finding.confirmation = second == finding.suspected ? Confirmation::agrees : Confirmation::differs;
}

}  // namespace assay
