#pragma once

#include <string>
#include <vector>

#include "assay/support/stop_flag.hpp"

namespace assay {

/// The time of one workload, each repetition by itself.
struct Times {
  std::string workload;
  std::vector<double> nanoseconds;  ///< of processor time, positive
};

struct BenchOptions {
  std::string program;    ///< an executable of Google Benchmark
  int repetitions = 9;    ///< interleaved, so that a slow minute does not hit one bench alone
  double seconds = 0.05;  ///< of one repetition, at least
  std::string filter;     ///< a regular expression; "": all
};

/// Runs the benches. @throws InputError naming the program when it fails or prints something else
std::vector<Times> run_benches(const BenchOptions& options, const StopFlag* stop);

/// Asks for the names of the benches only: measuring takes minutes.
/// @throws InputError naming the program when it does not answer, --filter when no bench passes it
void check_benches(const BenchOptions& options, const StopFlag* stop);

/// What Google Benchmark prints with --benchmark_format=json, in its order; workloads are named
/// "bench/NAME". @throws InputError naming `source` and the key
std::vector<Times> parse_benches(const std::string& text, const std::string& source);

/// A filter, an extended regular expression of POSIX, that these benches pass and no others.
std::string filter_for(const std::vector<std::string>& workloads);

}  // namespace assay
