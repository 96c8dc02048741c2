#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "assay/run/version.hpp"
#include "assay/support/files.hpp"
#include "assay/trace/trace.hpp"

// The program as its users meet it: a process with arguments, two streams and an exit code.
namespace assay {

namespace fs = std::filesystem;

struct Ended {
  int code = -1;
  std::string out, err;
};

class Cli : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "assay-cli-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    for (const char* sub : {"golden/experiments", "golden/instances"})
      fs::create_directories(root_ / sub);
    fs::copy(fs::path(ASSAY_GOLDEN) / "instances/s5.json", root_ / "golden/instances/s5.json");
    unsetenv("CI");
    unsetenv("ASSAY_CORPUS");
    setenv("ASSAY_GOLDEN", (root_ / "golden").c_str(), 1);
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path experiment(const std::string& name, long iterations, const std::string& more = "") {
    const fs::path file = root_ / "golden/experiments" / (name + ".toml");
    write_file_atomically(file, "format = \"assay-experiment/1\"\nname = \"" + name +
                                    "\"\ndescription = \"a test\"\n"
                                    "[instance]\npath = \"../instances/s5.json\"\n"
                                    "[algorithm]\nname = \"ssigd\"\n[run]\niterations = " +
                                    std::to_string(iterations) + "\n" + more);
    return file;
  }

  pid_t start(const std::vector<std::string>& arguments, const std::string& out = "") {
    const pid_t child = fork();
    if (child != 0) return child;
    const auto redirect = [](int to, const fs::path& file) {
      dup2(open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), to);
    };
    redirect(STDOUT_FILENO, out.empty() ? root_ / "stdout" : fs::path(out));
    redirect(STDERR_FILENO, root_ / "stderr");
    std::vector<char*> argv = {const_cast<char*>("assay")};
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    execv(ASSAY_PROGRAM, argv.data());
    _exit(127);
  }
  Ended wait(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    Ended ended;
    ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (fs::exists(root_ / "stdout")) ended.out = read_file(root_ / "stdout");
    ended.err = read_file(root_ / "stderr");
    return ended;
  }
  Ended assay(const std::vector<std::string>& arguments, const std::string& out = "") {
    return wait(start(arguments, out));
  }

  static std::string program_name() { return fs::path(ASSAY_PROGRAM).filename(); }

  /// A failure is two lines: what is wrong, and the command that shows it again.
  static void expect_failure(const Ended& ended, int code, const std::string& part) {
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_EQ(ended.err.rfind(program_name() + ": error: ", 0), 0u) << ended.err;
    EXPECT_NE(ended.err.find(part), std::string::npos) << ended.err;
    const std::string again = "\nreproduce: " + program_name();
    EXPECT_TRUE(ended.err.find(again + " ") != std::string::npos ||
                ended.err.ends_with(again + "\n"))
        << ended.err;
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 2) << ended.err;
  }

  // What holds of either program; each has tests that ask for it.

  void help_is_a_result(const std::vector<std::string>& commands) {
    const Ended help = assay({"--help"});

    EXPECT_EQ(help.code, 0);
    EXPECT_NE(help.out.find("Usage: " + program_name() + " "), std::string::npos) << help.out;
    EXPECT_NE(help.out.find("Exit codes"), std::string::npos);
    EXPECT_EQ(help.err, "");
    for (const std::string& command : commands) {
      EXPECT_NE(help.out.find("\n  " + command + " "), std::string::npos) << command;
      EXPECT_EQ(assay({command, "--help"}).code, 0) << command;
    }
  }

  void the_version_is_a_result() {
    const Ended version = assay({"--version"});

    EXPECT_EQ(version.code, 0);
    EXPECT_EQ(version.out, program_name() + " " + program_version + "\n");
    EXPECT_EQ(version.err, "");
  }

  void run_leaves_a_trace_and_its_manifest() {
    const std::string e = experiment("quick", 30).string();

    const Ended ended = assay({"run", e, "-o", path("o"), "--json"});

    ASSERT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    const auto json = nlohmann::json::parse(ended.out);
    EXPECT_EQ(json["format"], "assay-run/1");
    EXPECT_EQ(json["end"], "finished");
    EXPECT_EQ(json["iterations"], 30);
    EXPECT_EQ(read_trace(path("o/quick.double.csv")).row_of(29), 30);
    EXPECT_EQ(nlohmann::json::parse(read_file(path("o/quick.double.manifest.json")))["format"],
              "assay-manifest/1");
    EXPECT_FALSE(fs::exists(path("o/quick.double.checkpoint.json")));
  }

  void check_and_bless_close_the_circle() {
    experiment("quick", 30, "[golden.double]\niterations = 9\n[golden.soft53]\niterations = 4\n");

    const Ended missing = assay({"check"});
    expect_failure(missing, 3, "quick.double");
    EXPECT_NE(missing.err.find(program_name() + " check --golden "), std::string::npos);
    setenv("CI", "true", 1);
    expect_failure(assay({"bless", "--all", "--reason", "r", "--category", "new_case"}), 2, "CI");
    unsetenv("CI");
    expect_failure(assay({"bless", "--reason", "r", "--category", "new_case"}), 2, "--all");
    const Ended blessed =
        assay({"bless", "--all", "--reason", "r", "--category", "new_case", "--json"});
    ASSERT_EQ(blessed.code, 0) << blessed.err;
    EXPECT_EQ(nlohmann::json::parse(blessed.out)["cases"].size(), 2u);
    EXPECT_NE(blessed.err.find("a new case: 10 rows"), std::string::npos);
    const Ended passed = assay({"check", "--jobs", "2", "--junit", path("j.xml"), "--json"});
    EXPECT_EQ(passed.code, 0) << passed.err;
    EXPECT_EQ(nlohmann::json::parse(passed.out)["code"], 0);
    EXPECT_NE(read_file(path("j.xml")).find("tests=\"2\" failures=\"0\" errors=\"0\""),
              std::string::npos);

    write_file_atomically(path("golden/traces/quick.double.csv"), "iteration\n");
    expect_failure(assay({"check", "quick.double"}), 3, "the trace");
    expect_failure(assay({"check", "quik"}), 2, "quik");
  }

  std::string path(const std::string& name) const { return (root_ / name).string(); }

  fs::path root_;
};

}  // namespace assay
