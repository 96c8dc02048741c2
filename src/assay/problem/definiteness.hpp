#pragma once

#include <optional>

#include "assay/problem/exact_matrix.hpp"

namespace assay {

/// Why a symmetric matrix does not pass as positive definite.
struct BadPivot {
  Index row;     ///< of the first pivot that is not positive, from 0
  double value;  ///< that pivot of L D L'
  bool proved;   ///< false: too close to singular for 100 digits to tell
};

/// Decides whether the matrix, exactly as stated, is positive definite. Nothing: it is, proved.
///
/// First in double, with a shift that covers every rounding; only what that leaves open is decided
/// exactly (small matrices) or with 100 digits. @pre symmetric, finite
std::optional<BadPivot> find_bad_pivot(const ExactMatrix& matrix);

}  // namespace assay
