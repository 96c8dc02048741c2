#include "assay/cli/program.hpp"

#include <algorithm>
#include <new>
#include <string_view>

#include "assay/cli/session.hpp"
#include "assay/run/version.hpp"

namespace assay {
namespace {

std::string command_line(int argc, const char* const* argv, const std::string& name) {
  std::string line = name;
  for (int i = 1; i < argc; ++i) line += " " + shell_quoted(argv[i]);
  return line;
}

void add_commands(CLI::App& app, Session& session, const std::vector<AddCommand>& more) {
  app.set_version_flag("--version", session.program() + " " + program_version,
                       "print the version and exit");
  app.require_subcommand(1);
  std::vector<AddCommand> commands = {add_run, add_check, add_bless, add_compare};
  commands.insert(commands.end(), more.begin(), more.end());
  commands.insert(commands.end(), {add_list, add_env, add_demo});
  for (const AddCommand add : commands) add(app, session);
  app.footer(
      "Exit codes: 0 ok; 1 gate or comparison failed; 2 usage or configuration; 3 golden missing,\n"
      "pending, edited or orphaned; 4 numerical failure; 5 environment breaks the contract;\n"
      "70 internal; 77 counts cannot be compared here; 130 interrupted.");
}

}  // namespace

int program(int argc, const char* const* argv, const std::string& name,
            const std::vector<AddCommand>& more) {
  Session session(name, command_line(argc, argv, name));
  CLI::App app("Assay: a deterministic test bench for bilevel optimisation", name);
  try {
    add_commands(app, session, more);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    // Help and version are results, not failures.
    if (e.get_exit_code() == 0) return app.exit(e);
    session.fail(ExitCode::usage, std::string("command line: ") + e.what() + " (see --help)");
  } catch (const Error& e) {
    session.fail(e.code(), e.what());
  } catch (const std::bad_alloc&) {
    session.fail(ExitCode::internal, "out of memory");
  } catch (const std::exception& e) {
    session.fail(ExitCode::internal,
                 std::string(e.what()) + " (a defect of this program; please report it)");
  }
  return session.finish();
}

}  // namespace assay
