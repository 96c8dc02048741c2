#pragma once

#include <chrono>
#include <string>

namespace assay {

/// Talks to a person on stderr: errors, a log, and, on a terminal only, a progress bar. Colour only
/// on a terminal, and never when NO_COLOR is set.
class Terminal {
 public:
  Terminal();

  /// "PROGRAM: error: MESSAGE"
  void error(const std::string& program, const std::string& message);
  void log(const std::string& line);
  /// Redraws the bar, at most ten times a second.
  void progress(const std::string& label, long done, long total);
  void clear_progress();

 private:
  bool is_terminal_, colour_, bar_shown_ = false;
  std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace assay
