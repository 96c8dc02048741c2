#include "assay/faults/faults.hpp"

#include <gtest/gtest.h>

#include <set>

#include "assay/support/error.hpp"

namespace assay {
namespace {

TEST(Faults, EveryFaultIsRegisteredOnceInTheOrderOfTheEnumeration) {
  const auto& registry = fault_registry();

  ASSERT_EQ(registry.size(), static_cast<std::size_t>(Fault::damped_cosine) + 1);
  std::set<std::string> names;
  for (std::size_t k = 0; k < registry.size(); ++k) {
    EXPECT_EQ(static_cast<std::size_t>(registry[k].fault), k) << registry[k].name;
    EXPECT_TRUE(names.insert(registry[k].name).second) << registry[k].name;
    EXPECT_FALSE(registry[k].summary.empty());
    EXPECT_FALSE(registry[k].acts_on.empty());
  }
}

TEST(Faults, ASetHoldsWhatWasNamed) {
  const FaultSet set = parse_faults({"ridge", "detached_implicit", "ridge"}, "f", "faults");

  EXPECT_TRUE(set.has(Fault::ridge));
  EXPECT_TRUE(set.has(Fault::detached_implicit));
  EXPECT_FALSE(set.has(Fault::sigmoid_gate));
  EXPECT_EQ(set.names(), (std::vector<std::string>{"detached_implicit", "ridge"}));
  EXPECT_TRUE(parse_faults({}, "f", "faults").empty());
}

TEST(Faults, AnUnknownNameIsNotIgnored) {
  try {
    parse_faults({"sigmod_gate"}, "f.toml", "faults");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "f.toml: faults: unknown fault 'sigmod_gate' (did you mean 'sigmoid_gate'?)");
  }
}

TEST(Faults, ThatCannotActAreRefused) {
  FaultSet ridge;
  ridge.add(Fault::ridge);
  EXPECT_NO_THROW(check_faults_act(ridge, "ssigd", "penalty", "e.toml", "faults"));
  try {
    check_faults_act(ridge, "ssigd", "implicit", "e.toml", "faults");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "e.toml: faults: 'ridge' acts on penalty, not on ssigd with estimator implicit");
  }
}

}  // namespace
}  // namespace assay
