#pragma once

#include "reference/smooth_problem.hpp"

namespace assay::reference {

/// What a search over the whole y_box leaves.
struct GlobalSearch {
  bool finished = false;  ///< the budget sufficed
  Rational floor;         ///< f >= this wherever y is feasible
  /// Boxes outside of which f > ceiling at every feasible y, those that touch joined.
  std::vector<std::vector<Range>> clusters;
};

/// Bisects y_box until every piece is discarded (a row cannot hold, f is too large, or f has slope
/// and no row is near) or is smaller than `resolution`.
/// @param ceiling of the values of f that matter, usually f(x, y*)
GlobalSearch search_lower(const SmoothProblem& problem, const std::vector<Range>& x,
                          const Rational& ceiling, const Rational& resolution);

/// Some diagonal entry of d2f/dy2 is proved negative at one of a few points of y_box.
bool proved_nonconvex(const SmoothProblem& problem, const std::vector<Range>& x,
                      const std::vector<Rational>& y);

}  // namespace assay::reference
