#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace assay {

class Session;

/// Adds one subcommand, which runs when the command line is parsed.
using AddCommand = void (*)(CLI::App& app, Session& session);

/// The program: parses the command line, runs one command, maps every failure to its line on stderr
/// and its ExitCode.
/// @param name  what the program calls itself
/// @param more  commands of other layers, next to the ones of this folder
int program(int argc, const char* const* argv, const std::string& name,
            const std::vector<AddCommand>& more);

}  // namespace assay
