#pragma once

#include "assay/problem/instance.hpp"

/// Published problems whose optimum lies on a kink, and what is known of them.
namespace assay::reference {

/// Hatz et al. 2013: F = -x + 2 y1 + y2, lower (x - y1)^2 + y2^2, y >= 0. F(x) = |x|.
inline Instance hatz() {
  Instance in = empty_instance(1, 2);
  in.cx.set(0, 0, -1);
  in.cy.set(0, 0, 2);
  in.cy.set(1, 0, 1);
  for (Index i = 0; i < 2; ++i) {
    in.H.set(i, i, 2);
    in.lower.set(i, 0, 0);
  }
  in.M.set(0, 0, -2);
  return in;
}

/// De Silva 1978: F = sum x^2 - 2x + y^2, lower |x - y|^2, 1/2 <= y <= 3/2: y = clip(x), optimum
/// (1/2, 1/2), slopes -1 and 0 in each coordinate.
inline Instance de_silva() {
  Instance in = empty_instance(2, 2);
  for (Index i = 0; i < 2; ++i) {
    in.Qxx.set(i, i, 2);
    in.Qyy.set(i, i, 2);
    in.cx.set(i, 0, -2);
    in.H.set(i, i, 2);
    in.M.set(i, i, -2);
    in.lower.set(i, 0, 0.5);
    in.upper.set(i, 0, 1.5);
  }
  return in;
}

/// Outrata 1990, problems 1d and 1e: F = |y|^2/2 - 3 y1 - 4 y2 + |x|^2/10, lower
/// 1/2 y'[1 3; 3 10]y - b'y subject to -a y1 + y2 <= 2, y1 - a y2 <= 2, y >= 0, a = 0.333;
/// b = x (1d, optimum x = (2,0), F = -3.6) or b = [-1 2; 3 -3] x (1e, x = (-0.4, 0.8), F = -3.92).
inline Instance outrata(char variant) {
  Instance in = empty_instance(2, 2);
  const double H[2][2] = {{1, 3}, {3, 10}}, e[2][2] = {{-1, 2}, {3, -3}};
  for (Index i = 0; i < 2; ++i) {
    in.Qxx.set_fraction(i, i, "1/5");
    in.Qyy.set(i, i, 1);
    in.cy.set(i, 0, i == 0 ? -3 : -4);
    in.lower.set(i, 0, 0);
    for (Index j = 0; j < 2; ++j) {
      in.H.set(i, j, H[i][j]);
      in.M.set(i, j, variant == 'd' ? -(i == j) : -e[i][j]);
    }
  }
  in.A = ExactMatrix(2, 2);
  in.B = ExactMatrix(2, 2);
  in.b = ExactMatrix(2, 1);
  for (Index i = 0; i < 2; ++i) {
    in.B.set_fraction(i, i, "-333/1000");
    in.B.set(i, 1 - i, 1);
    in.b.set(i, 0, 2);
  }
  return in;
}

}  // namespace assay::reference
