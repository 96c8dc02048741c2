#include "assay/diagnose/counterfactual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "assay/diagnose/ladder.hpp"
#include "assay/diagnose/variant.hpp"
#include "assay/numerics/elementary.hpp"
#include "assay/support/error.hpp"
#include "assay/support/parallel.hpp"

namespace assay {

namespace {

void add(std::vector<Counterfactual>& list, std::string id, std::string what,
         std::function<Experiment(const Experiment&)> apply) {
  list.push_back({std::move(id), std::move(what), {}, std::move(apply)});
}

/// A setting that is neutral at `value`, where it is not.
void add_neutral(std::vector<Counterfactual>& list, const Experiment& e,
                 Settings Experiment::*table, const std::string& key, const Value& value,
                 const std::string& what) {
  if (!differs_anywhere(e, table, key, value)) return;
  add(list, key, what, [table, key, value](const Experiment& from) {
    if (table == &Experiment::algorithm_settings) return with_algorithm(from, key, value);
    if (table == &Experiment::step_settings) return with_step(from, key, value);
    return with_hypergradient(from, key, value);
  });
}

void add_steps(std::vector<Counterfactual>& list, const Experiment& e,
               const std::optional<LocalModel>& model) {
  Settings Experiment::*step = &Experiment::step_settings;
  add_neutral(list, e, step, "cap", 0.0, "no cap on the step");
  add_neutral(list, e, step, "gap_cap", 0.0, "no cap in proportion to the gap");
  if (differs_anywhere(e, step, "cap", 0.0) && differs_anywhere(e, step, "gap_cap", 0.0))
    add(list, "caps", "neither cap on the step", [](const Experiment& from) {
      return with_step(with_step(from, "cap", 0.0), "gap_cap", 0.0);
    });
  add_neutral(list, e, step, "floor", 0.0, "no floor under the step");
  for (const char* rule : {"polynomial", "exponential", "geometric"})
    if (e.step == rule)
      add(list, "decay", "the first step of the rule throughout", [](const Experiment& from) {
        return with_step_rule(from, "constant", {{"length", from.step_settings.real("length")}});
      });
  if (!model || !(model->smallest() > 0)) return;
  const double mu = model->smallest(), L = model->largest();
  if (e.step == "inverse" || e.step == "adjusted_inverse")
    add(list, "mu", fmt::format("step 1/(mu (t+1)) with F's own mu = {:.6g}", mu),
        [mu](const Experiment& from) {
          return from.step == "inverse" ? with_step(from, "mu", mu)
                                        : with_step_rule(from, "inverse", {{"mu", mu}});
        });
  if (const auto loop = loop_gain(e, L, 0); loop && loop->cure > 0) {
    const double gamma2 = 1.5 * loop->cure;
    add(list, "gamma2", fmt::format("gamma_2 = {:.4g}, 1.5 times the smallest stable one", gamma2),
        [gamma2](const Experiment& from) { return with_step(from, "gamma2", gamma2); });
  }
  add(list, "step",
      fmt::format("constant steps 1/L, L = {:.6g} of F, without averages or momentum", L),
      [L](const Experiment& from) {
        Experiment out = with_step_rule(from, "constant", {{"length", 1 / L}});
        for (const std::string key : {"gradient_average", "momentum"})
          if (out.algorithm_settings.values().count(key) > 0) out = with_algorithm(out, key, 0.0);
        return out;
      });
}

/// Geometric mean of the last gaps; HUGE_VAL if one is not finite.
double level_of(const std::vector<double>& gaps) {
  const std::size_t rows = std::min(end_rows, gaps.size());
  double sum = 0;
  for (std::size_t i = gaps.size() - rows; i < gaps.size(); ++i) {
    if (!std::isfinite(gaps[i])) return HUGE_VAL;
    // A gap of 0 is below every rounding; the smallest normal number stands for it.
    sum += natural_log(std::max(gaps[i], 0x1p-1022)) / static_cast<double>(rows);
  }
  return exponential(sum);
}

}  // namespace

std::vector<Counterfactual> counterfactuals(const Experiment& e,
                                            const std::optional<LocalModel>& model) {
  std::vector<Counterfactual> list;
  for (const FaultInfo& info : fault_registry()) {
    const bool on = e.faults.has(info.fault) ||
                    std::any_of(e.changes.begin(), e.changes.end(),
                                [&](const Change& c) { return c.faults.has(info.fault); });
    if (on)
      add(list, "fault:" + info.name, "without the fault " + info.name,
          [fault = info.fault](const Experiment& from) { return without_fault(from, fault); });
  }
  if (without_noise(e).noise.values() != e.noise.values())
    add(list, "noise", "without noise", without_noise);
  Settings Experiment::*algorithm = &Experiment::algorithm_settings,
           Experiment::*estimator = &Experiment::hypergradient_settings;
  add_neutral(list, e, algorithm, "perturbation", 0.0, "without the perturbation q");
  add_neutral(list, e, algorithm, "gradient_average", 0.0, "without the average of gradients");
  add_neutral(list, e, algorithm, "momentum", 0.0, "without momentum");
  add_neutral(list, e, algorithm, "gradient_clip", 0.0, "without clipping the gradient");
  add_neutral(list, e, algorithm, "emergency_gradient", 0.0, "without the emergency");
  add(list, "samples", "four times the samples", [](const Experiment& from) {
    return with_algorithm(from, "samples", 4 * from.algorithm_settings.integer("samples"));
  });
  add_steps(list, e, model);
  if (e.algorithm == "f2csa" && e.algorithm_settings.text("outer") == "clipped")
    add(list, "outer",
        "plain gradient steps instead of the clipped loop, 1/L long where L is known",
        [model](const Experiment& from) {
          const Experiment out = with_algorithm(from, "outer", std::string("sgd"));
          if (!model || !(model->smallest() > 0)) return out;
          return with_step_rule(out, "constant", {{"length", 1 / model->largest()}});
        });
  if (e.lower_level != "active_set")
    add(list, "lower_level", "the exact lower level",
        [](const Experiment& from) { return with_lower_level(from, "active_set"); });
  if (e.hypergradient == "penalty") {
    add_neutral(list, e, estimator, "multiplier_average", 0.0,
                "multipliers of each point, not averaged");
    if (differs_anywhere(e, estimator, "inner", std::string("exact")))
      add(list, "inner_solve", "the exact inner solve", [](const Experiment& from) {
        return with_hypergradient(from, "inner", std::string("exact"));
      });
    add_neutral(list, e, estimator, "gate", std::string("active_set"),
                "gates 1 on the active rows and 0 elsewhere");
    add(list, "alpha", "half the alpha", [](const Experiment& from) {
      return with_hypergradient(from, "alpha", from.hypergradient_settings.real("alpha") / 2);
    });
  }
  if (without_noise(e).noise.values() != e.noise.values())
    add_neutral(list, e, estimator, "common_samples", true,
                "both sides of a difference under the same noise");
  if (e.hypergradient == "central_difference")
    // Where rounding over h and curvature times h^2 balance, for F of order 1.
    add(list, "difference_step", "differences with the cube root of the unit roundoff as step",
        [](const Experiment& from) {
          return with_hypergradient(from, "step", 4.8062e-6);  // 2^(-53/3)
        });
  if (e.hypergradient != "implicit")
    add(list, "estimator", "the exact adjoint as estimator",
        [](const Experiment& from) { return with_estimator(from, "implicit"); });
  if (e.probe.integer("gradient_every") > 0)
    add(list, "probe", "without probes", [](const Experiment& from) {
      Experiment out = from;
      out.probe = from.probe.with("gradient_every", std::int64_t{0});
      return out;
    });
  for (Counterfactual& one : list) one.settings = settings_between(e, one.apply(e));
  return list;
}

Ending ending_of(const RunOutcome& run) {
  Ending out;
  out.failed = run.end != RunEnd::finished;
  out.failure = run.failure;
  out.x = run.summary.x;
  const Series s(run.trace);
  const double level = level_of(s["gap_mapping"]);
  out.failed = out.failed || !std::isfinite(level);
  out.level = out.failed ? HUGE_VAL : level;
  if (!out.failed) out.tail = fit_tail(s);
  return out;
}

Ending ending_of(const Experiment& e, const Instance& instance) {
  Experiment whole = e;
  whole.record = whole.record.with("every", std::int64_t{1});
  try {
    return ending_of(run_experiment(whole, instance));
  } catch (const NumericalError& error) {
    Ending out;
    out.failed = true;
    out.failure = error.what();
    out.level = HUGE_VAL;
    return out;
  }
}

Ending ending_in_50_digits(const Experiment& e, const Instance& instance, long count) {
  Ending out;
  try {
    const Continuation rest = continue_in_50_digits(e, instance, count);
    out.x = rest.x;
    out.level = level_of(rest.gaps);
    out.failed = !std::isfinite(out.level);
  } catch (const NumericalError& error) {
    out.failed = true;
    out.failure = error.what();
    out.level = HUGE_VAL;
  }
  return out;
}

std::vector<std::vector<std::string>> smallest_cures(const Experiment& e, const Instance& instance,
                                                     double level,
                                                     const std::vector<Candidate>& helpful,
                                                     int jobs) {
  std::vector<std::vector<std::string>> found;
  const auto level_with = [&](const std::vector<std::size_t>& chosen) {
    Experiment changed = e;
    for (const std::size_t k : chosen) changed = helpful[k].change.apply(changed);
    return ending_of(changed, instance).level;
  };
  std::vector<std::size_t> all;
  for (std::size_t k = 0; k < helpful.size(); ++k) all.push_back(k);
  if (all.empty()) return found;
  double best = level_with(all);
  // Together changes can spoil each other: what one alone reaches counts too.
  for (const Candidate& candidate : helpful) best = std::min(best, candidate.alone);
  if (!(best * better < level)) return found;
  const auto ids_of = [&](const std::vector<std::size_t>& chosen) {
    std::vector<std::string> ids;
    for (const std::size_t k : chosen) ids.push_back(helpful[k].change.id);
    return ids;
  };
  for (std::size_t size = 1; size <= std::min<std::size_t>(3, all.size()) && found.empty();
       ++size) {
    std::vector<bool> mask(all.size(), false);
    std::fill(mask.begin(), mask.begin() + static_cast<std::ptrdiff_t>(size), true);
    std::vector<std::vector<std::size_t>> choices;
    do {
      choices.emplace_back();
      for (std::size_t k = 0; k < all.size(); ++k)
        if (mask[k]) choices.back().push_back(k);
    } while (std::prev_permutation(mask.begin(), mask.end()));
    std::vector<double> reached(choices.size());
    for_each_index(choices.size(), jobs, [&](std::size_t k) {
      reached[k] = size == 1 ? helpful[choices[k][0]].alone : level_with(choices[k]);
    });
    for (std::size_t k = 0; k < choices.size(); ++k)
      if (reached[k] <= best * better) found.push_back(ids_of(choices[k]));
  }
  if (!found.empty()) return found;
  std::vector<std::size_t> kept = all;
  for (bool fewer_do = true; fewer_do;) {
    fewer_do = false;
    for (const std::size_t k : std::vector<std::size_t>(kept)) {
      std::vector<std::size_t> fewer = kept;
      fewer.erase(std::find(fewer.begin(), fewer.end(), k));
      if (!(level_with(fewer) <= best * better)) continue;
      kept = fewer;
      fewer_do = true;
    }
  }
  found.push_back(ids_of(kept));
  return found;
}

}  // namespace assay
