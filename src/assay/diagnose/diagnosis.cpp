#include "assay/diagnose/diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <tuple>

#include "assay/diagnose/penalty_bias.hpp"
#include "assay/diagnose/probe.hpp"
#include "assay/diagnose/variant.hpp"
#include "assay/numerics/kernels.hpp"
#include "assay/run/run.hpp"
#include "assay/run/runner.hpp"
#include "assay/scalar/text.hpp"
#include "assay/support/error.hpp"
#include "assay/support/parallel.hpp"

namespace assay {

namespace {

// When something counts. Definitions, as in events.cpp.
constexpr double biting = 0.1;  // a bias of a tenth of the gap makes part of it
constexpr double worse = 2;
constexpr double creeping = 10;  // over the last half, and since the start, the gap fell by less
constexpr double still = 0.9;    // without it the gap hardly moves
constexpr double grown = 10;     // an end so far above the start is no one's design
constexpr double content = 0.1;  // the algorithm's own gradient is this much below the true one
constexpr long digits_iterations = 100;  // enough to leave a floor, a second or two for n = 100
constexpr double at_the_limit = 0.05;    // a loop gain this near k*, which holds only on average

bool is_fault(const std::string& cause) {
  return std::any_of(fault_registry().begin(), fault_registry().end(),
                     [&](const FaultInfo& f) { return f.name == cause; });
}

/// Parts of the estimate that are as large as someone has set them.
bool is_setting(const std::string& cause) { return cause == "gradient_clip" || cause == "gate"; }

bool makes_part_of(const Rung& rung, double gap) {
  return rung.size > 0 && rung.size >= biting * gap;
}

bool halves(const Effect& effect) { return effect.ratio * better < 1; }

/// Puts the verdict together from what was measured. A bias as large as the gap makes it only if
/// the gap goes with it: where the counterfactual says otherwise, the counterfactual is believed.
class Judge {
 public:
  Judge(const Experiment& e, Diagnosis& d) : e_(e), d_(d) {}

  void judge() {
    estimator();
    reports();
    faults();
    loop();
    differences();
    design();
    kinks();
    steps();
    failure();
    if (at_floor())  // nothing makes a gap that is not there
      for (Finding& f : d_.findings)
        if (f.role == Role::cause) f.role = Role::latent;
    std::stable_sort(d_.findings.begin(), d_.findings.end(),
                     [](const Finding& a, const Finding& b) { return a.role < b.role; });
    d_.verdict = has(Role::cause)                   ? "causes"
                 : ends_well() || has(Role::design) ? "healthy"
                                                    : "undecided";
  }

