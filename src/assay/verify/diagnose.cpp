#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "assay/cli/session.hpp"
#include "assay/diagnose/audit.hpp"
#include "assay/diagnose/diagnosis.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/run/run.hpp"
#include "assay/support/quote.hpp"
#include "assay/verify/commands.hpp"
#include "reference/enclosure.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

struct DiagnoseCommand {
  std::string experiment, trace, instance, column;
  std::vector<std::string> settings, attempts;
  std::vector<long> at;
};

/// The gap at x in an enclosure, or why not.
ProvedGap prove_gap(const Instance& instance, const Vec<double>& x) {
  const QuadraticProblem<double> problem(instance);
  ActiveSetLowerLevel<double> lower(problem);
  const LowerSolution<double>& s = lower.solve(x, {});
  reference::Enclosure<double> enclosure(instance);
  reference::BallVector<double> at(x.size());
  for (Index i = 0; i < x.size(); ++i)
    at.set(i, reference::enclose<double>(convert<Rational>(x[i])));
  const auto point = enclosure.certify(at, s.y, s.multipliers);
  ProvedGap gap;
  gap.proved = point.certified();
  gap.why = point.why;
  if (gap.proved) {
    gap.lower = std::max(0.0, point.gap.lower());
    gap.upper = point.gap.upper();
  }
  return gap;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " + "));
}

std::string text_of(const Experiment& e, const Diagnosis& d) {
  std::string out =
      fmt::format("{}: gap {:.6e} after {} iterations, the algorithm reports {:.6e}\n", e.name,
                  d.gap_total, d.iterations, d.gap_reported);
  if (d.ending.failed) out += fmt::format("  the run failed: {}\n", d.ending.failure);
  out += d.proved.proved
             ? fmt::format("  proved: between {:.6e} and {:.6e}\n", d.proved.lower, d.proved.upper)
             : fmt::format("  not proved: {}\n", d.proved.why);
  out += fmt::format("verdict: {}\n", d.verdict);
  for (const Finding& f : d.findings) {
    out += fmt::format("  {:<7} {}: {}\n", to_string(f.role), f.id, f.sentence);
    for (const std::string& line : f.evidence) out += fmt::format("            {}\n", line);
  }
  if (!d.cures.empty()) {
    out += "smallest changes that remove it\n";
    for (const auto& cure : d.cures) out += fmt::format("  {}\n", joined(cure));
  }
  if (!d.ladders.empty()) {
    out += fmt::format("ladder: (reported - true gradient), rung by rung\n  {:>9} {:>12} {:>12}",
                       "iteration", "|true|", "|difference|");
    for (const Rung& rung : d.ladders.front().rungs) out += fmt::format(" {:>18}", rung.cause);
    out += "\n";
    for (const Ladder& ladder : d.ladders) {
      out += fmt::format("  {:>9} {:>12.4e} {:>12.4e}", ladder.iteration, ladder.truth_size,
                         ladder.error_size);
      for (const Rung& rung : ladder.rungs) out += fmt::format(" {:>18.4e}", rung.size);
      out += "\n";
    }
  }
  if (!d.events.empty()) out += "events\n";
  for (const Event& event : d.events) out += fmt::format("  {:<26} {}\n", event.id, event.sentence);
  if (!d.effects.empty()) out += "what if (gap at the end, and as a multiple)\n";
  for (const Effect& effect : d.effects)
    out += effect.ending.failed
               ? fmt::format("  {:<26} fails: {}\n", effect.id, effect.ending.failure)
               : fmt::format("  {:<26} {:>12.6e} {:>10.4g}  {}\n", effect.id, effect.ending.level,
                             effect.ratio, effect.what);
  return out;
}

/// Numbers that JSON has no word for become null.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const ProvedGap& proved) {
  return proved.proved ? Json{{"lower", number(proved.lower)}, {"upper", number(proved.upper)}}
                       : Json{{"why", proved.why}};
}

Json json_of(const std::vector<Event>& events) {
  Json list = Json::array();
  for (const Event& event : events)
    list.push_back({{"id", event.id},
                    {"first", event.first},
                    {"last", event.last},
                    {"count", event.count},
                    {"sentence", event.sentence}});
  return list;
}

