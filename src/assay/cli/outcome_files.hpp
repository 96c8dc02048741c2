#pragma once

#include <filesystem>

#include "assay/run/run.hpp"

namespace assay {

/// Where a run's results lie: FOLDER/NAME.SCALAR.*
struct OutcomeFiles {
  OutcomeFiles(const std::filesystem::path& folder, const Experiment& experiment);

  std::filesystem::path trace, manifest, checkpoint;
};

/// @throws InputError when the folder cannot be made
void make_folder(const std::filesystem::path& folder);

/// Writes trace and manifest, and the checkpoint of an interrupted run; a run that ended otherwise
/// leaves none. Each file is complete or not there.
void write_outcome(const OutcomeFiles& files, const RunOutcome& outcome);

}  // namespace assay
