// Enclosures against the exact rational answer, on instances whose active sets are enumerated.
#include "reference/enclosure.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "assay/problem/generator.hpp"
#include "reference/exact_qp.hpp"
#include "reference/small_instances.hpp"

namespace assay::reference {
namespace {

template <class S>
Vec<S> rounded(const RVec& v) {
  Vec<S> out(v.size());
  for (Index i = 0; i < v.size(); ++i) out[i] = convert<S>(v[i]);
  return out;
}

/// What exact arithmetic says at x.
struct Truth {
  RVec x;
  Minimiser at;
  Derivative derivative;
  Rational F, gap_squared;

  Truth(const Instance& in, const RVec& point) : x(point), at(minimise(lower_program(in, point))) {
    if (!at.nondegenerate()) return;
    derivative = reference::derivative(in, x, at.y, at.strongly_active);
    gap_squared = square(derivative.total);
    const RVec dx = x - in.x_target.to_vector<Rational>();
    const RVec dy = at.y - in.y_target.to_vector<Rational>();
    F = form(dx, in.Qxx, dx) / 2 + form(x, in.Qxy, at.y) + form(dy, in.Qyy, dy) / 2 +
        in.c0.entry<Rational>(0);
    for (Index i = 0; i < in.n; ++i) F += in.cx.entry<Rational>(i) * x[i];
    for (Index i = 0; i < in.m; ++i) F += in.cy.entry<Rational>(i) * at.y[i];
  }

  static Rational form(const RVec& a, const ExactMatrix& Q, const RVec& b) {
    Rational sum = 0;
    for (Index i = 0; i < a.size(); ++i)
      for (Index j = 0; j < b.size(); ++j) sum += a[i] * Q.entry<Rational>(i, j) * b[j];
    return sum;
  }
  static Rational square(const RVec& v) {
    Rational sum = 0;
    for (Index i = 0; i < v.size(); ++i) sum += v[i] * v[i];
    return sum;
  }
};

/// Counts what it compares and how wide the widest ball is, relative to the largest of its kind.
template <class S>
class Containment {
 public:
  long checks = 0;
  double widest = 0;

  void check(const Ball<S>& ball, const Rational& exact, const char* what) {
    ++checks;
    EXPECT_LE(convert<Rational>(ball.lower()), exact) << what;
    EXPECT_LE(exact, convert<Rational>(ball.upper())) << what;
    EXPECT_LE(abs(Rational(exact - convert<Rational>(ball.mid))), convert<Rational>(ball.rad))
        << what;
  }
  void check(const BallVector<S>& balls, const RVec& exact, const char* what) {
    ASSERT_EQ(balls.size(), exact.size()) << what;
    double size = 0;
    for (Index i = 0; i < exact.size(); ++i)
      size = std::max(size, convert<double>(Rational(abs(exact[i]))));
    for (Index i = 0; i < exact.size(); ++i) {
      check(balls[i], exact[i], what);
      if (size > 0) widest = std::max(widest, to_double(balls.rad[i]) / size);
    }
  }
  void check(const CertifiedPoint<S>& point, const Truth& truth) {
    EXPECT_EQ(point.active, truth.at.strongly_active);
    check(point.y, truth.at.y, "y");
    check(point.multipliers, truth.at.multipliers, "multipliers");
    check(point.direct, truth.derivative.direct, "direct");
    check(point.implicit, truth.derivative.implicit, "implicit");
    check(point.total, truth.derivative.total, "total");
    check(point.F, truth.F, "F");
    check(point.gap_squared, truth.gap_squared, "gap squared");
    norm(point.gap, truth.gap_squared, "gap");
    norm(point.gap_direct, Truth::square(truth.derivative.direct), "|direct|");
    norm(point.gap_implicit, Truth::square(truth.derivative.implicit), "|implicit|");
  }

 private:
  void norm(const Ball<S>& ball, const Rational& squared, const char* what) {
    ++checks;
    const Rational low = convert<Rational>(ball.lower()), high = convert<Rational>(ball.upper());
    EXPECT_TRUE(low <= 0 || low * low <= squared) << what;
    EXPECT_LE(squared, high * high) << what;
  }
};

RVec point(std::uint64_t seed, Index n) { return eighths(seed, 1000, n, 12).cast<Rational>(); }

/// The exact answer, rounded and moved by up to `error` in every entry.
template <class S>
CertifiedPoint<S> certify(Enclosure<S>& enclosure, const Truth& truth, std::uint64_t seed,
                          double error, int repairs = 8) {
  Vec<S> y = rounded<S>(truth.at.y), multipliers = rounded<S>(truth.at.multipliers);
  const Vec<double> move = eighths(seed, 2000, y.size() + multipliers.size(), 8);
  for (Index i = 0; i < y.size(); ++i) y[i] += S(error * move[i]);
  for (Index i = 0; i < multipliers.size(); ++i) multipliers[i] += S(error * move[y.size() + i]);
  return enclosure.certify(BallVector<S>(rounded<S>(truth.x)), y, multipliers, repairs);
}

struct Campaign {
  long certified = 0, kinks = 0, dependent = 0, infeasible = 0, checks = 0;
  double widest = 0;
};

template <class S>
Campaign run_campaign(std::uint64_t instances, double error) {
  Campaign out;
  Containment<S> inside;
  for (std::uint64_t seed = 0; seed < instances; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance in = small_instance(seed, varied_shape(seed));
    const Truth truth(in, point(seed, in.n));
    if (!truth.at.feasible) {
      ++out.infeasible;
      continue;
    }
    Enclosure<S> enclosure(in);
    const CertifiedPoint<S> at = certify(enclosure, truth, seed, error);
    if (truth.at.nondegenerate()) {
      // With data in eighths margins are far above rounding, and condition numbers below 1e6.
      EXPECT_TRUE(at.certified()) << at.why;
      if (at.certified()) inside.check(at, truth);
      out.certified += at.certified();
    } else {
      EXPECT_EQ(at.verdict, truth.at.licq ? Verdict::kink : Verdict::dependent_rows) << at.why;
      out.kinks += at.verdict == Verdict::kink;
      out.dependent += at.verdict == Verdict::dependent_rows;
    }
  }
  out.checks = inside.checks;
  out.widest = inside.widest;
  std::printf("%ld certified, %ld kinks, %ld dependent, %ld infeasible; %ld checks, widest %.2e\n",
              out.certified, out.kinks, out.dependent, out.infeasible, out.checks, out.widest);
  return out;
}

TEST(Enclosure, HoldsTheExactAnswerInDouble) { const Campaign out = run_campaign<double>(1200, 0); }

}  // namespace
}  // namespace assay::reference
