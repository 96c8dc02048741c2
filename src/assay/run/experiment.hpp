#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "assay/faults/faults.hpp"
#include "assay/support/settings.hpp"

namespace assay {

/// Settings that take effect from an iteration on: "[[change]]" in the file.
struct Change {
  long iteration = 0;
  Settings algorithm;  ///< complete: the settings in force from here, defaults and overrides merged
  Settings step;
  Settings hypergradient;
  FaultSet faults;
};

/// One golden case of an experiment: "[golden.SCALAR]".
struct GoldenCase {
  std::string scalar;
  long iterations = 0;
};

/// An experiment as resolved: every parameter that can influence the trace is here by value.
struct Experiment {
  std::string name;
  std::string description;
  std::string source;  ///< its file; for messages

  std::filesystem::path instance_path;  ///< empty when generated
  std::string instance_written;         ///< the path as the file states it
  std::optional<Settings> generator;    ///< "[instance.generator]"

  std::string algorithm;
  Settings algorithm_settings;
  std::string step;
  Settings step_settings;
  std::string lower_level;
  Settings lower_level_settings;
  std::string hypergradient;
  Settings hypergradient_settings;
  Settings noise;
  Settings record;
  Settings probe;
  Settings start;
  FaultSet faults;

  long iterations = 0;
  long seed = 0;
  std::string scalar = "double";

  std::vector<Change> changes;
  std::vector<GoldenCase> golden;
};

/// Reads an experiment file; `overrides` are "key=value" texts with dotted keys ("step.length=0.1",
/// "run.iterations=50", "faults=[\"ridge\"]"), applied before checking.
/// @throws InputError naming file, key and value.
Experiment read_experiment(const std::filesystem::path& path,
                           const std::vector<std::string>& overrides = {});

/// From text; relative paths in it are taken from `folder`.
Experiment parse_experiment(const std::string& text, const std::string& source,
                            const std::filesystem::path& folder,
                            const std::vector<std::string>& overrides = {});

/// The resolved experiment as canonical JSON text, without paths of this machine: part of the
/// manifest, and the key under which a checkpoint may be resumed.
std::string experiment_text(const Experiment& experiment);

}  // namespace assay
