#include "assay/check/gate_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace assay {
namespace {

bool good(const GateFinding& f) { return verdict_code(f.verdict) == ExitCode::ok; }

/// A case that could not be judged is an error to JUnit, a judged one a failure.
bool unjudged(const GateFinding& f) { return f.verdict > Verdict::witness; }

/// Escapes for XML 1.0, which cannot hold most control characters at all: those become '?', as do
/// bytes beyond ASCII that might not be UTF-8.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out += c >= 0x20 && c < 0x7f ? c : '?';
    }
  }
  return out;
}

std::string indented(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += "    " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

}  // namespace

std::string report_text(const GateReport& report) {
  std::size_t width = 0;
  for (const GateFinding& f : report.findings) width = std::max(width, f.subject.size());
  std::string text;
  for (const GateFinding& f : report.findings)
    text +=
        fmt::format("{:<11}  {:<{}}  {}\n", verdict_name(f.verdict), f.subject, width, f.message) +
        indented(f.detail);
  const auto passed = std::count_if(report.findings.begin(), report.findings.end(), good);
  return text + fmt::format("{} of {} passed\n", passed, report.findings.size());
}

std::string report_json(const GateReport& report) {
  nlohmann::ordered_json json = {{"format", "assay-check/1"},
                                 {"code", static_cast<int>(report.exit_code())}};
  json["findings"] = nlohmann::ordered_json::array();
  for (const GateFinding& f : report.findings)
    json["findings"].push_back({{"subject", f.subject},
                                {"verdict", verdict_name(f.verdict)},
                                {"code", static_cast<int>(verdict_code(f.verdict))},
                                {"message", f.message},
                                {"detail", f.detail},
                                {"digest", f.digest}});
  // Messages quote what files hold, which need not be UTF-8.
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string report_junit(const GateReport& report) {
  std::size_t failures = 0, errors = 0;
  std::string cases;
  for (const GateFinding& f : report.findings) {
    cases += fmt::format("  <testcase classname=\"assay.golden\" name=\"{}\"", escaped(f.subject));
    if (good(f)) {
      cases += "/>\n";
      continue;
    }
    const char* element = unjudged(f) ? "error" : "failure";
    ++(unjudged(f) ? errors : failures);
    cases += fmt::format(">\n    <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n  </testcase>\n",
                         element, verdict_name(f.verdict), escaped(f.message), escaped(f.detail));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"assay.golden\" tests=\"{}\" failures=\"{}\" "
      "errors=\"{}\">\n{}</testsuite>\n",
      report.findings.size(), failures, errors, cases);
}

}  // namespace assay
