#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "assay/check/golden.hpp"
#include "assay/cli/terminal.hpp"
#include "assay/support/catalogue.hpp"
#include "assay/support/error.hpp"

namespace assay {

/// One catalogue under the name that `assay list` knows it by.
struct Topic {
  std::string name;
  std::vector<CatalogueItem> items;
};

/// What the commands share: where results go, and how the process will end.
class Session {
 public:
  Session(std::string program, std::string command_line)
      : program_(std::move(program)), reproduce_(std::move(command_line)) {}

  /// What the program calls itself, for people only: the two programs write the same files.
  const std::string& program() const { return program_; }

  /// Options every command has.
  void add_common_options(CLI::App& command);
  void add_golden_option(CLI::App& command);

  /// Results, on stdout: `text` for people, or `json` if --json was given.
  void results(const std::string& text, const std::string& json);

  /// Ends the process with `code` and one line on stderr, after what is already printed.
  /// @param reproduce  the command to repeat; "" for the one that was given
  void fail(ExitCode code, const std::string& message, const std::string& reproduce = "");

  /// Prints the failure, if any. @return the exit code
  int finish();

  /// --golden, else $ASSAY_GOLDEN, else the golden folder of the source tree this was built from,
  /// else ./golden.
  GoldenFolder golden() const;

  /// A further catalogue for `assay list`, from a command added before it.
  void add_topic(Topic topic) { topics_.push_back(std::move(topic)); }
  const std::vector<Topic>& topics() const { return topics_; }

  Terminal& terminal() { return terminal_; }

 private:
  Terminal terminal_;
  std::vector<Topic> topics_;
  std::string program_, golden_, reproduce_, message_;
  ExitCode code_ = ExitCode::ok;
  bool json_ = false, json_printed_ = false;
};

/// The arguments as one would type them into a shell.
std::string shell_quoted(const std::string& argument);

/// Each adds one subcommand, which runs when the command line is parsed.
void add_run(CLI::App& app, Session& session);
void add_check(CLI::App& app, Session& session);
void add_bless(CLI::App& app, Session& session);
void add_compare(CLI::App& app, Session& session);
void add_list(CLI::App& app, Session& session);
void add_env(CLI::App& app, Session& session);
void add_demo(CLI::App& app, Session& session);

}  // namespace assay
