#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "assay/cli/session.hpp"
#include "assay/numerics/environment.hpp"

namespace assay {
namespace {

void env(Session& session) {
  const auto facts = environment_facts();
  const auto broken = check_arithmetic();
  std::size_t width = 10;
  for (const auto& [key, value] : facts) width = std::max(width, key.size());
  std::string text;
  nlohmann::ordered_json json = {{"format", "assay-env/1"}};
  json["facts"] = nlohmann::ordered_json::object();
  for (const auto& [key, value] : facts) {
    text += fmt::format("{:<{}}  {}\n", key, width, value);
    json["facts"][key] = value;
  }
  text += fmt::format("{:<{}}  {}\n", "arithmetic", width,
                      broken.empty() ? "keeps the contract" : "BROKEN");
  for (const std::string& promise : broken) text += fmt::format("{:<{}}  {}\n", "", width, promise);
  json["broken"] = broken;
  session.results(text, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  require_arithmetic();
}

}  // namespace

void add_env(CLI::App& app, Session& session) {
  CLI::App* command =
      app.add_subcommand("env", "this build and machine, and whether they compute as promised");
  session.add_common_options(*command);
  command->callback([&session] { env(session); });
}

}  // namespace assay
