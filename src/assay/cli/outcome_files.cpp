#include "assay/cli/outcome_files.hpp"

#include "assay/support/error.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace fs = std::filesystem;

OutcomeFiles::OutcomeFiles(const fs::path& folder, const Experiment& experiment) {
  const std::string stem = experiment.name + "." + experiment.scalar;
  trace = folder / (stem + ".csv");
  manifest = folder / (stem + ".manifest.json");
  checkpoint = folder / (stem + ".checkpoint.json");
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && !fs::is_directory(folder)) error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw InputError(folder.string(), "", "cannot be made a folder: " + error.message());
}

void write_outcome(const OutcomeFiles& files, const RunOutcome& outcome) {
  write_file_atomically(files.trace, trace_text(outcome.trace));
  write_file_atomically(files.manifest, outcome.manifest);
  if (!outcome.checkpoint.empty()) {
    write_file_atomically(files.checkpoint, outcome.checkpoint);
  } else {
    std::error_code absent;
    fs::remove(files.checkpoint, absent);
  }
}

}  // namespace assay
