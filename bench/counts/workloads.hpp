#pragma once

#include <functional>
#include <string>
#include <vector>

namespace assay::counts {

/// What is counted.
using Work = std::function<void()>;

struct Workload {
  std::string name;
  std::function<Work()> prepare;  ///< everything that is not to be counted
};

/// All of them: kernels, one warm hypergradient on each instance, 50 iterations of each algorithm.
std::vector<Workload> workloads();

}  // namespace assay::counts
