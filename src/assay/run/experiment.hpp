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

// The tables of an experiment file that belong to no catalogue entry.
const std::vector<Parameter>& run_parameters();     ///< [run]
const std::vector<Parameter>& start_parameters();   ///< [start]
const std::vector<Parameter>& noise_parameters();   ///< [noise]
const std::vector<Parameter>& record_parameters();  ///< [record]
const std::vector<Parameter>& probe_parameters();   ///< [probe]

/// Reads an experiment file; `overrides` are "key=value" texts with dotted keys ("step.length=0.1",
/// "run.iterations=50", "faults=[\"ridge\"]"), applied before checking.
///
/// [algorithm] names its method; [step], [lower_level] and [hypergradient] may be left out and then
/// mean what the algorithm is published with, and the exact lower level.
/// @throws InputError naming file, key and value.
Experiment read_experiment(const std::filesystem::path& path,
                           const std::vector<std::string>& overrides = {});

/// From text; relative paths in it are taken from `folder`.
Experiment parse_experiment(const std::string& text, const std::string& source,
                            const std::filesystem::path& folder,
                            const std::vector<std::string>& overrides = {});

/// What the experiment resolves to, as canonical JSON text: every value that can influence the
/// trace, the instance by the path as written, nothing that depends on the folder. Part of the
/// manifest, and the key under which a checkpoint may be resumed.
std::string experiment_text(const Experiment& experiment);

}  // namespace assay
