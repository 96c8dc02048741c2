// Both plans against the exact oracle, at degenerate points too.
#include "assay/lower_level/parametric_qp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "assay/lower_level/varied_case_test.hpp"
#include "assay/support/error.hpp"
#include "reference/exact_residuals.hpp"

namespace assay {
namespace {

/// Solving with K = [H B'; B 0] through H^-1 and B H^-1 B' is stable but for the condition of the
/// parts: the answer is that of a matrix off by gamma kappa |K| and of data off by gamma, which
/// moves it by 3 gamma kappa^2 |K^-1| |data| while that is small.
template <class S>
Rational moved(const VariedCase& c, const Rational& data) {
  const Rational gamma = exact_gamma<S>(8 * (c.program.m() + c.program.rows() + c.instance.n + 8));
  return 3 * gamma * c.condition * c.condition * c.sensitivity * data;
}

/// M'p + A'nu for p and nu off by as much, and its own rounding.
template <class S>
Rational product_moved(const VariedCase& c) {
  const Rational v = max_entry(widen<Rational>(c.v));
  return 2 * c.slope * moved<S>(c, v);
}

const std::vector<VariedCase>& parametric_cases() {
  static const std::vector<VariedCase> all = [] {
    std::vector<VariedCase> made;
    for (std::uint64_t seed = 0; seed < 240; ++seed)
      made.push_back(varied_case(seed, seed % 4 == 1));
    return made;
  }();
  return all;
}

template <class S>
using Plan = typename ParametricQp<S>::Plan;

template <class S>
class ParametricQps : public testing::Test {};
TYPED_TEST_SUITE(ParametricQps, AllScalars, ScalarNames);

TYPED_TEST(ParametricQps, AreTheExactMinimiserAndItsDerivative) {
  using S = TypeParam;
  int fast = 0, helped = 0, kinks = 0, infeasible = 0, telling = 0;
  for (const VariedCase& c : parametric_cases())
    for (const auto plan : {Plan<S>::factor, Plan<S>::operators}) {
      const QuadraticProblem<S> problem(c.instance);
      ParametricQp<S> qp(ParametricProgram<S>(problem), plan);
      const Vec<S> x = widen<S>(c.x);
      const LowerStatus status = qp.solve(x);
      if (!c.answer.feasible) {
        // Rounding proves nothing.
        EXPECT_EQ(status, is_exact<S> ? LowerStatus::infeasible : LowerStatus::not_converged)
            << c.instance.name;
        ++infeasible;
        continue;
      }
      ASSERT_EQ(status, LowerStatus::solved) << c.instance.name;
      EXPECT_LE(max_entry(exact(qp.y()) - c.answer.y), moved<S>(c, c.data)) << c.instance.name;
      telling += moved<S>(c, c.data) < Rational(1, 1000000);
      EXPECT_EQ(qp.kink(), !c.answer.weakly_active.empty()) << c.instance.name;
      kinks += qp.kink();
      if (c.answer.nondegenerate()) (qp.slow_solves() == 0 ? fast : helped) += 1;
      if (!c.answer.unique_multipliers) continue;
      std::vector<Index> rows = qp.active();
      std::sort(rows.begin(), rows.end());
      EXPECT_EQ(rows, c.answer.strongly_active) << c.instance.name;
      for (std::size_t j = 0; j < rows.size(); ++j)
        EXPECT_LE(
            abs(exact(qp.multiplier(static_cast<Index>(j))) - c.answer.multipliers[qp.active()[j]]),
            moved<S>(c, c.data))
            << c.instance.name;
      if (plan == Plan<S>::factor && qp.slow_solves() == 0) {
        // One refinement leaves 2 gamma_{N+1} of the terms of the system of the N unknowns (Higham,
        // "Accuracy and Stability", theorem 12.4), whatever the condition; with those of g and r.
        Vec<S> multipliers = Vec<S>::Zero(c.program.rows());
        for (std::size_t j = 0; j < rows.size(); ++j)
          multipliers[qp.active()[j]] = qp.multiplier(static_cast<Index>(j));
        const reference::ExactResiduals<S> r(c.program, qp.y(), multipliers);
        const long terms = c.program.terms,
                   unknowns = c.program.m() + static_cast<long>(rows.size());
        const Rational left(2 * (unknowns + 1 + terms),
                            4 * (2 * (c.program.m() + c.program.rows()) + 16) + terms);
        EXPECT_LE(r.stationarity, left) << c.instance.name;
        EXPECT_LE(r.complementarity, left) << c.instance.name;
      }
      Vec<S> product;
      qp.vjp(widen<S>(c.v), product);
      EXPECT_LE(max_entry(exact(product) - c.product), product_moved<S>(c)) << c.instance.name;
    }
  EXPECT_GT(telling, 300);  // a bound that any answer meets says nothing
  EXPECT_GT(fast, 200);
  // What is nondegenerate needs no help, but for an instance whose rows are dependent on the way,
  // and two more in the order in which the plan of the factor meets them.
  EXPECT_EQ(helped, 4);
  EXPECT_GT(kinks, 60);
  EXPECT_GT(infeasible, 4);
}

TYPED_TEST(ParametricQps, GoOnFromTheRowsOfTheLastPoint) {
  using S = TypeParam;
  for (const auto plan : {Plan<S>::factor, Plan<S>::operators}) {
    int changes = 0;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      const VariedCase& c = parametric_cases()[seed * 4];
      if (!c.answer.feasible) continue;
      const QuadraticProblem<S> problem(c.instance);
      ParametricQp<S> walking(ParametricProgram<S>(problem), plan);
      std::vector<Index> before;
      for (std::uint64_t step = 0; step < 8; ++step) {
        const Vec<double> x = c.x + reference::eighths(seed, 2000 + step, c.instance.n, 8);
        ParametricQp<S> fresh(ParametricProgram<S>(problem), plan);
        ASSERT_EQ(walking.solve(widen<S>(x)), fresh.solve(widen<S>(x)));
        const auto program = reference::lower_program(c.instance, widen<Rational>(x));
        const auto answer = reference::minimise(program);
        if (!answer.nondegenerate()) continue;
        std::vector<Index> rows = walking.active();
        std::sort(rows.begin(), rows.end());
        EXPECT_EQ(rows, answer.strongly_active);
        changes += rows != before;
        before = rows;
        VariedCase here = c;
        here.program = program;
        here.sensitivity = reference::sensitivity(program, answer, 0);
        here.condition = here.sensitivity * c.condition / c.sensitivity;
        EXPECT_LE(max_entry(exact(walking.y()) - answer.y), moved<S>(here, 2 * c.data));
      }
    }
    EXPECT_GT(changes, 12);
  }
}

TYPED_TEST(ParametricQps, TakeOverANewH) {
  using S = TypeParam;
  const VariedCase& c = parametric_cases()[0];
  QuadraticProblem<S> problem(c.instance);
  for (const auto plan : {Plan<S>::factor, Plan<S>::operators}) {
    ParametricQp<S> qp(ParametricProgram<S>(problem), plan);
    const Vec<S> x = widen<S>(c.x);
    qp.solve(x);
    Mat<S> stiffer = problem.H, steeper = problem.M;
    for (Index i = 0; i < problem.m; ++i) stiffer(i, i) += S(1);
    steeper(0, 0) += S(1);
    problem.H = stiffer;
    problem.M = steeper;
    problem.d[0] += S(1);
    qp.renew();
    ParametricQp<S> fresh(ParametricProgram<S>(problem), plan);
    ASSERT_EQ(qp.solve(x), LowerStatus::solved);
    ASSERT_EQ(fresh.solve(x), LowerStatus::solved);
    EXPECT_EQ(qp.y(), fresh.y());
    Vec<S> a, b;
    qp.vjp(widen<S>(c.v), a);
    fresh.vjp(widen<S>(c.v), b);
    EXPECT_EQ(a, b);
  }
}

TYPED_TEST(ParametricQps, RefuseAnIndefiniteH) {
  using S = TypeParam;
  QuadraticProblem<S> problem(parametric_cases()[0].instance);
  const Mat<S> definite = problem.H;
  ParametricQp<S> before(ParametricProgram<S>(problem), Plan<S>::factor);
  problem.H = DataMatrix<S>(Mat<S>(-definite));
  EXPECT_THROW(ParametricQp<S>(ParametricProgram<S>(problem), Plan<S>::factor), NumericalError);
  // One that has met such an H answers again when it has a better one, and not before.
  const Vec<S> x = widen<S>(parametric_cases()[0].x);
  EXPECT_THROW(before.renew(), NumericalError);
  EXPECT_THROW(before.solve(x), NumericalError);
  problem.H = DataMatrix<S>(definite);
  before.renew();
  EXPECT_EQ(before.solve(x), LowerStatus::solved);
}

/// y1 + y2 = 0 and -y1 - (1 + 1e-7) y2 <= -1 leave y = (-1e7, 1e7): far off, but no contradiction.
TYPED_TEST(ParametricQps, SuspectNoContradictionWithoutProof) {
  using S = TypeParam;
  Instance in = empty_instance(1, 2);
  in.H = ExactMatrix(Mat<double>::Identity(2, 2));
  in.E = ExactMatrix(1, 1);
  in.G = ExactMatrix(1, 2);
  in.e = ExactMatrix(1, 1);
  in.G.set(0, 0, 1);
  in.G.set(0, 1, 1);
  in.A = ExactMatrix(1, 1);
  in.B = ExactMatrix(1, 2);
  in.b = ExactMatrix(1, 1);
  in.B.set(0, 0, -1);
  in.B.set(0, 1, -1 - 1e-7);
  in.b.set(0, 0, -1);
  const QuadraticProblem<S> problem(in);
  for (const auto plan : {Plan<S>::factor, Plan<S>::operators}) {
    ParametricQp<S> qp(ParametricProgram<S>(problem), plan);
    EXPECT_NE(qp.solve(Vec<S>::Constant(1, S(0))), LowerStatus::infeasible);
  }
}

/// Rows without y: 0 <= 1 - x says nothing until x = 1, and contradicts beyond; 0 = 0 never does.
TYPED_TEST(ParametricQps, KnowRowsWithoutCoefficients) {
  using S = TypeParam;
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 2);
  in.M.set(0, 0, -2);  // y = x
  in.A = ExactMatrix(1, 1);
  in.B = ExactMatrix(1, 1);
  in.b = ExactMatrix(1, 1);
  in.A.set(0, 0, 1);
  in.b.set(0, 0, 1);
  in.E = ExactMatrix(1, 1);
  in.G = ExactMatrix(1, 1);
  in.e = ExactMatrix(1, 1);
  const QuadraticProblem<S> problem(in);
  for (const auto plan : {Plan<S>::factor, Plan<S>::operators}) {
    ParametricQp<S> qp(ParametricProgram<S>(problem), plan);
    EXPECT_EQ(qp.solve(Vec<S>::Constant(1, S(0.5))), LowerStatus::solved);
    EXPECT_EQ(qp.y()[0], S(0.5));
    EXPECT_NE(qp.solve(Vec<S>::Constant(1, S(2))), LowerStatus::solved);
    EXPECT_EQ(qp.solve(Vec<S>::Constant(1, S(0.25))), LowerStatus::solved);
    EXPECT_EQ(qp.y()[0], S(0.25));
  }
}

