// Solves with the saddle matrix while rows come and go, against elimination in fractions.
#include "assay/lower_level/kkt_factor.hpp"

#include <cmath>

#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/oracle_test.hpp"
#include "reference/small_instances.hpp"

namespace assay {
namespace {

template <class S>
class KktFactorTest : public testing::Test {};
TYPED_TEST_SUITE(KktFactorTest, AllScalars, ScalarNames);

Instance instance(std::uint64_t seed) {
  return reference::small_instance(seed, {.n = 1, .m = 5, .equalities = 0, .rows = 7});
}

/// Solves for a fixed right-hand side and compares with the exact solution for the rows now active.
template <class S>
void expect_solves(const Instance& in, KktFactor<S>& factor) {
  const Index m = in.m, k = static_cast<Index>(factor.active().size());
  const reference::RMat H = in.H.to<Rational>(), B = in.B.to<Rational>();
  reference::RMat K(m + k, m + k), right(m + k, 1);
  for (Index j = 0; j < m + k; ++j)
    for (Index i = 0; i < m + k; ++i) {
      const auto row = [&](Index a) { return factor.active()[static_cast<std::size_t>(a - m)]; };
      K(i, j) = i < m && j < m ? H(i, j)
                : i < m        ? B(row(j), i)
                : j < m        ? B(row(i), j)
                               : Rational(0);
    }
  const reference::RVec values = widen<Rational>(reference::eighths(9, 9, m + k, 16));
  right.col(0) = values;
  const auto truth = reference::solve_square(K, right);
  ASSERT_TRUE(truth);

  Vec<S> p(m), nu(k);
  for (Index i = 0; i < m; ++i) p[i] = convert<S>(values[i]);
  for (Index i = 0; i < k; ++i) nu[i] = convert<S>(values[m + i]);
  factor.solve(p, nu);
  if (is_exact<S>) {
    EXPECT_EQ(exact(p), truth->col(0).head(m));
    EXPECT_EQ(exact(nu), truth->col(0).tail(k));
  } else {
    // Block elimination is three solves, in H, in B H^-1 B' and in H again, each off by at most
    // gamma_{3 (m+k)} cond: the bound is their product with |K^-1| |K| for every factor.
    reference::RMat unit = reference::RMat::Constant(m + k, m + k, Rational(0));
    for (Index i = 0; i < m + k; ++i) unit(i, i) = 1;
    const auto inverse = reference::solve_square(K, unit);
    const auto largest = [](const reference::RMat& a) {
      Rational top = 0;
      for (Index i = 0; i < a.rows(); ++i)
        top = std::max(top, Rational(Rational(a.cols()) * max_entry(a.row(i))));
      return top;
    };
    const Rational condition = largest(*inverse) * largest(K);
    const Rational bound =
        3 * exact_gamma<S>(3 * (m + k)) * condition * condition * max_entry(truth->col(0));
    EXPECT_LE(max_entry(exact(p) - truth->col(0).head(m)), bound);
    EXPECT_LE(max_entry(exact(nu) - truth->col(0).tail(k)), bound);
  }
}

TYPED_TEST(KktFactorTest, SolvesWhileRowsComeAndGo) {
  using S = TypeParam;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Instance in = instance(seed);
    const QuadraticProblem<S> problem(in);
    KktFactor<S> factor(lower_level_shape(problem));
    expect_solves(in, factor);
    const auto add = [&](Index row) {
      const auto candidate = factor.preview(row);
      ASSERT_FALSE(candidate.dependent);
      factor.append(row, candidate);
      expect_solves(in, factor);
    };
    add(3);
    add(0);
    add(5);
    add(6);
    factor.remove(1);  // from the middle
    EXPECT_EQ(factor.active(), (std::vector<Index>{3, 5, 6}));
    expect_solves(in, factor);
    factor.remove(0);  // the first
    expect_solves(in, factor);
    add(1);
    factor.remove(2);  // the last
    EXPECT_EQ(factor.active(), (std::vector<Index>{5, 6}));
    expect_solves(in, factor);
    factor.clear();
    expect_solves(in, factor);
    ASSERT_TRUE(factor.reset({4, 2, 1}));
    EXPECT_EQ(factor.active(), (std::vector<Index>{1, 2, 4}));
    expect_solves(in, factor);
  }
}

TYPED_TEST(KktFactorTest, ThePivotIsTheSquaredDistanceFromTheSpanOfTheActiveRows) {
  using S = TypeParam;
  // H = I: the pivot of (3, 4) after (1, 0) is 4^2, computed from 3^2 + 4^2.
  Instance in = empty_instance(1, 2);
  in.H.set(0, 0, 1);
  in.H.set(1, 1, 1);
  in.A = ExactMatrix(3, 1);
  in.B = ExactMatrix(3, 2);
  in.b = ExactMatrix(3, 1);
  in.B.set(0, 0, 1);
  in.B.set(1, 0, 3);
  in.B.set(1, 1, 4);
  in.B.set(2, 0, -2);
  const QuadraticProblem<S> problem(in);
  KktFactor<S> factor(lower_level_shape(problem));
  factor.append(0, factor.preview(0));
  EXPECT_EQ(factor.preview(1).pivot, S(16));
  // w = (-3, 1): 2 (25 + 3^2)
  EXPECT_EQ(factor.preview(1).noise, gamma_bound<S>(8 * (2 + 1 + 4)) * S(2) * S(25 + 9));
  EXPECT_TRUE(factor.preview(2).dependent);
  factor.append(1, factor.preview(1));
  EXPECT_TRUE(factor.preview(2).dependent);  // no room left
  EXPECT_FALSE(factor.reset({2, 0}));
  ASSERT_TRUE(factor.reset({1}));
  EXPECT_FALSE(factor.preview(2).dependent);
}

/// A row that is the difference of two larger ones carries the rounding of theirs.
TYPED_TEST(KktFactorTest, ASmallDifferenceOfLargeRowsIsDependent) {
  using S = TypeParam;
  const double large[] = {0.3, 0.7, 0.1};
  for (int k = 10; k <= 18; ++k) {
    const double e = std::ldexp(1.0, -k);
    const double small[] = {e, -e / 2, e / 4};  // the sums below are exact
    Instance in = empty_instance(1, 3);
    in.A = ExactMatrix(3, 1);
    in.B = ExactMatrix(3, 3);
    in.b = ExactMatrix(3, 1);
    for (Index i = 0; i < 3; ++i) {
      in.H.set(i, i, 1);
      in.B.set(0, i, large[i]);
      in.B.set(1, i, large[i] + small[i]);
      in.B.set(2, i, small[i]);
    }
    const QuadraticProblem<S> problem(in);
    KktFactor<S> factor(lower_level_shape(problem));
    factor.append(0, factor.preview(0));
    // Their angle is about 2^-k, the pivot 4^-k: at 2^-36 far above 53 bits.
    const auto second = factor.preview(1);
    ASSERT_FALSE(second.dependent) << k;
    factor.append(1, second);
    EXPECT_TRUE(factor.preview(2).dependent) << k;
  }
}

/// reset() makes the factor a function of the set: the way there leaves no bit behind.
TYPED_TEST(KktFactorTest, AfterAResetTheBitsDoNotRememberTheWay) {
  using S = TypeParam;
  const Instance in = instance(3);
  const QuadraticProblem<S> problem(in);
  KktFactor<S> wandered(lower_level_shape(problem)), fresh(lower_level_shape(problem));
  for (const Index row : {6, 2, 0, 4}) wandered.append(row, wandered.preview(row));
  wandered.remove(1);
  wandered.reset({4, 0, 6});
  fresh.reset({0, 4, 6});
  Vec<S> p = widen<S>(reference::eighths(1, 1, 5, 16)),
         nu = widen<S>(reference::eighths(1, 2, 3, 16));
  Vec<S> q = p, eta = nu;
  wandered.solve(p, nu);
  fresh.solve(q, eta);
  EXPECT_EQ(p, q);
  EXPECT_EQ(nu, eta);
}

}  // namespace
}  // namespace assay
