#include "properties/walk_case.hpp"

#include <algorithm>

namespace assay::properties {

/// A case for a walk of a few iterations: few rows, for active sets are tried one by one.
Case walk_case(Source& source, bool with_set) {
  Recipe recipe;
  recipe.largest = 4;
  recipe.bounds = false;
  recipe.condition = 1e3;
  recipe.margin = 1e-3;
  Case c = quadratic_case(source, recipe);
  c.seed %= std::uint64_t{1} << 40;  // an integer that a double holds: experiments are written
  if (with_set && source.chance(0.4)) {
    UpperSet& set = c.instance.x_set;
    const double width = source.log_uniform(1e-3, 10);
    if (source.chance(0.5)) {
      set.kind = UpperSet::Kind::box;
      set.lower = set.upper = *c.instance.x0;
      for (Index i = 0; i < c.instance.n; ++i) {
        set.lower.set(i, 0, set.lower(i) - source.uniform() * width);
        set.upper.set(i, 0, set.upper(i) + source.uniform() * width);
      }
    } else {
      set.kind = UpperSet::Kind::ball;
      set.center = *c.instance.x0;
      for (Index i = 0; i < c.instance.n; ++i)
        set.center.set(i, 0, set.center(i) + source.normal() * width / 4);
      set.radius = width;
    }
  }
  auto& numbers = c.numbers;
  numbers["steps"] = static_cast<double>(source.integer(2, 12));
  numbers["samples"] = static_cast<double>(source.chance(0.6) ? 1 : source.integer(2, 4));
  numbers["width"] = source.chance(0.3) ? 0 : source.log_uniform(1e-5, 1);
  numbers["gradient_std"] = source.chance(0.5) ? 0 : source.log_uniform(1e-4, 1);
  numbers["lower_linear_std"] = source.chance(0.6) ? 0 : source.log_uniform(1e-4, 0.1);
  numbers["upper_hessian_std"] = source.chance(0.7) ? 0 : source.log_uniform(1e-4, 0.1);
  numbers["average"] = source.chance(0.5) ? 0 : source.uniform();
  numbers["momentum"] = source.chance(0.3) ? 0 : source.uniform();
  // Lengths on the scale of 1 / L, so that some runs settle and others do not.
  double L = 1;
  for (Index i = 0; i < c.instance.n; ++i)
    L = std::max(L, c.instance.Qxx.nearest().row(i).cwiseAbs().sum());
  numbers["length"] = source.log_uniform(1e-3, 1) / L;
  numbers["gamma1"] = source.log_uniform(0.1, 50);
  numbers["gamma2"] = L * source.log_uniform(0.3, 10);
  numbers["inverse"] = source.chance(0.5);
  return c;
}

Sampling sampling_of(const Case& c, std::uint64_t stream, double width, bool noisy) {
  Sampling s;
  s.seed = c.seed;
  s.stream = stream;
  s.samples = c.integer("samples");
  s.width = width;
  if (noisy) {
    s.gradient = c.number("gradient_std");
    s.lower_linear = c.number("lower_linear_std");
    s.upper_hessian = c.number("upper_hessian_std");
  }
  return s;
}

std::string common_tables(const Case& c) {
  return "[hypergradient]\n" + entry("estimator", "implicit") + "[noise]\n" +
         entry("gradient_std", c.number("gradient_std")) +
         entry("lower_linear_std", c.number("lower_linear_std")) +
         entry("upper_hessian_std", c.number("upper_hessian_std")) + "[run]\n" +
         entry("iterations", c.number("steps")) + entry("seed", static_cast<double>(c.seed));
}

Truth truth(Textbook& book, const ExactVector& x, const Exact& u) {
  Truth out;
  const auto& at = book.solve(x, ExactVector());
  if (!at.found) return out;
  const Exact doubt = (1 + reference::size_of(book.B)) * book.answer_error(at, x, u);
  out.certain = at.margin > doubt;
  out.active = at.active;
  const Exact n(static_cast<double>(book.n));
  out.gradient = book.gradient(at);
  out.gradient_error = sqrt(n) * book.gradient_error(at, x, u);
  out.gap = reference::length_of(out.gradient);
  out.gap_error = out.gradient_error + (n + 4) * u * out.gap;
  out.value = at.value;
  out.value_error = book.value_error(at, x, u);
  return out;
}

}  // namespace assay::properties
