#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace assay {

/// A table of text cells under named columns: what a run leaves, in any scalar, from any program.
///
/// Cells hold shortest round-trip decimals, so equal text means equal bits. Required column:
/// "iteration" (integers, strictly increasing). Our own runs write the columns of trace/record.hpp.
struct Trace {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `columns`

  /// Position of a column, or -1.
  int column(const std::string& name) const;
  const std::string& cell(std::size_t row, const std::string& column) const;
  /// The cell as double ("" reads as NaN). @throws InputError when it is not a number.
  double number(std::size_t row, const std::string& column) const;
  /// The row whose iteration is `iteration`, or -1.
  int row_of(long iteration) const;
};

/// CSV text: header line, one line per row, "\n" line ends, no quoting (no cell holds comma or
/// quote).
std::string trace_text(const Trace& trace);

/// @throws InputError naming file, line and column: empty file, ragged rows, duplicate or missing
///         columns, an iteration that is not an increasing integer. CRLF is accepted.
Trace parse_trace(const std::string& text, const std::string& source);
Trace read_trace(const std::filesystem::path& path);

}  // namespace assay