Json json_of(const Experiment& e, const Instance& instance, const Diagnosis& d) {
  Json j = {{"format", "assay-diagnosis/1"},
            {"experiment", e.name},
            {"instance", {{"name", instance.name}, {"sha256", instance.digest}}},
            {"iterations", d.iterations},
            {"gap_total", number(d.gap_total)},
            {"gap_reported", number(d.gap_reported)},
            {"level", number(d.ending.level)},
            {"tail", to_string(d.ending.tail.shape)},
            {"failure", d.ending.failure},
            {"verdict", d.verdict}};
  j["proved"] = json_of(d.proved);
  j["findings"] = Json::array();
  for (const Finding& f : d.findings) {
    Json numbers = Json::object();
    for (const auto& [key, value] : f.numbers) numbers[key] = number(value);
    j["findings"].push_back({{"id", f.id},
                             {"role", to_string(f.role)},
                             {"sentence", f.sentence},
                             {"evidence", f.evidence},
                             {"numbers", numbers}});
  }
  j["cures"] = d.cures;
  j["ladder"] = Json::array();
  for (const Ladder& ladder : d.ladders) {
    Json rungs = Json::array();
    for (const Rung& rung : ladder.rungs)
      rungs.push_back({{"cause", rung.cause},
                       {"remedy", rung.remedy},
                       {"size", number(rung.size)},
                       {"share", number(rung.share)}});
    j["ladder"].push_back({{"iteration", ladder.iteration},
                           {"reported", number(ladder.reported_size)},
                           {"true", number(ladder.truth_size)},
                           {"difference", number(ladder.error_size)},
                           {"identity_error", number(ladder.identity_error)},
                           {"identity_bound", number(ladder.identity_bound)},
                           {"rungs", rungs}});
  }
  if (d.loop)
    j["loop"] = {{"gain", number(d.loop->gain)},
                 {"limit", number(d.loop->limit)},
                 {"stable", d.loop->stable},
                 {"predicted_gap", number(d.loop->amplitude)},
                 {"predicted_period", number(d.loop->period)},
                 {"stable_gamma2", number(d.loop->cure)}};
  j["events"] = json_of(d.events);
  j["effects"] = Json::array();
  for (const Effect& effect : d.effects)
    j["effects"].push_back({{"id", effect.id},
                            {"what", effect.what},
                            {"level", number(effect.ending.level)},
                            {"ratio", number(effect.ratio)},
                            {"tail", to_string(effect.ending.tail.shape)},
                            {"failure", effect.ending.failure}});
  return j;
}

