// A diagnosis in words, beside its numbers.
#include "assay/verify/diagnosis_report.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "assay/scalar/text.hpp"
#include "assay/verify/prover.hpp"

namespace assay {
namespace {

/// The ends of "[a, b]" as the decimals they are.
std::pair<Rational, Rational> ends_of(const std::string& text, std::size_t from = 0) {
  const std::size_t open = text.find('[', from), comma = text.find(", ", open),
                    close = text.find(']', comma);
  EXPECT_NE(close, std::string::npos) << text;
  return {from_text<Rational>(text.substr(open + 1, comma - open - 1)),
          from_text<Rational>(text.substr(comma + 2, close - comma - 2))};
}

/// The interval as printed holds the one that was proved, and is no wider than ten digits make it.
void expect_outward(const std::pair<Rational, Rational>& printed, double lower, double upper) {
  const Rational low = convert<Rational>(lower), high = convert<Rational>(upper),
                 digits = Rational(1, 1000000000);
  EXPECT_LE(printed.first, low);
  EXPECT_GE(printed.second, high);
  EXPECT_GE(printed.first, low * (1 - digits));
  EXPECT_LE(printed.second, high * (1 + digits));
}

TEST(RangeText, IsRoundedOutward) {
  for (int k = 1; k <= 20; ++k) {
    const double lower = std::exp(-k) / 3, upper = lower * (1 + k * 1e-11);
    expect_outward(ends_of(range_text({true, "", lower, upper})), lower, upper);
  }
  EXPECT_EQ(range_text({true, "", 0, 0.5}), "[0, 0.5]");
  EXPECT_EQ(range_text({false, "why", 0, 0.5}), "not proved");
}

class DiagnosisText : public testing::Test {
 protected:
  /// F = |x|^2 + c'y with y* = x/2 and a cap on steps that leave the implicit part out.
  void SetUp() override {
    instance_ = empty_instance(2, 2);
    instance_.x0 = ExactMatrix(2, 1);
    for (Index i = 0; i < 2; ++i) {
      instance_.Qxx.set(i, i, 2);
      instance_.H.set(i, i, 2);
      instance_.M.set(i, i, -1);
      instance_.cy.set(i, 0, i == 0 ? 0.25 : 1.0 / 3);
      instance_.x0->set(i, 0, 1);
    }
    experiment_ = parse_experiment(
        "format = \"assay-experiment/1\"\nname = \"words\"\nfaults = [\"detached_implicit\"]\n"
        "[instance]\npath = \"none.json\"\n[algorithm]\nname = \"ssigd\"\nperturbation = 0\n"
        "[step]\nrule = \"constant\"\nlength = 0.3\ncap = 0.2\n[run]\niterations = 80\n",
        "words.toml", ".");
    options_.iterations = {0, 7};
    options_.prover = make_prover(instance_);
    // One that fails: x runs away.
    options_.further.push_back(
        {"try:far", "with steps far too long", {}, [](const Experiment& from) {
           Experiment out = from;
           out.step_settings = from.step_settings.with("length", 1e100);
           out.step_settings = out.step_settings.with("cap", 0.0);
           return out;
         }});
  }

  Instance instance_;
  Experiment experiment_;
  DiagnoseOptions options_;
};

TEST_F(DiagnosisText, SaysAllThatWasFound) {
  const Diagnosis d = diagnose(experiment_, instance_, options_);
  const DiagnosisReport report{experiment_, instance_, d, "it's here.toml", {"run.seed=1"}};
  const std::string text = report.text();
  const auto expect_line = [&](const std::string& line) {
    EXPECT_NE(("\n" + text).find("\n" + line), std::string::npos) << line << "\nin\n" << text;
  };
  EXPECT_EQ(d.verdict, "causes");
  expect_line("verdict: causes\n");
  expect_line(fmt::format("words: gap {:.6e} after 80 iterations, the algorithm reports {:.6e}\n",
                          d.gap_total, d.gap_reported));
  ASSERT_TRUE(d.proved.proved);
  const std::size_t proved = text.find("  proved: |grad F| in [");
  ASSERT_NE(proved, std::string::npos);
  expect_outward(ends_of(text, proved), d.proved.lower, d.proved.upper);

  ASSERT_GE(d.findings.size(), 2U);
  for (const Finding& f : d.findings) {
    expect_line(fmt::format("  {:<7} {}: {}\n", to_string(f.role), f.id, f.sentence));
    for (const std::string& line : f.evidence) expect_line("            " + line + "\n");
  }
  // Quoted as a shell reads it.
  expect_line("            $ assay diagnose 'it'\\''s here.toml' --set run.seed=1 --at 79\n");
  expect_line("            $ assay run 'it'\\''s here.toml' --set run.seed=1 --set 'faults=[]'\n");
  expect_line("  fault:detached_implicit\n");  // the cure
  for (const Ladder& ladder : d.ladders)
    expect_line(fmt::format("  {:>9} {:>12.4e} {:>12.4e} {:>18.4e}", ladder.iteration,
                            ladder.truth_size, ladder.error_size, ladder.rungs[0].size));
  EXPECT_EQ(d.ladders.size(), 3U);
  ASSERT_TRUE(d.exchange);
  expect_line("tolerances: at this gap F - F* is ");
  for (const Event& event : d.events)
    expect_line(fmt::format("  {:<26} {}\n", event.id, event.sentence));
  long failed = 0, shown = 0;
  for (const Effect& effect : d.effects) {
    if (effect.ending.failed) {
      ++failed;
      expect_line(fmt::format("  {:<26} fails: {}\n", effect.id, effect.ending.failure));
      continue;
    }
    ++shown;
    const std::string line = fmt::format("\n  {:<26} {:>12.6e} {:>10.4g}  ", effect.id,
                                         effect.ending.level, effect.ratio);
    const std::size_t at = text.find(line);
    ASSERT_NE(at, std::string::npos) << line << "\nin\n" << text;
    if (effect.proved.proved)
      expect_outward(ends_of(text, at), effect.proved.lower, effect.proved.upper);
  }
  EXPECT_EQ(failed, 1);
  EXPECT_GE(shown, 3);
}

}  // namespace
}  // namespace assay
