// A run is a function of experiment, instance and scalar, and says what it did.
#include <algorithm>

#include "assay/problem/generator.hpp"
#include "assay/run/run.hpp"
#include "assay/support/error.hpp"
#include "properties/property.hpp"
#include "properties/run_case.hpp"
#include "properties/transforms.hpp"

namespace assay::properties {

namespace {

using reference::length_of;
using reference::size_of;

/// A run that may end in any documented way; how it ends is part of what it is.
struct Run {
  RunOutcome out;
  std::string text, refused;  ///< the trace; why there is none
};

Run run(const Experiment& e, const Instance& instance, const RunControl& control = {}) {
  Run r;
  try {
    r.out = run_experiment(e, instance, control);
    r.text = trace_text(r.out.trace);
  } catch (const NumericalError& error) {
    r.refused = error.what();
  }
  return r;
}

/// The run of the case, or a discard where it cannot start.
Run started(const Experiment& e, const Instance& instance, Check& check) {
  Run r = run(e, instance);
  if (!r.refused.empty()) check.discard(r.refused);
  return r;
}

void same_run(Check& check, const std::string& what, const Run& a, const Run& b) {
  check.that(what + ": the same trace", a.text == b.text);
  check.that(what + ": the same end", a.out.end == b.out.end && a.out.failure == b.out.failure,
             a.out.failure + " / " + b.out.failure);
}

template <class S>
std::string scalar_of() {
  return std::string(scalar_name<S>());
}

// -------------------------------------------------------------------------------------------- R1

template <class S>
void same_bytes(const Case& c, Check& check) {
  const Experiment e = run_of(c, scalar_of<S>());
  const Run once = started(e, c.instance, check);
  const Run again = run(run_of(c, scalar_of<S>()), c.instance);
  same_run(check, "run again", once, again);
  check.that("run again: the same manifest", once.out.manifest == again.out.manifest);

  // Numbers survive their text, so the instance rebuilt from it is the same problem.
  const std::string text = instance_text(c.instance);
  const Instance rebuilt = parse_instance(text, "text");
  check.that("an instance's text is a fixed point", instance_text(rebuilt) == text);
  same_run(check, "instance rebuilt from its text", once, run(e, rebuilt));

  // What an experiment is called does not enter its trace.
  Experiment renamed = e;
  renamed.name = "other";
  renamed.description = "words";
  same_run(check, "another name", once, run(renamed, c.instance));
}

// -------------------------------------------------------------------------------------------- R2

/// Every cell of the rows that both have, but for the probe's own column.
void same_where_shared(Check& check, const std::string& what, const Trace& a, const Trace& b) {
  const int probe = a.column("probe_cosine");
  check.that(what + ": the same columns", a.columns == b.columns);
  std::size_t shared = 0;
  for (const auto& row : a.rows) {
    const int at = b.row_of(std::stol(row[0]));
    if (at < 0) continue;
    ++shared;
    for (std::size_t k = 0; k < row.size(); ++k)
      if (static_cast<int>(k) != probe)
        check.that(what + ": the same cells", row[k] == b.rows[static_cast<std::size_t>(at)][k],
                   "iteration " + row[0] + ", " + a.columns[k] + ": " + row[k] + " is not " +
                       b.rows[static_cast<std::size_t>(at)][k]);
  }
  check.that(what + ": start and end are recorded", shared >= 2 || a.rows.size() < 2);
}

template <class S>
void observers_change_nothing(const Case& c, Check& check) {
  const Run plain = started(run_of(c, scalar_of<S>()), c.instance, check);
  Observers probe;
  probe.probe_every = std::max(1L, c.integer("probe"));
  const Run probed = run(run_of(c, scalar_of<S>(), probe), c.instance);
  // A probe may meet what ends a run only where an estimate of its own fails; the run's does too.
  same_where_shared(check, "with a probe", plain.out.trace, probed.out.trace);
  check.that("with a probe: the same end", plain.out.end == probed.out.end);
  if (plain.out.end != RunEnd::finished) return;
  Observers moved = probe;
  moved.probe_every += 1;
  same_where_shared(check, "with a probe elsewhere", plain.out.trace,
                    run(run_of(c, scalar_of<S>(), moved), c.instance).out.trace);

  Observers fewer;
  fewer.every = std::max(1L, c.integer("every"));
  fewer.first = c.integer("first");
  fewer.last = c.integer("last");
  const Run sparse = run(run_of(c, scalar_of<S>(), fewer), c.instance);
  same_where_shared(check, "fewer rows", plain.out.trace, sparse.out.trace);
  const long T = c.integer("steps");
  for (long t = -1; t < T; ++t) {
    const bool due = t < fewer.first || t >= T - fewer.last || t == T - 1 || t % fewer.every == 0;
    check.that("the rows asked for are there, and no other",
               (sparse.out.trace.row_of(t) >= 0) == (due || t == -1), std::to_string(t));
  }

  RunControl control;
  control.checkpoint_every = std::max(1L, c.integer("split"));
  control.save_checkpoint = [](const std::string&) {};
  control.progress = [](long, long) {};
  same_run(check, "with checkpoints", plain, run(run_of(c, scalar_of<S>()), c.instance, control));
}

// -------------------------------------------------------------------------------------------- R3

template <class S>
void applied_is_logged(const Case& c, Check& check) {
  const Experiment e = run_of(c, scalar_of<S>());
  Walk<S> walk(c.instance, e);
  try {
    if (!walk.start()) check.discard("no lower level at the start");
    const Exact u = roundoff<S>(), n(static_cast<double>(c.instance.n));
    for (long t = 0; t < c.integer("steps"); ++t) {
      const ExactVector x = as_exact(walk.x());
      if (!walk.step()) return;
      const ExactVector next = as_exact(walk.x());
      const Record<S>& r = walk.record();
      const Exact length = length_of(next - x);
      near(check, "step_length is |x_{t+1} - x_t|", r.step_length, length,
           Exact((n + 4) * u * length));
      // eta |m|: the norm's n + 4 roundings (twice where m = -Delta/eta is one), the product's and
      // the sum's, which are of the size of x.
      const Exact claim = Exact(r.step_applied) * Exact(r.momentum_norm);
      near(check, "|x_{t+1} - x_t| = step_applied |m_t|", r.step_length, claim,
           Exact((2 * n + 12) * u * claim + 2 * sqrt(n) * u * (size_of(next) + size_of(x))));
      // F2CSA's floor under emergencies is not in these runs: nothing but caps stands between.
      check.at_most("step_applied <= step_requested", Exact(r.step_applied),
                    Exact(r.step_requested));
      // cos in [-1, 1], but for the roundings of its dot product.
      check.at_most("|cos_gradient_momentum| <= 1", magnitude(Exact(r.cos_gradient_momentum)),
                    Exact(1 + (2 * n + 12) * u));
    }
  } catch (const NumericalError& error) {
    check.discard(error.what());
  }
}

// -------------------------------------------------------------------------------------------- R4

/// The word that the last 20 gaps of a trace stand for, computed anew from their text.
struct Window {
  bool converged = false, doubtful = false;
};

Window window_at(const Trace& trace, std::size_t row, const Exact& u) {
  Window w;
  if (row < 20) return w;  // row 0 is the start
  Exact mean(0), variance(0), top(0);
  std::vector<Exact> gaps;
  for (std::size_t k = row - 19; k <= row; ++k)
    gaps.push_back(from_text<Real100>(trace.cell(k, "gap_mapping")));
  for (const Exact& g : gaps) {
    mean += g / 20;
    top = larger(top, g);
  }
  for (const Exact& g : gaps) variance += (g - mean) * (g - mean) / 20;
  const Exact limit = Exact(1e-4) * Exact(1e-4);
  w.converged = variance < limit;
  // 40 roundings of terms up to top^2.
  w.doubtful = magnitude(Exact(variance - limit)) <= 40 * u * (top * top + limit);
  return w;
}

Case status_case(Source& source) {
  Case c = run_case(source);
  // Runs that settle, to about the size that the status looks at, and are sometimes kicked again.
  c.numbers["steps"] = static_cast<double>(source.integer(20, 170));
  c.numbers["estimator"] = 0;
  c.numbers["solver"] = 0;
  c.numbers["samples"] = 1;
  c.numbers["gradient_std"] = source.log_uniform(1e-4, 3e-2);
  c.numbers["width"] = 0;
  c.numbers["upper_hessian_std"] = c.numbers["lower_linear_std"] = 0;
  c.numbers["length"] = source.log_uniform(1e-3, 0.1);
  c.numbers["rule"] = source.pick({0, 3, 5});
  if (source.chance(0.3)) {
    // Gaps so small that even with zeros among them the word could come too soon.
    Rewritten r(c);
    scale_upper(r, Rational(1) / (1 << 16));
    r.instance.x0 = c.instance.x0;
    c.instance = r.instance;
  }
  return c;
}

template <class S>
void status_is_of_the_window(const Case& c, Check& check) {
  const Exact u = roundoff<S>();
  const Run plain = started(run_of(c, scalar_of<S>()), c.instance, check);
  const Trace& trace = plain.out.trace;
  for (std::size_t row = 1; row < trace.rows.size(); ++row) {
    const Window w = window_at(trace, row, u);
    if (w.doubtful) continue;
    check.that("status is what the last 20 gaps say",
               trace.cell(row, "status") == (w.converged ? "converged" : "running"),
               "iteration " + trace.cell(row, "iteration"));
  }
  // The fault: tested every 20 iterations from 100 on, and kept once passed. Nothing else changes.
  const Run sticky = run(run_of(c, scalar_of<S>(), {}, {"sticky_status"}), c.instance);
  bool kept = false;
  for (std::size_t row = 1; row < sticky.out.trace.rows.size(); ++row) {
    const long t = std::stol(sticky.out.trace.cell(row, "iteration"));
    if (t >= 100 && t % 20 == 0 && !kept) {
      const Window w = window_at(trace, row, u);
      if (w.doubtful) return;
      kept = w.converged;
    }
    check.that("under sticky_status the word is kept",
               sticky.out.trace.cell(row, "status") == (kept ? "converged" : "running"),
               "iteration " + std::to_string(t));
    check.that("sticky_status changes the word only",
               sticky.out.trace.cell(row, "x_digest") == trace.cell(row, "x_digest"));
  }
}

// -------------------------------------------------------------------------------------------- R5

Case truth_case(Source& source) {
  Case c = run_case(source);
  Recipe recipe;
  recipe.largest = 4;
  recipe.bounds = false;
  recipe.condition = 1e3;
  recipe.margin = 1e-3;
  const Case other = quadratic_case(source, recipe);
  c.instance = other.instance;
  c.vectors = other.vectors;
  c.numbers["steps"] = static_cast<double>(source.integer(1, 8));
  c.numbers["solver"] = 0;
  c.numbers["box"] = source.chance(0.4) ? source.log_uniform(1e-2, 2) : 0;
  return c;
}

template <class S>
void gaps_are_recomputable(const Case& given, Check& check) {
  Case c = given;
  if (c.number("box") > 0 && !(c.integer("algorithm") == 2 && c.integer("variant") == 0)) {
    UpperSet& set = c.instance.x_set;
    set.kind = UpperSet::Kind::box;
    set.lower = set.upper = *c.instance.x0;
    for (Index i = 0; i < c.instance.n; ++i) {
      set.lower.set(i, 0, set.lower(i) - c.number("box"));
      set.upper.set(i, 0, set.upper(i) + c.number("box") / 2);
    }
  }
  const Experiment e = run_of(c, scalar_of<S>());
  Walk<S> walk(c.instance, e);
  Textbook book(c.instance);
  const Exact u = roundoff<S>(), n(static_cast<double>(c.instance.n));
  try {
    if (!walk.start()) check.discard("no lower level at the start");
    for (long t = 0;; ++t) {
      const ExactVector x = as_exact(walk.x());
      const Record<S>& r = walk.record();
      const Truth at = truth(book, x, u);
      if (!at.certain) {
        if (t == 0) check.discard("the active set is in doubt");
        return;
      }
      near(check, "gap_total is |grad F| at the stored x", r.gap_total, at.gap, at.gap_error);
      near(check, "objective is F at the stored x", r.objective, at.value, at.value_error);
      const auto answer = book.solve(x, ExactVector());
      const Exact direct = length_of(answer.upper_x);
      const Exact implicit = length_of(at.gradient - answer.upper_x);
      near(check, "gap_direct is |grad_x f|", r.gap_direct, direct,
           Exact(at.gradient_error + (n + 4) * u * direct));
      near(check, "gap_implicit is the rest", r.gap_implicit, implicit,
           Exact(at.gradient_error + (n + 4) * u * implicit));
      // |x - P(x - grad F)|: a projection moves by no more than its argument.
      const ExactVector mapped =
          x - reference::projected(c.instance.x_set, ExactVector(x - at.gradient));
      const Exact mapping = length_of(mapped);
      near(check, "gap_mapping is |x - P_X(x - grad F)|", r.gap_mapping, mapping,
           Exact(at.gap_error + sqrt(n) * 3 * u * (size_of(x) + at.gap) + (n + 4) * u * mapping));
      check.that("active_set_size is that of the optimal set",
                 r.active_set_size == static_cast<long>(at.active.size()));
      if (t == c.integer("steps") || !walk.step()) return;
    }
  } catch (const NumericalError& error) {
    check.discard(error.what());
  }
}

// -------------------------------------------------------------------------------------------- R6

template <class S>
void resumes_to_the_same_end(const Case& c, Check& check) {
  const std::vector<std::vector<std::string>> fault_sets = {
      {}, {}, {"shared_stream"}, {"probe_updates_state", "sticky_status"}};
  Observers observers;
  observers.probe_every = c.integer("probe") > 2 ? 0 : c.integer("probe");
  const Experiment e = run_of(c, scalar_of<S>(), observers, fault_sets[c.seed % 4]);
  const Run whole = started(e, c.instance, check);
  const long T = c.integer("steps");
  const long split = std::max(1L, std::min(c.integer("split"), T - 1));
  if (T < 2) check.discard("nothing to split");

  std::string saved;
  StopFlag stop{0};
  RunControl control;
  control.checkpoint_every = split;
  control.save_checkpoint = [&](const std::string& text) {
    if (saved.empty()) saved = text;
    stop = 1;
  };
  control.stop = &stop;
  const Run first = run(e, c.instance, control);
  if (saved.empty()) {
    same_run(check, "a run that ends before the checkpoint", whole, first);
    return;
  }
  check.that("stopped there", first.out.end == RunEnd::interrupted);
  check.that("the checkpoint of a stop is the one saved at that iteration",
             first.out.checkpoint == saved);
  check.that("the partial trace begins the whole one",
             whole.text.compare(0, first.text.size(), first.text) == 0);
  RunControl resume;
  resume.resume = saved;
  const Run rest = run(e, c.instance, resume);
  same_run(check, "resumed", whole, rest);
  check.that("resumed: the same manifest", whole.out.manifest == rest.out.manifest);
}

// -------------------------------------------------------------------------------------------
// soft53

void soft53_is_double(const Case& c, Check& check) {
  const Run hard = started(run_of(c, "double"), c.instance, check);
  const Run soft = run(run_of(c, "soft53"), c.instance);
  same_run(check, "soft53", hard, soft);
}

}  // namespace

std::vector<Property> determinism_properties() {
  return {
      {"R1.same_bytes",
       "the same experiment, instance and scalar give the same bytes of trace and manifest; an "
       "instance survives its text; a name changes nothing",
       run_case,
       {ASSAY_LAW_IN_REALS(same_bytes)},
       60},
      {"R2.observers_change_nothing",
       "probes, their cadence, the rows recorded and checkpoints leave every cell of the shared "
       "rows "
       "alone",
       run_case,
       {ASSAY_LAW_IN_REALS(observers_change_nothing)},
       40},
      {"R3.applied_is_logged",
       "|x_{t+1} - x_t| = step_applied |m_t| up to the rounding of x, whatever algorithm, rule and "
       "cap",
       run_case,
       {ASSAY_LAW_IN_REALS(applied_is_logged)}},
      {"R4.status_is_of_the_window",
       "status is \"converged\" exactly when the variance of the last 20 gaps is below 1e-8, with "
       "no "
       "memory; under sticky_status it is kept once said",
       status_case,
       {ASSAY_LAW_IN_DOUBLE(status_is_of_the_window)},
       60},
      {"R5.gaps_are_recomputable",
       "gap_total, gap_direct, gap_implicit, gap_mapping and objective are those of the stored x "
       "by "
       "an oracle in 100 digits",
       truth_case,
       {ASSAY_LAW_IN_REALS(gaps_are_recomputable)}},
      {"R6.resumes_to_the_same_end",
       "stopped at any iteration and gone on with, a run leaves the bytes of the uninterrupted one",
       run_case,
       {ASSAY_LAW_IN_REALS(resumes_to_the_same_end)},
       60},
      {"R7.soft53_is_double",
       "software and hardware arithmetic of 53 bits leave the same bytes of trace",
       run_case,
       {{"double", soft53_is_double}},
       40},
  };
}

}  // namespace assay::properties
