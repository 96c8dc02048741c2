#pragma once

#include <vector>

#include "properties/case.hpp"

namespace assay::properties {

/// Simpler cases of the same kind, boldest first: fewer rows, fewer variables, blocks of zeros, H
/// and Qxx nearer to the identity, shorter decimals, smaller numbers. Some may not be valid.
///
/// Vectors follow the variables they belong to: those whose name begins with x have n entries,
/// those whose name begins with y or q have m.
std::vector<Case> shrink_candidates(const Case& c);

/// The instance passes validate() and the vectors fit it.
bool is_valid(const Case& c);

}  // namespace assay::properties
