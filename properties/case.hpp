#pragma once

#include <map>
#include <string>

#include "assay/problem/instance.hpp"

namespace assay::properties {

/// One test case: all that a property looks at, so that its text alone repeats a failure anywhere.
struct Case {
  Instance instance;
  /// Names that begin with x: (n), with y or q: (m); shrinking drops their entries accordingly.
  std::map<std::string, Vec<double>> vectors;
  std::map<std::string, double> numbers;  ///< "alpha", "steps", ...
  std::uint64_t seed = 0;                 ///< keys what the property itself draws

  /// @throws Error(internal) when the case has no such part: a property asks for what its own
  /// generator does not make
  const Vec<double>& vector(const std::string& name) const;
  double number(const std::string& name) const;
  long integer(const std::string& name) const;
};

/// The case as canonical JSON text (an object, one line).
std::string case_text(const Case& c);

/// What a corpus file holds: a case that once failed.
struct SavedCase {
  std::string property, scalar;
  std::string failure;  ///< the failure class it was shrunk under
  std::string message;  ///< what the property said then
  Case test_case;
};

/// "format": "assay-case/1".
std::string saved_case_text(const SavedCase& saved);

/// @throws InputError naming file and key, NumericalError when the instance in it is not valid
SavedCase parse_saved_case(const std::string& text, const std::string& source);

}  // namespace assay::properties
