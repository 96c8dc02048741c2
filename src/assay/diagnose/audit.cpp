#include "assay/diagnose/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "assay/diagnose/theory.hpp"
#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/numerics/power.hpp"
#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"

namespace assay {

namespace {

/// A share of the rows that could agree which makes a reading the column's: some rows at a kink do
/// not speak against it.
constexpr double nearly_all = 0.95;

/// Significant digits of a decimal as written; at least one.
long digits_of(const std::string& text) {
  long count = 0;
  bool leading = true;
  for (const char c : text) {
    if (c == 'e' || c == 'E') break;
    if (c < '0' || c > '9') continue;
    if (c != '0') leading = false;
    count += leading ? 0 : 1;
  }
  return std::max(1L, count);
}

/// One unit of the last digit a decimal is written with: "9.9" 0.1, "3.2e-5" 1e-6. 0 beyond double.
double last_unit(const std::string& text) {
  long exponent = 0, decimals = 0;
  bool point = false;
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (text[k] == 'e' || text[k] == 'E') {
      exponent = std::strtol(text.c_str() + k + 1, nullptr, 10);
      break;
    }
    if (text[k] == '.') point = true;
    if (point && text[k] >= '0' && text[k] <= '9') ++decimals;
  }
  return integer_power(10.0, std::clamp(exponent - decimals, -300L, 300L));
}

/// Both programs' rounding, as a share of the parts that the figure is the sum of: 2^13 roundings,
/// as many as the chain of products behind a hypergradient of dimension 1000 has.
constexpr double rounding_share = 0x1p-40;

/// As many digits as every double has: of a number with fewer, some may be missing.
constexpr long all_digits = 15;

/// What single precision leaves of the same chain, at n = 10.
constexpr double single_share = 0x1p-20;

/// Whether two figures agree to what the first is written with, half a unit of its last digit, and
/// the rounding of the second.
/// @param blur  what the digits of the point leave open
bool agree(double written, double unit, double truth, double parts, double blur) {
  // A figure of one digit says no more than 5 % of itself, and 0 only that it is 0.
  const double printed = std::min(0.5 * unit + blur, 0.05 * std::fabs(written));
  return std::fabs(written - truth) <= printed + rounding_share * parts;
}

/// How the points are printed. "0.5" may be all there is of a number: only where no entry of any
/// point has all digits may the others lack some.
class Printing {
 public:
  Printing(const Trace& trace, const std::vector<int>& columns) {
    for (const auto& row : trace.rows)
      for (const int column : columns) {
        const std::string& cell = row[static_cast<std::size_t>(column)];
        digits_ = std::max(digits_, digits_of(cell));
        unit_ = std::min(unit_, last_unit(cell));
      }
  }

  /// Upper bound of how far the point may be from what it was before it was printed: half a unit
  /// of the last decimal of any entry, or of the last of as many digits as any entry has.
  double blur(const Vec<double>& x) const {
    if (digits_ >= all_digits) return 0;
    return std::max(unit_ * std::sqrt(static_cast<double>(x.size())),
                    norm(x) * integer_power(10.0, 1 - digits_)) /
           2;
  }

 private:
  long digits_ = 1;
  double unit_ = HUGE_VAL;
};

std::vector<int> point_columns(const Trace& trace, Index n, const std::string& source) {
  for (const char* form : {"x{}", "x[{}]", "x_{}"}) {
    if (trace.column(fmt::format(fmt::runtime(form), 0)) < 0) continue;
    std::vector<int> columns;
    for (Index i = 0; i < n; ++i) {
      const std::string name = fmt::format(fmt::runtime(form), i);
      columns.push_back(trace.column(name));
      if (columns.back() < 0)
        throw InputError(source, name, fmt::format("is missing: the instance has n = {}", n));
    }
    const std::string beyond = fmt::format(fmt::runtime(form), n);
    if (trace.column(beyond) >= 0)
      throw InputError(source, beyond, fmt::format("is one too many: the instance has n = {}", n));
    return columns;
  }
  throw InputError(source, "x0",
                   "is missing: the points are needed, one column for each entry of x");
}

}  // namespace

