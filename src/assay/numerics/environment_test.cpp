#include "assay/numerics/environment.hpp"

#include <gtest/gtest.h>

#include <cfenv>
#include <map>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

namespace assay {
namespace {

bool mentions(const std::vector<std::string>& reports, const std::string& words) {
  for (const std::string& report : reports)
    if (report.find(words) != std::string::npos) return true;
  return false;
}

TEST(CheckArithmetic, HoldsInThisBuild) {
  for (const std::string& report : check_arithmetic()) ADD_FAILURE() << report;
}

TEST(CheckArithmetic, ReportsOtherRoundingModes) {
  for (int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    ASSERT_EQ(std::fesetround(mode), 0);
    const auto reports = check_arithmetic();
    ASSERT_EQ(std::fesetround(FE_TONEAREST), 0);
    EXPECT_TRUE(mentions(reports, "rounding is not to nearest")) << mode;
    EXPECT_TRUE(mentions(reports, "do not give the known digest")) << mode;
  }
  EXPECT_TRUE(check_arithmetic().empty());
}

#ifdef __SSE2__
std::vector<std::string> check_with_control_bits(unsigned bits) {
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | bits);
  auto reports = check_arithmetic();
  _mm_setcsr(before);
  return reports;
}

TEST(CheckArithmetic, ReportsFlushToZero) {
  const auto flush_results = check_with_control_bits(0x8000);
  EXPECT_TRUE(mentions(flush_results, "are flushed to zero"));
  EXPECT_FALSE(mentions(flush_results, "are taken for zero"));
  const auto flush_operands = check_with_control_bits(0x0040);
  EXPECT_TRUE(mentions(flush_operands, "are taken for zero"));
  EXPECT_FALSE(mentions(flush_operands, "are flushed to zero"));
  EXPECT_TRUE(check_arithmetic().empty());
}
#endif

TEST(EnvironmentFacts, NameCompilerMachineAndLibraries) {
  std::map<std::string, std::string> facts;
  for (const auto& [key, value] : environment_facts()) {
    EXPECT_FALSE(value.empty()) << key;
    EXPECT_EQ(value.find('\n'), std::string::npos) << key;
    facts[key] = value;
  }
  for (const char* key : {"compiler", "options", "architecture", "processor", "system", "glibc",
                          "boost", "eigen", "gmp"})
    EXPECT_TRUE(facts.contains(key)) << key;
}

}  // namespace
}  // namespace assay