TYPED_TEST(ParametricQps, NeedNoRows) {
  using S = TypeParam;
  Instance in = empty_instance(2, 1);
  in.H.set(0, 0, 2);
  in.M.set(0, 0, -2);
  in.M.set(0, 1, 4);
  const QuadraticProblem<S> problem(in);
  for (const auto plan : {Plan<S>::factor, Plan<S>::operators}) {
    ParametricQp<S> qp(ParametricProgram<S>(problem), plan);
    Vec<S> x(2), product;
    x << S(3), S(1);
    EXPECT_EQ(qp.solve(x), LowerStatus::solved);
    EXPECT_EQ(qp.y()[0], S(1));
    qp.vjp(Vec<S>::Constant(1, S(5)), product);
    EXPECT_EQ(product[0], S(5));
    EXPECT_EQ(product[1], S(-10));
  }
}

/// Bounds on one variable are no products: with y free of them within the bounds, and at either.
TYPED_TEST(ParametricQps, StopAtBoundsOnEitherSide) {
  using S = TypeParam;
  Instance in = empty_instance(2, 2);
  in.H = ExactMatrix(Mat<double>::Identity(2, 2));
  in.M.set(0, 0, -1);  // y = x without bounds
  in.M.set(1, 1, -1);
  for (Index i = 0; i < 2; ++i) {
    in.lower.set(i, 0, -1);
    in.upper.set(i, 0, 2);
  }
  const QuadraticProblem<S> problem(in);
  for (const auto plan : {Plan<S>::factor, Plan<S>::operators}) {
    ParametricQp<S> qp(ParametricProgram<S>(problem), plan);
    const auto at = [&](double a, double b) {
      Vec<S> x(2), v(2), product;
      x << S(a), S(b);
      v << S(3), S(5);
      EXPECT_EQ(qp.solve(x), LowerStatus::solved);
      qp.vjp(v, product);
      return std::vector<double>{to_double(qp.y()[0]), to_double(qp.y()[1]), to_double(product[0]),
                                 to_double(product[1])};
    };
    EXPECT_EQ(at(0.5, 1), (std::vector<double>{0.5, 1, 3, 5}));
    EXPECT_EQ(at(-4, 1), (std::vector<double>{-1, 1, 0, 5}));
    EXPECT_EQ(at(-4, 4), (std::vector<double>{-1, 2, 0, 0}));
    EXPECT_EQ(at(0, 4), (std::vector<double>{0, 2, 3, 0}));
    EXPECT_FALSE(qp.kink());
    EXPECT_EQ(qp.slow_solves(), 0);
    EXPECT_EQ(at(0, 2), (std::vector<double>{0, 2, 3, 5}));
    EXPECT_TRUE(qp.kink());
    EXPECT_EQ(qp.slow_solves(), 1);
    EXPECT_EQ(at(1, 1), (std::vector<double>{1, 1, 3, 5}));
    EXPECT_FALSE(qp.kink());
  }
}

