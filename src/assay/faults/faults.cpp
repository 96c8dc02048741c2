#include "assay/faults/faults.hpp"

#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"
#include "assay/support/settings.hpp"

namespace assay {

const std::vector<FaultInfo>& fault_registry() {
  static const std::vector<FaultInfo> registry = {
      // The estimator: how dF/dx is put together from the lower level's solution.
      {Fault::detached_implicit, "detached_implicit",
       "the lower-level solution counts as a constant, so only the direct part grad_x f is left "
       "and "
       "the iteration goes to a zero of that part",
       "implicit forward penalty"},
      {Fault::dropped_row_term, "dropped_row_term",
       "the term A_I' nu of the active rows is left out, which is wrong as soon as an active row "
       "contains x",
       "implicit"},
      {Fault::regularised_active_set, "regularised_active_set",
       "active rows enter the adjoint system as a stiff penalty of 1e6 on H and not as equations, "
       "an "
       "error of order |H| |M| / 1e6, and their own term is lost",
       "implicit"},
      {Fault::swapped_rows, "swapped_rows",
       "the coefficients of y and of x in the rows are mixed up, so the derivative belongs to "
       "other "
       "constraints than the solution",
       "all"},
      {Fault::slack_only_active_set, "slack_only_active_set",
       "rows count as active by |slack| <= 1e-8 alone: weakly active rows are held, and rows that "
       "an "
       "inexact solution misses are dropped",
       "implicit"},
      {Fault::pseudo_neumann, "pseudo_neumann",
       "the implicit part is sum_k 2^-k (sum_j df/dy_j) H_k, which is the Neumann series of "
       "nothing",
       "implicit"},

      // F2CSA's oracle: penalties, gates, inner minimisation.
      {Fault::literal_value_gradient, "literal_value_gradient",
       "the value function's x-gradient omits A' lambda, so the hypergradient is off by "
       "alpha^-2 A' lambda, which grows without bound as alpha goes to 0",
       "penalty"},
      {Fault::sigmoid_gate, "sigmoid_gate",
       "the gates are sigmoids, and as sigmoid(0) = 1/2 rows with zero multiplier leak in with "
       "weight "
       "sigmoid(h/tau)/2",
       "penalty"},
      {Fault::ridge, "ridge",
       "delta I is added to the inner Hessian, which shifts the inner minimiser towards 0 by about "
       "delta H_L^-1 y*",
       "penalty"},
      {Fault::hard_constrained_inner, "hard_constrained_inner",
       "the inner minimisation keeps h <= 0 as a constraint, so every row with a positive adjoint "
       "multiplier loses its term: an error of |A_I' max(nu, 0)| for every alpha",
       "penalty"},
      {Fault::skipped_inner_solve, "skipped_inner_solve",
       "the inner minimiser is replaced by y*, so the implicit part vanishes", "penalty"},
      {Fault::independent_samples, "independent_samples",
       "g at the inner point and g at y* see different noise, so noise enters multiplied by "
       "alpha^-2 "
       "where a common sample would cancel it",
       "penalty"},
      {Fault::gate_at_inner_point, "gate_at_inner_point",
       "the gates are evaluated at the inner point and move with it, not at y*", "penalty"},
      {Fault::adaptive_smoothing, "adaptive_smoothing",
       "the gate's width tau and the averaging of the multipliers change for good whenever the "
       "gates "
       "spread widely, so the surrogate drifts during the run",
       "penalty"},

      // Outer loops: where the next point comes from.
      {Fault::new_delta_order, "new_delta_order",
       "x moves by the new Delta instead of the old one, which damps the recursion and breaks "
       "E<grad F(z_t), Delta_t> = F(x_t) - F(x_{t-1})",
       "f2csa"},
      {Fault::per_coordinate_segment, "per_coordinate_segment",
       "the random point between x_t and x_{t+1} is drawn per coordinate, from a box and not from "
       "the "
       "segment",
       "dsblo"},
      {Fault::normalised_perturbation, "normalised_perturbation",
       "the perturbation q of the lower level is scaled to length 1, whatever its prescribed size",
       "dsblo"},
      {Fault::unscaled_two_point, "unscaled_two_point",
       "the two-point estimate misses its factor 1/radius, so its mean is radius times grad F",
       "two_point"},

      // Reports and harness: the iteration is right, what is said of it is not.
      {Fault::printed_step, "printed_step",
       "the recorded step is the rule's formula before caps, not the step that was applied", "all"},
      {Fault::sticky_status, "sticky_status",
       "once the gap's variance has passed the test, 'converged' and the gap of that moment are "
       "kept "
       "for good, whatever happens later",
       "all"},
      {Fault::direct_gap_reported, "direct_gap_reported",
       "the norm of the direct part alone is reported as the gap; it is zero at the wrong points",
       "all"},
      {Fault::objective_gap_reported, "objective_gap_reported",
       "the objective value is reported as the gap; it may be negative and says nothing of "
       "stationarity",
       "all"},
      {Fault::shared_stream, "shared_stream",
       "all draws come from one sequence in the order of the calls, so any extra draw shifts every "
       "later one",
       "all"},
      {Fault::probe_updates_state, "probe_updates_state",
       "a probe runs through the algorithm's own averages and leaves its mark in them", "all"},
      {Fault::damped_cosine, "damped_cosine",
       "the probe's cosine has 1e-12 added to its denominator, so it goes to 0 with the gradients, "
       "however well they agree",
       "all"},
  };
  return registry;
}

std::vector<std::string> FaultSet::names() const {
  std::vector<std::string> names;
  for (const FaultInfo& info : fault_registry())
    if (has(info.fault)) names.push_back(info.name);
  return names;
}

FaultSet parse_faults(const std::vector<std::string>& names, const std::string& file,
                      const std::string& key) {
  FaultSet set;
  for (const std::string& name : names) {
    std::vector<std::string> known;
    const FaultInfo* found = nullptr;
    for (const FaultInfo& info : fault_registry()) {
      known.push_back(info.name);
      if (info.name == name) found = &info;
    }
    if (found == nullptr)
      throw InputError(file, key, "unknown fault " + in_quotes(name) + suggestion(name, known));
    set.add(found->fault);
  }
  return set;
}

void check_faults_act(const FaultSet& faults, const std::string& algorithm,
                      const std::string& estimator, const std::string& file,
                      const std::string& key) {
  for (const FaultInfo& info : fault_registry()) {
    if (!faults.has(info.fault) || info.acts_on == "all") continue;
    const std::string names = " " + info.acts_on + " ";
    if (names.find(" " + algorithm + " ") == std::string::npos &&
        names.find(" " + estimator + " ") == std::string::npos)
      throw InputError(file, key,
                       "'" + info.name + "' acts on " + info.acts_on + ", not on " + algorithm +
                           " with estimator " + estimator);
  }
}

}  // namespace assay
