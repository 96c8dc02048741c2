#include "assay/perf/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include "assay/support/error.hpp"

namespace assay {
namespace {

Process shell(const std::string& script, const std::vector<std::string>& environment = {}) {
  return run_process({"sh", "-c", script}, environment, nullptr);
}

TEST(RunProcess, GivesBothStreamsAndTheCode) {
  const Process process = shell("echo to out; echo to err >&2; exit 3");
  EXPECT_EQ(process.code, 3);
  EXPECT_EQ(process.out, "to out\n");
  EXPECT_EQ(process.err, "to err\n");
}

TEST(RunProcess, ASignalIsACodeToo) { EXPECT_EQ(shell("kill -9 $$").code, 128 + SIGKILL); }

TEST(RunProcess, ManyBytesPass) {
  EXPECT_EQ(shell("head -c 3000000 /dev/zero").out.size(), 3'000'000u);
}

TEST(RunProcess, SettingsAreAddedOrReplaced) {
  setenv("ASSAY_PROCESS_TEST", "old", 1);
  EXPECT_EQ(shell("echo $ASSAY_PROCESS_TEST").out, "old\n");
  const Process process = run_process({"printenv", "ASSAY_PROCESS_TEST", "OTHER"},
                                      {"ASSAY_PROCESS_TEST=new", "OTHER=x"}, nullptr);
  EXPECT_EQ(process.out, "new\nx\n");
  unsetenv("ASSAY_PROCESS_TEST");
}

TEST(RunProcess, AMissingProgramIsNamed) {
  try {
    run_process({"/nowhere/assay_bench"}, {}, nullptr);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()),
              "/nowhere/assay_bench: cannot be run: No such file or directory");
  }
}

TEST(RunProcess, AProgramIsFoundAsItIsStarted) {
  EXPECT_EQ(found_program("./here/sh"), "./here/sh");
  EXPECT_EQ(found_program("sh").filename(), "sh");
  EXPECT_EQ(run_process({found_program("sh").string(), "-c", "exit 7"}, {}, nullptr).code, 7);
  EXPECT_THROW(found_program("no-such-program-anywhere"), InputError);
}

TEST(RunProcess, StopEndsTheProgram) {
  const StopFlag stop{1};
  try {
    run_process({"sleep", "600"}, {}, &stop);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::interrupted);
  }
}

TEST(RunProcess, LastWordsAreOneLine) {
  EXPECT_EQ(last_words(shell("printf 'first\\nlast\\n\\n' >&2")), "last");
  EXPECT_EQ(last_words(shell("true")), "nothing");
}

}  // namespace
}  // namespace assay
