#pragma once

#include <stdexcept>
#include <string>

namespace assay {

/// What a process tells its caller. The numbers are part of the documented interface.
enum class ExitCode : int {
  ok = 0,
  gate_failed = 1,   ///< a gate or a comparison found a difference
  usage = 2,         ///< wrong command line, configuration or input file
  golden = 3,        ///< a golden file is missing, pending, edited or orphaned
  numerical = 4,     ///< not strongly convex, infeasible, not converged, not finite
  environment = 5,   ///< the machine or the build breaks the arithmetic contract
  internal = 70,     ///< a broken invariant of ours
  skipped = 77,      ///< there is nothing to compare with here
  interrupted = 130  ///< stopped by the user; what was written is valid
};

/// An error that ends a command: one line for a person, one code for a program.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// Wrong input. The message reads "FILE: KEY: what is wrong" on one line; an empty part is left
/// out.
class InputError : public Error {
 public:
  InputError(const std::string& file, const std::string& key, const std::string& what)
      : Error(ExitCode::usage, join(file, key, what)) {}

 private:
  static std::string join(const std::string& file, const std::string& key,
                          const std::string& what) {
    std::string line;
    for (const std::string* part : {&file, &key})
      if (!part->empty()) line.append(*part).append(": ");
    line.append(what);
    for (char& c : line)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
        c = ' ';  // keys and names are not ours
    return line;
  }
};

/// The mathematics failed: infeasible, not strongly convex, not converged, not finite.
class NumericalError : public Error {
 public:
  explicit NumericalError(const std::string& message) : Error(ExitCode::numerical, message) {}
  NumericalError(const std::string& file, const std::string& key, const std::string& what)
      : Error(ExitCode::numerical, InputError(file, key, what).what()) {}
};

}  // namespace assay
