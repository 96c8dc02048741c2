#include "properties/quadratic_loop.hpp"

#include <algorithm>

namespace assay::properties {

Quadratic::Quadratic(const Case& c) : book(c.instance) {
  const ExactVector x0 = as_exact(c.instance.x0->to_vector<double>());
  const auto& at = book.solve(x0, ExactVector());
  found = at.found && c.instance.inequality_rows() == 0;
  if (!found) return;
  Q = book.hessian(at.active);
  spectrum = reference::eigenvalues(Q);
  regular = true;
  for (Index i = 0; i < spectrum.size(); ++i)
    regular = regular && magnitude(spectrum[i]) > Exact("1e-30");
  if (!regular) return;
  center = reference::moreau(Q, book.gradient(at), x0, Exact(0)).prox;
  lowest = book.solve(center, ExactVector()).value;
}

Case quadratic_loop_case(Source& source) {
  Recipe recipe;
  recipe.largest = 6;
  recipe.rows = recipe.bounds = false;
  recipe.condition = 100;
  Case c = quadratic_case(source, recipe);
  c.seed %= std::uint64_t{1} << 40;
  c.numbers["steps"] = static_cast<double>(source.integer(1, 30));
  return c;
}

std::string ssigd_tables(const Case& c, const std::string& step) {
  return "[algorithm]\n" + entry("name", "ssigd") + entry("perturbation", 0) + "[step]\n" + step +
         "[run]\n" + entry("iterations", std::max(1.0, c.number("steps")));
}

}  // namespace assay::properties
