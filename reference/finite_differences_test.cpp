// The judge of gradients before cases whose answer is known: correct and wrong gradients, noise, a
// kink, a lower level that stops early. F comes from the exact oracle or a closed form.
#include "reference/finite_differences.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "assay/numerics/random.hpp"
#include "assay/scalar/convert.hpp"
#include "assay/support/error.hpp"
#include "reference/exact_bilevel.hpp"
#include "reference/exact_residuals.hpp"
#include "reference/fraction_vectors.hpp"
#include "reference/known_kinks_test.hpp"
#include "reference/small_instances.hpp"

namespace assay::reference {
namespace {

template <class S>
using Function = std::function<S(const Vec<S>&)>;

/// F in fractions, rounded once.
template <class S>
Function<S> exact_function(const Instance& in) {
  return [in](const Vec<S>& x) {
    RVec z(x.size());
    for (Index i = 0; i < x.size(); ++i) z[i] = convert<Rational>(x[i]);
    const Minimiser at = minimise(lower_program(in, z));
    if (!at.feasible) return std::numeric_limits<S>::quiet_NaN();
    return convert<S>(upper_parts(in, z, at.y).value);
  };
}

/// A random instance with a differentiable point where rows are active.
struct FiniteDifferencesCase {
  Instance in;
  RVec x;
  ExactBilevel at;
};
FiniteDifferencesCase active_case(int skip) {
  for (std::uint64_t seed = 0;; ++seed) {
    FiniteDifferencesCase c{small_instance(seed, varied_shape(seed)), {}, {}};
    c.x = widen<Rational>(eighths(seed, 1000, c.in.n, 8));
    c.at = exact_at(c.in, c.x);
    if (!c.at.differentiable() || c.at.minimiser.strongly_active.empty() ||
        is_zero(c.at.implicit) || c.at.gap_squared == 0)
      continue;
    bool coupled = false;
    RMat A;
    lower_program(c.in, c.x, &A);
    for (const Index i : c.at.minimiser.strongly_active)
      coupled = coupled || !is_zero(A.row(i).transpose());
    if (coupled && skip-- == 0) return c;
  }
}

template <class S>
GradientJudgement judge(const FiniteDifferencesCase& c, const RVec& g, double accuracy) {
  DifferenceOptions options;
  options.accuracy = accuracy;
  options.directions = 3;
  return judge_gradient<S>(exact_function<S>(c.in), rounded<S>(c.x), rounded<S>(g), options);
}

TEST(FiniteDifferences, CorrectGradient) {
  for (int k = 0; k < 3; ++k) {
    const FiniteDifferencesCase c = active_case(k);
    // Rounding g to 168 bits is an error of 1e-50; the judge asks for thirty digits.
    const GradientJudgement wide = judge<Real50>(c, c.at.total, 1e-30);
    EXPECT_EQ(wide.verdict, Judgement::correct) << wide.text;
    for (const DirectionEvidence& d : wide.directions) {
      // A quadratic: the remainder is b h^2 up to 2^-10 of noise in R(h/4), 2^-14 in R(h).
      ASSERT_TRUE(d.order);
      EXPECT_NEAR(*d.order, 2, 1.1 * 0x1p-10 / 1.386);
      EXPECT_FALSE(d.stochastic);
    }
    const GradientJudgement narrow = judge<double>(c, c.at.total, 1e-7);
    EXPECT_EQ(narrow.verdict, Judgement::correct) << narrow.text;
    // Rounding of an F of size 1 .. 100, not more.
    EXPECT_LE(narrow.directions[0].noise, 0x1p-44);
  }
}

void expect_wrong(const FiniteDifferencesCase& c, const RVec& g) {
  const GradientJudgement wide = judge<Real50>(c, g, 1e-6);
  EXPECT_EQ(wide.verdict, Judgement::wrong) << wide.text;
  const DirectionEvidence& d = wide.directions[wide.decisive];
  ASSERT_TRUE(d.order);
  // a h, b h^2 being nothing at an h of 2^-100 or so, and noise as above.
  EXPECT_NEAR(*d.order, 1, 1.1 * 0x1p-10 / 1.386);
  const GradientJudgement narrow = judge<double>(c, g, 1e-6);
  EXPECT_EQ(narrow.verdict, Judgement::wrong) << narrow.text;
}

TEST(FiniteDifferences, OnePerCent) {
  for (int k = 0; k < 3; ++k) {
    const FiniteDifferencesCase c = active_case(k);
    expect_wrong(c, Rational(101, 100) * c.at.total);
    // Within what was asked for, it is correct.
    EXPECT_EQ(judge<double>(c, Rational(101, 100) * c.at.total, 0.1).verdict, Judgement::correct);
  }
}

TEST(FiniteDifferences, MissingImplicitPart) {
  for (int k = 0; k < 2; ++k) {
    const FiniteDifferencesCase c = active_case(k);
    expect_wrong(c, c.at.direct);
  }
}

/// The rows' own dependence on x left out: the gradient of the same problem with the limits frozen
/// at b - A x.
TEST(FiniteDifferences, MissingRowTerm) {
  for (int k = 0; k < 2; ++k) {
    const FiniteDifferencesCase c = active_case(k);
    FiniteDifferencesCase frozen = c;
    frozen.in.A = ExactMatrix(c.in.A.rows(), c.in.n);
    frozen.in.E = ExactMatrix(c.in.E.rows(), c.in.n);
    const Derivative d =
        derivative(frozen.in, c.x, c.at.minimiser.y, c.at.minimiser.strongly_active);
    ASSERT_NE(d.total, c.at.total);
    expect_wrong(c, d.total);
  }
}

/// Fresh noise of 1e-3 at every call: neither a correct gradient nor an error of 1 % can be told,
/// an error of 100 % can.
TEST(FiniteDifferences, NoiseWithoutCommonRandomNumbers) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    std::uint64_t calls = 0;
    // F = |x|^2: a quadratic that no kink cuts short.
    const Function<double> F = [&](const Vec<double>& x) {
      double sum = 0;
      for (Index i = 0; i < x.size(); ++i) sum += x[i] * x[i];
      return sum + 1e-3 * RandomStream(seed, 0, Purpose::objective_noise, calls++).normal(0);
    };
    const Vec<double> x = Vec<double>::Constant(4, 0.5), g = Vec<double>::Constant(4, 1.0);
    DifferenceOptions options;
    options.accuracy = 1e-3;
    const GradientJudgement right = judge_gradient<double>(F, x, g, options);
    EXPECT_EQ(right.verdict, Judgement::noise_limited) << right.text;
    const DirectionEvidence& d = right.directions[right.decisive];
    EXPECT_TRUE(d.stochastic);
    // Twice an estimate of 1e-3 from 32 draws: within (1/2, 3/2) of it but once in 2^14.
    EXPECT_GT(d.noise, 1e-3);
    EXPECT_LT(d.noise, 3e-3);
    EXPECT_EQ(judge_gradient<double>(F, x, Vec<double>(1.01 * g), options).verdict,
              Judgement::noise_limited);
    const GradientJudgement gross = judge_gradient<double>(F, x, Vec<double>(2 * g), options);
    EXPECT_EQ(gross.verdict, Judgement::wrong) << gross.text;
  }
}

