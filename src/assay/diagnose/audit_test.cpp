#include "assay/diagnose/audit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "assay/scalar/text.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

/// y* = x/2, F = 2x^2 - 28x - 2: grad F = 4x - 28, direct 14x - 12y - 30 = 8x - 30, implicit 2 -
/// 4x.
Instance one_dimensional() {
  return parse_instance(R"({"format": "assay-instance/1", "name": "one", "n": 1, "m": 1, "p": 0,
    "upper": {"Qxx": [[14]], "Qxy": [[-12]], "Qyy": [[8]], "cx": [-30], "cy": [4], "c0": -2},
    "lower": {"H": [[8]], "M": [[-4]], "d": [0]}})",
                        "one.json");
}

double point(long t) { return 1 + std::pow(0.7, static_cast<double>(t)) * 3; }

Trace made(const std::function<std::string(long)>& gap, const std::string& x = "x0",
           const std::string& name = "gap", long rows = 30) {
  Trace trace;
  trace.columns = {"iteration", x, name};
  for (long t = 0; t < rows; ++t)
    trace.rows.push_back({std::to_string(t), to_text(point(t)), gap(t)});
  return trace;
}

std::string verdict(const std::function<double(double)>& of_x, long shift = 0, long rows = 30) {
  return audit_trace(
             made([&](long t) { return to_text(of_x(point(t + shift))); }, "x0", "gap", rows),
             one_dimensional(), "trace.csv")
      .verdict;
}

double total(double x) { return std::fabs(4 * x - 28); }

TEST(Audit, TellsWhatAColumnIs) {
  EXPECT_EQ(verdict(total), "total");
  EXPECT_EQ(verdict(total, -1), "previous_total");
  EXPECT_EQ(verdict(total, 1), "next_total");
  EXPECT_EQ(verdict(total, 1, 5), "next_total");
  EXPECT_EQ(verdict(total, -1, 3), "previous_total");
  EXPECT_EQ(verdict(total, 1, 2), "unexplained");  // a single row may be chance
  EXPECT_EQ(verdict([](double x) { return std::fabs(8 * x - 30); }), "direct");
  EXPECT_EQ(verdict([](double x) { return std::fabs(8 * x - 30); }, -1), "previous_direct");
  EXPECT_EQ(verdict([](double x) { return std::fabs(2 - 4 * x); }), "implicit");
  EXPECT_EQ(verdict([](double x) { return 2 * x * x - 28 * x - 2; }), "objective");
  EXPECT_EQ(verdict([](double x) { return total(x) * total(x); }), "squared");
  EXPECT_EQ(verdict([](double x) { return double(float(total(x)) + 4e-6F); }), "single_precision");
  EXPECT_EQ(verdict([](double x) { return 1.01 * total(x); }), "unexplained");
}

/// y* = x/2 in both entries, F = |x|^2 + x_0 y_0 + c'y: total (3 x_0 + 2, 2 x_1 - 1), direct (2.5
/// x_0, 2 x_1). The norms of two entries, told from the largest one.
TEST(Audit, TakesNormsOfVectors) {
  const Instance in = parse_instance(
      R"({"format": "assay-instance/1", "name": "two", "n": 2, "m": 2, "p": 0,
      "upper": {"Qxx": [[2, 0], [0, 2]], "Qxy": [[1, 0], [0, 0]], "cy": [4, -2]},
      "lower": {"H": [[2, 0], [0, 2]], "M": [[-1, 0], [0, -1]]}})",
      "two.json");
  const auto verdict_of = [&](const std::function<double(double, double)>& gap) {
    Trace trace;
    trace.columns = {"iteration", "x0", "x1", "gap"};
    for (long t = 0; t < 30; ++t)
      trace.rows.push_back({std::to_string(t), to_text(point(t)), to_text(2 * point(t)),
                            to_text(gap(point(t), 2 * point(t)))});
    return audit_trace(trace, in, "t").verdict;
  };
  const auto length = [](double a, double b) { return std::sqrt(a * a + b * b); };
  EXPECT_EQ(verdict_of([&](double a, double b) { return length(3 * a + 2, 2 * b - 1); }), "total");
  EXPECT_EQ(verdict_of([&](double a, double b) { return length(2.5 * a, 2 * b); }), "direct");
  EXPECT_EQ(verdict_of([&](double a, double) { return length(0.5 * a + 2, -1); }), "implicit");
  EXPECT_EQ(verdict_of([](double a, double b) {
              return std::max(std::fabs(3 * a + 2), std::fabs(2 * b - 1));
            }),
            "largest_entry");
}

