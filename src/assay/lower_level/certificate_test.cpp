// The proved distance to y* against the true one, in exact arithmetic.
#include "assay/lower_level/certificate.hpp"

#include <cmath>

#include "assay/lower_level/oracle_test.hpp"
#include "reference/small_instances.hpp"

namespace assay {
namespace {

using reference::RVec;

Rational square(const RVec& v) {
  Rational sum = 0;
  for (Index i = 0; i < v.size(); ++i) sum += v[i] * v[i];
  return sum;
}

/// Calls `use(problem, program, answer, seed)` for small feasible instances.
template <class Use>
int for_each_case(Use use) {
  int count = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const Instance in = reference::small_instance(seed, reference::varied_shape(seed));
    const RVec x = widen<Rational>(reference::eighths(seed, 1000, in.n, 8));
    const auto program = reference::lower_program(in, x);
    const auto answer = reference::minimise(program);
    if (!answer.feasible) continue;
    use(QuadraticProblem<Rational>(in), program, answer, seed);
    ++count;
  }
  return count;
}

RVec perturbation(std::uint64_t seed, std::uint64_t what, Index size, const Rational& scale) {
  RVec v = widen<Rational>(reference::eighths(seed, what, size, 8));
  for (Index i = 0; i < size; ++i) v[i] *= scale;
  return v;
}

TEST(Certificate, IsZeroAtTheSolution) {
  for_each_case([](const auto& problem, const auto& p, const auto& a, std::uint64_t) {
    const auto c = Certifier<Rational>()(problem, p.g, p.r, {p.g, p.r}, a.y, a.multipliers);
    EXPECT_EQ(c.stationarity + c.primal + c.dual + c.complementarity + c.error_bound, 0);
    EXPECT_TRUE(c.bound_is_proved);
  });
}

/// K2: with y feasible and lambda >= 0 always; with y infeasible where no violated row has a true
/// multiplier more than twice the given one, which is what doubling lambda stands for.
TEST(Certificate, BoundsTheDistanceToTheSolution) {
  int proved = 0, substituted = 0;
  for_each_case([&](const auto& problem, const auto& p, const auto& a, std::uint64_t seed) {
    Certifier<Rational> certify;
    for (std::uint64_t trial = 0; trial < 12; ++trial) {
      const Rational scale = Rational(1) / (1 << (2 * trial));
      const RVec y = a.y + perturbation(seed, 100 + trial, p.m(), scale);
      RVec lambda = a.multipliers + perturbation(seed, 200 + trial, p.rows(), scale);
      for (Index i = p.equalities; i < p.rows(); ++i)
        if (lambda[i] < 0 || trial % 3 == 0) lambda[i] = a.multipliers[i];
      const auto c = certify(problem, p.g, p.r, {p.g, p.r}, y, lambda);

      bool feasible = true, covered = true;
      for (Index i = 0; i < p.rows(); ++i) {
        Rational h = -p.r[i];
        for (Index j = 0; j < p.m(); ++j) h += p.B(i, j) * y[j];
        const bool violated = i < p.equalities ? h != 0 : h > 0;
        feasible = feasible && !violated;
        covered = covered && !(violated && abs(a.multipliers[i]) > 2 * abs(lambda[i]));
      }
      EXPECT_EQ(c.bound_is_proved, feasible);
      EXPECT_EQ(c.dual, 0);
      if (covered) {
        EXPECT_GE(c.error_bound * c.error_bound, square(y - a.y)) << seed;
      }
      proved += feasible ? 1 : 0;
      substituted += !feasible && covered ? 1 : 0;
    }
  });
  EXPECT_GT(proved, 200);
  EXPECT_GT(substituted, 200);
}

/// Not vacuous: with the true multipliers and y = y* + v, r = H v and chi = sum |lambda_i b_i'v|
/// (twice more on violated rows), so the bound is at most |Hv|/mu + sqrt(3 chi/mu).
TEST(Certificate, IsNotMuchLargerThanItsIngredients) {
  for_each_case([](const auto& problem, const auto& p, const auto& a, std::uint64_t seed) {
    const RVec v = perturbation(seed, 300, p.m(), Rational(1, 1024));
    const auto c = Certifier<Rational>()(problem, p.g, p.r, {p.g, p.r}, a.y + v, a.multipliers);
    RVec Hv(p.m());
    for (Index i = 0; i < p.m(); ++i) {
      Hv[i] = 0;
      for (Index j = 0; j < p.m(); ++j) Hv[i] += p.H(i, j) * v[j];
    }
    Rational chi = 0;
    for (Index i = 0; i < p.rows(); ++i) {
      Rational move = 0;
      for (Index j = 0; j < p.m(); ++j) move += p.B(i, j) * v[j];
      chi += abs(a.multipliers[i] * move);
    }
    const Real100 mu = convert<Real100>(problem.mu);
    const Real100 most = square_root(convert<Real100>(square(Hv))) / mu +
                         square_root(Real100(Real100(3) * convert<Real100>(chi) / mu));
    // The roots of the certificate start from a double: relative error 2^-106 / 2 after one step.
    EXPECT_LE(convert<Real100>(c.error_bound), most * (Real100(1) + Real100(0x1p-100)));
    if (chi == 0 && square(v) > 0) {
      const Real100 distance = square_root(convert<Real100>(square(v)));
      EXPECT_LE(convert<Real100>(c.error_bound), distance * convert<Real100>(problem.lipschitz) /
                                                     mu * (Real100(1) + Real100(0x1p-100)));
    }
  });
}

TEST(Certificate, ReportsTheFourResiduals) {
  // H = 2, row y <= 1, at y = 3 with lambda = -5, linear term 1.
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 2);
  in.A = ExactMatrix(1, 1);
  in.B = in.b = ExactMatrix(Mat<double>(Mat<double>::Ones(1, 1)));
  const QuadraticProblem<Rational> problem(in);
  const auto one = [](int v) { return RVec(RVec::Constant(1, Rational(v))); };
  const auto c = Certifier<Rational>()(problem, one(1), one(1), {one(1), one(1)}, one(3), one(-5));
  EXPECT_EQ(c.stationarity, 2);  // |2*3 + 1 - 5|
  EXPECT_EQ(c.primal, 2);
  EXPECT_EQ(c.dual, 5);
  EXPECT_EQ(c.complementarity, 10);
  EXPECT_FALSE(c.bound_is_proved);
}

