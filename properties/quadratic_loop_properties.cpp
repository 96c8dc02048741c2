// Theorems about loops on a quadratic F: no inequality row, so that one active set holds
// everywhere.
#include <algorithm>

#include "properties/property.hpp"
#include "properties/walk_case.hpp"
#include "reference/moreau.hpp"

namespace assay::properties {

namespace {

using reference::length_of;
using reference::moreau;
using reference::size_of;

Exact whole(long k) { return Exact(static_cast<double>(k)); }

/// F by its constants: gradient and value at x0, the Hessian, the stationary point.
struct Quadratic {
  explicit Quadratic(const Case& c) : book(c.instance) {
    const ExactVector x0 = exact(c.instance.x0->to_vector<double>());
    const auto& at = book.solve(x0, ExactVector());
    found = at.found && c.instance.inequality_rows() == 0;
    if (!found) return;
    Q = book.hessian(at.active);
    spectrum = reference::eigenvalues(Q);
    regular = true;
    for (Index i = 0; i < spectrum.size(); ++i)
      regular = regular && magnitude(spectrum[i]) > Exact("1e-30");
    if (!regular) return;
    center = moreau(Q, book.gradient(at), x0, Exact(0)).prox;
    lowest = book.solve(center, ExactVector()).value;
  }
  const Exact& mu() const { return spectrum[0]; }
  const Exact& L() const { return spectrum[spectrum.size() - 1]; }
  /// The largest curvature in size.
  Exact size() const { return larger(magnitude(mu()), magnitude(L())); }

