// Lemke's pivots against the enumeration: two roads to one minimiser.
#include "reference/pivoting.hpp"

#include <gtest/gtest.h>

#include "reference/fraction_vectors.hpp"
#include "reference/small_instances.hpp"

namespace assay::reference {
namespace {

void expect_certificate(const Program& p, const RVec& mu) {
  ASSERT_EQ(mu.size(), p.rows());
  EXPECT_TRUE(is_zero(times_transposed(p.B, mu)));
  EXPECT_EQ(inner(p.r, mu), -1);
  for (Index i = p.equalities; i < p.rows(); ++i) EXPECT_GE(mu[i], 0);
}

TEST(Pivoting, FindsTheEnumeratedMinimiser) {
  int feasible = 0, infeasible = 0, active = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const Instance in = small_instance(seed, varied_shape(seed));
    const Program p = lower_program(in, widen<Rational>(eighths(seed, 1000, in.n, 8)));
    const Minimiser a = minimise(p), b = minimise_by_pivoting(p);
    ASSERT_EQ(a.feasible, b.feasible) << seed;
    if (!a.feasible) {
      ++infeasible;
      expect_certificate(p, a.farkas);
      expect_certificate(p, b.farkas);
      continue;
    }
    ++feasible;
    active += !a.strongly_active.empty();
    EXPECT_EQ(a.y, b.y) << seed;
    EXPECT_EQ(a.unique_multipliers, b.unique_multipliers) << seed;
    EXPECT_EQ(a.licq, b.licq) << seed;
    if (a.unique_multipliers) {
      EXPECT_EQ(a.multipliers, b.multipliers) << seed;
    }
  }
  EXPECT_GT(feasible, 50);
  EXPECT_GT(infeasible, 10);
  EXPECT_GT(active, 30);
}

/// Rows in duplicate and all through one vertex at the minimiser: ties at every pivot.
TEST(Pivoting, DegenerateProgramsEnd) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Program p = lower_program(small_instance(seed, {2, 3, 0, 6, false}),
                              widen<Rational>(eighths(seed, 1000, 2, 8)));
    p.B.row(5) = p.B.row(0);
    p.B.row(4) = p.B.row(0) + p.B.row(1);
    for (Index i = 0; i < 6; ++i) p.r[i] = 0;
    const Minimiser a = minimise(p), b = minimise_by_pivoting(p);
    ASSERT_TRUE(a.feasible && b.feasible);
    EXPECT_EQ(a.y, b.y) << seed;
  }
}

TEST(Pivoting, FewRowsGiveTheMinimiserOrNothing) {
  int given = 0, refused = 0, infeasible = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const Instance in = small_instance(seed, varied_shape(seed));
    const Program p = lower_program(in, widen<Rational>(eighths(seed, 1000, in.n, 8)));
    const Minimiser all = minimise_by_pivoting(p);
    for (Index left_out = p.equalities - 1; left_out < p.rows(); ++left_out) {
      std::vector<Index> rows;
      for (Index i = 0; i < p.rows(); ++i)
        if (i < p.equalities || i != left_out) rows.push_back(i);
      const auto at = minimise_among(p, rows);
      given += at && at->feasible;
      refused += !at;
      infeasible += at && !at->feasible;
      if (!at) continue;
      EXPECT_EQ(at->feasible, all.feasible) << seed;
      if (at->feasible && all.feasible) {
        EXPECT_EQ(at->y, all.y) << seed;
      }
      if (!at->feasible) expect_certificate(p, at->farkas);
    }
  }
  EXPECT_GT(given, 200);
  EXPECT_GT(refused, 30);
  EXPECT_GT(infeasible, 10);
}

/// 0 <= y <= 0: every row holds, half of them weakly, none of the sets of those is tried.
TEST(Pivoting, ManyWeaklyActiveRows) {
  constexpr Index m = 40;
  Program p;
  p.H = RMat::Constant(m, m, Rational(0));
  p.B = RMat::Constant(2 * m, m, Rational(0));
  p.g = RVec::Constant(m, Rational(1));
  p.r = RVec::Constant(2 * m, Rational(0));
  for (Index i = 0; i < m; ++i) {
    p.H(i, i) = 1;
    p.B(i, i) = -1;
    p.B(m + i, i) = 1;
  }
  const Minimiser at = minimise_by_pivoting(p);
  ASSERT_TRUE(at.feasible);
  EXPECT_EQ(at.weakly_active.size(), 40U);
  EXPECT_FALSE(at.licq);
  EXPECT_FALSE(at.unique_multipliers);
}

TEST(Pivoting, ContradictingEqualities) {
  Program p;
  p.H = RMat::Constant(1, 1, Rational(1));
  p.g = RVec::Constant(1, Rational(0));
  p.B = RMat::Constant(2, 1, Rational(1));
  p.B(1, 0) = 2;
  p.r = RVec::Constant(2, Rational(1));
  p.equalities = 2;
  const Minimiser at = minimise_by_pivoting(p);
  EXPECT_FALSE(at.feasible);
  expect_certificate(p, at.farkas);
}

}  // namespace
}  // namespace assay::reference
