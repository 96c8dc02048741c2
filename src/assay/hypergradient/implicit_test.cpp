// The adjoint and forward derivatives against the exact ones, and what each fault does to them.
#include "assay/hypergradient/implicit.hpp"

#include <gtest/gtest.h>

#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/oracle_test.hpp"
#include "reference/small_instances.hpp"

namespace assay {
namespace {

using reference::RMat;
using reference::RVec;

/// A nondegenerate point of a random instance with everything exact: the derivative, and the
/// adjoint (p, nu) by elimination on the saddle matrix.
struct ImplicitCase {
  Instance instance;
  Vec<double> x;
  reference::Program program;
  reference::Minimiser answer;
  reference::Derivative derivative;
  RMat M, A;  ///< (m,n), and the active rows' coefficients of x
  RMat B;     ///< the active rows' coefficients of y
  RVec fy, p, nu;
  Rational sensitivity;
};

RVec times_transposed(const RMat& a, const RVec& v) {
  RVec out(a.cols());
  for (Index j = 0; j < a.cols(); ++j) {
    out[j] = 0;
    for (Index i = 0; i < a.rows(); ++i) out[j] += a(i, j) * v[i];
  }
  return out;
}

ImplicitCase make_case(std::uint64_t seed) {
  ImplicitCase c;
  c.instance = reference::small_instance(seed, reference::varied_shape(seed));
  c.x = reference::eighths(seed, 1000, c.instance.n, 8);
  const RVec x = widen<Rational>(c.x);
  RMat rows_of_x;
  c.program = reference::lower_program(c.instance, x, &rows_of_x);
  c.answer = reference::minimise(c.program);
  if (!c.answer.nondegenerate()) return c;
  const auto& I = c.answer.strongly_active;
  c.derivative = reference::derivative(c.instance, x, c.answer.y, I);
  c.sensitivity = reference::sensitivity(c.program, c.answer, 0);

  const Index m = c.instance.m, k = static_cast<Index>(I.size());
  c.M = c.instance.M.to<Rational>();
  c.A = RMat(k, c.instance.n);
  c.B = RMat(k, m);
  RMat K = RMat::Constant(m + k, m + k, Rational(0)), right = RMat::Constant(m + k, 1, Rational(0));
  K.topLeftCorner(m, m) = c.program.H;
  for (Index a = 0; a < k; ++a) {
    c.A.row(a) = rows_of_x.row(I[static_cast<std::size_t>(a)]);
    c.B.row(a) = c.program.B.row(I[static_cast<std::size_t>(a)]);
    for (Index j = 0; j < m; ++j) K(m + a, j) = K(j, m + a) = c.B(a, j);
  }
  const RVec dy = c.answer.y - c.instance.y_target.to_vector<Rational>();
  c.fy = c.instance.cy.to_vector<Rational>() + times_transposed(c.instance.Qxy.to<Rational>(), x) +
         times_transposed(c.instance.Qyy.to<Rational>(), dy);
  for (Index i = 0; i < m; ++i) right(i, 0) = c.fy[i];
  const RVec z = reference::solve_square(K, right)->col(0);
  c.p = z.head(m);
  c.nu = z.tail(k);
  return c;
}

const std::vector<ImplicitCase>& implicit_cases() {
  static const std::vector<ImplicitCase> all = [] {
    std::vector<ImplicitCase> made;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      ImplicitCase c = make_case(seed);
      if (c.answer.nondegenerate()) made.push_back(std::move(c));
    }
    return made;
  }();
  return all;
}

/// What rounding may do to a gradient of case c in S.
///
/// e: error of y, from its residuals. The gradients of f are sums of fewer than 40 terms, each at
/// most q v (q: row sums of the blocks, v: entries of the vectors): their error is gamma_40 3 q v +
/// q e. The adjoint z is at most s |fy|, s = |K^-1|; its three chained solves are off by 3 gamma_60
/// (s |K|)^2 |z|, the right-hand side by s times its error; M'p + A'nu sums both.
template <class S>
Rational rounding_of(const ImplicitCase& c, const LowerSolution<S>& solution) {
  const auto rows = [](const RMat& a) {  // the largest sum of |entries| of a row or column
    Rational top = 0;
    for (Index i = 0; i < a.rows(); ++i) top = std::max(top, Rational(a.row(i).cwiseAbs().sum()));
    for (Index j = 0; j < a.cols(); ++j) top = std::max(top, Rational(a.col(j).cwiseAbs().sum()));
    return top;
  };
  const Instance& in = c.instance;
  Rational q = 1, v = 1;
  for (const ExactMatrix* m : {&in.Qxx, &in.Qxy, &in.Qyy, &in.M})
    q = std::max(q, rows(m->to<Rational>()));
  q = std::max(q, std::max(rows(c.A), rows(c.B)));
  for (const ExactMatrix* m : {&in.x_target, &in.y_target, &in.cx, &in.cy})
    v = std::max(v, max_entry(m->to_vector<Rational>()));
  v = 2 * (v + max_entry(widen<Rational>(c.x)) + max_entry(c.answer.y));
  const Rational e =
      c.sensitivity * ExactResiduals<S>(c.program, solution.y, solution.multipliers).allowed;
  const Rational upper = exact_gamma<S>(40) * 3 * q * v + q * e;
  const Rational& s = c.sensitivity;
  const Rational z = s * 3 * q * v;
  const Rational condition = s * (rows(c.program.H) + rows(c.B));
  const Rational dz = 3 * exact_gamma<S>(60) * condition * condition * z + s * upper;
  return upper + 2 * q * (dz + exact_gamma<S>(40) * z);
}

template <class S>
struct ImplicitSetting {
  ImplicitSetting(const Instance& in, std::initializer_list<Fault> faults = {})
      : problem(in), lower(problem) {
    for (const Fault f : faults) set.add(f);
  }
  template <template <class> class Method>
  Hypergradient<S> at(const Vec<double>& x) {
    Method<S> estimator({&problem, &lower, nullptr, {}, set});
    Hypergradient<S> out;
    estimator.evaluate(widen<S>(x), {}, 0, out);
    solution = estimator.solution();
    return out;
  }
  QuadraticProblem<S> problem;
  ActiveSetLowerLevel<S> lower;
  FaultSet set;
  LowerSolution<S> solution;
};

template <class S>
class Implicit : public testing::Test {};
TYPED_TEST_SUITE(Implicit, AllScalars, ScalarNames);

TYPED_TEST(Implicit, AdjointForwardAndOracleAgree) {
  using S = TypeParam;
  int coupled = 0;
  std::size_t sharp = 0;
  for (const ImplicitCase& c : implicit_cases()) {
    ImplicitSetting<S> setting(c.instance);
    const auto adjoint = setting.template at<ImplicitEstimator>(c.x);
    const auto forward = setting.template at<ForwardEstimator>(c.x);
    const Rational bound = rounding_of(c, setting.solution);
    EXPECT_LE(max_entry(exact(adjoint.direct) - c.derivative.direct), bound) << c.instance.name;
    EXPECT_LE(max_entry(exact(adjoint.implicit) - c.derivative.implicit), bound) << c.instance.name;
    EXPECT_LE(max_entry(exact(adjoint.total) - c.derivative.total), 2 * bound) << c.instance.name;
    EXPECT_LE(max_entry(exact(forward.total) - c.derivative.total), 2 * bound) << c.instance.name;
    EXPECT_FALSE(adjoint.kink);
    EXPECT_TRUE(adjoint.licq);
    sharp += bound < Rational(1, 1000000) * (1 + max_entry(c.derivative.total)) ? 1U : 0U;
    coupled += c.nu.size() > 0 && max_entry(times_transposed(c.A, c.nu)) > 0 ? 1 : 0;
  }
  EXPECT_GT(coupled, 80);
  // The allowance is small against what it judges, in double too.
  EXPECT_GT(2 * sharp, implicit_cases().size());
}

TYPED_TEST(Implicit, TheForwardJacobianIsTheExactOne) {
  using S = TypeParam;
  for (const ImplicitCase& c : implicit_cases()) {
    ImplicitSetting<S> setting(c.instance);
    setting.solution = setting.lower.solve(widen<S>(c.x), {});
    const Mat<S> J = forward_jacobian(setting.problem, setting.lower);
    const Rational bound =
        rounding_of(c, setting.solution);  // the same solves with other right-hand sides
    for (Index j = 0; j < c.instance.n; ++j)
      EXPECT_LE(max_entry(exact(Vec<S>(J.col(j))) - c.derivative.jacobian.col(j)), bound);
  }
}

/// min 1/2 y^2 - 2 y, 2^300 (y - x) <= 0, F = y, at x = 1: y* = x and F' = 1 exactly. The factor
/// holds the row divided by 2^301; right-hand sides and multipliers are of the row as stated.
TYPED_TEST(Implicit, RowsOfExtremeSizeLeaveNoTraceInTheDerivative) {
  using S = TypeParam;
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.d.set(0, 0, -2);
  in.cy.set(0, 0, 1);
  in.A = in.B = in.b = ExactMatrix(1, 1);
  in.A.set(0, 0, -0x1p300);
  in.B.set(0, 0, 0x1p300);
  const Vec<double> one = Vec<double>::Ones(1);
  ImplicitSetting<S> setting(in);
  EXPECT_EQ(setting.template at<ImplicitEstimator>(one).total[0], S(1));
  EXPECT_EQ(setting.solution.y[0], S(1));
  EXPECT_EQ(setting.template at<ForwardEstimator>(one).total[0], S(1));
  EXPECT_EQ(forward_jacobian(setting.problem, setting.lower)(0, 0), S(1));
}

// --- faults, in exact arithmetic
// --------------------------------------------------------------------

Hypergradient<Rational> with_fault(const ImplicitCase& c, Fault fault) {
  return ImplicitSetting<Rational>(c.instance, {fault}).at<ImplicitEstimator>(c.x);
}

TEST(ImplicitFaults, DetachedImplicitLeavesTheDirectPart) {
  for (const ImplicitCase& c : implicit_cases()) {
    const auto g = with_fault(c, Fault::detached_implicit);
    EXPECT_EQ(max_entry(g.implicit), 0);
    EXPECT_EQ(g.total, c.derivative.direct);
    EXPECT_EQ(g.implicit.size(), c.instance.n);
    const auto forward =
        ImplicitSetting<Rational>(c.instance, {Fault::detached_implicit}).at<ForwardEstimator>(c.x);
    EXPECT_EQ(forward.total, c.derivative.direct);
  }
}

TEST(ImplicitFaults, DroppedRowTermLacksExactlyThatTerm) {
  for (const ImplicitCase& c : implicit_cases()) {
    const auto g = with_fault(c, Fault::dropped_row_term);
    EXPECT_EQ(RVec(g.implicit - c.derivative.implicit), times_transposed(c.A, c.nu))
        << c.instance.name;
    EXPECT_EQ(RVec(g.implicit + times_transposed(c.M, c.p)),
              RVec(RVec::Constant(c.instance.n, Rational(0))));
  }
}

TEST(ImplicitFaults, SwappedRowsUseTheCoefficientsOfYNegated) {
  bool wider = false;
  for (const ImplicitCase& c : implicit_cases()) {
    const auto g = with_fault(c, Fault::swapped_rows);
    RVec expected = -times_transposed(c.M, c.p);
    const RVec rows_of_y = times_transposed(c.B, c.nu);
    for (Index i = 0; i < std::min(c.instance.n, c.instance.m); ++i) expected[i] += rows_of_y[i];
    EXPECT_EQ(g.implicit, expected) << c.instance.name;
    wider = wider || (c.instance.n > c.instance.m && c.nu.size() > 0);
  }
  EXPECT_TRUE(wider);  // more x than y: some columns have no counterpart
}

/// p~ = (H + w B'B)^-1 fy solves [H B'; B -I/w][p~; nu~] = [fy; 0], so it differs from p by
/// K^-1 [0; nu~/w]: at most s |nu~| / w, |nu~| <= |nu| / (1 - s/w).
TEST(ImplicitFaults, RegularisedActiveSetIsOffByTheInverseOfItsWeight) {
  const Rational w = 1000000;
  for (const ImplicitCase& c : implicit_cases()) {
    const auto g = with_fault(c, Fault::regularised_active_set);
    const RVec without_rows = -times_transposed(c.M, c.p);
    if (c.nu.size() == 0) {
      EXPECT_EQ(g.implicit, without_rows);
      continue;
    }
    const Rational& s = c.sensitivity;
    ASSERT_LT(s, w / 2);
    const Rational off = s / w * max_entry(c.nu) / (1 - s / w);
    const Rational error = max_entry(RVec(g.implicit - without_rows));
    EXPECT_LE(error, Rational(c.instance.m) * c.M.cwiseAbs().maxCoeff() * off) << c.instance.name;
    // There is no error only where M'p does not feel the rows at all.
    if (c.B.rows() < c.instance.m && max_entry(c.nu) > 0) {
      EXPECT_GT(error, 0) << c.instance.name;
    }
  }
}

TEST(ImplicitFaults, PseudoNeumannIsItsFormula) {
  for (const ImplicitCase& c : implicit_cases()) {
    const auto g = with_fault(c, Fault::pseudo_neumann);
    Rational sum = 0;
    for (Index j = 0; j < c.fy.size(); ++j) sum += c.fy[j];
    for (Index i = 0; i < c.instance.n; ++i) {
      Rational expected = 0, weight = 1;
      for (Index k = 0; k < c.instance.m; ++k, weight /= 2)
        if (i < c.instance.m) expected += weight * sum * c.program.H(k, i);
      EXPECT_EQ(g.implicit[i], expected);
    }
  }
}

/// min 1/2 |y|^2, y0 + y1 = x, y0 - 2 y1 <= -1/2, F = y0, at x = 1: the row is weakly active.
/// Holding it gives the slope 2/3 of the other side instead of 1/2.
TEST(ImplicitFaults, SlackOnlyActiveSetHoldsWeaklyActiveRows) {
  Instance in = empty_instance(1, 2);
  in.H = ExactMatrix(Mat<double>(Mat<double>::Identity(2, 2)));
  in.E = ExactMatrix(Mat<double>(-Mat<double>::Ones(1, 1)));
  in.G = ExactMatrix(Mat<double>(Mat<double>::Ones(1, 2)));
  in.A = in.e = in.b = ExactMatrix(1, 1);
  in.B = ExactMatrix(1, 2);
  in.B.set(0, 0, 1);
  in.B.set(0, 1, -2);
  in.b.set(0, 0, -0.5);
  in.cy.set(0, 0, 1);
  const Vec<double> one = Vec<double>::Ones(1);
  EXPECT_EQ(ImplicitSetting<Rational>(in).at<ImplicitEstimator>(one).total[0], Rational(1, 2));
  ImplicitSetting<Rational> faulty(in, {Fault::slack_only_active_set});
  EXPECT_EQ(faulty.at<ImplicitEstimator>(one).total[0], Rational(2, 3));
  // What the fault did to the factor does not leak into a later, correct answer.
  faulty.set = FaultSet();
  EXPECT_EQ(faulty.at<ImplicitEstimator>(one).total[0], Rational(1, 2));
}

TEST(ImplicitFaults, SlackOnlyActiveSetIsRightWhereNothingIsWeaklyActive) {
  for (const ImplicitCase& c : implicit_cases()) {
    const ExactResiduals<Rational> at(c.program, c.answer.y, c.answer.multipliers);
    bool apart = true;  // no inactive row within 1e-8
    for (Index i = c.program.equalities; i < c.program.rows(); ++i)
      apart = apart && (at.slack[i] == 0 || at.slack[i] > Rational(2, 100000000));
    ASSERT_TRUE(apart);
    EXPECT_EQ(with_fault(c, Fault::slack_only_active_set).total, c.derivative.total);
  }
}

}  // namespace
}  // namespace assay
