#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "assay/cli/session.hpp"
#include "assay/cli/signals.hpp"
#include "assay/numerics/environment.hpp"
#include "assay/support/parallel.hpp"
#include "assay/verify/commands.hpp"
#include "properties/corpus.hpp"

namespace assay {
namespace {

using namespace properties;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct FuzzOptions {
  std::vector<std::string> properties;
  std::string scalar, shard = "1/1", corpus;
  std::uint64_t seed = 1;
  long cases = -1;
  std::optional<double> budget;  ///< seconds
  int jobs = processor_count();
  bool no_save = false;
};

/// One property in one scalar.
struct Target {
  const Property* property = nullptr;
  std::string scalar;
};

/// What a target came to.
struct Row {
  Target target;
  CampaignReport report;
  long replayed = 0;
  std::vector<Replay> still_failing;
  std::vector<std::string> files;  ///< of report.failures, in order; "" where not saved
  std::string not_saved;           ///< why
  double seconds = 0;

  /// A hundred cases are what says so: the few of a short try may be left out by chance.
  bool hardly_tested() const { return mostly_left_out(report, 100); }
};

std::vector<Target> targets(const FuzzOptions& options) {
  std::vector<const Property*> chosen;
  for (const std::string& name : options.properties)
    chosen.push_back(&find_property(name, "", "--property"));
  if (chosen.empty())
    for (const Property& property : property_catalogue())
      if (!property.false_on_purpose) chosen.push_back(&property);
  std::vector<Target> list;
  for (const Property* property : chosen)
    for (const Property::Typed& typed : property->typed)
      if (options.scalar.empty() || options.scalar == typed.scalar)
        list.push_back({property, typed.scalar});
  if (list.empty()) {
    if (!options.properties.empty()) find_law(*chosen.front(), options.scalar, "", "--scalar");
    throw InputError("", "--scalar", "no property is stated in " + options.scalar);
  }
  return list;
}

/// "i/N", 1 <= i <= N.
void read_shard(const std::string& text, CampaignOptions& campaign) {
  int used = 0;
  if (std::sscanf(text.c_str(), "%6ld/%6ld%n", &campaign.shard, &campaign.shards, &used) != 2 ||
      static_cast<std::size_t>(used) != text.size() || campaign.shard < 1 ||
      campaign.shard > campaign.shards)
    throw InputError("", "--shard", "is " + text + ", must be i/N with 1 <= i <= N");
  --campaign.shard;
}

/// `given`, else $ASSAY_CORPUS, else the corpus of the source tree this was built from, else
/// ./corpus.
std::string corpus_folder(const std::string& given) {
  if (!given.empty()) return given;
  const char* variable = std::getenv("ASSAY_CORPUS");
  if (variable && *variable) return variable;
#ifdef ASSAY_SOURCE_CORPUS
  if (std::filesystem::is_directory(ASSAY_SOURCE_CORPUS)) return ASSAY_SOURCE_CORPUS;
#endif
  return "corpus";
}

/// The saved cases of a target.
Row replayed(const Target& target, const Corpus& corpus) {
  Row row;
  row.target = target;
  for (const auto& file : corpus.files(target.property->name, target.scalar)) {
    Replay replay = replay_file(file);
    ++row.replayed;
    if (replay.verdict.kind == Verdict::Kind::fails) row.still_failing.push_back(std::move(replay));
  }
  return row;
}

/// New cases.
void try_new(Row& row, CampaignOptions campaign, const FuzzOptions& options, const Corpus& corpus,
             double seconds, Session& session) {
  const Target& target = row.target;
  const auto begin = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  const StopFlag& interrupted = stop_on_signals();
  campaign.stop = [&] { return interrupted || (options.cases < 0 && elapsed() >= seconds); };
  const std::string label = target.property->name + " " + target.scalar;
  campaign.progress = [&](long done) {
    session.terminal().progress(
        label, options.cases < 0 ? static_cast<long>(1e3 * elapsed()) : done,
        options.cases < 0 ? static_cast<long>(1e3 * seconds) : options.cases / campaign.shards + 1);
  };
  row.report = run_campaign(*target.property, target.scalar, campaign);
  row.seconds = elapsed();
  for (const Failure& failure : row.report.failures) {
    row.files.emplace_back();
    if (options.no_save) continue;
    try {
      row.files.back() = corpus.save(target.property->name, target.scalar, failure).string();
    } catch (const InputError& error) {  // the failure is worth more than its file
      row.not_saved = error.what();
    }
  }
}

std::string text_of(const std::vector<Row>& rows) {
  std::size_t width = 8;
  for (const Row& row : rows) width = std::max(width, row.target.property->name.size());
  std::string text = fmt::format("{:<{}}  {:<8}  {:>8}  {:>8}  {:>7}  {:>8}  {:>8}  {}\n",
                                 "property", width, "scalar", "cases", "left out", "failed",
                                 "replayed", "time", "largest share of a bound");
  for (const Row& row : rows) {
    double share = 0;
    for (const auto& [what, value] : row.report.shares) share = std::max(share, value);
    text += fmt::format("{:<{}}  {:<8}  {:>8}  {:>8}  {:>7}  {:>8}  {:>7.1f}s  {:.2g}\n",
                        row.target.property->name, width, row.target.scalar, row.report.cases(),
                        row.report.discarded, row.report.failed, row.replayed, row.seconds, share);
    for (const Replay& replay : row.still_failing)
      text += fmt::format("  FAILS STILL  {}\n               {}\n", replay.verdict.message,
                          replay.file.string());
    std::map<std::string, int> like;
    for (const Failure& failure : row.report.failures) ++like[failure.failure];
    for (std::size_t i = 0; i < row.report.failures.size(); ++i) {
      const Failure& failure = row.report.failures[i];
      const int more = std::exchange(like[failure.failure], 0) - 1;  // one of each class is shown
      if (more < 0) continue;
      text += fmt::format("  FAILS  case {}, shrunk: {}{}\n         states: {}\n         {}\n",
                          failure.number, failure.message,
                          more > 0 ? fmt::format(" ({} more like it)", more) : "",
                          row.target.property->statement,
                          row.files[i].empty() ? case_text(failure.test_case) : row.files[i]);
    }
    if (!row.not_saved.empty()) text += "  NOT SAVED  " + row.not_saved + "\n";
    if (row.hardly_tested()) text += "  HARDLY TESTED: more cases were left out than not\n";
  }
  return text;
}

Json json_of(const std::vector<Row>& rows, const FuzzOptions& options) {
  Json json = {{"format", "assay-fuzz/1"},
               {"seed", options.seed},
               {"shard", options.shard},
               {"properties", Json::array()}};
  for (const Row& row : rows) {
    Json entry = {{"property", row.target.property->name},
                  {"scalar", row.target.scalar},
                  {"cases", row.report.cases()},
                  {"held", row.report.held},
                  {"discarded", row.report.discarded},
                  {"failed", row.report.failed},
                  {"hardly_tested", row.hardly_tested()},
                  {"replayed", row.replayed},
                  {"seconds", row.seconds},
                  {"shares", Json::object()},
                  {"failures", Json::array()},
                  {"replays_failing", Json::array()}};
    for (const auto& [what, share] : row.report.shares) entry["shares"][what] = share;
    for (std::size_t i = 0; i < row.report.failures.size(); ++i) {
      const Failure& failure = row.report.failures[i];
      entry["failures"].push_back({{"number", failure.number},
                                   {"failure", failure.failure},
                                   {"message", failure.message},
                                   {"file", row.files[i]}});
      if (row.files[i].empty()) entry["failures"].back()["case"] = case_text(failure.test_case);
    }
    if (!row.not_saved.empty()) entry["not_saved"] = row.not_saved;
    for (const Replay& replay : row.still_failing)
      entry["replays_failing"].push_back(
          {{"file", replay.file.string()}, {"message", replay.verdict.message}});
    json["properties"].push_back(std::move(entry));
  }
  return json;
}

void fuzz(const FuzzOptions& options, Session& session) {
  require_arithmetic();
  if (options.cases >= 0 && options.budget)
    throw InputError("", "--budget",
                     "cannot be given together with --cases: either a time or a count");
  const double budget = options.budget.value_or(60);
  if (!(budget > 0) || !std::isfinite(budget))
    throw InputError("", "--budget", fmt::format("is {} seconds, must be above 0", budget));
  CampaignOptions campaign;
  campaign.seed = options.seed;
  campaign.cases = options.cases;
  campaign.jobs = options.jobs;
  read_shard(options.shard, campaign);
  const std::vector<Target> list = targets(options);
  const Corpus corpus(corpus_folder(options.corpus));
  if (!options.no_save) corpus.prepare();
  // All files are read before anything is tried: one that is wrong costs no campaign.
  std::vector<Row> rows;
  for (const Target& target : list) {
    if (stop_on_signals()) break;
    rows.push_back(replayed(target, corpus));
  }
  for (Row& row : rows) {
    if (stop_on_signals()) break;
    try_new(row, campaign, options, corpus, budget / static_cast<double>(list.size()), session);
  }
  session.results(
      text_of(rows),
      json_of(rows, options).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  std::string first, reproduce;
  long bad = 0;
  for (const Row& row : rows) {
    bad += row.report.failed + static_cast<long>(row.still_failing.size());
    if (!first.empty() || (row.report.failures.empty() && row.still_failing.empty())) continue;
    const bool old = !row.still_failing.empty();
    first =
        fmt::format("{} in {}: {}", row.target.property->name, row.target.scalar,
                    old ? row.still_failing[0].verdict.message : row.report.failures[0].message);
    const std::string file = old ? row.still_failing[0].file.string() : row.files[0];
    if (!file.empty()) reproduce = session.program() + " replay " + shell_quoted(file);
  }
  if (bad > 0)
    session.fail(ExitCode::gate_failed,
                 first + (bad > 1 ? fmt::format(" (and {} more cases)", bad - 1) : ""), reproduce);
  else if (const auto hardly = std::find_if(rows.begin(), rows.end(),
                                            [](const Row& row) { return row.hardly_tested(); });
           hardly != rows.end())
    session.fail(ExitCode::gate_failed,
                 fmt::format("{} in {}: hardly tested: {} of {} cases were left out",
                             hardly->target.property->name, hardly->target.scalar,
                             hardly->report.discarded, hardly->report.cases()));
  else if (stop_on_signals())
    session.fail(ExitCode::interrupted, "interrupted; what was tried holds");
}

void replay(const std::vector<std::string>& files, Session& session) {
  require_arithmetic();
  std::string text;
  Json json = {{"format", "assay-replay/1"}, {"files", Json::array()}};
  std::string failing, message;
  for (const std::string& file : files) {
    const Replay r = replay_file(file);
    const bool fails = r.verdict.kind == Verdict::Kind::fails;
    const char* outcome = fails                                    ? "fails"
                          : r.verdict.kind == Verdict::Kind::holds ? "holds"
                                                                   : "left out";
    text += fmt::format("{}  {} in {}{}\n", outcome, r.saved.property, r.saved.scalar,
                        r.verdict.message.empty() ? "" : ": " + r.verdict.message);
    json["files"].push_back({{"file", file},
                             {"property", r.saved.property},
                             {"scalar", r.saved.scalar},
                             {"outcome", outcome},
                             {"message", r.verdict.message}});
    if (fails && failing.empty()) {
      failing = file;
      message = r.verdict.message;
    }
  }
  session.results(text, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  if (!failing.empty()) session.fail(ExitCode::gate_failed, failing + ": " + message);
}

}  // namespace

void add_fuzz(CLI::App& app, Session& session) {
  Topic topic{"properties", {}};
  for (const properties::Property& property : properties::property_catalogue())
    topic.items.push_back({property.name, property.statement, {}});
  session.add_topic(std::move(topic));
  auto options = std::make_shared<FuzzOptions>();
  CLI::App* command = app.add_subcommand(
      "fuzz", "check properties on random cases; a failure is shrunk and saved as a file");
  command
      ->add_option("--property", options->properties, "which; default: all (see list properties)")
      ->type_name("NAME");
  command->add_option("--scalar", options->scalar, "only in this scalar")->type_name("S");
  command->add_option("--seed", options->seed, "key of the cases")->capture_default_str();
  command->add_option("--cases", options->cases, "so many of each, in place of a time")
      ->type_name("N")
      ->check(CLI::Range(0L, 1000000000L));
  command->add_option("--budget", options->budget, "time in all, as 90s, 5m or 1h; default: 60s")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}},
                                CLI::AsNumberWithUnit::DEFAULT, "TIME"));
  command->add_option("--shard", options->shard, "do the i-th of N parts of the cases")
      ->type_name("i/N");
  command->add_option("--corpus", options->corpus, "the folder of failures, replayed first")
      ->type_name("DIR");
  command->add_flag("--no-save", options->no_save, "print failures, save none");
  command->add_option("--jobs", options->jobs, "threads (default: as many as there are processors)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  session.add_common_options(*command);
  command->callback([options, &session] { fuzz(*options, session); });
}

void add_replay(CLI::App& app, Session& session) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("replay", "check saved cases again");
  command->add_option("FILE", *files, "a file of the corpus")->required();
  session.add_common_options(*command);
  command->callback([files, &session] { replay(*files, session); });
}

}  // namespace assay
