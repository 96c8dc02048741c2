#pragma once

#include <map>
#include <optional>
#include <string>

#include "assay/problem/instance.hpp"
#include "assay/support/error.hpp"

namespace assay::properties {

/// A case lacks what its property asks for, or holds it in a form no generator makes: a file that
/// was edited, or a generator and a law that disagree. Never a verdict on the code under test.
class CaseError : public Error {
 public:
  CaseError(const std::string& key, const std::string& what)
      : Error(ExitCode::internal, "the case: " + key + ": " + what), key_(key), what_(what) {}
  const std::string& key() const { return key_; }  ///< "numbers.steps"
  const std::string& reason() const { return what_; }

 private:
  std::string key_, what_;
};

/// One test case: all that a property looks at, so that its text alone repeats a failure anywhere.
struct Case {
  Instance instance;
  /// Names that begin with x: (n), with y or q: (m); shrinking drops their entries accordingly.
  std::map<std::string, Vec<double>> vectors;
  std::map<std::string, double> numbers;  ///< "alpha", "steps", ...
  std::uint64_t seed = 0;                 ///< keys what the property itself draws

  /// @throws CaseError when the case has no such part
  const Vec<double>& vector(const std::string& name) const;
  double number(const std::string& name) const;
  /// Cut to an integer. @throws CaseError beyond 2^53
  long integer(const std::string& name) const;
  /// Which of `count` things. @throws CaseError unless 0 <= integer(name) < count
  long choice(const std::string& name, long count) const;
};

/// How many entries a vector of this name has in a case of this instance; nothing where any number
/// will do.
std::optional<Index> vector_size(const Instance& instance, const std::string& name);

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

/// The vectors fit the instance. @throws InputError naming file and key, NumericalError when the
/// instance in it is not valid
SavedCase parse_saved_case(const std::string& text, const std::string& source);

}  // namespace assay::properties
