#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "assay/cli/session.hpp"
#include "assay/diagnose/audit.hpp"
#include "assay/diagnose/diagnosis.hpp"
#include "assay/numerics/environment.hpp"
#include "assay/run/run.hpp"
#include "assay/support/files.hpp"
#include "assay/support/parallel.hpp"
#include "assay/support/quote.hpp"
#include "assay/verify/commands.hpp"
#include "assay/verify/diagnosis_report.hpp"
#include "assay/verify/iterates.hpp"
#include "assay/verify/prover.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

struct DiagnoseCommand {
  std::string experiment, trace, instance, column, sarif;
  std::vector<std::string> settings, attempts;
  std::vector<long> at;
  int jobs = processor_count();
};

/// A trace of another program: what its gaps are.
void audit_foreign(const DiagnoseCommand& command, Session& session) {
  const Trace trace = read_iterates(command.trace);
  const Instance instance = read_instance(command.instance);
  const Audit audit = audit_trace(trace, instance, command.trace, command.column);
  const std::vector<Event> events = find_events(trace);
  const ProvedGap proved = make_prover(instance).gap(audit.last);
  std::string text =
      fmt::format("{}: {}\nverdict: {}\n", command.trace, audit.sentence, audit.verdict);
  for (const Reading& r : audit.readings)
    text += fmt::format("  {:<17} {:>7} of {} rows, to {} digits: {}\n", r.id, r.rows, r.possible,
                        r.best, r.what);
  text += fmt::format(
      "at the last point: |grad F| {:.6e}, direct {:.6e}, implicit {:.6e}, F {:.6e}\n",
      audit.total.back(), audit.direct.back(), audit.implicit.back(), audit.objective.back());
  text += proved.proved ? "  proved: |grad F| in " + range_text(proved) + "\n"
                        : fmt::format("  not proved: {}\n", proved.why);
  for (const Event& event : events) text += fmt::format("  {:<26} {}\n", event.id, event.sentence);

  Json j = {{"format", "assay-audit/1"},
            {"trace", command.trace},
            {"instance", {{"name", instance.name}, {"sha256", instance.digest}}},
            {"column", audit.column},
            {"rows", audit.rows},
            {"verdict", audit.verdict},
            {"sentence", audit.sentence},
            {"largest_error", json_number(audit.largest_error)},
            {"worst_iteration", audit.worst_iteration}};
  j["readings"] = Json::array();
  for (const Reading& r : audit.readings)
    j["readings"].push_back(
        {{"id", r.id}, {"rows", r.rows}, {"of", r.possible}, {"digits", r.best}, {"what", r.what}});
  j["last"] = {{"total", json_number(audit.total.back())},
               {"direct", json_number(audit.direct.back())},
               {"implicit", json_number(audit.implicit.back())},
               {"objective", json_number(audit.objective.back())}};
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
    if (!command.sarif.empty())
      throw InputError("", "command line", "--sarif is for an experiment, not for a trace");
    return audit_foreign(command, session);
  }
  const Experiment experiment = read_experiment(command.experiment, command.settings);
  const Instance instance = load_instance(experiment);
  DiagnoseOptions options;
  options.prover = make_prover(instance);
  options.jobs = command.jobs;
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
        {"try:" + attempt, "with " + attempt, {attempt}, [changed](const Experiment& from) {
           Experiment out = changed;
           out.record = from.record;
           return out;
         }});
  }
  const Diagnosis d = diagnose(experiment, instance, options);
  const DiagnosisReport report{experiment, instance, d, command.experiment, command.settings};
  const auto dumped = [](const Json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  };
  if (!command.sarif.empty()) write_file_atomically(command.sarif, dumped(report.sarif()));
  session.results(report.text(), dumped(report.json()));
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
  command
      ->add_option("--trace", options->trace,
                   "instead: the points of any program (.csv, .json, .npz)")
      ->type_name("FILE");
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
  command->add_option("--jobs", options->jobs, "threads (default: as many as there are processors)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  command->add_option("--sarif", options->sarif, "also write the findings there, as SARIF 2.1.0")
      ->type_name("FILE");
  session.add_common_options(*command);
  command->callback([options, &session] { run_diagnose(*options, session); });

  auto id = std::make_shared<std::string>();
  CLI::App* meaning = app.add_subcommand("explain", "what a cause or an event of diagnose means");
  meaning->add_option("ID", *id, "as diagnose prints it")->required();
  session.add_common_options(*meaning);
  meaning->callback([id, &session] { explain(*id, session); });
}

}  // namespace assay
