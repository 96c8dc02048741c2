#pragma once

#include "reference/exact_qp.hpp"

namespace assay::reference {

/// The same minimiser as minimise() by another road: Lemke's complementary pivots on
///
///     w = q + S lambda,  w, lambda >= 0,  w'lambda = 0,   S = B H^-1 B',  q = r + B H^-1 g
///
/// after a largest independent set of equalities has been taken out. The rule that breaks ties is
/// lexicographic, so that degenerate programs do not cycle; S is positive semidefinite, so that a
/// ray means infeasibility and carries a Farkas certificate.
/// Source: Cottle, Pang, Stone, "The Linear Complementarity Problem" (1992), algorithm 4.4.1,
/// theorem 4.4.13 and section 4.9 (lexicographic rule).
///
/// Polynomial in practice: for programs with more rows than minimise() can enumerate. Where the
/// multipliers are not unique it may find others than minimise().
Minimiser minimise_by_pivoting(const Program& program);

/// The same from these rows alone, the equalities among them, increasing. Nothing if what they give
/// violates another row.
std::optional<Minimiser> minimise_among(const Program& program, const std::vector<Index>& rows);

}  // namespace assay::reference
