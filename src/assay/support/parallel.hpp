#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace assay {

/// Threads that this machine runs at once, at least 1.
inline int processor_count() {
  const unsigned count = std::thread::hardware_concurrency();
  return count == 0 ? 1 : static_cast<int>(count);
}

/// Runs `work(i)` for every i below `count` on `jobs` threads, which may not write to the same
/// places. Where some throw, all the others still run; the exception of the lowest i is thrown on,
/// so that it does not depend on the number of threads.
template <class Work>
void for_each_index(std::size_t count, int jobs, Work work) {
  std::vector<std::exception_ptr> thrown(count);
  std::atomic<std::size_t> next{0};
  const auto loop = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        thrown[i] = std::current_exception();
      }
    }
  };
  {
    struct Joined {
      std::vector<std::thread> threads;
      ~Joined() {
        for (std::thread& thread : threads) thread.join();
      }
    } others;
    for (int j = 1; j < jobs && static_cast<std::size_t>(j) < count; ++j)
      others.threads.emplace_back(loop);
    loop();
  }
  for (const std::exception_ptr& one : thrown)
    if (one) std::rethrow_exception(one);
}

}  // namespace assay
