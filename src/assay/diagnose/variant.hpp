#pragma once

#include <string>

#include "assay/run/experiment.hpp"

namespace assay {

/// The same experiment with one thing changed, in all its phases: settings of a [[change]] too.
/// Each returns a copy; its scalar, seed, start and length stay. The keys are those of the
/// catalogues, with the types they declare there.
Experiment with_algorithm(const Experiment& e, const std::string& key, const Value& value);
Experiment with_step(const Experiment& e, const std::string& key, const Value& value);
Experiment with_hypergradient(const Experiment& e, const std::string& key, const Value& value);
Experiment without_fault(const Experiment& e, Fault fault);
/// Every noise level 0.
Experiment without_noise(const Experiment& e);
/// Another estimator, step rule or lower-level solver, as it stands in the catalogue.
Experiment with_estimator(const Experiment& e, const std::string& name);
Experiment with_step_rule(const Experiment& e, const std::string& name,
                          const std::map<std::string, Value>& settings);
Experiment with_lower_level(const Experiment& e, const std::string& name);

/// Whether the table has the key, and in some phase a value other than `neutral`.
bool differs_anywhere(const Experiment& e, Settings Experiment::*table, const std::string& key,
                      const Value& neutral);

/// The --set options that turn the file of `from` into `to`. Nothing where they cannot: with a
/// [[change]], which settles its own settings, or another entry of a catalogue, which knows other
/// keys than those the file may state.
std::vector<std::string> settings_between(const Experiment& from, const Experiment& to);

}  // namespace assay
