// The program without oracles and properties: half the build, for a first run and for the
// sanitizers.
#include "assay/cli/program.hpp"
#include "assay/cli/session.hpp"

namespace {

/// Whoever asks for these has started the wrong program.
void refuse(CLI::App& app, assay::Session& session) {
  for (const std::string name : {"certify", "fuzz", "replay", "diagnose", "explain"}) {
    CLI::App* command = app.add_subcommand(name)->group("")->prefix_command();  // not in --help
    command->set_help_flag();
    command->callback([name, &session] {
      throw assay::InputError(
          "", "command line",
          name + " is a command of the program assay, not of " + session.program());
    });
  }
}

}  // namespace

int main(int argc, char** argv) { return assay::program(argc, argv, "assay-core", {refuse}); }