 private:
  bool has(Role role) const {
    return std::any_of(d_.findings.begin(), d_.findings.end(),
                       [&](const Finding& f) { return f.role == role; });
  }
  bool mentioned(const std::string& id) const {
    return std::any_of(d_.findings.begin(), d_.findings.end(),
                       [&](const Finding& f) { return f.id == id; });
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
    return found && halves(*found);
  }
  /// Part of a cure that takes nothing away which belongs to the method: what only shows once that
  /// is gone does not make this gap.
  /// Nor does what is part of a cure that only makes a gap fall faster which falls as it is.
  bool in_cure(const std::string& id) const {
    return std::any_of(d_.cures.begin(), d_.cures.end(), [&](const auto& cure) {
      return std::find(cure.begin(), cure.end(), id) != cure.end() &&
             std::none_of(cure.begin(), cure.end(), [&](const std::string& other) {
               return other != id &&
                      (other == "outer" || other == "noise" || other == "perturbation" ||
                       (falls() && other.rfind("fault:", 0) != 0));
             });
    });
  }
  /// The gap is rounding beside its parts.
  bool at_floor() const {
    const Event* floor = event("rounding_floor");
    return floor && floor->last == d_.iterations - 1 && !d_.ending.failed;
  }
  bool at_rounding() const { return rounding_ || at_floor(); }
  bool falls() const {
    const auto shape = d_.ending.tail.shape;
    return shape == Tail::Shape::linear || shape == Tail::Shape::power;
  }
  /// A setting of the steps, or a fault, whose change alone or as part of a cure makes the gap
  /// fall.
  bool another_helps() const {
    for (const char* id : {"emergency_gradient", "floor", "gradient_average", "momentum", "step"})
      if (helps(id)) return true;
    return std::any_of(d_.effects.begin(), d_.effects.end(), [&](const Effect& one) {
      return one.id.rfind("fault:", 0) == 0 && (halves(one) || in_cure(one.id));
    });
  }
  bool creeps() const {
    const Tail& tail = d_.ending.tail;
    return tail.shape != Tail::Shape::too_short && tail.swing < creeping &&
           d_.ending.level * creeping > d_.gap_start;
  }
  /// It ends far above where it began, and not because what the method leaves is more than a good
  /// start had: that is as large in the first estimate.
  bool diverges() const {
    if (d_.ending.failed || d_.ending.tail.shape == Tail::Shape::rising) return true;
    return d_.ending.level > grown * d_.gap_start && !d_.ladders.empty() &&
           d_.ladders.back().error_size > grown * d_.ladders.front().error_size;
  }
  /// It does more than to take away whatever the method leaves by design.
  bool beats_design(const std::string& id) const {
    const Effect* found = effect(id);
    double least = HUGE_VAL;
    for (const Finding& f : d_.findings)
      for (const auto& [name, value] : f.numbers)
        if (f.role == Role::design && name.rfind("ratio ", 0) == 0) least = std::min(least, value);
    return found && found->ratio * better < least;
  }
  /// The gap still falls, or is down to rounding.
  bool ends_well() const {
    return at_floor() || (!diverges() && (rounding_ || falls() || short_and_good()));
  }
  /// Too few iterations for a fit, but not for the gap.
  bool short_and_good() const {
    return d_.ending.tail.shape == Tail::Shape::too_short &&
           d_.ending.level * grown * grown < d_.gap_start;
  }
  bool swings() const {
    const auto shape = d_.ending.tail.shape;
    return d_.ending.failed || shape == Tail::Shape::cycle || shape == Tail::Shape::rising ||
           shape == Tail::Shape::wandering;
  }

  Finding& find(const std::string& id, Role role, const std::string& sentence) {
    d_.findings.push_back({id, role, sentence, {}, {}});
    return d_.findings.back();
  }
  void cite(Finding& f, const std::string& id) const {
    const Effect* found = effect(id);
    if (!found) return;
    f.evidence.push_back(
        found->ending.failed
            ? fmt::format("{}: the run fails ({})", found->what, found->ending.failure)
            : fmt::format("{}: the gap at the end becomes {:.6e}, {:.4g} times "
                          "what it is",
                          found->what, found->ending.level, found->ratio));
    f.numbers["ratio " + id] = found->ratio;
  }

  void cite_law(Finding& f, const std::string& id) const {
    for (const Law& law : d_.laws) {
      if (law.id != id) continue;
      f.evidence.push_back(fmt::format("{}: predicted {:.6g} to {:.6g}, measured {:.6g}", law.what,
                                       law.low, law.high, law.measured));
      f.numbers["predicted_low"] = law.low;
      f.numbers["predicted_high"] = law.high;
      f.numbers["measured"] = law.measured;
    }
  }

