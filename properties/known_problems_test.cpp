// The exact lower level and the implicit hypergradient on the catalogue of known problems.
//
// Expected values are those of the catalogue (closed forms of y*(x), evaluated in fractions at the
// very x that the scalar holds), not of another solver.
#include "reference/known_problems.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/scalar/convert.hpp"
#include "assay/support/error.hpp"
#include "reference/krawczyk.hpp"

namespace assay {
namespace {

using reference::KnownProblem;
using reference::RMat;
using reference::RVec;

template <class S>
Rational exact(const S& value) {
  if constexpr (is_exact<S>)
    return value;
  else
    return convert<Rational>(value);
}
template <class S>
RVec exact_vector(const Vec<S>& v) {
  RVec out(v.size());
  for (Index i = 0; i < v.size(); ++i) out[i] = exact(v[i]);
  return out;
}
RVec values(const std::vector<std::string>& texts) {
  RVec out(static_cast<Index>(texts.size()));
  for (std::size_t i = 0; i < texts.size(); ++i)
    out[static_cast<Index>(i)] = reference::Stated(texts[i]).formula(std::vector<Rational>());
  return out;
}
bool flagged(const KnownProblem& known, const std::string& flag) {
  return std::find(known.flags.begin(), known.flags.end(), flag) != known.flags.end();
}
Rational largest(const RVec& v) {
  Rational top = 0;
  for (Index i = 0; i < v.size(); ++i) top = std::max(top, Rational(abs(v[i])));
  return top;
}
/// The largest sum of absolute values in a row, each times an entry of `by`.
Rational largest_row(const RMat& a, const RVec& by) {
  Rational top = 0;
  for (Index i = 0; i < a.rows(); ++i) {
    Rational sum = 0;
    for (Index j = 0; j < a.cols(); ++j) sum += abs(a(i, j) * by[j]);
    top = std::max(top, sum);
  }
  return top;
}
Rational largest_row(const RMat& a) {
  return largest_row(a, RVec::Constant(a.cols(), Rational(1)));
}

/// How far y, the gradient and F may be off in scalar S at one x; 0 in fractions.
///
/// The lower level solves K z = r, K = [H B'; B 0] of the active rows. Rounding the data (a
/// fraction as 0.333 is none of S) and evaluating residuals disturbs the system by gamma (|K||z| +
/// |r|), so z moves by at most twice kappa = |K^-1| times that as long as kappa gamma |K| <= 1/2.
/// The adjoint system has the same matrix, |w| <= kappa |f_y|; it is solved once, through the Schur
/// complement B H^-1 B', whose forward error may carry the condition number kappa |K| once more.
/// All norms are max-norms. k: chains of 4 (m + rows + n) + 32 roundings cover products, the two
/// factors and the data.
template <class S>
struct Allowed {
  Rational y = 0, gradient = 0, F = 0;

