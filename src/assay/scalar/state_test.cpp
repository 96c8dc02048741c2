// What a checkpoint's text may be read as, and what not.
#include "assay/scalar/state.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

std::string refusal_of_integer(const std::string& text) {
  StateArchive archive = StateArchive::reader({{"k", text}});
  long k = 0;
  try {
    archive.integer("k", k);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

/// 0.1 is no double: the run in double had the double nearest to it.
TEST(StateArchive, WhatADoubleRunWroteKeepsItsBitsInWiderScalars) {
  Real50 of_double, of_its_own;
  StateArchive::reader_of_doubles({{"v", "0.1"}}).scalar("v", of_double);
  StateArchive::reader({{"v", "0.1"}}).scalar("v", of_its_own);
  EXPECT_EQ(of_double, Real50(0.1));
  EXPECT_EQ(of_its_own, Real50(1) / Real50(10));
  EXPECT_NE(of_double, of_its_own);
}

TEST(StateArchive, OnlyIntegersThatADoubleHoldsAreIntegers) {
  EXPECT_EQ(refusal_of_integer("-7"), "accepted");
  EXPECT_EQ(refusal_of_integer("9007199254740992"), "accepted");
  for (const std::string text : {"2.5", "9007199254740994", "-9007199254740994", "nan", "inf"})
    EXPECT_EQ(refusal_of_integer(text), "checkpoint: k: is " + text + ", must be an integer");
}

TEST(StateArchive, AMissingValueIsNamed) {
  StateArchive archive = StateArchive::reader({{"v.size", "2"}, {"v[0]", "1"}});
  Vec<double> v;
  try {
    archive.vector("v", v);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "checkpoint: v[1]: is missing");
  }
}

}  // namespace
}  // namespace assay
