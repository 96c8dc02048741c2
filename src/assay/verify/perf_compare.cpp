#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "assay/cli/signals.hpp"
#include "assay/perf/compare_records.hpp"
#include "assay/verify/perf.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

struct CompareOptions {
  PerfFiles files;
  std::string a, b;
  double seconds = 0.05;
  bool no_confirm = false;
};

const std::string run_prefix = "run/";

/// By workload.
using Reasons = std::map<std::string, std::string>;

bool is_run(const std::string& workload) { return workload.rfind(run_prefix, 0) == 0; }
bool is_changed(const TimeFinding& f) { return f.suspected != TimeVerdict::same; }

/// Measures a second time what seems changed. What fails is left out, with its reason: the
/// comparison is worth seeing without.
class SecondMeasurement {
 public:
  SecondMeasurement(const CompareOptions& options, std::size_t repetitions, Session& session)
      : options_(options),
        repetitions_(
            static_cast<int>(std::min(repetitions, static_cast<std::size_t>(largest_sample)))),
        session_(session) {}

  /// Together, so that they are interleaved; one by one where that fails, since one may be to
  /// blame.
  void take(const std::vector<std::string>& workloads, bool runs) {
    if (workloads.empty()) return;
    try {
      std::vector<Times> some = runs ? run(workloads) : bench(workloads);
      times_.insert(times_.end(), some.begin(), some.end());
    } catch (const Error& error) {
      if (error.code() != ExitCode::usage && error.code() != ExitCode::numerical) throw;
      if (workloads.size() == 1)
        failed_[workloads.front()] = error.what();
      else
        for (const std::string& workload : workloads) take({workload}, runs);
    }
  }

  const Times* find(const std::string& workload) const { return find_times(times_, workload); }
  std::string why_not(const std::string& workload) const {
    const auto at = failed_.find(workload);
    return at == failed_.end() ? "it is not measured any more" : at->second;
  }

 private:
  std::vector<Times> run(const std::vector<std::string>& workloads) {
    std::vector<std::string> names;
    for (const std::string& workload : workloads)
      names.push_back(workload.substr(run_prefix.size()));
    check_experiments(names, "", session_);
    return measure_runs(names, repetitions_, session_).times;
  }
  std::vector<Times> bench(const std::vector<std::string>& workloads) const {
    return run_benches(
        {options_.files.bench, repetitions_, options_.seconds, filter_for(workloads)},
        &stop_on_signals());
  }

  const CompareOptions& options_;
  int repetitions_;
  Session& session_;
  std::vector<Times> times_;
  Reasons failed_;
};

/// Measures those that seem changed once more, as often as before. @return why some were not
Reasons measure_again(const CompareOptions& options, const PerfRecord& a,
                      std::vector<TimeFinding>& findings, Session& session) {
  std::vector<std::string> runs, benches;
  std::size_t repetitions = fewest_repetitions;
  for (const TimeFinding& f : findings) {
    if (!is_changed(f)) continue;
    repetitions = std::max(repetitions, find_times(a.times, f.workload)->nanoseconds.size());
    (is_run(f.workload) ? runs : benches).push_back(f.workload);
  }
  SecondMeasurement again(options, repetitions, session);
  again.take(runs, true);
  again.take(benches, false);
  Reasons not_again;
  for (TimeFinding& f : findings) {
    if (!is_changed(f)) continue;
    if (const Times* times = again.find(f.workload))
      confirm(f, *find_times(a.times, f.workload), *times);
    else
      not_again[f.workload] = again.why_not(f.workload);
  }
  return not_again;
}

