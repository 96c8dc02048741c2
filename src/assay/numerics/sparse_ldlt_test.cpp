#include "assay/numerics/sparse_ldlt.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>

#include "assay/numerics/data_factor.hpp"
#include "assay/numerics/data_matrix.hpp"
#include "assay/numerics/sparse_patterns_test.hpp"

namespace assay {
namespace {

struct NamedPattern {
  const char* name;
  Index n;
  Edges edges;
};

std::vector<NamedPattern> patterns() {
  return {{"nothing", 0, {}},
          {"one", 1, {}},
          {"diagonal", 9, {}},
          {"tridiagonal", 30, band(30, 1)},
          {"band", 40, band(40, 4)},
          {"star", 25, star(25)},
          {"grid", 64, grid(8)},
          {"random", 60, at_random(60, 90, 1)},
          {"random, fuller", 60, at_random(60, 400, 2)},
          {"full", 20, band(20, 20)}};
}

template <class S>
Mat<S> permuted(const SparseMatrix<S>& A, const std::vector<int>& order) {
  const Mat<S> all = dense(A);
  Mat<S> out(A.rows(), A.cols());
  for (Index j = 0; j < A.cols(); ++j)
    for (Index i = 0; i < A.rows(); ++i)
      out(i, j) = all(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(j)]);
  return out;
}

template <class S>
class SparseLdltTest : public testing::Test {};
using SparseScalars = testing::Types<double, Soft53, Real50, Rational>;
TYPED_TEST_SUITE(SparseLdltTest, SparseScalars);

/// Bit for bit, the dense columns too.
TYPED_TEST(SparseLdltTest, IsTheDenseFactorOfThePermutedMatrix) {
  using S = TypeParam;
  int with_both = 0;
  for (const NamedPattern& p : patterns()) {
    const SparseMatrix<S> A = sparse_definite<S>(p.n, p.edges, 5);
    SparseLdlt<S> sparse;
    sparse.analyse(A);
    ASSERT_TRUE(sparse.factor(A)) << p.name;
    std::vector<int> sorted = sparse.order();
    std::sort(sorted.begin(), sorted.end());
    for (Index k = 0; k < p.n; ++k) ASSERT_EQ(sorted[static_cast<std::size_t>(k)], k) << p.name;
    Ldlt<S> plain;
    ASSERT_TRUE(plain.factor(permuted(A, sparse.order())));
    for (Index j = 0; j < p.n; ++j) {
      EXPECT_EQ(sparse.pivot(j), plain.pivots()[j]) << p.name;
      for (Index i = j; i < p.n; ++i)
        EXPECT_EQ(sparse.lower(i, j), plain.lower()(i, j)) << p.name << ' ' << i << ' ' << j;
    }
    with_both += sparse.head() > 0 && sparse.head() < p.n - 3;
  }
  EXPECT_GE(with_both, 3);
}

/// L D L' = P A P' and A x = b, in fractions.
TEST(SparseLdlt, IsExactInFractions) {
  for (const NamedPattern& p : patterns()) {
    const SparseMatrix<Rational> A = sparse_definite<Rational>(p.n, p.edges, 6);
    SparseLdlt<Rational> factor;
    factor.analyse(A);
    ASSERT_TRUE(factor.factor(A));
    const Mat<Rational> all = dense(A), moved = permuted(A, factor.order());
    for (Index i = 0; i < p.n; ++i)
      for (Index j = 0; j <= i; ++j) {
        Rational product = 0;
        for (Index k = 0; k <= j; ++k)
          product += factor.lower(i, k) * factor.pivot(k) * factor.lower(j, k);
        ASSERT_EQ(product, moved(i, j)) << p.name;
      }
    Vec<Rational> b(p.n);
    for (Index i = 0; i < p.n; ++i) b[i] = Rational(i * i % 7 - 3);
    Vec<Rational> x = b;
    factor.solve_in_place(x);
    for (Index i = 0; i < p.n; ++i) {
      Rational row = 0;
      for (Index j = 0; j < p.n; ++j) row += all(i, j) * x[j];
      ASSERT_EQ(row, b[i]) << p.name;
    }
  }
}

/// |b - A x| <= gamma_{3n+1} h h'|x|, h_i = A_ii^{1/2} (Higham, "Accuracy and Stability", theorem
/// 10.4), for whatever order of elimination: chains over what is not zero are no longer than n.
template <class S>
void expect_solves(const NamedPattern& p) {
  const SparseMatrix<S> A = sparse_definite<S>(p.n, p.edges, 7);
  SparseLdlt<S> factor;
  factor.analyse(A);
  ASSERT_TRUE(factor.factor(A));
  Vec<S> b(p.n);
  for (Index i = 0; i < p.n; ++i) b[i] = S(1) / S(static_cast<double>(i + 3));
  Vec<S> x = b;
  factor.solve_in_place(x);
  const auto fine = [](const S& a) { return Real100(convert<Rational>(a)); };
  Real100 size = 0;
  for (Index i = 0; i < p.n; ++i) size += square_root(fine(A(i, i))) * magnitude(fine(x[i]));
  const Real100 gamma = fine(gamma_bound<S>(3 * p.n + 1));
  for (Index i = 0; i < p.n; ++i) {
    Real100 residual = fine(b[i]);
    for (Index j = 0; j < p.n; ++j) residual -= fine(A(i, j)) * fine(x[j]);
    EXPECT_LE(magnitude(residual), gamma * square_root(fine(A(i, i))) * size) << p.name;
  }
}

TEST(SparseLdlt, SolvesWithinTheBoundOfCholesky) {
  for (const NamedPattern& p : patterns()) {
    expect_solves<double>(p);
    expect_solves<Real50>(p);
  }
}

TEST(SparseLdlt, GivesTheBitsOfSoftwareArithmetic) {
  for (const NamedPattern& p : patterns()) {
    const auto solved = [&]<class S>(S) {
      const SparseMatrix<S> A = sparse_definite<S>(p.n, p.edges, 8);
      SparseLdlt<S> factor;
      factor.analyse(A);
      factor.factor(A);
      Vec<S> x(p.n);
      for (Index i = 0; i < p.n; ++i) x[i] = S(1) / S(static_cast<double>(i + 3));
      factor.solve_in_place(x);
      std::vector<double> out;
      for (Index i = 0; i < p.n; ++i) out.push_back(to_double(x[i]));
      return out;
    };
    EXPECT_EQ(solved(0.0), solved(Soft53(0))) << p.name;
  }
}

/// A star costs nothing when its middle goes last; a tridiagonal matrix never does.
TEST(SparseLdlt, ChoosesAnOrderWithLittleFill) {
  const auto entries = [](Index n, const Edges& edges) {
    SparseLdlt<double> factor;
    factor.analyse(sparse_definite<double>(n, edges, 9));
    return factor.entries();
  };
  EXPECT_LE(entries(500, star(500)), 499 + 3);  // three columns at the end count as full
  EXPECT_LE(entries(500, band(500, 1)), 499 + 3);
  // By rows of the grid there would be 40 in each column.
  EXPECT_LT(entries(1600, grid(40)), 1600 * 40 / 2);
}

TEST(SparseLdlt, FactorsOtherValuesOfThePattern) {
  const SparseMatrix<double> first = sparse_definite<double>(64, grid(8), 10),
                             second = sparse_definite<double>(64, grid(8), 11);
  SparseLdlt<double> again, fresh;
  again.analyse(first);
  ASSERT_TRUE(again.factor(first));
  SparseMatrix<double> indefinite = first;
  indefinite.set_values(Vec<double>(-first.values()));
  EXPECT_FALSE(again.factor(indefinite));
  ASSERT_TRUE(again.factor(second));
  fresh.analyse(second);
  ASSERT_TRUE(fresh.factor(second));
  Vec<double> x = Vec<double>::Constant(64, 1), y = x;
  again.solve_in_place(x);
  fresh.solve_in_place(y);
  EXPECT_EQ(x, y);
}

TEST(SparseLdlt, NamesTheVariableWhosePivotIsNotPositive) {
  for (const Index bad : {0, 7, 29}) {
    std::vector<SparseEntry<double>> entries;
    for (Index i = 0; i < 30; ++i)
      if (i != bad) entries.push_back({i, i, 2.0});  // there is no entry at all
    const SparseMatrix<double> A(30, 30, entries);
    SparseLdlt<double> factor;
    factor.analyse(A);
    EXPECT_FALSE(factor.factor(A));
    EXPECT_EQ(factor.failed_pivot(), bad);
  }
}

/// 2 on the diagonal and -1 beside it: eigenvalues 2 - 2 cos(k pi / (n+1)), the smallest at least
/// (2 / (n+1))^2 and at most (pi / (n+1))^2.
TEST(SparseLdlt, BoundsTheSmallestEigenvalueFromBelow) {
  for (const Index n : {1, 2, 10, 100, 1000}) {
    std::vector<SparseEntry<double>> entries;
    for (Index i = 0; i < n; ++i) {
      entries.push_back({i, i, 2});
      if (i > 0) entries.push_back({i, i - 1, -1});
      if (i > 0) entries.push_back({i - 1, i, -1});
    }
    const SparseMatrix<double> H(n, n, entries);
    SparseLdlt<double> factor;
    factor.analyse(H);
    ASSERT_TRUE(factor.factor(H));
    const double bound = smallest_eigenvalue_bound(H, factor);
    const double pi = 3.141592653589793, step = pi / static_cast<double>(n + 1);
    // 2 - 2 cos t between t^2 - t^4 / 12 and t^2.
    EXPECT_LE(bound, step * step) << n;
    EXPECT_GE(bound, 0.4 * (step * step - step * step * step * step / 12)) << n;
  }
}

TEST(SparseMatrix, MultipliesLikeTheDenseOne) {
  const SparseMatrix<double> A = sparse_definite<double>(60, at_random(60, 90, 12), 12);
  Mat<double> all = dense(A);
  const Vec<double> x = RandomStream(1, 2, Purpose::probe, 3).normals(60);
  Vec<double> sparse = x, plain = x;
  add_product(A, x, sparse);
  add_product(all, x, plain);
  EXPECT_EQ(sparse, plain);
  transposed_product(A, x, sparse);
  transposed_product(all, x, plain);
  EXPECT_EQ(sparse, plain);
  const SparseMatrix<double> again(all);
  EXPECT_TRUE(again.same_pattern(A));
  EXPECT_EQ(again.values(), A.values());
  EXPECT_EQ(A(3, 3), all(3, 3));
  EXPECT_EQ(A(0, 59), all(0, 59));
}

/// Above 128 variables; the same bits from both, and a factor only where it stays sparse.
template <class S>
void expect_data_to_be_sparse() {
  for (const bool fills_up : {false, true}) {
    const Index n = 150;
    const SparseMatrix<S> A =
        sparse_definite<S>(n, fills_up ? at_random(n, 800, 3) : band(n, 2), 13);
    const Mat<S> all = dense(A);
    ASSERT_TRUE(is_sparse(all));
    const DataMatrix<S> data(all);
    const Vec<S> x = widen<S>(RandomStream(1, 2, Purpose::probe, 3).normals(n));
    Vec<S> quick, plain;
    product(data, x, quick);
    product(all, x, plain);
    EXPECT_EQ(quick, plain);
    transposed_product(data, x, quick);
    transposed_product(all, x, plain);
    EXPECT_EQ(quick, plain);
    quick = plain = x;
    add_product(data, x, quick);
    add_product(all, x, plain);
    EXPECT_EQ(quick, plain);

    DataFactor<S> factor;
    SparseLdlt<S> sparse;
    ASSERT_TRUE(factor.factor(all));
    quick = plain = x;
    factor.solve_in_place(quick);
    if (fills_up) {
      Ldlt<S>(all).solve_in_place(plain);
    } else {
      sparse.analyse(A);
      ASSERT_TRUE(sparse.factor(A));
      sparse.solve_in_place(plain);
    }
    EXPECT_EQ(quick, plain);
    Mat<S> indefinite = all;
    indefinite(77, 77) = S(-1);
    EXPECT_FALSE(factor.factor(indefinite));
    EXPECT_GE(factor.failed_pivot(), 0);
    EXPECT_TRUE(factor.factor(Mat<S>(all.topLeftCorner(20, 20))));
  }
}

TEST(Data, IsMultipliedAndFactoredWithoutItsZeros) {
  expect_data_to_be_sparse<double>();
  expect_data_to_be_sparse<Soft53>();
  EXPECT_FALSE(is_sparse(Mat<double>(Mat<double>::Identity(100, 100))));
  EXPECT_FALSE(is_sparse(Mat<double>(Mat<double>::Constant(200, 200, 1))));
}

/// Two threads solve with one factor for different right-hand sides, so many times.
template <class S>
void expect_solves_side_by_side(const Mat<S>& A, const Vec<S>& first, int solves) {
  const DataFactor<S> factor(A);
  std::barrier start(2);
  int wrong[2] = {0, 0};
  const auto work = [&](int which) {
    const Vec<S> b = which == 0 ? first : Vec<S>(S(-3) * first);
    Vec<S> right = b;
    DataFactor<S>(A).solve_in_place(right);
    start.arrive_and_wait();
    for (int k = 0; k < solves; ++k) {
      Vec<S> x = b;
      factor.solve_in_place(x);
      bool same = true;
      for (Index i = 0; i < x.size(); ++i)
        same = same && (x[i] == right[i] || (x[i] != x[i] && right[i] != right[i]));
      wrong[which] += !same;
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  EXPECT_EQ(wrong[0], 0);
  EXPECT_EQ(wrong[1], 0);
}

TEST(Data, IsSolvedWithBySeveralThreads) {
  const Index n = 2000;
  expect_solves_side_by_side<double>(dense(sparse_definite<double>(n, band(n, 1), 14)),
                                     RandomStream(1, 2, Purpose::probe, 4).normals(n), 2000);
  // In 50 digits a right-hand side that is not finite is one for the plain factor, made then.
  const Index few = 40;
  Vec<Real50> b = Vec<Real50>::Constant(few, Real50(1));
  b[few - 1] = std::numeric_limits<Real50>::infinity();
  for (int k = 0; k < 20; ++k)
    expect_solves_side_by_side<Real50>(dense(sparse_definite<Real50>(few, band(few, 3), 15)), b, 1);
}

TEST(SparseMatrix, RefusesWhatIsNone) {
  const auto message = [](Index rows, Index cols, std::vector<SparseEntry<double>> entries) {
    try {
      SparseMatrix<double>(rows, cols, std::move(entries), "H");
    } catch (const InputError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(message(2, 2, {{2, 0, 1.0}}), "H: entry (2, 0) is outside");
  EXPECT_EQ(message(2, 2, {{0, -1, 1.0}}), "H: entry (0, -1) is outside");
  EXPECT_EQ(message(2, 2, {{1, 0, 1.0}, {0, 0, 1.0}, {1, 0, 2.0}}),
            "H: entry (1, 0) is given twice");
  EXPECT_EQ(message(2, 2, {{1, 0, std::numeric_limits<double>::quiet_NaN()}}),
            "H: entry (1, 0) is not finite");
  EXPECT_EQ(message(-1, 2, {}), "H: has an impossible size");
  EXPECT_EQ(message(3, Index(1) << 40, {}), "H: has an impossible size");
  EXPECT_EQ(message(3, std::numeric_limits<Index>::max(), {}), "H: has an impossible size");
  EXPECT_EQ(message(2, 2, {{1, 0, 1.0}, {0, 0, 1.0}}), "");
}

}  // namespace
}  // namespace assay