/// 19 of 20 rows are nearly all, 18 are not; for single precision too.
TEST(Audit, NearlyAllRowsMakeAVerdict) {
  const auto verdict_with = [](long wrong, double off) {
    Trace trace =
        made([&](long t) { return to_text(total(point(t)) * (t < wrong ? 2 : 1 + off)); });
    trace.rows.resize(20);
    return audit_trace(trace, one_dimensional(), "t").verdict;
  };
  EXPECT_EQ(verdict_with(1, 0), "total");
  EXPECT_EQ(verdict_with(2, 0), "unexplained");
  EXPECT_EQ(verdict_with(1, 1e-8), "single_precision");
  EXPECT_EQ(verdict_with(2, 1e-8), "unexplained");
}

/// Both sides of what the rounding of two programs may be, and of single precision: 2^-40 and 2^-20
/// of |direct| + |implicit|.
TEST(Audit, AgreesToARoundingOfTheParts) {
  const auto off_by = [](double share) {
    return verdict([share](double x) {
      return total(x) + share * (std::fabs(8 * x - 30) + std::fabs(2 - 4 * x));
    });
  };
  EXPECT_EQ(off_by(0.9 * 0x1p-40), "total");
  EXPECT_EQ(off_by(-0.9 * 0x1p-40), "total");
  EXPECT_EQ(off_by(1.1 * 0x1p-40), "single_precision");
  EXPECT_EQ(off_by(0.9 * 0x1p-20), "single_precision");
  EXPECT_EQ(off_by(1.1 * 0x1p-20), "unexplained");
}

/// |grad F| = (written + share of the last digit's unit), in three decimals.
TEST(Audit, AgreesToHalfAUnitOfTheLastDigit) {
  const auto off_by = [](double units) {
    Trace trace;
    trace.columns = {"iteration", "x0", "gap"};
    for (long t = 0; t < 30; ++t) {
      const double written = 12.125 + static_cast<double>(t) / 8;
      char text[40];
      std::snprintf(text, sizeof text, "%.3f", written);
      trace.rows.push_back({std::to_string(t), to_text((28 - written - units * 1e-3) / 4), text});
    }
    return audit_trace(trace, one_dimensional(), "t").verdict;
  };
  EXPECT_EQ(off_by(0.49), "total");
  EXPECT_EQ(off_by(-0.49), "total");
  EXPECT_EQ(off_by(0.51), "unexplained");
  EXPECT_EQ(off_by(-0.51), "unexplained");
}

TEST(Audit, AgreesToTheDigitsWritten) {
  const auto rounded = [](const char* form, double off) {
    return [form, off](long t) {
      char text[40];
      std::snprintf(text, sizeof text, form, total(point(t)) * (1 + off));
      return std::string(text);
    };
  };
  EXPECT_EQ(audit_trace(made(rounded("%.3e", 0)), one_dimensional(), "t").verdict, "total");
  // 1 % is ten units of the third digit.
  EXPECT_EQ(audit_trace(made(rounded("%.3e", 0.01)), one_dimensional(), "t").verdict,
            "unexplained");
  // One decimal: 0.05 is half a unit, whatever the first digit. The gaps here are 12 to 24.
  EXPECT_EQ(audit_trace(made(rounded("%.1f", 0)), one_dimensional(), "t").verdict, "total");
  EXPECT_EQ(audit_trace(made(rounded("%.1f", 0.01)), one_dimensional(), "t").verdict,
            "unexplained");
  EXPECT_EQ(audit_trace(made(rounded("%.1e", 0)), one_dimensional(), "t").verdict, "total");
  EXPECT_EQ(audit_trace(made(rounded("%.1e", 0.05)), one_dimensional(), "t").verdict,
            "unexplained");
  for (const char* none : {"0", "0.0", "0e0"})
    EXPECT_EQ(audit_trace(made([&](long) { return none; }), one_dimensional(), "t").verdict,
              "unexplained")
        << none;
  const Audit audit = audit_trace(made(rounded("%.17g", 0.01)), one_dimensional(), "t");
  EXPECT_NEAR(audit.largest_error, 0.01, 1e-12);
  EXPECT_EQ(audit.rows, 30);
}

