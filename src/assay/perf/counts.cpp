#include "assay/perf/counts.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "assay/support/error.hpp"
#include "assay/support/files.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace {

constexpr const char* format_line = "format assay-counts/1";
constexpr const char* head =
    "# Instructions per workload of assay_counts, counted exactly. `assay perf check` compares,\n"
    "# `assay perf accept WORKLOAD --reason TEXT` rewrites; changes are reviewed as part of a "
    "diff.\n";

/// Reads line by line, past comments and empty lines.
class Lines {
 public:
  Lines(const std::string& text, const std::string& source) : text_(text), source_(source) {}

  bool next(std::string& line) {
    while (position_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', position_), text_.size());
      line = text_.substr(position_, end - position_);
      position_ = end + 1;
      ++number_;
      if (!line.empty() && line[0] != '#') return true;
    }
    return false;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(source_, "line " + std::to_string(number_), what);
  }

 private:
  const std::string& text_;
  const std::string& source_;
  std::size_t position_ = 0;
  int number_ = 0;
};

/// The first word; what follows it and one blank stays in `line`.
std::string take_word(std::string& line) {
  const std::size_t end = line.find(' ');
  std::string word = line.substr(0, end);
  line = end == std::string::npos ? "" : line.substr(end + 1);
  line.erase(0, line.find_first_not_of(' '));
  return word;
}

std::uint64_t read_count(const std::string& word, const Lines& lines) {
  std::uint64_t count = 0;
  const char* end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, count);
  if (error != std::errc() || stopped != end || count == 0)
    lines.fail(in_quotes(word) + " is no number of instructions");
  return count;
}

bool one_line(const std::string& text) {
  return text.find_first_not_of(' ') != std::string::npos &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

std::string counted_with_text(const CountedWith& with) {
  std::string text;
  for (const auto& [name, value] : with)
    text.append(text.empty() ? "" : "; ").append(name).append(" ").append(value);
  return text;
}

std::string difference(const CountedWith& here, const CountedWith& there) {
  const std::map<std::string, std::string> a(here.begin(), here.end()),
      b(there.begin(), there.end());
  std::set<std::string> names;
  for (const auto* list : {&here, &there})
    for (const auto& [name, value] : *list) names.insert(name);
  const auto value_of = [](const std::map<std::string, std::string>& list,
                           const std::string& name) {
    const auto at = list.find(name);
    return at == list.end() ? std::string("unknown") : "'" + at->second + "'";
  };
  for (const std::string& name : names)
    if (value_of(a, name) != value_of(b, name))
      return name + " is " + value_of(a, name) + " here and " + value_of(b, name) + " there";
  return "";
}

AcceptedCounts parse_counts(const std::string& text, const std::string& source) {
  AcceptedCounts accepted;
  Lines lines(text, source);
  std::string line;
  if (!lines.next(line) || line != format_line)
    throw InputError(source, "", std::string("does not begin with '") + format_line + "'");
  while (lines.next(line)) {
    const std::string word = take_word(line);
    if (word == "with") {
      if (!accepted.counts.empty()) lines.fail("'with' stands behind a count");
      const std::string name = take_word(line);
      if (line.empty()) lines.fail("'with' needs a name and a value");
      for (const auto& [known, value] : accepted.with)
        if (known == name) lines.fail(in_quotes(name) + " stands there twice");
      accepted.with.emplace_back(name, line);
      continue;
    }
    const std::string number = take_word(line);
    const AcceptedCount count{read_count(number, lines), line};
    if (!one_line(count.reason)) lines.fail(in_quotes(word) + " has no reason");
    if (!accepted.counts.emplace(word, count).second)
      lines.fail(in_quotes(word) + " stands there twice");
  }
  if (accepted.with.empty()) throw InputError(source, "with", "missing");
  return accepted;
}

AcceptedCounts read_counts(const std::filesystem::path& path) {
  return parse_counts(read_file(path), path.string());
}

std::string counts_text(const AcceptedCounts& accepted) {
  std::string text = std::string(head) + format_line + "\n";
  for (const auto& [name, value] : accepted.with) text += "with " + name + " " + value + "\n";
  std::size_t name_width = 0, count_width = 0;
  for (const auto& [name, count] : accepted.counts) {
    name_width = std::max(name_width, name.size());
    count_width = std::max(count_width, std::to_string(count.instructions).size());
  }
  for (const auto& [name, count] : accepted.counts) {
    const std::string digits = std::to_string(count.instructions);
    text += name + std::string(name_width - name.size() + count_width - digits.size() + 1, ' ') +
            digits + " " + count.reason + "\n";
  }
  return text;
}

void check_reason(const std::string& reason) {
  if (!one_line(reason)) throw InputError("", "--reason", "must say why, on one line");
}

const char* to_string(CountVerdict verdict) {
  switch (verdict) {
    case CountVerdict::equal:
      return "equal";
    case CountVerdict::near:
      return "near";
    case CountVerdict::more:
      return "more";
    case CountVerdict::fewer:
      return "fewer";
    case CountVerdict::missing:
      return "missing";
    case CountVerdict::gone:
      return "gone";
  }
  return "";
}

double CountFinding::change() const {
  if (accepted == 0 || found == 0) return 0;
  return static_cast<double>(found) / static_cast<double>(accepted) - 1;
}

std::vector<CountFinding> compare_counts(const Counts& accepted, const Counts& found,
                                         double limit) {
  std::vector<CountFinding> findings;
  for (const auto& [workload, before] : accepted) {
    CountFinding finding{workload, before, 0, CountVerdict::gone};
    const auto now = found.find(workload);
    if (now != found.end()) {
      finding.found = now->second;
      const double change = finding.change();
      finding.verdict = finding.found == before ? CountVerdict::equal
                        : change > limit        ? CountVerdict::more
                        : change < -limit       ? CountVerdict::fewer
                                                : CountVerdict::near;
    }
    findings.push_back(finding);
  }
  for (const auto& [workload, now] : found)
    if (accepted.count(workload) == 0)
      findings.push_back({workload, 0, now, CountVerdict::missing});
  return findings;
}

Counts instructions_of(const AcceptedCounts& accepted) {
  Counts counts;
  for (const auto& [workload, count] : accepted.counts) counts[workload] = count.instructions;
  return counts;
}

}  // namespace assay
