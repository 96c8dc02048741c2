#include "assay/support/settings.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "assay/support/catalogue.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

const std::vector<Parameter> parameters = {
    {.key = "averaged", .fallback = false, .doc = ""},
    {.key = "samples", .fallback = std::int64_t(1), .doc = "", .min = 1},
    {.key = "length", .fallback = 0.5, .doc = "", .min = 0, .max = 1, .min_open = true},
    {.key = "share", .fallback = 0.5, .doc = "", .min = 0, .max = 1, .max_open = true},
    {.key = "gate", .fallback = std::string("paper"), .doc = "", .choices = {"paper", "sigmoid"}},
    {.key = "weights", .fallback = std::vector<double>{1, 2}, .doc = "", .min = 0},
    {.key = "names", .fallback = std::vector<std::string>{"a"}, .doc = ""},
};

using Given = std::map<std::string, Value>;

Settings settings_of(const Given& given) { return {parameters, given, "f.toml", "step"}; }

std::string settings_error(const Given& given) {
  try {
    settings_of(given);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Settings, FillsInDefaults) {
  const Settings s = settings_of({});

  EXPECT_FALSE(s.flag("averaged"));
  EXPECT_EQ(s.integer("samples"), 1);
  EXPECT_EQ(s.real("length"), 0.5);
  EXPECT_EQ(s.text("gate"), "paper");
  EXPECT_EQ(s.reals("weights"), (std::vector<double>{1, 2}));
  EXPECT_EQ(s.texts("names"), (std::vector<std::string>{"a"}));
}

TEST(Settings, TakesWhatIsGiven) {
  const Settings s = settings_of({{"averaged", true},
                                  {"samples", std::int64_t(7)},
                                  {"length", std::int64_t(1)},
                                  {"gate", std::string("sigmoid")},
                                  {"weights", std::vector<std::string>()},
                                  {"names", std::vector<double>()}});

  EXPECT_TRUE(s.flag("averaged"));
  EXPECT_EQ(s.integer("samples"), 7);
  EXPECT_EQ(s.real("length"), 1.0);
  EXPECT_EQ(s.text("gate"), "sigmoid");
  EXPECT_TRUE(s.reals("weights").empty());
  EXPECT_TRUE(s.texts("names").empty());
}

TEST(Settings, ErrorsNameFileKeyAndValue) {
  EXPECT_EQ(settings_error({{"lenght", 0.1}}),
            "f.toml: step.lenght: unknown key (did you mean 'length'?)");
  EXPECT_EQ(settings_error({{"zzz", 0.1}}), "f.toml: step.zzz: unknown key");
  EXPECT_EQ(settings_error({{"length", 0.0}}), "f.toml: step.length: is 0, must be > 0, <= 1");
  EXPECT_EQ(settings_error({{"length", 1.5}}), "f.toml: step.length: is 1.5, must be > 0, <= 1");
  EXPECT_EQ(settings_error({{"share", 1.0}}), "f.toml: step.share: is 1, must be >= 0, < 1");
  EXPECT_EQ(settings_error({{"share", 0x1.fffffffffffffp-1}}), "accepted");
  EXPECT_EQ(settings_error({{"length", std::numeric_limits<double>::quiet_NaN()}}),
            "f.toml: step.length: is nan, must be > 0, <= 1");
  EXPECT_EQ(settings_error({{"length", std::string("big")}}),
            "f.toml: step.length: is \"big\", must be a number");
  EXPECT_EQ(settings_error({{"samples", 2.5}}), "f.toml: step.samples: is 2.5, must be an integer");
  EXPECT_EQ(settings_error({{"samples", std::int64_t(0)}}),
            "f.toml: step.samples: is 0, must be >= 1");
  EXPECT_EQ(settings_error({{"averaged", std::int64_t(1)}}),
            "f.toml: step.averaged: is 1, must be true or false");
  EXPECT_EQ(settings_error({{"gate", std::string("sigmiod")}}),
            "f.toml: step.gate: is 'sigmiod', must be one of paper, sigmoid (did you mean "
            "'sigmoid'?)");
  EXPECT_EQ(settings_error({{"weights", std::vector<double>{1, -2}}}),
            "f.toml: step.weights: is -2, must be >= 0");
  EXPECT_EQ(settings_error({{"length", std::int64_t(9007199254740993)}}),
            "f.toml: step.length: is 9007199254740993, no double holds that");
}

TEST(Settings, AMessageStaysOnOneLine) {
  EXPECT_EQ(settings_error({{"length", std::string("a\nb")}}),
            "f.toml: step.length: is \"a\\nb\", must be a number");
  EXPECT_EQ(settings_error({{"a\nb", 1.0}}), "f.toml: step.a b: unknown key");
}

TEST(Settings, AskingForAnUndeclaredParameterIsOurMistake) {
  try {
    settings_of({}).real("none");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::internal);
  }
}

TEST(Closest, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> words = {"alpha", "beta", "gamma_1", "gamma_2"};

  EXPECT_EQ(closest("alhpa", words), "alpha");
  EXPECT_EQ(closest("gamma1", words), "gamma_1");
  EXPECT_EQ(closest("bet", words), "beta");
  EXPECT_EQ(closest("delta", words), "");
  EXPECT_EQ(closest("", words), "");
}

TEST(Catalogue, FindsByNameOrSuggests) {
  const std::vector<CatalogueItem> items = {{"constant", "", {}}, {"armijo", "", {}}};

  EXPECT_EQ(find_item(items, "armijo", "f", "k").name, "armijo");
  try {
    find_item(items, "constnat", "f.toml", "step.rule");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "f.toml: step.rule: unknown name 'constnat' (did you mean 'constant'?)");
  }
}

}  // namespace
}  // namespace assay
