// The two recorded 100-dimensional problems: what is known of their hypergradients in closed form.
#include <gtest/gtest.h>

#include "assay/hypergradient/difference.hpp"
#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/problem/golden_test.hpp"
#include "assay/scalar/convert.hpp"

namespace assay {
namespace {

/// An instance with the exact lower level and the adjoint estimator, in scalar S.
template <class S>
struct S100Bench {
  explicit S100Bench(const Instance& instance, const FaultSet& faults = {})
      : problem(instance), lower(problem), estimator({&problem, &lower, nullptr, {}, faults}) {}

  const Hypergradient<S>& at(const Vec<S>& x) {
    estimator.evaluate(x, Vec<S>(), 0, result);
    return result;
  }
  S F(const Vec<S>& x) { return estimator.value(x, Vec<S>(), 0); }

  QuadraticProblem<S> problem;
  ActiveSetLowerLevel<S> lower;
  ImplicitEstimator<S> estimator;
  Hypergradient<S> result;
};

FaultSet only(Fault fault) {
  FaultSet faults;
  faults.add(fault);
  return faults;
}

TEST(S100, GapsAtTheOriginAndAtTheStart) {
  const Instance instance = golden_instance("s100");
  S100Bench<double> bench(instance);
  const auto check = [&](const Vec<double>& x, double total, double direct, double F,
                         double F_unit) {
    const auto& g = bench.at(x);
    expect_printed(norm(g.total), total, 1e-6);
    expect_printed(norm(g.direct), direct, 1e-6);
    expect_printed(norm(g.implicit), 0.003767, 1e-6);
    expect_printed(bench.F(x), F, F_unit);
    EXPECT_TRUE(bench.lower.solve(x, Vec<double>()).active.empty());
  };
  check(Vec<double>::Zero(100), 1.627851, 1.627941, 0.66354, 1e-5);
  check(instance.x0->to_vector<double>(), 2.530663, 2.530882, 1.599922, 1e-6);
}

TEST(S100, AtTheTargetOnlyTheImplicitPartIsLeft) {
  const Instance instance = golden_instance("s100");
  S100Bench<double> bench(instance);
  const Vec<double> x = instance.x_target.to_vector<double>();
  const auto& g = bench.at(x);
  EXPECT_EQ(norm(g.direct), 0);
  expect_printed(norm(g.total), 3.766551959663e-03, 1e-15);
  expect_printed(bench.F(x), 8.363211153e-05, 1e-14);
  // Without it the point looks stationary: the zero set is the wrong one.
  S100Bench<double> detached(instance, only(Fault::detached_implicit));
  EXPECT_EQ(norm(detached.at(x).total), 0);
}

class S100Active : public testing::Test {
 protected:
  Instance instance = golden_instance("s100-active");
};

TEST_F(S100Active, HasItsRecordedActiveSetAndGaps) {
  S100Bench<double> bench(instance);
  const Vec<double> x = instance.x0->to_vector<double>();
  const auto& g = bench.at(x);
  const auto& s = bench.lower.solve(x, Vec<double>());
  EXPECT_EQ(s.active, (std::vector<Index>{1, 2, 3, 4}));
  expect_printed(s.multipliers[1], 0.1824, 1e-4);
  expect_printed(s.multipliers[2], 0.0758, 1e-4);
  expect_printed(s.multipliers[3], 0.1495, 1e-4);
  expect_printed(s.multipliers[4], 0.0706, 1e-4);
  expect_printed(s.min_slack, 0.00696, 1e-5);
  expect_printed(norm(g.direct), 1.66467447, 1e-8);
  expect_printed(norm(g.implicit), 0.07796839, 1e-8);
  expect_printed(norm(g.total), 1.67186420, 1e-8);
  EXPECT_FALSE(g.kink);
  EXPECT_TRUE(g.licq);
}

/// F is quadratic on the region where the active set stays, so a central difference has no error
/// from h at all there: what is left is the rounding of two values of F, at most
///     2 gamma_N |F-terms| / (2 h),
/// N the roundings on the way (lower level: refined to u |y|; upper value: 3 n^2 terms of size <=
/// S). With u = 2^-168 and h = 2^-30 that is below 1e-36 here; 20 digits are asked for.
TEST_F(S100Active, AdjointMatchesCentralDifferencesToTwentyDigits) {
  S100Bench<Real50> bench(instance);
  const Vec<Real50> x0 = instance.x0->to_vector<Real50>();
  const Vec<Real50> adjoint = bench.at(x0).total;
  const Real50 size = norm(adjoint);
  const Real50 h = scale_by_power_of_two(Real50(1), -30);
  Vec<Real50> x = x0;
  Real50 worst(0);
  for (Index i = 0; i < x.size(); ++i) {
    x[i] = x0[i] + h;
    const Real50 above = bench.F(x);
    EXPECT_EQ(bench.estimator.solution().active.size(), 4u);
    x[i] = x0[i] - h;
    const Real50 below = bench.F(x);
    EXPECT_EQ(bench.estimator.solution().active.size(), 4u);
    x[i] = x0[i];
    worst = larger(worst, magnitude(Real50((above - below) / (Real50(2) * h) - adjoint[i])));
  }
  EXPECT_LE(worst / size, Real50(1e-20));
  RecordProperty("agreeing_digits", std::to_string(-std::log10(to_double(worst / size))));
}

TEST_F(S100Active, DroppingTheRowTermCostsFourPointSevenPercent) {
  const Vec<double> x = instance.x0->to_vector<double>();
  S100Bench<double> right(instance), wrong(instance, only(Fault::dropped_row_term));
  const Hypergradient<double> g = right.at(x);
  const Vec<double> error = wrong.at(x).total - g.total;
  expect_printed(100 * norm(error) / norm(g.total), 4.7, 0.1);
  expect_printed(norm(error), 0.0779, 1e-4);
  // Of the implicit part it is nearly everything.
  EXPECT_GT(norm(error) / norm(g.implicit), 0.99);
}

/// The same lower level and hypergradient in exact fractions and in 100 digits. Real100 carries 334
/// bits; 95 decimal digits are asked for, which leaves 18 bits for the condition of the system
/// (cond(H) = 1.03, four rows).
template <class Exact>
void expect_same(const Vec<Exact>& exact, const Vec<Real100>& rounded, const char* what) {
  Real100 size(0), worst(0);
  for (Index i = 0; i < exact.size(); ++i) {
    const Real100 value = convert<Real100>(exact[i]);
    size = larger(size, magnitude(value));
    worst = larger(worst, magnitude(Real100(value - rounded[i])));
  }
  EXPECT_LE(worst, size * from_text<Real100>("1e-95")) << what;
}

TEST_F(S100Active, RationalAndRealHundredAgreeToNinetyFiveDigits) {
  // Exact arithmetic grows with n^3 long fractions: the first 20 variables on each side, all the
  // active rows, same numbers.
  Instance small = empty_instance(20, 20);
  const auto corner = [](const ExactMatrix& from, Index rows, Index cols) {
    return ExactMatrix(Mat<double>(from.nearest().topLeftCorner(rows, cols)));
  };
  small.name = "s100-active, leading block";
  small.Qxx = corner(instance.Qxx, 20, 20);
  small.Qyy = corner(instance.Qyy, 20, 20);
  small.x_target = corner(instance.x_target, 20, 1);
  small.cy = corner(instance.cy, 20, 1);
  small.H = corner(instance.H, 20, 20);
  small.M = corner(instance.M, 20, 20);
  small.d = corner(instance.d, 20, 1);
  small.A = corner(instance.A, 6, 20);
  small.B = corner(instance.B, 6, 20);
  small.b = corner(instance.b, 6, 1);
  small.x0 = corner(*instance.x0, 20, 1);

  S100Bench<Rational> exact(small);
  S100Bench<Real100> rounded(small);
  const Hypergradient<Rational> g = exact.at(small.x0->to_vector<Rational>());
  const Hypergradient<Real100> r = rounded.at(small.x0->to_vector<Real100>());
  const auto& s = exact.estimator.solution();
  const auto& t = rounded.estimator.solution();
  ASSERT_FALSE(s.active.empty());
  EXPECT_EQ(s.active, t.active);
  expect_same(s.y, t.y, "y");
  expect_same(s.multipliers, t.multipliers, "multipliers");
  expect_same(g.total, r.total, "total");
  expect_same(g.implicit, r.implicit, "implicit");
  // In rationals the KKT residuals are zero, not small.
  EXPECT_EQ(s.certificate.stationarity, Rational(0));
  EXPECT_EQ(s.certificate.primal, Rational(0));
  EXPECT_EQ(s.certificate.error_bound, Rational(0));
}

TEST_F(S100Active, RationalSolvesTheWholeProblem) {
  S100Bench<Rational> exact(instance);
  S100Bench<Real100> rounded(instance);
  const Hypergradient<Rational> g = exact.at(instance.x0->to_vector<Rational>());
  const Hypergradient<Real100> r = rounded.at(instance.x0->to_vector<Real100>());
  expect_same(exact.estimator.solution().y, rounded.estimator.solution().y, "y");
  expect_same(exact.estimator.solution().multipliers, rounded.estimator.solution().multipliers,
              "multipliers");
  expect_same(g.total, r.total, "total");
}

}  // namespace
}  // namespace assay
