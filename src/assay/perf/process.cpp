#include "assay/perf/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <system_error>
#include <thread>

#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

/// A file without a name that takes what a program prints.
class Sink {
 public:
  Sink() : file_(std::tmpfile(), &std::fclose) {
    if (!file_)
      throw InputError("", "", "the folder for temporary files: cannot write: " + reason(errno));
  }
  int descriptor() const { return fileno(file_.get()); }
  std::string content() const {
    std::rewind(file_.get());
    std::string text;
    char block[65536];
    while (const std::size_t got = std::fread(block, 1, sizeof block, file_.get()))
      text.append(block, got);
    return text;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// The environment with `added` in front: of two settings of one name the first counts.
std::vector<std::string> environment_with(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& one : added) replaced = replaced || one.rfind(name, 0) == 0;
    if (!replaced) all.push_back(text);
  }
  return all;
}

int wait_for(pid_t child, const StopFlag* stop) {
  for (bool told = false;;) {
    int status = 0;
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (ended < 0 && errno != EINTR) throw Error(ExitCode::internal, "waitpid: " + reason(errno));
    if (!told && stop && *stop) told = kill(child, SIGTERM) == 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace

Process run_process(const std::vector<std::string>& arguments,
                    const std::vector<std::string>& environment, const StopFlag* stop) {
  std::vector<std::string> words = arguments, settings = environment_with(environment);
  std::vector<char*> argv = pointers(words), envp = pointers(settings);
  const Sink out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.descriptor(), STDERR_FILENO);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw InputError(arguments[0], "", "cannot be run: " + reason(error));
  Process process;
  process.code = wait_for(child, stop);
  if (stop && *stop) throw Error(ExitCode::interrupted, "interrupted; nothing was stored");
  process.out = out.content();
  process.err = err.content();
  return process;
}

std::filesystem::path found_program(const std::string& word) {
  if (word.find('/') != std::string::npos) return word;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/bin:/usr/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path file = std::filesystem::path(folder) / word;
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  throw InputError(word, "", "cannot be run: " + reason(ENOENT));
}

std::string last_words(const Process& process) {
  std::string text = process.err;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  const std::size_t line = text.rfind('\n');
  if (line != std::string::npos) text.erase(0, line + 1);
  return text.empty() ? "nothing" : shortened(text, 200);
}

}  // namespace assay
