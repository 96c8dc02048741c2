#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "properties/generators.hpp"
#include "properties/property.hpp"

namespace assay::properties {

namespace {

Case any_case(Source& source) {
  Recipe recipe;
  recipe.condition = 1e6;
  return quadratic_case(source, recipe);
}

/// K3. Forward and adjoint derivative are the same linear functional of the same saddle matrix K.
/// Each is one solve with K from the same factors, backward stable up to the condition of K, and
/// products with M, A_I: both lie within c kappa(K) u |K^-1| ... of the exact one.
template <class S>
void forward_equals_adjoint(const Case& c, Check& check) {
  const QuadraticProblem<S> problem(c.instance);
  ActiveSetLowerLevel<S> lower(problem);
  ImplicitEstimator<S> adjoint({&problem, &lower, nullptr, {}, {}});
  ForwardEstimator<S> forward({&problem, &lower, nullptr, {}, {}});
  const Vec<S> x = widen<S>(c.vector("x"));
  Hypergradient<S> a, b;
  adjoint.evaluate(x, Vec<S>(), 0, a);
  forward.evaluate(x, Vec<S>(), 0, b);
  if (!a.licq) check.discard("LICQ fails");
  S size{0}, difference{0};
  for (Index i = 0; i < a.implicit.size(); ++i) {
    size = larger(size, magnitude(a.implicit[i]));
    difference = larger(difference, magnitude(S(a.implicit[i] - b.implicit[i])));
  }
  check.at_most("adjoint and forward derivative agree", difference,
                S(S(1e12) * unit_roundoff<S>() * size));
}

}  // namespace

std::vector<Property> hypergradient_properties() {
  return {{"K3.forward_equals_adjoint",
           "the forward Jacobian and the adjoint give the same implicit gradient",
           any_case,
           {ASSAY_LAW_IN_FIELDS(forward_equals_adjoint)}}};
}

}  // namespace assay::properties
