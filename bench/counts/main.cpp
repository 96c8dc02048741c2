// Runs one workload, once. What is counted is what happens inside assay_counted_region; all that
// leads there is outside. `assay perf` starts this program under callgrind.
#include <cstdio>
#include <cstring>
#include <exception>

#include "assay/numerics/environment.hpp"
#include "assay/numerics/lanes.hpp"
#include "counts/hardware.hpp"
#include "counts/workloads.hpp"

namespace {

using namespace assay::counts;

int list() {
  for (const auto& [name, value] : assay::environment_facts())
    if (name != "processor" && name != "system" && name != "options" && name != "registers")
      std::printf("with %s %s\n", name.c_str(), value.c_str());
  std::printf("with flags %s\n", ASSAY_FLAGS);
  for (const Workload& workload : workloads()) std::printf("workload %s\n", workload.name.c_str());
  return 0;
}

}  // namespace

/// Callgrind switches counting on where this is entered, and off where it is left.
extern "C" [[gnu::noinline]] void assay_counted_region(const Work& work) {
  work();
  asm volatile("" ::: "memory");  // the call before it is no tail call
}

int main(int argc, char** argv) try {
  // The same instructions on every processor.
  assay::lanes::use(*assay::lanes::available().front());
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) return list();
  const bool hardware = argc == 3 && std::strcmp(argv[1], "--hardware") == 0;
  if (argc == 2 || hardware)
    for (const Workload& workload : workloads()) {
      if (workload.name != argv[argc - 1]) continue;
      const Work work = workload.prepare();
      if (hardware)
        std::printf("%llu\n", counted_by_hardware([&] { assay_counted_region(work); }));
      else
        assay_counted_region(work);
      return 0;
    }
  std::fputs("usage: assay_counts --list | [--hardware] WORKLOAD\n", stderr);
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "assay_counts: error: %s\n", error.what());
  return 2;
}