TEST(Audit, TakesTheUsualNamesOfColumns) {
  for (const std::string x : {"x0", "x[0]", "x_0"})
    for (const std::string gap : {"gap", "gap_reported", "gap_total", "mine"}) {
      const Trace trace = made([](long t) { return to_text(total(point(t))); }, x, gap);
      const Audit audit =
          audit_trace(trace, one_dimensional(), "trace.csv", gap == "mine" ? gap : "");
      EXPECT_EQ(audit.verdict, "total");
      EXPECT_EQ(audit.column, gap);
      ASSERT_EQ(audit.total.size(), 30U);
      EXPECT_NEAR(audit.total[3], total(point(3)), 1e-13);
      EXPECT_NEAR(audit.direct[3], std::fabs(8 * point(3) - 30), 1e-13);
      EXPECT_NEAR(audit.implicit[3], std::fabs(2 - 4 * point(3)), 1e-13);
      EXPECT_EQ(audit.last[0], point(29));
    }
}

void expect_refused(const Trace& trace, const std::string& column, const std::string& told) {
  try {
    audit_trace(trace, one_dimensional(), "trace.csv", column);
    ADD_FAILURE() << "not refused: " << told;
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("trace.csv: " + told), std::string::npos)
        << error.what();
  }
}

TEST(Audit, RefusesATraceWithoutRows) {
  Trace trace = made([](long) { return "1"; });
  trace.rows.clear();
  EXPECT_THROW(audit_trace(trace, one_dimensional(), "t"), InputError);
}

TEST(Audit, NamesWhatIsMissing) {
  const auto gap = [](long t) { return to_text(total(point(t))); };
  expect_refused(made(gap, "y0"), "", "x0: is missing");
  expect_refused(made(gap, "x0", "other"), "", "gap: is missing");
  expect_refused(made(gap), "mine", "mine: is missing");
  Trace wide = made(gap);
  wide.columns.push_back("x1");
  for (auto& row : wide.rows) row.push_back("0");
  expect_refused(wide, "", "x1: is one too many");
  Trace hole = made(gap);
  hole.rows[4][1] = "";
  expect_refused(hole, "", "row 5: x0: is not a finite number");
}

/// Points printed to 6 digits, gaps in full: right to what the points say, and no more than that.
TEST(Audit, TakesPointsForWhatTheirDigitsSay) {
  const auto with = [](const std::string& format, double factor, long digits) {
    Trace trace;
    trace.columns = {"iteration", "x0", "gap"};
    for (long t = 0; t < 30; ++t) {
      char text[64];
      std::snprintf(text, sizeof text, format.c_str(), static_cast<int>(digits), point(t) + 1e-8);
      trace.rows.push_back({std::to_string(t), text, to_text(factor * total(point(t) + 1e-8))});
    }
    const Audit audit = audit_trace(trace, one_dimensional(), "trace.csv");
    EXPECT_EQ(audit.sentence.find("digits of the points") != std::string::npos,
              audit.verdict == "total")
        << audit.sentence;
    return audit.verdict;
  };
  EXPECT_EQ(with("%.*g", 1, 6), "total");
  EXPECT_EQ(with("%.*f", 1, 5), "total");
  EXPECT_EQ(with("%.*e", 1, 5), "total");
  // Points up to 4 leave 2e-5 open, times the curvature (14 of f) 2.8e-4; a ten-thousandth of gaps
  // from 12 on is 1.2e-3.
  EXPECT_EQ(with("%.*g", 1 + 1e-4, 6), "unexplained");
  // All digits are there: nothing is left open.
  EXPECT_EQ(with("%.*g", 1 + 1e-10, 17), "single_precision");
}

