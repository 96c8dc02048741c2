#pragma once

#include <filesystem>
#include <string>

#include "assay/run/run.hpp"

namespace assay {

/// Where a run's results lie: FOLDER/NAME.SCALAR.*
struct OutcomeFiles {
  OutcomeFiles(const std::filesystem::path& in, const Experiment& experiment);

  std::filesystem::path folder, trace, manifest, checkpoint;
};

/// Refuses a folder that could not be written to, before anything is computed for it. Makes none:
/// a run that is refused leaves nothing.
/// @throws InputError naming it
void check_folder(const std::filesystem::path& folder);

// The folder is made when the first file is written.

void write_checkpoint(const OutcomeFiles& files, const std::string& checkpoint);

/// Writes the checkpoint of an interrupted run, then trace and manifest, which change together or
/// not at all; a run that ended otherwise leaves no checkpoint.
void write_outcome(const OutcomeFiles& files, const RunOutcome& outcome);

}  // namespace assay
