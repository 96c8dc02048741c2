#pragma once

#include "properties/case.hpp"
#include "properties/source.hpp"

namespace assay::properties {

/// What random quadratic cases may contain; everything that is allowed occurs, and so does its
/// absence. The case has a vector "x" at which the lower level is feasible.
struct Recipe {
  Index largest = 60;       ///< n and m
  bool rows = true;         ///< inequality rows, up to as many active as m allows
  bool equalities = true;   ///< equality rows
  bool bounds = true;       ///< bounds on y
  bool coupled = true;      ///< x in the rows
  bool curved = true;       ///< f curved in y
  bool degenerate = false;  ///< weakly active and repeated rows at x; the data then lie on a grid
  bool at_built_point = false;  ///< x is the built point: the active set is the planted one
  double condition = 1e10;      ///< of H and Qxx, at most
  double margin = 1e-6;         ///< of multipliers and slacks at the built point, at least
  int scales = 0;               ///< f, g and single rows may be multiplied by 2^k, |k| up to this
};

Case quadratic_case(Source& source, const Recipe& recipe);

/// Exact multiplications by 2^k.
void scale_upper(Instance& instance, int k);                  ///< f
void scale_lower(Instance& instance, int k);                  ///< g
void scale_row(Instance& instance, Index inequality, int k);  ///< one row A x + B y <= b

/// The multiplier of an instance's array by 2^k. @pre no fractions in it
void scale_array(ExactMatrix& a, int k);

}  // namespace assay::properties
