#pragma once

#include <cstddef>
#include <vector>

namespace assay {

/// Where a series goes over to another level.
struct ChangePoint {
  std::size_t index = 0;         ///< of the first value on the new level
  double before = 0, after = 0;  ///< the levels
  double p = 0;                  ///< of so clear a change in a series without any; 0: exact
};

struct ChangeRule {
  double p = 0.01;           ///< at most
  double effect = 0.05;      ///< share by which the levels differ, at least
  std::size_t shortest = 3;  ///< values on each side
};

/// Change points of a noisy series of positive numbers, in order.
///
/// Of every split the rank sum of the left part is taken, standardised (Pettitt, "A non-parametric
/// approach to the change-point problem", 1979, who does not divide by the deviation; divided, a
/// change close to an end counts as much), and if no split is clear, that of every part in the
/// middle against both sides: up and down again hides from a single split (Olshen and others,
/// "Circular binary segmentation", 2004). Its p is the share of permutations of the same values
/// that reach as far. The permutations are fixed: the same series gives the same answer. Each part
/// is then tested by itself.
std::vector<ChangePoint> change_points(const std::vector<double>& values,
                                       const ChangeRule& rule = {});

/// Change points of a series without noise: wherever a value leaves the level of the last change by
/// more than `limit`, a share of it. @pre every value is positive
std::vector<ChangePoint> exact_change_points(const std::vector<double>& values, double limit);

}  // namespace assay
