// Up to which size a contradiction is proved.
#include "assay/lower_level/contradiction.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace assay {
namespace {

/// Rows y_i <= 1 for i < m, and -y_0 <= -2.
QuadraticProblem<double> contradictory(Index m) {
  Instance in = empty_instance(1, m);
  in.H = ExactMatrix(Mat<double>(Mat<double>::Identity(m, m)));
  in.A = ExactMatrix(m + 1, 1);
  in.B = ExactMatrix(m + 1, m);
  in.b = ExactMatrix(Mat<double>(Mat<double>::Ones(m + 1, 1)));
  for (Index i = 0; i < m; ++i) in.B.set(i, i, 1);
  in.B.set(m, 0, -1);
  in.b.set(m, 0, -2);
  return QuadraticProblem<double>(in);
}

bool proved(Index m, Index held) {
  std::vector<Index> rows(static_cast<std::size_t>(held));
  std::iota(rows.begin(), rows.end(), Index(0));
  return proved_infeasible(contradictory(m), Vec<double>(Vec<double>::Zero(1)), rows, m);
}

/// Without a row held nothing contradicts the last one: the exact solve has to find it.
TEST(Contradiction, AnExactSolveIsLookedForUpTo40RowsOrVariables) {
  EXPECT_TRUE(proved(40, 0));
  EXPECT_FALSE(proved(41, 0));
}

TEST(Contradiction, ACombinationIsLookedForUpTo120Rows) {
  EXPECT_TRUE(proved(121, 120));
  EXPECT_FALSE(proved(121, 121));
}

}  // namespace
}  // namespace assay
