// Lower levels that are degenerate, badly scaled, nearly dependent or large: where a method that
// guesses an active set goes wrong.
#include <cmath>
#include <set>

#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/oracle_test.hpp"
#include "assay/numerics/random.hpp"
#include "reference/small_instances.hpp"

namespace assay {
namespace {

using Rows = std::vector<std::vector<double>>;

/// min 1/2|y|^2 - target'y (so y = target without rows), rows given as {b..., limit}; x does not
/// enter.
Instance projection(const std::vector<double>& target, const Rows& inequalities,
                    const Rows& equalities = {}) {
  const Index m = static_cast<Index>(target.size());
  Instance in = empty_instance(1, m);
  in.H = ExactMatrix(Mat<double>::Identity(m, m));
  for (Index i = 0; i < m; ++i) in.d.set(i, 0, -target[static_cast<std::size_t>(i)]);
  const auto fill = [m](const Rows& rows, ExactMatrix& X, ExactMatrix& Y, ExactMatrix& limit) {
    const Index count = static_cast<Index>(rows.size());
    X = ExactMatrix(count, 1);
    Y = ExactMatrix(count, m);
    limit = ExactMatrix(count, 1);
    for (Index i = 0; i < count; ++i) {
      const auto& row = rows[static_cast<std::size_t>(i)];
      for (Index j = 0; j < m; ++j) Y.set(i, j, row[static_cast<std::size_t>(j)]);
      limit.set(i, 0, row.back());
    }
  };
  fill(inequalities, in.A, in.B, in.b);
  fill(equalities, in.E, in.G, in.e);
  return in;
}

reference::Program program_of(const Instance& in) {
  reference::RVec x(in.n);
  for (Index i = 0; i < in.n; ++i) x[i] = 0;
  return reference::lower_program(in, x);
}

template <class S>
LowerSolution<S> solve_at_origin(const Instance& in) {
  const QuadraticProblem<S> problem(in);
  ActiveSetLowerLevel<S> lower(problem);
  return lower.solve(Vec<S>::Constant(in.n, S(0)), {});
}

template <class S>
class HardPrograms : public testing::Test {};
TYPED_TEST_SUITE(HardPrograms, AllScalars, ScalarNames);

/// Compares with the enumeration, whatever the degeneracy.
template <class S>
void expect_exact(const Instance& in) {
  const auto program = program_of(in);
  const auto truth = reference::minimise(program);
  const auto s = solve_at_origin<S>(in);
  ASSERT_TRUE(truth.feasible);
  ASSERT_EQ(s.status, LowerStatus::solved);
  expect_optimal(program, s, "");
  const Rational change = ExactResiduals<S>(program, s.y, s.multipliers).allowed;
  const Rational e = reference::sensitivity(program, truth, change) * change;
  EXPECT_LE(max_entry(exact(s.y) - truth.y), e);
  EXPECT_EQ(s.licq, truth.licq);
  if (truth.licq) {
    EXPECT_EQ(s.active, truth.strongly_active);
    EXPECT_EQ(s.weakly_active, truth.weakly_active);
    return;
  }
  // Multipliers are not unique: which rows carry them is the solver's choice, which rows hold is
  // not.
  const auto together = [](std::vector<Index> rows, const std::vector<Index>& more) {
    rows.insert(rows.end(), more.begin(), more.end());
    std::sort(rows.begin(), rows.end());
    return rows;
  };
  EXPECT_EQ(together(s.active, s.weakly_active),
            together(truth.strongly_active, truth.weakly_active));
}

TYPED_TEST(HardPrograms, DegenerateVertexWithMoreRowsThanDimensions) {
  expect_exact<TypeParam>(
      projection({3, 2}, {{1, 0, 1}, {0, 1, 1}, {1, 1, 2}, {2, 1, 3}, {1, 2, 3}}));
}

TYPED_TEST(HardPrograms, DegenerateVertexOfFiveRowsInSpace) {
  expect_exact<TypeParam>(projection(
      {3, 2, 4},
      {{1, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, 1, 1}, {1, 1, 1, 3}, {1, -1, 0, 0}, {1, 2, 3, 6}}));
}

TYPED_TEST(HardPrograms, DuplicatedAndProportionalRows) {
  expect_exact<TypeParam>(
      projection({2, 1}, {{1, 0.5, 1}, {1, 0.5, 1}, {3, 1.5, 3}, {0.25, 0.125, 0.25}}));
}

/// Two rows at a small angle need multipliers so large that a residual is left on the twin of one
/// of them that is far above its own rounding.
TYPED_TEST(HardPrograms, ATwinIsNotSwappedForTheRowItRepeats) {
  Instance in = projection({0, 0, 0}, {{-0.77, -0.02, 0.08, -2},
                                       {-0.34, -0.43, -0.84, -2},
                                       {-0.77, -0.02, 0.08, -2},
                                       {1.55, 0.08, -0.07, 1}});
  const double H[3][3] = {{1.5390625, -0.515625, 0.03125},
                          {-0.515625, 2.1796875, 0.828125},
                          {0.03125, 0.828125, 2.0703125}};
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 3; ++j) in.H.set(i, j, H[i][j]);
  expect_exact<TypeParam>(in);
}

TYPED_TEST(HardPrograms, RedundantRowsAreLeftAlone) {
  expect_exact<TypeParam>(
      projection({2, 2}, {{1, 1, 1}, {1, 1, 5}, {2, 1, 100}, {1, 2, 40}, {-1, 0, 7}}));
}

TYPED_TEST(HardPrograms, RowsScaledByTenToThePlusMinusEight) {
  expect_exact<TypeParam>(
      projection({3, 2, -1}, {{1e8, 2e8, 1e8, 1e8}, {1e-8, -1e-8, 3e-8, -1e-8}, {1, 1, -1, 0.5}}));
}

TYPED_TEST(HardPrograms, AnEqualityWrittenAsTwoInequalities) {
  expect_exact<TypeParam>(projection({2, -1, 0.5}, {{1, 2, 1, 1}, {-1, -2, -1, -1}, {1, 0, 0, 1}}));
}

TYPED_TEST(HardPrograms, DependentEqualitiesThatAgree) {
  expect_exact<TypeParam>(
      projection({2, -1, 0.5}, {{1, 0, 0, 0.25}}, {{1, 1, 1, 1}, {2, 2, 2, 2}, {1, -1, 0, 0.5}}));
}

TYPED_TEST(HardPrograms, EqualityWithBounds) {
  Instance in = projection({1, 2, 3}, {}, {{1, 1, 1, 1}});
  for (Index i = 0; i < 3; ++i) {
    in.lower.set(i, 0, 0);
    in.upper.set(i, 0, 0.75);
  }
  expect_exact<TypeParam>(in);  // the projection onto a capped simplex
}

TYPED_TEST(HardPrograms, AsManyEqualitiesAsVariables) {
  expect_exact<TypeParam>(projection({1, 2}, {{1, 0, 1}, {0, 1, 5}}, {{1, 1, 2}, {1, -1, 0}}));
}

// --- infeasible, and nearly so ------------------------------------------------------------------

TYPED_TEST(HardPrograms, ContradictionsAreSeen) {
  using S = TypeParam;
  const auto infeasible = [](const Instance& in) {
    ASSERT_FALSE(reference::minimise(program_of(in)).feasible);
    EXPECT_EQ(solve_at_origin<S>(in).status, LowerStatus::infeasible);
  };
  infeasible(projection({1, 1}, {{1, 1, 1}, {-1, -1, -2}}));
  infeasible(projection({1, 1}, {}, {{1, 2, 1}, {1, 2, 2}}));
  infeasible(projection({1, 1}, {{0, 1, 5}}, {{1, 2, 1}, {-2, -4, 2}, {1, 0, 0}}));
  infeasible(projection({0, 0, 0}, {{1, 1, 0, 1}, {0, -1, 1, 0}, {-1, 0, -1, -2}}));
  // The first row is small beside the two it is a combination of.
  infeasible(projection({0, 0, 0}, {{-0.125, 0.421875, -0.0625, 1},
                                    {-0.015625, 0.34375, 0.984375, 1},
                                    {0.296875, -1.875, -2.828125, -6}}));
  infeasible(projection({1, 1}, {{1, 0, 0}, {-1, 0, -0.001}}));
  Instance bounded = projection({0, 0}, {{-1, -1, -3}});
  for (Index i = 0; i < 2; ++i) bounded.upper.set(i, 0, 1);
  infeasible(bounded);
}

/// 46 rows and 50 variables: too many for an exact solve, but the last equality is a combination of
/// the others, missed from above and from below.
TYPED_TEST(HardPrograms, ContradictingEqualitiesAreSeenAlsoInLargePrograms) {
  using S = TypeParam;
  constexpr std::size_t m = 50, held = 45;
  Rows equalities(held + 1, std::vector<double>(m + 1, 0));
  for (std::size_t i = 0; i < held; ++i) equalities[i][i] = 1;
  equalities[held][0] = 1;
  for (const double limit : {1.0, -1.0}) {
    equalities[held][m] = limit;
    const auto s = solve_at_origin<S>(projection(std::vector<double>(m, 0), {}, equalities));
    EXPECT_EQ(s.status, LowerStatus::infeasible) << limit;
  }
}

TYPED_TEST(HardPrograms, TouchingRowsAreFeasible) {
  using S = TypeParam;
  expect_exact<S>(projection({3, 1}, {{1, 1, 1}, {-1, -1, -1}}));
  expect_exact<S>(projection({3, 1, 0}, {{1, 1, 0, 1}, {0, -1, 1, 0}, {-1, 0, -1, -1}}));
  Instance bounded = projection({0, 0}, {{-1, -1, -2}});
  for (Index i = 0; i < 2; ++i) bounded.upper.set(i, 0, 1);
  expect_exact<S>(bounded);
  // Two steep equalities meet at y_1 = (r_0 - r_1)/2, which two rows repeat: y_1 is only known to
  // the rounding of the steep rows, far more than that of its own.
  const double up = 0.1e8 + 0.7, down = 0.1e8 - 0.7, middle = (up - down) / 2;
  const Instance steep =
      projection({1, 1}, {{0, 1, middle}, {0, -1, -middle}}, {{1e8, 1, up}, {1e8, -1, down}});
  ASSERT_TRUE(reference::minimise(program_of(steep)).feasible);
  const auto status = solve_at_origin<S>(steep).status;
  EXPECT_NE(status, LowerStatus::infeasible);
  // B B' is conditioned like 1e16: beyond 53 bits.
  if (is_exact<S> || unit_roundoff<S>() < S(0x1p-100)) {
    EXPECT_EQ(status, LowerStatus::solved);
  }
  // A single feasible point, at decimals that no binary number hits: feasible up to rounding.
  const auto s =
      solve_at_origin<S>(projection({5, 5}, {{1, 0, 0.1}, {0, 1, 0.2}, {-1, -1, -(0.1 + 0.2)}}));
  // Exactly: 0.1 + 0.2 rounds up, so in fractions the three rows do contradict each other.
  EXPECT_EQ(s.status,
            S(0.1) + S(0.2) < S(0.1 + 0.2) ? LowerStatus::infeasible : LowerStatus::solved);
}

TEST(HardProgramsRational, SeesAGapOfTenToTheMinusThirty) {
  const auto with_limit = [](const std::string& limit) {
    Instance in = projection({1, 1}, {{1, 2, 1}, {-1, -2, -1}});
    in.b.set_fraction(1, 0, limit);
    return solve_at_origin<Rational>(in).status;
  };
  const std::string scale = "1" + std::string(30, '0');
  EXPECT_EQ(with_limit("-" + scale.substr(0, 30) + "1/" + scale), LowerStatus::infeasible);
  EXPECT_EQ(with_limit("-" + std::string(30, '9') + "/" + scale), LowerStatus::solved);
  EXPECT_EQ(with_limit("-1/1"), LowerStatus::solved);
}

// --- nearly dependent rows ----------------------------------------------------------------------

/// Two rows at a small angle, y_0 <= 0 and y_0 + angle y_1 <= -angle, and a pull so strong that
/// both bind: y* = (0, -1, 5), multipliers 1/angle. Where the scalar cannot tell the rows apart,
/// ignoring the second would move y_1 by 1 behind a violation of only `angle`.
TYPED_TEST(HardPrograms, RowsAtASmallAngleAreSolvedOrReported) {
  using S = TypeParam;
  for (const double angle : {1e-4, 1e-6, 3e-7, 1e-7, 3e-8, 1e-9, 1e-12}) {
    for (const double aside : {0.0, 5.0}) {
      const Instance in = projection({2 / angle, 0, aside}, {{1, 0, 0, 0}, {1, angle, 0, -angle}});
      const auto s = solve_at_origin<S>(in);
      if (s.status == LowerStatus::solved)
        expect_optimal(program_of(in), s, std::to_string(angle));
      else
        EXPECT_EQ(s.status, LowerStatus::not_converged) << angle;  // (0,-1,5) satisfies both
      // The pivot of the second row is angle^2 of its size: above 1e-12 well apart in every scalar.
      if (is_exact<S> || angle >= 1e-6) {
        EXPECT_EQ(s.status, LowerStatus::solved) << angle;
      }
    }
  }
}

/// The same beside an equality, which cannot give way: y_0 = 0, y_0 + angle y_1 <= -angle, y* = (0,
/// -1, aside). Taken as dependent on the equality, the row looks violated by `angle` for ever.
TYPED_TEST(HardPrograms, ARowAtASmallAngleToAnEqualityIsSolvedOrReported) {
  using S = TypeParam;
  for (const double angle : {1e-4, 1e-6, 3e-8, 1e-9}) {
    for (const auto& [pull, aside] : {std::pair{1.0, 0.0}, {1.0, 5.0}, {0.5, 0.0}, {0.0, 0.0}}) {
      const Instance in = projection({pull, 0, aside}, {{1, angle, 0, -angle}}, {{1, 0, 0, 0}});
      const auto s = solve_at_origin<S>(in);
      if (s.status == LowerStatus::solved)
        expect_optimal(program_of(in), s, std::to_string(angle));
      else
        EXPECT_EQ(s.status, LowerStatus::not_converged) << angle;
      if (is_exact<S> || angle >= 1e-6) {
        EXPECT_EQ(s.status, LowerStatus::solved) << angle;
      }
    }
  }
}

/// Feasible, but only far along the direction in which two opposed rows differ: y* = (0, -2^-10)
/// and (0, -2^30). Nothing that happens near the origin proves the contrary.
TYPED_TEST(HardPrograms, AThinDirectionIsNoContradiction) {
  using S = TypeParam;
  for (const Instance& in : {projection({0, 0}, {{-1, 0x1p-30, -0x1p-40}}, {{1, 0, 0}}),
                             projection({1, 0}, {{1, 0, 0}, {-1, 0x1p-30, -1}})}) {
    ASSERT_TRUE(reference::minimise(program_of(in)).feasible);
    const auto s = solve_at_origin<S>(in);
    EXPECT_EQ(s.status, is_exact<S> || unit_roundoff<S>() < S(0x1p-100)
                            ? LowerStatus::solved
                            : LowerStatus::not_converged);
  }
}

/// Two rows of very different size: a multiplier is judged by its own row. Nothing here is exact in
/// binary, so that corrections do not vanish.
TYPED_TEST(HardPrograms, AWeakRowBesideAStrongOneIsStillActive) {
  const double large = 3e17, small = 3e-17;
  const Instance in = projection({2.1, 2.3, 1.9}, {{large, large / 3, large / 10, large * 0.7},
                                                   {small * 0.2, small * 0.9, small * 0.4, small}});
  ASSERT_EQ(reference::minimise(program_of(in)).strongly_active, (std::vector<Index>{0, 1}));
  expect_exact<TypeParam>(in);
}

/// Two opposite rows 2^-19 apart and a third through their corner: only the twins can carry the
/// multipliers, and they fix the corner 2^19 times as badly as one of them with the third.
TYPED_TEST(HardPrograms, ACornerOfTwinsIsFixedByTheThirdRow) {
  using S = TypeParam;
  const Instance in = projection(
      {0, 0}, {{-0.875, -0.375, -0.25}, {0.875, 0.375 + 0x1p-19, 0.25 - 0x1p-20}, {0, -1, 0.5}});
  const auto s = solve_at_origin<S>(in);
  ASSERT_EQ(s.status, LowerStatus::solved);
  // (1/2, -1/2). Of well-conditioned rows some tens of roundings are left.
  const Rational few = is_exact<S> ? Rational(0) : exact(S(S(64) * unit_roundoff<S>()));
  EXPECT_LE(Rational(abs(exact(s.y[0]) - Rational(1, 2))), few);
  EXPECT_LE(Rational(abs(exact(s.y[1]) + Rational(1, 2))), few);
}

/// The same corner seen from the other side: the third row holds there without being needed, which
/// only the noise that the twins carry into its slack tells.
TYPED_TEST(HardPrograms, ACornerOfTwinsHoldsTheThirdRowWeakly) {
  expect_exact<TypeParam>(projection(
      {0, 0}, {{-0.875, -0.375, -0.25}, {0.875, 0.375 + 0x1p-19, 0.25 - 0x1p-20}, {0, 1, -0.5}}));
}

/// The limit 1 of the first row is what 1e10 - (1e10 - 1) leaves: rounding of its terms makes some
/// 1e-5 of it, 2^20 times less of what a row 2^-20 times as large says.
Instance cancelling(const std::vector<double>& target, const Rows& rows, double scale) {
  Instance in = projection(target, rows);
  in.A.set(0, 0, scale * (1e10 - 1));
  in.b.set(0, 0, scale * 1e10);
  return in;
}

/// Its noise moves y_0, and with it the slack of a row whose own terms are small.
TYPED_TEST(HardPrograms, NoiseOfAWorkingRowReachesTheSlackOfAnother) {
  using S = TypeParam;
  const QuadraticProblem<S> problem(cancelling({5, 0.25}, {{1, 0, 0}, {1, 1, 1.25 + 0x1p-23}}, 1));
  ActiveSetLowerLevel<S> lower(problem);
  const auto& s = lower.solve(Vec<S>::Constant(1, S(1)), {});
  EXPECT_EQ(s.active, std::vector<Index>{0});
  const bool coarse = !is_exact<S> && S(0x1p-60) < unit_roundoff<S>();
  EXPECT_EQ(s.weakly_active, coarse ? std::vector<Index>{1} : std::vector<Index>{});
}

/// The limit 1 + 2^-18 and the linear term -1 - 2^-18 as what A x and M x leave of 1e10: their
/// terms are not in b and d, and round to some 1e-4 in 53 bits.
Instance cancelling_in_x(bool limit) {
  Instance in = empty_instance(2, 1);
  in.H.set(0, 0, 1);
  in.A = ExactMatrix(1, 2);
  in.B = in.b = ExactMatrix(1, 1);
  in.B.set(0, 0, 1);
  ExactMatrix& of_x = limit ? in.A : in.M;
  of_x.set(0, 0, 1e10);
  of_x.set(0, 1, -(1e10 - 1 - 0x1p-18));
  (limit ? in.d : in.b).set(0, 0, limit ? -1 : 1);
  return in;
}

/// Free y = 1 + 2^-18 above the limit 1: the multiplier is 2^-18.
TYPED_TEST(HardPrograms, RoundingOfTheLinearTermHidesASmallMultiplier) {
  using S = TypeParam;
  const QuadraticProblem<S> problem(cancelling_in_x(false));
  ActiveSetLowerLevel<S> lower(problem);
  const auto& s = lower.solve(Vec<S>::Constant(2, S(-1)), {});
  const bool coarse = !is_exact<S> && S(0x1p-60) < unit_roundoff<S>();
  EXPECT_EQ(s.active, coarse ? std::vector<Index>{} : std::vector<Index>{0});
  EXPECT_EQ(s.weakly_active, coarse ? std::vector<Index>{0} : std::vector<Index>{});
}

/// y* = 1 below the limit 1 + 2^-18: the slack is 2^-18.
TYPED_TEST(HardPrograms, RoundingOfTheLimitHidesASmallSlack) {
  using S = TypeParam;
  const QuadraticProblem<S> problem(cancelling_in_x(true));
  ActiveSetLowerLevel<S> lower(problem);
  const auto& s = lower.solve(Vec<S>::Constant(2, S(-1)), {});
  const bool coarse = !is_exact<S> && S(0x1p-60) < unit_roundoff<S>();
  EXPECT_EQ(s.active, std::vector<Index>{});
  EXPECT_EQ(s.weakly_active, coarse ? std::vector<Index>{0} : std::vector<Index>{});
}

/// And it hides a multiplier as small as itself, in units of the row, where a warm start holds it.
TYPED_TEST(HardPrograms, NoiseOfALimitHidesASmallMultiplier) {
  using S = TypeParam;
  const double scale = 0x1p-20;
  const QuadraticProblem<S> problem(cancelling({1 + 0x1p-23, 0.25}, {{scale, 0, 0}}, scale));
  ActiveSetLowerLevel<S> lower(problem);
  lower.set_warm_rows({0});
  const auto& s = lower.solve(Vec<S>::Constant(1, S(1)), {});
  const bool coarse = !is_exact<S> && S(0x1p-60) < unit_roundoff<S>();
  EXPECT_EQ(s.active, coarse ? std::vector<Index>{} : std::vector<Index>{0});
  EXPECT_EQ(s.weakly_active, coarse ? std::vector<Index>{0} : std::vector<Index>{});
}

/// A row 2^300 or 2^-300 times as large as the others' data, which the factor holds rescaled:
/// multiplier and slack are those of the row as stated, exactly, and so is what is noise in them.
TYPED_TEST(HardPrograms, RowsOfExtremeSizeAreJudgedAsStated) {
  using S = TypeParam;
  Instance in = projection({2}, {{0x1p300, 0}});
  in.A.set(0, 0, -0x1p300);
  const QuadraticProblem<S> large(in);
  ActiveSetLowerLevel<S> binding(large);  // y <= x = 1
  const auto& s = binding.solve(Vec<S>::Constant(1, S(1)), {});
  ASSERT_EQ(s.status, LowerStatus::solved);
  EXPECT_EQ(s.y[0], S(1));
  EXPECT_EQ(s.active, std::vector<Index>{0});
  EXPECT_EQ(s.weakly_active, std::vector<Index>{});
  EXPECT_EQ(s.multipliers[0], S(0x1p-300));

  const auto t = solve_at_origin<S>(projection({0}, {{0x1p-300, 0x1p-300}}));  // y <= 1
  ASSERT_EQ(t.status, LowerStatus::solved);
  EXPECT_EQ(t.y[0], S(0));
  EXPECT_EQ(t.weakly_active, std::vector<Index>{});
  ASSERT_TRUE(t.has_slack);
  EXPECT_EQ(t.min_slack, S(0x1p-300));
}

/// An H of condition 2^20 whose stiff direction alone the row knows: its multiplier of 2^-33 is far
/// above what rounding leaves there, if below what it might leave somewhere.
TYPED_TEST(HardPrograms, ASmallMultiplierInAStiffDirectionIsNoNoise) {
  Instance in = projection({1 + 0x1p-33, 0}, {{1, 0, 1}});
  in.H.set(1, 1, 0x1p-20);
  ASSERT_EQ(reference::minimise(program_of(in)).strongly_active, std::vector<Index>{0});
  expect_exact<TypeParam>(in);
}

/// A row without y that 0 <= 0 satisfies in fractions, where rounding of b - A x says 0 <= -2^-53.
TYPED_TEST(HardPrograms, ALimitThatCancelsProvesNothing) {
  using S = TypeParam;
  Instance in = empty_instance(3, 1);
  in.H.set(0, 0, 1);
  in.A = ExactMatrix(1, 3);
  in.B = ExactMatrix(1, 1);
  in.b = ExactMatrix(1, 1);
  in.A.set(0, 0, -1);
  in.A.set(0, 1, 1);
  in.A.set(0, 2, 1);
  in.b.set(0, 0, 1);
  const QuadraticProblem<S> problem(in);
  ActiveSetLowerLevel<S> lower(problem);
  Vec<S> x(3);
  x[0] = x[2] = S(0x1p-53);
  x[1] = S(1);
  EXPECT_EQ(lower.solve(x, {}).status, LowerStatus::solved);
  // With y in it the row holds at y* = 0 with multiplier 0: a kink, and no active row.
  in.B.set(0, 0, 1);
  const QuadraticProblem<S> with_y(in);
  ActiveSetLowerLevel<S> kink(with_y);
  const auto& s = kink.solve(x, {});
  EXPECT_EQ(s.active, std::vector<Index>{});
  EXPECT_EQ(s.weakly_active, std::vector<Index>{0});
  // The same row 2^-60 times as large, whose multiplier is 2^60 times as large.
  in.B.set(0, 0, 0x1p-60);
  in.b.set(0, 0, 0x1p-60);
  for (Index j = 0; j < 3; ++j) in.A.set(0, j, in.A(0, j) * 0x1p-60);
  const QuadraticProblem<S> small(in);
  ActiveSetLowerLevel<S> small_kink(small);
  const auto& t = small_kink.solve(x, {});
  EXPECT_EQ(t.active, std::vector<Index>{});
  EXPECT_EQ(t.weakly_active, std::vector<Index>{0});
}

/// A row whose multiplier is negative within its noise leaves the set; the third row, which repeats
/// the two it was held with, is then violated and has to come in: an exchange, of which one solve
/// may make five, and every solve anew.
TYPED_TEST(HardPrograms, WhatLeavesForItsNoiseIsLookedAtAgain) {
  using S = TypeParam;
  Instance in = projection({1.5, 0x1p-15}, {{1, 0, 0}, {1, 0x1p-14, 0}, {0, -1, 1}});
  in.A.set(2, 0, 1);
  const QuadraticProblem<S> problem(in);
  ActiveSetLowerLevel<S> lower(problem);
  Vec<S> q(2);
  q[0] = S(0);
  q[1] = S(0x1p-15 + 0x1p-40);
  auto program = reference::lower_program(in, reference::RVec::Constant(1, Rational(1)));
  program.g[1] += Rational(0x1p-15 + 0x1p-40);
  LowerSolution<S> first;
  for (int k = 0; k < 7; ++k) {
    lower.solve(Vec<S>::Constant(1, S(0)), {});
    const auto& s = lower.solve(Vec<S>::Constant(1, S(1)), q);
    ASSERT_EQ(s.status, LowerStatus::solved) << k;
    expect_optimal(program, s, std::to_string(k));
    if (k == 0) first = s;
    EXPECT_EQ(s.y, first.y) << k;
    EXPECT_EQ(s.multipliers, first.multipliers) << k;
    EXPECT_EQ(s.iterations, first.iterations) << k;
  }
}

/// The multiplier of the second twin is about -2^-10: within the noise of twins 2^-22 apart, but
/// more than may be left of the gradient. The row leaves, in a second solve as in the first.
TYPED_TEST(HardPrograms, WhatWasLeftOutOnceIsLeftOutAgain) {
  using S = TypeParam;
  const Instance in =
      projection({0x1.3ff0ffff2ep+0, 0x1.5fcb8p+0},
                 {{0.25, 0.875, -0.140625}, {0.25 + 0x1.cp-23, 0.875, -0.140625 + 0x1.5p-23}});
  const QuadraticProblem<S> problem(in);
  ActiveSetLowerLevel<S> lower(problem);
  for (int k = 0; k < 2; ++k) {
    lower.set_warm_rows({0, 1});
    const auto& s = lower.solve(Vec<S>::Constant(1, S(0)), {});
    ASSERT_EQ(s.status, LowerStatus::solved) << k;
    expect_optimal(program_of(in), s, std::to_string(k));
  }
}

// --- large
// ------------------------------------------------------------------------------------------

/// 100 variables; limits such that `violated` of the rows cut off the free minimiser.
Instance large(std::uint64_t seed, Index rows, Index violated) {
  const Index m = 100;
  const RandomStream stream(seed, 5, Purpose::generator, 0);
  std::uint64_t k = 0;
  const auto normals = [&](Index r, Index c) {
    Mat<double> a(r, c);
    for (Index j = 0; j < c; ++j)
      for (Index i = 0; i < r; ++i) a(i, j) = stream.normal(k++);
    return a;
  };
  Instance in = empty_instance(1, m);
  const Mat<double> Z = normals(m, m) * 0.03;
  in.H = ExactMatrix(Mat<double>(Z + Z.transpose() + 2 * Mat<double>::Identity(m, m)));
  in.d = ExactMatrix(normals(m, 1));
  in.A = ExactMatrix(rows, 1);
  in.B = ExactMatrix(Mat<double>(0.1 * normals(rows, m)));
  Vec<double> free = -in.d.nearest().col(0);
  Ldlt<double>(in.H.nearest()).solve_in_place(free);
  Mat<double> b = in.B.nearest() * free;
  for (Index i = 0; i < rows; ++i)
    b(i, 0) += (i < violated ? -0.5 : 0.5) * std::abs(normals(1, 1)(0, 0));
  in.b = ExactMatrix(b);
  return in;
}

void expect_solved_in_both(const Instance& in) {
  const auto program = program_of(in);
  const auto rough = solve_at_origin<double>(in);
  const auto fine = solve_at_origin<Real50>(in);
  ASSERT_EQ(rough.status, LowerStatus::solved);
  ASSERT_EQ(fine.status, LowerStatus::solved);
  expect_optimal(program, rough, "double");
  expect_optimal(program, fine, "real50");
  EXPECT_EQ(rough.active, fine.active);
  EXPECT_TRUE(rough.weakly_active.empty());
}

TEST(LargePrograms, TwentyBindingRowsOfTwenty) {
  // A limit far below the free value for every row: all must bind.
  Instance in = large(1, 20, 20);
  Mat<double> b = in.b.nearest();
  for (Index i = 0; i < 20; ++i) b(i, 0) -= 20;
  in.b = ExactMatrix(b);
  expect_solved_in_both(in);
  EXPECT_EQ(solve_at_origin<double>(in).active.size(), 20U);
}

TEST(LargePrograms, EighteenOfTwentyRowsViolatedAtTheFreeMinimiser) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) expect_solved_in_both(large(seed, 20, 18));
}

