#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "assay/problem/instance.hpp"

namespace assay {

inline Instance golden_instance(const std::string& name) {
  return read_instance(std::string(ASSAY_GOLDEN) + "/instances/" + name + ".json");
}

/// A figure printed with its last digit worth `unit` is met to half of that.
inline void expect_printed(double value, double figure, double unit) {
  EXPECT_LE(std::abs(value - figure), unit / 2 * (1 + 1e-9)) << value;
}

}  // namespace assay
