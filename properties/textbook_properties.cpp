// The algorithms against the recursions of their papers, one iteration at a time: from the state
// that the code itself stands in, so that bounds hold only the rounding of one iteration.
#include "properties/property.hpp"
#include "properties/textbook_loop.hpp"
#include "properties/walk_case.hpp"

namespace assay::properties {

namespace {

using reference::length_of;
using reference::projected;
using reference::size_of;

/// x of the code after moving from x along v by eta, and the record that goes with it.
template <class S>
void check_move(Check& check, const Case& c, const Walk<S>& walk, const ExactVector& x,
                const ExactVector& v, const Exact& eta, const Exact& eta_error,
                const Exact& v_error) {
  const Exact u = roundoff<S>();
  const Exact n(static_cast<double>(x.size()));
  const ExactVector moved = projected(c.instance.x_set, x - eta * v);
  // x - eta v with one rounding of product and difference each; a projection onto a ball shortens
  // by a factor of n + 5 roundings, and carries errors on with factor 1 in the Euclidean norm.
  Exact error = u * size_of(ExactVector(x - eta * v)) + 2 * u * eta * size_of(v) +
                eta_error * size_of(v) + (eta + eta_error) * v_error;
  if (c.instance.x_set.kind == UpperSet::Kind::ball)
    error =
        sqrt(n) * error +
        (n + 9) * u *
            (size_of(moved) + size_of(as_exact(c.instance.x_set.center.nearest().col(0).eval())) +
             Exact(c.instance.x_set.radius));
  near(check, "x moves by the formula", walk.x(), moved, error);
  const Record<S>& r = walk.record();
  near(check, "step_applied is the formula's", r.step_applied, eta, eta_error);
  near(check, "step_requested is the rule's", r.step_requested, eta, eta_error);
  // |x_next - x| of the points themselves: n + 4 roundings.
  const Exact length = length_of(as_exact(walk.x()) - x);
  near(check, "step_length is the distance moved", r.step_length, length, (n + 4) * u * length);
}

// ------------------------------------------------------------------------------------------ SSIGD

Case ssigd_case(Source& source) {
  Case c = walk_case(source, true);
  c.numbers["deterministic"] = source.chance(0.25);
  c.numbers["scale"] = source.log_uniform(1e-2, 1);
  c.numbers["offset"] = source.chance(0.5) ? 1 : source.uniform(0.5, 20);
  return c;
}

template <class S>
void ssigd_follows(const Case& c, Check& check) {
  const bool inverse = c.number("inverse") != 0, deterministic = c.number("deterministic") != 0;
  const Exact u = roundoff<S>(), beta(c.number("momentum")), scale(c.number("scale"));
  const Exact mu = Exact(1) / Exact(c.number("length")), offset(c.number("offset"));
  const double written_mu = to_double(mu);
  const Experiment e = experiment_of(
      "[algorithm]\n" + entry("name", "ssigd") + entry("perturbation", c.number("width")) +
      entry("samples", c.number("samples")) + entry("momentum", c.number("momentum")) +
      "deterministic = " + (deterministic ? "true" : "false") + "\n" +
      entry("direction_scale", c.number("scale")) + "[step]\n" +
      (inverse ? entry("rule", "inverse") + entry("mu", written_mu) +
                     entry("offset", c.number("offset"))
               : entry("rule", "constant") + entry("length", c.number("length"))) +
      common_tables(c));
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  Textbook book(c.instance);
  const Sampling s = sampling_of(c, 1, c.number("width"));

  // One q, drawn before the first iteration and kept; the code's is it, rounded.
  const Vec<S> kept = walk.vector("ssigd.q");
  const ExactVector q = s.q(c.instance.m, 0);
  near(check, "q is the draw of iteration 0", kept, q, Exact(u * size_of(q)));
  const ExactVector fixed = as_exact(kept);

  for (long t = 0; t < c.integer("steps"); ++t) {
    const ExactVector x = as_exact(walk.x()), before = as_exact(walk.vector("ssigd.velocity"));
    const Estimate g = estimate(book, s, x, Exact(0), t + 1, &fixed, u);
    if (!g.certain || !walk.step()) {
      if (t == 0) check.discard("the active set is in doubt");
      return;
    }
    ExactVector v = g.value;
    Exact v_error = g.error;
    if (beta > 0 && before.size() > 0) {
      v += beta * before;
      v_error += 2 * u * (size_of(v) + beta * size_of(before));
    }
    near(check, "velocity is momentum v + gradient", walk.vector("ssigd.velocity"), v, v_error);
    ExactVector direction = as_exact(walk.vector("ssigd.velocity"));
    Exact direction_error(0);
    if (deterministic) {
      const ExactVector aim = projected(c.instance.x_set, x - scale * direction);
      direction_error = 4 * u * (size_of(x) + scale * size_of(direction));
      direction = x - aim;
      if (c.instance.x_set.kind == UpperSet::Kind::ball)
        direction_error *= Exact(static_cast<double>(c.instance.n + 9));
      direction_error += u * size_of(direction);
    }
    const Exact eta =
        inverse ? Exact(1) / (Exact(written_mu) * (Exact(static_cast<double>(t)) + offset))
                : Exact(c.number("length"));
    check_move(check, c, walk, x, direction, eta, Exact(4 * u * eta), direction_error);
    near(check, "perturbation_norm is |q|", walk.record().perturbation_norm, length_of(fixed),
         Exact(Exact(static_cast<double>(c.instance.m + 4)) * u * length_of(fixed)));
    const Exact n(static_cast<double>(c.instance.n));
    near(check, "gradient_norm_raw is |gradient|", walk.record().gradient_norm_raw,
         length_of(g.value), Exact(sqrt(n) * g.error + (n + 4) * u * length_of(g.value)));
  }
}

// ----------------------------------------------------------------------------------------- DS-BLO

Case first_steps_of_dsblo(Source& source) {
  Case c = walk_case(source, true);
  c.numbers["legacy"] = source.chance(0.3);
  c.numbers["from_zero"] = source.chance(0.3);
  c.numbers["accumulate"] = source.chance(0.2);
  c.numbers["option"] = source.chance(0.3) ? 1 : 2;
  c.numbers["clip"] = source.chance(0.7) ? 0 : source.log_uniform(1e-2, 10);
  return c;
}

/// One absorbed gradient: clipped, averaged, taken into the momentum.
struct Absorbed {
  ExactVector smoothed, momentum;
  Exact smoothed_error, momentum_error, raw_length, raw_length_error;
};

Absorbed absorb(const Case& c, const Estimate& g, const ExactVector& smoothed,
                const ExactVector& momentum, const Exact& u) {
  const Exact n(static_cast<double>(g.value.size()));
  const Exact clip(c.number("clip")), a(c.number("average")), beta(c.number("momentum"));
  const Exact share = c.number("accumulate") != 0 ? Exact(1) : Exact(1 - beta);
  ExactVector raw = g.value;
  Exact error = g.error;
  // Clipping is the projection onto a ball, 1-Lipschitz in the Euclidean norm.
  if (clip > 0) {
    if (length_of(raw) > clip) raw *= clip / length_of(raw);
    error = sqrt(n) * error + (n + 6) * u * size_of(raw);
  }
  Absorbed out;
  const bool first = smoothed.size() == 0;
  out.smoothed = first ? raw : ExactVector(a * smoothed + (1 - a) * raw);
  out.smoothed_error =
      first ? error : Exact((1 - a) * error + 3 * u * (a * size_of(smoothed) + size_of(raw)));
  if (first && c.number("from_zero") == 0) {
    out.momentum = out.smoothed;
    out.momentum_error = out.smoothed_error;
  } else {
    out.momentum = beta * momentum + share * out.smoothed;
    out.momentum_error = share * out.smoothed_error +
                         3 * u * (beta * size_of(momentum) + share * size_of(out.smoothed));
  }
  out.raw_length = length_of(raw);
  out.raw_length_error = sqrt(n) * error + (n + 4) * u * out.raw_length;
  return out;
}

template <class S>
void dsblo_follows(const Case& c, Check& check) {
  const bool legacy = c.number("legacy") != 0, inverse = c.number("inverse") != 0;
  const Exact u = roundoff<S>();
  const Experiment e = experiment_of(
      "[algorithm]\n" + entry("name", "dsblo") + entry("order", legacy ? "legacy" : "paper") +
      entry("option", c.number("option")) + entry("momentum", c.number("momentum")) +
      entry("gradient_average", c.number("average")) + entry("perturbation", c.number("width")) +
      entry("samples", c.number("samples")) +
      entry("momentum_start", c.number("from_zero") != 0 ? "zero" : "gradient") +
      entry("gradient_clip", c.number("clip")) +
      "accumulate = " + (c.number("accumulate") != 0 ? "true" : "false") + "\n[step]\n" +
      (inverse ? entry("rule", "inverse_momentum") + entry("gamma1", c.number("gamma1")) +
                     entry("gamma2", c.number("gamma2"))
               : entry("rule", "constant") + entry("length", c.number("length"))) +
      common_tables(c));
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  Textbook book(c.instance);
  const Sampling s = sampling_of(c, 2, c.number("width"), c.number("option") == 2);
  const Exact n(static_cast<double>(c.instance.n));

  const auto state_is = [&](const Absorbed& expected) {
    near(check, "smoothed gradient", walk.vector("dsblo.smoothed"), expected.smoothed,
         expected.smoothed_error);
    near(check, "momentum", walk.vector("dsblo.momentum"), expected.momentum,
         expected.momentum_error);
  };
  if (!legacy && c.number("from_zero") == 0) {
    const Estimate g = estimate(book, s, as_exact(walk.x()), Exact(0), 0, nullptr, u);
    if (!g.certain) check.discard("the active set is in doubt");
    state_is(absorb(c, g, {}, ExactVector::Zero(c.instance.n), u));
  } else {
    check.that("no gradient is taken before the first iteration",
               walk.vector("dsblo.smoothed").size() == 0);
  }
  for (long t = 0; t < c.integer("steps"); ++t) {
    const ExactVector x = as_exact(walk.x()), smoothed = as_exact(walk.vector("dsblo.smoothed"));
    const ExactVector m = as_exact(walk.vector("dsblo.momentum"));
    if (!walk.step()) {
      if (t == 0) check.discard("no lower level after the first step");
      return;
    }
    const ExactVector next = as_exact(walk.x());
    ExactVector at = x;
    Exact at_error(0);
    if (!legacy) {
      const Exact w(s.draws(Purpose::segment, t + 1).uniform(0));
      at = x + w * (next - x);
      at_error = u * (size_of(at) + 2 * size_of(ExactVector(next - x)));
    }
    const Estimate g = estimate(book, s, at, at_error, t + 1, nullptr, u);
    if (!g.certain) {
      if (t == 0) check.discard("the active set is in doubt");
      return;
    }
    const Absorbed expected = absorb(c, g, smoothed, m, u);
    state_is(expected);
    const ExactVector along = legacy ? as_exact(walk.vector("dsblo.momentum")) : m;
    const Exact length = length_of(along);
    const Exact eta =
        inverse ? Exact(1) / (Exact(c.number("gamma1")) * length + Exact(c.number("gamma2")))
                : Exact(c.number("length"));
    // |m|: n + 4 roundings; product, sum and quotient: 3 more.
    check_move(check, c, walk, x, along, eta, Exact((n + 7) * u * eta), Exact(0));
    const Record<S>& r = walk.record();
    near(check, "momentum_norm is |m| of the step", r.momentum_norm, length,
         Exact((n + 4) * u * length));
    near(check, "gradient_norm_raw is that of the iteration's gradient", r.gradient_norm_raw,
         expected.raw_length, expected.raw_length_error);
    const Exact size = g.last_q.size() > 0 ? length_of(g.last_q) : Exact(0);
    near(check, "perturbation_norm is |q|", r.perturbation_norm, size,
         Exact(Exact(static_cast<double>(c.instance.m + 6)) * u * size));
  }
}

// ------------------------------------------------------------------------------------------ F2CSA

Case first_steps_of_f2csa(Source& source) {
  Case c = walk_case(source, false);
  c.numbers["outer"] = static_cast<double>(source.integer(0, 2));
  c.numbers["radius"] = source.log_uniform(1e-4, 1);
  c.numbers["block"] = static_cast<double>(source.integer(1, 4));
  c.numbers["adam_first"] = source.uniform();
  c.numbers["adam_second"] = source.uniform();
  c.numbers["adam_epsilon"] = source.log_uniform(1e-8, 1e-2);
  return c;
}

/// Algorithm 2 from the state at its iteration t.
template <class S>
void check_clipped(Check& check, const Case& c, const Walk<S>& walk, const ExactVector& x,
                   const ExactVector& delta) {
  const Exact u = roundoff<S>(), eta(c.number("length")), radius(c.number("radius"));
  const Exact n(static_cast<double>(x.size()));
  near(check, "x moves by the old Delta", walk.x(), ExactVector(x + delta),
       Exact(u * size_of(ExactVector(x + delta))));
  const ExactVector smoothed = as_exact(walk.vector("f2csa.smoothed"));
  ExactVector next = delta - eta * smoothed;
  // Two roundings; clipping, a projection onto a ball, adds n + 6 of what it leaves.
  const Exact error =
      sqrt(n) * 2 * u * (size_of(delta) + eta * size_of(smoothed)) + (n + 6) * u * size_of(next);
  if (length_of(next) > radius) next *= radius / length_of(next);
  near(check, "Delta is clipped after a gradient step", walk.vector("f2csa.delta"), next, error);
}

/// Adam's moments and step. Every entry is on its own: m/(sqrt(v) + eps) amplifies what its moments
/// are off by.
template <class S>
void check_adam(Check& check, const Case& c, const Walk<S>& walk, const ExactVector& x,
                const ExactVector& first, const ExactVector& second, long t) {
  const Exact u = roundoff<S>(), b1(c.number("adam_first")), b2(c.number("adam_second"));
  const Exact eta(c.number("length"));
  const ExactVector g = as_exact(walk.vector("f2csa.smoothed"));
  ExactVector direction(x.size());
  Exact p1(1), p2(1);
  for (long k = 0; k <= t; ++k) {
    p1 *= b1;
    p2 *= b2;
  }
  const ExactVector m = b1 * first + (1 - b1) * g;
  ExactVector v(x.size());
  for (Index i = 0; i < x.size(); ++i) v[i] = b2 * second[i] + (1 - b2) * g[i] * g[i];
  near(check, "Adam's first moment", walk.vector("f2csa.first_moment"), m,
       Exact(4 * u * (b1 * size_of(first) + size_of(g))));
  near(check, "Adam's second moment", walk.vector("f2csa.second_moment"), v,
       Exact(5 * u * (b2 * size_of(second) + size_of(g) * size_of(g))));
  // From the code's own moments: 1 - b^t is off by (t + 1) u b^t / (1 - b^t).
  const ExactVector m1 = as_exact(walk.vector("f2csa.first_moment"));
  const ExactVector v1 = as_exact(walk.vector("f2csa.second_moment"));
  const Exact steps(static_cast<double>(t + 4));
  const Exact relative = steps * u * (p1 / (1 - p1) + p2 / (1 - p2)) + 8 * u;
  for (Index i = 0; i < x.size(); ++i)
    direction[i] = (m1[i] / (1 - p1)) / (sqrt(v1[i] / (1 - p2)) + Exact(c.number("adam_epsilon")));
  near(check, "Adam's direction", walk.vector("f2csa.direction"), direction,
       Exact(relative * size_of(direction)));
}

template <class S>
void f2csa_follows(const Case& c, Check& check) {
  const char* outers[] = {"clipped", "sgd", "adam"};
  const std::string outer = outers[c.choice("outer", 3)];
  const Exact u = roundoff<S>(), a(c.number("average")), beta(c.number("momentum"));
  const Experiment e = experiment_of(
      "[algorithm]\n" + entry("name", "f2csa") + entry("outer", outer) +
      entry("samples", c.number("samples")) + entry("clip_radius", c.number("radius")) +
      entry("block", c.number("block")) + entry("gradient_average", c.number("average")) +
      entry("momentum", c.number("momentum")) + entry("adam_first", c.number("adam_first")) +
      entry("adam_second", c.number("adam_second")) +
      entry("adam_epsilon", c.number("adam_epsilon")) + "[step]\n" + entry("rule", "constant") +
      entry("length", c.number("length")) + common_tables(c));
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  Textbook book(c.instance);
  const Sampling s = sampling_of(c, 3, 0);
  const long block = c.integer("block");
  ExactVector sum = ExactVector::Zero(c.instance.n), chosen = sum;
  Exact sum_error(0);
  long finished = 0;

  for (long t = 0; t < c.integer("steps"); ++t) {
    const ExactVector x = as_exact(walk.x()), smoothed = as_exact(walk.vector("f2csa.smoothed"));
    const ExactVector delta = as_exact(walk.vector("f2csa.delta"));
    const ExactVector direction = as_exact(walk.vector("f2csa.direction"));
    const ExactVector first = as_exact(walk.vector("f2csa.first_moment"));
    const ExactVector second = as_exact(walk.vector("f2csa.second_moment"));
    ExactVector z = x;
    Exact z_error(0);
    if (outer == "clipped") {
      z += Exact(s.draws(Purpose::segment, t + 1).uniform(0)) * delta;
      z_error = u * (size_of(z) + size_of(delta));
    }
    const Estimate g = estimate(book, s, z, z_error, t + 1, nullptr, u);
    if (!g.certain || !walk.step()) {
      if (t == 0) check.discard("the active set is in doubt");
      return;
    }
    const bool fresh = smoothed.size() == 0;
    const ExactVector mean = fresh ? g.value : ExactVector(a * smoothed + (1 - a) * g.value);
    near(check, "smoothed gradient", walk.vector("f2csa.smoothed"), mean,
         fresh ? g.error
               : Exact((1 - a) * g.error + 3 * u * (a * size_of(smoothed) + size_of(g.value))));
    if (outer == "clipped") {
      check_clipped(check, c, walk, x, delta);
      sum += z;
      sum_error += z_error + u * size_of(sum);
      if ((t + 1) % block == 0) {
        ++finished;
        // The k-th block replaces the one kept with probability 1/k.
        if (s.draws(Purpose::output, t + 1).uniform(0) * static_cast<double>(finished) < 1) {
          chosen = sum / Exact(static_cast<double>(block));
          near(check, "the returned point is a block's mean", walk.vector("f2csa.chosen"), chosen,
               Exact(sum_error / Exact(static_cast<double>(block)) + u * size_of(chosen)));
          chosen = as_exact(walk.vector("f2csa.chosen"));
        }
        sum.setZero();
        sum_error = Exact(0);
      }
      near(check, "the chosen block stays", walk.vector("f2csa.chosen"), chosen, Exact(0));
      continue;
    }
    const ExactVector now = as_exact(walk.vector("f2csa.smoothed"));
    if (outer == "adam") {
      check_adam(check, c, walk, x, first, second, t);
    } else {
      const ExactVector v = beta > 0 ? ExactVector(beta * direction + now) : now;
      near(check, "velocity is momentum v + gradient", walk.vector("f2csa.direction"), v,
           Exact(2 * u * (beta * size_of(direction) + size_of(now))));
    }
    const Exact eta(c.number("length"));
    check_move(check, c, walk, x, as_exact(walk.vector("f2csa.direction")), eta, Exact(0),
               Exact(0));
  }
}

}  // namespace

std::vector<Property> textbook_properties() {
  const std::string within = " within the rounding of one iteration";
  return {
      {"T1.ssigd_follows_its_paper",
       "q of iteration 0 kept; v <- momentum v + mean of grad F_q(x; xi), x <- P_X(x - beta_r "
       "v) (Khanduri et al., ICML 2023, algorithms 1 and 2)" +
           within,
       ssigd_case,
       {ASSAY_LAW_IN_REALS(ssigd_follows)},
       60},
      {"T2.dsblo_follows_its_paper",
       "x_{t+1} = x_t - eta_t m_t, g at x_t + u (x_{t+1} - x_t) under a fresh q, m_{t+1} = beta "
       "m_t + (1 - beta) g (DS-BLO, algorithm 1), and the legacy order" +
           within,
       first_steps_of_dsblo,
       {ASSAY_LAW_IN_REALS(dsblo_follows)},
       60},
      {"T3.f2csa_follows_its_paper",
       "x_t = x_{t-1} + Delta_t, g at x_{t-1} + s Delta_t, Delta_{t+1} = clip_D(Delta_t - eta "
       "g) (F2CSA, algorithm 2), SGD with momentum, Adam" +
           within,
       first_steps_of_f2csa,
       {ASSAY_LAW_IN_REALS(f2csa_follows)},
       60}};
}

}  // namespace assay::properties
