#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "assay/cli/outcome_files.hpp"
#include "assay/cli/session.hpp"
#include "assay/cli/signals.hpp"
#include "assay/numerics/environment.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace {

struct RunOptions {
  std::string experiment, folder = "out", scalar;
  std::vector<std::string> settings;
  bool resume = false;
  long checkpoint_every = 0;
};

const char* end_name(RunEnd end) {
  switch (end) {
    case RunEnd::finished:
      return "finished";
    case RunEnd::interrupted:
      return "interrupted";
    case RunEnd::failed:
      return "failed";
  }
  return "";
}

void print_outcome(Session& session, const Experiment& experiment, const OutcomeFiles& files,
                   const RunOutcome& outcome) {
  const RunSummary& s = outcome.summary;
  const std::string text = fmt::format(
      "{}.{}: {} after {} iterations\n"
      "  gap        {:.6e}  (direct {:.6e}, implicit {:.6e})\n"
      "  reported   {:.6e}\n"
      "  objective  {:.6e}\n"
      "  trace      {}\n"
      "  manifest   {}\n",
      experiment.name, experiment.scalar, end_name(outcome.end), s.iterations, s.gap_total,
      s.gap_direct, s.gap_implicit, s.gap_reported, s.objective, files.trace.string(),
      files.manifest.string());
  const nlohmann::ordered_json json = {
      {"format", "assay-run/1"},
      {"name", experiment.name},
      {"scalar", experiment.scalar},
      {"end", end_name(outcome.end)},
      {"iterations", s.iterations},
      {"gap_total", s.gap_total},
      {"gap_direct", s.gap_direct},
      {"gap_implicit", s.gap_implicit},
      {"gap_reported", s.gap_reported},
      {"objective", s.objective},
      {"trace", files.trace.string()},
      {"manifest", files.manifest.string()},
      {"checkpoint", outcome.checkpoint.empty() ? "" : files.checkpoint.string()},
      {"failure", outcome.failure}};
  session.results(text, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

/// run_experiment sees a checkpoint as a text and cannot name its file.
RunOutcome run_or_name_checkpoint(const Experiment& experiment, const Instance& instance,
                                  const RunControl& control, const OutcomeFiles& files) {
  try {
    return run_experiment(experiment, instance, control);
  } catch (const InputError& error) {
    const std::string message = error.what(), unnamed = "checkpoint: ";
    if (control.resume.empty() || !message.starts_with(unnamed)) throw;
    throw InputError(files.checkpoint.string(), "", message.substr(unnamed.size()));
  }
}

void run(const RunOptions& options, Session& session) {
  require_arithmetic();
  std::vector<std::string> settings = options.settings;
  if (!options.scalar.empty()) settings.push_back("run.scalar=\"" + options.scalar + "\"");
  const Experiment experiment = read_experiment(options.experiment, settings);
  const Instance instance = load_instance(experiment);
  check_folder(options.folder);
  const OutcomeFiles files(options.folder, experiment);

  RunControl control;
  control.stop = &stop_on_signals();
  control.progress = [&](long done, long total) {
    session.terminal().progress(experiment.name, done, total);
  };
  control.checkpoint_every = options.checkpoint_every;
  control.save_checkpoint = [&](const std::string& text) {
    try {
      write_checkpoint(files, text);
    } catch (const InputError& error) {
      throw Error(error.code(), error.what());  // no fault of the experiment, which would be named
    }
  };
  if (options.resume) {
    control.resume = read_file(files.checkpoint);
    // The run would take no text for no checkpoint, and start anew.
    if (control.resume.empty())
      throw InputError(files.checkpoint.string(), "", "is not a checkpoint: it is empty");
  }
  const RunOutcome outcome = run_or_name_checkpoint(experiment, instance, control, files);

  write_outcome(files, outcome);
  print_outcome(session, experiment, files, outcome);
  if (outcome.end == RunEnd::failed)
    session.fail(ExitCode::numerical, options.experiment + ": " + outcome.failure);
  if (outcome.end == RunEnd::interrupted)
    session.fail(ExitCode::interrupted,
                 fmt::format("{}: interrupted after {} iterations; --resume "
                             "goes on from here",
                             options.experiment, outcome.summary.iterations));
}

}  // namespace

void add_run(CLI::App& app, Session& session) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command =
      app.add_subcommand("run", "run an experiment; leaves a trace and its manifest");
  command->add_option("EXPERIMENT", options->experiment, "the experiment's file")->required();
  command->add_option("-o,--out", options->folder, "where to")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--scalar", options->scalar, "double, soft53, real50 or real100")
      ->type_name("S");
  command->add_option("--set", options->settings, "change a setting, as in step.length=0.1")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--resume", options->resume, "go on from the checkpoint of an interrupted run");
  command
      ->add_option("--checkpoint-every", options->checkpoint_every,
                   "iterations between checkpoints")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  session.add_common_options(*command);
  command->callback([options, &session] { run(*options, session); });
}

}  // namespace assay
