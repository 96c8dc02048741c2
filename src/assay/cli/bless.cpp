#include "assay/check/bless.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "assay/check/ledger.hpp"
#include "assay/cli/session.hpp"
#include "assay/numerics/environment.hpp"

namespace assay {
namespace {

std::string today() { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))); }

void bless(const BlessRequest& request, bool all, Session& session) {
  // A machine may report what changed; accepting it is for a person to decide.
  const char* ci = std::getenv("CI");
  if (ci && *ci)
    throw InputError("", "CI", "is set; a golden trace is blessed by a person, not there");
  if (all != request.cases.empty())
    throw InputError("", "bless", "name the cases, or give --all, not both");
  require_arithmetic();
  const GoldenFolder folder = session.golden();
  std::string text;
  nlohmann::ordered_json json = {{"format", "assay-bless/1"}};
  json["cases"] = nlohmann::ordered_json::array();
  for (const BlessPlan& plan : plan_blessing(folder, request)) {
    session.terminal().log(plan.id + "\n" + plan.diff);
    carry_out(folder, request, plan);
    text += fmt::format("blessed {}\n  old {}\n  new {}\n", plan.id,
                        plan.old_digest.empty() ? "none" : plan.old_digest, plan.new_digest);
    json["cases"].push_back({{"case", plan.id},
                             {"old", plan.old_digest},
                             {"new", plan.new_digest},
                             {"category", request.category},
                             {"reason", request.reason},
                             {"date", request.date}});
  }
  session.results(text, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace

void add_bless(CLI::App& app, Session& session) {
  auto request = std::make_shared<BlessRequest>();
  request->date = today();
  auto all = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("bless", "accept what check left pending; shows the difference first");
  command->add_option("CASE", request->cases, "NAME or NAME.SCALAR");
  command->add_flag("--all", *all, "everything that is pending");
  command->add_option("--reason", request->reason, "why the new trace is right")
      ->type_name("TEXT")
      ->required();
  std::string categories;
  for (const std::string& name : bless_categories())
    categories += (categories.empty() ? "" : ", ") + name;
  command->add_option("--category", request->category, categories)->type_name("C")->required();
  command->add_option("--date", request->date, "for the ledger; default: today, UTC")
      ->type_name("YYYY-MM-DD");
  session.add_common_options(*command);
  session.add_golden_option(*command);
  command->callback([request, all, &session] { bless(*request, *all, session); });
}

}  // namespace assay
