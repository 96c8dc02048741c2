// What holds of the loops on any data, and of gradient steps where the active set stays.
#include <algorithm>

#include "properties/property.hpp"
#include "properties/walk_case.hpp"

namespace assay::properties {

namespace {

using reference::length_of;
using reference::size_of;

/// What rounding the entries of x does to a distance: each moves by u |x_i|.
template <class S>
Exact rounding_of(const ExactVector& x) {
  return sqrt(whole(x.size())) * roundoff<S>() * size_of(x);
}

// ----------------------------------------------------------------------------------------- DS-BLO

Case dsblo_case(Source& source) {
  Case c = walk_case(source, false);
  c.numbers["legacy"] = source.chance(0.3);
  c.numbers["from_zero"] = source.chance(0.3);
  c.numbers["steps"] = static_cast<double>(source.integer(2, 20));
  c.numbers["window"] = static_cast<double>(source.integer(1, 8));
  return c;
}

Experiment dsblo_experiment(const Case& c, double average) {
  return experiment_of(
      "[algorithm]\n" + entry("name", "dsblo") +
      entry("order", c.number("legacy") != 0 ? "legacy" : "paper") +
      entry("momentum", c.number("momentum")) + entry("gradient_average", average) +
      entry("perturbation", c.number("width")) + entry("samples", c.number("samples")) +
      entry("momentum_start", c.number("from_zero") != 0 ? "zero" : "gradient") + "[step]\n" +
      entry("rule", "inverse_momentum") + entry("gamma1", c.number("gamma1")) +
      entry("gamma2", c.number("gamma2")) + common_tables(c));
}

template <class S>
void dsblo_steps_are_bounded(const Case& c, Check& check) {
  const Exact u = roundoff<S>(), gamma1(c.number("gamma1")), gamma2(c.number("gamma2"));
  const Exact n = whole(c.instance.n);
  if (!(gamma1 > 0 && gamma2 > 0)) check.discard("gamma_1 and gamma_2 are positive");
  const bool legacy = c.number("legacy") != 0;
  const Experiment e = dsblo_experiment(c, c.number("average"));
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");

  const long K = std::max(1L, c.integer("window"));
  std::vector<ExactVector> points{as_exact(walk.x())};
  Exact largest = length_of(as_exact(walk.vector("dsblo.momentum")));
  for (long t = 0; t < c.integer("steps"); ++t) {
    if (!walk.step()) break;
    const Record<S>& r = walk.record();
    const Exact eta(r.step_applied), length(r.step_length), m(r.momentum_norm);
    points.push_back(as_exact(walk.x()));
    const Exact moved = rounding_of<S>(points.back());
    // eta, |m| and the difference of the points: n + 12 roundings.
    const Exact slack = 1 + (n + 12) * u;
    check.at_most("eta <= 1 / gamma_2", eta, Exact(slack / gamma2));
    check.at_most("|x_{t+1} - x_t| <= 1 / gamma_1", length, Exact(slack / gamma1 + moved));
    check.at_most("|x_{t+1} - x_t| <= |m_t| / gamma_2", length, Exact(slack * m / gamma2 + moved));
    if (legacy) largest = larger(largest, Exact(r.gradient_norm_raw));
    // A convex combination in n + 8 roundings each time.
    check.at_most("|m_t| <= max |g_i|", m, Exact(largest * (1 + (n + 8) * whole(t + 2) * u)));
    largest = larger(largest, Exact(r.gradient_norm_raw));
  }
  // xbar_i lies between x_{i-1} and x_i.
  const Sampling s = sampling_of(c, 2, 0);
  for (long t = K; t < static_cast<long>(points.size()); ++t)
    for (long i = t - K + 1; i <= t; ++i) {
      const ExactVector& from = points[static_cast<std::size_t>(i - 1)];
      const ExactVector between = from + Exact(s.draws(Purpose::segment, i).uniform(0)) *
                                             (points[static_cast<std::size_t>(i)] - from);
      const ExactVector& first = points[static_cast<std::size_t>(t - K)];
      check.at_most("|x_{t-K} - xbar_i| <= K / gamma_1", length_of(first - between),
                    Exact(whole(K) * ((1 + (n + 12) * u) / gamma1 + rounding_of<S>(between))));
    }
}

template <class S>
void momentum_is_a_window_mean(const Case& c, Check& check) {
  const Exact u = roundoff<S>(), beta(c.number("momentum")), n = whole(c.instance.n);
  const bool legacy = c.number("legacy") != 0;
  const Experiment e = dsblo_experiment(c, 0);
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  Textbook book(c.instance);
  const Sampling s = sampling_of(c, 2, c.number("width"));
  const long K = std::max(1L, c.integer("window"));

  std::vector<ExactVector> momenta{as_exact(walk.vector("dsblo.momentum"))};
  std::vector<Estimate> estimates{{}};
  std::vector<ExactVector> exact_gradients{{}};
  Exact largest = size_of(momenta[0]);
  for (long t = 0; t < c.integer("steps"); ++t) {
    ExactVector at = as_exact(walk.x());
    const ExactVector from = at;
    if (!walk.step()) break;
    if (!legacy)
      at += Exact(s.draws(Purpose::segment, t + 1).uniform(0)) * (as_exact(walk.x()) - from);
    estimates.push_back(
        estimate(book, s, at, Exact(legacy ? Exact(0) : 4 * u * size_of(at)), t + 1, nullptr, u));
    if (!estimates.back().certain) break;
    const Truth true_one = truth(book, at, u);
    if (!true_one.certain) break;
    exact_gradients.push_back(true_one.gradient);
    momenta.push_back(as_exact(walk.vector("dsblo.momentum")));
    largest = larger(largest, larger(size_of(momenta.back()), size_of(estimates.back().value)));
  }
  // With m_1 = g_1 taken at the first absorption (legacy), no window reaches back before it.
  const long first = legacy && c.number("from_zero") == 0 ? 1 : 0;
  const long last = static_cast<long>(momenta.size()) - 1;
  if (last < first + 1) check.discard("too short a walk");
  const long window = std::min(K, last - first);
  Exact power(1);
  for (long k = 0; k < window; ++k) power *= beta;
  for (long t = first + window; t <= last; ++t) {
    // alpha_i = beta^{t-i} (1 - beta) / (1 - beta^K), from the last one back.
    ExactVector mean = ExactVector::Zero(c.instance.n), true_mean = mean, deviation = mean;
    Exact alpha = (1 - beta) / (1 - power), sum(0), squares(0), error(0);
    for (long i = t; i > t - window; --i) {
      const Estimate& g = estimates[static_cast<std::size_t>(i)];
      mean += alpha * g.value;
      true_mean += alpha * exact_gradients[static_cast<std::size_t>(i)];
      deviation += alpha * (g.value - exact_gradients[static_cast<std::size_t>(i)]);
      error += alpha * g.error;
      sum += alpha;
      squares += alpha * alpha;
      alpha *= beta;
    }
    const ExactVector& now = momenta[static_cast<std::size_t>(t)];
    const ExactVector& then = momenta[static_cast<std::size_t>(t - window)];
    const ExactVector formula = (now - power * then) / (1 - power);
    // Each update rounds three times; what an error of step i leaves shrinks by beta^{t-i}.
    Exact geometric(0), weight(1);
    for (long k = 0; k < window; ++k, weight *= beta) geometric += weight;
    error += 3 * u * largest * geometric / (1 - power);
    check.at_most("sum alpha_i g_i = (m_t - beta^K m_{t-K}) / (1 - beta^K)",
                  size_of(ExactVector(mean - formula)), error);
    check.at_most(
        "|sum alpha_i grad F(xbar_i)| <= (|m_t| + beta^K |m_{t-K}|) / (1 - beta^K) + "
        "|sum alpha_i (g_i - grad F(xbar_i))|",
        length_of(true_mean),
        Exact((length_of(now) + power * length_of(then)) / (1 - power) + length_of(deviation) +
              sqrt(n) * error));
    const Exact ideal = (1 - beta) * (1 + power) / ((1 + beta) * (1 - power));
    // In 100 digits: a handful of roundings of 2^-334.
    check.at_most("sum alpha_i^2", magnitude(Exact(squares - ideal)), Exact("1e-95"));
    check.at_most("sum alpha_i", magnitude(Exact(sum - 1)), Exact("1e-95"));
  }
}

// ------------------------------------------------------------------------------------------ F2CSA

Case f2csa_case(Source& source) {
  Case c = walk_case(source, false);
  c.numbers["radius"] = source.log_uniform(1e-4, 1);
  c.numbers["block"] = static_cast<double>(source.integer(1, 6));
  c.numbers["steps"] = static_cast<double>(source.integer(4, 18));
  return c;
}

template <class S>
void clipped_loop(const Case& c, Check& check) {
  const Exact u = roundoff<S>(), n = whole(c.instance.n);
  const Exact D(c.number("radius")), eta(c.number("length"));
  const long M = c.integer("block");
  if (!(D > 0 && eta > 0 && M >= 1)) check.discard("D, eta and M are positive");
  const Experiment e = experiment_of(
      "[algorithm]\n" + entry("name", "f2csa") + entry("outer", "clipped") +
      entry("samples", c.number("samples")) + entry("clip_radius", c.number("radius")) +
      entry("block", c.number("block")) + "[step]\n" + entry("rule", "constant") +
      entry("length", c.number("length")) + common_tables(c));
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  Textbook book(c.instance);
  const Sampling s = sampling_of(c, 3, 0);

  std::vector<ExactVector> z;
  ExactVector sum = ExactVector::Zero(c.instance.n), first = sum;
  Exact inner(0), squares(0), error(0);
  for (long t = 0; t < c.integer("steps"); ++t) {
    if (t % M == 0) {
      z.clear();
      sum.setZero();
      first = as_exact(walk.vector("f2csa.delta"));
      inner = squares = error = Exact(0);
    }
    const ExactVector x = as_exact(walk.x()), delta = as_exact(walk.vector("f2csa.delta"));
    const Exact segment(s.draws(Purpose::segment, t + 1).uniform(0));
    z.push_back(x + segment * delta);
    const Estimate g = estimate(book, s, z.back(), Exact(u * (size_of(z.back()) + size_of(delta))),
                                t + 1, nullptr, u);
    const Truth before = truth(book, x, u);
    const Exact objective(walk.record().objective);
    if (!g.certain || !walk.step()) {
      if (t == 0) check.discard("the active set is in doubt");
      return;
    }
    const ExactVector next = as_exact(walk.vector("f2csa.delta"));
    check.at_most("|Delta_t| <= D", length_of(next), Exact(D * (1 + (n + 6) * u)));

    // F(x_t) - F(x_{t-1}) = grad F(z_t)'Delta - (s - 1/2) Delta'Q Delta where F is one quadratic.
    const Truth after = truth(book, as_exact(walk.x()), u), at_z = truth(book, z.back(), u);
    if (before.certain && after.certain && at_z.certain && before.active == after.active &&
        before.active == at_z.active) {
      const Exact curved = delta.dot(book.hessian(before.active) * delta);
      const Exact rise = at_z.gradient.dot(delta) - (segment - Exact(0.5)) * curved;
      near(check, "F rises by grad F(z)'Delta less the curvature's share",
           Exact(Exact(walk.record().objective) - objective), rise,
           Exact(before.value_error + after.value_error +
                 length_of(after.gradient) * rounding_of<S>(as_exact(walk.x()))));
    }

    // Regret of projected gradient steps on |Delta| <= D against u = -D sum g / |sum g|.
    sum += g.value;
    inner += g.value.dot(delta);
    squares += g.value.dot(g.value);
    const Exact rounding =
        sqrt(n) * 2 * u * (size_of(delta) + eta * size_of(g.value)) + (n + 6) * u * D;
    error += sqrt(n) * g.error * (D + length_of(delta) + eta * length_of(g.value)) +
             2 * D * rounding / eta;
    if ((t + 1) % M != 0) continue;
    const Exact size = length_of(sum);
    ExactVector against = ExactVector::Zero(c.instance.n);
    if (size > 0) against = -(D / size) * sum;
    const Exact start = length_of(first - against), end = length_of(next - against);
    check.at_most(
        "D |sum g| + sum g'Delta <= (|Delta_1 - u|^2 - |Delta_{M+1} - u|^2) / 2 eta + eta "
        "sum |g|^2 / 2",
        Exact(D * size + inner + end * end / (2 * eta)),
        Exact(start * start / (2 * eta) + eta * squares / 2 + error));
    const ExactVector mean = [&] {
      ExactVector total = z[0];
      for (std::size_t k = 1; k < z.size(); ++k) total += z[k];
      return ExactVector(total / whole(M));
    }();
    for (const ExactVector& point : z)
      check.at_most("|z - zbar| <= (M-1)(M+2)/(2M) D", length_of(point - mean),
                    Exact((whole(M - 1) * whole(M + 2) / (2 * whole(M))) * D * (1 + (n + 6) * u) +
                          whole(M) * rounding_of<S>(point)));
  }
}

// ------------------------------------------------------------------------------- plain gradient

/// @param most the largest length times L
Case descent_case(Source& source, double most) {
  Case c = walk_case(source, false);
  Textbook book(c.instance);
  const auto& at = book.solve(as_exact(c.vector("x")), ExactVector());
  const Vec<Exact> spectrum = reference::eigenvalues(book.hessian(at.active));
  const double L = std::max(1e-3, to_double(spectrum[spectrum.size() - 1]));
  c.numbers["length"] = (source.chance(0.3) ? 1 : source.uniform(0.05, most)) / L;
  c.numbers["steps"] = static_cast<double>(source.integer(1, 6));
  return c;
}

/// Up to 1 / L, where the descent inequality is sharp; steps that mostly stay in one region.
Case short_case(Source& source) {
  Case c = descent_case(source, 1);
  for (const char* noise : {"width", "gradient_std", "lower_linear_std", "upper_hessian_std"})
    c.numbers[noise] *= 0.1;
  c.numbers["length"] *= (1 - 0x1p-50);
  return c;
}
/// Up to 2 / L.
Case long_case(Source& source) { return descent_case(source, 1.9); }

Experiment descent_experiment(const Case& c, bool noisy) {
  return experiment_of("[algorithm]\n" + entry("name", "ssigd") +
                       entry("perturbation", noisy ? c.number("width") : 0) +
                       entry("samples", c.number("samples")) + "[step]\n" +
                       entry("rule", "constant") + entry("length", c.number("length")) +
                       (noisy ? common_tables(c) : "[run]\n" + entry("iterations", 100)));
}

template <class S>
void descends(const Case& c, Check& check) {
  const Exact u = roundoff<S>(), eta(c.number("length"));
  if (!(eta > 0)) check.discard("eta is positive");
  const Experiment e = descent_experiment(c, true);
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  Textbook book(c.instance);
  long looked = 0;
  for (long t = 0; t < c.integer("steps"); ++t) {
    const ExactVector x = as_exact(walk.x());
    const Truth at = truth(book, x, u);
    const Exact value(walk.record().objective), gap(walk.record().gap_total);
    if (!at.certain || !walk.step()) break;
    const Truth next = truth(book, as_exact(walk.x()), u);
    if (!next.certain || next.active != at.active) continue;
    const Vec<Exact> spectrum = reference::eigenvalues(book.hessian(at.active));
    if (!(eta * spectrum[spectrum.size() - 1] <= 1)) continue;
    ++looked;
    const ExactVector e_vector = (x - as_exact(walk.x())) / eta - at.gradient;
    const Exact noise = length_of(e_vector);
    check.at_most("F(x - eta (grad F + e)) + eta |grad F|^2 / 2 <= F(x) + eta |e|^2 / 2",
                  Exact(Exact(walk.record().objective) - value + eta * gap * gap / 2),
                  Exact(eta * noise * noise / 2 + at.value_error + next.value_error +
                        eta * at.gap_error * (gap + at.gap_error)));
  }
  if (looked == 0) check.discard("no step stays in one region with eta <= 1 / L");
}

template <class S>
void contracts(const Case& c, Check& check) {
  const Exact u = roundoff<S>(), eta(c.number("length")), n = whole(c.instance.n);
  if (!(eta > 0)) check.discard("eta is positive");
  const Experiment e = descent_experiment(c, false);
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  Textbook book(c.instance);
  long looked = 0;
  for (long t = 0; t < c.integer("steps"); ++t) {
    const ExactVector x = as_exact(walk.x());
    const Truth at = truth(book, x, u);
    const Exact gap(walk.record().gap_total);
    if (!at.certain || !walk.step()) break;
    const Truth next = truth(book, as_exact(walk.x()), u);
    if (!next.certain || next.active != at.active) continue;
    ++looked;
    const Vec<Exact> spectrum = reference::eigenvalues(book.hessian(at.active));
    Exact most(0), least("1e300"), L(0);
    for (Index i = 0; i < spectrum.size(); ++i) {
      const Exact factor = magnitude(Exact(1 - eta * spectrum[i]));
      most = larger(most, factor);
      least = smaller(least, factor);
      L = larger(L, magnitude(spectrum[i]));
    }
    // The step is off by eta times the gradient's error and two roundings of each entry.
    const Exact step =
        eta * at.gradient_error + sqrt(n) * u * (size_of(x) + 3 * eta * size_of(at.gradient));
    const Exact error = most * at.gap_error + L * step + next.gap_error;
    const Exact after(walk.record().gap_total);
    check.at_most("G_{t+1} <= max |1 - eta lambda| G_t", after, Exact(most * gap + error));
    check.at_most("G_{t+1} >= min |1 - eta lambda| G_t", Exact(least * gap), Exact(after + error));
  }
  if (looked == 0) check.discard("no step stays in one region");
}

}  // namespace

std::vector<Property> step_and_loop_properties() {
  return {{"D1.dsblo_steps_are_bounded",
           "eta_t <= 1/gamma_2, |x_{t+1} - x_t| <= min(1/gamma_1, |m_t|/gamma_2), |m_t| <= max "
           "|g_i|, |x_{t-K} - xbar_i| <= K/gamma_1 for t-K < i <= t (DS-BLO, facts of algorithm 1 "
           "for any data)",
           dsblo_case,
           {ASSAY_LAW_IN_REALS(dsblo_steps_are_bounded)}},
          {"D5.momentum_is_a_window_mean",
           "sum alpha_i g_i = (m_t - beta^K m_{t-K})/(1 - beta^K), alpha_i = beta^{t-i} (1 - beta)/"
           "(1 - beta^K), t-K < i <= t, hence the bound on |sum alpha_i grad F(xbar_i)| with the "
           "deviation that occurred (DS-BLO, lemma 3.1 without its expectation)",
           dsblo_case,
           {ASSAY_LAW_IN_REALS(momentum_is_a_window_mean)}},
          {"Q1.clipped_loop",
           "|Delta| <= D; |z - zbar| <= (M-1)(M+2)/(2M) D in a block of M; regret of projected "
           "gradient steps; F(x_t) - F(x_{t-1}) = grad F(z_t)'Delta_t - (s - 1/2) Delta'Q Delta: "
           "F2CSA's outer theorem without its expectation",
           f2csa_case,
           {ASSAY_LAW_IN_REALS(clipped_loop)}},
          {"E1.descends",
           "F(x - eta (grad F + e)) <= F - eta/2 |grad F|^2 + eta/2 |e|^2 for eta <= 1/L where one "
           "active set holds (descent lemma)",
           short_case,
           {ASSAY_LAW_IN_REALS(descends)}},
          {"E2.contracts",
           "min |1 - eta lambda_i| G_t <= G_{t+1} <= max |1 - eta lambda_i| G_t for exact gradient "
           "steps where one active set holds",
           long_case,
           {ASSAY_LAW_IN_REALS(contracts)}}};
}

}  // namespace assay::properties