  /// Rungs of the last ladder, next to what happens to the gap without their cause.
  void estimator() {
    if (d_.ladders.empty()) return;
    const Ladder& last = d_.ladders.back();
    for (const Rung& rung : last.rungs) {
      const bool bites = makes_part_of(rung, d_.gap_mapping);
      if (rung.cause == "evaluation_point") continue;
      if (rung.cause == "rounding") {
        // Where it only adds to what grows anyway, more digits change nothing.
        const Effect* digits = effect("precision");
        const bool of_x = !bites && helps("precision");
        rounding_ = of_x || (bites && !diverges() && (!digits || digits->ratio < still));
        if (!rounding_ || !(d_.gap_mapping > 0)) continue;
        Finding& f =
            find("rounding", Role::design,
                 fmt::format("the gap is down to rounding{}: at iteration {} it changes the "
                             "estimate by {:.6e}, {:.4g} times the gap",
                             of_x ? ", that of x more than the estimate's" : "", last.iteration,
                             rung.size, rung.size / d_.gap_mapping));
        f.numbers = {{"size", rung.size}, {"share", rung.share}, {"gap", d_.gap_mapping}};
        cite(f, "precision");
        continue;
      }
      const bool fault = is_fault(rung.cause);
      const std::string what_if = fault                ? "fault:" + rung.cause
                                  : effect(rung.cause) ? rung.cause
                                                       : std::string("estimator");
      const Effect* without = effect(what_if);
      // It has arrived, at a zero of what this fault makes of the gradient.
      const bool arrived =
          fault && bites && rung.share >= 0.5 && last.reported_size <= content * last.truth_size;
      const bool setting = is_setting(rung.cause);
      // To make all perfect at once says nothing of one rung.
      const bool matters = arrived || (what_if != "estimator" && !(setting && falls()) &&
                                       (helps(what_if) || in_cure(what_if)));
      if (!bites && !fault && !matters) continue;
      // These belong to the method: the gap is what they leave, unless it grows.
      const bool own =
          !fault && !setting && rung.cause != "lower_level" && rung.cause != "inner_solve";
      const bool left = bites && (!without || without->ratio < still);
      const bool grows = diverges() && bites && helps(what_if) && !another_helps();
      const Role role = grows || (matters && !own) || (bites && !without && !own) ? Role::cause
                        : own && !diverges() && (matters || left)                 ? Role::design
                                                                                  : Role::latent;
      Finding& f =
          find(rung.cause, role,
               rung.size > 0
                   ? fmt::format(
                         "at iteration {} it changes the estimate by {:.6e}, {:.4g} times the gap",
                         last.iteration, rung.size, rung.size / d_.gap_mapping)
               : matters ? std::string("at the end it changes nothing by itself, hidden by another "
                                       "defect or over by then; the gap goes with it all the same")
                         : std::string("it changes nothing where this run ends"));
      f.numbers = {{"size", rung.size}, {"share", rung.share}, {"gap", d_.gap_mapping}};
      f.evidence.push_back(fmt::format("ladder: {:.4f} of (reported - true) at iteration {}",
                                       rung.share, last.iteration));
      cite(f, what_if);
    }
  }

  /// What the trace says of the run's own words.
  void reports() {
    const auto report = [&](const std::string& seen, const std::string& id) {
      const Event* found = event(seen);
      if (!found || mentioned(id)) return;
      Finding& f = find(id, Role::report, found->sentence);
      f.numbers = found->numbers;
      f.evidence.push_back(fmt::format("trace: iterations {} to {}", found->first, found->last));
      cite(f, "fault:" + id);
    };
    // An estimate that is the direct part, but for a leak that no one sees in the figure, is
    // reported as what it is.
    const auto estimate_is = [&](const Vec<Real50>& part) {
      const Vec<Real50> off = d_.ladders.back().reported - part;
      const Ladder& last = d_.ladders.back();
      return to_double(norm(off)) <=
             1e-6 * std::max(to_double(norm(last.direct)), to_double(norm(last.implicit)));
    };
    report("printed_step_not_applied", "printed_step");
    report("stale_status", "sticky_status");
    if (d_.ladders.empty() || !estimate_is(d_.ladders.back().direct))
      report("reported_is_direct", "direct_gap_reported");
    if (d_.ladders.empty() || !estimate_is(d_.ladders.back().implicit))
      report("reported_is_implicit", "implicit_gap_reported");
    report("reported_is_objective", "objective_gap_reported");
    report("lower_level_not_converged", "lower_level_not_converged");
    report("probe_cosine_wrong", "damped_cosine");
  }

