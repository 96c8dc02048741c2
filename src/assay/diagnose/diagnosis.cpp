#include "assay/diagnose/diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "assay/diagnose/variant.hpp"
#include "assay/run/run.hpp"
#include "assay/support/error.hpp"

namespace assay {

namespace {

// When something counts. Definitions, as in events.cpp.
constexpr double biting = 0.1;  // a bias of a tenth of the gap makes part of it
constexpr double better = 0.5;  // a change that halves the gap helps
constexpr double worse = 2;
constexpr double at_the_limit = 0.05;  // a loop gain this near k*, which holds only on average

bool is_fault(const std::string& cause) {
  return std::any_of(fault_registry().begin(), fault_registry().end(),
                     [&](const FaultInfo& f) { return f.name == cause; });
}

/// Puts the verdict together from what was measured.
class Judge {
 public:
  Judge(const Experiment& e, Diagnosis& d) : e_(e), d_(d) {}

  void judge() {
    estimator();
    loop();
    steps();
    reports();
    kinks();
    design();
    const bool cause = has(Role::cause);
    std::stable_sort(d_.findings.begin(), d_.findings.end(),
                     [](const Finding& a, const Finding& b) { return a.role < b.role; });
    if (cause)
      d_.verdict = "causes";
    else
      d_.verdict = healthy() ? "healthy" : "undecided";
  }

 private:
  bool has(Role role) const {
    return std::any_of(d_.findings.begin(), d_.findings.end(),
                       [&](const Finding& f) { return f.role == role; });
  }
  const Effect* effect(const std::string& id) const {
    for (const Effect& effect : d_.effects)
      if (effect.id == id) return &effect;
    return nullptr;
  }
  const Event* event(const std::string& id) const {
    for (const Event& event : d_.events)
      if (event.id == id) return &event;
    return nullptr;
  }
  bool helps(const std::string& id) const {
    const Effect* found = effect(id);
    return found && found->ratio < better;
  }
  Finding& find(const std::string& id, Role role, const std::string& sentence) {
    d_.findings.push_back({id, role, sentence, {}, {}});
    return d_.findings.back();
  }
  void cite(Finding& f, const std::string& id) const {
    if (const Effect* found = effect(id)) {
      f.evidence.push_back(
          found->ending.failed
              ? fmt::format("{}: the run fails ({})", found->what, found->ending.failure)
              : fmt::format("{}: the gap at the end becomes {:.6e}, {:.4g} times "
                            "what it is",
                            found->what, found->ending.level, found->ratio));
      f.numbers["ratio " + id] = found->ratio;
    }
  }

  /// Rungs of the last ladder that are as large as the gap.
  void estimator() {
    if (d_.ladders.empty()) return;
    const Ladder& last = d_.ladders.back();
    for (const Rung& rung : last.rungs) {
      const bool bites = rung.size > 0 && rung.size >= biting * last.truth_size;
      if (rung.cause == "evaluation_point") continue;
      if (rung.cause == "rounding") {
        if (bites) rounding_ = true;
        continue;
      }
      const bool fault = is_fault(rung.cause);
      // Noise, perturbation and penalty belong to the method: the gap is what they leave.
      const bool own = rung.cause == "noise" || rung.cause == "perturbation" ||
                       rung.cause == "penalty" || rung.cause == "gate";
      if (rung.cause == "noise" && !(bites && helps("noise"))) continue;
      if (!bites && !fault) continue;
      Finding& f = find(
          rung.cause,
          !bites ? Role::latent
          : own  ? Role::design
                 : Role::cause,
          bites
              ? fmt::format("at iteration {} it changes the estimate by {:.6e}, {:.4g} times the "
                            "true gap {:.6e} there",
                            last.iteration, rung.size, rung.size / last.truth_size, last.truth_size)
          : rung.size > 0
              ? fmt::format("it changes the estimate by {:.6e}, still hidden below the gap {:.6e}",
                            rung.size, last.truth_size)
              : std::string("it changes nothing where this run ends"));
      f.numbers = {{"size", rung.size}, {"share", rung.share}, {"gap", last.truth_size}};
      f.evidence.push_back(fmt::format("ladder: {:.4f} of (reported - true) at iteration {}",
                                       rung.share, last.iteration));
      cite(f, fault ? "fault:" + rung.cause : rung.cause == "penalty" ? "estimator" : rung.cause);
    }
  }

