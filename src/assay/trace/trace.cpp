#include "assay/trace/trace.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <string_view>

#include "assay/scalar/text.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace {

bool parse_integer(std::string_view text, long& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> cells;
  for (std::size_t begin = 0;;) {
    const std::size_t comma = line.find(',', begin);
    cells.emplace_back(line.substr(begin, comma - begin));
    if (comma == std::string_view::npos) return cells;
    begin = comma + 1;
  }
}

void append_line(std::string& text, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].find_first_of(",\"\r\n") != std::string::npos)
      throw Error(ExitCode::internal, "a trace cell holds a separator: " + cells[i]);
    if (i > 0) text += ',';
    text += cells[i];
  }
  text += '\n';
}

/// Walks a text line by line, counting from 1; accepts "\n" and "\r\n".
class Lines {
 public:
  Lines(std::string_view text, const std::string& source) : rest_(text), source_(source) {
    // The mark that some spreadsheets begin UTF-8 with.
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    ++number_;
    const std::size_t end = rest_.find('\n');
    // A file cut short in the middle of a number would otherwise read as another number.
    if (end == std::string_view::npos) fail("", "no line end (is the file cut short?)");
    line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.find('"') != std::string_view::npos) fail("", "quotes have no place in a trace");
    return true;
  }

  [[noreturn]] void fail(const std::string& column, const std::string& what) const {
    std::string key = "line " + std::to_string(number_);
    if (!column.empty()) key += ", column " + column;
    throw InputError(source_, number_ == 0 ? "" : key, what);
  }

 private:
  std::string_view rest_;
  const std::string& source_;
  long number_ = 0;
};

void check_header(const std::vector<std::string>& columns, const Lines& lines) {
  std::set<std::string> seen;
  for (const std::string& name : columns) {
    if (name.empty()) lines.fail("", "a column without a name");
    if (!seen.insert(name).second) lines.fail(name, "appears twice");
  }
  if (seen.count("iteration") == 0) lines.fail("", "the column 'iteration' is missing");
}

}  // namespace

int Trace::column(const std::string& name) const {
  const auto it = std::find(columns.begin(), columns.end(), name);
  return it == columns.end() ? -1 : static_cast<int>(it - columns.begin());
}

const std::string& Trace::cell(std::size_t row, const std::string& name) const {
  const int at = column(name);
  if (at < 0) throw InputError("trace", name, "no such column");
  return rows.at(row).at(static_cast<std::size_t>(at));
}

double Trace::number(std::size_t row, const std::string& name) const {
  const std::string& text = cell(row, name);
  if (text.empty() || text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  try {
    return from_text<double>(text);
  } catch (const Error&) {
    throw InputError("trace", name, "'" + text + "' is not a number");
  }
}

int Trace::row_of(long iteration) const {
  const int at = column("iteration");
  if (at < 0) return -1;
  const auto value = [&](const std::vector<std::string>& row) {
    long v = 0;
    parse_integer(row[static_cast<std::size_t>(at)], v);
    return v;
  };
  const auto it = std::lower_bound(
      rows.begin(), rows.end(), iteration,
      [&](const std::vector<std::string>& row, long wanted) { return value(row) < wanted; });
  return it == rows.end() || value(*it) != iteration ? -1 : static_cast<int>(it - rows.begin());
}

std::string trace_text(const Trace& trace) {
  std::string text;
  append_line(text, trace.columns);
  for (const auto& row : trace.rows) {
    if (row.size() != trace.columns.size())
      throw Error(ExitCode::internal, "a trace row has the wrong number of cells");
    append_line(text, row);
  }
  return text;
}

Trace parse_trace(const std::string& text, const std::string& source) {
  Lines lines(text, source);
  std::string_view line;
  Trace trace;
  if (!lines.next(line)) lines.fail("", "the trace is empty");
  trace.columns = split(line);
  check_header(trace.columns, lines);
  const auto iteration_at = static_cast<std::size_t>(trace.column("iteration"));

  long previous = std::numeric_limits<long>::min();
  while (lines.next(line)) {
    std::vector<std::string> cells = split(line);
    if (cells.size() != trace.columns.size())
      lines.fail("", std::to_string(cells.size()) + " cells where the header has " +
                         std::to_string(trace.columns.size()));
    long iteration = 0;
    if (!parse_integer(cells[iteration_at], iteration))
      lines.fail("iteration", "'" + cells[iteration_at] + "' is not an integer");
    if (!trace.rows.empty() && iteration <= previous)
      lines.fail("iteration",
                 std::to_string(iteration) + " does not come after " + std::to_string(previous));
    previous = iteration;
    trace.rows.push_back(std::move(cells));
  }
  return trace;
}

Trace read_trace(const std::filesystem::path& path) {
  return parse_trace(read_file(path), path.string());
}

}  // namespace assay
