// One-sided derivatives, pieces and verdicts: against published kinks, against differences that are
// exact on a piece, and against the classical program where that one is valid.
#include "reference/kink.hpp"

#include <gtest/gtest.h>

#include "assay/support/error.hpp"
#include "reference/fraction_vectors.hpp"
#include "reference/known_kinks_test.hpp"
#include "reference/small_instances.hpp"

namespace assay::reference {
namespace {

RVec vec(std::initializer_list<Rational> entries) {
  RVec v(static_cast<Index>(entries.size()));
  Index i = 0;
  for (const Rational& entry : entries) v[i++] = entry;
  return v;
}

Rational slope_along(const Instance& in, const RVec& x, const RVec& w) {
  const Slope slope = directional_derivative(in, x, exact_at(in, x), w);
  EXPECT_TRUE(slope.defined);
  return slope.value;
}

TEST(Kink, HatzIsAnAbsoluteValue) {
  const Instance in = hatz();
  const RVec x = vec({0});
  EXPECT_EQ(slope_along(in, x, vec({1})), 1);
  EXPECT_EQ(slope_along(in, x, vec({-1})), 1);

  const Pieces pieces = clarke_pieces(in, x, exact_at(in, x));
  EXPECT_TRUE(pieces.interior);
  Rational least = 0, largest = 0;
  for (const Piece& piece : pieces.pieces) {
    least = piece.gradient[0] < least ? piece.gradient[0] : least;
    largest = piece.gradient[0] > largest ? piece.gradient[0] : largest;
    // On the side where it is claimed to hold.
    EXPECT_GT(piece.inside[0] * piece.gradient[0], 0);
  }
  EXPECT_EQ(least, -1);
  EXPECT_EQ(largest, 1);

  const StationarityReport report = stationarity(in, x);
  EXPECT_EQ(report.verdict, Stationarity::kink);
  EXPECT_TRUE(report.clarke);
  EXPECT_EQ(stationarity(in, vec({Rational(1, 1000)})).verdict, Stationarity::not_stationary);
}

/// F = -|x|: 0 is in the Clarke subdifferential, yet F falls both ways.
TEST(Kink, AKinkThatPointsUpIsNotStationary) {
  Instance in = hatz();
  in.cx.set(0, 0, 1);
  in.cy.set(0, 0, -2);
  const StationarityReport report = stationarity(in, vec({0}));
  EXPECT_EQ(report.verdict, Stationarity::not_stationary);
  EXPECT_TRUE(report.clarke);
  EXPECT_LT(report.slope, 0);
  EXPECT_EQ(slope_along(in, vec({0}), report.descent), report.slope);
}

TEST(Kink, DeSilva) {
  const Instance in = de_silva();
  const RVec x = vec({Rational(1, 2), Rational(1, 2)});
  EXPECT_EQ(slope_along(in, x, vec({1, 0})), 0);
  EXPECT_EQ(slope_along(in, x, vec({0, -1})), 1);
  EXPECT_EQ(slope_along(in, x, vec({-2, 3})), 2);
  EXPECT_EQ(clarke_pieces(in, x, exact_at(in, x)).pieces.size(), 4U);
  EXPECT_EQ(stationarity(in, x).verdict, Stationarity::kink);
  EXPECT_EQ(exact_at(in, x).value, -1);

  // Beside the kink, one coordinate is where it should be and the other is not.
  const RVec beside = vec({Rational(1, 2), Rational(1, 4)});
  const StationarityReport report = stationarity(in, beside);
  EXPECT_EQ(report.verdict, Stationarity::not_stationary);
  EXPECT_EQ(report.clarke_squared, Rational(9, 4));
}

TEST(Kink, Outrata) {
  const RVec d = vec({2, 0}), e = vec({Rational(-2, 5), Rational(4, 5)});
  EXPECT_EQ(exact_at(outrata('d'), d).value, Rational(-18, 5));
  EXPECT_EQ(exact_at(outrata('e'), e).value, Rational(-98, 25));
  for (const auto& [variant, x] : {std::pair{'d', d}, std::pair{'e', e}}) {
    const StationarityReport report = stationarity(outrata(variant), x);
    EXPECT_EQ(report.verdict, Stationarity::kink) << variant << ": " << report.reason;
    EXPECT_TRUE(report.clarke);
    const ExactBilevel at = exact_at(outrata(variant), x);
    EXPECT_EQ(at.minimiser.y, vec({2, 0})) << variant;
    EXPECT_FALSE(at.differentiable());
  }
  // The local solution that tables list for 1e is far from one of these: check one more point.
  EXPECT_EQ(stationarity(outrata('e'), vec({0, 1})).verdict, Stationarity::not_stationary);
}

TEST(Kink, SmoothStationaryPoint) {
  Instance in = empty_instance(1, 1);
  in.Qxx.set(0, 0, 3);
  in.H.set(0, 0, 1);
  in.M.set(0, 0, -1);
  in.cy.set(0, 0, 1);  // F = 3/2 x^2 + x
  EXPECT_EQ(stationarity(in, vec({Rational(-1, 3)})).verdict, Stationarity::smooth);
  const StationarityReport report = stationarity(in, vec({0}));
  EXPECT_EQ(report.verdict, Stationarity::not_stationary);
  EXPECT_EQ(report.descent[0].sign(), -1);

  // Bounded below at 0, or in a ball that ends there: stationary by the normal cone.
  in.x_set.kind = UpperSet::Kind::box;
  in.x_set.lower = ExactMatrix(1, 1);
  in.x_set.upper = ExactMatrix(Mat<double>::Constant(1, 1, 9.0));
  EXPECT_EQ(stationarity(in, vec({0})).verdict, Stationarity::smooth);
  EXPECT_EQ(stationarity(in, vec({9})).verdict, Stationarity::not_stationary);
  EXPECT_THROW(stationarity(in, vec({-1})), InputError);
  in.x_set.kind = UpperSet::Kind::ball;
  in.x_set.center = ExactMatrix(Mat<double>::Constant(1, 1, 2.0));
  in.x_set.radius = 2;
  EXPECT_EQ(stationarity(in, vec({0})).verdict, Stationarity::smooth);
  EXPECT_EQ(stationarity(in, vec({1})).verdict, Stationarity::not_stationary);
  EXPECT_THROW(stationarity(in, vec({5})), InputError);
}

/// min y^2/2 - x y, y <= 0 twice and y <= 0 a third time with x in it: the rows that hold at 0 are
/// dependent, the classical program with one multiplier vector is not to be trusted.
TEST(Kink, DependentRows) {
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.M.set(0, 0, -1);
  in.d.set(0, 0, -1);  // y* = min(1 + x, 0, x/2, -x)
  in.cy.set(0, 0, 1);
  in.A = ExactMatrix(3, 1);
  in.A.set(1, 0, -0.5);
  in.A.set(2, 0, 1);
  in.B = ExactMatrix(Mat<double>::Constant(3, 1, 1.0));
  in.b = ExactMatrix(3, 1);
  const ExactBilevel at = exact_at(in, vec({0}));
  ASSERT_FALSE(at.minimiser.licq);
  ASSERT_FALSE(at.minimiser.unique_multipliers);
  EXPECT_EQ(slope_along(in, vec({0}), vec({1})), -1);
  EXPECT_EQ(slope_along(in, vec({0}), vec({-1})), Rational(-1, 2));
  const Pieces pieces = clarke_pieces(in, vec({0}), at);
  EXPECT_TRUE(pieces.interior);
  // y = 0 is never right off x = 0: two pieces.
  ASSERT_EQ(pieces.pieces.size(), 2U);
  EXPECT_EQ(pieces.pieces[0].gradient[0] * pieces.pieces[1].gradient[0], Rational(-1, 2));
}

/// y <= 0 and y >= x: feasible for x <= 0 only.
TEST(Kink, BoundaryOfTheDomain) {
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.cy.set(0, 0, 1);
  in.A = ExactMatrix(2, 1);
  in.A.set(1, 0, 1);
  in.B = ExactMatrix(2, 1);
  in.B.set(0, 0, 1);
  in.B.set(1, 0, -1);
  in.b = ExactMatrix(2, 1);
  const ExactBilevel at = exact_at(in, vec({0}));
  EXPECT_FALSE(directional_derivative(in, vec({0}), at, vec({1})).defined);
  EXPECT_TRUE(directional_derivative(in, vec({0}), at, vec({-1})).defined);
  EXPECT_EQ(stationarity(in, vec({0})).verdict, Stationarity::undecided);
  EXPECT_EQ(stationarity(in, vec({1})).verdict, Stationarity::undecided);
  EXPECT_NE(stationarity(in, vec({-1})).verdict, Stationarity::undecided);
}

/// Moves the limits of some rows so that they just hold at the minimiser: a random kink at x.
Instance with_kink(Instance in, const RVec& x, Index rows) {
  const ExactBilevel at = exact_at(in, x);
  RMat A;
  const Program p = lower_program(in, x, &A);
  const RVec By = times(p.B, at.minimiser.y);
  for (Index i = 0; i < rows; ++i)
    if (at.minimiser.multipliers[i] == 0)
      in.b.set_fraction(i, 0, to_text(Rational(By[i] + inner(A.row(i).transpose(), x))));
  return in;
}

/// At random kinks: F'(x; w) is the exact difference (4 D(t/2) - D(t)) / t on a short step, the
/// program of the critical cone gives the same u, and the piece whose region w enters the same
/// slope.
TEST(Kink, RandomKinks) {
  int kinks = 0, compared = 0, entered = 0, several = 0;
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    SmallShape shape;
    shape.n = 2;
    shape.m = 4;
    shape.rows = 3;
    shape.equalities = static_cast<Index>(seed % 2);
    Instance in = small_instance(seed, shape);
    const RVec x = widen<Rational>(eighths(seed, 1000, in.n, 8));
    if (!exact_at(in, x).differentiable()) continue;
    // with_kink numbers inequality rows from 0.
    if (shape.equalities == 0) in = with_kink(in, x, 2);
    const ExactBilevel at = exact_at(in, x);
    ASSERT_TRUE(at.minimiser.feasible);
    if (at.minimiser.weakly_active.empty() || !at.minimiser.licq) continue;
    ++kinks;
    const Pieces pieces = clarke_pieces(in, x, at);
    ASSERT_TRUE(pieces.interior);
    several += pieces.pieces.size() > 2;
    RMat A;
    lower_program(in, x, &A);
    for (std::uint64_t k = 0; k < 6; ++k) {
      const RVec w = widen<Rational>(eighths(seed, 2000 + k, in.n, 16));
      const Slope slope = directional_derivative(in, x, at, w);
      ASSERT_TRUE(slope.defined);

      // Small against everything in the data: the whole step stays in one piece.
      const Rational t = scale_by_power_of_two(Rational(1), -60);
      const Rational full = exact_at(in, x + t * w).value - at.value,
                     half = exact_at(in, x + t / 2 * w).value - at.value;
      EXPECT_EQ(slope.value, (4 * half - full) / t) << seed;

      Program cone;
      cone.H = at.program.H;
      cone.g = times(in.M.to<Rational>(), w);
      std::vector<Index> rows = at.minimiser.strongly_active;
      cone.equalities = static_cast<Index>(rows.size());
      rows.insert(rows.end(), at.minimiser.weakly_active.begin(), at.minimiser.weakly_active.end());
      cone.B = RMat(static_cast<Index>(rows.size()), in.m);
      cone.r = RVec(static_cast<Index>(rows.size()));
      for (std::size_t a = 0; a < rows.size(); ++a) {
        cone.B.row(static_cast<Index>(a)) = at.program.B.row(rows[a]);
        cone.r[static_cast<Index>(a)] = -inner(A.row(rows[a]).transpose(), w);
      }
      EXPECT_EQ(minimise(cone).y, slope.u) << seed;
      ++compared;

      bool found = false;
      for (const Piece& piece : pieces.pieces) {
        const RVec side = times(piece.boundary, w);
        bool in_region = true;
        for (Index i = 0; i < side.size(); ++i) in_region = in_region && side[i] <= 0;
        if (!in_region) continue;
        found = true;
        EXPECT_EQ(inner(piece.gradient, w), slope.value) << seed;
      }
      EXPECT_TRUE(found) << "the pieces leave a gap";
      entered += found;
    }
    for (const Piece& piece : pieces.pieces) {
      const RVec side = times(piece.boundary, piece.inside);
      for (Index i = 0; i < side.size(); ++i) EXPECT_LT(side[i], 0);
    }
  }
  EXPECT_GT(kinks, 4);
  EXPECT_GT(compared, 24);
  EXPECT_GT(several, 1);
  EXPECT_EQ(entered, compared);
}

/// Of the pieces at a kink, one that only a ray would need is left out: y = max(x1, x2, 0)-like
/// selections on a line.
TEST(Kink, ClarkeDistanceWithABoxIsExact) {
  Instance in = hatz();
  in.cx.set(0, 0, -3);  // F = -3x + 2 max(x,0): slopes -3 and -1
  const Pieces pieces = clarke_pieces(in, vec({0}), exact_at(in, vec({0})));
  EXPECT_EQ(clarke_distance(pieces, {}).squared, 1);
  EXPECT_EQ(clarke_distance(pieces, {vec({1})}).squared, 0);   // x <= 0
  EXPECT_EQ(clarke_distance(pieces, {vec({-1})}).squared, 1);  // x >= 0
}

}  // namespace
}  // namespace assay::reference
