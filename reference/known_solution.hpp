#pragma once

#include "reference/exact_point.hpp"
#include "reference/figures.hpp"
#include "reference/known_problems.hpp"
#include "reference/krawczyk.hpp"

namespace assay::reference {

/// The lower level of a known problem solved at one x, and what follows for F there.
struct SolvedPoint {
  std::string failure;  ///< empty: y is a lower-level minimiser, proved by `how`
  std::string how;
  Ranges y;
  Range F, f;
  std::optional<Ranges> gradient;   ///< of F(x, y*(x)), where y* is smooth
  Texts flags;                      ///< as in KnownProblem
  std::optional<ExactPoint> point;  ///< if all was done in fractions
};

/// Solves the lower level at x, each time by the first of these that applies:
///
/// - x exact, lower level a strictly convex quadratic program: enumeration in fractions;
/// - x and `near` exact, problem rational: `near` is examined in fractions (convexity makes a KKT
///   point a minimiser; where the lower level is not convex, search_lower decides);
/// - otherwise Krawczyk's operator, started at `near` with the rows that may hold there; a lower
///   level too flat for it is given by the entry's first closed form, certified by the search.
///
/// @param near where y* should be
SolvedPoint solve_lower(const KnownProblem& known, const SmoothProblem& problem, const Ranges& x,
                        const Ranges& near);

/// The formulas of y*(x).
std::vector<Formula> closed_form(const KnownForm& form, Index n);

}  // namespace assay::reference
