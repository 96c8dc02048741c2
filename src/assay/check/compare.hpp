#pragma once

#include <optional>
#include <string>
#include <vector>

#include "assay/trace/trace.hpp"

namespace assay {

/// How one column differs between two traces, over the iterations both have.
struct ColumnDifference {
  std::string column;
  long iteration = 0;       ///< the first that differs
  std::string left, right;  ///< both cells there
  double ulps = 0;          ///< their distance; +inf where they are not both numbers
  std::size_t rows = 0;     ///< how many rows differ
  double max_ulps = 0;
  int digits_at_end = 0;   ///< leading digits that agree in the last shared row
  bool inherited = false;  ///< something the column is computed from already differed
  std::string cause;       ///< what it inherits from, or why it must have originated here
};

/// Two traces laid side by side. Everything is text here, so it serves every scalar and every
/// program that writes traces.
struct Comparison {
  std::string scalar;
  std::vector<std::string> columns_only_left, columns_only_right;
  std::vector<long> rows_only_left, rows_only_right;
  std::size_t shared_rows = 0;
  std::vector<ColumnDifference> columns;  ///< those that differ; the first divergence is columns[0]

  bool equal() const {
    return columns_only_left.empty() && columns_only_right.empty() && rows_only_left.empty() &&
           rows_only_right.empty() && columns.empty();
  }
};

/// Compares cell by cell; cells are equal when they hold the same bits (double, soft53) or the same
/// value (real50, real100), otherwise when their texts are equal. Differing columns come ordered by
/// their first differing iteration and, within it, by the way the data flow through an iteration.
///
/// Inherited: the x_digest of the previous shared row differs already, or a column that comes
/// before in the same row differs. Originated: neither.
/// @param scalar  the tier both traces were computed in
Comparison compare_traces(const Trace& left, const Trace& right, const std::string& scalar);

/// A reviewed exception from bit-equality for one column of one golden case.
struct ColumnRule {
  std::string column;
  std::optional<double> max_ulps;  ///< absent: anything goes
  std::string reason;
};

/// True if every difference is allowed by a rule. Missing rows or columns never are.
bool allowed_by(const std::vector<ColumnRule>& rules, const Comparison& comparison);

/// What each rule allows and how much of it this comparison needs, a line each; "" without rules. A
/// rule that nothing needs any longer says so.
std::string slack_text(const std::vector<ColumnRule>& rules, const Comparison& comparison);

/// For a person: the first divergence, then a table of the columns that differ, the largest effects
/// first and small ones in one line.
std::string comparison_text(const Comparison& comparison, const std::string& left_name,
                            const std::string& right_name);

/// For a program: JSON text, "assay-compare/1".
std::string comparison_json(const Comparison& comparison, const std::string& left_name,
                            const std::string& right_name);

}  // namespace assay
