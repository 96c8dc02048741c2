#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "assay/run/run.hpp"

namespace assay {

/// A small problem with two active coupled rows all the way, f curved in y, rows inactive as well:
/// what a method may get wrong shows on it. With seed 1 the active set changes from 4 rows to 1.
inline const std::string coupled_instance =
    "[instance.generator]\nn = 4\nm = 4\nrows = 5\nactive = 2\nseed = 2\nQyy_scale = 0.5\n"
    "multiplier_margin = 1\nstart_distance = 0.5\n";

/// An experiment from its tables, on coupled_instance unless it names another instance.
inline Experiment experiment(const std::string& tables,
                             const std::vector<std::string>& overrides = {},
                             const std::string& top = "") {
  const bool named = tables.find("[instance") != std::string::npos;
  return parse_experiment("format = \"assay-experiment/1\"\nname = \"test\"\n" + top + "\n" +
                              (named ? "" : coupled_instance) + tables,
                          "test.toml", std::string(ASSAY_GOLDEN) + "/experiments", overrides);
}

inline RunOutcome outcome(const Experiment& e, const RunControl& control = {}) {
  return run_experiment(e, load_instance(e), control);
}

/// The trace of a run that must finish.
inline Trace finished(const Experiment& e, const RunControl& control = {}) {
  const RunOutcome out = outcome(e, control);
  EXPECT_EQ(out.end, RunEnd::finished) << out.failure;
  return out.trace;
}

inline std::vector<std::string> column(const Trace& trace, const std::string& name) {
  std::vector<std::string> cells;
  for (std::size_t r = 0; r < trace.rows.size(); ++r) cells.push_back(trace.cell(r, name));
  return cells;
}

/// The columns in which two traces of equal shape differ.
inline std::vector<std::string> differing_columns(const Trace& a, const Trace& b) {
  std::vector<std::string> names;
  for (const std::string& name : a.columns)
    if (column(a, name) != column(b, name)) names.push_back(name);
  return names;
}

}  // namespace assay
