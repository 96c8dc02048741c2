// F2CSA's oracle against its closed forms.
#include "assay/hypergradient/penalty.hpp"

#include <gtest/gtest.h>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/problem/generator.hpp"
#include "assay/problem/golden_test.hpp"

namespace assay {
namespace {

/// n = m = 4 with two active coupled rows of five; f is curved in y.
Instance penalty_active() {
  return generate_instance(Settings(generator_parameters(),
                                    {{"n", std::int64_t{4}},
                                     {"m", std::int64_t{4}},
                                     {"seed", std::int64_t{2}},
                                     {"Qyy_scale", 0.5},
                                     {"multiplier_margin", 1.0},
                                     {"start_distance", 0.1}},
                                    "test", ""));
}

FaultSet faults(const std::vector<Fault>& list) {
  FaultSet set;
  for (const Fault f : list) set.add(f);
  return set;
}

/// Both estimators of one instance at its x0.
template <class S>
struct PenaltyBench {
  explicit PenaltyBench(const Instance& instance, const FaultSet& set = {},
                        const NoiseLevels& noise = {})
      : problem(instance),
        lower(problem),
        x(instance.x0->template to_vector<S>()),
        draws(3, 1),
        context{&problem, &lower, &draws, noise, set} {}

  Hypergradient<S> exact() {
    Hypergradient<S> out;
    ImplicitEstimator<S>({&problem, &lower, &draws, {}, {}}).evaluate(x, Vec<S>(), 0, out);
    return out;
  }
  Hypergradient<S> penalty(const PenaltyOptions& options, std::uint32_t sample = 0) {
    Hypergradient<S> out;
    PenaltyEstimator<S> estimator(context, options);
    estimator.evaluate(x, Vec<S>(), sample, out);
    inner = estimator.inner_point();
    gates = estimator.gates();
    y = estimator.solution().y;
    multipliers = estimator.solution().multipliers;
    return out;
  }

