#pragma once

#include <map>
#include <string>
#include <vector>

#include "assay/trace/trace.hpp"

namespace assay {

/// Something a trace shows, with the numbers that say so.
struct Event {
  std::string id;            ///< from event_catalogue()
  long first = 0, last = 0;  ///< iterations it was seen at
  long count = 0;            ///< rows, of those it could have been seen at
  std::string sentence;      ///< what was seen, with its numbers
  std::map<std::string, double> numbers;
};

/// What an event means and when it counts as one.
struct EventInfo {
  std::string id, summary;
};
const std::vector<EventInfo>& event_catalogue();

/// The columns of a trace as numbers; NaN where a cell is empty or a column is missing.
class Series {
 public:
  explicit Series(const Trace& trace);

  std::size_t size() const { return iteration.size(); }
  bool has(const std::string& column) const { return trace_.column(column) >= 0; }
  const std::vector<double>& operator[](const std::string& column) const;
  const std::string& text(std::size_t row, const std::string& column) const {
    return trace_.cell(row, column);
  }
  /// Whether every iteration from `row - 1` to `row` was recorded.
  bool next_to_last(std::size_t row) const {
    return row > 0 && iteration[row] == iteration[row - 1] + 1;
  }

  std::vector<long> iteration;

 private:
  const Trace& trace_;
  mutable std::map<std::string, std::vector<double>> columns_;
};

/// The tail of a gap curve, fitted: what kind of end it has.
struct Tail {
  enum class Shape {
    linear,     ///< log gap falls in proportion to t
    power,      ///< log gap falls in proportion to log t
    flat,       ///< a plateau: it neither falls nor swings
    cycle,      ///< it returns to where it was, with a period
    wandering,  ///< ups and downs of log gap as often, without a period
    rising,
    too_short
  };
  Shape shape = Shape::too_short;
  double rate = 1;         ///< linear: factor per iteration
  double exponent = 0;     ///< power: gap ~ t^exponent
  double level = 0;        ///< geometric mean of the gap
  double last = 0;         ///< the last gap
  double swing = 0;        ///< largest over smallest gap
  double period = 0;       ///< cycle: iterations
  double correlation = 0;  ///< cycle: of the gap with itself a period later
  double increases = 0;    ///< share of steps on which the gap rose
};
std::string to_string(Tail::Shape shape);

/// Fits the last half of the recorded iterations (at least 20 rows, each next to the one before).
Tail fit_tail(const Series& series, const std::string& column = "gap_mapping");

/// Everything the trace shows by itself, without a run: in the order of the catalogue.
/// @param x_size  the size of x, whose rounding a step's length holds; 0: not known, the path of
/// the trace stands in
/// @param on_boundary  by iteration, whether the step ends on the boundary of X, whose projection
/// shortens steps; those beyond its end do not
std::vector<Event> find_events(const Trace& trace, double x_size = 0,
                               const std::vector<bool>& on_boundary = {});

}  // namespace assay
