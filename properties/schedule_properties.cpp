// Step schedules and noise on a quadratic F.
#include <algorithm>

#include "properties/property.hpp"
#include "properties/quadratic_loop.hpp"

namespace assay::properties {

namespace {

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
  Exact start = truth(F.book, as_exact(walk.x()), u).gap, error(0);
  for (long r = 0; r < c.integer("steps"); ++r) {
    const ExactVector x = as_exact(walk.x());
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
    const Exact seen = truth(F.book, as_exact(walk.x()), u).gap_error;
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
    const ExactVector x = as_exact(walk.x());
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
                        truth(F.book, as_exact(walk.x()), u).gap_error;
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
  const std::string name = names[c.choice("algorithm", 3)];
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
  const std::uint64_t plain = digest(0, 1, 0, 0, seed);
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

std::vector<Property> schedule_properties() {
  return {
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
       {ASSAY_LAW_IN_REALS(noise_cannot_reach)}}};
}

}  // namespace assay::properties
