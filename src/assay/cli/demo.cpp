#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "assay/cli/outcome_files.hpp"
#include "assay/cli/session.hpp"
#include "assay/cli/signals.hpp"
#include "assay/numerics/environment.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

struct DemoRow {
  Experiment experiment;
  std::string instance;
  RunOutcome outcome;
  double seconds = 0;
};

std::vector<fs::path> demo_files(const GoldenFolder& folder) {
  std::vector<fs::path> files;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder.experiments(), absent))
    if (entry.path().filename().string().starts_with("demo-") &&
        entry.path().extension() == ".toml")
      files.push_back(entry.path());
  if (files.empty())
    throw InputError(folder.experiments().string(), "",
                     "holds no demo-*.toml; name the golden "
                     "folder with --golden");
  std::sort(files.begin(), files.end());
  return files;
}

DemoRow run_one(const fs::path& file, const fs::path& out, Session& session) {
  DemoRow row;
  row.experiment = read_experiment(file);
  const Instance instance = load_instance(row.experiment);
  row.instance = instance.name;
  RunControl control;
  control.stop = &stop_on_signals();
  control.progress = [&](long done, long total) {
    session.terminal().progress(row.experiment.name, done, total);
  };
  const auto begin = std::chrono::steady_clock::now();
  row.outcome = run_experiment(row.experiment, instance, control);
  row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  write_outcome(OutcomeFiles(out, row.experiment), row.outcome);
  return row;
}

std::string table(const std::vector<DemoRow>& rows, const std::string& out) {
  std::size_t algorithm = 9, instance = 8;
  for (const DemoRow& row : rows) {
    algorithm = std::max(algorithm, row.experiment.algorithm.size());
    instance = std::max(instance, row.instance.size());
  }
  std::string text =
      fmt::format("{:<{}}  {:<{}}  {:>10}  {:>12}  {:>12}  {:>12}  {:>12}  {:>12}  {:>8}\n",
                  "algorithm", algorithm, "instance", instance, "iterations", "gap", "direct",
                  "implicit", "reported", "objective", "time");
  double seconds = 0;
  for (const DemoRow& row : rows) {
    const RunSummary& s = row.outcome.summary;
    text += fmt::format(
        "{:<{}}  {:<{}}  {:>10}  {:>12.6e}  {:>12.6e}  {:>12.6e}  {:>12.6e}  {:>12.5e}  "
        "{:>6.0f}ms\n",
        row.experiment.algorithm, algorithm, row.instance, instance, s.iterations, s.gap_total,
        s.gap_direct, s.gap_implicit, s.gap_reported, s.objective, row.seconds * 1e3);
    seconds += row.seconds;
  }
  return text + fmt::format("{:.0f} ms in all. Traces and manifests: {}\n", seconds * 1e3, out);
}

std::string json_text(const std::vector<DemoRow>& rows, const fs::path& out) {
  nlohmann::ordered_json json = {{"format", "assay-demo/1"}};
  json["runs"] = nlohmann::ordered_json::array();
  for (const DemoRow& row : rows) {
    const RunSummary& s = row.outcome.summary;
    json["runs"].push_back({{"name", row.experiment.name},
                            {"algorithm", row.experiment.algorithm},
                            {"instance", row.instance},
                            {"iterations", s.iterations},
                            {"gap_total", s.gap_total},
                            {"gap_direct", s.gap_direct},
                            {"gap_implicit", s.gap_implicit},
                            {"gap_reported", s.gap_reported},
                            {"objective", s.objective},
                            {"seconds", row.seconds},
                            {"trace", OutcomeFiles(out, row.experiment).trace.string()}});
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void demo(const fs::path& out, Session& session) {
  require_arithmetic();
  const std::vector<fs::path> files = demo_files(session.golden());
  check_folder(out);
  std::vector<DemoRow> rows;
  for (const fs::path& file : files) {
    rows.push_back(run_one(file, out, session));
    const RunOutcome& outcome = rows.back().outcome;
    if (outcome.end == RunEnd::failed)
      session.fail(ExitCode::numerical, file.string() + ": " + outcome.failure);
    if (outcome.end != RunEnd::interrupted) continue;
    session.fail(ExitCode::interrupted, "demo: interrupted");
    break;
  }
  const std::string shown = fs::absolute(out).lexically_normal().string();
  session.results(table(rows, shown), json_text(rows, out));
}

}  // namespace

void add_demo(CLI::App& app, Session& session) {
  auto out = std::make_shared<std::string>("out");
  CLI::App* command =
      app.add_subcommand("demo", "run three algorithms on two problems and print a table");
  command->add_option("-o,--out", *out, "where the traces go")
      ->type_name("DIR")
      ->capture_default_str();
  session.add_common_options(*command);
  session.add_golden_option(*command);
  command->callback([out, &session] { demo(*out, session); });
}

}  // namespace assay