  void loop() {
    if (!d_.loop) return;
    const LoopGain& loop = *d_.loop;
    const bool marginal = loop.random_point && std::fabs(loop.gain / loop.limit - 1) < at_the_limit;
    if (loop.stable && !marginal) return;
    const auto shape = d_.ending.tail.shape;
    if (marginal) {
      if (shape == Tail::Shape::linear || shape == Tail::Shape::power) return;
      Finding& f =
          find("stability_boundary", Role::cause,
               fmt::format("the loop gain {:.4f} is within {:.0f} % of the limit {:.4f}, which the "
                           "random point makes an average: the gap wanders",
                           loop.gain, 100 * at_the_limit, loop.limit));
      f.numbers = {{"gain", loop.gain}, {"limit", loop.limit}};
      cite(f, "gamma2");
      cite(f, "gradient_average");
      return;
    }
    Finding& f = find("unstable_loop", Role::cause,
                      fmt::format("the loop gain lambda_max eta = {:.4f} exceeds its limit {:.4f}: "
                                  "averages and momentum in series make steps of this length "
                                  "unstable",
                                  loop.gain, loop.limit));
    f.numbers = {{"gain", loop.gain},
                 {"limit", loop.limit},
                 {"predicted_gap", loop.amplitude},
                 {"predicted_period", loop.period / 2},
                 {"measured_gap", d_.ending.tail.level}};
    if (loop.amplitude > 0)
      // x goes round once while the norm of its gradient swings twice.
      f.evidence.push_back(fmt::format(
          "predicted: a limit cycle of gap {:.4f} that repeats after {:.1f} iterations; "
          "measured: gap {:.4f}, after {:.0f}",
          loop.amplitude, loop.period / 2, d_.ending.tail.level, d_.ending.tail.period));
    cite(f, "gamma2");
    cite(f, "gradient_average");
    cite(f, "momentum");
  }

  void steps() {
    const Effect *both = effect("caps"), *cap = effect("cap"), *gap_cap = effect("gap_cap");
    if (const Effect* found = both ? both : cap ? cap : gap_cap) {
      const std::string& id = found->id;
      const bool slows = found->ratio < better || (cap && cap->ratio < better) ||
                         (gap_cap && gap_cap->ratio < better);
      if (slows) {
        Finding& f =
            find("step_limited", Role::cause, "a cap on the step slows the iteration down");
        for (const std::string one : {"cap", "gap_cap", "caps"}) cite(f, one);
        if (d_.ending.tail.shape == Tail::Shape::power)
          f.evidence.push_back(
              fmt::format("the gap falls like t^{:.3f}; a step in proportion to the "
                          "gap gives t^-1",
                          d_.ending.tail.exponent));
      } else {
        Finding& f =
            find("step_limited", Role::latent,
                 found->ratio > worse ? "the cap is not the cause: without it the gap is "
                                        "larger"
                                      : "the cap is not the cause: without it the gap stays");
        cite(f, id);
      }
    }
    if (helps("mu")) {
      Finding& f =
          find("step_constant", Role::cause, "the constant of the step rule is not that of F");
      cite(f, "mu");
      if (d_.model && e_.step == "inverse") {
        const double stated = e_.step_settings.real("mu");
        if (stated > 0) {
          f.numbers["stated over true"] = stated / d_.model->smallest();
          f.evidence.push_back(
              fmt::format("mu = {:.6g} is {:.4g} times F's smallest curvature "
                          "{:.6g}: the gap falls like t^-{:.4g}",
                          stated, stated / d_.model->smallest(), d_.model->smallest(),
                          d_.model->smallest() / stated));
        }
      }
    } else if (!has(Role::cause) && !has(Role::design) && !ends_well() && helps("step")) {
      Finding& f = find("step_rule", Role::cause, "the step rule is what keeps the gap up");
      cite(f, "step");
    }
    if (!has(Role::cause) && !ends_well()) {
      for (const std::string id : {"gradient_average", "momentum"})
        if (helps(id)) {
          Finding& f = find(id, Role::cause,
                            id == "momentum" ? "momentum keeps the gap up"
                                             : "the average of gradients keeps the gap up");
          cite(f, id);
        }
    }
    if (const Effect* found = effect("samples"); found && found->ratio == 1) {
      Finding& f = find("no_variance", Role::latent,
                        "more samples change nothing, bit for bit: the gradients have no variance");
      cite(f, "samples");
    }
  }

