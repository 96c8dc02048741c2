// SSIGD against a loop written from its paper.
#include "assay/algorithm/ssigd.hpp"

#include "assay/algorithm/textbook_test.hpp"

namespace assay {
namespace {

using R = Textbook::R;
using Vector = Textbook::Vector;

TEST(Ssigd, FollowsTheTextbookWithOneFixedPerturbation) {
  const Instance instance = changing_instance();
  const Textbook book(instance);
  AlgorithmBench<Real50> bench(instance, "ssigd", {{"perturbation", 0.05}}, "inverse",
                               {{"mu", 4.0}, {"offset", 3.0}});
  const Vector q = bench_q(0.05, 4, 0);
  Vector x = instance.x0->to_vector<R>();
  long least = 9, most = 0;
  for (long t = 0; t < 40; ++t) {
    long active = 0;
    x -= book.gradient(x, q, &active) / (R(4) * (t + 3));
    least = std::min(least, active), most = std::max(most, active);
    bench.step(t);
    expect_same_point(bench.x(), x, t);
  }
  EXPECT_LT(least, most);  // the active set changed on the way
  for (const auto& call : bench.recorder->calls) EXPECT_EQ(call.q, bench.recorder->calls.front().q);
}

TEST(Ssigd, MomentumAndSampleMean) {
  const Instance instance = changing_instance();
  const Textbook book(instance);
  AlgorithmBench<Real50> bench(
      instance, "ssigd", {{"perturbation", 0.05}, {"momentum", 0.75}, {"samples", std::int64_t{3}}},
      "constant", {{"length", 0.0078125}});
  const Vector q = bench_q(0.05, 4, 0);
  Vector x = instance.x0->to_vector<R>(), v = Vector::Zero(4);
  for (long t = 0; t < 40; ++t) {
    v = R(0.75) * v + book.gradient(x, q);
    x -= R(0.0078125) * v;
    bench.step(t);
    expect_same_point(bench.x(), x, t);
  }
  ASSERT_EQ(bench.recorder->calls.size(), 120u);
  for (std::size_t k = 0; k < 120; ++k) EXPECT_EQ(bench.recorder->calls[k].sample, k % 3);
}

TEST(Ssigd, ProjectsOntoTheUpperSet) {
  Instance instance = changing_instance();
  const Mat<double> x0 = instance.x0->nearest();
  instance.x_set.kind = UpperSet::Kind::box;
  instance.x_set.lower = ExactMatrix(Mat<double>(x0.array() - 0.0625));
  instance.x_set.upper = ExactMatrix(Mat<double>(x0.array() + 0.125));
  const Textbook book(instance);
  for (const bool deterministic : {false, true}) {
    AlgorithmBench<Real50> bench(
        instance, "ssigd",
        {{"perturbation", 0.05}, {"deterministic", deterministic}, {"direction_scale", 0.5}},
        "constant", {{"length", deterministic ? 0.75 : 0.03125}});
    const Vector q = bench_q(0.05, 4, 0), start = instance.x0->to_vector<R>();
    const auto project = [&](Vector p) {
      for (Index i = 0; i < 4; ++i)
        p[i] = smaller(R(start[i] + R(0.125)), larger(R(start[i] - R(0.0625)), p[i]));
      return p;
    };
    Vector x = start;
    bool touched = false;
    for (long t = 0; t < 20; ++t) {
      const Vector g = book.gradient(x, q);
      if (deterministic)
        x += R(0.75) * (project(x - R(0.5) * g) - x);
      else
        x = project(x - R(0.03125) * g);
      bench.step(t);
      // The bounds themselves are doubles: x0 - 1/16 rounds by 2^-53 |x0|, |x0| < 8.
      for (Index i = 0; i < 4; ++i)
        EXPECT_LE(magnitude(R(R(bench.x()[i]) - x[i])), R(0x1p-50) * 40);
      for (Index i = 0; i < 4; ++i)
        touched = touched || magnitude(R(x[i] - start[i] - R(0.125))) < R(1e-12);
    }
    EXPECT_TRUE(touched);
  }
}

TEST(Ssigd, ALineSearchCountsOnTheDecreaseThatTheGradientPromises) {
  // F = x^2/2 at 1, g = 1, d = g/4: half of t g d is gained up to t = 4. All numbers are exact.
  AlgorithmBench<double> bench(
      parabola(), "ssigd",
      {{"perturbation", 0.0}, {"deterministic", true}, {"direction_scale", 0.25}}, "armijo",
      {{"first", 6.0}, {"share", 0.5}});
  EXPECT_EQ(bench.step(0).step_applied, 3);
}

TEST(Ssigd, ALineSearchLowersThePerturbedObjective) {
  // y* = x - q, F_q = (x - q)^2/2: one step of 1 from 0 to q, exactly, though F rises on the way.
  Instance instance = parabola(0);
  instance.M.set(0, 0, -1);
  instance.Qyy.set(0, 0, 1);
  instance.x0->set(0, 0, 0);
  AlgorithmBench<double> bench(instance, "ssigd", {{"perturbation", 1.0}}, "armijo", {});
  EXPECT_EQ(bench.step(0).step_applied, 1);
  EXPECT_EQ(bench.x()[0], bench_stream(Purpose::lower_perturbation, 0).normal(0));
}

TEST(Ssigd, AnotherSeedIsAnotherPerturbation) {
  const Instance instance = changing_instance();
  AlgorithmBench<double> one(instance, "ssigd", {}, "constant", {}, 1),
      two(instance, "ssigd", {}, "constant", {}, 2);
  one.step(0), two.step(0);
  EXPECT_NE(one.recorder->calls[0].q, two.recorder->calls[0].q);
  EXPECT_NE(one.x(), two.x());
}

TEST(Ssigd, ThePerturbationIsWithoutEffectWhereFIsAffineInY) {
  // No active row and grad_y f constant: y* moves with q, the gradient does not, not by a bit.
  const Instance instance = read_instance(std::string(ASSAY_GOLDEN) + "/instances/s5.json");
  AlgorithmBench<double> none(instance, "ssigd", {{"perturbation", 0.0}}, "inverse", {});
  AlgorithmBench<double> some(instance, "ssigd", {{"perturbation", 1e-3}}, "inverse", {});
  for (long t = 0; t < 30; ++t) {
    none.step(t);
    EXPECT_GT(some.step(t).perturbation, 0);
    EXPECT_EQ(none.x(), some.x());
  }
}

}  // namespace
}  // namespace assay