/// F = |x|^2 / 2 in three variables, gaps in full. Decimals cut to four, with their zeros or
/// without: what they leave open of each figure is half a unit, times sqrt(3) in all, or that times
/// the gap in F and twice the gap in the square.
TEST(Audit, TakesFiguresForWhatTheDigitsOfThePointsSay) {
  Instance in = empty_instance(3, 1);
  in.H.set(0, 0, 1);
  for (Index i = 0; i < 3; ++i) in.Qxx.set(i, i, 1);
  const auto verdict_of = [&](bool zeros, double more, const auto& figure) {
    Trace trace;
    trace.columns = {"iteration", "x0", "x1", "x2", "gap"};
    for (long t = 0; t < 24; ++t) {
      const double size = 300 * std::pow(0.6, static_cast<double>(t));
      const Vec<double> x =
          Vec<double>::Constant(3, 1) * (size + 0.00004) + Vec<double>::Unit(3, 1) * 0.00004;
      std::vector<std::string> row = {std::to_string(t)};
      for (Index i = 0; i < 3; ++i) {
        char text[64];
        std::snprintf(text, sizeof text, "%.4f", x[i]);
        std::string cell = text;
        while (!zeros && cell.back() == '0') cell.pop_back();
        row.push_back(cell);
      }
      row.push_back(to_text(figure(x.norm()) * more));
      trace.rows.push_back(row);
    }
    return audit_trace(trace, in, "trace.csv").verdict;
  };
  for (const bool zeros : {true, false}) {
    EXPECT_EQ(verdict_of(zeros, 1, [](double gap) { return gap; }), "total") << zeros;
    EXPECT_EQ(verdict_of(zeros, 1, [](double gap) { return gap * gap / 2; }), "objective") << zeros;
    EXPECT_EQ(verdict_of(zeros, 1, [](double gap) { return gap * gap; }), "squared") << zeros;
    // A hundredth of the gap is more than that in most rows.
    EXPECT_EQ(verdict_of(zeros, 1.01, [](double gap) { return gap; }), "unexplained") << zeros;
  }
}

/// Sixteenths, which are all there is of the points: right gaps are right without more, and gaps
/// 3 % too large stay that.
TEST(Audit, DoesNotTakeExactPointsForRoundedOnes) {
  Trace trace;
  trace.columns = {"iteration", "x0", "gap"};
  for (long t = 0; t < 8; ++t) {
    const double x = 1 + static_cast<double>(t) / 16;
    trace.rows.push_back({std::to_string(t), to_text(x), to_text(total(x))});
  }
  const Audit audit = audit_trace(trace, one_dimensional(), "trace.csv");
  EXPECT_EQ(audit.verdict, "total");
  EXPECT_EQ(audit.sentence.find("digits of the points"), std::string::npos) << audit.sentence;
  for (std::size_t t = 0; t < trace.rows.size(); ++t)
    trace.rows[t][2] = to_text(1.03 * trace.number(t, "gap"));
  EXPECT_EQ(audit_trace(trace, one_dimensional(), "trace.csv").verdict, "unexplained");
}

/// x in [0, 4]: where the gradient pushes x out, the mapping is shorter than the gradient.
TEST(Audit, KnowsTheGradientMapping) {
  Instance in = one_dimensional();
  in.x_set.kind = UpperSet::Kind::box;
  in.x_set.lower = ExactMatrix(1, 1);
  in.x_set.upper = ExactMatrix(1, 1);
  in.x_set.upper.set(0, 0, 4);
  // x - grad F = 28 - 3x lies beyond 4 for all points here, 1 to 4: |x - 4|.
  const Trace trace = made([](long t) { return to_text(std::fabs(point(t) - 4)); });
  EXPECT_EQ(audit_trace(trace, in, "trace.csv").verdict, "mapping");
  // Beyond 22 only for x < 2: not at the first four points, where it is the gradient.
  in.x_set.upper.set(0, 0, 22);
  const Trace partly = made([](long t) {
    const double x = point(t);
    return to_text(std::fabs(x - std::min(28 - 3 * x, 22.0)));
  });
  EXPECT_EQ(audit_trace(partly, in, "trace.csv").verdict, "mapping");
}

TEST(Audit, RefusesColumnsWithoutFigures) {
  const auto refusal = [](const std::string& cell) {
    try {
      audit_trace(made([&](long t) { return t == 3 ? cell : std::string(); }), one_dimensional(),
                  "trace.csv");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal(""), "trace.csv: gap: holds no figure");
  EXPECT_EQ(refusal("abc"), "trace.csv: row 4: gap: 'abc' is not a number");
}

}  // namespace
}  // namespace assay