/// min 1/2 (y - 2)^2, y <= 0, judged at y = 1/2 with lambda = 1 (y* = 0, lambda* = 2): r = -1/2,
/// chi = 1/2 + 2 * 1/2, the bound (1/2 + sqrt(1/4 + 6)) / 2 = 3/2.
TEST(Certificate, DoublesTheMultiplierOfAViolatedRow) {
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.A = in.b = ExactMatrix(1, 1);
  in.B = ExactMatrix(Mat<double>(Mat<double>::Ones(1, 1)));
  const QuadraticProblem<Rational> problem(in);
  const auto one = [](const Rational& v) { return RVec(RVec::Constant(1, v)); };
  const auto c = Certifier<Rational>()(problem, one(-2), one(0), {one(-2), one(0)},
                                       one(Rational(1, 2)), one(1));
  EXPECT_GE(c.error_bound, Rational(3, 2));
  // mu is proved to at least 1 - 2^-20 here; the bound grows no faster than 1/mu.
  EXPECT_LE(c.error_bound, Rational(3, 2) * (1 + convert<Rational>(0x1p-19)));
}

/// min 1/2 y^2 + y, y <= 0 (y* = -1), judged at y = 0 with lambda = -1: no residual, no violation,
/// chi = 0. The bound is then 0 and wrong, and only the sign of lambda says so.
TEST(Certificate, ANegativeMultiplierProvesNothing) {
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.A = in.b = ExactMatrix(1, 1);
  in.B = ExactMatrix(Mat<double>(Mat<double>::Ones(1, 1)));
  const QuadraticProblem<Rational> problem(in);
  const auto one = [](int v) { return RVec(RVec::Constant(1, Rational(v))); };
  const auto c = Certifier<Rational>()(problem, one(1), one(0), {one(1), one(0)}, one(0), one(-1));
  EXPECT_EQ(c.dual, 1);
  EXPECT_EQ(c.error_bound, 0);
  EXPECT_TRUE(c.has_bound);
  EXPECT_FALSE(c.bound_is_proved);
}

/// A row y <= 0.3 without a multiplier. Violated by the last bit, 6e-17, it may hold: its terms 0.3
/// and 0.3 round to gamma_36 0.6 = 2.4e-15. Violated by 1e-12 it does not.
TEST(Certificate, OnlyAViolationBeyondRoundingLeavesNoBound) {
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.A = in.b = ExactMatrix(1, 1);
  in.b.set(0, 0, 0.3);
  in.B = ExactMatrix(Mat<double>(Mat<double>::Ones(1, 1)));
  const QuadraticProblem<double> problem(in);
  const auto one = [](double v) { return Vec<double>(Vec<double>::Constant(1, v)); };
  const auto at = [&](double y) {
    return Certifier<double>()(problem, one(-y), one(0.3), {one(-y), one(0.3)}, one(y), one(0));
  };
  EXPECT_TRUE(at(std::nextafter(0.3, 1)).has_bound);
  EXPECT_FALSE(at(std::nextafter(0.3, 1)).bound_is_proved);
  EXPECT_FALSE(at(0.3 + 1e-12).has_bound);
}

TEST(Certificate, WithoutAFiniteBoundThereIsNone) {
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  const QuadraticProblem<double> problem(in);
  const Vec<double> none(0), zero = Vec<double>::Zero(1);
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double y : {0.0, 1e200, infinity, infinity - infinity}) {
    const Vec<double> at = Vec<double>::Constant(1, y);
    const auto c = Certifier<double>()(problem, zero, none, {zero, none}, at, none);
    EXPECT_EQ(c.has_bound, y == 0) << y;  // the square of 1e200 overflows
    EXPECT_EQ(c.bound_is_proved, y == 0) << y;
  }
}

TEST(SquareRootBound, IsAboveTheRootAndClose) {
  for (const Rational& a :
       {Rational(2), Rational(1, 3), Rational(1) / (Rational(1) + convert<Rational>(0x1p300))}) {
    const Rational root = square_root_bound(a);
    EXPECT_GE(root * root, a);
    // One step of Heron's method from a double: relative error (2^-53)^2 / 2, squared value twice
    // that.
    EXPECT_LE(root * root, a * (1 + convert<Rational>(0x1p-104)));
  }
  EXPECT_EQ(square_root_bound(Rational(0)), 0);
}

/// Beyond the range of double the start of Heron's step is far off, but a bound remains.
TEST(SquareRootBound, ExistsBeyondTheRangeOfDouble) {
  for (const int exponent : {-2200, -1076, 1023, 1024, 2200}) {
    const Rational a = scale_by_power_of_two(Rational(1), exponent);
    const Rational root = square_root_bound(a);
    EXPECT_GE(root * root, a) << exponent;
  }
}

}  // namespace
}  // namespace assay
