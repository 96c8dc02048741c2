#include "assay/support/parallel.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace assay {
namespace {

TEST(ForEachIndex, VisitsEachOnceWhateverTheThreads) {
  for (const int jobs : {1, 2, 7})
    for (const std::size_t count : {0, 1, 5, 100}) {
      std::vector<int> visits(count, 0);
      for_each_index(count, jobs, [&](std::size_t i) { ++visits[i]; });
      EXPECT_EQ(visits, std::vector<int>(count, 1)) << jobs;
    }
}

TEST(ForEachIndex, ThrowsWhatTheFirstThatFailsThrows) {
  for (const int jobs : {1, 2, 7}) {
    std::vector<int> visits(20, 0);
    std::string what;
    try {
      for_each_index(visits.size(), jobs, [&](std::size_t i) {
        ++visits[i];
        if (i == 3 || i == 11) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    EXPECT_EQ(what, "3");
    EXPECT_EQ(visits, std::vector<int>(visits.size(), 1));
  }
}

}  // namespace
}  // namespace assay
