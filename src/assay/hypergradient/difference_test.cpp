// Difference estimators against exact gradients. While no row changes sides F is quadratic, so a
// central difference has no error of order h^2: what is left is rounding divided by h.
#include "assay/hypergradient/difference.hpp"

#include <gtest/gtest.h>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/oracle_test.hpp"
#include "reference/small_instances.hpp"

namespace assay {
namespace {

using S = Real50;

/// A point whose active set is the same at all points closer than `reach` in every coordinate.
struct DifferenceCase {
  Instance instance;
  Vec<double> x;
  reference::Derivative derivative;
};

/// A margin that moves by at most `speed` for a unit of x in the max-norm stays positive within
/// margin / speed.
bool stays(const reference::Program& p, const Instance& in, const reference::RMat& A,
           const reference::Minimiser& at, const Rational& reach) {
  // (y, lambda) move by at most |K^-1| max(|M|, |A|) (row sums) for a unit of x.
  const Rational s = reference::sensitivity(p, at, 0);
  const auto size = [](const reference::RMat& a) {
    return a.size() == 0 ? Rational(0) : Rational(Rational(a.cols()) * a.cwiseAbs().maxCoeff());
  };
  const Rational data = std::max(size(in.M.to<Rational>()), size(A));
  const Rational speed = s * data, slack_speed = size(p.B) * speed + size(A);
  const ExactResiduals<Rational> r(p, at.y, at.multipliers);
  for (Index i = p.equalities; i < p.rows(); ++i)
    if (at.multipliers[i] > 0 ? at.multipliers[i] <= speed * reach
                              : r.slack[i] <= slack_speed * reach)
      return false;
  return true;
}

const std::vector<DifferenceCase>& difference_cases() {
  static const std::vector<DifferenceCase> all = [] {
    std::vector<DifferenceCase> made;
    for (std::uint64_t seed = 700; made.size() < 20; ++seed) {
      DifferenceCase c;
      c.instance = reference::small_instance(seed, reference::varied_shape(seed));
      c.x = reference::eighths(seed, 1000, c.instance.n, 8);
      const auto x = widen<Rational>(c.x);
      reference::RMat A;
      const auto program = reference::lower_program(c.instance, x, &A);
      const auto at = reference::minimise(program);
      if (!at.nondegenerate() || at.strongly_active.empty()) continue;
      if (!stays(program, c.instance, A, at, Rational(1, 10000))) continue;
      c.derivative = reference::derivative(c.instance, x, at.y, at.strongly_active);
      made.push_back(std::move(c));
    }
    return made;
  }();
  return all;
}

struct DifferenceSetting {
  explicit DifferenceSetting(const Instance& in, const FaultSet& f = {})
      : problem(in), lower(problem), draws(11, 3), context{&problem, &lower, &draws, {}, f} {}
  QuadraticProblem<S> problem;
  ActiveSetLowerLevel<S> lower;
  Draws draws;
  EstimatorContext<S> context;
};

/// Values of F in these instances are below 2^10 and their solutions are conditioned below 2^20: F
/// is known to gamma_100 2^30, a difference quotient to that divided by h.
S rounding_over(double h) { return gamma_bound<S>(100) * S(0x1p30) / S(h); }

TEST(CentralDifference, IsExactWhereNoRowChangesSides) {
  for (const DifferenceCase& c : difference_cases()) {
    for (const double h : {0x1p-14, 0x1p-20}) {
      DifferenceSetting setting(c.instance);
      CentralDifferenceEstimator<S> estimator(setting.context, {.step = h});
      Hypergradient<S> g;
      estimator.evaluate(widen<S>(c.x), {}, 0, g);
      const Rational bound = convert<Rational>(rounding_over(h));
      EXPECT_LE(max_entry(exact(g.total) - c.derivative.total), bound) << c.instance.name;
      EXPECT_LE(max_entry(exact(g.implicit) - c.derivative.implicit), bound) << c.instance.name;
      EXPECT_FALSE(g.kink);
    }
  }
}

TEST(TwoPoint, IsTheMeanOfDirectionalDerivativesTimesTheirDirections) {
  for (const DifferenceCase& c : difference_cases()) {
    DifferenceSetting setting(c.instance);
    const double radius = 0x1p-18;  // times |z| < 2^4 stays within the reach
    TwoPointEstimator<S> estimator(setting.context, {.radius = radius, .directions = 4});
    Hypergradient<S> g;
    const std::uint32_t sample = 2;
    estimator.evaluate(widen<S>(c.x), {}, sample, g);

    reference::RVec expected = reference::RVec::Constant(c.instance.n, Rational(0));
    for (std::uint32_t k = 0; k < 4; ++k) {
      const auto z =
          widen<Rational>(Draws(11, 3).normals(Purpose::direction, c.instance.n, sample * 4 + k));
      Rational slope = 0;
      for (Index i = 0; i < z.size(); ++i) slope += c.derivative.total[i] * z[i];
      for (Index i = 0; i < z.size(); ++i) expected[i] += slope * z[i] / 4;
    }
    EXPECT_LE(max_entry(exact(g.total) - expected), convert<Rational>(rounding_over(radius)) * 16);
  }
}

/// f = x y + 2 y^2 + y, y* = -(x + q): F_q' = 2 x + 3 q - 1 = 5/2 at x = 1, q = 1/2, and -3/2 of
/// that direct. Only powers of two and 53 bits of z enter: squares of x + s z need 168 bits at
/// most.
TEST(Differences, AreThoseOfThePerturbedFunction) {
  Instance in = empty_instance(1, 1);
  for (ExactMatrix* one : {&in.H, &in.M, &in.Qxy, &in.cy}) one->set(0, 0, 1);
  in.Qyy.set(0, 0, 4);
  DifferenceSetting setting(in);
  const auto z = [](std::uint32_t k) {
    return S(Draws(11, 3).normals(Purpose::direction, 1, k)[0]);
  };
  const auto expect = [&](auto estimator, const S& total) {
    Hypergradient<S> g;
    estimator.evaluate(Vec<S>::Constant(1, S(1)), Vec<S>::Constant(1, S(0.5)), 0, g);
    EXPECT_EQ(g.total[0], total);
    EXPECT_EQ(g.direct[0], S(-1.5));
  };
  const double s = 0x1p-10;
  expect(CentralDifferenceEstimator<S>(setting.context, {.step = s}), S(2.5));
  expect(TwoPointEstimator<S>(setting.context, {.radius = s}), S(2.5) * z(0) * z(0));
  expect(ShiftedDifferenceEstimator<S>(setting.context, {.radius = s, .step = s, .shifts = 2}),
         S(2.5) + S(s) * (z(0) + z(1)));
}

/// With a power of two as radius the missing 1/s is visible to the bit.
TEST(TwoPoint, UnscaledItIsOffByExactlyTheRadius) {
  FaultSet unscaled;
  unscaled.add(Fault::unscaled_two_point);
  for (const DifferenceCase& c : difference_cases()) {
    const double radius = 0x1p-7;
    Hypergradient<S> right, wrong;
    DifferenceSetting a(c.instance), b(c.instance, unscaled);
    TwoPointEstimator<S>(a.context, {.radius = radius}).evaluate(widen<S>(c.x), {}, 0, right);
    TwoPointEstimator<S>(b.context, {.radius = radius}).evaluate(widen<S>(c.x), {}, 0, wrong);
    for (Index i = 0; i < c.instance.n; ++i) EXPECT_EQ(wrong.total[i], right.total[i] * S(radius));
    EXPECT_NE(max_norm(right.total), S(0));
  }
}

TEST(ShiftedDifference, IsTheMeanGradientAtTheShiftedPoints) {
  for (const DifferenceCase& c : difference_cases()) {
    DifferenceSetting setting(c.instance);
    const double radius = 0x1p-18, h = 0x1p-20;
    ShiftedDifferenceEstimator<S> estimator(setting.context,
                                            {.radius = radius, .step = h, .shifts = 3});
    Hypergradient<S> g;
    estimator.evaluate(widen<S>(c.x), {}, 1, g);

    ImplicitEstimator<S> adjoint(setting.context);
    Vec<S> mean = Vec<S>::Constant(c.instance.n, S(0));
    for (std::uint32_t k = 0; k < 3; ++k) {
      Vec<S> x = widen<S>(c.x);
      const Vec<double> z = Draws(11, 3).normals(Purpose::direction, c.instance.n, 3 + k);
      for (Index i = 0; i < x.size(); ++i) x[i] += S(radius) * S(z[i]);
      Hypergradient<S> at;
      adjoint.evaluate(x, {}, 0, at);
      mean += at.total;
    }
    for (Index i = 0; i < mean.size(); ++i)
      EXPECT_LE(magnitude(S(g.total[i] - mean[i] / S(3))), rounding_over(h)) << c.instance.name;
  }
}

}  // namespace
}  // namespace assay
