#pragma once

#include "properties/case.hpp"
#include "properties/check.hpp"
#include "properties/source.hpp"
#include "reference/exact_qp.hpp"

namespace assay::properties {

/// Cases that the oracle can enumerate: m up to 5, at most 7 inequality rows and bounds, all data
/// on a grid (hence exact in every scalar and short as fractions), often with weakly active,
/// repeated or exactly tied rows. Vectors: x; x2, another point; q, a perturbation of the linear
/// term that is zero in one case out of two. At x the lower level is feasible more often than not.
Case small_case(Source& source);

/// Cases whose rows contradict each other, touch in one face, or just miss it: one more row, minus
/// a nonnegative combination of others (of either sign for equalities), its limit beside the
/// touching one by "gap", positive where they contradict.
Case touching_case(Source& source);

/// The lower level at a point as the oracle sees it.
reference::Program program_at(const Case& c, const Vec<double>& x, const Vec<double>& q);
inline reference::Program program_at(const Case& c) {
  return program_at(c, c.vector("x"), c.vector("q"));
}

/// For a lower level at (x, q) that the code under test did not solve: leaves the case out where
/// the oracle's pivots prove that its rows contradict each other, and fails it otherwise.
void discard_only_infeasible(const Case& c, const Vec<double>& x, const Vec<double>& q,
                             const std::string& status, Check& check);
/// At "x", and "q" where there is one.
void discard_only_infeasible(const Case& c, const std::string& status, Check& check);

/// What the solver takes a slack or a multiplier to be noise against: |b_i| (|y| + |H^-1 g|) +
/// |r_i|, max-norm of the row and sums of the vectors.
std::vector<Rational> row_terms(const reference::Program& program, const reference::RVec& y);

/// >= sqrt(u) of a scalar; 0 for u = 0. @param u a power of two
Rational root_of_roundoff(const Rational& u);

/// Whether no margin at the minimiser is so small that the solver may take it for noise: its
/// documented limit is sqrt(u) of the terms of a row, for the slack and for what the multiplier
/// moves the row by. Four times that, and the error of y, for the margin as computed.
/// @param error of y; u the roundoff of the solver's scalar
bool margins_are_clear(const reference::Program& p, const reference::Minimiser& truth,
                       const Rational& error, const Rational& u);

/// Whether rounding cannot make these rows look dependent, in whatever order they are factored.
/// With G = B H^-1 B' of the k rows and T = sum (G^-1)_ii G_ii >= 1 / (smallest eigenvalue of G
/// scaled to a unit diagonal): the pivot of row i is at least 1/(G^-1)_ii, and its noise at most
/// gamma (k + 1) (G_ii + sum w_j^2 G_jj) <= gamma (k + 1) G_ii (1 + T), as w'G w <= G_ii. Four
/// times that, for the rounding of the pivot, one noise, and of the noise itself.
/// @param u the roundoff of the solver's scalar; with u = 0 every independent set is clear
bool clearly_independent(const reference::Program& p, const std::vector<Index>& rows,
                         const Rational& u);

/// Both lists of rows as one, in order.
std::vector<Index> together(std::vector<Index> a, const std::vector<Index>& b);

}  // namespace assay::properties
