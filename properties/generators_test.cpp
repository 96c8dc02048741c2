// What the generators have to bring forth: a law is only as good as the hard ones among its cases.
#include "properties/generators.hpp"

#include <gtest/gtest.h>

#include "assay/lower_level/active_set.hpp"

namespace assay::properties {
namespace {

constexpr int cases = 200;

/// In how many of 200 cases of full size something is so.
template <class Holds>
int count(Holds holds) {
  int found = 0;
  for (int k = 0; k < cases; ++k) {
    Source source(rc::Random(static_cast<std::uint64_t>(k)), 100);
    found += holds(source);
  }
  return found;
}

bool differ(const ExactMatrix& a, const ExactMatrix& b) { return a.nearest() != b.nearest(); }

/// Rows that hold with zero multiplier, and no repeated ones beside them, in 15; repeated rows in
/// 55. The limits are about half.
TEST(QuadraticCase, HasWeaklyActiveRows) {
  Recipe recipe;
  recipe.largest = 8;
  recipe.degenerate = true;
  int repeated = 0;
  const int weak = count([&](Source& source) {
    const Case c = quadratic_case(source, recipe);
    const QuadraticProblem<double> problem(c.instance);
    ActiveSetLowerLevel<double> lower(problem);
    const auto& s = lower.solve(c.vector("x"), {});
    repeated += !s.licq;
    return !s.weakly_active.empty() && s.licq;
  });
  EXPECT_GE(weak, 7);
  EXPECT_GE(repeated, 25);
}

/// With and without: the same case but for powers of two in f, g or single rows, each of which is
/// drawn in half of the cases: 100, with a deviation of 7.
TEST(QuadraticCase, IsScaled) {
  Recipe plain, scaled;
  plain.largest = scaled.largest = 8;
  scaled.scales = 20;
  int lower = 0, rows = 0, with_rows = 0;
  const int upper = count([&](Source& source) {
    Source same = source;
    const Case a = quadratic_case(source, plain), b = quadratic_case(same, scaled);
    lower += differ(a.instance.H, b.instance.H);
    with_rows += a.instance.inequality_rows() > 0;
    rows += differ(a.instance.B, b.instance.B);
    return differ(a.instance.Qxx, b.instance.Qxx);
  });
  EXPECT_GE(upper, 65);
  EXPECT_GE(lower, 65);
  EXPECT_GE(rows, with_rows / 2);
  EXPECT_GE(with_rows, 100);
}

}  // namespace
}  // namespace assay::properties
