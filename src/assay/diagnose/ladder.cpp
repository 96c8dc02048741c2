#include "assay/diagnose/ladder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "assay/diagnose/variant.hpp"
#include "assay/run/runner.hpp"
#include "assay/support/error.hpp"

namespace assay {

namespace {

using State = std::map<std::string, std::string>;

double size_of(const Vec<Real50>& v) { return to_double(norm(v)); }

/// Faults that act on what the estimator computes; those of steps and reports do not. What hides
/// others comes before them: an implicit part that is left out hides every error in it.
constexpr Fault estimator_faults[] = {Fault::detached_implicit,
                                      Fault::pseudo_neumann,
                                      Fault::skipped_inner_solve,
                                      Fault::hard_constrained_inner,
                                      Fault::swapped_rows,
                                      Fault::slack_only_active_set,
                                      Fault::regularised_active_set,
                                      Fault::dropped_row_term,
                                      Fault::unscaled_two_point,
                                      Fault::adaptive_smoothing,
                                      Fault::gate_at_inner_point,
                                      Fault::sigmoid_gate,
                                      Fault::ridge,
                                      Fault::literal_value_gradient};

bool has_fault(const Experiment& e, Fault fault) {
  return e.faults.has(fault) || std::any_of(e.changes.begin(), e.changes.end(),
                                            [&](const Change& c) { return c.faults.has(fault); });
}

std::string name_of(Fault fault) {
  FaultSet one;
  one.add(fault);
  return one.names().front();
}

/// Builds the list: each entry on top of the one before.
class Climb {
 public:
  explicit Climb(const Experiment& e) {
    now_ = e;
    now_.scalar = "real50";
  }

  void add(const std::string& cause, const std::string& remedy, const Experiment& next) {
    now_ = next;
    list_.push_back({cause, remedy, now_, here_});
  }
  /// If some phase has another value than the neutral one.
  void neutral(Settings Experiment::*table, const std::string& key, const Value& value,
               const std::string& cause, const std::string& remedy) {
    if (!differs_anywhere(now_, table, key, value)) return;
    add(cause, remedy,
        table == &Experiment::algorithm_settings ? with_algorithm(now_, key, value)
                                                 : with_hypergradient(now_, key, value));
  }
  void fault(Fault fault) {
    if (has_fault(now_, fault))
      add(name_of(fault), "without the fault", without_fault(now_, fault));
  }
  void stay() { here_ = true; }
  const Experiment& now() const { return now_; }
  std::vector<Fidelity> take() { return std::move(list_); }

 private:
  Experiment now_;
  bool here_ = false;
  std::vector<Fidelity> list_;
};

/// An algorithm with its state, in one scalar, set back to any iteration.
template <class S>
class Replay {
 public:
  Replay(const Fidelity& fidelity, const Instance& instance)
      : experiment_(fidelity.experiment),
        here_(fidelity.here),
        runner_(std::make_unique<Runner<S>>(experiment_, instance)) {}

  Vec<S> estimate(const State& state, long t) {
    restore(state);
    if (here_) return runner_->estimate_here(t);
    runner_->step(t);
    return runner_->estimate();
  }
  const Hypergradient<S>& truth(const State& state) {
    restore(state);
    return runner_->truth();
  }

 private:
  void restore(const State& state) {
    StateArchive archive = StateArchive::reader_of_doubles(state);
    runner_->archive(archive);
  }

