#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "assay/diagnose/diagnosis.hpp"
#include "assay/problem/instance.hpp"
#include "assay/run/experiment.hpp"

namespace assay {

/// A diagnosis with the words it was asked for in, so that every number can be had again.
struct DiagnosisReport {
  const Experiment& experiment;
  const Instance& instance;
  const Diagnosis& diagnosis;
  std::string file;                   ///< the experiment, as given
  std::vector<std::string> settings;  ///< the --set options

  std::string text() const;
  nlohmann::ordered_json json() const;  ///< "assay-diagnosis/1"
  /// SARIF 2.1.0 (OASIS, 2020): causes are errors, wrong reports warnings, the rest notes.
  nlohmann::ordered_json sarif() const;

 private:
  std::string command(const std::string& verb, const std::vector<std::string>& settings,
                      const std::string& more) const;
  std::vector<std::string> reproduce(const Finding& finding) const;
};

/// "[lower, upper]" in ten digits, rounded outward, or "not proved".
std::string range_text(const ProvedGap& gap);
nlohmann::ordered_json json_of(const ProvedGap& proved);
nlohmann::ordered_json json_of(const std::vector<Event>& events);
/// Numbers that JSON has no word for become null.
nlohmann::ordered_json json_number(double value);

}  // namespace assay
