#include "assay/hypergradient/difference.hpp"
#include "assay/lower_level/active_set.hpp"
#include "properties/exact_point.hpp"
#include "properties/generators.hpp"
#include "properties/property.hpp"
#include "properties/small_cases.hpp"

namespace assay::properties {

namespace {

Case difference_case(Source& source) {
  Recipe recipe;
  recipe.largest = 8;
  recipe.condition = 100;
  recipe.margin = 0.1;
  recipe.at_built_point = true;
  Case c = quadratic_case(source, recipe);
  for (double& x : c.vectors["x"]) x = std::nearbyint(x * 0x1p12) * 0x1p-12;  // short fractions
  if (source.chance(0.5))
    for (Index j = 0; j < c.instance.m; ++j)
      for (Index i = 0; i < c.instance.n; ++i)
        c.instance.Qxy.set(i, j, static_cast<double>(source.integer(-8, 8)) / 8);
  c.numbers["step_exponent"] = static_cast<double>(source.integer(12, 22));
  c.numbers["radius_exponent"] = static_cast<double>(source.integer(12, 22));
  c.numbers["directions"] = static_cast<double>(source.integer(1, 4));
  c.numbers["sample"] = static_cast<double>(source.integer(0, 5));
  c.numbers["common"] = source.chance(0.5) ? 1 : 0;
  c.numbers["noise"] = source.chance(0.5) ? 0 : source.log_uniform(1e-3, 1);
  return c;
}

/// One case made ready, and F by formula wherever the rows that are active at x are the active
/// ones.
template <class S>
struct Piece {
  using T = Wider<S>;

  Piece(const Case& c, Check& check_in)
      : check(check_in),
        problem(c.instance),
        wide(c.instance),
        lower(problem),
        draws(c.seed, 1),
        x(widen<S>(c.vector("x"))),
        seed(c.seed),
        step(std::ldexp(1.0, -static_cast<int>(c.integer("step_exponent")))),
        radius(std::ldexp(1.0, -static_cast<int>(c.integer("radius_exponent")))),
        directions(c.integer("directions")),
        sample(static_cast<std::uint32_t>(c.integer("sample"))) {
    noise.objective = c.number("noise");
    if (directions < 1 || c.number("sample") < 0 || noise.objective < 0)
      check.discard("settings out of range");
    const LowerSolution<S>& s = lower.solve(x, Vec<S>());
    if (s.status != LowerStatus::solved) discard_only_infeasible(c, to_string(s.status), check);
    if (!s.weakly_active.empty() || !s.licq) check.discard("degenerate");
    active = s.active;
    const ExactPoint<S> here(wide, converted<T>(x), Vec<T>(), active);
    check.that("the active set is not clearly another", !here.independent || !here.is_wrong());
  }

  ExactPoint<S> at(const Vec<S>& point) {
    ExactPoint<S> exact(wide, converted<T>(point), Vec<T>(), active);
    check.that("the active rows are independent", exact.independent);
    if (!exact.holds_clearly()) check.discard("another piece of F");
    return exact;
  }

  EstimatorContext<S> context(const FaultSet& f = {}) {
    return {&problem, &lower, &draws, noise, f};
  }

  T objective_noise(std::uint32_t number) const {
    return T(noise.objective) *
           T(RandomStream(seed, 1, Purpose::objective_noise, 0, number).normal(0));
  }
  Vec<S> direction(std::uint32_t number) const {
    return widen<S>(RandomStream(seed, 1, Purpose::direction, 0, number).normals(problem.n));
  }

  /// A bound on what roundings do to (F(above) - F(below)) / 2h: those of F and of its noise, and
  /// that the two points are rounded: to u of their size in every coordinate, along the slope of F.
  T quotient_floor(const Vec<S>& above, const Vec<S>& below, const T& h, std::uint32_t first,
                   std::uint32_t second) {
    const ExactPoint<S> a = at(above), b = at(below);
    const T u = convert<T>(unit_roundoff<S>());
    T sum = a.value_floor + b.value_floor;
    sum += T(4) * u *
           (magnitude(a.value) + magnitude(b.value) + magnitude(objective_noise(first)) +
            magnitude(objective_noise(second)));
    for (Index i = 0; i < above.size(); ++i)
      sum += T(3) * u *
             (magnitude(a.gradient[i]) * magnitude(convert<T>(above[i])) +
              magnitude(b.gradient[i]) * magnitude(convert<T>(below[i])));
    return sum / (T(2) * h);
  }

  void parts(const Hypergradient<S>& out, const ExactPoint<S>& exact) {
    for (Index i = 0; i < problem.n; ++i) {
      check.at_most("direct part", magnitude(T(convert<T>(out.direct[i]) - exact.direct[i])),
                    exact.direct_floor[i]);
      check.equal("implicit = total - direct", out.implicit[i], S(out.total[i] - out.direct[i]));
    }
    check.that("no kink inside a piece", !out.kink && out.licq);
  }

