#pragma once

#include <vector>

#include "assay/problem/instance.hpp"
#include "assay/scalar/dense.hpp"

namespace assay {

/// Goes down F from a point until 0 is nearly in the hull of gradients close by: where steps that
/// are too long jump over a kink, the kink itself.
///
/// Within a radius r of x, d is the shortest vector of the hull of the gradients met; a step of r
/// against d is taken if F falls by r |d| / 4, otherwise there is a point on it whose gradient
/// makes the hull's shortest vector shorter. When |d| is below a hundredth of the shortest
/// gradient, r is quartered. In double: what it finds is for others to prove.
/// Source: Zhang, Lin, Jegelka, Sra, Jadbabaie, "Complexity of finding stationary points of
/// nonconvex nonsmooth functions" (ICML 2020), algorithm 1, with Goldstein's descent step.
/// @param radius  where r starts, > 0; it ends at 2^-20 of that
/// @return points within the last r of the first of them; where F is smooth there, their gradients
/// vanish with r. None when x is constrained, when it takes more than 2000 gradients or more than
/// 24 at one point, or where F has no value on the way
std::vector<Vec<double>> descend_to_kink(const Instance& instance, const Vec<double>& start,
                                         double radius);

}  // namespace assay