/// A trace of another program: what its gaps are.
void audit_foreign(const DiagnoseCommand& command, Session& session) {
  const Trace trace = read_trace(command.trace);
  const Instance instance = read_instance(command.instance);
  const Audit audit = audit_trace(trace, instance, command.trace, command.column);
  const std::vector<Event> events = find_events(trace);
  const ProvedGap proved = prove_gap(instance, audit.last);
  std::string text =
      fmt::format("{}: {}\nverdict: {}\n", command.trace, audit.sentence, audit.verdict);
  for (const Reading& r : audit.readings)
    text += fmt::format("  {:<17} {:>7} of {} rows, to {} digits: {}\n", r.id, r.rows, audit.rows,
                        r.best, r.what);
  text += fmt::format(
      "at the last point: |grad F| {:.6e}, direct {:.6e}, implicit {:.6e}, F {:.6e}\n",
      audit.total.back(), audit.direct.back(), audit.implicit.back(), audit.objective.back());
  text += proved.proved
              ? fmt::format("  proved: between {:.6e} and {:.6e}\n", proved.lower, proved.upper)
              : fmt::format("  not proved: {}\n", proved.why);
  for (const Event& event : events) text += fmt::format("  {:<26} {}\n", event.id, event.sentence);

  Json j = {{"format", "assay-audit/1"},
            {"trace", command.trace},
            {"instance", {{"name", instance.name}, {"sha256", instance.digest}}},
            {"column", audit.column},
            {"rows", audit.rows},
            {"verdict", audit.verdict},
            {"sentence", audit.sentence},
            {"largest_error", number(audit.largest_error)},
            {"worst_iteration", audit.worst_iteration}};
  j["readings"] = Json::array();
  for (const Reading& r : audit.readings)
    j["readings"].push_back({{"id", r.id}, {"rows", r.rows}, {"digits", r.best}, {"what", r.what}});
  j["last"] = {{"total", number(audit.total.back())},
               {"direct", number(audit.direct.back())},
               {"implicit", number(audit.implicit.back())},
               {"objective", number(audit.objective.back())}};
  j["proved"] = json_of(proved);
  j["events"] = json_of(events);
  session.results(text, j.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void run_diagnose(const DiagnoseCommand& command, Session& session) {
  require_arithmetic();
  if (command.trace.empty() != command.instance.empty() ||
      command.trace.empty() == command.experiment.empty())
    throw InputError("", "command line",
                     "diagnose takes an EXPERIMENT, or --trace and --instance together");
  if (!command.trace.empty()) {
    if (!command.settings.empty() || !command.attempts.empty())
      throw InputError("", "command line", "--set and --try change an experiment, not a trace");
    return audit_foreign(command, session);
  }
  const Experiment experiment = read_experiment(command.experiment, command.settings);
  const Instance instance = load_instance(experiment);
  DiagnoseOptions options;
  options.prove = [&](const Vec<double>& x) { return prove_gap(instance, x); };
  options.progress = [&](const std::string& what, long done, long total) {
    session.terminal().progress(what, done, total);
  };
  options.iterations = command.at;
  std::sort(options.iterations.begin(), options.iterations.end());
  options.iterations.erase(std::unique(options.iterations.begin(), options.iterations.end()),
                           options.iterations.end());
  if (!command.at.empty() &&
      (options.iterations.front() < 0 || options.iterations.back() >= experiment.iterations))
    throw InputError("", "--at", fmt::format("is outside 0 .. {}", experiment.iterations - 1));
  for (const std::string& attempt : command.attempts) {
    std::vector<std::string> settings = command.settings;
    settings.push_back(attempt);
    const Experiment changed = read_experiment(command.experiment, settings);
    if (changed.instance_written != experiment.instance_written ||
        changed.generator.has_value() != experiment.generator.has_value() ||
        (changed.generator && changed.generator->values() != experiment.generator->values()))
      throw InputError("", "--try", "may not change the instance");
    options.further.push_back(
        {"try:" + attempt, "with " + attempt, [changed](const Experiment& from) {
           Experiment out = changed;
           out.record = from.record;
           return out;
         }});
  }
  const Diagnosis d = diagnose(experiment, instance, options);
  session.results(text_of(experiment, d),
                  json_of(experiment, instance, d)
                          .dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
                      "\n");
}

void explain(const std::string& id, Session& session) {
  std::vector<std::string> known;
  for (const CauseInfo& info : cause_catalogue()) {
    known.push_back(info.id);
    if (info.id != id) continue;
    const Json json = {{"format", "assay-explain/1"},
                       {"id", info.id},
                       {"meaning", info.meaning},
                       {"remedy", info.remedy}};
    return session.results(fmt::format("{}\n  what goes wrong  {}\n  what mends it    {}\n",
                                       info.id, info.meaning, info.remedy),
                           json.dump(2) + "\n");
  }
  for (const EventInfo& info : event_catalogue()) {
    known.push_back(info.id);
    if (info.id != id) continue;
    const Json json = {{"format", "assay-explain/1"}, {"id", info.id}, {"meaning", info.summary}};
    return session.results(fmt::format("{}\n  what is seen     {}\n", info.id, info.summary),
                           json.dump(2) + "\n");
  }
  throw InputError("", "explain", "unknown id " + in_quotes(id) + suggestion(id, known));
}

}  // namespace

void add_diagnose(CLI::App& app, Session& session) {
  auto options = std::make_shared<DiagnoseCommand>();
  CLI::App* command = app.add_subcommand(
      "diagnose", "what the gap at the end of an experiment is made of, and what would change it");
  command->add_option("EXPERIMENT", options->experiment, "the experiment's file");
  command->add_option("--trace", options->trace, "instead: a trace with the points, x0, x1, ...")
      ->type_name("CSV");
  command->add_option("--instance", options->instance, "the instance the trace is of")
      ->type_name("FILE");
  command
      ->add_option("--column", options->column,
                   "its column of gaps (gap_reported, gap or gap_total)")
      ->type_name("NAME");
  command->add_option("--set", options->settings, "change a setting, as in step.length=0.1")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--at", options->at, "an iteration for the ladder (default: 0, 1, 2, 5, 10 ...)")
      ->type_name("N")
      ->allow_extra_args(false);
  command->add_option("--try", options->attempts, "a further what-if: a setting to change")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  session.add_common_options(*command);
  command->callback([options, &session] { run_diagnose(*options, session); });

  auto id = std::make_shared<std::string>();
  CLI::App* meaning = app.add_subcommand("explain", "what a cause or an event of diagnose means");
  meaning->add_option("ID", *id, "as diagnose prints it")->required();
  session.add_common_options(*meaning);
  meaning->callback([id, &session] { explain(*id, session); });
}

}  // namespace assay