  QuadraticProblem<S> problem;
  ActiveSetLowerLevel<S> lower;
  Vec<S> x;
  Draws draws;
  EstimatorContext<S> context;
  Vec<S> inner, gates, y, multipliers;
};

PenaltyOptions at_alpha(double alpha, const std::string& gate = "paper") {
  PenaltyOptions o;
  o.alpha = alpha;
  o.gate = gate;
  return o;
}

template <class S>
double distance(const Vec<S>& a, const Vec<S>& b) {
  return to_double(norm(Vec<S>(a - b)));
}

/// sum of weight_i A_i
template <class S>
Vec<S> rows_times(const QuadraticProblem<S>& problem, const Vec<S>& weight) {
  Vec<S> out(problem.n);
  for (Index i = 0; i < problem.n; ++i) {
    out[i] = S(0);
    for (Index r = 0; r < problem.rows(); ++r) out[i] += problem.A(r, i) * weight[r];
  }
  return out;
}

/// Gaussian elimination with row exchanges.
template <class S>
Vec<S> solve(Mat<S> a, Vec<S> b) {
  const Index n = b.size();
  for (Index k = 0; k < n; ++k) {
    Index pivot = k;
    for (Index i = k; i < n; ++i)
      if (magnitude(a(pivot, k)) < magnitude(a(i, k))) pivot = i;
    for (Index j = 0; j < n; ++j) std::swap(a(k, j), a(pivot, j));
    std::swap(b[k], b[pivot]);
    for (Index i = k + 1; i < n; ++i) {
      const S factor = a(i, k) / a(k, k);
      for (Index j = k; j < n; ++j) a(i, j) -= factor * a(k, j);
      b[i] -= factor * b[k];
    }
  }
  for (Index i = n - 1; i >= 0; --i) {
    for (Index j = i + 1; j < n; ++j) b[i] -= a(i, j) * b[j];
    b[i] /= a(i, i);
  }
  return b;
}

// ---- the table of both readings, four active rows of s100-active ----

// The slope is that of the envelope's error from the row above, log2 of their quotient. For the
// second and third row the record says 1.33 and 1.77, which do not come out of its own errors:
// log2(4.62 / 2.01) = 1.2007 and log2(20.1 / 6.21) = 1.6945, each sure to half the units of both
// errors, relative to them, over ln 2.
struct Row {
  double alpha, literal, literal_unit, envelope, envelope_unit, slope, slope_error, shift,
      shift_unit;
};
const Row table[] = {
    {0.4, 0.824, 1e-3, 4.62e-2, 1e-4, 0, 0, 0.867, 1e-3},
    {0.2, 3.451, 1e-3, 2.01e-2, 1e-4, 1.2007, 0.0052, 3.470, 1e-3},
    {0.1, 13.87, 1e-2, 6.21e-3, 1e-5, 1.6945, 0.0048, 13.88, 1e-2},
    {0.05, 55.51, 1e-2, 1.65e-3, 1e-5, 1.91, 0.005, 55.51, 1e-2},
    {0.025, 222.1, 1e-1, 4.18e-4, 1e-6, 1.98, 0.005, 222.1, 1e-1},
    {0.0125, 888.2, 1e-1, 1.05e-4, 1e-6, 1.99, 0.005, 888.2, 1e-1},
};

template <class S>
class BothReadings : public testing::Test {};
using Tiers = testing::Types<double, Real50>;
TYPED_TEST_SUITE(BothReadings, Tiers);

TYPED_TEST(BothReadings, HaveTheirRecordedErrors) {
  using S = TypeParam;
  const Instance instance = golden_instance("s100-active");
  PenaltyBench<S> right(instance), literal(instance, faults({Fault::literal_value_gradient}));
  const Vec<S> gradient = right.exact().total;
  double previous = 0;
  for (const Row& row : table) {
    const auto options = at_alpha(row.alpha, "active_set");
    const double error = distance(right.penalty(options).total, gradient);
    const double wrong = distance(literal.penalty(options).total, gradient);
    expect_printed(error, row.envelope, row.envelope_unit);
    expect_printed(wrong, row.literal, row.literal_unit);
    if (previous > 0) {
      EXPECT_NEAR(std::log2(previous / error), row.slope, row.slope_error) << row.alpha;
    }
    previous = error;
    expect_printed(
        to_double(norm(rows_times(right.problem, right.multipliers))) / (row.alpha * row.alpha),
        row.shift, row.shift_unit);
  }
}

TEST(Penalty, TheLiteralReadingIsOffByExactlyTheScaledRowTerm) {
  const Instance instance = penalty_active();
  PenaltyBench<Real50> right(instance), literal(instance, faults({Fault::literal_value_gradient}));
  for (const double alpha : {0.4, 0.05}) {
    const Vec<Real50> envelope = right.penalty(at_alpha(alpha)).total;
    const Vec<Real50> difference = literal.penalty(at_alpha(alpha)).total - envelope;
    Vec<Real50> expected = rows_times(right.problem, right.multipliers);
    for (auto& e : expected) e /= Real50(alpha) * Real50(alpha);
    // The same computation but for one product and sum per row: 20 roundings of terms below
    // 1e2 alpha^-4.
    EXPECT_LE(distance(difference, expected), 0x1p-168 * 20 * 1e2 / std::pow(alpha, 4));
    EXPECT_GT(to_double(norm(expected)), 0.1);
  }
}

// ---- without active rows ----

TEST(Penalty, IsExactForEveryAlphaWhereNoRowIsActiveAndFIsAffineInY) {
  PenaltyBench<Real50> bench(golden_instance("s20"));
  const Vec<Real50> gradient = bench.exact().total;
  ASSERT_EQ(bench.lower.solve(bench.x, Vec<Real50>()).active.size(), 0u);
  // alpha_1 y enters and leaves: alpha^-2 u |y| times 10^4 roundings.
  for (const double alpha : {3.0, 0.8, 0.1, 1e-3})
    EXPECT_LE(distance(bench.penalty(at_alpha(alpha)).total, gradient),
              0x1p-168 * 1e4 * (1 + 1 / (alpha * alpha)))
        << alpha;
}

TEST(Penalty, GateLeakAndRidgeHaveTheirClosedForm) {
  // bias = alpha_1 M' D - v + alpha_2 A'(rho o (h* + B D)),
  // D = H_L^-1 (-cy - r y* - alpha_2 B'(rho o h*)), h* = A x + B y* - b, v = -M' H^-1 cy.
  using S = Real50;
  PenaltyBench<S> bench(golden_instance("s20"), faults({Fault::sigmoid_gate, Fault::ridge}));
  const auto& p = bench.problem;
  for (const double alpha : {0.5, 0.25, 0.12}) {
    PenaltyOptions o = at_alpha(alpha);
    o.gate_width = 5;
    o.gate_floor = 1e-3;
    o.ridge_scale = 0.7;
    const Vec<S> bias = bench.penalty(o).total - bench.exact().total;

    const S a = S(alpha), a1 = 1 / (a * a), a2 = a1 * a1, delta = a * a * a;
    const S tau = larger(S(5 * delta), S(1e-3));
    const Vec<S> y = solve<S>(p.H, Vec<S>(-(p.M * bench.x + p.d)));
    const Mat<S> B = p.Bt.transpose();
    const Vec<S> h = p.A * bench.x + B * y - p.b;
    Vec<S> rho(h.size());
    for (Index i = 0; i < h.size(); ++i)
      rho[i] = S(0.5) / (1 + boost::multiprecision::exp(S(-h[i] / tau)));  // sigmoid(0) of lambda
    Mat<S> HL = a1 * p.H + a2 * p.Bt * rho.asDiagonal() * B;
    const S ridge = S(0.7) * delta;
    for (Index i = 0; i < p.m; ++i) HL(i, i) += ridge;
    const Vec<S> D =
        solve<S>(HL, Vec<S>(-p.cy - ridge * y - a2 * (p.Bt * Vec<S>(rho.cwiseProduct(h)))));
    const Vec<S> v = -(p.M.transpose() * solve<S>(p.H, p.cy));
    const Vec<S> expected = a1 * (p.M.transpose() * D) - v +
                            a2 * (p.A.transpose() * Vec<S>(rho.cwiseProduct(Vec<S>(h + B * D))));
    // Terms below alpha_2, 1e4 roundings, condition of H_L below alpha^-2 1e2.
    EXPECT_LE(distance(bias, expected), 0x1p-168 * 1e6 * std::pow(alpha, -6));
    EXPECT_GT(to_double(norm(bias)), 1e-6);
  }
}

// ---- gates ----

TEST(Gates, OfThePaperAreARampInTheRowTimesARampInTheMultiplier) {
  PenaltyBench<double> bench(penalty_active());
  PenaltyOptions o = at_alpha(0.5);
  o.delta = 0.01;
  o.gate_width = 60;
  o.multiplier_threshold = 1.5;
  bench.penalty(o);
  const auto& s = bench.lower.solve(bench.x, Vec<double>());
  ASSERT_EQ(s.active.size(), 2u);
  for (Index i = 0; i < bench.problem.rows(); ++i) {
    // Active rows count as h = 0; the others have no multiplier.
    const double expected = std::min(1.0, bench.multipliers[i] / 1.5);
    EXPECT_NEAR(bench.gates[i], bench.multipliers[i] > 0 ? expected : 0, 0x1p-52) << i;
  }
}

TEST(Gates, RampDownBehindARowThatWasActive) {
  // y >= x, y* = max(x, 0), lambda = max(x, 0), h = min(x, 0). From x = 2 to x = -1/4 the averaged
  // multiplier falls from 2 to 1/2, every number exact.
  PenaltyBench<double> bench(
      parse_instance(R"({"format": "assay-instance/1", "name": "one row", "n": 1,
 "m": 1, "p": 1, "upper": {"Qxx": [[1]]}, "lower": {"H": [[1]]},
 "constraints": {"A": [[1]], "B": [[-1]], "b": [0]}, "x0": [2]})",
                     "one row"));
  PenaltyOptions o = at_alpha(1);
  o.multiplier_average = 0.25;
  o.multiplier_threshold = 4;
  for (const auto& [ramp, by_row] : {std::pair{0.125, 0.0}, {0.25, 0.0}, {0.5, 0.5}, {1.0, 0.75}}) {
    o.gate_floor = ramp;
    o.gate_width = 0;
    Hypergradient<double> out;
    PenaltyEstimator<double> estimator(bench.context, o);
    estimator.evaluate(Vec<double>::Constant(1, 2), Vec<double>(), 0, out);
    EXPECT_EQ(estimator.gates()[0], 0.5);
    estimator.evaluate(Vec<double>::Constant(1, -0.25), Vec<double>(), 0, out);
    EXPECT_EQ(estimator.gates()[0], by_row * 0.125);
  }
}

