#include "assay/lower_level/catalogue.hpp"

#include <functional>

#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/historical.hpp"
#include "assay/lower_level/projected_gradient.hpp"
#include "assay/scalar/instantiate.hpp"
#include "assay/support/error.hpp"

namespace assay {

namespace {

/// Taken by every method; the run reads it.
Parameter accept_unconverged(bool fallback) {
  return {
      "accept_unconverged", fallback,
      "go on with an answer that did not converge (the trace says so) instead of ending the run"};
}

/// A method as it is listed and as it is made.
template <class S>
struct SolverEntry {
  CatalogueItem item;
  std::function<std::unique_ptr<LowerLevel<S>>(const Settings&, const QuadraticProblem<S>&)> make;
};

template <class S>
std::vector<SolverEntry<S>> methods() {
  std::vector<SolverEntry<S>> entries = {
      {{"active_set",
        "exact dual active-set method (Goldfarb-Idnani on L D L' factors)",
        {accept_unconverged(false)}},
       [](const Settings&, const QuadraticProblem<S>& problem) {
         return std::make_unique<ActiveSetLowerLevel<S>>(problem);
       }},
  };
  if constexpr (!is_exact<S>) {
    entries.push_back(
        {{"projected_gradient",
          "projected gradient with the true Euclidean projection, to a proved tolerance",
          {{"tolerance", 1e-10,
            "proved distance to y* at which to stop, as solved; 0: only where y stands still", 0.0},
           {"max_iterations", std::int64_t{10000}, "limit on iterations", 1.0, 1e9},
           {"step", 0.0, "step size below 2/L; 0: 2/(mu+L)", 0.0},
           accept_unconverged(false)}},
         [](const Settings& s, const QuadraticProblem<S>& problem) {
           ProjectedGradientOptions o;
           o.tolerance = s.real("tolerance");
           o.max_iterations = s.integer("max_iterations");
           o.step = s.real("step");
           return std::make_unique<ProjectedGradientLowerLevel<S>>(problem, o);
         }});
    entries.push_back(
        {{"historical",
          "a published routine: pseudo-projected gradient, then 15 rounds of active-set correction",
          {{"max_iterations", std::int64_t{200}, "pseudo-projected gradient steps", 0.0, 1e9},
           {"step", 0.01, "its gradient step", 0.0},
           {"tolerance", 1e-8, "its stopping test, and our test of its answer", 0.0},
           {"active_tolerance", 1e-8, "|slack| below which a row enters its mask", 0.0},
           {"corrections", std::int64_t{15}, "rounds of active-set correction", 0.0, 1e6},
           {"enumeration_rows", std::int64_t{10}, "rows up to which all active sets are tried", 0.0,
            20.0},
           accept_unconverged(true)}},
         [](const Settings& s, const QuadraticProblem<S>& problem) {
           HistoricalOptions o;
           o.max_iterations = s.integer("max_iterations");
           o.step = s.real("step");
           o.tolerance = s.real("tolerance");
           o.active_tolerance = s.real("active_tolerance");
           o.corrections = s.integer("corrections");
           o.enumeration_rows = s.integer("enumeration_rows");
           return std::make_unique<HistoricalLowerLevel<S>>(problem, o);
         }});
  }
  return entries;
}

}  // namespace

const std::vector<CatalogueItem>& lower_level_items() {
  static const std::vector<CatalogueItem> items = items_of(methods<double>());
  return items;
}

template <class S>
std::unique_ptr<LowerLevel<S>> make_lower_level(const std::string& name, const Settings& settings,
                                                const QuadraticProblem<S>& problem) {
  static const auto entries = methods<S>();
  return find_entry(entries, name, "lower_level.solver").make(settings, problem);
}

#define ASSAY_INSTANTIATE(S)                                                                    \
  template std::unique_ptr<LowerLevel<S>> make_lower_level(const std::string&, const Settings&, \
                                                           const QuadraticProblem<S>&);
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
