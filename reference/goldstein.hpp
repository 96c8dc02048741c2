#pragma once

#include <cstdint>

#include "reference/exact_bilevel.hpp"

namespace assay::reference {

/// A proved enclosure of a real number that need not be rational.
struct Bracket {
  Rational lower, upper;
};

/// The largest multiple of 2^-bits (relative to the leading bit) whose square is at most s, and the
/// next one above. @pre s >= 0
Bracket square_root_bracket(const Rational& s, int bits = 80);

/// A quadratic with gradient g + W u at displacement u.
struct QuadraticModel {
  RVec g;  ///< (n)
  RMat W;  ///< (n,n) symmetric
};

/// min over |u| <= radius of |g + W u|, enclosed: the distance of 0 from the Goldstein
/// subdifferential of this quadratic, which is the image of the ball, convex already.
///
/// Both ends are exact consequences of approximate minimisers: any u in the ball gives an upper
/// bound; any v gives the lower bound (v'g - radius |W v|)/|v|, which with v = g + W u, u optimal,
/// is attained, and with v = g is at least |g| - radius lambda_max(W).
/// @pre radius >= 0
Bracket goldstein_of_quadratic(const QuadraticModel& model, const Rational& radius);

struct GoldsteinOptions {
  int descents = 40;  ///< improvements of the nearest point, at most
  /// The inequality rows up to which all pieces that reach the ball are enumerated.
  Index enumerable_rows = 8;
  std::uint64_t seed = 1;
  int samples = 16;  ///< points drawn in the ball, where there are more rows
};

struct GoldsteinDistance {
  Bracket distance;
  enum class Proof {
    one_piece,         ///< F is one quadratic on the whole ball: both ends proved
    all_pieces,        ///< all pieces that reach the ball are known: both ends proved
    upper_bound_only,  ///< too many rows to enumerate: the lower end is the trivial 0
    nothing            ///< no point with a gradient was met: the upper end means nothing
  } proof = Proof::nothing;
  std::size_t gradients = 0;  ///< whose hull gave the upper end (where not one piece)
  std::size_t pieces = 0;     ///< behind the lower end
};

/// dist(0, conv of the gradients of F over the ball of this radius around x), enclosed. The upper
/// set X plays no part: x unconstrained.
///
/// One piece, where the active set of x stays right on the whole ball (checked exactly):
/// goldstein_of_quadratic(). Few rows: over the exact regions of all pieces of F (kink.hpp; here
/// not only those at x), upper end from the min-norm point of gradients g_J + W_J u, u in ball and
/// region, lower end from the least v's over each piece, v that point. Any number of rows: the
/// min-norm point of the gradients (at a kink: of the pieces') at x, at random points, and at
/// points met by walking from x against the nearest point v found so far (by the mean value theorem
/// that segment holds a better gradient unless F falls along it as v promises): an upper bound
/// whatever was missed.
///
/// Source: Goldstein, "Optimization of Lipschitz continuous functions", Mathematical Programming 13
/// (1977); Burke, Lewis, Overton, "A robust gradient sampling algorithm for nonsmooth, nonconvex
/// optimization", SIAM J. Optim. 15 (2005), for the samples; the regions are ours.
/// @throws NumericalError if the lower level is infeasible at x
GoldsteinDistance goldstein_distance(const Instance& instance, const RVec& x,
                                     const Rational& radius, const GoldsteinOptions& options = {});

}  // namespace assay::reference
