// What the theorems of convex optimisation say of loops on a quadratic F.
#include <algorithm>

#include "properties/property.hpp"
#include "properties/quadratic_loop.hpp"

namespace assay::properties {

namespace {

using reference::length_of;
using reference::moreau;
using reference::size_of;

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
    path.x.push_back(as_exact(walk.x()));
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
  Exact moved(0), squares(0), first(0), last(0), floor(0), fallen(0), slip(0);
  // |H''| = rho_hat |q| / (q + rho_hat): below rho_hat for q > 0, largest at -rho for q < 0.
  const Exact bent = larger(rho_hat, Exact(rho_hat * rho / (rho_hat - rho)));
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
    // On a quadratic F, H is one too: its Hessian is rho_hat Q (Q + rho_hat I)^-1, which times g is
    // rho_hat (g - grad H).
    fallen += beta * at.gradient.dot(H.gradient) -
              beta * beta * rho_hat * at.gradient.dot(at.gradient - H.gradient) / 2;
    slip +=
        2 * path.value_error + (size + bent * (beta * at.gap + path.move_error)) * path.move_error;
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
  near(check, "H(x_0) - H(x_T) = sum beta g'grad H - beta^2 rho_hat g'(g - grad H) / 2",
       Exact(first - last), fallen, slip);
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
  const ExactVector x = as_exact(walk.x());
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
  const ExactVector away = delta * as_exact(draws.sphere(c.instance.n));
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
        x + delta * as_exact(RandomStream(c.seed, k + 1, Purpose::probe, 0).sphere(c.instance.n)));
  points.push_back(reach > delta ? ExactVector(x - delta / reach * (x - F.center)) : F.center);
  Exact best("1e300"), error(0);
  for (const ExactVector& point : points) {
    Vec<S> start(point.size());
    for (Index i = 0; i < start.size(); ++i) start[i] = convert<S>(Real100(point[i]));
    walk.set({{"x", start}});
    const ExactVector stands = as_exact(start);
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
       "its expectation); on a quadratic H falls by exactly beta g'grad H - beta^2 rho_hat/2 g'(g "
       "- "
       "grad H) in a step",
       weakly_convex_case,
       {ASSAY_LAW_IN_REALS(weakly_convex)}},
      {"M1.envelopes",
       "rho/(L+rho) <= |grad H_{1/rho}|/|grad F| <= rho/(mu+rho); dist(0, grad F of a ball of "
       "radius "
       "delta) lies between [G - L delta]_+ and [G - mu delta]_+, on a quadratic",
       weakly_convex_case,
       {ASSAY_LAW_IN_REALS(envelopes)}}};
}

}  // namespace assay::properties
