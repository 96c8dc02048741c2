#pragma once

#include "properties/generators.hpp"
#include "properties/textbook_loop.hpp"
#include "properties/walk.hpp"

namespace assay::properties {

/// A case for a walk of a few iterations: few rows, for active sets are tried one by one. Its
/// numbers: steps, samples, width, gradient_std, lower_linear_std, upper_hessian_std, average,
/// momentum, length, gamma1, gamma2, inverse (the rule that depends on the iteration or momentum).
/// @param with_set x may be confined to a box or a ball
Case walk_case(Source& source, bool with_set);

/// The draws of the case's run: stream 1 is SSIGD's, 2 DS-BLO's, 3 F2CSA's.
Sampling sampling_of(const Case& c, std::uint64_t stream, double width, bool noisy = true);

/// Exact estimator, noise, iterations and seed of the case.
std::string common_tables(const Case& c);

/// grad F and F at x as the bench reports them, by the oracle, and how far rounding may take them.
struct Truth {
  bool certain = false;  ///< the active set is beyond doubt
  std::vector<Index> active;
  ExactVector gradient;
  Exact gradient_error{0};  ///< Euclidean
  Exact gap{0}, gap_error{0};
  Exact value{0}, value_error{0};
};
Truth truth(Textbook& book, const ExactVector& x, const Exact& u);

}  // namespace assay::properties
