// DS-BLO against a loop written from its paper, and the facts that hold for any data.
#include "assay/algorithm/dsblo.hpp"

#include "assay/algorithm/textbook_test.hpp"

namespace assay {
namespace {

using R = Textbook::R;
using Vector = Textbook::Vector;

struct Setting {
  bool legacy, from_zero, accumulate;
  double average;
  long samples;
  double clip;
};

constexpr double width = 0.05, gamma1 = 2, gamma2 = 24, beta = 0.75;

Given given(const Setting& s) {
  return {{"order", std::string(s.legacy ? "legacy" : "paper")},
          {"momentum_start", std::string(s.from_zero ? "zero" : "gradient")},
          {"accumulate", s.accumulate},
          {"gradient_average", s.average},
          {"samples", std::int64_t{s.samples}},
          {"gradient_clip", s.clip},
          {"momentum", beta},
          {"perturbation", width}};
}

const Given step_given = {{"gamma1", gamma1}, {"gamma2", gamma2}};

TEST(Dsblo, FollowsTheTextbookInEveryVariant) {
  const Instance instance = changing_instance();
  const Textbook book(instance);
  for (const Setting& s : {Setting{false, false, false, 0, 1, 0},
                           {false, true, false, 0, 1, 0},
                           {true, false, false, 0, 1, 0},
                           {true, true, false, 0.5, 1, 0},
                           {false, false, false, 0.5, 3, 0},
                           {false, true, true, 0, 2, 0},
                           {false, false, false, 0, 1, 0.5},
                           {true, true, false, 0, 1, 0.5}}) {
    AlgorithmBench<Real50> bench(instance, "dsblo", given(s), "inverse_momentum", step_given);
    Vector x = instance.x0->to_vector<R>(), m = Vector::Zero(4), mean;
    const auto absorb = [&](const Vector& at, long draws) {
      Vector g = Vector::Zero(4);
      for (long k = 0; k < s.samples; ++k)
        g += book.gradient(at, bench_q(width, 4, draws, static_cast<std::uint32_t>(k)));
      g /= R(s.samples);
      if (s.clip > 0 && length_of(g) > R(s.clip)) g *= R(s.clip) / length_of(g);
      const bool first = mean.size() == 0;
      mean = first ? g : Vector(R(s.average) * mean + (1 - R(s.average)) * g);
      if (first && !s.from_zero)
        m = mean;
      else
        m = R(beta) * m + (s.accumulate ? R(1) : R(1 - R(beta))) * mean;
    };
    if (!s.legacy && !s.from_zero) absorb(x, 0);
    for (long t = 0; t < 40; ++t) {
      if (s.legacy) absorb(x, t + 1);
      const Vector step = m / (R(gamma1) * length_of(m) + R(gamma2));
      const Vector from = x;
      x -= step;
      if (!s.legacy)
        absorb(from - R(bench_stream(Purpose::segment, t + 1).uniform(0)) * step, t + 1);
      const auto report = bench.step(t);
      expect_same_point(bench.x(), x, t);
      if (s.from_zero && !s.legacy && t == 0) {
        EXPECT_EQ(report.step_length, Real50(0));
      }
    }
  }
}

TEST(Dsblo, FactsThatHoldForAnyData) {
  const Instance instance = changing_instance();
  for (const char* start : {"gradient", "zero"}) {
    AlgorithmBench<Real50> bench(instance, "dsblo",
                                 {{"momentum_start", std::string(start)}, {"perturbation", width}},
                                 "inverse_momentum", step_given);
    Real50 largest(0);
    std::size_t seen = 0;
    const auto look = [&] {
      for (; seen < bench.recorder->calls.size(); ++seen)
        largest = larger(largest, norm(bench.recorder->calls[seen].total));
    };
    look();
    const Real50 slack = 1 + Real50(1e-45);  // 1e5 roundings of 2^-168
    for (long t = 0; t < 60; ++t) {
      const auto r = bench.step(t);
      EXPECT_LT(r.step_length, 1 / Real50(gamma1));
      EXPECT_LE(r.step_length, r.momentum / gamma2 * slack);
      EXPECT_LE(r.step_applied, 1 / Real50(gamma2));
      EXPECT_LE(r.momentum, largest * slack);
      look();
    }
  }
}

TEST(Dsblo, EvaluatesOnTheSegmentItMovedAlong) {
  const Instance instance = changing_instance();
  for (const bool fault : {false, true}) {
    FaultSet faults;
    if (fault) faults.add(Fault::per_coordinate_segment);
    AlgorithmBench<Real50> bench(instance, "dsblo", {}, "inverse_momentum", step_given, 5, faults);
    double least = 1, most = 0;
    for (long t = 0; t < 30; ++t) {
      const Vec<Real50> from = bench.x();
      bench.step(t);
      const Vec<Real50> moved = bench.x() - from, out = bench.recorder->calls.back().x - from;
      Real50 low(1), high(0);
      for (Index i = 0; i < 4; ++i) {
        low = smaller(low, Real50(out[i] / moved[i]));
        high = larger(high, Real50(out[i] / moved[i]));
      }
      // u recovered from each coordinate: the roundings of x +- (u |x| / |moved|, moved > 1e-8).
      // With u = 2^-168 < 3e-51, |x| of order 1 and a few roundings: below 1e-41.
      if (fault) {
        EXPECT_GT(high - low, Real50(1e-6));
      } else {
        EXPECT_LE(high - low, Real50(1e-40));
        EXPECT_LE(magnitude(Real50(high - bench_stream(Purpose::segment, t + 1).uniform(0))),
                  Real50(1e-40));
      }
      least = std::min(least, to_double(low)), most = std::max(most, to_double(high));
    }
    EXPECT_LT(least,
              0.25);  // each fails for 30 uniforms with probability 0.75^30 < 2e-4; fixed seed
    EXPECT_GT(most, 0.75);
  }
}

TEST(Dsblo, EverySampleHasAPerturbationOfItsOwn) {
  AlgorithmBench<double> bench(changing_instance(), "dsblo", {{"samples", std::int64_t{4}}},
                               "inverse_momentum", step_given);
  for (long t = 0; t < 5; ++t) bench.step(t);
  const auto& calls = bench.recorder->calls;
  ASSERT_EQ(calls.size(), 24u);  // the start's four, then four a step
  for (std::size_t a = 0; a < calls.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) EXPECT_NE(calls[a].q, calls[b].q);
  for (std::size_t k = 0; k < calls.size(); ++k) EXPECT_EQ(calls[k].x, calls[k / 4 * 4].x);
}

TEST(Dsblo, TheNormalisedPerturbationHasLengthOne) {
  FaultSet faults;
  faults.add(Fault::normalised_perturbation);
  AlgorithmBench<double> bench(changing_instance(), "dsblo", {{"perturbation", 1e-4}},
                               "inverse_momentum", step_given, 5, faults);
  EXPECT_NEAR(bench.step(0).perturbation, 1, gamma_bound<double>(8));
}

TEST(Dsblo, ALineSearchCountsOnTheSlopeOfTheGradientAlongTheMomentum) {
  // F = x^2/2 at 1, g = 1, m = g/2: half of t g m is gained up to t = 2. All numbers are exact.
  AlgorithmBench<double> bench(parabola(), "dsblo",
                               {{"order", std::string("legacy")},
                                {"momentum_start", std::string("zero")},
                                {"momentum", 0.5},
                                {"perturbation", 0.0}},
                               "armijo", {{"first", 2.5}, {"share", 0.5}});
  EXPECT_EQ(bench.step(0).step_applied, 1.25);
}

// ---- the linear theory of the loop ----

/// log |x| at the end over that of the start, the largest of the last 60 iterations each.
double growth(const std::string& order, double k, long iterations) {
  const double lambda = 3;
  AlgorithmBench<double> bench(parabola(lambda), "dsblo",
                               {{"order", order},
                                {"momentum", 0.9},
                                {"gradient_average", 0.9},
                                {"momentum_start", std::string("zero")},
                                {"perturbation", 0.0}},
                               "constant", {{"length", k / lambda}});
  double early = 0, late = 0;
  for (long t = 0; t < iterations; ++t) {
    bench.step(t);
    const double size = std::abs(bench.x()[0]);
    if (t >= 200 && t < 260) early = std::max(early, size);
    if (t >= iterations - 60) late = std::max(late, size);
  }
  return std::log(late / early);
}

TEST(Dsblo, LegacyOrderIsStableExactlyBelowItsThreshold) {
  // (4.4) with u = 1: k* = (1 - ab)/(ab), a = b = 0.9. At 1 % off, 8000 iterations tell.
  const double threshold = (1 - 0.81) / 0.81;
  EXPECT_LT(growth("legacy", 0.99 * threshold, 8000), -1);
  EXPECT_GT(growth("legacy", 1.01 * threshold, 8000), 1);
}

TEST(Dsblo, PaperOrderIsStableBelowTheThresholdOfTheMeanSegmentPoint) {
  // (4.4) with the mean u = 1/2: k* = (1 - ab)/(1 - (1 - ab)/2). The random u only adds noise of
  // mean zero to first order, hence a margin of 5 %.
  const double threshold = 0.19 / (1 - 0.19 / 2);
  EXPECT_LT(growth("paper", 0.95 * threshold, 4000), -1);
  EXPECT_GT(growth("paper", 1.05 * threshold, 4000), 1);
}

}  // namespace
}  // namespace assay
