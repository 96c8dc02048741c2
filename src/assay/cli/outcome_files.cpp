#include "assay/cli/outcome_files.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "assay/support/error.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

void refuse_if(const std::error_code& error, const fs::path& folder) {
  if (error) throw InputError(folder.string(), "", "cannot be written to: " + error.message());
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  refuse_if(error, folder);
}

}  // namespace

OutcomeFiles::OutcomeFiles(const fs::path& in, const Experiment& experiment) : folder(in) {
  const std::string stem = experiment.name + "." + experiment.scalar;
  trace = folder / (stem + ".csv");
  manifest = folder / (stem + ".manifest.json");
  checkpoint = folder / (stem + ".checkpoint.json");
}

void check_folder(const fs::path& folder) {
  if (folder.empty()) throw InputError("", "--out", "is empty, must name a folder");
  fs::path there = folder;  // or the nearest folder above it that there is
  std::error_code error;
  while (!there.empty() && !fs::exists(fs::symlink_status(there, error)))
    there = there.parent_path();
  if (there.empty()) there = ".";
  if (!fs::is_directory(there, error)) {
    if (!error) error = std::make_error_code(std::errc::not_a_directory);
  } else if (::access(there.c_str(), W_OK | X_OK) != 0) {
    error = std::error_code(errno, std::generic_category());
  }
  refuse_if(error, folder);
}

void write_checkpoint(const OutcomeFiles& files, const std::string& checkpoint) {
  make_folder(files.folder);
  write_file_atomically(files.checkpoint, checkpoint);
}

void write_outcome(const OutcomeFiles& files, const RunOutcome& outcome) {
  // First, since all of an interrupted run is in it: its trace, too.
  if (!outcome.checkpoint.empty()) write_checkpoint(files, outcome.checkpoint);
  make_folder(files.folder);
  Replacement both;
  both.write(files.trace, trace_text(outcome.trace));
  both.write(files.manifest, outcome.manifest);
  both.keep();
  if (!outcome.checkpoint.empty()) return;
  std::error_code error;  // none where there is no checkpoint
  fs::remove(files.checkpoint, error);
  if (error) throw InputError(files.checkpoint.string(), "", "cannot remove: " + error.message());
}

}  // namespace assay