TEST(LargePrograms, TwentyOfFortyRowsViolatedAtTheFreeMinimiser) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) expect_solved_in_both(large(seed, 40, 20));
}

// --- warm start
// -------------------------------------------------------------------------------------

template <class S>
class WarmStart : public testing::Test {};
using BinaryScalars = testing::Types<double, Soft53, Real50>;
TYPED_TEST_SUITE(WarmStart, BinaryScalars, ScalarNames);

TYPED_TEST(WarmStart, GivesTheBitsOfAColdStartAlongAWalk) {
  using S = TypeParam;
  std::set<std::vector<Index>> sets;
  int changes = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Instance in =
        reference::small_instance(seed, {.n = 2, .m = 4, .equalities = 1, .rows = 7});
    const QuadraticProblem<S> problem(in);
    ActiveSetLowerLevel<S> warm(problem);
    std::vector<Index> before;
    for (int k = 0; k < 120; ++k) {
      Vec<S> x(2);
      x[0] = S((k - 60) / 16.0);
      x[1] = S((k * 37 % 120 - 60) / 64.0);
      const auto& s = warm.solve(x, {});
      ActiveSetLowerLevel<S> fresh(problem);
      const auto& t = fresh.solve(x, {});

      ASSERT_EQ(s.status, t.status);
      if (s.status != LowerStatus::solved || !t.weakly_active.empty()) continue;
      for (Index i = 0; i < s.y.size(); ++i) ASSERT_EQ(s.y[i], t.y[i]) << in.name << " at " << k;
      for (Index i = 0; i < problem.rows(); ++i) ASSERT_EQ(s.multipliers[i], t.multipliers[i]);
      ASSERT_EQ(s.active, t.active);
      ASSERT_EQ(s.certificate.error_bound, t.certificate.error_bound);
      // A checkpoint hands on these rows.
      ActiveSetLowerLevel<S> resumed(problem);
      resumed.set_warm_rows(warm.warm_rows());
      ASSERT_EQ(resumed.solve(x, {}).y, s.y);
      changes += s.active != before ? 1 : 0;
      before = s.active;
      sets.insert(s.active);
    }
  }
  EXPECT_GT(changes, 200);
  EXPECT_GT(sets.size(), 20U);
}

}  // namespace
}  // namespace assay
