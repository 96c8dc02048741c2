// Says which promises of the arithmetic this build breaks; src/build/check_environment runs it.
#include <cstdio>

#include "assay/numerics/environment.hpp"
#include "assay/support/error.hpp"

int main() {
  const auto reports = assay::check_arithmetic();
  for (const std::string& report : reports) std::puts(report.c_str());
  return static_cast<int>(reports.empty() ? assay::ExitCode::ok : assay::ExitCode::environment);
}
