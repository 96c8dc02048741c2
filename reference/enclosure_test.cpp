// Enclosures against the exact rational answer, on instances whose active sets are enumerated.
#include "reference/enclosure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "assay/problem/generator.hpp"
#include "reference/exact_qp.hpp"
#include "reference/exact_residuals.hpp"
#include "reference/small_instances.hpp"

namespace assay::reference {
namespace {

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

/// Counts what it compares.
template <class S>
class Containment {
 public:
  long checks = 0;

  void check(const Ball<S>& ball, const Rational& exact, const char* what) {
    ++checks;
    EXPECT_LE(convert<Rational>(ball.lower()), exact) << what;
    EXPECT_LE(exact, convert<Rational>(ball.upper())) << what;
    EXPECT_LE(abs(Rational(exact - convert<Rational>(ball.mid))), convert<Rational>(ball.rad))
        << what;
  }
  void check(const BallVector<S>& balls, const RVec& exact, const char* what) {
    ASSERT_EQ(balls.size(), exact.size()) << what;
    for (Index i = 0; i < exact.size(); ++i) check(balls[i], exact[i], what);
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
};

template <class S>
Campaign run_campaign(std::uint64_t first, std::uint64_t instances) {
  Campaign out;
  Containment<S> inside;
  for (std::uint64_t seed = first; seed < first + instances; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance in = small_instance(seed, varied_shape(seed));
    const Truth truth(in, point(seed, in.n));
    if (!truth.at.feasible) {
      ++out.infeasible;
      continue;
    }
    Enclosure<S> enclosure(in);
    const CertifiedPoint<S> at = certify(enclosure, truth, seed, 0);
    if (truth.at.nondegenerate()) {
      // With data in eighths no margin is near the roundoff.
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
  return out;
}

TEST(Enclosure, HoldsTheExactAnswerInDouble) {
  const Campaign out = run_campaign<double>(0, 1350);

  EXPECT_GE(out.certified, 1000);
  EXPECT_GE(out.checks, 15000);
}

TEST(Enclosure, HoldsTheExactAnswerInMorePrecision) {
  EXPECT_GE(run_campaign<Real50>(0, 60).certified, 40);
  EXPECT_GE(run_campaign<Real100>(60, 15).certified, 10);
}

TEST(Enclosure, AWrongApproximationIsRepairedOrRefused) {
  Containment<double> inside;
  long certified = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance in = small_instance(seed, varied_shape(seed));
    const Truth truth(in, point(seed, in.n));
    if (!truth.at.feasible) continue;
    Enclosure<double> enclosure(in);
    for (const double error : {1e-3, 1.0}) {
      const CertifiedPoint<double> at = certify(enclosure, truth, seed, error);
      EXPECT_FALSE(at.certified() && !truth.at.nondegenerate());
      if (at.certified()) inside.check(at, truth);
      if (error == 1e-3) certified += at.certified();
    }
  }
  EXPECT_GE(certified, 270);
}

/// Every single row taken from or added to the active set; nothing may be repaired.
TEST(Enclosure, NoWrongActiveSetIsEverCertified) {
  long refuted = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance in = small_instance(seed, varied_shape(seed));
    const Truth truth(in, point(seed, in.n));
    if (!truth.at.nondegenerate()) continue;
    Enclosure<double> enclosure(in);
    const BallVector<double> x(rounded<double>(truth.x));
    EXPECT_TRUE(enclosure.certify(x, truth.at.strongly_active).certified());
    for (Index row = 0; row < enclosure.rows(); ++row) {
      std::vector<Index> rows = truth.at.strongly_active;
      const auto found = std::lower_bound(rows.begin(), rows.end(), row);
      if (found != rows.end() && *found == row)
        rows.erase(found);
      else
        rows.insert(found, row);
      const CertifiedPoint<double> at = enclosure.certify(x, rows);
      EXPECT_FALSE(at.certified()) << enclosure.row_name(row);
      EXPECT_EQ(at.total.size(), 0);
      refuted += at.verdict == Verdict::wrong_active_set;
    }
  }
  EXPECT_GE(refuted, 700);
}

TEST(Enclosure, ProposedRowsMustIncreaseAndHoldTheEqualities) {
  // min 1/2 |y|^2 with y0 + y1 = 2 and y0 <= 3: y = (1, 1).
  Instance in = empty_instance(1, 2);
  in.H = ExactMatrix(Mat<double>::Identity(2, 2));
  in.G = ExactMatrix(Mat<double>::Ones(1, 2));
  in.E = in.A = ExactMatrix(1, 1);
  in.e = ExactMatrix(Mat<double>::Constant(1, 1, 2));
  in.B = ExactMatrix(1, 2);
  in.B.set(0, 0, 1);
  in.b = ExactMatrix(Mat<double>::Constant(1, 1, 3));
  Enclosure<double> enclosure(in);
  const BallVector<double> x(Vec<double>::Zero(1));
  EXPECT_TRUE(enclosure.certify(x, {0}, 0).certified());
  for (const std::vector<Index>& rows : std::vector<std::vector<Index>>{
           {}, {1}, {-1, 0}, {0, 0}, {1, 0}, {0, 2}, {0, 1, 1}, {0, 1, 2}})
    for (const int repairs : {0, 8}) {
      const CertifiedPoint<double> at = enclosure.certify(x, rows, repairs);
      EXPECT_EQ(at.verdict, Verdict::wrong_active_set) << at.why;
      EXPECT_NE(at.why.find("proposed"), std::string::npos) << at.why;
    }
}

using Given = std::map<std::string, Value>;

/// The generator's instance at its built point.
CertifiedPoint<double> at_built_point(const Given& given) {
  Given all = {
      {"grid", std::int64_t(8)}, {"rows", std::int64_t(6)}, {"equality_rows", std::int64_t(1)}};
  for (const auto& [key, value] : given) all[key] = value;
  const Instance in = generate_instance(Settings(generator_parameters(), all, "test", "generator"));
  Enclosure<double> enclosure(in);
  std::vector<Index> active = {0};
  for (Index k = 0; k < std::get<std::int64_t>(all.at("active")); ++k) active.push_back(1 + k);
  return enclosure.certify(BallVector<double>(in.x0->to_vector<double>()), active);
}

TEST(Enclosure, WeaklyActiveRowsAreKinks) {
  for (std::int64_t seed = 0; seed < 20; ++seed) {
    const Given given = {{"seed", seed}, {"active", std::int64_t(2)}};
    EXPECT_TRUE(at_built_point(given).certified()) << seed;

    Given weak = given;
    weak["weakly_active"] = std::int64_t(2);
    const CertifiedPoint<double> at = at_built_point(weak);
    EXPECT_EQ(at.verdict, Verdict::kink) << at.why;
    EXPECT_EQ(at.undecided, (std::vector<Index>{3, 4}));
    EXPECT_NE(at.why.find("inequality row 2"), std::string::npos) << at.why;
  }
}

TEST(Enclosure, RepeatedActiveRowsAreDependent) {
  for (std::int64_t seed = 0; seed < 20; ++seed) {
    const CertifiedPoint<double> at = at_built_point(
        {{"seed", seed}, {"active", std::int64_t(2)}, {"duplicated_rows", std::int64_t(1)}});
    EXPECT_EQ(at.verdict, Verdict::dependent_rows) << at.why;
    EXPECT_EQ(at.undecided, std::vector<Index>{6});
  }
}

/// min 1/2 y^2 + x y subject to rows given by the test; f = y, so that grad F = dy*/dx.
Instance line(const std::vector<std::array<double, 3>>& rows) {
  Instance in = empty_instance(1, 1);
  in.source = in.name = "line";
  in.H = in.M = ExactMatrix(Mat<double>::Ones(1, 1));
  in.cy = in.H;
  const Index p = static_cast<Index>(rows.size());
  in.A = in.B = in.b = ExactMatrix(p, 1);
  for (Index i = 0; i < p; ++i) {
    const auto& row = rows[static_cast<std::size_t>(i)];
    in.A.set(i, 0, row[0]);
    in.B.set(i, 0, row[1]);
    in.b.set(i, 0, row[2]);
  }
  return in;
}

CertifiedPoint<double> certify_line(const Instance& in, double x, int repairs = 8) {
  Enclosure<double> enclosure(in);
  return enclosure.certify(BallVector<double>(Vec<double>::Constant(1, x)), Vec<double>::Zero(1),
                           Vec<double>::Zero(enclosure.rows()), repairs);
}

TEST(Enclosure, RepairsByProvedSignsOnly) {
  const Instance in = line({{0, -1, -1}});  // y >= 1
  const CertifiedPoint<double> at = certify_line(in, 2);
  EXPECT_TRUE(at.certified()) << at.why;
  EXPECT_EQ(at.active, std::vector<Index>{0});
  EXPECT_EQ(at.y.mid[0], 1);
  EXPECT_EQ(at.multipliers.mid[0], 3);

  Enclosure<double> enclosure(in);
  const BallVector<double> x(Vec<double>::Constant(1, 2));
  EXPECT_EQ(enclosure.certify(x, {}, 0).verdict, Verdict::wrong_active_set);
  const CertifiedPoint<double> repaired = enclosure.certify(x, {}, 1);
  EXPECT_TRUE(repaired.certified());
  EXPECT_EQ(repaired.repairs, 1);
  EXPECT_EQ(certify_line(in, -1).verdict, Verdict::kink);  // y = -x = 1
}

TEST(Enclosure, RefusesContradictoryRows) {
  // y <= -1 and y >= 1; then 0 <= -x.
  Enclosure<double> enclosure(line({{0, 1, -1}, {0, -1, -1}}));
  const CertifiedPoint<double> at =
      enclosure.certify(BallVector<double>(Vec<double>::Zero(1)), std::vector<Index>{}, 8);
  EXPECT_EQ(at.verdict, Verdict::infeasible) << at.why;
  EXPECT_EQ(at.y.size(), 0);
  const CertifiedPoint<double> empty = certify_line(line({{1, 0, 0}}), 2);
  EXPECT_EQ(empty.verdict, Verdict::infeasible) << empty.why;
  EXPECT_NE(empty.why.find("inequality row 0 has no y"), std::string::npos);
  EXPECT_TRUE(certify_line(line({{1, 0, 0}}), -2).certified());
}

/// y_0 + y_1 <= -1 and -y_0 - (1 + 2^-52) y_1 <= -1 hold together from y_1 = 2^53 on: no row is a
/// combination of the other, though any that is nearly one says "0 <= -2".
TEST(Enclosure, AlmostOppositeRowsAreNoContradiction) {
  Instance in = empty_instance(1, 2);
  in.H = ExactMatrix(Mat<double>::Identity(2, 2));
  in.A = ExactMatrix(2, 1);
  in.B = ExactMatrix(2, 2);
  in.b = ExactMatrix(Mat<double>::Constant(2, 1, -1));
  in.B.set(0, 0, 1);
  in.B.set(0, 1, 1);
  in.B.set(1, 0, -1);
  in.B.set(1, 1, -(1 + 0x1p-52));
  const RVec x = RVec::Constant(1, Rational(0));
  EXPECT_TRUE(minimise(lower_program(in, x)).feasible);
  Enclosure<double> enclosure(in);
  for (const std::vector<Index>& rows : std::vector<std::vector<Index>>{{}, {0}, {1}}) {
    const auto at = enclosure.certify(BallVector<double>(Vec<double>::Zero(1)), rows, 8);
    EXPECT_NE(at.verdict, Verdict::infeasible) << at.why;
    EXPECT_FALSE(at.certified());
  }
}

TEST(Enclosure, AViolatedRowTakesThePlaceOfOneItDependsOn) {
  const Instance nested = line({{0, -1, -1}, {0, -1, -2}});  // y >= 1 and y >= 2
  Enclosure<double> enclosure(nested);
  const BallVector<double> zero(Vec<double>::Zero(1));
  for (const std::vector<Index>& rows : std::vector<std::vector<Index>>{{}, {0}, {1}}) {
    const CertifiedPoint<double> at = enclosure.certify(zero, rows, 8);
    EXPECT_TRUE(at.certified()) << at.why;
    EXPECT_EQ(at.active, std::vector<Index>{1});
    EXPECT_EQ(at.y.mid[0], 2);
  }
  // A thousand rows y >= k / 1000: the one violated most enters first.
  std::vector<std::array<double, 3>> many;
  for (int k = 0; k < 1000; ++k) many.push_back({0, -1000, static_cast<double>(-k)});
  Enclosure<double> thousand(line(many));
  const CertifiedPoint<double> last = thousand.certify(zero, std::vector<Index>{}, 1);
  EXPECT_TRUE(last.certified()) << last.why;
  EXPECT_EQ(last.active, std::vector<Index>{999});
}

/// Where some y satisfies the rows, never; where none does, mostly.
TEST(Enclosure, InfeasibleIsOnlySaidWithProof) {
  long empty = 0, proved = 0, feasible = 0;
  for (std::uint64_t seed = 0; seed < 1350; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance in = small_instance(seed, varied_shape(seed));
    const RVec x = point(seed, in.n);
    const bool exists = minimise(lower_program(in, x)).feasible;
    Enclosure<double> enclosure(in);
    std::vector<Index> rows;
    for (Index i = 0; i < enclosure.equalities(); ++i) rows.push_back(i);
    const CertifiedPoint<double> at =
        enclosure.certify(BallVector<double>(rounded<double>(x)), rows, 30);
    if (exists) {
      EXPECT_NE(at.verdict, Verdict::infeasible) << at.why;
    } else {
      EXPECT_FALSE(at.certified());
    }
    empty += !exists;
    proved += at.verdict == Verdict::infeasible;
    feasible += at.certified();
  }
  EXPECT_GE(proved, empty / 2);
  EXPECT_GE(feasible, 1000);
}

TEST(Enclosure, RefusesDependentEqualities) {
  Instance in = empty_instance(1, 2);
  in.H = ExactMatrix(Mat<double>::Identity(2, 2));
  in.G = ExactMatrix(Mat<double>::Ones(2, 2));
  in.E = ExactMatrix(2, 1);
  in.e = ExactMatrix(Mat<double>::Ones(2, 1));
  Enclosure<double> enclosure(in);
  const auto at = enclosure.certify(BallVector<double>(Vec<double>::Zero(1)),
                                    Vec<double>::Constant(2, 0.5), Vec<double>::Zero(2));
  EXPECT_EQ(at.verdict, Verdict::dependent_rows) << at.why;
}

TEST(Enclosure, RefusesWhatIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  for (const double x : {nan, infinite, 1.7e308})
    EXPECT_EQ(certify_line(line({{0, 1, 100}}), x).verdict, Verdict::not_finite) << x;
  const BallVector<double> zero(Vec<double>::Zero(1));
  Enclosure<double> enclosure(line({{0, 1, 100}}));
  EXPECT_EQ(enclosure.certify(zero, Vec<double>::Constant(1, nan), Vec<double>::Zero(1)).verdict,
            Verdict::not_finite);
  Instance tiny = line({{0, 1, 100}});
  tiny.H = ExactMatrix(Mat<double>::Constant(1, 1, 0x1p-1074));
  Enclosure<double> flat(tiny);
  EXPECT_FALSE(flat.certify(zero, zero.mid, zero.mid).certified());
}

TEST(Enclosure, RefusesAnHThatThisScalarCannotProveDefinite) {
  Instance in = empty_instance(1, 2);
  in.H = ExactMatrix(Mat<double>::Ones(2, 2));
  in.H.set(1, 1, 1 + 0x1p-50);
  const auto verdict = [&](auto zero) {
    using S = decltype(zero);
    Enclosure<S> enclosure(in);
    const Vec<S> y = Vec<S>::Constant(2, zero);
    return enclosure.certify(BallVector<S>(Vec<S>::Constant(1, zero)), y, Vec<S>()).verdict;
  };
  EXPECT_EQ(verdict(0.0), Verdict::indefinite);
  EXPECT_EQ(verdict(Real50(0)), Verdict::certified);
}

/// All data and x divided by 3 or 7: nothing is a double any more.
TEST(Enclosure, FractionsEnterAsBalls) {
  const auto divided = [](ExactMatrix a, int by) {
    for (Index i = 0; i < a.rows(); ++i)
      for (Index j = 0; j < a.cols(); ++j)
        if (std::isfinite(a(i, j)))
          a.set_fraction(i, j, to_text(Rational(a.entry<Rational>(i, j) / by)));
    return a;
  };
  Containment<double> inside;
  Containment<Real50> inside50;
  long certified = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Instance in = small_instance(seed, varied_shape(seed));
    for (ExactMatrix* a : {&in.Qxx, &in.Qxy, &in.Qyy, &in.x_target, &in.y_target, &in.cx, &in.c0,
                           &in.H, &in.d, &in.A, &in.B, &in.b, &in.lower})
      *a = divided(*a, 3);
    for (ExactMatrix* a : {&in.cy, &in.M, &in.E, &in.G, &in.e, &in.upper}) *a = divided(*a, 7);
    const Truth truth(in, RVec(point(seed, in.n) / Rational(3)));
    if (!truth.at.nondegenerate()) continue;
    const auto check = [&](auto& containment, auto zero) {
      using S = decltype(zero);
      Enclosure<S> enclosure(in);
      BallVector<S> x(in.n);
      for (Index i = 0; i < in.n; ++i) x.set(i, enclose<S>(truth.x[i]));
      const CertifiedPoint<S> at =
          enclosure.certify(x, rounded<S>(truth.at.y), rounded<S>(truth.at.multipliers));
      EXPECT_TRUE(at.certified()) << at.why;
      if (at.certified()) containment.check(at, truth);
      certified += at.certified();
    };
    check(inside, 0.0);
    if (seed < 20) check(inside50, Real50(0));
  }
  EXPECT_GE(certified, 80);
}

/// What the solve itself promises. The correction ends when |R rho| <= 2 u |z|; the errors of
/// computing R rho add gamma_N |R| |K| |z - z~|, where gamma_{N+1} |R| |K| <= alpha, and the
/// doubled residual gamma_{T+2}^2 |R| (|r| + |K| |z|) = O(T^2 u alpha); the last factor is 1 +
/// alpha. With alpha below 2^-20 all of these are below u |z|, unless |R| |r| is above 2^20 |z|.
template <class S>
void expect_tight_solve(const CertifiedPoint<S>& at) {
  ASSERT_TRUE(at.certified()) << at.why;
  ASSERT_LT(at.contraction, S(0x1p-20));
  S size(0), widest(0);
  for (const BallVector<S>* part : {&at.y, &at.multipliers})
    for (Index i = 0; i < part->size(); ++i) {
      size = larger(size, magnitude(part->mid[i]));
      widest = larger(widest, part->rad[i]);
    }
  EXPECT_LE(widest, S(3) * unit_roundoff<S>() * size);
}

TEST(Enclosure, BallsOfThePointAreThreeRoundoffsWide) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance in = small_instance(seed, varied_shape(seed));
    const Truth truth(in, point(seed, in.n));
    if (!truth.at.nondegenerate()) continue;
    Enclosure<double> enclosure(in);
    expect_tight_solve(certify(enclosure, truth, seed, 0));
    expect_tight_solve(certify(enclosure, truth, seed, 1e-3));
    if (seed % 10 != 0) continue;
    Enclosure<Real50> enclosure50(in);
    expect_tight_solve(certify(enclosure50, truth, seed, 1e-3));
  }
}

