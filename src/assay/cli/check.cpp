#include <fmt/format.h>

#include <memory>

#include "assay/check/gate.hpp"
#include "assay/check/gate_report.hpp"
#include "assay/cli/session.hpp"
#include "assay/cli/signals.hpp"
#include "assay/numerics/environment.hpp"
#include "assay/support/files.hpp"
#include "assay/support/parallel.hpp"

namespace assay {
namespace {

struct CheckOptions {
  std::vector<std::string> cases;
  std::string junit;
  int jobs = processor_count();
};

void check(const CheckOptions& options, Session& session) {
  require_arithmetic();
  GateOptions gate;
  gate.cases = options.cases;
  gate.jobs = options.jobs;
  gate.stop = &stop_on_signals();
  gate.progress = [&](std::size_t done, std::size_t total) {
    session.terminal().progress("golden cases", static_cast<long>(done), static_cast<long>(total));
  };
  const GoldenFolder folder = session.golden();
  const GateReport report = check_golden(folder, gate);

  if (!options.junit.empty()) write_file_atomically(options.junit, report_junit(report));
  session.results(report_text(report), report_json(report));
  if (report.exit_code() == ExitCode::ok) return;
  std::size_t bad = 0;
  const GateFinding* worst = nullptr;
  std::string cases;
  for (const GateFinding& f : report.findings) {
    if (verdict_code(f.verdict) == ExitCode::ok) continue;
    ++bad;
    if (!worst || f.verdict > worst->verdict) worst = &f;
    // Orphans are found only when everything is checked, a witness only with its pair.
    if (f.verdict == Verdict::orphaned) cases = "all";
    if (cases != "all")
      cases += " " + shell_quoted(f.verdict == Verdict::witness
                                      ? f.subject.substr(0, f.subject.rfind('.'))
                                      : f.subject);
  }
  session.fail(report.exit_code(),
               fmt::format("{}: {}: {}{}", folder.root().string(), worst->subject, worst->message,
                           bad > 1 ? fmt::format(" (and {} more)", bad - 1) : ""),
               session.program() + " check --golden " + shell_quoted(folder.root().string()) +
                   (cases == "all" ? "" : cases));
}

}  // namespace

void add_check(CLI::App& app, Session& session) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command =
      app.add_subcommand("check", "run the golden cases and compare them bit for bit");
  command->add_option("CASE", options->cases, "NAME or NAME.SCALAR; default: all");
  command->add_option("--junit", options->junit, "write a JUnit report")->type_name("FILE");
  command->add_option("--jobs", options->jobs, "threads (default: as many as there are processors)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  session.add_common_options(*command);
  session.add_golden_option(*command);
  command->callback([options, &session] { check(*options, session); });
}

}  // namespace assay
