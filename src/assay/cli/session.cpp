#include "assay/cli/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

namespace assay {
namespace {

constexpr const char* output_failed = "standard output: cannot be written";

/// Messages may quote what stands in files; a failure is one line whatever they hold.
std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

}  // namespace

void Session::add_common_options(CLI::App& command) {
  command.add_flag("--json", json_, "results as JSON");
}

void Session::add_golden_option(CLI::App& command) {
  command.add_option("--golden", golden_, "the golden folder")->type_name("DIR");
}

void Session::results(const std::string& text, const std::string& json) {
  terminal_.clear_progress();
  json_printed_ = json_;
  if (!print(json_ ? json : text))
    throw InputError("", "", fmt::format("{}: {}", output_failed, std::strerror(errno)));
}

void Session::fail(ExitCode code, const std::string& message, const std::string& reproduce) {
  code_ = code;
  message_ = one_line(message);
  if (!reproduce.empty()) reproduce_ = reproduce;
}

int Session::finish() {
  terminal_.clear_progress();
  if (code_ == ExitCode::ok) return 0;
  if (json_ && !json_printed_) {
    const nlohmann::ordered_json json = {{"format", "assay-error/1"},
                                         {"code", static_cast<int>(code_)},
                                         {"error", message_},
                                         {"reproduce", reproduce_}};
    print(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }
  terminal_.error(program_, message_);
  terminal_.log("reproduce: " + reproduce_);
  return static_cast<int>(code_);
}

GoldenFolder Session::golden() const {
  if (!golden_.empty()) return GoldenFolder(golden_);
  const char* variable = std::getenv("ASSAY_GOLDEN");
  if (variable && *variable) return GoldenFolder(variable);
#ifdef ASSAY_SOURCE_GOLDEN
  if (std::filesystem::is_directory(ASSAY_SOURCE_GOLDEN)) return GoldenFolder(ASSAY_SOURCE_GOLDEN);
#endif
  return GoldenFolder("golden");
}

std::string shell_quoted(const std::string& argument) {
  const bool plain = !argument.empty() && std::all_of(argument.begin(), argument.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::strchr("-_./=,:+@%", c);
  });
  if (plain) return argument;
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace assay