/// More rows are violated at once than H is solved with at a time: y_i <= 1 - x, i + 2 without.
TYPED_TEST(ParametricQps, HoldFortyRowsAtOnce) {
  using S = TypeParam;
  const Index m = 40;
  Instance in = empty_instance(1, m);
  in.A = ExactMatrix(Mat<double>::Ones(m, 1));
  in.B = ExactMatrix(Mat<double>::Identity(m, m));
  in.b = ExactMatrix(Mat<double>::Ones(m, 1));
  for (Index i = 0; i < m; ++i) {
    const double curvature = static_cast<double>(1 << i % 3);
    in.H.set(i, i, curvature);
    in.d.set(i, 0, -curvature * static_cast<double>(i + 2));
  }
  const QuadraticProblem<S> problem(in);
  for (const auto plan : {Plan<S>::factor, Plan<S>::operators}) {
    ParametricQp<S> qp(ParametricProgram<S>(problem), plan);
    Vec<S> product;
    EXPECT_EQ(qp.solve(Vec<S>::Constant(1, S(0.5))), LowerStatus::solved);
    EXPECT_EQ(qp.slow_solves(), 0);
    EXPECT_EQ(qp.active().size(), static_cast<std::size_t>(m));
    for (Index i = 0; i < m; ++i) EXPECT_EQ(qp.y()[i], S(0.5)) << i;
    qp.vjp(Vec<S>::Ones(m), product);
    EXPECT_EQ(product[0], S(-40));
  }
}

