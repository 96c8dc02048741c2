#pragma once

#include <string>

#include "assay/check/gate.hpp"

namespace assay {

/// For a person: one line per finding, details under it, a count at the end.
std::string report_text(const GateReport& report);
/// For a program: JSON text, "assay-check/1".
std::string report_json(const GateReport& report);
/// For continuous integration: JUnit XML, one test case per finding.
std::string report_junit(const GateReport& report);

}  // namespace assay