TEST(Gates, HardAndActiveSet) {
  PenaltyBench<double> bench(penalty_active());
  PenaltyOptions o = at_alpha(0.5, "active_set");
  bench.penalty(o);
  for (Index i = 0; i < bench.problem.rows(); ++i)
    EXPECT_EQ(bench.gates[i], bench.multipliers[i] > 0 ? 1 : 0);
  // "hard" looks at the row alone: with a ramp of 1e6 all are in, with none the active ones.
  o.gate = "hard";
  o.gate_floor = 1e6;
  bench.penalty(o);
  EXPECT_EQ(bench.gates, Vec<double>::Ones(5));
  o.gate_floor = 0;
  o.gate_width = 0;
  bench.penalty(o);
  for (Index i = 0; i < bench.problem.rows(); ++i)
    EXPECT_EQ(bench.gates[i], bench.multipliers[i] > 0 ? 1 : 0);
}

/// Two rows, y_0 >= x and y_1 <= 10: y* = (max(x, 0), 0), multipliers (max(x, 0), 0).
Instance near_and_far() {
  return parse_instance(R"({"format": "assay-instance/1", "name": "near and far", "n": 1,
 "m": 2, "p": 2, "upper": {"Qxx": [[1]], "cy": [1, 0]}, "lower": {"H": [[1, 0], [0, 1]]},
 "constraints": {"A": [[1], [0]], "B": [[-1, 0], [0, 1]], "b": [0, 10]}, "x0": [2]})",
                        "near and far");
}