/// Four to six rows active at the end, of nine: some enter and leave again on the way.
TEST(ParametricQp, FindsItsWayThroughManyRows) {
  int solved = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    reference::SmallShape shape;
    shape.m = 6;
    shape.rows = 9;
    const Instance in = reference::small_instance(seed, shape);
    const Vec<double> x = reference::eighths(seed, 1000, in.n, 8);
    const auto answer = reference::minimise(reference::lower_program(in, widen<Rational>(x)));
    if (!answer.nondegenerate() || answer.strongly_active.size() < 4) continue;
    const QuadraticProblem<double> problem(in);
    for (const auto plan : {Plan<double>::factor, Plan<double>::operators}) {
      ParametricQp<double> qp(ParametricProgram<double>(problem), plan);
      ASSERT_EQ(qp.solve(x), LowerStatus::solved);
      std::vector<Index> rows = qp.active();
      std::sort(rows.begin(), rows.end());
      EXPECT_EQ(rows, answer.strongly_active) << in.name;
    }
    ++solved;
  }
  EXPECT_GT(solved, 60);
}

/// Two equalities whose pivot is beyond the rounding of two variables, but not of a product with
/// 2000 x: what is held then lacks one, and so does the derivative.
TEST(ParametricQp, SaysWhereARowIsNotHeld) {
  Mat<double> M = Mat<double>::Zero(2, 2000);
  const Mat<double> H = Mat<double>::Identity(2, 2), A = Mat<double>::Zero(2, 2000);
  const double angle = 0x1p-21;  // the pivot is its square, 2^-42: 2048 roundings
  Mat<double> Bt(2, 2);
  Bt << 1, 1, 0, angle;
  const Vec<double> d = Vec<double>::Zero(2);
  Vec<double> b(2);
  for (const double second : {1.0, 0.0}) {
    M(1, 0) = 1 - second;
    b << 1, 1 + angle * second;  // at x = 0 the second holds where only the first is held, or not
    const ParametricProgram<double> program(H, M, d, A, Bt, b, 2);
    for (const auto plan : {Plan<double>::factor, Plan<double>::operators}) {
      ParametricQp<double> qp(program, plan);
      EXPECT_EQ(qp.solve(Vec<double>::Zero(2000)), LowerStatus::solved);
      EXPECT_EQ(qp.active().size(), 1U);
      EXPECT_TRUE(qp.kink());
    }
  }
}

