// DS-BLO's and F2CSA's dynamics on a quadratic, against their linear theory.
#include <algorithm>
#include <boost/math/constants/constants.hpp>
#include <type_traits>

#include "properties/property.hpp"
#include "properties/walk_case.hpp"

namespace assay::properties {

namespace {

using reference::length_of;
using reference::size_of;

/// F(x) = lambda/2 |x - x*|^2 on R^2 up to a constant: Qxx = lambda I, and a lower level with a
/// constant implicit part.
Case round_case(Source& source) {
  Case c;
  c.instance = empty_instance(2, 1);
  Instance& in = c.instance;
  in.name = "round";
  const double lambda = source.log_uniform(0.1, 10);
  for (Index i = 0; i < 2; ++i) {
    in.Qxx.set(i, i, lambda);
    in.x_target.set(i, 0, source.normal());
    in.M.set(0, i, source.normal());
  }
  in.H.set(0, 0, source.log_uniform(0.5, 2));
  in.cy.set(0, 0, source.normal());
  ExactMatrix x0(2, 1);
  for (Index i = 0; i < 2; ++i) x0.set(i, 0, source.normal());
  in.x0 = x0;
  c.seed = source.word() >> 24;
  c.numbers["average"] = source.uniform(0.3, 0.95);
  c.numbers["momentum"] = source.uniform(0.3, 0.95);
  c.numbers["gamma1"] = source.log_uniform(0.1, 50);
  c.numbers["share"] = source.uniform(0.05, 0.6);
  c.numbers["start"] = source.uniform(0.9, 1.1);
  c.numbers["factor"] = source.chance(0.5) ? source.uniform(0.6, 0.9) : source.uniform(1.1, 1.5);
  c.numbers["steps"] = 600;
  return c;
}

/// Averages as long as those of published settings. With shorter ones k* is large, the cycle takes
/// a few iterations only, and its circle need not attract.
Case cycle_case(Source& source) {
  Case c = round_case(source);
  for (const char* weight : {"average", "momentum"}) c.numbers[weight] = source.uniform(0.68, 0.95);
  return c;
}

/// lambda and the stationary point; discards anything but Qxx = lambda I without rows.
struct Round {
  Round(const Case& c, Check& check) : book(c.instance) {
    const Instance& in = c.instance;
    const auto& at = book.solve(as_exact(in.x0->to_vector<double>()), ExactVector());
    if (!at.found || in.n != 2 || in.inequality_rows() > 0) check.discard("not a round quadratic");
    const auto Q = book.hessian(at.active);
    lambda = Q(0, 0);
    if (!(lambda > 0) || Q(0, 1) != 0 || Q(1, 0) != 0 || Q(1, 1) != lambda)
      check.discard("not a round quadratic");
    center = as_exact(in.x0->to_vector<double>()) - book.gradient(at) / lambda;
  }
  Textbook book;
  Exact lambda;
  ExactVector center;
};

/// a + ib as a point of the plane, and their products.
struct Complex {
  Exact re, im;
  Complex operator*(const Complex& o) const {
    return {Exact(re * o.re - im * o.im), Exact(re * o.im + im * o.re)};
  }
  Complex operator/(const Complex& o) const {
    const Exact size = o.re * o.re + o.im * o.im;
    return {Exact((re * o.re + im * o.im) / size), Exact((im * o.re - re * o.im) / size)};
  }
  Complex minus(const Exact& a) const { return {Exact(re - a), im}; }
};

template <class S>
Vec<S> point(const Complex& z, const ExactVector& center = ExactVector::Zero(2)) {
  Vec<S> v(2);
  v[0] = convert<S>(Real100(z.re + center[0]));
  v[1] = convert<S>(Real100(z.im + center[1]));
  return v;
}

std::string legacy_tables(const Case& c, const std::string& step) {
  return "[algorithm]\n" + entry("name", "dsblo") + entry("order", "legacy") +
         entry("momentum_start", "zero") + entry("perturbation", 0) +
         entry("momentum", c.number("momentum")) + entry("gradient_average", c.number("average")) +
         "[step]\n" + step + "[run]\n" + entry("iterations", 100000) + entry("seed", 1);
}

/// k* of the legacy order: (1 - ab)/(ab) for a pair on the unit circle, 2 (1+a)(1+b)/((1-a)(1-b))
/// at z = -1.
void boundaries(const Exact& a, const Exact& b, Exact& circle, Exact& flip) {
  circle = (1 - a * b) / (a * b);
  flip = 2 * (1 + a) * (1 + b) / ((1 - a) * (1 - b));
}

template <class S>
void characteristic_recursion(const Case& c, Check& check) {
  Round F(c, check);
  const Exact a(c.number("average")), b(c.number("momentum")), u = roundoff<S>();
  if (!(a > 0 && b > 0 && a < 1 && b < 1)) check.discard("no average or no momentum");
  Exact circle, flip;
  boundaries(a, b, circle, flip);
  const Exact k_wanted = Exact(c.number("factor")) * smaller(circle, flip);
  const double eta = to_double(Exact(k_wanted / F.lambda));
  if (!(eta > 0)) check.discard("no step");
  const Exact k = Exact(eta) * F.lambda;
  const Experiment e =
      experiment_of(legacy_tables(c, entry("rule", "constant") + entry("length", eta)));
  Walk<S> walk(c.instance, e);
  walk.start();
  std::vector<ExactVector> offset{as_exact(walk.x()) - F.center};
  Exact early(0), late(0);
  // Growth and decay show late; the recursion itself shows at once.
  const bool patient = std::is_same_v<S, double>;
  const long T = patient ? 400 : 60;
  // At z = -1 growth reaches 9 an iteration: the numbers end before the iterations do.
  const Exact enough = Exact("1e100") * (size_of(F.center) + length_of(offset[0]));
  for (long t = 0; t < T; ++t) {
    walk.step();
    offset.push_back(as_exact(walk.x()) - F.center);
    const Exact size = length_of(offset.back());
    if (enough < size) {
      late = size;
      break;
    }
    if (t >= 20 && t < 120) early = larger(early, size);
    if (t >= T - 100) late = larger(late, size);
  }
  // (4.3) for u = 1 says of the iterates themselves: e_{t+3} - (1+a+b-k(1-a)(1-b)) e_{t+2} +
  // (a+b+ab) e_{t+1} - ab e_t = 0, from the third iteration on, when the averages have begun. Each
  // iterate rounds by u |x|, each gradient by its error, and three of them enter.
  for (std::size_t t = 1; t + 3 < offset.size() && t < 60; ++t) {
    const ExactVector rest = offset[t + 3] - (1 + a + b - k * (1 - a) * (1 - b)) * offset[t + 2] +
                             (a + b + a * b) * offset[t + 1] - a * b * offset[t];
    Exact size(0), gradient(0);
    for (std::size_t i = t; i <= t + 3; ++i) {
      const ExactVector x = offset[i] + F.center;
      size = larger(size, size_of(x));
      gradient = larger(gradient, Exact(F.lambda * size_of(offset[i])));
    }
    const auto& at = F.book.solve(ExactVector(offset[t] + F.center), ExactVector());
    // The momentum is what an iteration moved by, over eta: 8 roundings of each.
    const Exact error =
        8 * u * (size + Exact(eta) * gradient / (1 - b)) +
        4 * Exact(eta) * F.book.gradient_error(at, ExactVector(size * ExactVector::Ones(2)), u);
    check.at_most("the iterates obey the characteristic polynomial", size_of(rest), error);
  }
  if (!patient) return;
  const Exact floor = 1000 * u * (size_of(F.center) + length_of(offset[0]));
  if (k < smaller(circle, flip))
    check.that("below the boundary the offsets shrink", late < early || late <= floor,
               to_text(late) + " after " + to_text(early));
  else
    check.that("above the boundary they grow", late > early || early <= floor,
               to_text(late) + " after " + to_text(early));
}

template <class S>
void limit_cycle(const Case& c, Check& check) {
  Round F(c, check);
  const Exact a(c.number("average")), b(c.number("momentum")), gamma1(c.number("gamma1"));
  if (!(a > 0 && b > 0 && a < 1 && b < 1 && gamma1 > 0)) check.discard("no average or momentum");
  Exact circle, flip;
  boundaries(a, b, circle, flip);
  // 2 cos theta = 1 + a + b - ab - k*(1-a)(1-b)
  const Exact cosine = (1 + a + b - a * b - circle * (1 - a) * (1 - b)) / 2;
  if (!(circle <= Exact(1.2) && circle < flip && magnitude(cosine) < Exact(0.999)))
    check.discard("no pair on the circle");
  if (!(c.number("start") >= 0.9 && c.number("start") <= 1.1)) check.discard("too far to begin");
  const double gamma2 = to_double(Exact(Exact(c.number("share")) * F.lambda / circle));
  if (!(gamma2 > 0)) check.discard("gamma_2 is positive");
  const Exact m_size = (F.lambda / circle - Exact(gamma2)) / gamma1;
  const Exact eta = circle / F.lambda;
  const Complex z{cosine, sqrt(Exact(1 - cosine * cosine))};
  // On the cycle: e (z - 1) = -eta m z and E z = ... m (z - b) = (1 - b) E z.
  const Exact start = Exact(c.number("start")) * m_size;
  const Complex m{start, Exact(0)};
  const Complex E = m * z.minus(b) / (z * Complex{Exact(1 - b), Exact(0)});
  const Complex offset = Complex{Exact(-eta), Exact(0)} * m * z / z.minus(Exact(1));
  const Experiment e = experiment_of(legacy_tables(c, entry("rule", "inverse_momentum") +
                                                          entry("gamma1", c.number("gamma1")) +
                                                          entry("gamma2", gamma2)));
  Walk<S> walk(c.instance, e);
  walk.start();
  walk.step();  // so that the average has begun and can be set
  walk.set({{"x", point<S>(offset, F.center)},
            {"dsblo.momentum", point<S>(m)},
            {"dsblo.smoothed", point<S>(E)}});
  const long T = c.integer("steps"), from = T / 2;
  if (T < 600) check.discard("too short to settle");
  Exact sum(0), gap(0);
  long turns = 0, first = -1, last = -1;
  Exact before(0);
  for (long t = 0; t < T; ++t) {
    walk.step();
    const ExactVector now = as_exact(walk.x()) - F.center;
    if (t > from) {
      sum += Exact(walk.record().momentum_norm);
      gap += Exact(walk.record().gap_total);
      if (before < 0 && now[1] >= 0) {
        if (first < 0) first = t;
        last = t;
        ++turns;
      }
    }
    before = now[1];
  }
  const Exact mean = sum / whole(T - from - 1);
  check.at_most("|m| = (lambda/k* - gamma_2)/gamma_1 within 3 %", magnitude(Exact(mean - m_size)),
                Exact(Exact(0.03) * m_size));
  // |e^{i theta} - 1| = sqrt(2 - 2 cos theta)
  const Exact expected = m_size * F.lambda * eta / sqrt(Exact(2 - 2 * cosine));
  check.at_most("gap = |m| lambda eta / |e^{i theta} - 1| within 3 %",
                magnitude(Exact(gap / whole(T - from - 1) - expected)),
                Exact(Exact(0.03) * expected));
  if (turns < 2) return;
  // Whole turns are counted in whole iterations: off by one at each end.
  const Exact period = whole(last - first) / whole(turns - 1);
  const Exact theory = 2 * Exact(boost::math::constants::pi<Exact>()) / acos(cosine);
  check.at_most("period = 2 pi / theta within 2 %", magnitude(Exact(period - theory)),
                Exact(Exact(0.02) * theory + Exact(1) / whole(turns - 1)));
}

// -------------------------------------------------------------------------------- F2CSA's orbit

Case orbit_case(Source& source) {
  Case c = round_case(source);
  c.numbers["k"] = source.log_uniform(1e-3, 0.02);
  c.numbers["radius"] = source.log_uniform(1e-4, 1);
  c.numbers["steps"] = 600;
  return c;
}

template <class S>
void orbit(const Case& c, Check& check) {
  Round F(c, check);
  const Exact D(c.number("radius"));
  const double eta = to_double(Exact(Exact(c.number("k")) / F.lambda));
  if (!(eta > 0 && D > 0)) check.discard("no step or no radius");
  const Exact k = Exact(eta) * F.lambda;
  if (!(k <= Exact(0.0201))) check.discard("the orbit is round for small eta lambda only");
  const Exact expected = D * sqrt(Exact(F.lambda / Exact(eta)));
  for (const bool fault : {false, true}) {
    const Experiment e = experiment_of(
        "[algorithm]\n" + entry("name", "f2csa") + entry("clip_radius", c.number("radius")) +
            "[hypergradient]\n" + entry("estimator", "implicit") + "[step]\n" +
            entry("rule", "constant") + entry("length", eta) + "[run]\n" +
            entry("iterations", 100000) + entry("seed", static_cast<double>(c.seed)),
        fault ? "faults = [\"new_delta_order\"]\n" : "");
    Walk<S> walk(c.instance, e);
    walk.start();
    // On the orbit: |x - x*| = D / sqrt(k), Delta across it.
    const Exact radius = Exact(c.number("start")) * D / sqrt(k);
    walk.set({{"x", point<S>(Complex{radius, Exact(0)}, F.center)},
              {"f2csa.delta", point<S>(Complex{Exact(0), D})}});
    const long T = c.integer("steps");
    if (T < 600 || !(c.number("start") >= 0.9 && c.number("start") <= 1.1))
      check.discard("too short to settle");
    Exact lowest("1e300"), highest(0);
    for (long t = 0; t < T; ++t) {
      walk.step();
      if (t < T / 2) continue;
      lowest = smaller(lowest, Exact(walk.record().gap_total));
      highest = larger(highest, Exact(walk.record().gap_total));
    }
    if (!fault) {
      check.at_most("the gap stays near D sqrt(lambda/eta): above", highest,
                    Exact(expected * Exact(1.1)));
      check.at_most("the gap stays near D sqrt(lambda/eta): below", Exact(expected * Exact(0.9)),
                    lowest);
    } else if (k * whole(T) > 6) {
      // Its determinant is 1 - k s: the amplitude shrinks by exp(-k/4) an iteration on average.
      check.at_most("moving by the new Delta damps the orbit", lowest,
                    Exact(expected * Exact(0.75)));
    }
  }
}

}  // namespace

std::vector<Property> limit_cycle_properties() {
  return {
      {"D6.characteristic_recursion",
       "legacy DS-BLO, constant step, curvature lambda, k = eta lambda: (z-1)(z-a)(z-b) + "
       "k(1-a)(1-b) z^2 annihilates the iterates; stable iff k < min((1-ab)/(ab), "
       "2(1+a)(1+b)/((1-a)(1-b)))",
       round_case,
       {ASSAY_LAW_IN_REALS(characteristic_recursion)},
       30},
      {"D6.limit_cycle",
       "legacy DS-BLO beyond its boundary circles with |m| = (lambda/k* - gamma_2)/gamma_1, gap "
       "|m| "
       "lambda eta/|e^{i theta} - 1| within 3 %, period 2 pi/theta within 2 %, 2 cos theta = "
       "1+a+b-ab-k*(1-a)(1-b)",
       cycle_case,
       {ASSAY_LAW_IN_DOUBLE(limit_cycle)},
       20},
      {"Q3.orbit",
       "F2CSA's clipped loop on curvature lambda circles with |grad F| = D sqrt(lambda/eta)",
       orbit_case,
       {ASSAY_LAW_IN_DOUBLE(orbit)},
       20},
  };
}

}  // namespace assay::properties