  Check& check;
  QuadraticProblem<S> problem;
  QuadraticProblem<T> wide;
  ActiveSetLowerLevel<S> lower;
  Draws draws;
  Vec<S> x;
  std::uint64_t seed;
  NoiseLevels noise;
  double step, radius;
  long directions;
  std::uint32_t sample;
  std::vector<Index> active;
};

template <class S>
void central(const Case& c, Check& check) {
  using T = Wider<S>;
  Piece<S> piece(c, check);
  const bool common = c.number("common") > 0;
  const ExactPoint<S> exact = piece.at(piece.x);
  const T h(piece.step), u = convert<T>(unit_roundoff<S>());
  CentralDifferenceEstimator<S> estimator(piece.context(), {piece.step, common});
  Hypergradient<S> out;
  estimator.evaluate(piece.x, Vec<S>(), piece.sample, out);
  for (Index i = 0; i < piece.problem.n; ++i) {
    Vec<S> above = piece.x, below = piece.x;
    above[i] += S(piece.step);
    below[i] -= S(piece.step);
    const auto own = static_cast<std::uint32_t>(2 * (piece.sample * piece.problem.n + i));
    const std::uint32_t first = common ? piece.sample : own, second = common ? first : own + 1;
    const T expected = exact.gradient[i] +
                       (piece.objective_noise(first) - piece.objective_noise(second)) / (T(2) * h);
    const T total = convert<T>(out.total[i]);
    check.at_most(
        "central difference is grad F", magnitude(T(total - expected)),
        T(piece.quotient_floor(above, below, h, first, second) + T(3) * u * magnitude(total)));
  }
  piece.parts(out, exact);
}

template <class S>
void two_point(const Case& c, Check& check) {
  using T = Wider<S>;
  Piece<S> piece(c, check);
  const ExactPoint<S> exact = piece.at(piece.x);
  const T u = convert<T>(unit_roundoff<S>()), count(static_cast<double>(piece.directions));
  Hypergradient<S> out, unscaled;
  const TwoPointOptions o{piece.radius, piece.directions};
  TwoPointEstimator<S>(piece.context(), o).evaluate(piece.x, Vec<S>(), piece.sample, out);
  FaultSet missing;
  missing.add(Fault::unscaled_two_point);
  TwoPointEstimator<S>(piece.context(missing), o)
      .evaluate(piece.x, Vec<S>(), piece.sample, unscaled);
  Vec<T> expected = zeros<T>(piece.problem.n), bound = expected;
  for (long k = 0; k < piece.directions; ++k) {
    const auto number = static_cast<std::uint32_t>(piece.sample * piece.directions + k);
    const Vec<S> z = piece.direction(number);
    Vec<S> above = piece.x, below = piece.x;
    T slope(0);
    for (Index i = 0; i < z.size(); ++i) {
      above[i] += S(piece.radius) * z[i];
      below[i] -= S(piece.radius) * z[i];
      slope += exact.gradient[i] * convert<T>(z[i]);
    }
    const T floor = piece.quotient_floor(above, below, T(piece.radius), number, number) +
                    T(static_cast<double>(piece.directions + 5)) * u * magnitude(slope);
    for (Index i = 0; i < z.size(); ++i) {
      expected[i] += slope * convert<T>(z[i]) / count;
      bound[i] += floor * magnitude(convert<T>(z[i])) / count;
    }
  }
  for (Index i = 0; i < expected.size(); ++i) {
    check.at_most("mean of slopes times directions",
                  magnitude(T(convert<T>(out.total[i]) - expected[i])), bound[i]);
    // s is a power of two, and so commutes with every rounding after it.
    check.equal("unscaled_two_point misses 1/s", unscaled.total[i],
                S(out.total[i] * S(piece.radius)));
  }
  piece.parts(out, exact);
}

template <class S>
void shifted(const Case& c, Check& check) {
  using T = Wider<S>;
  Piece<S> piece(c, check);
  const T h(piece.step), u = convert<T>(unit_roundoff<S>());
  const T count(static_cast<double>(piece.directions));
  Hypergradient<S> out;
  ShiftedDifferenceEstimator<S>(piece.context(), {piece.radius, piece.step, piece.directions})
      .evaluate(piece.x, Vec<S>(), piece.sample, out);
  Vec<T> expected = zeros<T>(piece.problem.n), bound = expected;
  for (long k = 0; k < piece.directions; ++k) {
    const auto number = static_cast<std::uint32_t>(piece.sample * piece.directions + k);
    const Vec<S> z = piece.direction(number);
    Vec<S> point = piece.x;
    for (Index i = 0; i < z.size(); ++i) point[i] += S(piece.radius) * z[i];
    const ExactPoint<S> exact = piece.at(point);
    for (Index i = 0; i < z.size(); ++i) {
      Vec<S> above = point, below = point;
      above[i] += S(piece.step);
      below[i] -= S(piece.step);
      expected[i] += exact.gradient[i] / count;
      bound[i] +=
          (piece.quotient_floor(above, below, h, number, number) +
           T(static_cast<double>(piece.directions + 5)) * u * magnitude(exact.gradient[i])) /
          count;
    }
  }
  for (Index i = 0; i < expected.size(); ++i)
    check.at_most("mean gradient at the shifted points",
                  magnitude(T(convert<T>(out.total[i]) - expected[i])), bound[i]);
  piece.parts(out, piece.at(piece.x));
}

}  // namespace

std::vector<Property> difference_properties() {
  return {
      {"V1.central_difference",
       "inside one piece F is quadratic and (F(x + h e_i) - F(x - h e_i)) / 2h is grad F up to "
       "rounding / h; objective noise cancels with common samples and else adds its own draws' "
       "difference / 2h",
       difference_case,
       {ASSAY_LAW_IN_FIELDS(central)}},
      {"V2.two_point",
       "inside one piece the estimate is the mean of (grad F'z) z over its own draws z, unbiased "
       "since E zz' = I; without 1/s it is s times that, bit for bit",
       difference_case,
       {ASSAY_LAW_IN_FIELDS(two_point)}},
      {"V3.shifted_difference",
       "inside one piece the estimate is the mean of grad F over its own shifted points",
       difference_case,
       {ASSAY_LAW_IN_FIELDS(shifted)}},
  };
}

}  // namespace assay::properties
