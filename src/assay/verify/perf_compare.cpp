#include <fmt/format.h>

#include <algorithm>
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

/// Measures those that seem changed once more, as often as before.
void measure_again(const CompareOptions& options, const PerfRecord& a,
                   std::vector<TimeFinding>& findings, Session& session) {
  std::vector<std::string> runs, benches;
  std::size_t repetitions = fewest_repetitions;
  for (const TimeFinding& f : findings) {
    if (f.suspected == TimeVerdict::same) continue;
    repetitions = std::max(repetitions, find_times(a.times, f.workload)->nanoseconds.size());
    if (f.workload.rfind(run_prefix, 0) == 0)
      runs.push_back(f.workload.substr(run_prefix.size()));
    else
      benches.push_back(f.workload);
  }
  repetitions = std::min(repetitions, static_cast<std::size_t>(largest_sample));
  std::vector<Times> again;
  if (!runs.empty()) again = measure_runs(runs, static_cast<int>(repetitions), session).times;
  if (!benches.empty()) {
    BenchOptions bench{options.files.bench, static_cast<int>(repetitions), options.seconds,
                       filter_for(benches)};
    for (Times& times : run_benches(bench, &stop_on_signals())) again.push_back(std::move(times));
  }
  for (TimeFinding& f : findings)
    if (const Times* times = find_times(again, f.workload);
        times && f.suspected != TimeVerdict::same)
      confirm(f, *find_times(a.times, f.workload), *times);
}

/// Why a suspicion cannot be looked into here; "" when it can.
std::string why_not_confirmed(const CompareOptions& options, const PerfRecord& b) {
  if (options.no_confirm) return "--no-confirm";
  const RecordHead now = head_of_now("unknown");
  if (b.build != now.build) return fmt::format("record {} is of another build", b.id);
  if (b.machine != now.machine) return fmt::format("record {} is of another machine", b.id);
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
    if (std::none_of(times_.begin(), times_.end(), changed)) return;
    unconfirmed_ = why_not_confirmed(options, b_);
    if (unconfirmed_.empty()) measure_again(options, a_, times_, session);
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
  static bool changed(const TimeFinding& f) { return f.suspected != TimeVerdict::same; }

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
      if (!changed(f) && f.less_work.empty()) {
        ++same;
        continue;
      }
      lines +=
          fmt::format("  {:<28} {:>9} -> {:>9}  x {:.3f}, p {:.2g}: {}\n", f.workload,
                      time_text(f.before), time_text(f.after), f.ranks.ratio, f.ranks.p, f.words());
      for (const std::string& less : f.less_work) lines += "      " + less + "\n";
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
