#include "assay/run/runner.hpp"

#include "assay/algorithm/catalogue.hpp"
#include "assay/hypergradient/catalogue.hpp"
#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/catalogue.hpp"
#include "assay/scalar/instantiate.hpp"
#include "assay/step/catalogue.hpp"
#include "assay/support/error.hpp"

namespace assay {

namespace {

NoiseLevels noise_levels(const Settings& s) {
  return {s.real("objective_std"), s.real("gradient_std"), s.real("lower_linear_std"),
          s.real("lower_cross_std"), s.real("upper_hessian_std")};
}

/// What one estimator remembers of earlier evaluations, given to another of the same kind.
template <class S>
void copy_state(Estimator<S>& from, Estimator<S>& to) {
  StateArchive kept = StateArchive::writer();
  from.archive(kept);
  StateArchive restored = StateArchive::reader(kept.values());
  to.archive(restored);
}

/// Some faults shape the run as a whole; a change halfway would leave them half on.
void check_changes(const Experiment& e) {
  for (const Fault fault : {Fault::shared_stream, Fault::sticky_status, Fault::swapped_rows})
    for (const Change& c : e.changes)
      if (c.faults.has(fault) != e.faults.has(fault)) {
        FaultSet whole;
        whole.add(fault);
        throw InputError(e.source, "change.faults",
                         "'" + whole.names()[0] + "' is on for the whole run or not at all");
      }
}

}  // namespace

template <class S>
Runner<S>::Runner(const Experiment& experiment, const Instance& instance)
    : e_(experiment),
      problem_(instance),
      noise_(noise_levels(experiment.noise)),
      draws_(static_cast<std::uint64_t>(experiment.seed), algorithm_stream(experiment.algorithm),
             experiment.faults.has(Fault::shared_stream) ? &shared_position_ : nullptr),
      true_lower_(std::make_unique<ActiveSetLowerLevel<S>>(problem_)),
      status_(experiment.faults.has(Fault::sticky_status)) {
  check_changes(e_);
  const QuadraticProblem<S>* seen = &problem_;
  if (e_.faults.has(Fault::swapped_rows)) {
    if (problem_.n != problem_.m) throw InputError(e_.source, "faults", "swapped_rows needs n = m");
    seen_ = std::make_unique<QuadraticProblem<S>>(problem_);
    seen_->Bt = Mat<S>(-problem_.A.transpose());
    for (Index i = 0; i < seen_->rows(); ++i) seen_->row_norm[i] = max_norm<S>(seen_->Bt.col(i));
    seen = seen_.get();
  }
  lower_ = make_lower_level<S>(e_.lower_level, e_.lower_level_settings, *seen);
  probe_lower_ = make_lower_level<S>(e_.lower_level, e_.lower_level_settings, *seen);
  truth_ = std::make_unique<ImplicitEstimator<S>>(
      EstimatorContext<S>{&problem_, true_lower_.get(), &draws_, {}, {}});
  x0_ = starting_point(instance);
  check_feasible(instance);
  build(e_.algorithm_settings, e_.step_settings, e_.hypergradient_settings, e_.faults);
}

template <class S>
EstimatorContext<S> Runner<S>::estimator_context(LowerLevel<S>& lower, const FaultSet& faults) {
  return {&problem_, &lower, &draws_,
          noise_,    faults, e_.lower_level_settings.flag("accept_unconverged")};
}

template <class S>
void Runner<S>::build(const Settings& algorithm, const Settings& step,
                      const Settings& hypergradient, const FaultSet& faults) {
  faults_ = faults;
  if (estimator_) {
    solves_before_ += estimator_->solves();
    unconverged_before_ += estimator_->unconverged();
  }
  estimator_ =
      make_estimator<S>(e_.hypergradient, hypergradient, estimator_context(*lower_, faults));
  probe_ =
      make_estimator<S>(e_.hypergradient, hypergradient, estimator_context(*probe_lower_, faults));
  step_settings_ = step;
  step_ = std::make_unique<LimitedStep<S>>(
      make_step<S>(e_.step, step, {e_.iterations, problem_.upper_mu}));
  AlgorithmContext<S> context;
  context.problem = &problem_;
  context.estimator = estimator_.get();
  context.step = step_.get();
  context.draws = &draws_;
  context.faults = faults;
  context.horizon = e_.iterations;
  context.true_gap = [this](const Vec<S>& x) {
    evaluate_truth(x);
    return norm(true_gradient_.total);
  };
  algorithm_ = make_algorithm<S>(e_.algorithm, algorithm, context);
}

/// New settings from here on; the state of algorithm and estimator goes over, and that of the step
/// rule unless its own settings are new: a new cap is not the old one, shrunk.
template <class S>
void Runner<S>::change(const Change& c) {
  StateArchive kept = StateArchive::writer();
  algorithm_->archive(kept);
  estimator_->archive(kept);
  const bool same_step = c.step.values() == step_settings_.values();
  if (same_step) step_->archive(kept);
  build(c.algorithm, c.step, c.hypergradient, c.faults);
  StateArchive restored = StateArchive::reader(kept.values());
  algorithm_->archive(restored);
  estimator_->archive(restored);
  if (same_step) step_->archive(restored);
}

template <class S>
Vec<S> Runner<S>::starting_point(const Instance& instance) const {
  const std::string& point = e_.start.text("point");
  Vec<S> x(problem_.n);
  if (point == "instance") {
    if (!instance.x0)
      throw InputError(instance.source, "x0", "is missing; give [start] point in the experiment");
    x = instance.x0->template to_vector<S>();
  } else if (point == "normal") {
    const Vec<double> z =
        RandomStream(static_cast<std::uint64_t>(e_.seed), 0, Purpose::start, 0).normals(problem_.n);
    for (Index i = 0; i < problem_.n; ++i) x[i] = S(e_.start.real("scale")) * S(z[i]);
  } else {
    for (Index i = 0; i < problem_.n; ++i) x[i] = S(0);
  }
  problem_.project_upper(x);
  return x;
}

template <class S>
void Runner<S>::check_feasible(const Instance& instance) {
  for (Index i = 0; i < x0_.size(); ++i)
    if (!is_finite(x0_[i])) throw NumericalError(instance.source, "x0", "is not finite");
  if (true_lower_->solve(x0_, Vec<S>()).status == LowerStatus::infeasible)
    throw NumericalError(
        instance.source, "constraints",
        "no y satisfies them at the starting point: the lower level is infeasible");
}

template <class S>
void Runner<S>::evaluate_truth(const Vec<S>& x) {
  if (true_at_.size() == x.size() && true_at_ == x) return;
  truth_->evaluate(x, Vec<S>(), 0, true_gradient_);
  true_at_ = x;
}

template <class S>
void Runner<S>::fill_truth(Record<S>& r) {
  const Vec<S>& x = algorithm_->x();
  for (Index i = 0; i < x.size(); ++i)
    if (!is_finite(x[i])) throw NumericalError("x[" + std::to_string(i) + "] is no longer finite");
  evaluate_truth(x);
  const LowerSolution<S>& s = truth_->solution();
  r.objective = problem_.upper_value(x, s.y);
  r.gap_total = norm(true_gradient_.total);
  r.gap_direct = norm(true_gradient_.direct);
  r.gap_implicit = norm(true_gradient_.implicit);
  r.gap_mapping = r.gap_total;
  if (problem_.x_set != UpperSet::Kind::whole_space) {
    moved_ = x - true_gradient_.total;
    problem_.project_upper(moved_);
    moved_ = x - moved_;
    r.gap_mapping = norm(moved_);
  }
  if (!is_finite(r.objective) || !is_finite(r.gap_total))
    throw NumericalError("objective or gap is no longer finite");
  r.active_set_size = static_cast<long>(s.active.size());
  StateDigest rows;
  for (const Index i : s.active) rows.add(static_cast<double>(i));
  r.active_set_digest = rows.value();
  r.weakly_active = static_cast<long>(s.weakly_active.size());
  r.licq = s.licq;
  r.has_slack = s.has_slack;
  r.has_multiplier = s.has_multiplier;
  r.min_slack = s.min_slack;
  r.min_multiplier = s.min_multiplier;
  digest_.add(x);
  r.x_digest = digest_.value();
}

template <class S>
void Runner<S>::fill_step(const StepReport<S>& report, Record<S>& r) {
  r.has_step = true;
  r.gap_reported = report.gradient_raw;
  if (faults_.has(Fault::direct_gap_reported)) r.gap_reported = r.gap_direct;
  if (faults_.has(Fault::objective_gap_reported)) r.gap_reported = r.objective;
  r.step_requested = report.step_requested;
  r.step_applied = faults_.has(Fault::printed_step) ? report.step_requested : report.step_applied;
  r.step_length = report.step_length;
  r.gradient_norm_raw = report.gradient_raw;
  r.gradient_norm_smoothed = report.gradient_smoothed;
  r.momentum_norm = report.momentum;
  r.cos_gradient_momentum = report.cosine;
  r.perturbation_norm = report.perturbation;
  r.estimate_kink = report.kink;
  const Certificate<S>& own = estimator_->certificate();
  r.lower_level_stationarity = own.stationarity;
  r.lower_level_primal = own.primal;
  r.lower_level_dual = own.dual;
  r.lower_level_complementarity = own.complementarity;
  r.lower_level_error_bound = own.error_bound;
  r.lower_level_bound = !own.has_bound ? "none" : own.bound_is_proved ? "proved" : "estimated";
  r.lower_level_status = to_string(estimator_->status());
}

template <class S>
Record<S> Runner<S>::start() {
  draws_.set_iteration(0);
  algorithm_->start(x0_);
  Record<S> r;
  fill_truth(r);
  r.status = status_.word();
  return r;
}

template <class S>
Record<S> Runner<S>::step(long t) {
  for (const Change& c : e_.changes)
    if (c.iteration == t) change(c);
  draws_.set_iteration(static_cast<std::uint64_t>(t) + 1);
  Record<S> r;
  r.iteration = t;
  const std::int64_t every = e_.probe.integer("gradient_every");
  if (every > 0 && t % every == 0) {
    const bool touch = faults_.has(Fault::probe_updates_state);
    if (!touch) copy_state(*estimator_, *probe_);
    algorithm_->probe(touch ? *estimator_ : *probe_, touch, probed_);
    evaluate_truth(algorithm_->x());
    r.has_probe = true;
    const Vec<S>& truth = true_gradient_.total;
    r.probe_cosine = faults_.has(Fault::damped_cosine)
                         ? S(dot(probed_, truth) / (norm(probed_) * norm(truth) + S(1e-12)))
                         : cosine(probed_, truth);
  }
  const StepReport<S> report = algorithm_->step(t);
  fill_truth(r);
  fill_step(report, r);
  status_.add(t, r.gap_mapping);
  r.status = status_.word();
  return r;
}

template <class S>
const Vec<S>& Runner<S>::estimate_here(long t) {
  const auto drawn = static_cast<std::uint64_t>(t) + 1;
  draws_.set_iteration(drawn);
  algorithm_->probe(*estimator_, false, probed_);
  return probed_;
}

template <class S>
const Hypergradient<S>& Runner<S>::truth() {
  evaluate_truth(algorithm_->x());
  return true_gradient_;
}

template <class S>
long Runner<S>::unconverged() const {
  return unconverged_before_ + estimator_->unconverged();
}

template <class S>
bool Runner<S>::output_gap(S& gap) {
  const Vec<S> out = algorithm_->output();
  if (out.size() == 0) return false;
  evaluate_truth(out);
  gap = norm(true_gradient_.total);
  return true;
}

namespace {

template <class S>
void archive_lower(StateArchive& state, const std::string& name, LowerLevel<S>& lower) {
  std::vector<Index> rows = lower.warm_rows();
  long count = static_cast<long>(rows.size());
  state.integer(name + ".rows", count);
  rows.resize(static_cast<std::size_t>(count));
  for (long i = 0; i < count; ++i) {
    long row = static_cast<long>(rows[static_cast<std::size_t>(i)]);
    state.integer(name + ".row[" + std::to_string(i) + "]", row);
    rows[static_cast<std::size_t>(i)] = row;
  }
  Vec<S> point = lower.warm_point();
  state.vector(name + ".point", point);
  if (state.reading()) {
    lower.set_warm_rows(rows);
    if (point.size() > 0) lower.set_warm_point(point);
  }
}

}  // namespace

template <class S>
void Runner<S>::archive(StateArchive& state) {
  if (state.reading()) {
    // Settings in force at the checkpoint's iteration: the last change before it.
    long done = 0;
    state.integer("iteration", done);
    const Change* last = nullptr;
    for (const Change& c : e_.changes)
      if (c.iteration < done) last = &c;
    if (last) build(last->algorithm, last->step, last->hypergradient, last->faults);
  }
  algorithm_->archive(state);
  estimator_->archive(state);
  step_->archive(state);
  status_.archive(state);
  archive_lower(state, "lower", *lower_);
  archive_lower(state, "true_lower", *true_lower_);
  archive_lower(state, "probe_lower", *probe_lower_);
  long unconverged = this->unconverged();
  state.integer("unconverged", unconverged);
  if (state.reading()) unconverged_before_ = unconverged - estimator_->unconverged();
  long position = static_cast<long>(shared_position_);
  state.integer("shared_position", position);
  shared_position_ = static_cast<std::uint64_t>(position);
  std::string digest = std::to_string(digest_.value());
  state.text("digest", digest);
  digest_ = StateDigest(std::stoull(digest));
}

#define ASSAY_INSTANTIATE(S) template class Runner<S>;
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

}  // namespace assay