  Textbook book;
  bool found = false, regular = false;
  Textbook::Matrix Q;
  Vec<Exact> spectrum;
  ExactVector center;  ///< grad F = 0
  Exact lowest{0};     ///< F there
};

/// How far one step x - eta g from exact data may land from where it should: eta times the error of
/// g and two roundings in each entry.
template <class S>
Exact step_error(const Truth& at, const ExactVector& x, const Exact& eta) {
  return eta * at.gradient_error +
         sqrt(whole(x.size())) * roundoff<S>() * (size_of(x) + 3 * eta * size_of(at.gradient));
}

Case quadratic_loop_case(Source& source) {
  Recipe recipe;
  recipe.largest = 6;
  recipe.rows = recipe.bounds = false;
  recipe.condition = 100;
  Case c = quadratic_case(source, recipe);
  c.seed %= std::uint64_t{1} << 40;
  c.numbers["steps"] = static_cast<double>(source.integer(1, 30));
  return c;
}

std::string ssigd_tables(const Case& c, const std::string& step) {
  return "[algorithm]\n" + entry("name", "ssigd") + entry("perturbation", 0) + "[step]\n" + step +
         "[run]\n" + entry("iterations", std::max(1.0, c.number("steps")));
}

// ----------------------------------------------------------------------------- convergence bounds

/// A walk with exact gradients and what the theorems of convex optimisation speak of.
struct Path {
  std::vector<ExactVector> x;
  std::vector<Exact> value, gap, step;  ///< as recorded; value and gap have one more entry
  Exact value_error{0}, move_error{0};  ///< the largest of any point and any step
};

template <class S>
Path walk_path(const Case& c, const Experiment& e, Quadratic& F, Check& check) {
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  const Exact u = roundoff<S>();
  Path path;
  for (long t = 0;; ++t) {
    path.x.push_back(exact(walk.x()));
    path.value.push_back(Exact(walk.record().objective));
    path.gap.push_back(Exact(walk.record().gap_total));
    const Truth at = truth(F.book, path.x.back(), u);
    path.value_error = larger(path.value_error, at.value_error);
    if (t == c.integer("steps")) return path;
    walk.step();
    path.step.push_back(Exact(walk.record().step_applied));
    path.move_error = larger(path.move_error, step_error<S>(at, path.x.back(), path.step.back()));
  }
}

ExactVector mean_of(const std::vector<ExactVector>& x, long T) {
  ExactVector sum = x[0];
  for (long r = 1; r < T; ++r) sum += x[static_cast<std::size_t>(r)];
  return sum / whole(T);
}

template <class S>
void strongly_convex(const Case& c, Check& check) {
  Quadratic F(c);
  const long T = c.integer("steps");
  if (!F.found || !F.regular || !(F.mu() > 0) || T < 1) check.discard("F is not strongly convex");
  // A double just below the true constant: the theorem holds for it too.
  const double mu = to_double(F.mu()) * (1 - 0x1p-40);
  const Experiment e = experiment_of(ssigd_tables(c, entry("rule", "inverse") + entry("mu", mu)));
  const Path path = walk_path<S>(c, e, F, check);
  Exact excess(0), squares(0), floor(0), G2(0), logarithm(0);
  for (long r = 0; r < T; ++r) {
    const auto k = static_cast<std::size_t>(r);
    const Exact beta = Exact(1) / (Exact(mu) * whole(r + 1));
    excess += path.value[k] - F.lowest;
    squares += beta * path.gap[k] * path.gap[k];
    G2 = larger(G2, Exact(path.gap[k] * path.gap[k]));
    // |x_{r+1} - x*|^2 / (2 beta_r) moves by |x_{r+1} - x*| / beta_r times the step's error.
    floor += path.value_error +
             (length_of(path.x[k + 1] - F.center) + path.move_error) * path.move_error / beta +
             path.move_error * path.gap[k];
    logarithm += Exact(1) / whole(r + 1);
  }
  const Exact distance = length_of(path.x.back() - F.center);
  check.at_most("sum (F(x_r) - F*) + mu T |x_T - x*|^2 / 2 <= sum beta_r |g_r|^2 / 2",
                Exact(excess + Exact(mu) * whole(T) * distance * distance / 2),
                Exact(squares / 2 + floor));
  const auto& at = F.book.solve(mean_of(path.x, T), ExactVector());
  check.at_most("F(xbar) - F* <= G^2 (1 + 1/2 + ... + 1/T) / (2 mu T)", Exact(at.value - F.lowest),
                Exact(G2 * logarithm / (2 * Exact(mu) * whole(T)) + floor / whole(T)));
}

Case convex_case(Source& source) {
  Case c = quadratic_loop_case(source);
  Quadratic F(c);
  c.numbers["length"] = source.log_uniform(1e-2, 3) / std::max(1e-3, to_double(F.L()));
  c.numbers["horizon"] = source.chance(0.4);
  return c;
}

template <class S>
void convex(const Case& c, Check& check) {
  Quadratic F(c);
  const long T = c.integer("steps");
  if (!F.found || !F.regular || !(F.mu() > 0) || T < 1 || !(c.number("length") > 0))
    check.discard("F is not convex");
  const bool horizon = c.number("horizon") != 0;
  const Experiment e = experiment_of(ssigd_tables(
      c, entry("rule", horizon ? "horizon" : "constant") + entry("length", c.number("length"))));
  const Path path = walk_path<S>(c, e, F, check);
  const Exact beta =
      horizon ? Exact(Exact(c.number("length")) / sqrt(whole(T))) : Exact(c.number("length"));
  Exact excess(0), promised(0), squares(0), floor(0);
  for (long r = 0; r < T; ++r) {
    const auto k = static_cast<std::size_t>(r);
    const Truth at = truth(F.book, path.x[k], roundoff<S>());
    excess += path.value[k] - F.lowest;
    promised += at.gradient.dot(path.x[k] - F.center);
    squares += path.gap[k] * path.gap[k];
    floor += path.value_error + beta * at.gap_error * (path.gap[k] + at.gap_error) +
             (length_of(path.x[k + 1] - F.center) + path.move_error) *
                 (path.move_error + 4 * roundoff<S>() * beta * path.gap[k]) / beta;
  }
  const Exact start = length_of(path.x.front() - F.center),
              end = length_of(path.x.back() - F.center);
  // The proof's sum is an equality: both sides of it are bounds.
  const Exact sum = (start * start - end * end) / (2 * beta) + beta * squares / 2;
  check.at_most("sum g_r'(x_r - x*) <= (|x_0 - x*|^2 - |x_T - x*|^2) / 2 beta + beta sum |g|^2 / 2",
                promised, Exact(sum + floor));
  check.at_most("sum g_r'(x_r - x*) >= (|x_0 - x*|^2 - |x_T - x*|^2) / 2 beta + beta sum |g|^2 / 2",
                sum, Exact(promised + floor));
  check.at_most("mean F(x_r) - F* <= |x_0 - x*|^2 / (2 beta T) + beta G^2 / 2",
                Exact(excess / whole(T)),
                Exact((start * start / (2 * beta) + beta * squares / 2 + floor) / whole(T)));
  // On a quadratic the promise is twice the excess.
  check.at_most("F(x) - F* = grad F'(x - x*) / 2", magnitude(Exact(2 * excess - promised)),
                Exact(2 * floor));
}

Case weakly_convex_case(Source& source) {
  Case c = quadratic_loop_case(source);
  // Curvature is taken off until part of the spectrum is negative; or none is.
  const double shift = source.uniform(0, 30);
  for (Index i = 0; i < c.instance.n; ++i) c.instance.Qxx.set(i, i, c.instance.Qxx(i, i) - shift);
  Quadratic F(c);
  const double size = std::max(1e-3, to_double(F.found ? F.size() : Exact(1)));
  c.numbers["rho_hat"] = size * source.log_uniform(1.05, 20);
  c.numbers["length"] = source.log_uniform(1e-3, 0.3) / size;
  c.numbers["steps"] = static_cast<double>(source.integer(1, 10));
  c.numbers["delta"] = source.log_uniform(1e-3, 10);
  return c;
}

template <class S>
void weakly_convex(const Case& c, Check& check) {
  Quadratic F(c);
  const long T = c.integer("steps");
  const Exact rho_hat(c.number("rho_hat")), beta(c.number("length"));
  if (!F.found || !F.regular || T < 1 || !(beta > 0)) check.discard("F is degenerate");
  const Exact rho = larger(Exact(0), Exact(-F.mu()));
  if (!(rho_hat > rho)) check.discard("rho_hat is above the weak convexity");
  const Experiment e = experiment_of(
      ssigd_tables(c, entry("rule", "constant") + entry("length", c.number("length"))));
  const Path path = walk_path<S>(c, e, F, check);
  Exact moved(0), squares(0), first(0), last(0), floor(0);
  for (long r = 0; r <= T; ++r) {
    const auto k = static_cast<std::size_t>(r);
    const Truth at = truth(F.book, path.x[k], roundoff<S>());
    const auto H = moreau(F.Q, at.gradient, path.x[k], rho_hat);
    const Exact envelope = path.value[k] - H.drop;
    if (r == 0) first = envelope;
    last = envelope;
    if (r == T) break;
    const Exact size = length_of(H.gradient);
    moved += beta * size * size;
    squares += beta * beta * path.gap[k] * path.gap[k];
    // H is rho_hat-smooth along the step: an error of the step costs its slope.
    floor += 2 * path.value_error +
             (size + rho_hat * path.move_error + rho_hat * beta * path.gap[k]) * path.move_error +
             rho_hat * beta * beta * at.gap_error * (path.gap[k] + at.gap_error);
  }
  check.at_most(
      "sum beta |grad H|^2 (rho_hat - rho) / rho_hat <= H(x_0) - H(x_T) + rho_hat sum "
      "beta^2 |g|^2 / 2",
      Exact(moved * (rho_hat - rho) / rho_hat),
      Exact(first - last + rho_hat * squares / 2 + floor));
}

// ------------------------------------------------------------------------------------ Moreau, M2

template <class S>
void envelopes(const Case& c, Check& check) {
  Quadratic F(c);
  const Exact rho(c.number("rho_hat")), delta(c.number("delta"));
  if (!F.found || !F.regular || !(rho > magnitude(F.mu())) || !(delta > 0))
    check.discard("rho_hat is above the weak convexity");
  const Experiment e = experiment_of(ssigd_tables(c, entry("rule", "constant")));
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  const Exact u = roundoff<S>();
  const ExactVector x = exact(walk.x());
  const Truth at = truth(F.book, x, u);
  const Exact gap(walk.record().gap_total);
  const auto H = moreau(F.Q, at.gradient, x, rho);
  const Exact size = length_of(H.gradient);
  // The bracket of |grad H| / |grad F| by the spectrum's ends.
  Exact low("1e300"), high(0);
  for (Index i = 0; i < F.spectrum.size(); ++i) {
    low = smaller(low, magnitude(F.spectrum[i] + rho));
    high = larger(high, magnitude(F.spectrum[i] + rho));
  }
  check.at_most("|grad H| >= rho / (L + rho) |grad F|", Exact(rho / high * gap),
                Exact(size + rho / high * at.gap_error));
  check.at_most("|grad H| <= rho / (mu + rho) |grad F|", size,
                Exact(rho / low * (gap + at.gap_error)));
  // The prox is the minimiser: F(z) + rho/2 |z - x|^2 is quadratic around it.
  const Exact least = at.value - H.drop;
  const RandomStream draws(c.seed, 0, Purpose::probe, 0);
  const ExactVector away = delta * exact(draws.sphere(c.instance.n));
  for (const int sign : {-1, 1}) {
    const ExactVector z = H.prox + Exact(sign) * away;
    const auto& there = F.book.solve(z, ExactVector());
    const Exact distance = length_of(z - x);
    const Exact value = there.value + rho * distance * distance / 2;
    const Exact expected = least + away.dot(F.Q * away) / 2 + rho * away.dot(away) / 2;
    // 100 digits, some hundred roundings.
    near(check, "F(z + h) + rho/2 |z + h - x|^2 = H + h'(Q + rho I) h / 2", value, expected,
         Exact(Exact("1e-85") * (magnitude(there.value) + rho * distance * distance +
                                 magnitude(expected) + F.size() * delta * delta)));
  }

  // Goldstein: dist(0, grad F of the ball) lies in [G - L delta, G - mu delta]_+. Every point of
  // the ball is above the lower end; towards the minimiser one is below the upper end.
  if (!(F.mu() > 0)) return;
  const Exact lower = larger(Exact(0), Exact(at.gap - F.L() * delta));
  const Exact upper = larger(Exact(0), Exact(at.gap - F.mu() * delta));
  const Exact reach = length_of(x - F.center);
  std::vector<ExactVector> points;
  for (std::uint32_t k = 0; k < 6; ++k)
    points.push_back(
        x + delta * exact(RandomStream(c.seed, k + 1, Purpose::probe, 0).sphere(c.instance.n)));
  points.push_back(reach > delta ? ExactVector(x - delta / reach * (x - F.center)) : F.center);
  Exact best("1e300"), error(0);
  for (const ExactVector& point : points) {
    Vec<S> start(point.size());
    for (Index i = 0; i < start.size(); ++i) start[i] = convert<S>(Real100(point[i]));
    walk.set({{"x", start}});
    const ExactVector stands = exact(start);
    const Truth there = truth(F.book, stands, u);
    if (!walk.step()) return;
    // A constant step leaves a gradient's mark: gap_reported is |grad F| where the step began.
    const Exact reported(walk.record().gap_reported);
    error = there.gap_error + F.L() * sqrt(whole(c.instance.n)) * u * size_of(stands);
    check.at_most("|grad F| on the ball >= G - L delta", lower, Exact(reported + error));
    best = smaller(best, reported);
  }
  check.at_most("min |grad F| on the ball <= G - mu delta", best, Exact(upper + error));
}

// ------------------------------------------------------------------------------------- schedules

Case schedule_case(Source& source) {
  Case c = quadratic_loop_case(source);
  Quadratic F(c);
  const double L = std::max(1e-3, to_double(F.L()));
  c.numbers["rule"] = static_cast<double>(source.integer(0, 4));
  c.numbers["length"] = source.log_uniform(0.05, 2.5) / L;
  c.numbers["mu_hat"] = L * source.log_uniform(0.1, 10);
  c.numbers["offset"] = source.chance(0.5) ? 1 : source.uniform(0.5, 10);
  c.numbers["quarters"] = static_cast<double>(source.integer(0, 8));
  c.numbers["ratio"] = source.uniform(0.5, 1);
  c.numbers["rate"] = source.uniform(0, 0.5);
  return c;
}

/// beta_r of the schedule, from its formula.
Exact scheduled(const Case& c, long r) {
  const Exact length(c.number("length")), t(whole(r));
  switch (c.integer("rule")) {
    case 0:
      return Exact(1) / (Exact(c.number("mu_hat")) * (t + Exact(c.number("offset"))));
    case 1:
      return length / pow(Exact(t + 1), Exact(Exact(c.number("quarters")) / 4));
    case 2:
      return length * pow(Exact(c.number("ratio")), static_cast<int>(r));
    case 3:
      return length * exp(Exact(-Exact(c.number("rate")) * t));
    default:
      return length;
  }
}

std::string schedule_entries(const Case& c) {
  switch (c.integer("rule")) {
    case 0:
      return entry("rule", "inverse") + entry("mu", c.number("mu_hat")) +
             entry("offset", c.number("offset"));
    case 1:
      return entry("rule", "polynomial") + entry("length", c.number("length")) +
             entry("quarters", c.number("quarters"));
    case 2:
      return entry("rule", "geometric") + entry("length", c.number("length")) +
             entry("ratio", c.number("ratio"));
    case 3:
      return entry("rule", "exponential") + entry("length", c.number("length")) +
             entry("rate", c.number("rate"));
    default:
      return entry("rule", "constant") + entry("length", c.number("length"));
  }
}

template <class S>
void schedule_product(const Case& c, Check& check) {
  Quadratic F(c);
  if (!F.found || !F.regular) check.discard("F is degenerate");
  if (!(c.number("length") > 0 && c.number("mu_hat") > 0 && c.number("offset") > 0 &&
        c.number("ratio") > 0))
    check.discard("the schedule is not one");
  const Experiment e = experiment_of(ssigd_tables(c, schedule_entries(c)));
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  const Exact u = roundoff<S>();
  Vec<Exact> product(F.spectrum.size());
  for (Index i = 0; i < product.size(); ++i) product[i] = Exact(1);
  Exact start = truth(F.book, exact(walk.x()), u).gap, error(0);
  for (long r = 0; r < c.integer("steps"); ++r) {
    const ExactVector x = exact(walk.x());
    const Truth at = truth(F.book, x, u);
    walk.step();
    const Exact beta = scheduled(c, r);
    // The rules' own roundings: 3 quarters + 2 for the powers, rate t + 4 for exp, t + 2 for
    // ratio^t.
    const Exact rule_error =
        (whole(r) * (2 + Exact(c.number("rate"))) + 3 * Exact(c.number("quarters")) + 6) * u * beta;
    near(check, "step_applied is the schedule's", walk.record().step_applied, beta, rule_error);
    Exact most(0);
    Exact low("1e300"), high(0);
    for (Index i = 0; i < product.size(); ++i) {
      const Exact factor = magnitude(Exact(1 - F.spectrum[i] * beta));
      most = larger(most, factor);
      product[i] *= factor;
      low = smaller(low, product[i]);
      high = larger(high, product[i]);
    }
    error = most * error + F.size() * (step_error<S>(at, x, beta) + rule_error * at.gap);
    const Exact gap(walk.record().gap_total);
    const Exact seen = truth(F.book, exact(walk.x()), u).gap_error;
    check.at_most("G_T <= max_i prod |1 - lambda_i beta_r| G_0", gap,
                  Exact(high * start + error + seen));
    check.at_most("G_T >= min_i prod |1 - lambda_i beta_r| G_0", Exact(low * start),
                  Exact(gap + error + seen));
  }
}

Case gap_cap_case(Source& source) {
  Case c = quadratic_loop_case(source);
  Quadratic F(c);
  const double L = std::max(1e-3, to_double(F.L()));
  c.numbers["length"] = source.log_uniform(0.3, 1.9) / L;
  c.numbers["cap"] = source.log_uniform(0.1, 2);
  c.numbers["steps"] = static_cast<double>(source.integer(5, 60));
  return c;
}

/// With eta_t = min(length, cap G_t): 1/G grows by cap lambda in every step, whatever direction.
template <class S>
void gap_cap(const Case& c, Check& check) {
  Quadratic F(c);
  const Exact cap(c.number("cap")), length(c.number("length"));
  if (!F.found || !F.regular || !(F.mu() > 0) || !(cap > 0 && length > 0))
    check.discard("F is not strongly convex");
  const Experiment e = experiment_of(ssigd_tables(c, entry("rule", "constant") +
                                                         entry("length", c.number("length")) +
                                                         entry("gap_cap", c.number("cap"))));
  Walk<S> walk(c.instance, e);
  if (!walk.start()) check.discard("no lower level at the start");
  const Exact u = roundoff<S>();
  Exact since(0), inverse(0), slack(0);
  for (long t = 0; t < c.integer("steps"); ++t) {
    const ExactVector x = exact(walk.x());
    const Truth at = truth(F.book, x, u);
    const Exact gap(walk.record().gap_total);
    if (!(gap > 0)) return;
    walk.step();
    const Exact eta = smaller(length, Exact(cap * gap));
    near(check, "step_applied is min(length, cap |grad F|)", walk.record().step_applied, eta,
         Exact(2 * u * eta));
    near(check, "step_requested is the rule's", walk.record().step_requested, length, Exact(0));
    const bool capped = eta < length && cap * gap * F.L() < 1;
    const Exact after(walk.record().gap_total);
    const Exact error = at.gap_error + F.size() * step_error<S>(at, x, eta) +
                        truth(F.book, exact(walk.x()), u).gap_error;
    if (!capped || !(after > error)) {
      since = Exact(0);
      continue;
    }
    if (since == 0) {
      inverse = 1 / gap;
      slack = at.gap_error / (gap * gap);
    }
    since += 1;
    // 1/G_{t+1} >= 1/G_t + cap mu, as 1/(1-a) >= 1 + a; an error d of G moves 1/G by d/(G(G-d)).
    slack += error / (after * (after - error));
    check.at_most("t G_t <= 1 / (cap mu): 1/G_t >= 1/G_0 + cap mu t",
                  Exact(inverse + cap * F.mu() * since), Exact(1 / after + slack));
    check.at_most("G_{t+1} >= (1 - cap L G_t) G_t", Exact((1 - cap * F.L() * gap) * gap),
                  Exact(after + error));
  }
}

// ----------------------------------------------------------------- noise that cannot reach (D7)

Case unreachable_case(Source& source) {
  Recipe recipe;
  recipe.largest = 6;
  recipe.rows = recipe.bounds = recipe.curved = false;
  recipe.condition = 100;
  Case c = quadratic_case(source, recipe);
  c.seed %= std::uint64_t{1} << 40;
  c.numbers["steps"] = static_cast<double>(source.integer(1, 12));
  c.numbers["algorithm"] = static_cast<double>(source.integer(0, 2));
  c.numbers["width"] = source.log_uniform(1e-4, 10);
  c.numbers["samples"] = source.pick({1, 2, 4});
  c.numbers["objective_std"] = source.log_uniform(1e-3, 1);
  c.numbers["lower_linear_std"] = source.log_uniform(1e-3, 1);
  return c;
}

template <class S>
void noise_cannot_reach(const Case& c, Check& check) {
  const Instance& in = c.instance;
  if (in.inequality_rows() > 0 || !(in.Qyy.nearest().isZero(0) && in.Qxy.nearest().isZero(0)))
    check.discard("f is not affine in y, or rows may become active");
  const char* names[] = {"ssigd", "dsblo", "f2csa"};
  const std::string name = names[c.integer("algorithm")];
  const auto digest = [&](double width, double samples, double objective, double linear,
                          double seed) {
    const Experiment e =
        experiment_of("[algorithm]\n" + entry("name", name) + entry("samples", samples) +
                      (name == "f2csa" ? entry("outer", "sgd") : entry("perturbation", width)) +
                      "[step]\n" + entry("rule", "constant") + entry("length", 0.01) +
                      "[hypergradient]\n" + entry("estimator", "implicit") + "[noise]\n" +
                      entry("objective_std", objective) + entry("lower_linear_std", linear) +
                      "[run]\n" + entry("iterations", c.number("steps")) + entry("seed", seed));
    Walk<S> walk(in, e);
    if (!walk.start()) check.discard("no lower level at the start");
    for (long t = 0; t < c.integer("steps"); ++t) walk.step();
    return walk.record().x_digest;
  };
  // DS-BLO's random point does depend on the seed.
  const auto seed = static_cast<double>(c.seed);
  const std::string plain = digest(0, 1, 0, 0, seed);
  check.that("the perturbation's size changes nothing",
             digest(c.number("width"), 1, 0, 0, seed) == plain);
  // Sums of 2 or 4 equal numbers and their division round nothing.
  const double samples =
      c.number("samples") == 2 || c.number("samples") == 4 ? c.number("samples") : 1;
  check.that("the number of samples changes nothing", digest(0, samples, 0, 0, seed) == plain);
  check.that("noise of values changes nothing",
             digest(0, 1, c.number("objective_std"), 0, seed) == plain);
  check.that("noise of the lower level's linear term changes nothing",
             digest(c.number("width"), samples, 0, c.number("lower_linear_std"), seed) == plain);
  if (name == "ssigd")
    check.that("nor does the seed", digest(c.number("width"), 1, 0, 0, seed + 1) == plain);
}

}  // namespace

std::vector<Property> quadratic_loop_properties() {
  return {
      {"S1.strongly_convex",
       "SSIGD with beta_r = 1/(mu (r+1)) and exact gradients: sum (F(x_r) - F*) + mu T |x_T - "
       "x*|^2/2 <= sum beta_r |g_r|^2/2, so F(xbar) - F* <= G^2 (1 + ln T)/(2 mu T)",
       quadratic_loop_case,
       {ASSAY_LAW_IN_REALS(strongly_convex)}},
      {"S1.convex",
       "SSIGD with constant beta: mean F(x_r) - F* <= |x_0 - x*|^2/(2 beta T) + beta G^2/2",
       convex_case,
       {ASSAY_LAW_IN_REALS(convex)}},
      {"S1.weakly_convex",
       "sum beta |grad H_{1/rho_hat}(x_r)|^2 (rho_hat - rho)/rho_hat <= H(x_0) - H(x_T) + "
       "rho_hat/2 "
       "sum beta^2 |g|^2 (Davis and Drusvyatskiy, SIAM J. Optim. 29 (2019), theorem 3.1, without "
       "its expectation)",
       weakly_convex_case,
       {ASSAY_LAW_IN_REALS(weakly_convex)}},
      {"M1.envelopes",
       "rho/(L+rho) <= |grad H_{1/rho}|/|grad F| <= rho/(mu+rho); dist(0, grad F of a ball of "
       "radius "
       "delta) lies between [G - L delta]_+ and [G - mu delta]_+, on a quadratic",
       weakly_convex_case,
       {ASSAY_LAW_IN_REALS(envelopes)}},
      {"S2.schedule_product",
       "min_i prod_r |1 - lambda_i beta_r| G_0 <= G_T <= max_i prod_r |1 - lambda_i beta_r| G_0 "
       "for "
       "exact gradient steps on a quadratic, beta_r from the schedule's formula",
       schedule_case,
       {ASSAY_LAW_IN_REALS(schedule_product)}},
      {"E3.gap_cap",
       "eta_t = min(length, cap G_t), exact gradients, a quadratic: 1/G_t >= 1/G_0 + cap mu t and "
       "G_{t+1} >= (1 - cap L G_t) G_t, so t G_t tends into [1/(cap L), 1/(cap mu)]",
       gap_cap_case,
       {ASSAY_LAW_IN_REALS(gap_cap)}},
      {"D7.noise_cannot_reach",
       "no row and f affine in y: size of the perturbation, samples, noise of values and of the "
       "lower level's linear term leave every bit of the trajectory alone",
       unreachable_case,
       {ASSAY_LAW_IN_REALS(noise_cannot_reach)}},
  };
}

}  // namespace assay::properties