/// At x = 2 the gates are 1 and 0, so spread that adaptive_smoothing widens them: from then on 97%
/// of the past counts, and the ramp is 3/4 instead of 1/2.
struct Widening {
  Widening() { options.multiplier_threshold = 2, options.gate_width = 0.5; }

  double gate_at(PenaltyEstimator<double>& estimator, double x) const {
    Hypergradient<double> out;
    estimator.evaluate(Vec<double>::Constant(1, x), Vec<double>(), 0, out);
    return estimator.gates()[0];
  }

  PenaltyBench<double> bench{near_and_far(), faults({Fault::adaptive_smoothing})};
  PenaltyOptions options = at_alpha(1);
};

TEST(Gates, AreWidenedWhereTheyAreSpreadOut) {
  Widening w;
  PenaltyEstimator<double> estimator(w.bench.context, w.options);
  EXPECT_EQ(w.gate_at(estimator, 2), 1);
  // Four roundings of numbers up to 2.
  EXPECT_NEAR(w.gate_at(estimator, 0.5), (0.97 * 2 + 0.03 * 0.5) / 2, 4 * 0x1p-52);

  PenaltyEstimator<double> other(w.bench.context, w.options);
  w.gate_at(other, 2);
  EXPECT_NEAR(w.gate_at(other, -0.25), (1 - 0.25 / 0.75) * 0.97, 4 * 0x1p-52);
}

TEST(Gates, StayWidenedInACheckpoint) {
  Widening w;
  PenaltyEstimator<double> straight(w.bench.context, w.options);
  PenaltyEstimator<double> resumed(w.bench.context, w.options);
  w.gate_at(straight, 2);
  StateArchive written = StateArchive::writer();
  straight.archive(written);
  StateArchive read = StateArchive::reader(written.values());
  resumed.archive(read);
  for (const double x : {0.5, -0.25}) EXPECT_EQ(w.gate_at(resumed, x), w.gate_at(straight, x)) << x;
}

