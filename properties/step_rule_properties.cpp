// Every step rule against its formula, in 100 digits.
#include <algorithm>

#include "assay/step/catalogue.hpp"
#include "assay/step/prescription.hpp"
#include "properties/property.hpp"
#include "properties/textbook_loop.hpp"

namespace assay::properties {

namespace {

/// A case without an instance to speak of: a rule sees norms, gaps and values only.
Case rule_case(Source& source) {
  Case c;
  c.instance = empty_instance(1, 1);
  c.instance.name = "none";
  c.instance.Qxx.set(0, 0, 1);
  c.instance.H.set(0, 0, 1);
  c.seed = source.word() >> 2;
  auto& n = c.numbers;
  n["steps"] = static_cast<double>(source.integer(1, 60));
  n["length"] = source.log_uniform(1e-6, 100);
  n["mu"] = source.log_uniform(1e-3, 1e3);
  n["offset"] = source.log_uniform(0.1, 100);
  n["quarters"] = static_cast<double>(source.integer(0, 16));
  n["rate"] = source.log_uniform(1e-4, 1);
  n["ratio"] = source.uniform(0.1, 1);
  n["gamma1"] = source.chance(0.1) ? 0 : source.log_uniform(1e-2, 1e3);
  n["gamma2"] = source.log_uniform(1e-2, 1e3);
  n["window"] = static_cast<double>(source.integer(2, 8));
  n["epsilon"] = source.log_uniform(1e-3, 1);
  n["delta"] = source.log_uniform(1e-3, 1);
  n["delta_v"] = source.log_uniform(0.5, 10);
  n["lipschitz"] = source.log_uniform(1, 20);
  n["share"] = source.uniform(0.001, 0.9);
  n["factor"] = source.uniform(0.2, 0.9);
  n["smallest"] = source.log_uniform(1e-9, 1e-3);
  n["keep"] = source.chance(0.4);
  n["cap"] = source.chance(0.5) ? 0 : source.log_uniform(1e-4, 10);
  n["gap_cap"] = source.chance(0.6) ? 0 : source.log_uniform(1e-3, 10);
  n["floor"] = source.chance(0.7) ? 0 : source.log_uniform(1e-6, 1);
  n["printed"] = source.chance(0.7) ? 0 : source.log_uniform(1e-2, 10);
  n["cap_shrink"] = source.chance(0.5) ? 1 : source.uniform(0.3, 1);
  n["stall_window"] = static_cast<double>(source.integer(1, 6));
  // Gaps fall, rise, or stay where they are for a while.
  n["trend"] = source.pick({-1, 0, 1});
  return c;
}

/// The queries of a case: each a function of its number.
struct Queries {
  explicit Queries(const Case& c)
      : norms(RandomStream(c.seed, 1, Purpose::probe, 0).uniforms(200)),
        gaps(RandomStream(c.seed, 2, Purpose::probe, 0).uniforms(200)),
        trend(c.number("trend")) {}
  double norm(long t) const { return trend < 0 ? norms[t] * 0.02 : norms[t] * 4; }
  double gap(long t) const {
    const double base = trend < 0 ? 1.0 / static_cast<double>(1 + t) : trend > 0 ? 1.0 + t : 1.0;
    // A quarter of the gaps repeat one value: neither smaller nor larger.
    return gaps[t] < 0.25 ? base : base * (0.5 + gaps[t]);
  }
  Vec<double> norms, gaps;
  double trend;
};

std::map<std::string, Value> limits_of(const Case& c) {
  return {{"cap", c.number("cap")},
          {"gap_cap", c.number("gap_cap")},
          {"floor", c.number("floor")},
          {"printed", c.number("printed")},
          {"cap_shrink", c.number("cap_shrink")},
          {"stall_window", std::int64_t{c.integer("stall_window")}}};
}

template <class S>
LimitedStep<S> rule_of(const std::string& name, std::map<std::string, Value> given, long horizon) {
  const CatalogueItem& item = find_item(step_items(), name, "case", "rule");
  return make_step<S>(name, Settings(item.parameters, given, "case", "step"), {horizon, S(0)});
}

/// StepLimits in exact arithmetic.
class Limits {
 public:
  explicit Limits(const Case& c) : c_(c), cap_(c.number("cap")) {}

