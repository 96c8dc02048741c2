#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace assay {

/// What counts of instructions depend on besides the source, name by name: the counter, the
/// compiler and its flags, the libraries. Counts are compared only where all of it is equal.
using CountedWith = std::vector<std::pair<std::string, std::string>>;

/// "NAME VALUE; NAME VALUE ..."
std::string counted_with_text(const CountedWith& with);
/// The first line in which two differ, as "NAME is A here and B there"; "" when they are equal.
std::string difference(const CountedWith& here, const CountedWith& there);

/// Instructions by workload.
using Counts = std::map<std::string, std::uint64_t>;

/// One reviewed count.
struct AcceptedCount {
  std::uint64_t instructions = 0;
  std::string reason;  ///< one line: why it is right, or why it changed
};

/// The file of reviewed counts, "assay-counts/1".
struct AcceptedCounts {
  CountedWith with;
  std::map<std::string, AcceptedCount> counts;
};

/// @throws InputError naming file and line for anything that counts_text() would not write
AcceptedCounts read_counts(const std::filesystem::path& path);
AcceptedCounts parse_counts(const std::string& text, const std::string& source);
/// @pre every reason is accepted by check_reason
std::string counts_text(const AcceptedCounts& counts);

/// @throws InputError("--reason") unless it is one line with something on it
void check_reason(const std::string& reason);

enum class CountVerdict {
  equal,
  near,     ///< differs by no more than the limit
  more,     ///< beyond the limit
  fewer,    ///< beyond the limit
  missing,  ///< counted, and not accepted
  gone      ///< accepted, and there is no such workload
};
const char* to_string(CountVerdict verdict);

struct CountFinding {
  std::string workload;
  std::uint64_t accepted = 0, found = 0;
  CountVerdict verdict = CountVerdict::equal;
  double change() const;  ///< found / accepted - 1; 0 where one is absent
};

/// The share by which one build's count may differ between machines; see bench/README.md for where
/// it comes from.
inline constexpr double count_limit = 0.002;

/// Both ways: a count that fell and was not accepted would hide as much of a later rise.
std::vector<CountFinding> compare_counts(const Counts& accepted, const Counts& found,
                                         double limit = count_limit);

Counts instructions_of(const AcceptedCounts& accepted);

}  // namespace assay