TEST(Penalty, StaysWeakenedInACheckpoint) {
  PenaltyBench<double> bench(penalty_active());
  const PenaltyOptions options = at_alpha(0.5);
  PenaltyEstimator<double> plain(bench.context, options), weak(bench.context, options),
      resumed(bench.context, options);
  weak.weaken();
  StateArchive written = StateArchive::writer();
  weak.archive(written);
  StateArchive read = StateArchive::reader(written.values());
  resumed.archive(read);
  const auto total = [&](PenaltyEstimator<double>& estimator) {
    Hypergradient<double> out;
    estimator.evaluate(bench.x, Vec<double>(), 0, out);
    return out.total;
  };
  const Vec<double> expected = total(weak);
  EXPECT_EQ(total(resumed), expected);
  EXPECT_NE(total(plain), expected);
}

/// "hard" takes rows within 1e-8 for active, whatever its ramp.
TEST(Gates, HardOnesReachAtLeastToOneInAHundredMillion) {
  Instance in = near_and_far();
  in.x0->set(0, 0, -0x1p-27);  // 7.5e-9 behind y* = 0
  PenaltyOptions o = at_alpha(1, "hard");
  o.gate_width = 0;
  PenaltyBench<double> near(in);
  near.penalty(o);
  EXPECT_EQ(near.gates[0], 1);
  EXPECT_EQ(near.gates[1], 0);
  in.x0->set(0, 0, -0x1p-26);
  PenaltyBench<double> beyond(in);
  beyond.penalty(o);
  EXPECT_EQ(beyond.gates[0], 0);
}

// ---- variants of the inner solve ----

TEST(Inner, KeptConstraintsLoseEveryGrowingMultiplier) {
  const Instance instance = golden_instance("s100-active");
  PenaltyBench<double> right(instance), wrong(instance, faults({Fault::hard_constrained_inner}));
  const Vec<double> gradient = right.exact().total;
  // p, nu of the adjoint system: H p + B_I' nu = grad_y f, B_I p = 0.
  const auto& p = right.problem;
  const auto s = right.lower.solve(right.x, Vec<double>());
  const Index m = p.m, k = static_cast<Index>(s.active.size());
  Mat<double> saddle = Mat<double>::Zero(m + k, m + k);
  Vec<double> rhs = Vec<double>::Zero(m + k), fx, fy;
  p.upper_gradient(right.x, s.y, fx, fy);
  saddle.topLeftCorner(m, m) = p.H;
  for (Index j = 0; j < k; ++j)
    for (Index i = 0; i < m; ++i)
      saddle(i, m + j) = saddle(m + j, i) = p.Bt(i, s.active[static_cast<std::size_t>(j)]);
  rhs.head(m) = -fy;  // nu = alpha_2 h, what the rows want to grow by
  const Vec<double> adjoint = solve(saddle, rhs);
  Vec<double> lost = Vec<double>::Zero(p.rows());
  for (Index j = 0; j < k; ++j)
    lost[s.active[static_cast<std::size_t>(j)]] = std::max(adjoint[m + j], 0.0);
  const double predicted = norm(rows_times(p, lost));
  expect_printed(predicted, 7.7921e-2, 1e-6);
  // Printed to 1e-5 as the limit; at alpha = 0.0125 the O(alpha^2) part is below that.
  expect_printed(distance(wrong.penalty(at_alpha(0.0125, "active_set")).total, gradient), 7.792e-2,
                 1e-5);
}

TEST(Inner, SkippingItLeavesTheDirectPart) {
  PenaltyBench<double> bench(penalty_active(), faults({Fault::skipped_inner_solve}));
  const auto g = bench.penalty(at_alpha(0.1));
  EXPECT_EQ(norm(g.implicit), 0);
  EXPECT_EQ(bench.inner, bench.y);
  EXPECT_EQ(g.total, g.direct);
}

