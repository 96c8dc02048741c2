#include "assay/cli/program_test.hpp"

namespace assay {
namespace {

class WholeProgram : public Cli {};

TEST_F(WholeProgram, HelpIsAResult) {
  help_is_a_result({"run", "check", "bless", "compare", "certify", "fuzz", "replay", "diagnose",
                    "explain", "perf", "list", "env", "demo"});
}

TEST_F(WholeProgram, TheVersionIsAResult) { the_version_is_a_result(); }

TEST_F(WholeProgram, RunLeavesATraceAndItsManifest) { run_leaves_a_trace_and_its_manifest(); }

TEST_F(WholeProgram, CheckAndBlessCloseTheCircle) { check_and_bless_close_the_circle(); }

TEST_F(WholeProgram, ListsTheProperties) {
  const Ended listed = assay({"list", "properties"});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_NE(listed.out.find("self_test.false_law"), std::string::npos) << listed.out;
}

}  // namespace
}  // namespace assay
