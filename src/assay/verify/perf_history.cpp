#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "assay/perf/change_points.hpp"
#include "assay/perf/rank_comparison.hpp"
#include "assay/verify/perf.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

struct HistoryOptions {
  PerfFiles files;
  std::vector<std::string> workloads;
};

/// One quantity over the records that can be compared with the newest one.
struct Curve {
  std::string workload;
  bool exact = false;  ///< a count; else a time in nanoseconds
  std::vector<double> values;
  std::vector<std::size_t> records;  ///< which, as an index into all of them
  std::vector<ChangePoint> changes;

  std::string value_text(double value) const {
    return exact ? fmt::format("{:.0f}", value) : time_text(value);
  }
};

/// By workload. Times are those of the newest record's machine, counts those counted as in the
/// newest record that has any.
std::vector<Curve> all_series(const std::vector<PerfRecord>& records) {
  std::map<std::string, Curve> all;
  const auto add = [&](const std::string& workload, bool exact, double value, std::size_t record) {
    Curve& series = all[workload];
    series.workload = workload;
    series.exact = exact;
    series.values.push_back(value);
    series.records.push_back(record);
  };
  CountedWith counted;
  for (const PerfRecord& record : records)
    if (!record.counted_with.empty()) counted = record.counted_with;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const PerfRecord& record = records[i];
    if (record.machine == records.back().machine)
      for (const Times& times : record.times)
        add(times.workload, false, middle(times.nanoseconds), i);
    if (!record.counted_with.empty() && difference(record.counted_with, counted).empty())
      for (const auto& [workload, instructions] : record.counts)
        add("count/" + workload, true, static_cast<double>(instructions), i);
  }
  std::vector<Curve> list;
  for (auto& [workload, series] : all) {
    series.changes = series.exact ? exact_change_points(series.values, count_limit)
                                  : change_points(series.values);
    list.push_back(std::move(series));
  }
  return list;
}

/// One mark per value, from the smallest to the largest; the newest ones where there are many.
std::string plot(const std::vector<double>& values) {
  constexpr std::size_t widest = 40;
  const char* marks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  std::string text;
  for (std::size_t i = values.size() - std::min(values.size(), widest); i < values.size(); ++i) {
    const double share = *high > *low ? (values[i] - *low) / (*high - *low) : 0;
    text += marks[std::min(7, static_cast<int>(8 * share))];
  }
  return text;
}

std::string text_of(const std::vector<Curve>& all, const std::vector<PerfRecord>& records) {
  std::size_t width = 8, others = 0;
  for (const Curve& series : all) width = std::max(width, series.workload.size());
  for (const PerfRecord& record : records) others += record.machine != records.back().machine;
  std::string text = fmt::format("{} records, from {} of {} to {} of {}\n", records.size(),
                                 records.front().id, records.front().commit.substr(0, 12),
                                 records.back().id, records.back().commit.substr(0, 12));
  if (others > 0)
    text += fmt::format("  the times of {} are of other machines and left out\n", others);
  text += fmt::format("{:<{}} {:>4} {:>12} {:>12}\n", "workload", width, "n", "first", "last");
  for (const Curve& series : all) {
    text += fmt::format("{:<{}} {:>4} {:>12} {:>12}  {}\n", series.workload, width,
                        series.values.size(), series.value_text(series.values.front()),
                        series.value_text(series.values.back()), plot(series.values));
    for (const ChangePoint& change : series.changes) {
      const PerfRecord& at = records[series.records[change.index]];
      text += fmt::format("  changed at record {} of {}: {} -> {} ({:+.1f} %{})\n", at.id,
                          at.commit.substr(0, 12), series.value_text(change.before),
                          series.value_text(change.after), 100 * (change.after / change.before - 1),
                          series.exact ? "" : fmt::format(", p {:.2g}", change.p));
    }
  }
  return text;
}

Json json_of(const std::vector<Curve>& all, const std::vector<PerfRecord>& records) {
  Json json = perf_json("history");
  json["records"] = Json::array();
  for (const PerfRecord& record : records) json["records"].push_back(head_json(record));
  json["series"] = Json::array();
  for (const Curve& series : all) {
    Json entry = {{"workload", series.workload},
                  {"unit", series.exact ? "instructions" : "ns"},
                  {"values", series.values}};
    entry["records"] = Json::array();
    for (const std::size_t i : series.records) entry["records"].push_back(records[i].id);
    entry["changes"] = Json::array();
    for (const ChangePoint& change : series.changes)
      entry["changes"].push_back({{"record", records[series.records[change.index]].id},
                                  {"before", change.before},
                                  {"after", change.after},
                                  {"p", change.p}});
    json["series"].push_back(std::move(entry));
  }
  return json;
}

/// Those asked for: a name, or the beginning of several up to a '/'.
std::vector<Curve> chosen(std::vector<Curve> all, const HistoryOptions& options) {
  if (options.workloads.empty()) return all;
  const auto means = [](const std::string& word, const std::string& workload) {
    return workload == word || workload.rfind(word + "/", 0) == 0;
  };
  std::vector<std::string> names;
  for (const Curve& series : all) names.push_back(series.workload);
  for (const std::string& word : options.workloads)
    if (std::none_of(names.begin(), names.end(),
                     [&](const std::string& name) { return means(word, name); }))
      throw InputError(options.files.history, "WORKLOAD",
                       "'" + word + "' was not measured" + suggestion(word, names));
  std::erase_if(all, [&](const Curve& series) {
    return std::none_of(options.workloads.begin(), options.workloads.end(),
                        [&](const std::string& word) { return means(word, series.workload); });
  });
  return all;
}

void show(const HistoryOptions& options, Session& session) {
  const History history(options.files.history);
  std::vector<PerfRecord> records;
  for (const RecordHead& head : history.heads()) records.push_back(history.read(head.id));
  if (records.empty()) throw InputError(options.files.history, "", "holds no record yet");
  const std::vector<Curve> series = chosen(all_series(records), options);
  session.results(text_of(series, records), dumped(json_of(series, records)));
}

}  // namespace

void add_perf_history(CLI::App& perf, Session& session) {
  auto options = std::make_shared<HistoryOptions>();
  CLI::App* command =
      perf.add_subcommand("history", "each workload over all records, and where it changed");
  command->add_option("WORKLOAD", options->workloads,
                      "a name or its beginning, as count, run or bench/certify_anew; default: all");
  options->files.add_history(*command);
  session.add_common_options(*command);
  command->callback([options, &session] { show(*options, session); });
}

}  // namespace assay
