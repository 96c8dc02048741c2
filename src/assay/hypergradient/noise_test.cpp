// What noise may do to an estimate, and what it may not.
#include <gtest/gtest.h>

#include "assay/hypergradient/difference.hpp"
#include "assay/hypergradient/penalty.hpp"
#include "assay/lower_level/active_set.hpp"

namespace assay {
namespace {

Instance s20() { return read_instance(std::string(ASSAY_GOLDEN) + "/instances/s20.json"); }

/// No row of S20 is active and f is affine in y: neither q nor noise in g's linear term reaches the
/// gradient, whatever alpha, as long as lower level and penalised lower level see the same g.
TEST(Noise, OfTheLowerLevelIsNotAmplifiedByThePenalty) {
  const Instance instance = s20();
  const QuadraticProblem<double> problem(instance);
  const Vec<double> x = instance.x0->to_vector<double>();
  for (const double alpha : {0.2, 0.05}) {
    PenaltyOptions options;
    options.alpha = alpha;
    Draws draws(7, 1);
    ActiveSetLowerLevel<double> lower(problem), noisy_lower(problem);
    EstimatorContext<double> context{&problem, &lower, &draws, {}, {}, false};
    PenaltyEstimator<double> plain(context, options);
    context.lower = &noisy_lower;
    context.noise.lower_linear = 1e-3;
    PenaltyEstimator<double> noisy(context, options);
    Hypergradient<double> expected, found;
    plain.evaluate(x, Vec<double>(), 0, expected);
    // alpha^-2 grad_y g(y*) is zero but for rounding: each entry is a sum of m + 2 products no
    // larger than L |y| + |d|, scaled by alpha^-2, and passes H_L^-1 (about alpha^2 / 2), M'
    // alpha^-2.
    const auto& y = plain.solution().y;
    const double terms = problem.lipschitz * max_norm(y) * 20 + max_norm(problem.d) + 1e-2;
    const double bound = gamma_bound<double>(8 * 20) / (alpha * alpha) * terms * 20;
    for (std::uint64_t k = 0; k < 20; ++k) {
      draws.set_iteration(k);
      noisy.evaluate(x, Vec<double>(), 0, found);
      found.total -= expected.total;
      EXPECT_LE(max_norm(found.total), bound) << "alpha " << alpha << ", draw " << k;
    }
    EXPECT_LT(bound, 1e-3);  // far below the noise itself, so that the test means something
  }
}

/// Sample k, coordinate i takes the normals number 2 (k n + i) and one more: all different.
TEST(Noise, OfIndependentDifferencesIsIndependent) {
  const Instance instance = s20();
  const QuadraticProblem<double> problem(instance);
  const Vec<double> x = instance.x0->to_vector<double>();
  const double h = 0x1p-10, sigma = 0x1p-4;
  Draws draws(7, 1);
  ActiveSetLowerLevel<double> lower(problem), plain_lower(problem);
  EstimatorContext<double> context{&problem, &plain_lower, &draws, {}, {}, false};
  CentralDifferenceEstimator<double> plain(context, {h, true});
  context.lower = &lower;
  context.noise.objective = sigma;
  CentralDifferenceEstimator<double> noisy(context, {h, false});
  Hypergradient<double> expected, found;
  plain.evaluate(x, Vec<double>(), 0, expected);
  for (std::uint32_t sample = 0; sample < 3; ++sample) {
    noisy.evaluate(x, Vec<double>(), sample, found);
    for (Index i = 0; i < x.size(); ++i) {
      const auto number = static_cast<std::uint32_t>(2 * (sample * 20 + i));
      const double noise = sigma *
                           (draws.normal(Purpose::objective_noise, number) -
                            draws.normal(Purpose::objective_noise, number + 1)) /
                           (2 * h);
      // Two values of F near 0.1 carry the noise: a few roundings of values below 1, over 2h.
      EXPECT_LE(std::abs(found.total[i] - expected.total[i] - noise),
                gamma_bound<double>(4 * 20 * 20) / h);
    }
  }
}

/// Noise off: the number of samples is nobody's business, also not the multipliers' average's.
TEST(Noise, WithoutItSamplesDoNotMatter) {
  const Instance instance =
      read_instance(std::string(ASSAY_GOLDEN) + "/instances/s100-active.json");
  const QuadraticProblem<double> problem(instance);
  PenaltyOptions options;
  options.multiplier_average = 0.9;
  ActiveSetLowerLevel<double> one_lower(problem), many_lower(problem);
  PenaltyEstimator<double> one({&problem, &one_lower, nullptr, {}, {}, false}, options);
  PenaltyEstimator<double> many({&problem, &many_lower, nullptr, {}, {}, false}, options);
  Vec<double> x = instance.x0->to_vector<double>();
  Hypergradient<double> a, b;
  for (int step = 0; step < 3; ++step) {
    one.evaluate(x, Vec<double>(), 0, a);
    for (std::uint32_t sample = 0; sample < 8; ++sample) many.evaluate(x, Vec<double>(), sample, b);
    EXPECT_EQ(a.total, b.total) << "step " << step;
    x *= 0.99;
  }
}

/// A sample with a perturbation of its own is an estimate of its own.
TEST(Noise, SamplesWithAnotherPerturbationShareNothing) {
  const Instance instance =
      read_instance(std::string(ASSAY_GOLDEN) + "/instances/s100-active.json");
  const QuadraticProblem<double> problem(instance);
  ActiveSetLowerLevel<double> lower(problem), fresh_lower(problem);
  PenaltyEstimator<double> estimator({&problem, &lower, nullptr, {}, {}, false}, {});
  PenaltyEstimator<double> fresh({&problem, &fresh_lower, nullptr, {}, {}, false}, {});
  const Vec<double> x = instance.x0->to_vector<double>();
  const Vec<double> q = Vec<double>::Constant(100, 0.01);
  Hypergradient<double> unperturbed, second, alone;
  estimator.evaluate(x, Vec<double>::Zero(100), 0, unperturbed);
  estimator.evaluate(x, q, 1, second);
  fresh.evaluate(x, q, 0, alone);
  EXPECT_EQ(second.total, alone.total);
  EXPECT_NE(second.total, unperturbed.total);
}

}  // namespace
}  // namespace assay