  /// Every fault that is on is mentioned.
  void faults() {
    for (const FaultInfo& info : fault_registry()) {
      const std::string what_if = "fault:" + info.name;
      if (!effect(what_if) || mentioned(info.name)) continue;
      // Other draws of the same law are luck, good or bad.
      const bool luck = info.fault == Fault::shared_stream;
      const bool matters = !luck && (helps(what_if) || in_cure(what_if));
      Finding& f = find(info.name, matters ? Role::cause : Role::latent, info.summary);
      cite(f, what_if);
    }
  }

  void loop() {
    if (!d_.loop) return;
    const LoopGain& loop = *d_.loop;
    const bool marginal = loop.random_point && std::fabs(loop.gain / loop.limit - 1) < at_the_limit;
    if (marginal) {
      if (!helps("gamma2") || ends_well()) return;
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
    if (loop.stable) return;
    const bool shows = swings() || helps("gamma2");
    Finding& f = find(
        "unstable_loop", shows ? Role::cause : Role::latent,
        fmt::format("the loop gain lambda_max eta = {:.4f} exceeds its limit {:.4f}: steps of this "
                    "length are unstable{}",
                    loop.gain, loop.limit,
                    loop.averages ? ", as averages and momentum in series lower the limit" : ""));
    f.numbers = {{"gain", loop.gain},
                 {"limit", loop.limit},
                 {"predicted_gap", loop.amplitude},
                 {"predicted_period", loop.period / 2},
                 {"measured_gap", d_.ending.tail.level}};
    if (loop.amplitude > 0 && shows)
      // x goes round once while the norm of its gradient swings twice.
      f.evidence.push_back(fmt::format(
          "predicted: a limit cycle of gap {:.4f} that repeats after {:.1f} iterations; "
          "measured: gap {:.4f}, after {:.0f}",
          loop.amplitude, loop.period / 2, d_.ending.tail.level, d_.ending.tail.period));
    cite(f, "gamma2");
    cite(f, "gradient_average");
    cite(f, "momentum");
  }

  /// A failure that nothing above explains.
  void failure() {
    if (!d_.ending.failed || has(Role::cause)) return;
    Finding& f = find("run_failed", Role::cause, "the run fails: " + d_.ending.failure);
    for (const Effect& effect : d_.effects)
      if (!effect.ending.failed) cite(f, effect.id);
  }

  void differences() {
    if (helps("difference_step") && !falls()) {
      Finding& f = find("difference_step", Role::cause,
                        "the step of the difference is not where rounding and curvature balance");
      cite(f, "difference_step");
    }
    if (!helps("common_samples")) return;
    Finding& f = find("separate_samples", Role::cause,
                      "the two sides of a difference see different noise, which the quotient "
                      "divides by the step");
    cite(f, "common_samples");
  }

  void design() {
    if (e_.algorithm != "f2csa" || e_.algorithm_settings.text("outer") != "clipped") return;
    if (!helps("outer") || ends_well()) return;
    Finding& f = find("clipped_orbit", Role::design,
                      "the clipped loop orbits its goal by design: its theorem speaks of a block's "
                      "mean, not of the last point");
    cite_law(f, "orbit");
    cite(f, "outer");
  }

  void steps() {
    const Effect *both = effect("caps"), *cap = effect("cap"), *gap_cap = effect("gap_cap");
    if (const Effect* found = both ? both : cap ? cap : gap_cap) {
      // Where something else makes the gap, another path to it is no remedy.
      const bool falling = d_.ending.tail.shape == Tail::Shape::linear && !creeps();
      const auto slows_by = [&](const std::string& id) {
        return helps(id) && !falling && (in_cure(id) || !has(Role::cause));
      };
      const bool slows = slows_by("caps") || slows_by("cap") || slows_by("gap_cap");
      Finding& f = find("step_limited", slows ? Role::cause : Role::latent,
                        slows                  ? "a cap on the step slows the iteration down"
                        : found->ratio > worse ? "the cap is not the cause: without it the gap is "
                                                 "larger"
                                               : "the cap is not the cause: without it the gap "
                                                 "stays");
      for (const std::string one : {"cap", "gap_cap", "caps"}) cite(f, one);
      cite_law(f, "capped_level");
    }
    const double stated = e_.step == "inverse" ? e_.step_settings.real("mu") : 0;
    // The proved constant of a run that does well is no defect; nor where constant steps do better
    // still: then the rule is.
    const Effect *mu = effect("mu"), *constant = effect("step");
    if (helps("mu") && (stated > 0 || diverges()) &&
        !(constant && !(stated > 0) && constant->ratio * better < mu->ratio)) {
      Finding& f =
          find("step_constant", Role::cause, "the constant of the step rule is not that of F");
      cite(f, "mu");
      if (d_.model && stated > 0) {
        f.numbers["stated over true"] = stated / d_.model->smallest();
        f.evidence.push_back(
            fmt::format("mu = {:.6g} is {:.4g} times F's smallest curvature "
                        "{:.6g}: the gap falls like t^-{:.4g}",
                        stated, stated / d_.model->smallest(), d_.model->smallest(),
                        d_.model->smallest() / stated));
      }
    }
    // A rule that decays is to blame only where the gap creeps.
    if (helps("decay") && creeps() && !at_rounding() && !has(Role::cause)) {
      Finding& f =
          find("step_decay", Role::cause,
               fmt::format("the steps shrink faster than the gap falls: over the last half "
                           "the gap changes by a factor {:.4g} only",
                           d_.ending.tail.swing));
      f.numbers["swing"] = d_.ending.tail.swing;
      cite(f, "decay");
    }
    // What no theory names: only where the gap neither falls nor is explained.
    const auto shape = d_.ending.tail.shape;
    const bool stuck = shape == Tail::Shape::flat || swings() || diverges();
    if (stuck && !ends_well() && !has(Role::cause))
      for (const auto& [id, finding, sentence] :
           {std::tuple<std::string, std::string, std::string>{
                "emergency_gradient", "emergency_gradient",
                "long gradients cut penalties and steps, and the gap stays up"},
            {"floor", "step_floor", "the lower limit keeps the steps too long"},
            {"gradient_average", "gradient_average", "the average of gradients keeps the gap up"},
            {"momentum", "momentum", "momentum keeps the gap up"},
            {"step", "step_rule", "the step rule is what keeps the gap up"}})
        if (helps(id) && !has(Role::cause) && !mentioned("kink_optimum") &&
            (!has(Role::design) || beats_design(id))) {
          Finding& f = find(finding, Role::cause, sentence);
          cite(f, id);
        }
    const Effect* samples = effect("samples");
    if (samples && d_.iterations > 0 && std::fabs(samples->ratio - 1) < 1e-9) {
      Finding& f = find("no_variance", Role::latent,
                        "more samples leave the gap at the end as it is, to nine digits: the "
                        "gradients have no variance that matters");
      cite(f, "samples");
    }
  }

  void kinks() {
    if (d_.kink && d_.kink->proved && d_.kink->pieces > 1 && d_.kink->smooth > 0 &&
        d_.kink->slope_there < 0 && d_.kink->slope_back < 0 &&
        d_.kink->distance <= biting * d_.kink->smallest) {
      const ProvedKink& k = *d_.kink;
      Finding& f = find(
          "kink_optimum", Role::design,
          k.away > 0
              ? fmt::format(
                    "the last steps jump over a kink where F is stationary, at most {} from "
                    "the last point, between {} pieces: shorter steps bring x nearer, "
                    "but no step makes the gap vanish there",
                    to_text(k.away), k.pieces)
              : fmt::format("stationary although the gap does not vanish: {} of the last points "
                            "have a gradient and lie on {} pieces of F around a kink",
                            k.points, k.pieces));
      f.numbers = {{"radius", k.radius},        {"away", k.away},
                   {"distance", k.distance},    {"smallest", k.smallest},
                   {"smooth", k.smooth},        {"slope_there", k.slope_there},
                   {"slope_back", k.slope_back}};
      f.evidence.push_back(
          fmt::format("proved: within {} of {}, 0 is at most {} from the hull of the gradients "
                      "(Goldstein), while none of these points has one shorter than {}",
                      to_text(k.radius), k.away > 0 ? "a point there" : "the last point",
                      to_text(k.distance), to_text(k.smallest)));
      f.evidence.push_back(fmt::format(
          "by their curvature no gradient of these pieces falls below {:.6e} in that ball",
          k.smooth));
      f.evidence.push_back(fmt::format(
          "F falls towards the kink from both sides: one-sided slopes at most {} and {}",
          to_text(k.slope_there), to_text(k.slope_back)));
      return;
    }
    if (d_.kink_rows == 0 || ends_well()) return;
    Finding& f =
        find("kink", Role::cause,
             fmt::format("the run ends where {} inequalities hold with zero multiplier: F "
                         "has no gradient there, and the gap need not vanish at an optimum",
                         d_.kink_rows));
    f.numbers["rows"] = static_cast<double>(d_.kink_rows);
  }

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
        {"step_decay", "the step rule decays before the iteration has arrived",
         "a slower decay, or a constant step"},
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
        {"separate_samples",
         "a difference quotient of noisy values whose sides do not share their noise: an error of "
         "sqrt(2) noise / (2 h) in each entry, whatever the gradient",
         "common random numbers: setting hypergradient.common_samples"},
        {"common_samples", "both sides of a difference under the same noise",
         "setting hypergradient.common_samples"},
        {"kink_optimum",
         "the iteration goes to and fro over a kink of F that falls towards it from both sides: "
         "gradients there stay away from 0, and a combination of them does not",
         "judge by the Goldstein distance, or by the objective"},
        {"clipped_orbit",
         "F2CSA's clipped loop goes round its goal with |grad F| about D sqrt(lambda/eta)",
         "judge the block mean"},
        {"rounding", "double precision in the estimate", "nothing, or more digits"},
        {"evaluation_point", "the estimate is taken at another point than x, as the method says",
         "nothing"},
        {"run_failed", "the run ends before its last iteration", "see the failure"},
        // The names of the what-ifs.
        {"cap", "the rule's fixed upper limit on the step", "setting step.cap"},
        {"gap_cap", "an upper limit in proportion to the gap", "setting step.gap_cap"},
        {"caps", "both upper limits on the step", "settings step.cap and step.gap_cap"},
        {"floor", "a lower limit on the step", "setting step.floor"},
        {"decay", "the first step of a decaying rule, throughout", "setting step.rule"},
        {"difference_step",
         "a difference quotient whose step is too short for the rounding of F, or too long",
         "a step about the cube root of the unit roundoff: setting hypergradient.step"},
        {"emergency_gradient",
         "long gradients cut the penalties and halve the step, and the gap stays up",
         "setting algorithm.emergency_gradient"},
        {"step_floor", "a lower limit keeps the steps too long", "setting step.floor"},
        {"mu", "the constant of steps 1/(mu (t+1))", "setting step.mu"},
        {"gamma2", "the constant of 1/(gamma_1 |m| + gamma_2)", "setting step.gamma2"},
        {"samples", "how many estimates are averaged", "setting algorithm.samples"},
        {"outer", "F2CSA's outer loop", "setting algorithm.outer"},
        {"alpha", "the penalty's parameter", "setting hypergradient.alpha"},
        {"estimator", "the exact adjoint instead of the estimator",
         "setting hypergradient.estimator"},
        {"step", "constant steps 1/L without averages or momentum", "setting step.rule"},
        {"precision", "the end of the run in 50 digits instead of double", "run.scalar"},
        {"probe", "checks of the estimator during the run", "setting probe.gradient_every"},
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

namespace {

/// Whether the active set changes among the last points.
bool changes_pieces(const Trace& trace) {
  const int column = trace.column("active_set_digest");
  for (std::size_t i = trace.rows.size() - std::min(end_rows, trace.rows.size()) + 1;
       i < trace.rows.size(); ++i)
    if (trace.rows[i][static_cast<std::size_t>(column)] !=
        trace.rows[i - 1][static_cast<std::size_t>(column)])
      return true;
  return false;
}

/// Of each step, whether it ends on the boundary of X, where the projection may have shortened it.
std::vector<bool> ends_of_steps(const Experiment& e, const Instance& instance, long iterations) {
  const QuadraticProblem<double> problem(instance);
  Runner<double> runner(e, instance);
  runner.start();
  std::vector<bool> on_boundary;
  for (long t = 0; t < iterations; ++t) {
    runner.step(t);
    const Vec<double>& x = runner.x();
    bool touches = false;
    if (problem.x_set == UpperSet::Kind::ball)
      // The projected point lies on the sphere but for its rounding.
      touches = norm(Vec<double>(x - problem.x_center)) >= problem.x_radius * (1 - 0x1p-40);
    else
      for (Index i = 0; i < x.size(); ++i) {
        const auto k = static_cast<std::size_t>(i);
        touches = touches || (problem.x_has_lower[k] && x[i] <= problem.x_lower[i]) ||
                  (problem.x_has_upper[k] && x[i] >= problem.x_upper[i]);
      }
    on_boundary.push_back(touches);
  }
  return on_boundary;
}

/// The last points of the run, made again: a trace holds none.
std::vector<Vec<double>> last_points(const Experiment& e, const Instance& instance) {
  std::vector<Vec<double>> points;
  Runner<double> runner(e, instance);
  runner.start();
  for (long t = 0; t < e.iterations; ++t) {
    runner.step(t);
    if (t + static_cast<long>(end_rows) >= e.iterations) points.push_back(runner.x());
  }
  return points;
}

}  // namespace

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
  d.ending = ending_of(run);
  d.iterations = run.summary.iterations;
  d.gap_total = run.summary.gap_total;
  d.gap_reported = run.summary.gap_reported;
  d.gap_mapping = run.trace.number(run.trace.rows.size() - 1, "gap_mapping");
  d.gap_start = run.trace.number(0, "gap_mapping");
  const bool free = instance.x_set.kind == UpperSet::Kind::whole_space;
  d.events = find_events(run.trace, norm(run.summary.x),
                         free ? std::vector<bool>() : ends_of_steps(e, instance, d.iterations));

  tell("the ladder", 0, 1);
  std::vector<long> at =
      options.iterations.empty() ? ladder_iterations(d.iterations) : options.iterations;
  // The first estimate is what others are held against, whether it is asked for or not.
  const bool first_asked = !at.empty() && at.front() == 0;
  if (!first_asked) at.insert(at.begin(), 0);
  if (d.iterations > 0 && (at.empty() || at.back() != d.iterations - 1))
    at.push_back(d.iterations - 1);
  if (d.iterations == 0) d.proved.why = "no iteration was made";
  if (d.iterations > 0) {
    d.ladders = fidelity_ladders(e, instance, at);
    const Vec<double>& x = d.ladders.back().after;
    d.kink_rows = kink_rows(instance, x);
    if (const auto wrong = check_probes(e, instance, d.iterations)) d.events.push_back(*wrong);
    d.model = local_model(instance, x);
    if (options.prover.gap) d.proved = options.prover.gap(x);
  }
  if (d.model) {
    d.loop = loop_gain(e, d.model->largest(), d.ending.level);
    d.laws = laws(e, *d.model, d.ending.tail, d.iterations);
    if (free) d.exchange = exchange(*d.model, d.gap_mapping);
  }
  if (d.iterations > 0) {
    const Ladder& last = d.ladders.back();
    if (const auto bias = penalty_bias(e, instance, last.x)) {
      const double size = norm(*bias);
      d.laws.push_back({"penalty_bias", "F2CSA's bias at the last estimate in closed form", size,
                        size, to_double(norm(last.bias()))});
    }
  }

  std::vector<Counterfactual> list = counterfactuals(e, d.model);
  list.insert(list.end(), options.further.begin(), options.further.end());
  // Candidates for a cure: what helps, and every fault, as two may hide each other. To make all
  // perfect at once is none.
  std::vector<Candidate> helpful;
  const auto specific = [](const std::string& id) {
    return id != "estimator" && id != "step" && id != "alpha" && id != "samples" &&
           id.rfind("try:", 0) != 0;
  };
  const auto add_effect = [&](const Counterfactual& change, Ending ending) {
    Effect effect{change.id, change.what, change.settings, std::move(ending), 1, {}};
    if (options.prover.gap && !effect.ending.failed)
      effect.proved = options.prover.gap(effect.ending.x);
    effect.ratio = effect.ending.failed ? HUGE_VAL : effect.ending.level / d.ending.level;
    d.effects.push_back(std::move(effect));
  };
  std::vector<Ending> endings(list.size());
  std::mutex one_at_a_time;
  long finished = 0;
  for_each_index(list.size(), options.jobs, [&](std::size_t k) {
    endings[k] = ending_of(list[k].apply(e), instance);
    const std::lock_guard lock(one_at_a_time);
    tell("counterfactual runs", ++finished, static_cast<long>(list.size()));
  });
  for (std::size_t k = 0; k < list.size(); ++k) {
    add_effect(list[k], std::move(endings[k]));
    const Effect& effect = d.effects.back();
    const bool fault = list[k].id.rfind("fault:", 0) == 0;
    if ((halves(effect) || fault) && specific(list[k].id) && helpful.size() < 8)
      helpful.push_back({list[k], effect.ending.level});
  }
  // Where rounding makes part of the gap, be it in the estimate or in x, more digits are a what-if;
  // elsewhere they would take long and change nothing. Nor do they help a lower level that is not
  // solved to the end.
  const bool at_floor = std::any_of(d.events.begin(), d.events.end(), [&](const Event& event) {
    return event.id == "rounding_floor" && event.last == d.iterations - 1;
  });
  const long last_rows = static_cast<long>(end_rows);
  if (d.iterations >= last_rows && !d.ending.failed && d.gap_mapping > 0 &&
      e.lower_level == "active_set" &&
      (at_floor || makes_part_of(*d.ladders.back().find("rounding"), d.gap_mapping))) {
    tell("50 digits", 0, 1);
    const long count = std::min(d.iterations, digits_iterations);
    add_effect({"precision", fmt::format("the last {} iterations in 50 digits", count), {}, {}},
               ending_in_50_digits(e, instance, count));
    // The nearest doubles to its point have a gap of their own.
    d.effects.back().proved = {};
    d.effects.back().proved.why = "its last point is no double";
  }
  std::stable_sort(d.effects.begin(), d.effects.end(),
                   [](const Effect& a, const Effect& b) { return a.ratio < b.ratio; });
  d.cures = smallest_cures(e, instance, d.ending.level, helpful, options.jobs);
  if (options.prover.kink && !d.ending.failed && (d.kink_rows > 0 || changes_pieces(run.trace)))
    d.kink = options.prover.kink(last_points(e, instance));
  Judge(e, d).judge();
  if (!first_asked && d.ladders.size() > 1) d.ladders.erase(d.ladders.begin());
  return d;
}

}  // namespace assay
