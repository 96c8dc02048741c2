#include "assay/check/compare.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "assay/check/distance.hpp"

namespace assay {
namespace {

/// The order in which one iteration computes the columns of our own runs: the algorithm's lower
/// level and estimate at the current point, the step, the point it leads to, and what is measured
/// there.
constexpr std::array flow = {"perturbation_norm",
                             "lower_level_status",
                             "lower_level_stationarity",
                             "lower_level_primal",
                             "lower_level_dual",
                             "lower_level_complementarity",
                             "lower_level_error_bound",
                             "estimate_kink",
                             "gradient_norm_raw",
                             "probe_cosine",
                             "gradient_norm_smoothed",
                             "momentum_norm",
                             "cos_gradient_momentum",
                             "gap_reported",
                             "step_requested",
                             "step_applied",
                             "step_length",
                             "x_digest",
                             "active_set_size",
                             "active_set_digest",
                             "weakly_active",
                             "licq",
                             "min_slack",
                             "min_multiplier",
                             "objective",
                             "gap_direct",
                             "gap_implicit",
                             "gap_total",
                             "status"};

/// Columns of foreign traces follow ours, in the order of their file.
std::size_t flow_position(const std::string& column, const Trace& trace) {
  const auto it = std::find(flow.begin(), flow.end(), column);
  if (it != flow.end()) return static_cast<std::size_t>(it - flow.begin());
  return flow.size() + static_cast<std::size_t>(trace.column(column));
}

/// A digest is a name, not a number, even when all its characters happen to be digits.
bool is_digest(const std::string& column) { return column.find("digest") != std::string::npos; }

long iteration_of(const Trace& trace, std::size_t row) {
  const std::string& text = trace.cell(row, "iteration");
  long value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct SharedRow {
  long iteration;
  std::size_t left, right;
};

std::vector<SharedRow> align_rows(const Trace& left, const Trace& right, Comparison& comparison) {
  std::vector<SharedRow> shared;
  std::size_t i = 0, j = 0;
  while (i < left.rows.size() || j < right.rows.size()) {
    const bool left_done = i == left.rows.size(), right_done = j == right.rows.size();
    const long a = left_done ? 0 : iteration_of(left, i);
    const long b = right_done ? 0 : iteration_of(right, j);
    if (right_done || (!left_done && a < b)) {
      comparison.rows_only_left.push_back(a);
      ++i;
    } else if (left_done || b < a) {
      comparison.rows_only_right.push_back(b);
      ++j;
    } else {
      shared.push_back({a, i++, j++});
    }
  }
  return shared;
}

/// Fills everything but `inherited` and `cause`. @return false if the column does not differ
bool compare_column(const Trace& left, const Trace& right, const std::vector<SharedRow>& shared,
                    const std::string& scalar, ColumnDifference& difference) {
  const std::string& name = difference.column;
  const std::string tier = is_digest(name) ? "text" : scalar;
  const auto at_left = static_cast<std::size_t>(left.column(name));
  const auto at_right = static_cast<std::size_t>(right.column(name));
  for (const SharedRow& row : shared) {
    const std::string& a = left.rows[row.left][at_left];
    const std::string& b = right.rows[row.right][at_right];
    const Distance d = distance(a, b, tier);
    if (d.same) continue;
    if (difference.rows++ == 0) {
      difference.iteration = row.iteration;
      difference.left = a;
      difference.right = b;
      difference.ulps = d.ulps;
    }
    difference.max_ulps = std::max(difference.max_ulps, d.ulps);
  }
  if (difference.rows == 0) return false;
  const SharedRow& last = shared.back();
  difference.digits_at_end =
      agreeing_digits(left.rows[last.left][at_left], right.rows[last.right][at_right], tier);
  return true;
}

/// Says of each differing column whether it could have come out right given what it is computed
/// from.
void attribute(std::vector<ColumnDifference>& columns, const std::vector<SharedRow>& shared,
               const Trace& left, const Trace& right) {
  const int digest_left = left.column("x_digest"), digest_right = right.column("x_digest");
  const auto x_differs = [&](const SharedRow& row) {
    return digest_left >= 0 && digest_right >= 0 &&
           left.rows[row.left][static_cast<std::size_t>(digest_left)] !=
               right.rows[row.right][static_cast<std::size_t>(digest_right)];
  };
  for (std::size_t k = 0; k < columns.size(); ++k) {
    ColumnDifference& c = columns[k];
    const auto row = std::find_if(shared.begin(), shared.end(),
                                  [&](const SharedRow& r) { return r.iteration == c.iteration; });
    const bool first_row = row == shared.begin();
    const std::string before = first_row ? "" : std::to_string((row - 1)->iteration);
    if (!first_row && x_differs(*(row - 1))) {
      c.inherited = true;
      c.cause = "x differs already after iteration " + before;
    } else if (k > 0 && columns[k - 1].iteration == c.iteration) {
      // All columns before this one in the same row follow from the first of them.
      std::size_t origin = k - 1;
      while (origin > 0 && columns[origin - 1].iteration == c.iteration) --origin;
      c.inherited = true;
      c.cause = columns[origin].column + " comes before it in the same row";
    } else if (first_row) {
      c.cause = "it is the first row both traces have";
    } else if ((row - 1)->iteration + 1 < c.iteration) {
      c.cause =
          "x is the same after iteration " + before + "; the iterations between are not recorded";
    } else {
      c.cause = "x is the same after iteration " + before;
    }
    if (digest_left < 0 || digest_right < 0) c.cause += " (without x_digest this is a guess)";
  }
}

}  // namespace

Comparison compare_traces(const Trace& left, const Trace& right, const std::string& scalar) {
  Comparison comparison;
  comparison.scalar = scalar;
  for (const std::string& name : right.columns)
    if (left.column(name) < 0) comparison.columns_only_right.push_back(name);
  const std::vector<SharedRow> shared = align_rows(left, right, comparison);
  comparison.shared_rows = shared.size();

  for (const std::string& name : left.columns) {
    if (right.column(name) < 0) {
      comparison.columns_only_left.push_back(name);
    } else if (name != "iteration") {
      ColumnDifference difference;
      difference.column = name;
      if (compare_column(left, right, shared, scalar, difference))
        comparison.columns.push_back(std::move(difference));
    }
  }
  std::sort(comparison.columns.begin(), comparison.columns.end(),
            [&](const ColumnDifference& a, const ColumnDifference& b) {
              return std::pair(a.iteration, flow_position(a.column, left)) <
                     std::pair(b.iteration, flow_position(b.column, left));
            });
  attribute(comparison.columns, shared, left, right);
  return comparison;
}

bool allowed_by(const std::vector<ColumnRule>& rules, const Comparison& comparison) {
  if (!comparison.columns_only_left.empty() || !comparison.columns_only_right.empty() ||
      !comparison.rows_only_left.empty() || !comparison.rows_only_right.empty())
    return false;
  return std::all_of(comparison.columns.begin(), comparison.columns.end(), [&](const auto& c) {
    return std::any_of(rules.begin(), rules.end(), [&](const ColumnRule& rule) {
      return rule.column == c.column && (!rule.max_ulps || c.max_ulps <= *rule.max_ulps);
    });
  });
}

}  // namespace assay
