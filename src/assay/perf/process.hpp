#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "assay/support/stop_flag.hpp"

namespace assay {

/// Another program, run to its end.
struct Process {
  int code = 0;  ///< its exit code, or 128 + the signal that ended it
  std::string out, err;
};

/// Runs `arguments`, the first of which is a program looked for in PATH unless it holds a '/', with
/// "NAME=VALUE" texts added to the environment, and waits.
/// @param stop  once set, the program is told to end; may be null
/// @throws InputError naming the program when it cannot be started
/// @throws Error(interrupted) when `stop` was set
Process run_process(const std::vector<std::string>& arguments,
                    const std::vector<std::string>& environment, const StopFlag* stop);

/// The file that run_process() would start for this word. @throws InputError when PATH has none
std::filesystem::path found_program(const std::string& word);

/// What a failed program said last on stderr, on one line; "nothing" if nothing.
std::string last_words(const Process& process);

}  // namespace assay