TEST(Inner, GradientStepsConvergeToTheExactMinimiser) {
  PenaltyBench<double> bench(penalty_active());
  PenaltyOptions o = at_alpha(1);
  const auto exact = bench.penalty(o);
  const Vec<double> minimiser = bench.inner, y = bench.y;
  // H_L = H + B_a' B_a + Qyy: eigenvalues in [1.5, trace]. The Armijo test with 1/4 holds for steps
  // up to 1.5/lambda_max, so halving keeps them above 0.75/lambda_max and L falls towards its
  // minimum by 1 - 2/4 0.75 mu/lambda_max a step; the distance by the root of that.
  double trace = 0;
  for (Index i = 0; i < 4; ++i) trace += bench.problem.H(i, i) + 0.5;
  for (Index r = 0; r < bench.problem.rows(); ++r)
    if (bench.multipliers[r] > 0) trace += bench.problem.Bt.col(r).squaredNorm();
  const double start = distance(minimiser, y), condition = trace / 1.5;
  ASSERT_GT(start, 0.05);
  o.inner = "gradient";
  for (const std::int64_t steps : {10, 100, 400}) {
    o.inner_steps = steps;
    bench.penalty(o);
    EXPECT_LE(distance(bench.inner, minimiser),
              std::sqrt(condition) * start *
                  std::pow(1 - 0.375 / condition, 0.5 * static_cast<double>(steps)))
        << steps;
  }
  // Once differences of L are below its rounding (2^-53 |L|), the test stops telling steps apart:
  // distance sqrt(2^-53 |L|/mu), |L| < 10.
  o.inner_steps = 20000;
  const auto late = bench.penalty(o);
  EXPECT_LE(distance(bench.inner, minimiser), std::sqrt(0x1p-53 * 10 / 1.5));
  EXPECT_LE(distance(late.total, exact.total), 1e2 * std::sqrt(0x1p-53 * 10 / 1.5));
}

TEST(Inner, GradientStepsStayInTheirBall) {
  PenaltyBench<double> bench(penalty_active());
  PenaltyOptions o = at_alpha(1);
  o.inner = "gradient";
  o.inner_radius = 1e-3;
  bench.penalty(o);
  // On the sphere, to the roundings of yt = y + (yt - y).
  EXPECT_NEAR(distance(bench.inner, bench.y), 1e-3, 0x1p-50 * (1 + norm(bench.y)));
}

// ---- noise ----

/// The sample variance of the estimate over its mean-square prediction, from n N independent
/// normals: chi-square, relative deviation sqrt(2 / n N).
double variance_ratio(PenaltyBench<double>& bench, const PenaltyOptions& o, bool independent) {
  constexpr int samples = 500;
  const double alpha1 = 1 / (o.alpha * o.alpha), sigma = bench.context.noise.lower_cross;
  PenaltyBench<double> quiet(penalty_active());
  const Vec<double> mean = quiet.penalty(o).total;
  double sum = 0;
  for (int s = 0; s < samples; ++s) {
    const Vec<double> deviation = bench.penalty(o, static_cast<std::uint32_t>(s)).total - mean;
    sum += dot(deviation, deviation);
  }
  const double spread = independent ? bench.inner.squaredNorm() + bench.y.squaredNorm()
                                    : (bench.inner - bench.y).squaredNorm();
  return sum / (samples * 4) / (alpha1 * alpha1 * sigma * sigma * spread);
}

TEST(Noise, ACommonSampleCancelsWhatIndependentOnesMultiply) {
  // 4.9 standard deviations: a correct program fails with probability 1e-6.
  const double bound = 4.9 * std::sqrt(2.0 / (500 * 4));
  const NoiseLevels noise{0, 0, 0, 0.3, 0};
  for (const double alpha : {0.5, 0.1}) {
    PenaltyBench<double> common(penalty_active(), {}, noise);
    PenaltyBench<double> independent(penalty_active(), faults({Fault::independent_samples}), noise);
    EXPECT_NEAR(variance_ratio(common, at_alpha(alpha), false), 1, bound);
    EXPECT_NEAR(variance_ratio(independent, at_alpha(alpha), true), 1, bound);
  }
}

}  // namespace
}  // namespace assay
