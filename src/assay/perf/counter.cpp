#include "assay/perf/counter.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "assay/perf/process.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

/// The C library picks its copying loops by processor; all but those that every x86-64 processor
/// has are masked, and the lengths at which it goes over to another, which follow from caches, are
/// fixed.
const std::string same_everywhere =
    "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,"
    "-AVX_Fast_Unaligned_Load,-ERMS,-FSRM,-Prefer_ERMS,-Prefer_FSRM,-SSSE3,-SSE4_1,-SSE4_2,"
    "-Fast_Unaligned_Copy,-Fast_Copy_Backward,-BMI2,-LZCNT,-MOVBE"
    ":glibc.cpu.x86_non_temporal_threshold=0xc0000"
    ":glibc.cpu.x86_rep_movsb_threshold=0x800"
    ":glibc.cpu.x86_rep_stosb_threshold=0x800";

/// A folder that goes away with its content.
class Scratch {
 public:
  Scratch() {
    std::error_code error;
    const fs::path folder = fs::temp_directory_path(error);
    if (error) {
      const char* given = std::getenv("TMPDIR");
      throw InputError("", "TMPDIR",
                       "the folder for temporary files" +
                           (given ? ", " + in_quotes(given, 200) + "," : std::string()) +
                           " cannot be used: " + error.message());
    }
    std::string name = (folder / "assay-counts-XXXXXX").string();
    if (!mkdtemp(name.data())) {
      const std::string why = std::generic_category().message(errno);
      throw InputError(name, "", "cannot make this folder (TMPDIR): " + why);
    }
    path_ = name;
  }
  Scratch(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

bool is_name(const std::string& word) {
  return !word.empty() && word.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/.") == std::string::npos;
}

std::uint64_t positive(const std::string& word, const std::string& source) {
  std::uint64_t count = 0;
  const char* end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, count);
  if (error != std::errc() || stopped != end || count == 0)
    throw InputError(source, "", "counted nothing: " + in_quotes(word));
  return count;
}

}  // namespace

const char* to_string(Counter counter) {
  return counter == Counter::callgrind ? "callgrind" : "hardware";
}

CountsProgram::CountsProgram(std::string file, const StopFlag* stop)
    : file_(std::move(file)), stop_(stop) {
  const Process told = run_process({file_, "--list"}, {}, stop);
  const auto fail = [&](const std::string& what) { throw InputError(file_, "--list", what); };
  if (told.code != 0) fail("ended with " + std::to_string(told.code) + ": " + last_words(told));
  std::istringstream lines(told.out);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t blank = line.find(' ');
    const std::string word = line.substr(0, blank);
    const std::string rest = blank == std::string::npos ? "" : line.substr(blank + 1);
    if (word == "with" && rest.find(' ') != std::string::npos) {
      const std::size_t end = rest.find(' ');
      with_.emplace_back(rest.substr(0, end), rest.substr(end + 1));
    } else if (word == "workload" && is_name(rest)) {
      workloads_.push_back(rest);
    } else {
      fail("is not assay_counts: it says " + in_quotes(line));
    }
  }
  if (with_.empty() || workloads_.empty()) fail("is not assay_counts: it names no workloads");
}

CountedWith CountsProgram::with(Counter counter) const {
  CountedWith all = {{"counter", to_string(counter)}};
  all.insert(all.end(), with_.begin(), with_.end());
  return all;
}

std::uint64_t CountsProgram::count(const std::string& workload, Counter counter) const {
  const std::string source = file_ + " " + workload;
  const auto ended = [&](const Process& process) {
    if (process.code != 0)
      throw InputError(source, "",
                       "ended with " + std::to_string(process.code) + " under " +
                           to_string(counter) + ": " + last_words(process));
  };
  if (counter == Counter::hardware) {
    const Process process = run_process({file_, "--hardware", workload}, {same_everywhere}, stop_);
    ended(process);
    return positive(process.out.substr(0, process.out.find('\n')), source);
  }
  const Scratch scratch;
  const std::string out = (scratch / "callgrind.out").string();
  ended(run_process({"valgrind", "-q", "--tool=callgrind", "--toggle-collect=assay_counted_region",
                     "--callgrind-out-file=" + out, file_, workload},
                    {same_everywhere}, stop_));
  return parse_callgrind(read_file(out), source);
}

bool has_callgrind(const StopFlag* stop) {
  try {
    return run_process({"valgrind", "--version"}, {}, stop).code == 0;
  } catch (const InputError&) {
    return false;
  }
}

std::uint64_t parse_callgrind(const std::string& text, const std::string& source) {
  std::istringstream lines(text);
  bool instructions = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "events: Ir") instructions = true;
    const std::string totals = "totals: ";
    if (instructions && line.rfind(totals, 0) == 0)
      return positive(line.substr(totals.size()), source);
  }
  throw InputError(source, "", "callgrind wrote no total of instructions");
}

}  // namespace assay