  Experiment experiment_;  // the runner refers to it
  bool here_;
  std::unique_ptr<Runner<S>> runner_;
};

/// How far the deltas are from adding up, and what their roundings allow: a delta is one rounded
/// subtraction, |error| <= u |delta| <= u (|v| + |w|).
void check_identity(Ladder& ladder) {
  Real100 worst(0), allowed(0);
  for (Index i = 0; i < ladder.truth.size(); ++i) {
    Real100 left = convert<Real100>(ladder.reported[i]) - convert<Real100>(ladder.truth[i]);
    Real100 bound(0);
    for (const Rung& rung : ladder.rungs) {
      const Real100 delta = convert<Real100>(rung.delta[i]);
      left -= delta;
      bound += magnitude(delta);
    }
    worst = larger(worst, magnitude(left));
    allowed = larger(allowed, bound);
  }
  ladder.identity_error = to_double(worst);
  ladder.identity_bound = to_double(unit_roundoff<Real50>()) * to_double(allowed);
}

}  // namespace

const Rung* Ladder::find(const std::string& cause) const {
  for (const Rung& rung : rungs)
    if (rung.cause == cause) return &rung;
  return nullptr;
}

Vec<Real50> Ladder::bias() const {
  Vec<Real50> sum = Vec<Real50>::Zero(truth.size());
  bool of_the_estimator = false;
  for (const Rung& rung : rungs) {
    if (of_the_estimator && rung.cause != "lower_level") sum += rung.delta;
    if (rung.cause == "evaluation_point") of_the_estimator = true;
  }
  return sum;
}

std::vector<Fidelity> fidelities(const Experiment& e) {
  Climb climb(e);
  climb.add("rounding", "50 digits instead of double", climb.now());
  climb.fault(Fault::independent_samples);
  const Experiment silent = without_noise(climb.now());
  if (silent.noise.values() != climb.now().noise.values())
    climb.add("noise", "no noise in f, g and their gradients", silent);
  climb.fault(Fault::normalised_perturbation);
  climb.neutral(&Experiment::algorithm_settings, "perturbation", 0.0, "perturbation",
                "no perturbation q of the lower level");
  climb.neutral(&Experiment::algorithm_settings, "gradient_clip", 0.0, "gradient_clip",
                "no clipping of the gradient");
  climb.fault(Fault::per_coordinate_segment);
  // Samples are all the same by now: their mean would only round.
  climb.stay();
  climb.add("evaluation_point", "the estimate taken at x itself",
            with_algorithm(climb.now(), "samples", std::int64_t{1}));
  if (climb.now().lower_level != "active_set")
    climb.add("lower_level", "the exact lower level", with_lower_level(climb.now(), "active_set"));
  for (const Fault fault : estimator_faults) climb.fault(fault);
  if (climb.now().hypergradient == "penalty") {
    Settings Experiment::*table = &Experiment::hypergradient_settings;
    climb.neutral(table, "multiplier_average", 0.0, "multiplier_average",
                  "multipliers of this point instead of their average");
    climb.neutral(table, "inner", std::string("exact"), "inner_solve",
                  "the penalised lower level solved exactly");
    climb.neutral(table, "gate", std::string("active_set"), "gate",
                  "gates 1 on the active rows and 0 elsewhere");
  }
  const std::string estimator = climb.now().hypergradient;
  if (estimator != "implicit")
    climb.add(estimator, "the exact adjoint", with_estimator(climb.now(), "implicit"));
  return climb.take();
}

Continuation continue_in_50_digits(const Experiment& e, const Instance& instance, long count) {
  Runner<double> runner(e, instance);
  runner.start();
  const long from = e.iterations - count;
  for (long t = 0; t < from; ++t) runner.step(t);
  StateArchive archive = StateArchive::writer();
  long at = from;
  archive.integer("iteration", at);
  runner.archive(archive);

  Experiment precise = e;
  precise.scalar = "real50";
  Runner<Real50> rest(precise, instance);
  StateArchive reader = StateArchive::reader_of_doubles(archive.values());
  rest.archive(reader);
  Continuation out;
  for (long t = from; t < e.iterations; ++t)
    out.gaps.push_back(to_double(rest.step(t).gap_mapping));
  out.x.resize(rest.x().size());
  for (Index i = 0; i < out.x.size(); ++i) out.x[i] = to_double(rest.x()[i]);
  return out;
}

std::vector<long> ladder_iterations(long count) {
  std::vector<long> list;
  if (count < 1) return list;
  list.push_back(0);
  for (long decade = 1; decade < count; decade *= 10)
    for (const long digit : {1L, 2L, 5L})
      if (digit * decade < count - 1) list.push_back(digit * decade);
  if (count > 1) list.push_back(count - 1);
  std::sort(list.begin(), list.end());
  return list;
}

std::vector<Ladder> fidelity_ladders(const Experiment& e, const Instance& instance,
                                     const std::vector<long>& iterations) {
  if (e.scalar != "double")
    throw InputError(e.source, "run.scalar",
                     "is " + e.scalar + "; the ladder stands on a run in double");
  std::vector<Ladder> ladders;
  std::vector<State> states;
  Runner<double> runner(e, instance);
  runner.start();
  long done = 0;
  for (const long t : iterations) {
    for (; done < t; ++done) runner.step(done);
    StateArchive archive = StateArchive::writer();
    archive.integer("iteration", done);
    runner.archive(archive);
    states.push_back(archive.values());
    Ladder ladder;
    ladder.x = runner.x();
    runner.step(done++);
    ladder.iteration = t;
    ladder.reported = widen<Real50>(runner.estimate());
    ladder.after = runner.x();
    ladders.push_back(std::move(ladder));
  }

  // One rung after the other through all iterations: its problem is factored once.
  std::vector<Vec<Real50>> before;
  for (const Ladder& ladder : ladders) before.push_back(ladder.reported);
  const std::vector<Fidelity> list = fidelities(e);
  for (std::size_t k = 0; k < list.size(); ++k) {
    Replay<Real50> replay(list[k], instance);
    for (std::size_t i = 0; i < ladders.size(); ++i) {
      const Vec<Real50> after = replay.estimate(states[i], ladders[i].iteration);
      Rung rung;
      rung.cause = list[k].cause;
      rung.remedy = list[k].remedy;
      rung.delta = before[i] - after;
      rung.size = size_of(rung.delta);
      ladders[i].rungs.push_back(std::move(rung));
      before[i] = after;
      if (k + 1 < list.size()) continue;
      const Hypergradient<Real50>& truth = replay.truth(states[i]);
      ladders[i].truth = truth.total;
      ladders[i].direct = truth.direct;
      ladders[i].implicit = truth.implicit;
    }
  }
  for (Ladder& ladder : ladders) {
    const Vec<Real50> error = ladder.reported - ladder.truth;
    const Real50 square = dot(error, error);
    for (Rung& rung : ladder.rungs)
      if (square != Real50(0)) rung.share = to_double(Real50(dot(rung.delta, error) / square));
    ladder.reported_size = size_of(ladder.reported);
    ladder.truth_size = size_of(ladder.truth);
    ladder.error_size = size_of(error);
    check_identity(ladder);
    if (!(ladder.identity_error <= ladder.identity_bound))
      throw Error(ExitCode::internal,
                  fmt::format("the ladder of iteration {} does not add up: off by {:.3g}, allowed "
                              "{:.3g}",
                              ladder.iteration, ladder.identity_error, ladder.identity_bound));
  }
  return ladders;
}

}  // namespace assay
