#pragma once

#include <functional>
#include <string>
#include <vector>

#include "assay/scalar/dense.hpp"

namespace assay {

/// |grad F| at one point, enclosed.
struct ProvedGap {
  bool proved = false;
  std::string why;  ///< why not
  double lower = 0, upper = 0;
};

/// What the last points of a run prove about a kink of F between them; where those are too far
/// apart for that, what points close to the kink prove that they jump over.
struct ProvedKink {
  bool proved = false;
  std::string why;      ///< why not
  long points = 0;      ///< at which F has a gradient, enclosed; the others are left out
  long pieces = 0;      ///< different active sets among them
  double radius = 0;    ///< of the ball around the last point that holds all of them
  double away = 0;      ///< points of their own: upper bound of how far from the run's last point
  double smallest = 0;  ///< lower bound of |grad F| over the points
  double distance = 0;  ///< upper bound of dist(0, Goldstein subdifferential of that radius)
  /// |grad F| - L (distance of the farthest point of the ball), least over the points, with L the
  /// largest curvature of the point's own piece: what grad F can fall to in the ball on the pieces
  /// met. L is computed, not proved.
  double smooth = 0;
  /// Between two neighbours a, b on different pieces, w = (b - a)/|b - a|: F'(a; w) and F'(b; -w),
  /// upper bounds, of the pair that falls most steeply from both sides.
  double slope_there = 0, slope_back = 0;
};

/// Proofs from outside: the library knows no oracle. Either may be empty.
struct Prover {
  std::function<ProvedGap(const Vec<double>& x)> gap;
  std::function<ProvedKink(const std::vector<Vec<double>>& points)> kink;
};

}  // namespace assay