/// Of the derivative: K w = (grad_y f, 0) is as tight as y, 3u |w|, but for the right-hand side,
/// which is off by u |K w| and moves w by u |R| |K| |w| <= u c |w|, c = alpha / gamma_{N+1} (that
/// product is part of alpha). The implicit part sums m or more such entries times M and A, and F
/// sums grad_y f: m (3 + c) u |w| in all. Taken relative to the sums themselves this allows them to
/// cancel by a factor of about the number of their terms, more than they do at these two points.
TEST(Enclosure, CertifiesTheHundredsTightly) {
  for (const char* name : {"s100", "s100-active"}) {
    const Instance in = read_instance(std::string(ASSAY_GOLDEN) + "/instances/" + name + ".json");
    Enclosure<double> enclosure(in);
    Enclosure<Real50> enclosure50(in);
    const auto at = [&](auto& e, auto zero) {
      using S = decltype(zero);
      return e.certify(BallVector<S>(in.x0->to_vector<S>()), Vec<S>::Constant(in.m, zero),
                       Vec<S>::Constant(e.rows(), zero));
    };
    const CertifiedPoint<double> plain = at(enclosure, 0.0);
    const CertifiedPoint<Real50> fine = at(enclosure50, Real50(0));
    expect_tight_solve(plain);
    expect_tight_solve(fine);
    const double c = plain.contraction / gamma_bound<double>(in.m + 1);
    const double wide = static_cast<double>(in.m) * (3 + c) * unit_roundoff<double>();
    const Real50 wide50 = Real50(static_cast<double>(in.m) * (3 + c)) * unit_roundoff<Real50>();
    EXPECT_LE(wide, 1e-12);  // what the documentation of the command promises
    EXPECT_LE(wide50, Real50("1e-45"));
    for (const auto part : {&CertifiedPoint<double>::gap, &CertifiedPoint<double>::gap_direct,
                            &CertifiedPoint<double>::gap_implicit, &CertifiedPoint<double>::F})
      EXPECT_LE((plain.*part).rad, wide * magnitude((plain.*part).mid)) << name;
    EXPECT_LE(fine.gap.rad, wide50 * fine.gap.mid) << name;
    EXPECT_LE(fine.F.rad, wide50 * magnitude(fine.F.mid)) << name;
    // The finer ball lies in the coarser one.
    EXPECT_LE(convert<Rational>(plain.gap.lower()), convert<Rational>(fine.gap.lower()));
    EXPECT_LE(convert<Rational>(fine.gap.upper()), convert<Rational>(plain.gap.upper()));
  }
}

}  // namespace
}  // namespace assay::reference
