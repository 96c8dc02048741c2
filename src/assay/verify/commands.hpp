#pragma once

namespace CLI {
class App;
}

namespace assay {

class Session;

/// Each adds one subcommand, which runs when the command line is parsed.
void add_certify(CLI::App& app, Session& session);
void add_fuzz(CLI::App& app, Session& session);
void add_replay(CLI::App& app, Session& session);
/// diagnose and explain
void add_diagnose(CLI::App& app, Session& session);
/// record, compare, history, check and accept
void add_perf(CLI::App& app, Session& session);

}  // namespace assay
