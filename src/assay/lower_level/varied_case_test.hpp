#pragma once

#include <algorithm>

#include "assay/lower_level/oracle_test.hpp"
#include "reference/small_instances.hpp"

namespace assay {

/// A small program at a point, with what exact arithmetic says of it.
struct VariedCase {
  Instance instance;
  Vec<double> x, v;
  reference::Program program;
  reference::Minimiser answer;
  reference::RVec product;   ///< (dy*/dx)'v, where feasible
  Rational sensitivity = 0;  ///< |K^-1| at the answer (reference::sensitivity), K = [H B'; B 0]
  Rational condition = 0;    ///< that times |K|, row sums
  Rational data = 0;         ///< the largest sum of terms behind an entry of the right-hand side
  Rational slope = 0;        ///< row sums of M' and A': what p and nu of a product meet
};

inline Rational largest_row_sum(const reference::RMat& a) {
  Rational top = 0;
  for (Index i = 0; i < a.rows(); ++i) {
    Rational sum = 0;
    for (Index j = 0; j < a.cols(); ++j) sum += abs(a(i, j));
    top = std::max(top, sum);
  }
  return top;
}

/// @param touch  move the limit of an inactive row to where it just holds
inline VariedCase varied_case(std::uint64_t seed, bool touch) {
  VariedCase c;
  c.instance = reference::small_instance(seed, reference::varied_shape(seed));
  c.x = reference::eighths(seed, 1000, c.instance.n, 8);
  c.v = reference::eighths(seed, 1001, c.instance.m, 8);
  const reference::RVec x = widen<Rational>(c.x);
  reference::RMat A;
  const auto solve = [&] {
    c.program = reference::lower_program(c.instance, x, &A);
    c.answer = reference::minimise(c.program);
  };
  solve();
  if (touch && c.answer.feasible)
    for (Index i = 0; i < c.instance.inequality_rows(); ++i) {
      const Index row = c.program.equalities + i;
      const Rational slack = c.program.r[row] - (c.program.B.row(row) * c.answer.y)(0);
      if (slack == 0) continue;
      const Rational limit = c.instance.b.entry<Rational>(i) - slack;
      c.instance.b.set_fraction(i, 0, numerator(limit).str() + "/" + denominator(limit).str());
      solve();
      break;
    }
  if (!c.answer.feasible) return c;
  const auto derivative =
      reference::derivative(c.instance, x, c.answer.y, c.answer.strongly_active);
  c.product = derivative.jacobian.transpose() * widen<Rational>(c.v);
  c.sensitivity = reference::sensitivity(c.program, c.answer, 0);
  c.condition = c.sensitivity * (largest_row_sum(c.program.H) + largest_row_sum(c.program.B) +
                                 largest_row_sum(reference::RMat(c.program.B.transpose())));
  for (Index i = 0; i < c.program.m(); ++i) c.data = std::max(c.data, c.program.g_size(i));
  for (Index i = 0; i < c.program.rows(); ++i) c.data = std::max(c.data, c.program.r_size(i));
  c.slope = largest_row_sum(reference::RMat(c.instance.M.to<Rational>().transpose())) +
            largest_row_sum(reference::RMat(A.transpose()));
  return c;
}

}  // namespace assay
