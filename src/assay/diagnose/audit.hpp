#pragma once

#include <string>
#include <vector>

#include "assay/problem/instance.hpp"
#include "assay/trace/trace.hpp"

namespace assay {

/// What a column of gaps may be, and how many rows agree.
struct Reading {
  std::string id;     ///< "total", "direct", "implicit", "objective", "previous_total" ...
  std::string what;   ///< in words
  long rows = 0;      ///< that agree to the digits they are printed with
  long possible = 0;  ///< rows that could: the first has no row before it, the last none after it
  long best = 0;      ///< the fewest digits any of those rows is printed with
};

/// A foreign trace, audited: true quantities at its points, and what its gap column is.
struct Audit {
  std::string column;             ///< the column audited
  long rows = 0;                  ///< with x and a figure in that column
  std::vector<Reading> readings;  ///< most rows first; those with none are left out
  std::string verdict;  ///< id of the reading that nearly all rows have, "single_precision" or
                        ///< "unexplained"
  std::string sentence;
  std::vector<double> total, direct, implicit, objective;  ///< one for each row of the trace
  double largest_error = 0;  ///< of the column against |grad F|, relative
  long worst_iteration = 0;
  Vec<double> last;  ///< x of the last row
};

/// Agreement: within half a unit of the last digit printed, and (where nothing agrees
/// without) what the digits of the points leave open by the curvature, together at most 5 % of the
/// figure, and for the rounding of both programs 2^-40 of what the figure is summed from: |direct|
/// + |implicit|; for the objective itself; for the square twice the gap times that.
/// @param trace with columns x0 .. x(n-1), x[0] .. x[n-1] or x_0 .. x_(n-1)
/// @param source  the trace's file, for messages
/// @param column the gaps to audit; "" is the first of gap_reported, gap, gap_total that is there
/// @throws InputError when columns are missing, hold no number or no figure at all; NumericalError
/// where the lower level has no solution
Audit audit_trace(const Trace& trace, const Instance& instance, const std::string& source,
                  const std::string& column = "");

}  // namespace assay