/// Why a suspicion cannot be looked into here; "" when it can.
std::string why_not_confirmed(const CompareOptions& options, const PerfRecord& b) {
  if (options.no_confirm) return "--no-confirm";
  const bool benches = std::any_of(b.times.begin(), b.times.end(),
                                   [](const Times& times) { return !is_run(times.workload); });
  try {
    const RecordHead now = head_of_now("unknown", {benches ? options.files.bench : "",
                                                   b.counts.empty() ? "" : options.files.program});
    if (b.build != now.build) return fmt::format("record {} is of another build", b.id);
    if (b.machine != now.machine) return fmt::format("record {} is of another machine", b.id);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string short_commit(const RecordHead& head) {
  return head.commit.size() < 40 ? head.commit : head.commit.substr(0, 12) + head.commit.substr(40);
}

class Comparison {
 public:
  Comparison(const CompareOptions& options, Session& session)
      : history_(options.files.history),
        a_(history_.read(history_.find(options.a, "A"))),
        b_(history_.read(history_.find(options.b, "B"))),
        counts_differ_(why_counts_differ(a_, b_)),
        times_differ_(why_times_differ(a_, b_)) {
    if (counts_differ_.empty()) counts_ = compare_counts(a_.counts, b_.counts);
    if (!times_differ_.empty()) return;
    times_ = compare_times(a_, b_);
    if (std::none_of(times_.begin(), times_.end(), is_changed)) return;
    unconfirmed_ = why_not_confirmed(options, b_);
    if (unconfirmed_.empty()) not_again_ = measure_again(options, a_, times_, session);
  }

  std::string text() const {
    std::string text =
        fmt::format("A: record {} of {}, {}\nB: record {} of {}, {}\n", a_.id, short_commit(a_),
                    a_.recorded, b_.id, short_commit(b_), b_.recorded);
    text +=
        counts_differ_.empty() ? counts_text() : "counts not compared: " + counts_differ_ + "\n";
    text += times_differ_.empty() ? times_text() : "times not compared: " + times_differ_ + "\n";
    return text;
  }

  Json json() const {
    Json json = perf_json("compare");
    json["a"] = head_json(a_);
    json["b"] = head_json(b_);
    json["counts_not_compared"] = counts_differ_;
    json["times_not_compared"] = times_differ_;
    json["not_confirmed_because"] = unconfirmed_;
    json["counts"] = Json::array();
    for (const CountFinding& f : counts_)
      json["counts"].push_back({{"workload", f.workload},
                                {"verdict", to_string(f.verdict)},
                                {"a", f.accepted},
                                {"b", f.found},
                                {"change", f.change()}});
    json["times"] = Json::array();
    for (const TimeFinding& f : times_)
      json["times"].push_back({{"workload", f.workload},
                               {"verdict", f.words()},
                               {"a_ns", f.before},
                               {"b_ns", f.after},
                               {"ratio", f.ranks.ratio},
                               {"p", f.ranks.p},
                               {"not_measured_again", reason_for(f)},
                               {"stopped_earlier", f.stopped_earlier()},
                               {"less_work", f.less_work}});
    return json;
  }

  /// Only counts gate: a time says what this machine did, a count what the program does.
  const CountFinding* worst() const {
    const CountFinding* worst = nullptr;
    for (const CountFinding& f : counts_)
      if (f.verdict == CountVerdict::more && (!worst || f.change() > worst->change())) worst = &f;
    return worst;
  }
  std::size_t risen() const {
    return static_cast<std::size_t>(
        std::count_if(counts_.begin(), counts_.end(),
                      [](const CountFinding& f) { return f.verdict == CountVerdict::more; }));
  }

 private:
  std::string reason_for(const TimeFinding& f) const {
    const auto at = not_again_.find(f.workload);
    return at == not_again_.end() ? "" : at->second;
  }

  std::string counts_text() const {
    std::string lines;
    std::size_t equal = 0;
    for (const CountFinding& f : counts_) {
      if (f.verdict == CountVerdict::equal || f.verdict == CountVerdict::near) {
        ++equal;
        continue;
      }
      lines += fmt::format("  {:<28} {:>14} -> {:>14}  {}\n", f.workload, f.accepted, f.found,
                           f.accepted == 0 ? "only in B"
                           : f.found == 0  ? "only in A"
                                           : fmt::format("{:+.3f} %", 100 * f.change()));
    }
    return fmt::format("counts: {} of {} within {:.1f} %\n{}", equal, counts_.size(),
                       100 * count_limit, lines);
  }

  std::string times_text() const {
    std::string lines;
    std::size_t same = 0;
    for (const TimeFinding& f : times_) {
      if (!is_changed(f) && f.less_work.empty()) {
        ++same;
        continue;
      }
      lines +=
          fmt::format("  {:<28} {:>9} -> {:>9}  x {:.3f}, p {:.2g}: {}\n", f.workload,
                      time_text(f.before), time_text(f.after), f.ranks.ratio, f.ranks.p, f.words());
      for (const std::string& less : f.less_work) lines += "      " + less + "\n";
      if (const std::string why = reason_for(f); !why.empty())
        lines += "      not measured again: " + why + "\n";
    }
    std::string text = fmt::format("times: {} of {} the same\n{}", same, times_.size(), lines);
    if (!unconfirmed_.empty()) text += "  not measured again: " + unconfirmed_ + "\n";
    return text;
  }

  History history_;
  PerfRecord a_, b_;
  std::string counts_differ_, times_differ_, unconfirmed_;
  std::vector<CountFinding> counts_;
  std::vector<TimeFinding> times_;
  Reasons not_again_;
};

void compare(const CompareOptions& options, Session& session) {
  const Comparison comparison(options, session);
  session.results(comparison.text(), dumped(comparison.json()));
  if (const CountFinding* worst = comparison.worst()) {
    const std::size_t more = comparison.risen() - 1;
    session.fail(
        ExitCode::gate_failed,
        fmt::format("{}: {}: {:+.3f} % instructions, the limit is {:.1f} %{}",
                    options.files.history, worst->workload, 100 * worst->change(),
                    100 * count_limit, more > 0 ? fmt::format(" (and {} more)", more) : ""));
  }
}

}  // namespace

void add_perf_compare(CLI::App& perf, Session& session) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = perf.add_subcommand(
      "compare", "two records: counts gate, times by a rank test with a second measurement");
  const char* meaning = "a number, the beginning of a commit, latest or previous";
  command->add_option("A", options->a, meaning)->required();
  command->add_option("B", options->b, meaning)->required();
  options->files.add_history(*command);
  options->files.add_bench(*command);
  options->files.add_program(*command);
  command->add_option("--min-time", options->seconds, "of one repetition of a bench")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 60.0))
      ->capture_default_str();
  command->add_flag("--no-confirm", options->no_confirm, "measure nothing again");
  session.add_common_options(*command);
  session.add_golden_option(*command);
  command->callback([options, &session] { compare(*options, session); });
}

}  // namespace assay
