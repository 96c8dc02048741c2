#include "properties/run_case.hpp"

namespace assay::properties {

Case run_case(Source& source) {
  Recipe recipe;
  recipe.largest = 5;
  recipe.condition = 100;
  recipe.margin = 1e-3;
  Case c = quadratic_case(source, recipe);
  c.seed %= std::uint64_t{1} << 40;
  auto& n = c.numbers;
  const auto index = [&](const char* key, Index last) {
    n[key] = static_cast<double>(source.integer(0, last));
  };
  const auto maybe = [&](const char* key, double probability, double low, double high) {
    n[key] = source.chance(probability) ? source.log_uniform(low, high) : 0;
  };
  index("algorithm", 2);
  index("variant", 2);
  index("rule", 8);
  index("estimator", 4);
  index("solver", 2);
  n["steps"] = static_cast<double>(source.integer(2, 24));
  n["split"] = static_cast<double>(source.integer(1, 23));
  n["samples"] = static_cast<double>(source.integer(1, 3));
  n["momentum"] = source.uniform(0, 0.95);
  n["average"] = source.uniform(0, 0.95);
  maybe("width", 0.8, 1e-5, 0.1);
  n["length"] =
      source.log_uniform(1e-3, 0.5);  // from slow to steps that overshoot, so that gaps stall
  maybe("cap", 0.5, 1e-3, 0.1);
  maybe("gap_cap", 0.3, 1e-2, 1);
  n["shrink"] = source.chance(0.5) ? 1 : source.uniform(0.3, 1);
  maybe("gradient_std", 0.5, 1e-4, 0.1);
  maybe("objective_std", 0.5, 1e-6, 1e-3);
  maybe("lower_linear_std", 0.4, 1e-5, 1e-2);
  maybe("lower_cross_std", 0.4, 1e-5, 1e-3);
  maybe("upper_hessian_std", 0.3, 1e-4, 1e-2);
  n["probe"] = static_cast<double>(source.integer(1, 4));
  n["every"] = static_cast<double>(source.integer(1, 7));
  n["first"] = static_cast<double>(source.integer(0, 5));
  n["last"] = static_cast<double>(source.integer(0, 5));
  n["change"] = source.chance(0.4) ? static_cast<double>(source.integer(1, 20)) : 0;
  return c;
}

Experiment run_of(const Case& c, const std::string& scalar, const Observers& observers,
                  const std::vector<std::string>& faults) {
  const long algorithm = c.choice("algorithm", 3), variant = c.choice("variant", 3);
  const auto number = [&](const char* key) { return entry(key, c.number(key)); };
  const bool clipped = algorithm == 2 && variant == 0;
  const char* algorithms[] = {"ssigd", "dsblo", "f2csa"};
  std::string t = "[algorithm]\n" + entry("name", algorithms[algorithm]) + number("samples");
  if (algorithm < 2) t += entry("perturbation", c.number("width"));
  if (algorithm == 0) {
    t += number("momentum");
    if (variant == 2) t += "deterministic = true\ndirection_scale = 0.3\n";
  } else if (algorithm == 1) {
    t += number("momentum") + entry("gradient_average", c.number("average")) +
         entry("order", variant == 0 ? "paper" : "legacy");
    if (variant == 2) t += entry("momentum_start", "zero");
  } else {
    const char* outers[] = {"clipped", "sgd", "adam"};
    t += entry("outer", outers[variant]) + entry("gradient_average", c.number("average")) +
         entry("clip_radius", 0.05) + entry("block", 3);
    if (variant == 1) t += number("momentum");
  }

  // The estimators by differences see values of f only, and cost a solve for each.
  const char* estimators[] = {"implicit", "forward", "penalty", "two_point", "central_difference"};
  const long estimator = c.choice("estimator", 5);
  t += "[hypergradient]\n" + entry("estimator", estimators[estimator]);
  if (estimator == 2)
    t += entry("alpha", 0.2) + entry("multiplier_average", c.number("average")) +
         (variant == 1 ? entry("inner", "gradient") + entry("inner_steps", 5) : "");

  // Only the exact method knows all kinds of rows; the tolerance leaves answers that depend on the
  // warm start.
  const char* solvers[] = {"active_set", "projected_gradient", "active_set"};
  t += "[lower_level]\n" + entry("solver", solvers[c.choice("solver", 3)]);
  if (c.integer("solver") == 1) t += entry("tolerance", 1e-4) + "accept_unconverged = true\n";

  const long rule = c.integer("rule") == 7 && clipped ? 0 : c.integer("rule");
  t += "[step]\n";
  switch (rule) {
    case 1:
      t += entry("rule", "inverse") + entry("mu", 50);
      break;
    case 2:
      t += entry("rule", "adjusted_inverse") + entry("window", 3);
      break;
    case 3:
      t += entry("rule", "polynomial") + number("length");
      break;
    case 4:
      t += entry("rule", "exponential") + number("length");
      break;
    case 5:
      t += entry("rule", "geometric") + number("length");
      break;
    case 6:
      t += entry("rule", "inverse_momentum");
      break;
    case 7:
      t += entry("rule", "armijo") + entry("first", 0.1) + "keep = true\n";
      break;
    case 8:
      t += entry("rule", "horizon") + number("length");
      break;
    default:
      t += entry("rule", "constant") + number("length");
      break;
  }
  t += number("cap") + number("gap_cap") + entry("cap_shrink", c.number("shrink")) +
       entry("stall_window", 2);

  t += "[noise]\n" + number("objective_std") + number("lower_linear_std");
  if (estimator <= 2) t += number("gradient_std") + number("upper_hessian_std");
  if (estimator == 2) t += number("lower_cross_std");
  t += "[run]\n" + entry("iterations", c.number("steps")) +
       entry("seed", static_cast<double>(c.seed)) + entry("scalar", scalar);
  t += "[record]\n" + entry("every", static_cast<double>(observers.every)) +
       entry("first", static_cast<double>(observers.first)) +
       entry("last", static_cast<double>(observers.last));
  t += "[probe]\n" + entry("gradient_every", static_cast<double>(observers.probe_every));
  if (c.integer("change") > 0) {
    // New settings halfway: of the algorithm, and a new cap.
    t += "[[change]]\n" + entry("iteration", c.number("change")) + "algorithm = { samples = 2 }\n" +
         "step = { cap = 0.02 }\n";
    if (estimator == 2) t += "hypergradient = { alpha = 0.15 }\n";
  }
  std::string top;
  for (const std::string& fault : faults) top += (top.empty() ? "" : ", ") + ("\"" + fault + "\"");
  return experiment_of(t, top.empty() ? "" : "faults = [" + top + "]\n");
}

}  // namespace assay::properties