  /// What is applied of a rule's own length.
  Exact applied(const Exact& length, const Exact& gap) {
    Exact out = length;
    if (cap_ > 0) {
      if (c_.number("cap_shrink") < 1) watch(gap);
      out = smaller(out, cap_);
    }
    if (c_.number("gap_cap") > 0) out = smaller(out, Exact(Exact(c_.number("gap_cap")) * gap));
    if (c_.number("floor") > 0) out = larger(out, Exact(c_.number("floor")));
    return out;
  }
  long shrunk() const { return shrunk_; }

 private:
  void watch(const Exact& gap) {
    if (best_ < 0 || gap < best_) {
      best_ = gap;
      stalled_ = 0;
    } else if (++stalled_ >= c_.integer("stall_window")) {
      cap_ *= Exact(c_.number("cap_shrink"));
      stalled_ = 0;
      ++shrunk_;
    }
  }
  const Case& c_;
  Exact cap_, best_{-1};
  long stalled_ = 0, shrunk_ = 0;
};

/// A rule by name: what it is given, its formula, and how many roundings it may take.
struct Rule {
  const char* name;
  std::vector<const char*> keys;
  Exact (*formula)(const Case&, long t, const Exact& norm);
  Exact (*roundings)(const Case&, long t);
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> list = {
      {"constant",
       {"length"},
       [](const Case& c, long, const Exact&) { return Exact(c.number("length")); },
       [](const Case&, long) { return Exact(0); }},
      {"inverse",
       {"mu", "offset"},
       [](const Case& c, long t, const Exact&) {
         return Exact(1 / (Exact(c.number("mu")) * (whole(t) + Exact(c.number("offset")))));
       },
       [](const Case&, long) { return Exact(3); }},
      // Two square roots, a power by squaring, a quotient.
      {"polynomial",
       {"length", "quarters"},
       [](const Case& c, long t, const Exact&) {
         Exact power(1);
         for (long k = 0; k < c.integer("quarters"); ++k) power *= sqrt(sqrt(whole(t + 1)));
         return Exact(Exact(c.number("length")) / power);
       },
       [](const Case& c, long) { return Exact(3 * Exact(c.number("quarters")) + 1); }},
      // exp within one unit in the last place, its argument rounded once.
      {"exponential",
       {"length", "rate"},
       [](const Case& c, long t, const Exact&) {
         return Exact(Exact(c.number("length")) * exp(Exact(-Exact(c.number("rate")) * whole(t))));
       },
       [](const Case& c, long t) { return Exact(Exact(c.number("rate")) * whole(t) + 4); }},
      {"geometric",
       {"length", "ratio"},
       [](const Case& c, long t, const Exact&) {
         Exact out(c.number("length"));
         for (long k = 0; k < t; ++k) out *= Exact(c.number("ratio"));
         return out;
       },
       [](const Case&, long t) { return whole(t + 2); }},
      {"horizon",
       {"length"},
       [](const Case& c, long, const Exact&) {
         return Exact(Exact(c.number("length")) / sqrt(whole(c.integer("steps"))));
       },
       [](const Case&, long) { return Exact(2); }},
      {"inverse_momentum",
       {"gamma1", "gamma2"},
       [](const Case& c, long, const Exact& norm) {
         return Exact(1 / (Exact(c.number("gamma1")) * norm + Exact(c.number("gamma2"))));
       },
       [](const Case&, long) { return Exact(3); }},
  };
  return list;
}

template <class S>
void rules_are_their_formulas(const Case& c, Check& check) {
  const Exact u = roundoff<S>();
  const Queries queries(c);
  const long T = c.integer("steps");
  if (T < 1 || T > 200 ||
      !(c.number("length") > 0 && c.number("mu") > 0 && c.number("offset") > 0 &&
        c.number("gamma2") > 0 && c.number("ratio") > 0 && c.number("cap_shrink") > 0 &&
        c.integer("stall_window") > 0))
    check.discard("a parameter is out of range");
  for (const Rule& rule : rules()) {
    auto given = limits_of(c);
    for (const char* key : rule.keys)
      given[key] = std::string(key) == "quarters" ? Value(std::int64_t{c.integer(key)})
                                                  : Value(c.number(key));
    LimitedStep<S> step = rule_of<S>(rule.name, given, T);
    Limits limits(c);
    for (long t = 0; t < T; ++t) {
      StepQuery<S> query;
      query.iteration = t;
      query.direction_norm = S(queries.norm(t));
      query.gap = [&] { return S(queries.gap(t)); };
      const StepLength<S> got = step(query);
      const Exact own = rule.formula(c, t, Exact(queries.norm(t)));
      const Exact error = rule.roundings(c, t) * u * own;
      const Exact expected = limits.applied(own, Exact(queries.gap(t)));
      near(check, std::string(rule.name) + ": step_applied", got.applied, expected,
           Exact(error + (whole(limits.shrunk()) + 1) * u * expected));
      if (c.number("printed") > 0) {
        const Exact claim = Exact(c.number("printed")) / sqrt(whole(t + 1));
        near(check, "step_requested under 'printed'", got.requested, claim, Exact(2 * u * claim));
      } else {
        near(check, std::string(rule.name) + ": step_requested", got.requested, own, error);
      }
    }
  }
}

/// Armijo on a quadratic merit phi(s) = f - slope s + curve s^2 / 2.
template <class S>
void armijo_keeps_its_promise(const Case& c, Check& check) {
  const Exact u = roundoff<S>();
  const double first = c.number("length"), share = c.number("share"), factor = c.number("factor");
  const double smallest = c.number("smallest");
  const bool keep = c.number("keep") != 0;
  if (!(first > 0 && share > 0 && factor > 0 && factor < 1 && smallest > 0))
    check.discard("a parameter is out of range");
  LimitedStep<S> step = rule_of<S>("armijo",
                                   {{"first", first},
                                    {"share", share},
                                    {"factor", factor},
                                    {"smallest", smallest},
                                    {"keep", keep}},
                                   10);
  const RandomStream draws(c.seed, 3, Purpose::probe, 0);
  Exact trial(first);
  for (long t = 0; t < c.integer("steps"); ++t) {
    const auto k = static_cast<std::uint64_t>(t);
    const double f = draws.normal(4 * k), slope = draws.uniform(4 * k + 1);
    // Curvatures from far below to far above what the first trial can bear.
    const double curve =
        slope / first * (draws.uniform(4 * k + 2) < 0.5 ? 0.5 : 200) * draws.uniform(4 * k + 3);
    std::vector<S> tried;
    StepQuery<S> query;
    query.iteration = t;
    query.slope = S(slope);
    query.merit = [&](const S& s) {
      if (s != S(0)) tried.push_back(s);
      return S(S(f) - S(slope) * s + S(curve) * s * s / S(2));
    };
    const S got = step(query).applied;
    // phi(s) <= phi(0) - share slope s, in exact numbers and with the rounding of both sides.
    const auto excess = [&](const Exact& s) {
      return Exact((Exact(share) - 1) * Exact(slope) * s + Exact(curve) * s * s / 2);
    };
    const auto rounding = [&](const Exact& s) {
      return Exact(6 * u * (magnitude(Exact(f)) + Exact(slope) * s + Exact(curve) * s * s));
    };
    const Exact s(got), least(smallest);
    if (s > least) check.at_most("the accepted length falls by its share", excess(s), rounding(s));
    Exact expected = trial;
    for (const S& each : tried) {
      near(check, "trials shrink by the factor", each, expected, Exact(u * expected));
      const Exact here(each);
      if (here != s || s <= least)
        check.at_most("a rejected length does not", Exact(-excess(here)), rounding(here));
      expected = here * Exact(factor);
    }
    const Exact last = tried.empty() ? trial : Exact(tried.back());
    // The accepted length is the last tried, or the smallest where the next would be below it.
    check.that("the accepted length was tried, or is the smallest", s == last || s == least,
               to_text(s));
    if (s == least && s != last)
      check.at_most("the smallest is reached only from near it", Exact(last * Exact(factor)),
                    Exact(least * (1 + 2 * u)));
    trial = keep ? s : Exact(first);
  }
}

/// The published harness's adjustment of mu, from its description.
template <class S>
void adjusted_inverse_follows(const Case& c, Check& check) {
  const Exact u = roundoff<S>();
  const long T = c.integer("steps"), W = c.integer("window");
  if (T > 200 || W < 2 || !(c.number("mu") > 0)) check.discard("a parameter is out of range");
  const double mu0 = c.number("mu"), low = mu0 / 4, high = mu0 * 4;
  LimitedStep<S> step = rule_of<S>(
      "adjusted_inverse",
      {{"mu", mu0}, {"smallest", low}, {"largest", high}, {"window", std::int64_t{W}}}, T);
  const Queries queries(c);
  Exact mu(mu0);
  for (long t = 0; t < T; ++t) {
    StepQuery<S> query;
    query.iteration = t;
    query.direction_norm = S(queries.norm(t));
    query.gap = [&] { return S(queries.gap(t)); };
    const StepLength<S> got = step(query);
    if (t >= W) {
      Exact mean(0), variance(0);
      for (long k = t - W + 1; k <= t; ++k) mean += Exact(queries.norm(k)) / whole(W);
      for (long k = t - W + 1; k <= t; ++k) {
        const Exact off = Exact(queries.norm(k)) - mean;
        variance += off * off / whole(W);
      }
      const Exact improvement = Exact(queries.gap(t - W)) - Exact(queries.gap(t));
      const Exact doubt = 100 * u;  // W + 6 roundings in any of the comparisons
      const Exact limit = Exact(0.25) * mean * mean;
      if (magnitude(Exact(variance - limit)) <= doubt * limit ||
          magnitude(Exact(improvement - Exact(1e-2))) <= doubt * (1 + magnitude(improvement)) ||
          magnitude(Exact(mean - Exact(1e-2))) <= doubt)
        return;
      if (variance > limit) mu = smaller(Exact(mu * Exact(1.2)), Exact(high));
      if (improvement > Exact(1e-2) && mean < Exact(1e-2))
        mu = larger(Exact(mu / Exact(1.1)), Exact(low));
    }
    const Exact expected = 1 / (mu * whole(t + 1));
    near(check, "adjusted_inverse", got.applied, expected, Exact((whole(t) + 2) * u * expected));
  }
}

/// The theorems' constants. They are doubles in every tier.
template <class S>
void prescriptions_are_their_formulas(const Case& c, Check& check) {
  const Exact u(unit_roundoff<double>());
  const Exact eps(c.number("epsilon")), delta(c.number("delta")), dv(c.number("delta_v"));
  const Exact lip(c.number("lipschitz"));
  const Exact spread = dv * dv + 2 * lip * lip, size = dv + 2 * lip;
  if (!(eps > 0 && delta > 0 && dv > 0 && lip > 0 && eps * eps < 400 * spread && eps < lip / 2))
    check.discard("beyond the side conditions");
  const Exact beta = 1 - eps * eps / (960 * spread);
  const Exact window = log(Exact(32 * size / eps)) / log(Exact(1 / beta));
  const Exact gamma1 = window / delta, gamma2 = 4 * gamma1 * size;
  const auto p = dsblo_prescription(c.number("epsilon"), c.number("delta"), c.number("delta_v"),
                                    c.number("lipschitz"));
  near(check, "beta = 1 - eps^2 / (960 (dv^2 + 2 L^2))", p.momentum, beta, Exact(2 * u));
  // eps^2/(960 spread): 6 roundings; two logarithms below 1 ulp, the series' 60 sums: their terms
  // shrink by gap <= 1/2, so the roundings add up to less than 8.
  near(check, "K = ln(32 (dv + 2 L)/eps) / ln(1/beta)", p.window, window, Exact(24 * u * window));
  near(check, "gamma_1 = K / delta", p.gamma1, gamma1, Exact(25 * u * gamma1));
  near(check, "gamma_2 = 4 gamma_1 (dv + 2 L)", p.gamma2, gamma2, Exact(29 * u * gamma2));
  const auto f = f2csa_prescription(c.number("epsilon"), c.number("delta"), c.number("lipschitz"));
  const Exact D = delta * eps * eps / (lip * lip);
  const Exact eta = D * eps / (lip * lip);
  near(check, "D = delta eps^2 / L^2", f.clip_radius, D, Exact(4 * u * D));
  near(check, "eta = delta eps^3 / L^4", f.step, eta, Exact(6 * u * eta));
  check.that("alpha = eps", f.alpha == c.number("epsilon"));
  // floor(L^2/eps^2), an exact quotient not floored to one less by its rounding.
  const Exact blocks = lip * lip / (eps * eps);
  check.at_most("M <= L^2/eps^2", whole(f.block), Exact(blocks * (1 + 16 * u)));
  check.at_most("M > L^2/eps^2 - 1", blocks, Exact(whole(f.block + 1) * (1 + 4 * u)));

  const std::map<std::string, Value> given = {{"epsilon", c.number("epsilon")},
                                              {"delta", c.number("delta")},
                                              {"lipschitz", c.number("lipschitz")}};
  auto both = given;
  both["delta_v"] = c.number("delta_v");
  StepQuery<S> query;
  query.direction_norm = S(2);
  const Exact own = 1 / (2 * Exact(p.gamma1) + Exact(p.gamma2));
  near(check, "dsblo_prescription", rule_of<S>("dsblo_prescription", both, 1)(query).applied, own,
       Exact(3 * roundoff<S>() * own));
  near(check, "f2csa_prescription", rule_of<S>("f2csa_prescription", given, 1)(query).applied,
       Exact(f.step), Exact(0));
}

}  // namespace

std::vector<Property> step_rule_properties() {
  return {
      {"W1.rules_are_their_formulas",
       "every step rule gives its formula within its own roundings, and min(length, cap, gap_cap "
       "G), not below floor, under limits; 'printed' changes the report alone",
       rule_case,
       {ASSAY_LAW_IN_REALS(rules_are_their_formulas)}},
      {"W2.armijo_keeps_its_promise",
       "the accepted t has phi(t) <= phi(0) - share slope t or is the smallest allowed; every "
       "trial "
       "before it fails; trials are first factor^k (Nocedal and Wright, algorithm 3.1)",
       rule_case,
       {ASSAY_LAW_IN_REALS(armijo_keeps_its_promise)}},
      {"W3.adjusted_inverse_follows",
       "mu times 1.2 where the window's variance exceeds a quarter of its mean squared, over 1.1 "
       "where the gap fell by 1e-2 at a mean below 1e-2, within [smallest, largest]",
       rule_case,
       {ASSAY_LAW_IN_REALS(adjusted_inverse_follows)}},
      {"W4.prescriptions_are_their_formulas",
       "beta, K, gamma_1, gamma_2 of DS-BLO's theorem and D, eta, M of F2CSA's",
       rule_case,
       {ASSAY_LAW_IN_REALS(prescriptions_are_their_formulas)}},
  };
}

}  // namespace assay::properties