/// The same noise, frozen as a function of the point (common random numbers do that), is seen by
/// the difference table.
TEST(FiniteDifferences, NoiseThatRepeatsItself) {
  const Function<double> F = [](const Vec<double>& x) {
    // 2^-20 steps: a staircase hides inside an otherwise smooth function.
    const double smooth = x[0] * x[0];
    const auto word = static_cast<std::uint64_t>((x[0] + 2) * 0x1p45);
    return smooth + 0x1p-20 * RandomStream(7, 0, Purpose::objective_noise, word).normal(0);
  };
  const Vec<double> x = Vec<double>::Constant(1, 0.7), g = Vec<double>::Constant(1, 1.4);
  DifferenceOptions options;
  options.accuracy = 1e-6;
  const GradientJudgement j = judge_gradient<double>(F, x, g, options);
  EXPECT_EQ(j.verdict, Judgement::noise_limited) << j.text;
  EXPECT_FALSE(j.directions[0].stochastic);
  // Nine values: the table is accurate to a small factor.
  EXPECT_GT(j.directions[0].noise, 0x1p-22);
  EXPECT_LT(j.directions[0].noise, 0x1p-18);
}

TEST(FiniteDifferences, KinkOfHatz) {
  const Instance in = hatz();
  for (const double claimed : {-1.0, 0.0, 1.0}) {
    const auto wide =
        judge_gradient<Real50>(exact_function<Real50>(in), Vec<Real50>::Constant(1, Real50(0)),
                               Vec<Real50>::Constant(1, Real50(claimed)));
    EXPECT_EQ(wide.verdict, Judgement::kink) << wide.text;
    const DirectionEvidence& d = wide.directions[wide.decisive];
    EXPECT_EQ(d.right, 1);
    EXPECT_EQ(d.left, -1);
    const auto narrow =
        judge_gradient<double>(exact_function<double>(in), Vec<double>::Constant(1, 0.0),
                               Vec<double>::Constant(1, claimed));
    EXPECT_EQ(narrow.verdict, Judgement::kink) << narrow.text;
  }
  // A hundredth beside the kink there is a gradient, and the larger steps do not hide it.
  const auto beside = judge_gradient<double>(
      exact_function<double>(in), Vec<double>::Constant(1, -0.01), Vec<double>::Constant(1, -1.0));
  EXPECT_EQ(beside.verdict, Judgement::correct) << beside.text;
  // Direction 0 is that of g, away from the kink; to its left the steps stop before it.
  ASSERT_EQ(beside.directions[0].w[0], -1);
  EXPECT_GT(beside.directions[0].h_right, 0.01);
  EXPECT_LE(beside.directions[0].h_left, 0.01);
}

