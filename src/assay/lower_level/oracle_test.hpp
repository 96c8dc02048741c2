#pragma once

#include <gtest/gtest.h>

#include "assay/lower_level/solver.hpp"
#include "reference/exact_residuals.hpp"

/// Judging lower-level answers by the exact oracle and by exact arithmetic.
namespace assay {

using AllScalars = testing::Types<double, Soft53, Real50, Real100, Rational>;
using RealScalars = testing::Types<double, Soft53, Real50, Real100>;

/// Prints the scalar in the names of typed tests.
struct ScalarNames {
  template <class S>
  static std::string GetName(int) {
    return std::string(scalar_name<S>());
  }
};

using reference::exact;
using reference::exact_gamma;
using reference::ExactResiduals;
using reference::max_entry;

template <class S>
void expect_optimal(const reference::Program& p, const LowerSolution<S>& s,
                    const std::string& what) {
  const ExactResiduals<S> r(p, s.y, s.multipliers);
  EXPECT_TRUE(r.optimal()) << what << ": shares of the rounding allowed: stationarity "
                           << to_double(r.stationarity) << ", primal " << to_double(r.primal)
                           << ", complementarity " << to_double(r.complementarity)
                           << (r.signs ? "" : "; a multiplier is negative");
}

}  // namespace assay
