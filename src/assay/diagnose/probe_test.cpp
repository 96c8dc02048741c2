#include "assay/diagnose/probe.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "assay/numerics/kernels.hpp"
#include "assay/run/run.hpp"

namespace assay {
namespace {

Experiment probing(const std::string& tables, const std::string& faults, long every, long count) {
  return parse_experiment("format = \"assay-experiment/1\"\nname = \"probing\"\nfaults = [" +
                              faults + "]\n[instance]\npath = \"instances/s20.json\"\n" + tables +
                              "[probe]\ngradient_every = " + std::to_string(every) +
                              "\n[run]\niterations = " + std::to_string(count) + "\n",
                          "probing", ASSAY_GOLDEN);
}

const char* const methods[] = {
    "[algorithm]\nname = \"ssigd\"\n[step]\nrule = \"constant\"\nlength = 0.5\n",
    "[algorithm]\nname = \"dsblo\"\n[step]\nrule = \"constant\"\nlength = 0.3\n",
    "[algorithm]\nname = \"f2csa\"\nouter = \"sgd\"\n[step]\nrule = \"constant\"\nlength = 0.3\n"};

/// Down to rounding, where gradients of 1e-16 have nothing in common but their cosine.
TEST(CheckProbes, AreRightWithoutTheFault) {
  for (const char* method : methods) {
    const Experiment e = probing(method, "", 1, 300);
    EXPECT_FALSE(check_probes(e, load_instance(e), 300)) << method;
  }
}

TEST(CheckProbes, WithoutProbesThereIsNothingToCheck) {
  const Experiment e = probing(methods[0], "\"damped_cosine\"", 0, 20);
  EXPECT_FALSE(check_probes(e, load_instance(e), 20));
}

TEST(CheckProbes, FindTheConstantInTheDenominator) {
  for (const char* method : methods) {
    const Experiment e = probing(method, "\"damped_cosine\"", 10, 60);
    const auto wrong = check_probes(e, load_instance(e), 45);
    ASSERT_TRUE(wrong) << method;
    EXPECT_EQ(wrong->id, "probe_cosine_wrong");
    EXPECT_EQ(wrong->count, 5);  // at 0, 10 .. 40
    EXPECT_EQ(wrong->first, 0);
    EXPECT_EQ(wrong->last, 40);
    // The recorded p / (L + c), L = |a| |b|, is rounded by at most 3 gamma_25 / |cosine| of itself
    // (the sum p by gamma_20 L, two norms, three operations), and p / recorded - L by as much of
    // L + c.
    const double recorded = wrong->numbers.at("recorded"), cosine = wrong->numbers.at("cosine");
    EXPECT_LT(std::fabs(recorded), std::fabs(cosine)) << method;
    const double lengths = 1e-12 * recorded / (cosine - recorded);
    EXPECT_NEAR(wrong->numbers.at("constant"), 1e-12,
                3 * gamma_bound<double>(25) * (lengths + 1e-12) / std::fabs(cosine))
        << method;
  }
}

/// Of the mean of a noisy estimate the cosine is its own, not that of the gradient.
TEST(CheckProbes, TakeTheEstimateAsItWasDrawn) {
  const Experiment e =
      probing(std::string(methods[0]) + "[noise]\ngradient_std = 0.3\n", "", 7, 60);
  EXPECT_FALSE(check_probes(e, load_instance(e), 60));
}

}  // namespace
}  // namespace assay
