#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "assay/support/files.hpp"

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

  /// A failure is two lines: what is wrong, and the command that shows it again.
  static void expect_failure(const Ended& ended, int code, const std::string& part) {
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_EQ(ended.err.rfind("assay: error: ", 0), 0u) << ended.err;
    EXPECT_NE(ended.err.find(part), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("\nreproduce: assay"), std::string::npos) << ended.err;
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 2) << ended.err;
  }

  std::string path(const std::string& name) const { return (root_ / name).string(); }

  fs::path root_;
};

}  // namespace assay