/// y = x without rows; y0 + y1 / 2 <= 1.
struct OneRow {
  Mat<double> H = Mat<double>::Identity(2, 2), M = -H, A = Mat<double>::Zero(1, 2), Bt{{1}, {0.5}};
  Vec<double> d = Vec<double>::Zero(2), b = Vec<double>::Ones(1);

  ParametricProgram<double> view() const { return {H, M, d, A, Bt, b}; }
};

TEST(ParametricQp, KeepsTheRowsAndMayBeGivenItsOwnAnswer) {
  for (const auto plan : {Plan<double>::factor, Plan<double>::operators}) {
    OneRow data;
    data.d << 0.5, -1;  // a step along the row
    ParametricQp<double> qp(data.view(), plan);
    data.A(0, 0) = 7;
    data.Bt(0, 0) = 7;
    data.b[0] = 7;
    Vec<double> x(2), y(2);
    x << 1, 0;
    EXPECT_EQ(qp.solve(x), LowerStatus::solved);
    EXPECT_EQ(qp.solve(qp.y()), LowerStatus::solved);
    y << 0, 2;
    EXPECT_EQ(qp.y(), y);
    EXPECT_EQ(qp.slow_solves(), 2);
    EXPECT_TRUE(qp.kink());
  }
}

TEST(ParametricQp, SolvesNothingThatIsNotFinite) {
  for (const auto plan : {Plan<double>::factor, Plan<double>::operators})
    for (const double bad :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
      OneRow data;
      ParametricQp<double> qp(data.view(), plan);
      EXPECT_EQ(qp.solve(Vec<double>::Constant(2, bad)), LowerStatus::not_converged);
      EXPECT_EQ(qp.solve(Vec<double>::Constant(2, 0.25)), LowerStatus::solved);
      EXPECT_EQ(qp.y(), Vec<double>::Constant(2, 0.25));
      OneRow none;
      none.A.resize(0, 2);
      none.Bt.resize(2, 0);
      none.b.resize(0);
      ParametricQp<double> without_rows(none.view(), plan);
      EXPECT_EQ(without_rows.solve(Vec<double>::Constant(2, bad)), LowerStatus::not_converged);
      for (const double limit : {bad, -bad}) {
        data.b[0] = limit;
        ParametricQp<double> other(data.view(), plan);
        EXPECT_EQ(other.solve(Vec<double>::Zero(2)), LowerStatus::not_converged);
      }
    }
}

/// b'H^-1 b of a row of size 1e-161 has one digit or none.
TEST(ParametricQp, HoldsNoRowWhoseProductsUnderflow) {
  for (const auto plan : {Plan<double>::factor, Plan<double>::operators})
    for (const double size : {1e-130, 1e-161}) {
      OneRow data;
      data.Bt *= size;
      data.b *= size;
      ParametricQp<double> qp(data.view(), plan);
      EXPECT_EQ(qp.solve(Vec<double>::Constant(2, 2)), LowerStatus::solved);
      EXPECT_EQ(qp.kink(), size < 1e-140);
      EXPECT_EQ(qp.active().empty(), qp.kink());
    }
}

TEST(ParametricQpPlan, IsTheCheaperForTheSolvesToCome) {
  const QuadraticProblem<double> problem(parametric_cases()[0].instance);
  const ParametricProgram<double> program(problem);
  EXPECT_EQ(ParametricQp<double>(program, 1L).plan(), Plan<double>::factor);
  EXPECT_EQ(ParametricQp<double>(program, 1000L).plan(), Plan<double>::operators);
}

}  // namespace
}  // namespace assay
