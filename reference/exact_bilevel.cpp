#include "reference/exact_bilevel.hpp"

#include "reference/fraction_vectors.hpp"

namespace assay::reference {

UpperParts upper_parts(const Instance& in, const RVec& x, const RVec& y) {
  const RMat Qxx = in.Qxx.to<Rational>(), Qxy = in.Qxy.to<Rational>(), Qyy = in.Qyy.to<Rational>();
  const RVec cx = in.cx.to_vector<Rational>(), cy = in.cy.to_vector<Rational>();
  const RVec dx = x - in.x_target.to_vector<Rational>(), dy = y - in.y_target.to_vector<Rational>();
  const RVec pull_x = times(Qxx, dx), pull_y = times(Qyy, dy), cross = times(Qxy, y);
  UpperParts out;
  out.value = (inner(dx, pull_x) + inner(dy, pull_y)) / 2 + inner(x, cross) + inner(cx, x) +
              inner(cy, y) + in.c0.entry<Rational>(0);
  out.grad_x = pull_x + cross + cx;
  out.grad_y = times_transposed(Qxy, x) + pull_y + cy;
  return out;
}

ExactBilevel exact_with(const Instance& in, const RVec& x, Minimiser minimiser) {
  ExactBilevel out;
  out.program = lower_program(in, x);
  out.minimiser = std::move(minimiser);
  if (!out.minimiser.feasible) return out;
  out.value = upper_parts(in, x, out.minimiser.y).value;
  const Derivative d = derivative(in, x, out.minimiser.y, out.minimiser.strongly_active);
  out.direct = d.direct;
  out.implicit = d.implicit;
  out.total = d.total;
  out.gap_squared = inner(d.total, d.total);
  return out;
}

ExactBilevel exact_at(const Instance& in, const RVec& x) {
  return exact_with(in, x, minimise(lower_program(in, x)));
}

}  // namespace assay::reference