  Allowed(const Instance& in, const RVec& x, const reference::Program& p,
          const reference::Minimiser& at) {
    if constexpr (!is_exact<S>) {
      const Rational gamma = exact(gamma_bound<S>(4 * (p.m() + p.rows() + in.n) + 32));
      const Rational kappa = reference::sensitivity(p, at, 0);
      RMat A;
      reference::lower_program(in, x, &A);
      const RMat M = in.M.to<Rational>(), Qxx = in.Qxx.to<Rational>(), Qxy = in.Qxy.to<Rational>(),
                 Qyy = in.Qyy.to<Rational>();
      const RMat Bt = p.B.transpose(), Qyx = Qxy.transpose(), Mt = M.transpose(),
                 At = A.transpose();
      const RVec limits = in.b.rows() > 0 ? in.b.to_vector<Rational>() : RVec(0);
      const Rational rows = std::max(largest(p.r) + largest(limits), Rational(1));
      const Rational right =
          largest_row(M, x) + largest(in.d.to_vector<Rational>()) + largest_row(A, x) + rows;
      const Rational size = std::max(largest_row(p.H, at.y) + largest_row(Bt, at.multipliers),
                                     largest_row(p.B, at.y)) +
                            right;
      y = 2 * kappa * gamma * size;

      const RVec dx = x - in.x_target.to_vector<Rational>(),
                 dy = at.y - in.y_target.to_vector<Rational>();
      const Rational fy =
          largest_row(Qyx, x) + largest_row(Qyy, dy) + largest(in.cy.to_vector<Rational>());
      const Rational fx =
          largest_row(Qxx, dx) + largest_row(Qxy, at.y) + largest(in.cx.to_vector<Rational>());
      const Rational K = largest_row(p.H) + std::max(largest_row(Bt), largest_row(p.B));
      const Rational condition = std::max(kappa * K, Rational(1));
      const Rational w = kappa * fy;
      const Rational w_error =
          2 * kappa * (gamma * (K * w + fy) + largest_row(Qyy) * y) * condition;
      const Rational to_x = largest_row(Mt) + largest_row(At);
      gradient = gamma * (fx + to_x * w) + largest_row(Qxy) * y + to_x * w_error;

      // F has at most n + m + 1 terms of each kind; to first order in y it moves by |f_y|.
      const Rational count = static_cast<int>(in.n + in.m + 1);
      const Rational span = largest(x) + largest(at.y) + largest(dx) + largest(dy) + 1;
      F = count * (gamma * span * (fx + fy + abs(in.c0.to<Rational>()(0, 0))) + 2 * fy * y) +
          count * count * largest_row(Qyy) * y * y;
    }
  }
};

template <class S>
struct KnownProblemsBench {
  explicit KnownProblemsBench(const Instance& in)
      : problem(in), lower(problem), estimator({&problem, &lower, nullptr, {}, {}}) {}
  void at(const Vec<S>& x) {
    estimator.evaluate(x, {}, 0, gradient);
    F = problem.upper_value(x, estimator.solution().y);
  }
  QuadraticProblem<S> problem;
  ActiveSetLowerLevel<S> lower;
  ImplicitEstimator<S> estimator;
  Hypergradient<S> gradient;
  S F{0};
};

/// y*, multipliers, gradient (where given) and F at one x.
template <class S>
void expect_known(const std::string& where, const Instance& in, KnownProblemsBench<S>& bench,
                  const RVec& rough, const std::vector<reference::Formula>& y,
                  const reference::SmoothProblem& stated) {
  Vec<S> x(rough.size());
  for (Index i = 0; i < x.size(); ++i) x[i] = convert<S>(rough[i]);
  const RVec at = exact_vector(x);
  bench.at(x);
  const LowerSolution<S>& s = bench.estimator.solution();
  ASSERT_EQ(s.status, LowerStatus::solved) << where;

  const std::vector<Rational> point(at.begin(), at.end());
  RVec truth(in.m);
  for (Index i = 0; i < in.m; ++i) truth[i] = y[static_cast<std::size_t>(i)](point);
  const reference::Program program = reference::lower_program(in, at);
  reference::Minimiser least = reference::minimise(program);
  ASSERT_EQ(least.y, truth) << where << ": the closed form is no minimiser";
  const Allowed<S> allowed(in, at, program, least);

  EXPECT_LE(largest(exact_vector(s.y) - truth), allowed.y) << where;
  if (least.unique_multipliers) {
    EXPECT_LE(largest(exact_vector(s.multipliers) - least.multipliers), allowed.y) << where;
  }
  const reference::Composed closed = reference::compose(stated, y, {point.begin(), point.end()});
  for (Index i = 0; i < in.n; ++i) {
    const reference::Range& range = closed.gradient[static_cast<std::size_t>(i)];
    const Rational proved = exact(bench.gradient.total[i]);
    EXPECT_TRUE(range.lower - allowed.gradient <= proved &&
                proved <= range.upper + allowed.gradient)
        << where << ": gradient " << to_double(proved) << ", closed form "
        << reference::range_text(range) << ", allowed " << to_double(allowed.gradient);
  }
  const Rational F = exact(bench.F);
  EXPECT_TRUE(closed.value.lower - allowed.F <= F && F <= closed.value.upper + allowed.F)
      << where << ": F " << to_double(F);
  // An allowance near the figures themselves would let anything pass.
  EXPECT_LT(allowed.gradient, is_exact<S> ? Rational(1) : exact(S(0x1p-14))) << where;
}

template <class S>
class OnKnownProblems : public testing::Test {};
struct ScalarNames {
  template <class S>
  static std::string GetName(int) {
    return std::string(scalar_name<S>());
  }
};
using Tiers = testing::Types<double, Real50, Rational>;
TYPED_TEST_SUITE(OnKnownProblems, Tiers, ScalarNames);

TYPED_TEST(OnKnownProblems, ClosedFormsOfYAndTheGradient) {
  using S = TypeParam;
  int points = 0;
  for (const KnownProblem& known : reference::known_problems()) {
    const auto in = reference::known_problem_instance(known.id);
    if (!in || flagged(known, "not strongly convex")) continue;
    const reference::SmoothProblem stated = reference::read_problem(known.text);
    KnownProblemsBench<S> bench(*in);
    for (const reference::KnownForm& form : known.forms) {
      std::vector<reference::Formula> y;
      for (const std::string& text : form.y) y.emplace_back(text, in->n, 0);
      for (const auto& texts : form.points) {
        expect_known<S>(known.id + " at " + texts[0], *in, bench, values(texts), y, stated);
        ++points;
      }
    }
  }
  EXPECT_GE(points, 150);
}

/// At x* itself: y*, F*, and the flags that the catalogue asks for.
TYPED_TEST(OnKnownProblems, TheSolutionAndItsFlags) {
  using S = TypeParam;
  int kinks = 0, dependent = 0, smooth = 0, gradients = 0;
  for (const KnownProblem& known : reference::known_problems()) {
    const auto in = reference::known_problem_instance(known.id);
    if (!in || flagged(known, "not strongly convex")) continue;
    const RVec stated = values(known.x);
    Vec<S> x(stated.size());
    for (Index i = 0; i < x.size(); ++i) x[i] = convert<S>(stated[i]);
    const RVec at = exact_vector(x);
    // Where the rows meet in a point, x* rounded may have no feasible y at all.
    if (flagged(known, "dependent rows") && at != stated) continue;
    KnownProblemsBench<S> bench(*in);
    bench.at(x);
    const LowerSolution<S>& s = bench.estimator.solution();
    ASSERT_EQ(s.status, LowerStatus::solved) << known.id;
    EXPECT_EQ(bench.gradient.kink, flagged(known, "kink") || flagged(known, "dependent rows"))
        << known.id;
    EXPECT_EQ(bench.gradient.licq, !flagged(known, "dependent rows")) << known.id;
    const reference::Program program = reference::lower_program(*in, stated);
    const reference::Minimiser least = reference::minimise(program);
    Allowed<S> allowed(*in, stated, program, least);
    EXPECT_LE(largest(exact_vector(s.y) - least.y), allowed.y) << known.id;
    if (reference::Stated(known.F).exact()) {
      const Rational F = values({known.F})[0];
      // x itself is rounded once more, and F moves with it by no more than with its gradient.
      EXPECT_LE(abs(exact(bench.F) - F),
                allowed.F + 2 * static_cast<int>(in->n) *
                                (largest(exact_vector(bench.gradient.total)) + allowed.gradient) *
                                largest(at - stated))
          << known.id;
    }
    if (!known.gradient.empty()) {
      EXPECT_EQ(at, stated) << known.id;
      EXPECT_LE(largest(exact_vector(bench.gradient.total) - values(known.gradient)),
                allowed.gradient)
          << known.id;
      ++gradients;
    }
    kinks += flagged(known, "kink") ? 1 : 0;
    dependent += flagged(known, "dependent rows") ? 1 : 0;
    smooth += known.flags.empty() ? 1 : 0;
  }
  EXPECT_GE(kinks, 9);
  EXPECT_GE(dependent, is_exact<S> ? 6 : 3);
  EXPECT_GE(smooth, 18);
  EXPECT_EQ(gradients, 2);
}

TEST(KnownTraps, SingularLowerLevelsAreRefusedOnReading) {
  int refused = 0;
  for (const KnownProblem& known : reference::known_problems()) {
    const auto in = reference::known_problem_instance(known.id);
    if (!in) continue;
    const std::string text = instance_text(*in);
    if (!flagged(known, "not strongly convex")) {
      EXPECT_EQ(instance_text(parse_instance(text, known.id)), text);
      continue;
    }
    try {
      parse_instance(text, known.id);
      ADD_FAILURE() << known.id << " passed";
    } catch (const NumericalError& e) {
      EXPECT_EQ(e.code(), ExitCode::numerical);
      EXPECT_NE(std::string(e.what()).find("H"), std::string::npos) << e.what();
    }
    ++refused;
  }
  // C1, C3, D17, D19, D22, HS51, HS52, HS53 and those bilinear in x and y.
  EXPECT_GE(refused, 8);
}

}  // namespace
}  // namespace assay
