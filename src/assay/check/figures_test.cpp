// The golden traces hold the figures that were recorded for these runs elsewhere, to every printed
// digit. The gate ties the traces to the program; this ties them to the record.
#include <gtest/gtest.h>

#include <cmath>

#include "assay/scalar/text.hpp"
#include "assay/trace/trace.hpp"

namespace assay {
namespace {

Trace golden(const std::string& name) {
  return read_trace(std::string(ASSAY_GOLDEN) + "/traces/" + name + ".double.csv");
}

double at(const Trace& trace, long iteration, const std::string& column = "gap_total") {
  const int row = trace.row_of(iteration);
  if (row < 0)
    throw std::runtime_error("iteration " + std::to_string(iteration) + " is not recorded");
  return trace.number(static_cast<std::size_t>(row), column);
}

double mean_gap(const Trace& trace, long first, long last) {
  double sum = 0;
  for (long t = first; t <= last; ++t) sum += at(trace, t);
  return sum / static_cast<double>(last - first + 1);
}

/// `figure` as printed: the value lies within half a unit of its last digit.
void expect_figure(double value, const std::string& figure) {
  const auto e = figure.find('e');
  const std::string mantissa = figure.substr(0, e);
  const auto point = mantissa.find('.');
  const int decimals =
      point == std::string::npos ? 0 : static_cast<int>(mantissa.size() - point - 1);
  const int exponent = e == std::string::npos ? 0 : std::stoi(figure.substr(e + 1));
  const double half_unit = from_text<double>("5e" + std::to_string(exponent - decimals - 1));
  // The comparison itself rounds: one unit roundoff of the value.
  EXPECT_LE(std::abs(value - from_text<double>(figure)), half_unit + 0x1p-52 * std::abs(value))
      << "value " << to_text(value) << ", recorded " << figure;
}

TEST(Figures, StartOfEveryS100Run) {
  for (const char* name :
       {"f2csa-sigmoid-ridge", "f2csa-paper-gate", "dsblo-capped", "ssigd-strongly-convex"}) {
    const Trace t = golden(name);
    expect_figure(at(t, -1), "2.530663");
    expect_figure(at(t, -1, "gap_direct"), "2.530882");
    expect_figure(at(t, -1, "gap_implicit"), "0.003767");
    expect_figure(at(t, -1, "objective"), "1.599922");
  }
}

TEST(Figures, F2csaWithSigmoidGateAndRidge) {
  const Trace t = golden("f2csa-sigmoid-ridge");
  const char* first[] = {"2.505336", "2.480022", "2.454732", "2.429479", "2.404272", "2.379123"};
  for (long i = 0; i < 6; ++i) expect_figure(at(t, i), first[i]);
  expect_figure(at(t, 1999), "3.256127815e-05");
  expect_figure(at(t, 1999, "objective"), "8.008020891e-05");
}

TEST(Figures, F2csaWithThePaperGate) {
  expect_figure(at(golden("f2csa-paper-gate-ridge"), 1999), "7.4571e-06");
  expect_figure(at(golden("f2csa-paper-gate-ridge"), 1999, "objective"), "8.007996e-05");
  expect_figure(at(golden("f2csa-paper-gate"), 1999), "4.6e-12");
  expect_figure(at(golden("f2csa-paper-gate"), 1999, "objective"), "8.007994e-05");
}

TEST(Figures, F2csaWithItsPenaltiesSwitchedAtIteration300) {
  expect_figure(at(golden("f2csa-penalty-switch"), 1999), "6.741954e-06");
  expect_figure(at(golden("f2csa-penalty-switch"), 1999, "objective"), "8.007996e-05");
}

TEST(Figures, DsbloDetachedAndCapped) {
  const Trace t = golden("dsblo-detached-capped");
  expect_figure(at(t, 0), "2.501969");
  expect_figure(at(t, 5), "2.324615");
  expect_figure(at(t, 10), "2.136979");
  expect_figure(at(t, 11), "2.099104");
  expect_figure(at(t, 1990), "3.766331e-03");
  expect_figure(mean_gap(t, 1980, 1999), "3.766331e-03");
  expect_figure(at(t, 1999), "3.766339e-03");
  expect_figure(at(t, 1999, "objective"), "8.363171e-05");
  expect_figure(at(t, 1990, "momentum_norm"), "3.92e-06");
  expect_figure(at(t, 0, "momentum_norm"), "0.2531");
  // What it printed as its step, and the step it made.
  expect_figure(at(t, 1990, "step_applied"), "2.000e-01");
  expect_figure(at(t, 1990, "step_length") / at(t, 1990, "momentum_norm"), "1.883e-03");
}

TEST(Figures, DsbloWithTheFullGradient) {
  const Trace capped = golden("dsblo-capped"), free = golden("dsblo-uncapped");
  for (const Trace* t : {&capped, &free}) {
    const char* first[] = {"2.501969", "2.468832", "2.433902", "2.398007", "2.361514", "2.324617"};
    for (long i = 0; i < 6; ++i) expect_figure(at(*t, i), first[i]);
    expect_figure(at(*t, 10), "2.136982");
    expect_figure(at(*t, 11), "2.099107");
    expect_figure(at(*t, 5, "momentum_norm"), "1.177");
    expect_figure(at(*t, 11, "momentum_norm"), "1.756");
  }
  expect_figure(at(capped, 1999), "5.107e-04");
  expect_figure(at(capped, 1999, "objective"), "8.014516e-05");
  // The limit cycle near 0.15.
  expect_figure(at(free, 1999), "1.4877e-01");
  expect_figure(at(free, 1999, "objective"), "5.607e-03");
  for (long t = 1980; t < 2000; ++t) {
    EXPECT_GT(at(free, t), 0.14);
    EXPECT_LT(at(free, t), 0.16);
  }
}

TEST(Figures, SsigdWithTheStepOfItsTheorem) {
  const Trace t = golden("ssigd-strongly-convex");
  // After 10, 100 and 10^4 steps: row t is the state after step t, counted from 0.
  expect_figure(at(t, 9), "4.00e-3");
  expect_figure(at(t, 99), "3.81e-4");
  expect_figure(at(t, 9999), "3.47e-6");
}

TEST(Figures, OneDimensionalExample) {
  const Trace t = golden("one-dimensional");
  EXPECT_EQ(at(t, 49, "objective"), -100);
  EXPECT_EQ(at(t, 49), 0);
  // F = 2x^2 - 28x - 2 at the start x = 0: F' = -28.
  EXPECT_EQ(at(t, -1), 28);
  EXPECT_EQ(at(t, -1, "objective"), -2);
}

TEST(Figures, AlgorithmTwoOrbits) {
  // D sqrt(lambda / eta) with D = 1e-3, eta = 1e-4: between 0.1406 and 0.1423 for the eigenvalues
  // 1.976 .. 2.025 of Qxx. It takes some 15000 iterations to get onto the circle.
  const Trace t = golden("f2csa-algorithm-2");
  for (const long iteration : {15000L, 17000L, 19000L, 19999L}) {
    EXPECT_GT(at(t, iteration), 1e-3 * std::sqrt(1.976 / 1e-4));
    EXPECT_LT(at(t, iteration), 1e-3 * std::sqrt(2.025 / 1e-4));
  }
}

}  // namespace
}  // namespace assay