Audit audit_trace(const Trace& trace, const Instance& instance, const std::string& source,
                  const std::string& column) {
  if (trace.rows.empty()) throw InputError(source, "", "has no rows");
  Audit out;
  out.column = column;
  if (column.empty()) {
    for (const char* name : {"gap_reported", "gap", "gap_total"})
      if (out.column.empty() && trace.column(name) >= 0) out.column = name;
    if (out.column.empty())
      throw InputError(source, "gap", "is missing: no column gap_reported, gap or gap_total");
  } else if (trace.column(column) < 0) {
    throw InputError(source, column, "is missing");
  }
  const std::vector<int> points = point_columns(trace, instance.n, source);
  const Printing printing(trace, points);
  const auto number = [&](std::size_t row, const std::string& name) {
    try {
      return trace.number(row, name);
    } catch (const InputError&) {
      throw InputError(source, fmt::format("row {}: {}", row + 1, name),
                       in_quotes(trace.cell(row, name)) + " is not a number");
    }
  };

  const QuadraticProblem<double> problem(instance);
  ActiveSetLowerLevel<double> lower(problem);
  ImplicitEstimator<double> estimator({&problem, &lower, nullptr, {}, {}});
  Hypergradient<double> g;
  std::vector<double> largest, mapping, blurs;
  Vec<double> x(instance.n);
  for (std::size_t row = 0; row < trace.rows.size(); ++row) {
    for (Index i = 0; i < instance.n; ++i) {
      const std::string& name =
          trace.columns[static_cast<std::size_t>(points[static_cast<std::size_t>(i)])];
      x[i] = number(row, name);
      if (!std::isfinite(x[i]))
        throw InputError(source, fmt::format("row {}: {}", row + 1, name),
                         "is not a finite number");
    }
    blurs.push_back(printing.blur(x));
    estimator.evaluate(x, {}, 0, g);
    out.total.push_back(norm(g.total));
    out.direct.push_back(norm(g.direct));
    out.implicit.push_back(norm(g.implicit));
    out.objective.push_back(problem.upper_value(x, estimator.solution().y));
    largest.push_back(max_norm(g.total));
    Vec<double> stepped = x - g.total;
    problem.project_upper(stepped);
    mapping.push_back(norm(Vec<double>(x - stepped)));
  }
  out.last = x;
  // What the digits of the points leave open in a gradient: by the curvature of F, and of f alone.
  double curvature = 0;
  if (std::any_of(blurs.begin(), blurs.end(), [](double b) { return b > 0; })) {
    for (Index i = 0; i < instance.n; ++i) {
      double sum = 0;
      for (Index j = 0; j < instance.n; ++j) sum += std::fabs(problem.Qxx(i, j));
      curvature = std::max(curvature, sum);
    }
    if (const auto model = local_model(instance, x))
      curvature = std::max({curvature, model->largest(), -model->smallest()});
  }

  struct Candidate {
    const char *id, *what;
    const std::vector<double>* values;
    int shift;
    bool squared;
    /// What a shift of x by `blur` changes: of a gradient, of its square, of F.
    double open(std::size_t at, const Audit& audit, double curvature, double blur) const {
      const double bend = curvature * blur;
      if (squared) return bend * (2 * audit.total[at] + bend);
      if (values == &audit.objective) return blur * (audit.total[at] + bend);
      return bend;
    }
  };
  const Candidate candidates[] = {
      {"total", "|grad F| at the row's point", &out.total, 0, false},
      {"previous_total", "|grad F| at the point of the row before", &out.total, -1, false},
      {"next_total", "|grad F| at the point of the row after", &out.total, 1, false},
      {"direct", "|grad_x f| alone, without the implicit part", &out.direct, 0, false},
      {"previous_direct", "|grad_x f| alone, at the point of the row before", &out.direct, -1,
       false},
      {"implicit", "the implicit part alone", &out.implicit, 0, false},
      {"objective", "the objective F", &out.objective, 0, false},
      {"squared", "|grad F|^2", &out.total, 0, true},
      {"largest_entry", "the largest entry of grad F", &largest, 0, false},
      {"mapping", "the gradient mapping |x - P(x - grad F)|", &mapping, 0, false},
  };
  const std::string& audited = out.column;
  long single_rows = 0;
  std::vector<Reading> readings;
  // What the digits of the points leave open counts only where nothing agrees without it.
  const auto read = [&](bool with_blur) {
    single_rows = out.rows = 0;
    out.largest_error = 0;
    readings.clear();
    for (const Candidate& c : candidates) readings.push_back({c.id, c.what, 0, 0, 17});
    for (std::size_t row = 0; row < trace.rows.size(); ++row) {
      const double written = number(row, audited);
      if (std::isnan(written)) continue;
      ++out.rows;
      const long digits = digits_of(trace.cell(row, audited));
      const double unit = last_unit(trace.cell(row, audited));
      const double parts = out.direct[row] + out.implicit[row];
      for (std::size_t k = 0; k < readings.size(); ++k) {
        const Candidate& c = candidates[k];
        const long place = static_cast<long>(row) + c.shift;
        if (place < 0 || place >= static_cast<long>(trace.rows.size())) continue;
        ++readings[k].possible;
        const auto at = static_cast<std::size_t>(place);
        double truth = (*c.values)[at];
        double slack = c.values == &out.objective ? std::fabs(truth) : parts;
        if (c.squared) {
          slack *= 2 * truth;
          truth *= truth;
        }
        const double blur = with_blur ? c.open(at, out, curvature, blurs[at]) : 0;
        if (!agree(written, unit, truth, slack, blur)) continue;
        ++readings[k].rows;
        readings[k].best = std::min(readings[k].best, digits);
      }
      const double error = std::fabs(written - out.total[row]) / out.total[row];
      if (!(error <= out.largest_error)) {
        out.largest_error = error;
        out.worst_iteration = static_cast<long>(trace.number(row, "iteration"));
      }
      if (std::fabs(written - out.total[row]) <= single_share * parts) ++single_rows;
    }
    std::stable_sort(readings.begin(), readings.end(),
                     [](const Reading& a, const Reading& b) { return a.rows > b.rows; });
  };
  const auto most = [](long rows, long possible) {
    return static_cast<double>(rows) >= nearly_all * static_cast<double>(possible);
  };
  const auto best = [&]() -> const Reading* {
    for (const Reading& r : readings)
      // One row alone may agree with a neighbour's figure by chance.
      if (r.rows > 0 && most(r.rows, r.possible) && (r.possible == out.rows || r.rows > 1))
        return &r;
    return nullptr;
  };
  read(false);
  if (out.rows == 0) throw InputError(source, audited, "holds no figure");
  const Reading* told = best();
  const bool open = !told && curvature > 0;
  if (open) {
    read(true);
    told = best();
    if (!told) read(false);
  }
  for (const Reading& r : readings)
    if (r.rows > 0) out.readings.push_back(r);
  if (told) {
    out.verdict = told->id;
    out.sentence = fmt::format("column {} is {} in {} of {} rows{}", audited, told->what,
                               told->rows, told->possible,
                               open ? ", within what the digits of the points leave open" : "");
  } else if (most(single_rows, out.rows)) {
    out.verdict = "single_precision";
    out.sentence = fmt::format("column {} is |grad F| to single precision only, in {} of {} rows",
                               audited, single_rows, out.rows);
  } else {
    out.verdict = "unexplained";
    out.sentence = fmt::format(
        "column {} is nothing that the instance has at these points: another instance, another "
        "order of the rows, or another quantity; it is off by up to {:.3g} times |grad F|, at "
        "iteration {}",
        audited, out.largest_error, out.worst_iteration);
  }
  return out;
}

}  // namespace assay
