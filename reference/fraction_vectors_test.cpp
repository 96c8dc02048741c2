#include "reference/fraction_vectors.hpp"

#include <gtest/gtest.h>

namespace assay::reference {
namespace {

RMat matrix(Index rows, Index columns, const std::vector<int>& entries) {
  RMat a(rows, columns);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < columns; ++j)
      a(i, j) = entries[static_cast<std::size_t>(i * columns + j)];
  return a;
}
RVec vector(const std::vector<int>& entries) {
  return matrix(static_cast<Index>(entries.size()), 1, entries).col(0);
}

/// Written out: [1 2 3; 4 5 6] times (1, -1, 2) and transposed times (1, -2).
TEST(FractionVectors, Products) {
  const RMat a = matrix(2, 3, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(times(a, vector({1, -1, 2})), vector({5, 11}));
  EXPECT_EQ(times_transposed(a, vector({1, -2})), vector({-7, -8, -9}));
  EXPECT_EQ(product(a, matrix(3, 2, {1, 0, 0, 1, -1, 2})), matrix(2, 2, {-2, 8, -2, 17}));
  EXPECT_EQ(inner(vector({1, 2, 3}), vector({4, -5, 6})), 12);
}

TEST(FractionVectors, OfNothing) {
  EXPECT_EQ(times(RMat(0, 3), vector({1, 2, 3})).size(), 0);
  EXPECT_EQ(times(RMat(2, 0), RVec(0)), zero_vector(2));
  EXPECT_EQ(times_transposed(RMat(0, 3), RVec(0)), zero_vector(3));
  EXPECT_EQ(inner(RVec(0), RVec(0)), 0);
  EXPECT_TRUE(is_zero(zero_vector(3)));
  EXPECT_FALSE(is_zero(vector({0, 0, 1})));
}

}  // namespace
}  // namespace assay::reference