  void reports() {
    const auto report = [&](const std::string& seen, const std::string& id) {
      if (const Event* found = event(seen)) {
        Finding& f = find(id, Role::report, found->sentence);
        f.numbers = found->numbers;
        f.evidence.push_back(fmt::format("trace: iterations {} to {}", found->first, found->last));
      }
    };
    report("printed_step_not_applied", "printed_step");
    report("stale_status", "sticky_status");
    report("reported_is_direct", "direct_gap_reported");
    report("reported_is_implicit", "implicit_gap_reported");
    report("reported_is_objective", "objective_gap_reported");
    report("lower_level_not_converged", "lower_level_not_converged");
    for (const std::string name : {"shared_stream", "probe_updates_state"})
      if (const Effect* found = effect("fault:" + name)) {
        Finding& f = find(name, Role::report, "draws or averages depend on what else is evaluated");
        cite(f, "fault:" + name);
        cite(f, "probe");
      }
  }

  void kinks() {
    const Event* kink = event("kink");
    if (!kink || kink->last != d_.iterations - 1) return;
    Finding& f =
        find("kink", Role::cause,
             "the run ends where a row holds with zero multiplier: F has no gradient there, "
             "and the gap need not vanish at an optimum");
    f.evidence.push_back(kink->sentence);
  }

  void design() {
    if (e_.algorithm != "f2csa" || e_.algorithm_settings.text("outer") != "clipped" || !d_.model)
      return;
    if (!helps("outer")) return;
    const double D = e_.algorithm_settings.real("clip_radius");
    Finding& f = find("clipped_orbit", Role::design,
                      "the clipped loop orbits its goal by design: its theorem speaks of a block's "
                      "mean, not of the last point");
    f.numbers["clip_radius"] = D;
    cite(f, "outer");
  }

  /// The gap still falls, or is down to rounding.
  bool ends_well() const {
    const auto shape = d_.ending.tail.shape;
    return rounding_ || event("rounding_floor") || shape == Tail::Shape::linear ||
           shape == Tail::Shape::power;
  }
  bool healthy() const { return ends_well() || has(Role::design); }

