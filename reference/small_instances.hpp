#pragma once

#include <cstdint>

#include "assay/problem/instance.hpp"

namespace assay::reference {

/// What a small random instance consists of.
struct SmallShape {
  Index n = 2, m = 3;
  Index equalities = 0;
  Index rows = 4;
  bool bounds = false;  ///< lower bound on the first y, both on the last
};

/// A random instance whose numbers are small multiples of 1/8: exact in every scalar, short as
/// fractions, and apart from zero by margins far above rounding. Every block is filled, Qxy and Qyy
/// too. Whether the rows can be satisfied is left to chance.
Instance small_instance(std::uint64_t seed, const SmallShape& shape);

/// A shape that depends on the seed: m = 2 .. 4, up to 6 rows, often equalities and bounds.
SmallShape varied_shape(std::uint64_t seed);

/// Multiples of 1/8 in [-limit/8, limit/8].
Vec<double> eighths(std::uint64_t seed, std::uint64_t what, Index count, int limit);

}  // namespace assay::reference