/// f = |x|^2/2 + |y - t|^2/2, lower y'diag(1,4)y/2 - x'y solved by K steps of length 1/4 from 0:
/// y_K = ((1 - (3/4)^K) x1, x2/4).
TEST(FiniteDifferences, LowerLevelNotConverged) {
  const Real50 t(0.5);
  const auto truncated = [&](int steps) -> Function<Real50> {
    return [=](const Vec<Real50>& x) {
      Real50 y1(0), y2(0);
      for (int k = 0; k < steps; ++k) {
        y1 -= (y1 - x[0]) / 4;
        y2 -= (4 * y2 - x[1]) / 4;
      }
      return (x[0] * x[0] + x[1] * x[1] + (y1 - t) * (y1 - t) + (y2 - t) * (y2 - t)) / 2;
    };
  };
  // |f(y_K) - f(y*)| = |y_K - y*| |y_K + y* - 2t| / 2 <= rho^K X (X + t), X = 1 + 1.1 the largest
  // |x1| that a step of 1 along a unit vector reaches.
  const auto bound = [](int steps) {
    double rho = 1;
    for (int k = 0; k < steps; ++k) rho *= 0.75;
    return rho * 2.1 * (2.1 + 0.5);
  };
  Vec<Real50> x(2), g(2), off(2);
  x << Real50(1), Real50(-0.5);
  g << x[0] + (x[0] - t), x[1] + (x[1] / 4 - t) / 4;
  off << g[0] * Real50(101) / 100, g[1];
  const auto verdict = [&](int steps, const Vec<Real50>& claimed, bool tell, double accuracy) {
    DifferenceOptions options;
    options.accuracy = accuracy;
    if (tell) options.lower_level_error = bound(steps);
    return judge_gradient<Real50>(truncated(steps), x, claimed, options);
  };
  // 20 steps leave 3e-3: an error in the slope that looks like a wrong gradient to whoever does not
  // know of the lower level.
  EXPECT_EQ(verdict(20, g, false, 1e-6).verdict, Judgement::wrong);
  const GradientJudgement told = verdict(20, g, true, 1e-6);
  EXPECT_EQ(told.verdict, Judgement::lower_level_not_converged) << told.text;
  // Solved to 1e-19, six digits are easily told, and an error of 1 % again.
  const GradientJudgement solved = verdict(160, g, true, 1e-6);
  EXPECT_EQ(solved.verdict, Judgement::correct) << solved.text;
  EXPECT_EQ(verdict(160, off, true, 1e-6).verdict, Judgement::wrong);
  // An error larger than the lower level can explain stays wrong: 32/3 bound(20) = 0.19.
  EXPECT_EQ(verdict(20, Vec<Real50>(Real50(2) * g), true, 1e-6).verdict, Judgement::wrong);
}

/// F is defined for x <= 1/8 only: the larger steps to the right are left out.
TEST(FiniteDifferences, StopsWhereFIsNotDefined) {
  const Function<double> F = [](const Vec<double>& x) {
    return x[0] > 0.125 ? std::numeric_limits<double>::quiet_NaN() : x[0] * x[0] + x[0];
  };
  const auto judge_at = [&](double x, double g) {
    return judge_gradient<double>(F, Vec<double>::Constant(1, x), Vec<double>::Constant(1, g));
  };
  const GradientJudgement j = judge_at(0, 1);
  EXPECT_EQ(j.verdict, Judgement::correct) << j.text;
  EXPECT_LE(j.directions[0].h_right, 0.125);
  EXPECT_EQ(judge_at(0, 1.01).verdict, Judgement::wrong);
  EXPECT_THROW(judge_at(1, 1), NumericalError);
}

TEST(FiniteDifferences, AsksForADirection) {
  DifferenceOptions options;
  options.directions = 0;
  EXPECT_THROW(
      judge_gradient<double>([](const Vec<double>&) { return 0.0; }, Vec<double>::Constant(1, 0.0),
                             Vec<double>::Constant(1, 0.0), options),
      std::invalid_argument);
}

}  // namespace
}  // namespace assay::reference