  const Experiment& e_;
  Diagnosis& d_;
  bool rounding_ = false;
};

}  // namespace

std::string to_string(Role role) {
  switch (role) {
    case Role::cause:
      return "cause";
    case Role::report:
      return "report";
    case Role::latent:
      return "latent";
    case Role::design:
      return "design";
  }
  return "";
}

const std::vector<CauseInfo>& cause_catalogue() {
  static const std::vector<CauseInfo> catalogue = [] {
    std::vector<CauseInfo> list = {
        {"unstable_loop",
         "an average of gradients and momentum in series lower the step that a curvature "
         "tolerates; "
         "above it the iteration swings, and a step that grows as momentum shrinks turns that into "
         "a limit cycle",
         "no average, or gamma_2 above lambda_max / k*"},
        {"stability_boundary",
         "the loop gain is at its limit, which holds only on average over the random points: log "
         "gap "
         "does a random walk",
         "a larger gamma_2"},
        {"step_limited", "a cap on the step makes it shorter than the iteration needs",
         "no cap, provided the loop is stable without it"},
        {"step_constant",
         "with steps 1/(c t) the gap falls like t^-(mu/c): a constant c far above F's curvature mu "
         "means no progress",
         "the curvature of F as the rule's constant"},
        {"step_rule", "another step rule brings the gap down at once", "a constant step 1/L"},
        {"gradient_average", "the average of gradients keeps the gap up", "no average"},
        {"momentum", "momentum keeps the gap up", "no momentum"},
        {"noise", "noise in the estimate is as large as the gradient",
         "smaller noise, more samples"},
        {"perturbation", "the perturbation q of the lower level moves the gradient's zero",
         "a smaller perturbation"},
        {"gradient_clip", "the estimate is shortened", "no clipping"},
        {"lower_level", "the lower level is not solved well enough for this gap",
         "a smaller tolerance, or the exact solver"},
        {"multiplier_average", "multipliers averaged over past points open and close gates late",
         "no average"},
        {"inner_solve", "the penalised lower level is not minimised", "the exact inner solve"},
        {"gate", "gates differ from 1 on active rows or from 0 elsewhere", "a narrower gate"},
        {"penalty", "the penalty's own bias, of order alpha^2", "a smaller alpha"},
        {"forward", "the forward Jacobian's rounding", "the adjoint"},
        {"central_difference", "the difference quotient: rounding over h, or a kink within h",
         "another h"},
        {"two_point", "two-point estimates: random directions and a radius", "more directions"},
        {"shifted_difference", "differences averaged over shifted points", "a smaller radius"},
        {"kink", "a row holds with zero multiplier, where F has no gradient",
         "judge by one-sided slopes (assay certify)"},
        {"clipped_orbit",
         "F2CSA's clipped loop goes round its goal with |grad F| about D sqrt(lambda/eta)",
         "judge the block mean"},
        {"no_variance", "the estimates have no variance, so averaging more of them does nothing",
         "none needed"},
        {"lower_level_not_converged", "the algorithm went on with lower levels it had not solved",
         "a smaller tolerance"},
        {"implicit_gap_reported", "the implicit part alone is reported as the gap",
         "report the norm of the sum"},
    };
    for (const FaultInfo& info : fault_registry())
      list.push_back({info.name, info.summary, "take the fault " + info.name + " out"});
    return list;
  }();
  return catalogue;
}

Diagnosis diagnose(const Experiment& experiment, const Instance& instance,
                   const DiagnoseOptions& options) {
  const auto tell = [&](const std::string& what, long done, long total) {
    if (options.progress) options.progress(what, done, total);
  };
  if (experiment.scalar != "double")
    throw InputError(experiment.source, "run.scalar",
                     "is " + experiment.scalar + "; a diagnosis is of a run in double");
  Diagnosis d;
  Experiment e = experiment;
  e.record = e.record.with("every", std::int64_t{1});
  tell("the run", 0, 1);
  const RunOutcome run = run_experiment(e, instance);
  d.ending = ending_of(run.trace, run.end != RunEnd::finished, run.failure);
  d.iterations = run.summary.iterations;
  d.gap_total = run.summary.gap_total;
  d.gap_reported = run.summary.gap_reported;
  d.events = find_events(run.trace);

  tell("the ladder", 0, 1);
  std::vector<long> at =
      options.iterations.empty() ? ladder_iterations(d.iterations) : options.iterations;
  if (d.iterations > 0 && (at.empty() || at.back() != d.iterations - 1))
    at.push_back(d.iterations - 1);
  if (d.iterations > 0) {
    d.ladders = fidelity_ladders(e, instance, at);
    const Vec<double>& x = d.ladders.back().after;
    d.model = local_model(instance, x);
    if (options.prove) d.proved = options.prove(x);
  }
  if (d.model) d.loop = loop_gain(e, d.model->largest());

  std::vector<Counterfactual> list = counterfactuals(e, d.model);
  list.insert(list.end(), options.further.begin(), options.further.end());
  // Candidates for a cure: what helps, and every fault, as two may hide each other. To make all
  // perfect at once is none.
  std::vector<Candidate> helpful;
  const auto specific = [](const std::string& id) {
    return id != "estimator" && id != "step" && id != "alpha" && id != "samples";
  };
  for (std::size_t k = 0; k < list.size(); ++k) {
    tell("counterfactual runs", static_cast<long>(k), static_cast<long>(list.size()));
    Effect effect{list[k].id, list[k].what, ending_of(list[k].apply(e), instance), 1};
    effect.ratio = effect.ending.failed ? HUGE_VAL : effect.ending.level / d.ending.level;
    const bool fault = list[k].id.rfind("fault:", 0) == 0 && !effect.ending.failed;
    if ((effect.ratio < better || fault) && specific(list[k].id) && helpful.size() < 8)
      helpful.push_back({list[k], effect.ending.level});
    d.effects.push_back(std::move(effect));
  }
  std::stable_sort(d.effects.begin(), d.effects.end(),
                   [](const Effect& a, const Effect& b) { return a.ratio < b.ratio; });
  d.cures = smallest_cures(e, instance, d.ending.level, helpful);
  Judge(e, d).judge();
  return d;
}

}  // namespace assay
