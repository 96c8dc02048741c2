#include "assay/numerics/kernels.hpp"

#include <gtest/gtest.h>

#include "assay/numerics/growing_ldlt.hpp"
#include "assay/numerics/ldlt.hpp"
#include "assay/numerics/random.hpp"
#include "assay/scalar/convert.hpp"

namespace assay {
namespace {

Vec<double> random_vector(Index n, std::uint64_t what) {
  return RandomStream(7, static_cast<std::uint64_t>(n), Purpose::probe, what).normals(n);
}

Mat<double> random_matrix(Index rows, Index cols, std::uint64_t what) {
  const Vec<double> z = random_vector(rows * cols, what);
  return Eigen::Map<const Mat<double>>(z.data(), rows, cols);
}

/// R'R + I, symmetric to the last bit.
Mat<double> random_definite(Index n, std::uint64_t what) {
  const Mat<double> R = random_matrix(n, n, what);
  Mat<double> H(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i)
      H(i, j) = dot(R.data() + i * n, R.data() + j * n, n) + (i == j ? 1.0 : 0.0);
  return H;
}

const std::vector<Index> sizes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 15, 16, 17, 18, 31, 40};

/// Each width of registers that this machine has.
class EachWidth : public testing::TestWithParam<const lanes::Kernels*> {
 protected:
  void SetUp() override { lanes::use(*GetParam()); }
  void TearDown() override { lanes::use(*lanes::available().back()); }
};
INSTANTIATE_TEST_SUITE_P(Registers, EachWidth, testing::ValuesIn(lanes::available()),
                         [](const auto& info) { return std::to_string(info.param->width); });

TEST(Kernels, TheWidestRegistersAreInUse) {
  for (const lanes::Kernels* one : lanes::available()) EXPECT_LE(one->width, lanes::kernels->width);
  EXPECT_EQ(lanes::kernels, lanes::available().back());
}

/// Soft53 rounds like double but runs through the plain loops: equal bits prove that the vector
/// versions keep the written order.
TEST_P(EachWidth, DoubleAndSoftwareDoubleGiveTheSameBits) {
  for (const Index n : sizes) {
    const Vec<double> a = random_vector(n, 1), b = random_vector(n, 2);
    const Vec<Soft53> as = widen<Soft53>(a), bs = widen<Soft53>(b);
    EXPECT_EQ(dot(a, b), to_double(dot(as, bs))) << "dot, n = " << n;
    EXPECT_EQ(norm(a), to_double(norm(as))) << "norm, n = " << n;

    const Mat<double> A = random_matrix(n, n + 5, 3);
    const Vec<double> x = random_vector(n + 5, 4);
    Vec<double> y = b;
    Vec<Soft53> ys = bs;
    add_product(A, x, y);
    add_product(widen<Soft53>(A), widen<Soft53>(x), ys);
    for (Index i = 0; i < n; ++i) EXPECT_EQ(y[i], to_double(ys[i])) << "product, n = " << n;
    transposed_product(A, a, y);
    transposed_product(widen<Soft53>(A), as, ys);
    for (Index i = 0; i < n + 5; ++i) EXPECT_EQ(y[i], to_double(ys[i])) << "transposed, n = " << n;
  }
}

/// The factor in one sweep and the same by columns, as ldlt.hpp states it; solves with one and with
/// several right-hand sides. Beyond 16 columns the factor is blocked, beyond 128 the product too.
TEST_P(EachWidth, FactorsAndSolvesInTheStatedOrder) {
  for (const Index n : {1, 3, 8, 9, 16, 17, 23, 40, 57, 150, 290}) {
    const Mat<double> H = random_definite(n, 5);
    const Ldlt<double> factor(H);
    ASSERT_LT(factor.failed_pivot(), 0);
    // Every addition by hand where that is quick, else at a sample of entries.
    const Mat<double>& L = factor.lower();
    const Vec<double>& D = factor.pivots();
    for (Index j = 0; j < n; j += n < 60 ? 1 : 7)
      for (Index i = j; i < n; i += n < 60 ? 1 : 3) {
        double c = H(i, j);
        for (Index k = 0; k < j; ++k) {
          const double weight = -(D[k] * L(j, k));
          const double product = L(i, k) * weight;
          c += product;
        }
        if (i == j)
          EXPECT_EQ(D[j], c) << n << ": pivot " << j;
        else
          EXPECT_EQ(L(i, j), c / D[j]) << n << ": entry " << i << ", " << j;
      }

    constexpr Index count = 7;
    const Mat<double> X = random_matrix(n, count, 6);
    Mat<double> together = X;
    factor.solve_in_place(together.data(), count);
    for (Index k = 0; k < count; ++k) {
      Vec<double> x = X.col(k);
      for (Index j = 0; j < n; ++j)
        for (Index i = j + 1; i < n; ++i) {
          const double product = L(i, j) * -x[j];
          x[i] += product;
        }
      for (Index j = 0; j < n; ++j) x[j] /= D[j];
      for (Index j = n - 1; j >= 0; --j) {
        const Vec<Soft53> column = widen<Soft53>(Vec<double>(L.col(j).tail(n - j - 1)));
        x[j] -= to_double(dot(column, widen<Soft53>(Vec<double>(x.tail(n - j - 1)))));
      }
      Vec<double> alone = X.col(k);
      factor.solve_in_place(alone);
      EXPECT_EQ(alone, x) << n;
      EXPECT_EQ(Vec<double>(together.col(k)), x) << n << ", column " << k;
    }
  }
}

/// Nothing is written above the diagonal, nor outside a block with its own stride.
TEST_P(EachWidth, LowerProductsStayBelowTheDiagonal) {
  for (const Index rows : {1, 5, 9, 20, 37, 140})
    for (const Index cols : {1, 4, 9, 17})
      for (const Index inner : {0, 1, 6, 130, 260}) {
        if (cols > rows) continue;
        const Index stride = rows + 3;
        const Mat<double> A = random_matrix(stride, inner, 7), W = random_matrix(inner, cols, 8);
        const Mat<double> before = random_matrix(stride, cols, 9);
        Mat<double> C = before;
        add_lower_product(A.data(), stride, rows, inner, W.data(), cols, C.data());
        for (Index j = 0; j < cols; ++j)
          for (Index i = 0; i < stride; ++i) {
            double sum = before(i, j);
            for (Index k = 0; k < inner && i >= j && i < rows; ++k) {
              const double product = A(i, k) * W(k, j);
              sum += product;
            }
            ASSERT_EQ(C(i, j), sum)
                << rows << " x " << cols << ", " << inner << ": " << i << ", " << j;
          }
      }
}

TEST_P(EachWidth, DotAddsInTheDocumentedOrder) {
  // 2^53 swallows a 1 added after it: only the documented grouping gives these sums.
  const double big = 0x1p53;
  Vec<double> a(9), one = Vec<double>::Ones(9);
  a << big, 1, 0, 0, 0, 0, 0, 0, 1;
  // lane 0: (big + 1 -> big); lane 1: 1; the fold adds lane 1 last: big + 1 -> big.
  EXPECT_EQ(dot(a, one), big);
  a << big, 0, 0, 0, 1, 0, 0, 0, -big;
  // lane 0: big - big = 0, then lane 4 is folded into lane 0.
  EXPECT_EQ(dot(a, one), 1);
  a << big, 1, 1, 1, 0, 0, 0, 0, 0;
  // fold by 2: lane 0 + lane 2 -> big, lane 1 + lane 3 = 2; then big + 2 exactly.
  EXPECT_EQ(dot(a, one), big + 2);
}

TEST(Kernels, NormNeitherOverflowsNorUnderflows) {
  // A vector of n equal entries a has norm sqrt(n) |a|; n = 4 keeps that exact at every scale.
  for (const double a : {0x1p1000, 0x1.8p-1060, 0x1p-1074, 3.0}) {
    const Vec<double> v = Vec<double>::Constant(4, -a);
    EXPECT_EQ(norm(v), 2 * a);
  }
  EXPECT_EQ(norm(Vec<double>(Vec<double>::Zero(3))), 0);
  Vec<double> v(2);
  v << 1, std::numeric_limits<double>::infinity();
  EXPECT_EQ(norm(v), std::numeric_limits<double>::infinity());
  // Its square is subnormal and keeps a few digits only.
  EXPECT_EQ(norm(Vec<double>(Vec<double>::Constant(4, 0x1.5555555555555p-530))),
            0x1.5555555555555p-529);
}

template <class S>
class NotANumber : public testing::Test {};
using Rounding = testing::Types<double, Soft53, Real50, Real100>;
TYPED_TEST_SUITE(NotANumber, Rounding);

TYPED_TEST(NotANumber, ShowsInEveryNorm) {
  using S = TypeParam;
  const S nan = std::numeric_limits<S>::quiet_NaN();
  const auto is_nan = [](const S& value) { return value != value; };
  Vec<S> alone(1), first(2), last(2);
  alone << nan;
  first << nan, S(1);
  last << S(1), nan;
  for (const Vec<S>& v : {alone, first, last}) {
    EXPECT_TRUE(is_nan(max_norm(v)));
    EXPECT_TRUE(is_nan(norm(v)));
  }
}

TYPED_TEST(NotANumber, IsNoPositivePivot) {
  using S = TypeParam;
  Ldlt<S> factor;
  EXPECT_FALSE(factor.factor(Mat<S>::Constant(1, 1, std::numeric_limits<S>::quiet_NaN())));
  EXPECT_EQ(factor.failed_pivot(), 0);
}

template <class S>
class Factorisation : public testing::Test {};
using Scalars = testing::Types<double, Soft53, Real50, Real100, Rational>;
TYPED_TEST_SUITE(Factorisation, Scalars);

/// Largest |H x - b| entry against its bound. Backward stable L D L' solves give
/// |H x - b| <= gamma_{3n+1} |L||D||L'||x| <= gamma_{3n+1} n max_i h_ii sum|x| (positive definite
/// H). Higham, "Accuracy and Stability", theorem 10.4 adapted to L D L'.
template <class S>
void expect_solves(const Mat<double>& H, const Vec<S>& x, const Vec<double>& b) {
  const Index n = H.rows();
  Real100 top(0), sum(0);
  for (Index i = 0; i < n; ++i) {
    top = larger(top, Real100(H(i, i)));
    sum += magnitude(convert<Real100>(x[i]));
  }
  const Real100 bound =
      convert<Real100>(gamma_bound<S>(3 * n + 1)) * Real100(static_cast<double>(n)) * top * sum;
  for (Index i = 0; i < n; ++i) {
    Real100 residual(-b[i]);
    for (Index j = 0; j < n; ++j) residual += Real100(H(i, j)) * convert<Real100>(x[j]);
    // Rationals are rounded to Real100 on the way here, one relative 2^-334 each.
    const Real100 reading =
        gamma_bound<Real100>(n + 2) * top * sum * Real100(static_cast<double>(n));
    EXPECT_LE(magnitude(residual), bound + reading) << "row " << i << ", n = " << n;
  }
}

TYPED_TEST(Factorisation, SolvesWithinTheBackwardErrorBound) {
  using S = TypeParam;
  for (const Index n : {1, 2, 5, 8, 12}) {
    const Mat<double> H = random_definite(n, 11);
    const Vec<double> b = random_vector(n, 12);
    Vec<S> x = widen<S>(b);
    Ldlt<S>(widen<S>(H)).solve_in_place(x);
    expect_solves(H, x, b);
  }
}

TYPED_TEST(Factorisation, ReportsTheFirstPivotThatIsNotPositive) {
  using S = TypeParam;
  Mat<double> H(3, 3);
  H << 2, 1, 0, 1, 0.5, 1, 0, 1, 4;  // second pivot 0.5 - 1/2 = 0
  Ldlt<S> factor;
  EXPECT_FALSE(factor.factor(widen<S>(H)));
  EXPECT_EQ(factor.failed_pivot(), 1);
}

TYPED_TEST(Factorisation, GrowsAndShrinksToTheFactorOfTheRowsThatAreLeft) {
  using S = TypeParam;
  const Index n = 9;
  const Mat<double> H = random_definite(n, 13);
  const Mat<S> Hs = widen<S>(H);
  GrowingLdlt<S> g(n);
  std::vector<Index> rows;
  const auto add = [&](Index r) {
    Vec<S> column(static_cast<Index>(rows.size()));
    for (Index j = 0; j < column.size(); ++j) column[j] = Hs(rows[static_cast<std::size_t>(j)], r);
    g.append(g.preview(column.data(), Hs(r, r)));
    rows.push_back(r);
  };
  const auto drop = [&](Index position) {
    g.remove(position);
    rows.erase(rows.begin() + position);
  };
  for (Index r = 0; r < n; ++r) add(r);
  for (const Index position : {4, 0, 6, 2}) drop(position);
  add(4);
  drop(1);

  const Index k = g.size();
  ASSERT_EQ(k, static_cast<Index>(rows.size()));
  Mat<double> kept(k, k);
  for (Index j = 0; j < k; ++j)
    for (Index i = 0; i < k; ++i)
      kept(i, j) = H(rows[static_cast<std::size_t>(i)], rows[static_cast<std::size_t>(j)]);
  const Vec<double> b = random_vector(k, 14);
  Vec<S> x = widen<S>(b);
  g.solve_in_place(x.data());
  if constexpr (is_exact<S>) {
    expect_solves(kept, x, b);
  } else {
    // Each of the 5 deletions is a positive rank-one change, stable with a bound of the same form
    // as a factorisation (Gill et al. 1974): 16 changes of the factor and one solve.
    Vec<S> direct = widen<S>(b);
    Ldlt<S>(widen<S>(kept)).solve_in_place(direct);
    S widest(0);
    for (Index j = 0; j < k; ++j) {
      S column(0);
      for (Index i = 0; i < k; ++i) column += magnitude(S(kept(i, j)));
      widest = larger(widest, column);
    }
    // |x - direct| <= 17 gamma_{3k+1} k |H| |H^-1| |x|; |H^-1| <= 1 because H = R'R + I.
    const S bound =
        S(17) * gamma_bound<S>(3 * k + 1) * S(static_cast<double>(k)) * widest * max_norm(direct);
    for (Index i = 0; i < k; ++i) EXPECT_LE(magnitude(S(x[i] - direct[i])), bound);
  }
}

}  // namespace
}  // namespace assay
