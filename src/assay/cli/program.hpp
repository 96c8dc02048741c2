#pragma once

namespace assay {

/// The program: parses the command line, runs one command, maps every failure to its line on stderr
/// and its ExitCode.
int program(int argc, const char* const* argv);

}  // namespace assay
