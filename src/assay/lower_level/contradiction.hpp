#pragma once

#include <vector>

#include "assay/problem/sparse_program.hpp"

namespace assay {

/// Whether no y satisfies the rows at this x: decided in fractions, so that what a rounding solver
/// suspects becomes a proof, or not.
///
/// First whether row `last` contradicts the rows `held`. With b_last = sum w_j b_j and w_j <= 0 on
/// inequalities, rows that hold give b_last'y >= sum w_j r_j, more than r_last where they
/// contradict it (Farkas); an equality `last` can also be missed from the other side. A row outside
/// the span of the others, be it by ever so little, contradicts nothing. Then, the solver may have
/// held a row's near twin instead of the row, an exact solve over all rows decides, where the
/// smaller of m and their number is at most 40: beyond, fractions take minutes.
/// @return false also where that is not decided
template <class S>
bool proved_infeasible(const QuadraticProblem<S>& problem, const Vec<S>& x,
                       const std::vector<Index>& held, Index last);

/// The same of `held` and `last` alone, without a look at the other rows.
template <class S>
bool proved_infeasible(const SparseProgram<S>& program, const Vec<S>& x,
                       const std::vector<Index>& held, Index last);

}  // namespace assay
