// Elimination in integers against products, and the tableau against systems solved one by one.
#include "reference/fraction_free.hpp"

#include <gtest/gtest.h>

#include "reference/exact_qp.hpp"
#include "reference/fraction_vectors.hpp"
#include "reference/small_instances.hpp"

namespace assay::reference {
namespace {

TEST(SolveSquare, SolvesExactlyWithRowExchangesAndLongFractions) {
  RMat A(3, 3), R(3, 2);
  A << Rational(0), Rational(1, 3), Rational(2), Rational(0), Rational(0), Rational(-5, 7),
      Rational(4), Rational(1), Rational(1);
  R << Rational(1, 1000003), Rational(0), Rational(2), Rational(1, 9), Rational(-3), Rational(5);

  const auto Z = solve_square(A, R);

  ASSERT_TRUE(Z);
  EXPECT_EQ(product(A, *Z), R);
  A.row(2) = 2 * A.row(0) - A.row(1);
  EXPECT_FALSE(solve_square(A, R));
}

/// Every set that is visited, its multipliers and slacks: as the saddle system says. Independent
/// sets only, each once, all of them.
TEST(ActiveSetTableau, AgreesWithSaddleSystems) {
  const Instance in = small_instance(5, {2, 3, 1, 4, false});
  Program p = lower_program(in, RVec::Constant(2, Rational(1, 3)));
  p.B.row(4) = 2 * p.B.row(2);  // a dependent pair among the inequalities
  int visited = 0, positive = 0;
  visit_independent_sets(ActiveSetTableau(p.H, p.B, -p.g, p.r), p.equalities,
                         [&](const ActiveSetTableau& t) {
                           ++visited;
                           const std::vector<Index> J = t.set();
                           const Index k = static_cast<Index>(J.size());
                           RMat K = RMat::Constant(3 + k, 3 + k, Rational(0)), right(3 + k, 1);
                           K.topLeftCorner(3, 3) = p.H;
                           right.topRows(3) = -p.g;
                           for (Index a = 0; a < k; ++a) {
                             const Index row = J[static_cast<std::size_t>(a)];
                             K.row(3 + a).head(3) = p.B.row(row);
                             K.col(3 + a).head(3) = p.B.row(row).transpose();
                             right(3 + a, 0) = p.r[row];
                           }
                           const auto z = solve_square(K, right);
                           EXPECT_TRUE(z);
                           if (!z) return true;
                           for (Index a = 0; a < k; ++a)
                             EXPECT_EQ(t.value(J[static_cast<std::size_t>(a)], 0), (*z)(3 + a, 0));
                           const RVec By = times(p.B, z->col(0).head(3));
                           for (Index i = 0; i < p.rows(); ++i) {
                             if (!t.contains(i)) {
                               EXPECT_EQ(t.value(i, 0), p.r[i] - By[i]);
                             }
                             EXPECT_EQ(t.sign(i, 0), t.value(i, 0).sign());
                             positive += t.sign(i, 0) > 0;
                           }
                           return false;
                         });
  // The equality with at most two more rows (m = 3) out of 1..4, never both 2 and 4.
  EXPECT_EQ(visited, 1 + 4 + 5);
  EXPECT_GT(positive, 0);
}

TEST(ActiveSetTableau, RefusesAnIndefiniteMatrix) {
  RMat H = RMat::Constant(2, 2, Rational(1));
  const RMat none(0, 2), top = RMat::Constant(2, 1, Rational(0)), bottom(0, 1);
  EXPECT_THROW(ActiveSetTableau(H, none, top, bottom), std::logic_error);
}

}  // namespace
}  // namespace assay::reference
