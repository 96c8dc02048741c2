#include "assay/problem/generator.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <boost/multiprecision/eigen.hpp>

#include "assay/support/error.hpp"

namespace assay {
namespace {

using Given = std::map<std::string, Value>;

Settings knobs(const Given& given) { return {generator_parameters(), given, "test", "generator"}; }
Instance generated(const Given& given) { return generate_instance(knobs(given)); }

std::int64_t whole(int v) { return v; }

std::string error_of(const Given& given) {
  try {
    generated(given);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

/// Solves a square system by Gauss and Jordan in rationals: independent of every solver under test.
Vec<Rational> solve(Mat<Rational> a, Vec<Rational> right) {
  const Index n = a.rows();
  for (Index k = 0; k < n; ++k) {
    Index pivot = k;
    while (pivot < n && a(pivot, k) == 0) ++pivot;
    EXPECT_LT(pivot, n) << "singular";
    a.row(k).swap(a.row(pivot));
    std::swap(right[k], right[pivot]);
    for (Index r = 0; r < n; ++r) {
      if (r == k || a(r, k) == 0) continue;
      const Rational factor = a(r, k) / a(k, k);
      for (Index c = k; c < n; ++c) a(r, c) -= factor * a(k, c);
      right[r] -= factor * right[k];
    }
  }
  for (Index k = 0; k < n; ++k) right[k] /= a(k, k);
  return right;
}

/// The lower level at x with the rows `held` (inequalities, equalities, active lower bounds) as
/// equations: y, the multipliers, and the matrix that gives derivatives.
struct Kkt {
  Mat<Rational> matrix, rows_x;
  Vec<Rational> y, multipliers;
};

Kkt solve_kkt(const Instance& in, const Vec<Rational>& x, Index held, Index bounds) {
  const Index m = in.m, q = in.equality_rows(), rows = held + q + bounds;
  Mat<Rational> B = Mat<Rational>::Zero(rows, m), A = Mat<Rational>::Zero(rows, in.n);
  Vec<Rational> b(rows);
  for (Index k = 0; k < held; ++k) {
    B.row(k) = in.B.to<Rational>().row(k);
    A.row(k) = in.A.to<Rational>().row(k);
    b[k] = Rational(in.b(k));
  }
  for (Index k = 0; k < q; ++k) {
    B.row(held + k) = in.G.to<Rational>().row(k);
    A.row(held + k) = in.E.to<Rational>().row(k);
    b[held + k] = Rational(in.e(k));
  }
  for (Index k = 0; k < bounds; ++k) {
    B(held + q + k, k) = -1;
    b[held + q + k] = -Rational(in.lower(k));
  }
  Kkt out;
  out.rows_x = A;
  out.matrix = Mat<Rational>::Zero(m + rows, m + rows);
  out.matrix.topLeftCorner(m, m) = in.H.to<Rational>();
  out.matrix.topRightCorner(m, rows) = B.transpose();
  out.matrix.bottomLeftCorner(rows, m) = B;
  Vec<Rational> right(m + rows);
  right.head(m) = -(in.M.to<Rational>() * x + in.d.to_vector<Rational>());
  right.tail(rows) = b - A * x;
  const Vec<Rational> solution = solve(out.matrix, right);
  out.y = solution.head(m);
  out.multipliers = solution.tail(rows);
  return out;
}

/// grad F by (2.3) of the adjoint method, in rationals.
Vec<Rational> gradient(const Instance& in, const Vec<Rational>& x, const Kkt& kkt) {
  const Vec<Rational> fx =
      in.Qxx.to<Rational>() * (x - in.x_target.to_vector<Rational>()) + in.cx.to_vector<Rational>();
  const Vec<Rational> fy = in.Qyy.to<Rational>() * (kkt.y - in.y_target.to_vector<Rational>()) +
                           in.cy.to_vector<Rational>();
  Vec<Rational> right = Vec<Rational>::Zero(kkt.matrix.rows());
  right.head(in.m) = fy;
  const Vec<Rational> adjoint = solve(kkt.matrix, right);
  return fx - in.M.to<Rational>().transpose() * adjoint.head(in.m) -
         kkt.rows_x.transpose() * adjoint.tail(kkt.rows_x.rows());
}

Vec<Rational> slacks(const Instance& in, const Vec<Rational>& x, const Vec<Rational>& y) {
  return in.b.to_vector<Rational>() - in.A.to<Rational>() * x - in.B.to<Rational>() * y;
}

Vec<Rational> start(const Instance& in) { return in.x0->to_vector<Rational>(); }

TEST(Generator, TheSameSettingsGiveTheSameBytes) {
  const std::string text = instance_text(generated({}));

  EXPECT_EQ(instance_text(generated({})), text);
  EXPECT_NE(instance_text(generated({{"seed", whole(1)}})), text);
  // Committed so that a change of the generator, a compiler or a machine shows.
  EXPECT_EQ(generated({}).digest,
            "0042db64f4f6739b6888e59e202c5f0ebc97fdf071c2b92ffecac73797270acc");
  EXPECT_EQ(generated({{"grid", whole(12)}, {"planted", true}}).digest,
            "cd0c303396642af30970ebbacd4b6ee1673a3fc4b56e067574be57e5d4b56c0c");
  EXPECT_EQ(generated({{"equality_rows", whole(2)},
                       {"bounds", std::string("box")},
                       {"active_bounds", whole(2)},
                       {"Qyy_scale", 0.5},
                       {"start_distance", 1.0}})
                .digest,
            "2e3b3791645184ba4784fc9b7e85b2c86c084dc9679381dce758622c05e03625");
}

TEST(Generator, WhatItMakesCanBeReadBack) {
  const Instance in =
      generated({{"grid", whole(8)}, {"planted", true}, {"bounds", std::string("box")}});

  EXPECT_EQ(instance_text(parse_instance(instance_text(in), "again")), instance_text(in));
}

TEST(Generator, DimensionsAreAsAsked) {
  const Instance in = generated({{"n", whole(3)},
                                 {"m", whole(7)},
                                 {"rows", whole(4)},
                                 {"active", whole(1)},
                                 {"equality_rows", whole(2)}});

  EXPECT_EQ(in.n, 3);
  EXPECT_EQ(in.m, 7);
  EXPECT_EQ(in.inequality_rows(), 4);
  EXPECT_EQ(in.equality_rows(), 2);
}

// On a grid nothing rounds, so every statement about the built point is an equality of rationals.
TEST(Generator, TheActiveSetIsAsAsked) {
  const Instance in = generated({{"grid", whole(10)},
                                 {"rows", whole(6)},
                                 {"active", whole(3)},
                                 {"weakly_active", whole(1)},
                                 {"equality_rows", whole(1)},
                                 {"bounds", std::string("lower")},
                                 {"active_bounds", whole(2)},
                                 {"multiplier_margin", 0.25},
                                 {"slack_margin", 0.5}});
  const Kkt kkt = solve_kkt(in, start(in), 4, 2);

  for (const Index strong : {0, 1, 2, 5, 6}) EXPECT_GE(kkt.multipliers[strong], 0.25) << strong;
  EXPECT_EQ(kkt.multipliers[3], 0);
  const Vec<Rational> slack = slacks(in, start(in), kkt.y);
  for (Index k = 0; k < 4; ++k) EXPECT_EQ(slack[k], 0) << k;
  for (Index k = 4; k < 6; ++k) EXPECT_GE(slack[k], 0.5) << k;
  for (Index k = 0; k < 2; ++k) EXPECT_EQ(kkt.y[k], in.lower(k)) << k;
  for (Index k = 2; k < in.m; ++k) EXPECT_GE(kkt.y[k] - Rational(in.lower(k)), 0.5) << k;
  EXPECT_EQ(in.upper(0), std::numeric_limits<double>::infinity());
}

TEST(Generator, WithoutAGridTheMarginsHoldUpToRounding) {
  const Instance in = generated({{"rows", whole(6)}, {"active", whole(3)}});
  const Kkt kkt = solve_kkt(in, start(in), 3, 0);
  const Vec<Rational> slack = slacks(in, start(in), kkt.y);

  // d and b are rounded once: relative 2^-53 of entries below 2^7, then amplified by at most the
  // condition of a 13 x 13 system with condition(H) = 10; 2^-30 leaves ten bits for that.
  const Rational tolerance(0x1p-30);
  for (Index k = 0; k < 3; ++k) EXPECT_GE(kkt.multipliers[k], Rational(0.1) - tolerance);
  for (Index k = 3; k < 6; ++k) EXPECT_GE(slack[k], Rational(0.1) - tolerance);
  EXPECT_FALSE(in.known);
}

TEST(Generator, SpectraAreAsAsked) {
  const Instance in = generated({{"m", whole(12)}, {"condition_H", 100.0}, {"condition_Qxx", 5.0}});
  const Vec<double> H = Eigen::SelfAdjointEigenSolver<Mat<double>>(in.H.nearest()).eigenvalues();
  const Vec<double> Qxx =
      Eigen::SelfAdjointEigenSolver<Mat<double>>(in.Qxx.nearest()).eigenvalues();

  // Four reflections and the eigenvalue solver are backward stable: a modest multiple of m^2 u |H|.
  const double tolerance = 16 * 144 * 0x1p-53 * 100;
  for (Index k = 0; k < 12; ++k)
    EXPECT_NEAR(H[k], std::pow(100.0, static_cast<double>(k) / 11), tolerance) << k;
  EXPECT_NEAR(Qxx[0], 1, tolerance);
  EXPECT_NEAR(Qxx[9], 5, tolerance);
  EXPECT_TRUE(in.Qyy.nearest().isZero(0));
  EXPECT_EQ(generated({{"Qyy_scale", 0.5}}).Qyy(3, 3), 0.5);
  int outside = 0;
  for (Index r = 0; r < 12; ++r)
    for (Index c = 0; c < r; ++c) outside += in.H(r, c) != 0;
  EXPECT_EQ(outside, 66);  // a full matrix, not a diagonal one
}

TEST(Generator, UncoupledRowsDoNotContainX) {
  const Given given = {{"coupled", false}, {"equality_rows", whole(1)}};

  EXPECT_TRUE(generated(given).A.nearest().isZero(0));
  EXPECT_TRUE(generated(given).E.nearest().isZero(0));
  EXPECT_FALSE(generated({}).A.nearest().isZero(0));
  EXPECT_FALSE(generated({{"equality_rows", whole(1)}}).E.nearest().isZero(0));
}

TEST(Generator, DuplicatedRowsRepeatTheFirstOnes) {
  const Instance in =
      generated({{"rows", whole(5)}, {"active", whole(1)}, {"duplicated_rows", whole(3)}});

  for (Index k = 2; k < 5; ++k) {
    const Index original = (k - 2) % 2;
    EXPECT_EQ(in.B.nearest().row(k), in.B.nearest().row(original));
    EXPECT_EQ(in.A.nearest().row(k), in.A.nearest().row(original));
    EXPECT_EQ(in.b(k), in.b(original));
  }
}

TEST(Generator, BoundsAreAsAsked) {
  const Instance none = generated({}), box = generated({{"bounds", std::string("box")}});

  EXPECT_FALSE(none.lower.nearest().array().isFinite().any());
  EXPECT_FALSE(none.upper.nearest().array().isFinite().any());
  EXPECT_TRUE(box.lower.nearest().array().isFinite().all());
  EXPECT_TRUE(box.upper.nearest().array().isFinite().all());
}

class Planted : public testing::TestWithParam<int> {};

TEST_P(Planted, GradientIsZeroAndTheProofIsExact) {
  const Instance in = generated({{"seed", whole(GetParam())},
                                 {"n", whole(4)},
                                 {"m", whole(6)},
                                 {"grid", whole(8)},
                                 {"planted", true},
                                 {"active", whole(2)},
                                 {"equality_rows", whole(1)},
                                 {"bounds", std::string("box")},
                                 {"active_bounds", whole(1)},
                                 {"Qyy_scale", 0.5},
                                 {"start_distance", 1.0}});
  ASSERT_TRUE(in.known);
  EXPECT_EQ(in.known->proof, "exact");
  const Vec<Rational> x = in.known->x.to_vector<Rational>();
  const Kkt kkt = solve_kkt(in, x, 2, 1);

  EXPECT_EQ(kkt.y, in.known->y.to_vector<Rational>());
  EXPECT_EQ(kkt.multipliers.head(2), in.known->multipliers.to_vector<Rational>().head(2));
  EXPECT_EQ(kkt.multipliers[2], Rational(in.known->multipliers(in.inequality_rows())));
  EXPECT_TRUE(gradient(in, x, kkt).isZero(0));
  const Vec<Rational> dx = x - in.x_target.to_vector<Rational>();
  const Vec<Rational> dy = kkt.y - in.y_target.to_vector<Rational>();
  const Rational F = (dx.dot(in.Qxx.to<Rational>() * dx) + dy.dot(in.Qyy.to<Rational>() * dy)) / 2 +
                     in.cx.to_vector<Rational>().dot(x) + in.cy.to_vector<Rational>().dot(kkt.y);
  EXPECT_EQ(from_text<Rational>(*in.known->F), F);
  EXPECT_NE(start(in), x);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Planted, testing::Range(0, 5));

TEST(Generator, PlantedWithoutAGridClaimsNothing) {
  const Instance in = generated({{"planted", true}, {"n", whole(4)}, {"m", whole(6)}});
  const Vec<Rational> g = gradient(in, start(in), solve_kkt(in, start(in), 2, 0));

  EXPECT_FALSE(in.known);
  // As in WithoutAGridTheMarginsHoldUpToRounding: data rounded to 2^-53, amplified by 2^10 at most.
  for (Index k = 0; k < 4; ++k) EXPECT_LT(magnitude(g[k]), Rational(0x1p-30)) << k;
}

TEST(Generator, AStartDistanceIsKept) {
  const Instance near = generated({}), far = generated({{"start_distance", 2.0}});

  // One rounding per coordinate and a few in the norm: well below 2^-45.
  EXPECT_NEAR((far.x0->nearest() - near.x0->nearest()).norm(), 2.0, 0x1p-45);
}

TEST(Generator, ContradictingKnobsAreNamed) {
  EXPECT_EQ(
      error_of({{"rows", whole(2)}, {"active", whole(3)}}),
      "generator: active: active and weakly_active rows are 3, but there are 2 different rows");
  EXPECT_EQ(error_of({{"m", whole(2)}, {"active", whole(2)}, {"equality_rows", whole(1)}}),
            "generator: active: active, weakly_active and equality rows, active bounds take 3 "
            "directions of y, but m is 2");
  EXPECT_EQ(error_of({{"m", whole(3)},
                      {"active", whole(2)},
                      {"bounds", std::string("lower")},
                      {"active_bounds", whole(2)}}),
            "generator: active: active, weakly_active and equality rows, active bounds take 4 "
            "directions of y, but m is 3");
  EXPECT_EQ(error_of({{"m", whole(2)}, {"active", whole(2)}, {"planted", true}}),
            "generator: active: active, weakly_active and equality rows, active bounds and the "
            "planted adjoint take 3 directions of y, but m is 2");
  EXPECT_EQ(error_of({{"weakly_active", whole(1)}}),
            "generator: weakly_active: needs a grid: off the grid rounding decides whether the row "
            "holds");
  EXPECT_EQ(error_of({{"weakly_active", whole(1)}, {"grid", whole(5)}, {"planted", true}}),
            "generator: weakly_active: must be 0 with planted: F has a kink there, not a gradient");
  EXPECT_EQ(error_of({{"active_bounds", whole(1)}}),
            "generator: active_bounds: needs bounds = \"lower\" or \"box\"");
  EXPECT_EQ(error_of({{"rows", whole(2)}, {"active", whole(0)}, {"duplicated_rows", whole(2)}}),
            "generator: duplicated_rows: is 2, must leave a row to repeat");
  EXPECT_EQ(error_of({{"condition_H", 0.5}}),
            "test: generator.condition_H: is 0.5, must be >= 1, <= 1e+12");
  EXPECT_EQ(error_of({{"grid", whole(20)}, {"weakly_active", whole(1)}, {"condition_H", 1e9}}),
            "generator: grid: is too fine for these data: weakly active rows need sums that do not "
            "round");
}

}  // namespace
}  // namespace assay
