#pragma once

#include <functional>
#include <string>
#include <vector>

#include "assay/perf/counts.hpp"
#include "assay/support/stop_flag.hpp"

namespace assay {

/// How instructions are counted.
enum class Counter {
  callgrind,  ///< valgrind's: every instruction of the region, the same on every run
  hardware    ///< the processor's own, of user mode, through perf_event_open
};
const char* to_string(Counter counter);

/// The executable assay_counts: named workloads, each with one region that is counted.
class CountsProgram {
 public:
  /// Asks it what it is. @throws InputError naming it when it cannot be run or says nothing
  /// sensible
  CountsProgram(std::string file, const StopFlag* stop);

  const std::vector<std::string>& workloads() const { return workloads_; }
  /// Compiler, flags and libraries, as it states them, and the counter.
  CountedWith with(Counter counter) const;

  /// The instructions of one workload.
  /// @throws InputError when the counter fails
  std::uint64_t count(const std::string& workload, Counter counter) const;

 private:
  std::string file_;
  const StopFlag* stop_;
  CountedWith with_;
  std::vector<std::string> workloads_;
};

/// Whether valgrind can be started.
bool has_callgrind(const StopFlag* stop);

/// The instructions in what callgrind wrote. @throws InputError naming `source`
std::uint64_t parse_callgrind(const std::string& text, const std::string& source);

}  // namespace assay
