#include "assay/cli/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace assay {
namespace {

bool set_and_not_empty(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value;
}

}  // namespace

Terminal::Terminal() : is_terminal_(isatty(STDERR_FILENO) == 1) {
  const char* kind = std::getenv("TERM");
  const bool dumb = !kind || std::string_view(kind) == "dumb";
  is_terminal_ = is_terminal_ && !dumb;
  colour_ = is_terminal_ && !set_and_not_empty("NO_COLOR");
}

void Terminal::error(const std::string& program, const std::string& message) {
  const char* red = colour_ ? "\033[31m" : "";
  const char* plain = colour_ ? "\033[0m" : "";
  log(fmt::format("{}: {}error:{} {}", program, red, plain, message));
}

void Terminal::log(const std::string& line) {
  clear_progress();
  fmt::print(stderr, "{}\n", line);
}

void Terminal::progress(const std::string& label, long done, long total) {
  if (!is_terminal_ || total <= 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (bar_shown_ && now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  bar_shown_ = true;
  constexpr long width = 30;
  const long filled = std::clamp(done * width / total, 0L, width);
  fmt::print(stderr, "\r\033[K[{:#<{}}{:.<{}}] {}/{}  {}", "", filled, "", width - filled, done,
             total, label);
  std::fflush(stderr);
}

void Terminal::clear_progress() {
  if (!bar_shown_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  bar_shown_ = false;
}

}  // namespace assay
