#include <algorithm>

#include "assay/hypergradient/penalty.hpp"
#include "assay/lower_level/active_set.hpp"
#include "properties/exact_point.hpp"
#include "properties/generators.hpp"
#include "properties/penalty_formula.hpp"
#include "properties/property.hpp"
#include "properties/small_cases.hpp"
#include "reference/exact_residuals.hpp"

namespace assay::properties {

namespace {

/// f with all its parts: a cross term, a target of y, and Qyy = V V' of rank 0 .. m.
void fill_upper(Source& source, Instance& in) {
  if (source.chance(0.5))
    for (Index j = 0; j < in.m; ++j)
      for (Index i = 0; i < in.n; ++i) in.Qxy.set(i, j, source.eighths(8));
  if (source.chance(0.5)) {
    const Index rank = source.integer(0, in.m);
    Mat<double> V(in.m, rank);
    for (double& v : V.reshaped()) v = source.eighths(8);
    const Mat<double> Qyy = times<double>(V, flipped<double>(V));
    for (Index j = 0; j < in.m; ++j) {
      in.y_target.set(j, 0, source.eighths(16));
      for (Index i = 0; i < in.m; ++i) in.Qyy.set(i, j, Qyy(i, j));
    }
  }
}

Recipe penalty_recipe() {
  Recipe recipe;
  recipe.largest = 14;
  recipe.condition = 1e3;
  recipe.margin = 1e-2;
  return recipe;
}

Case penalty_case(Source& source) {
  Case c = quadratic_case(source, penalty_recipe());
  fill_upper(source, c.instance);
  c.numbers["alpha"] = source.log_uniform(1e-3, 1);
  c.numbers["paper_gate"] = source.chance(0.5) ? 1 : 0;
  if (source.chance(0.3)) c.vectors["q"] = source.normals(c.instance.m);
  return c;
}

/// No row is active, f is affine in y.
Case no_rows_case(Source& source) {
  Recipe recipe = penalty_recipe();
  recipe.equalities = recipe.bounds = recipe.curved = false;
  Case c = quadratic_case(source, recipe);
  for (Index i = 0; i < c.instance.inequality_rows(); ++i)
    c.instance.b.set(i, 0, c.instance.b(i) + 1e4);
  c.numbers["alpha"] = source.log_uniform(1e-3, 3);
  c.numbers["paper_gate"] = source.chance(0.5) ? 1 : 0;
  return c;
}

/// alpha as shrinking may have left it.
double positive(const Case& c, Check& check, const std::string& name) {
  if (!(c.number(name) > 0)) check.discard(name + " is not positive");
  return c.number(name);
}

template <class S>
Vec<S> perturbation(const Case& c) {
  return c.vectors.count("q") ? widen<S>(c.vector("q")) : Vec<S>();
}

/// A lower level that answers what it is told.
template <class S>
class ToldLowerLevel final : public LowerLevel<S> {
 public:
  explicit ToldLowerLevel(const QuadraticProblem<S>& problem) : real_(problem) {}
  const LowerSolution<S>& solve(const Vec<S>&, const Vec<S>&) override { return told; }
  KktFactor<S>& factor() override { return real_.factor(); }
  LowerSolution<S> told;

 private:
  ActiveSetLowerLevel<S> real_;
};

FaultSet faults(std::initializer_list<Fault> list) {
  FaultSet set;
  for (const Fault f : list) set.add(f);
  return set;
}

/// One case made ready: problem, lower level, point.
template <class S>
struct Setting {
  using T = Wider<S>;

  explicit Setting(const Case& c)
      : c_(c),
        problem(c.instance),
        lower(problem),
        told(problem),
        draws(c.seed, 1),
        x(widen<S>(c.vector("x"))),
        q(perturbation<S>(c)),
        instance(c.instance) {}

  /// Solves the lower level; leaves out points where its answer is not differentiable.
  void solve(Check& check) {
    const LowerSolution<S>& s = lower.solve(x, q);
    if (s.status != LowerStatus::solved) discard_only_infeasible(c_, to_string(s.status), check);
    if (!s.weakly_active.empty() || !s.licq) check.discard("degenerate");
    told.told = s;
  }

  /// The oracle on the answer in told.told, or on another lower level.
  Hypergradient<S> estimate(const PenaltyOptions& o, const FaultSet& f = {},
                            std::uint32_t sample = 0, const NoiseLevels& noise = {}) {
    PenaltyEstimator<S> estimator({&problem, &told, &draws, noise, f}, o);
    Hypergradient<S> out;
    estimator.evaluate(x, q, sample, out);
    inner = estimator.inner_point();
    return out;
  }

  PenaltyFormula<S> formula(const PenaltyOptions& o, const FaultSet& f = {}) const {
    return PenaltyFormula<S>(instance, x, q, told.told, o, f);
  }

  const Case& c_;
  QuadraticProblem<S> problem;
  ActiveSetLowerLevel<S> lower;
  ToldLowerLevel<S> told;
  Draws draws;
  Vec<S> x, q, inner;
  const Instance& instance;
};

PenaltyOptions options(const Case& c, double alpha) {
  PenaltyOptions o;
  o.alpha = alpha;
  o.gate = c.number("paper_gate") > 0 ? "paper" : "active_set";
  return o;
}

/// |a - b| <= bound, entry by entry; records the entry that comes closest.
template <class T>
void close(Check& check, const std::string& what, const Vec<T>& a, const Vec<T>& b,
           const Vec<T>& bound) {
  check.that(what, a.size() == b.size() && a.size() == bound.size(), "sizes differ");
  for (Index i = 0; i < a.size(); ++i) check.at_most(what, magnitude(T(a[i] - b[i])), bound[i]);
}

/// The roundings' bound, or out.
template <class S>
Vec<Wider<S>> floor_of(const PenaltyFormula<S>& formula, const Vec<Wider<S>>& step, Check& check) {
  const auto floor = formula.floor(step);
  if (floor.size() > 0 && floor[0] < Wider<S>(0)) check.discard("conditioned beyond the scalar");
  return floor;
}

// ---- F0: the saddle system, and how far it is from the adjoint one ----

template <class S>
void solves_the_saddle_system(const Case& c, Check& check) {
  using T = Wider<S>;
  Setting<S> s(c);
  s.solve(check);
  const PenaltyOptions o = options(c, positive(c, check, "alpha"));
  const auto out = s.estimate(o);
  const auto formula = s.formula(o);
  const Vec<T> step = formula.saddle_step();
  close<T>(check, "estimate from (5.5)", converted<T>(out.total), formula.estimate(step),
           floor_of<S>(formula, step, check));
}

template <class S>
void order_alpha_squared(const Case& c, Check& check) {
  using T = Wider<S>;
  Setting<S> s(c);
  s.solve(check);
  const std::vector<Index>& active = s.told.told.active;
  const QuadraticProblem<T> p(c.instance);
  const Vec<T> x = converted<T>(s.x), q = converted<T>(s.q);
  const ExactPoint<S> exact(p, x, q, active);
  check.that("the active rows are independent", exact.independent);

  // K_a = K + a^2 E, E = diag(Qyy, -1/rho), and the estimate at exact y*, lambda is
  //   grad F + a^2 (W'E - [Qxy, 0]) z_a,   W = K^-1 [M; A_I],   z_a = K_a^-1 [f_y; 0],
  // because z - z_a = a^2 K^-1 E z_a and D = -a^2 p_a. With |z_a| <= |z| / (1 - a^2 c),
  // c = |K^-1 E| (max-norms), the constant and the next order follow.
  const double wanted = positive(c, check, "alpha");
  const PenaltyOptions gated = options(c, wanted);
  const Index m = p.m, k = static_cast<Index>(active.size());
  Mat<T> E = zeros<T>(m + k, m + k);
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < m; ++i) E(i, j) = p.Qyy(i, j);
  for (Index j = 0; j < k; ++j) {
    const Index row = active[static_cast<std::size_t>(j)];
    const T lambda = exact.multipliers[row], threshold(gated.multiplier_threshold);
    const bool ramp = gated.gate == "paper" && row >= p.equalities && lambda < threshold;
    if (row >= p.equalities && !(T(0) < lambda)) check.discard("degenerate");
    E(m + j, m + j) = ramp ? T(-threshold / lambda) : T(-1);
  }
  const Mat<T>& inverse = exact.inverse;
  const Mat<T> carried = times<T>(inverse, E);
  const T c_norm = max_row_sum<T>(carried);
  // The series needs a^2 c < 1; a^2 c <= 1/4 keeps the bound within 4/3 of its first term.
  const T most = T(1) / square_root(T(T(4) * c_norm + T(1)));
  PenaltyOptions o = gated;
  o.alpha = to_double(smaller(T(wanted), most));
  if (T(0.25) < T(o.alpha) * T(o.alpha) * c_norm) o.alpha *= 0.99;
  const T a2 = T(o.alpha) * T(o.alpha);

  Mat<T> leading = times<T>(flipped<T>(times<T>(inverse, exact.rows)), E);
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < p.n; ++i) leading(i, j) -= p.Qxy(i, j);
  const Mat<T> next = times<T>(leading, carried);
  const T size = largest_entry<T>(exact.adjoint) / (T(1) - a2 * c_norm);

  const auto out = s.estimate(o);
  const auto formula = s.formula(o);
  const Vec<T> step = formula.exact_step();
  Vec<T> floor = floor_of<S>(formula, step, check);
  // What the lower level's own error does to the estimate.
  const PenaltyFormula<S> ideal(c.instance, x, q, exact.y, exact.multipliers, active, o, {}, {});
  const Vec<T> moved = formula.estimate(step) - ideal.estimate(ideal.exact_step());
  const Vec<T> error = converted<T>(out.total) - exact.gradient;
  const Vec<T> first = times<T>(leading, exact.adjoint);
  for (Index i = 0; i < p.n; ++i) {
    floor[i] += magnitude(moved[i]);
    check.at_most("error of order alpha^2", magnitude(error[i]),
                  T(a2 * row_sum<T>(leading, i) * size + floor[i]));
    check.at_most("error beyond its leading term", magnitude(T(error[i] - a2 * first[i])),
                  T(a2 * a2 * row_sum<T>(next, i) * size + floor[i]));
  }
}

template <class S>
void exact_without_rows(const Case& c, Check& check) {
  using T = Wider<S>;
  Setting<S> s(c);
  s.solve(check);
  if (!s.told.told.active.empty()) check.discard("a row is active");
  const QuadraticProblem<T> p(c.instance);
  if (p.has_Qxy || p.has_Qyy) check.discard("f is not affine in y");
  const PenaltyOptions o = options(c, positive(c, check, "alpha"));
  const auto out = s.estimate(o);
  const auto formula = s.formula(o);
  const Vec<T> step = formula.exact_step();
  Vec<T> floor = floor_of<S>(formula, step, check);
  // grad F = f_x - M'H^-1 cy; what the residual r of the lower level adds is -alpha_1 M'H^-1 r.
  const Vec<T> adjoint = *eliminate<T>(p.H, p.cy);
  const Vec<T> gradient =
      p.cx + times<T>(p.Qxx, Vec<T>(formula.x - p.x_target)) - times<T>(flipped<T>(p.M), adjoint);
  const Vec<T> r = formula.gradient - p.cy;
  const Vec<T> added = times<T>(flipped<T>(p.M), Vec<T>(*eliminate<T>(p.H, r)));
  for (Index i = 0; i < p.n; ++i) floor[i] += magnitude(added[i]);
  close<T>(check, "estimate without rows", converted<T>(out.total), gradient, floor);
}

template <class S>
void gate_leak_and_ridge(const Case& c, Check& check) {
  using T = Wider<S>;
  Setting<S> s(c);
  s.solve(check);
  PenaltyOptions o = options(c, positive(c, check, "alpha"));
  o.gate_width = 5;
  o.gate_floor = 1e-3;
  o.ridge_scale = 0.75;
  const FaultSet f = faults({Fault::sigmoid_gate, Fault::ridge});
  const auto out = s.estimate(o, f);
  const auto formula = s.formula(o, f);
  const Vec<T> step = formula.exact_step(), expected = formula.estimate(step);
  Vec<T> floor = floor_of<S>(formula, step, check);
  // What the gates' own roundings do, by their derivative: the estimate depends on rho_i through
  // weight and H_L; dE = alpha_2 h_i(yt) (A_i - reach'H_L^-1 b_i) d rho_i.
  const Vec<T> inner = formula.h + times<T>(flipped<T>(formula.p.Bt), step);
  const Mat<T> pulled =
      times<T>(flipped<T>(formula.reach), Mat<T>(*eliminate<T>(formula.hessian, formula.p.Bt)));
  for (Index r = 0; r < formula.p.rows(); ++r)
    for (Index i = 0; i < formula.p.n; ++i)
      // Twice: the second order in d rho_i is alpha_2 b'H_L^-1 b d rho_i of the first, below it
      // where rho_i itself is above its own rounding, as alpha_2 rho_i b'H_L^-1 b <= 1.
      floor[i] += T(2) * formula.alpha2 * magnitude(inner[r]) * formula.gate_floor(r) *
                  larger(formula.rho[r], T(0)) * magnitude(T(formula.p.A(r, i) - pulled(i, r)));
  close<T>(check, "estimate with leaking gates and a ridge", converted<T>(out.total), expected,
           floor);
}

// ---- F1 to F3: what goes wrong, by how much ----

template <class S>
void literal_derivative(const Case& c, Check& check) {
  using T = Wider<S>;
  Setting<S> s(c);
  s.solve(check);
  const PenaltyOptions o = options(c, positive(c, check, "alpha"));
  const auto right = s.estimate(o), wrong = s.estimate(o, faults({Fault::literal_value_gradient}));
  const auto formula = s.formula(o);
  const Vec<T> difference = converted<T>(wrong.total) - converted<T>(right.total);
  Vec<T> expected = times<T>(flipped<T>(formula.p.A), formula.multipliers);
  // Both estimates run through the same operations but for one product and sum for each row: their
  // chains of rows + 4 roundings over terms of these sizes differ, all before them is common.
  const T g = convert<T>(gamma_bound<S>(2 * formula.p.rows() + 12));
  const Vec<T> step = formula.exact_step();
  Vec<T> weights = times<T>(sizes<T>(flipped<T>(formula.p.Bt)), sizes<T>(step));
  for (Index r = 0; r < weights.size(); ++r)
    weights[r] = formula.alpha2 * formula.rho[r] * (weights[r] + magnitude(formula.h[r])) +
                 T(2) * formula.alpha1 * magnitude(formula.multipliers[r]);
  const Vec<T> terms = times<T>(sizes<T>(flipped<T>(formula.p.A)), weights);
  const Vec<T> crossed =
      times<T>(flipped<T>(formula.p.M), converted<T>(Vec<S>(s.inner - s.told.told.y)));
  Vec<T> bound(formula.p.n);
  for (Index i = 0; i < bound.size(); ++i) {
    expected[i] *= formula.alpha1;
    bound[i] =
        g * (terms[i] + formula.alpha1 * magnitude(crossed[i]) +
             magnitude(convert<T>(right.direct[i])) + magnitude(convert<T>(right.implicit[i])) +
             magnitude(convert<T>(wrong.implicit[i])));
  }
  close<T>(check, "literal minus envelope is alpha^-2 A'lambda", difference, expected, bound);
}

Case dual_error_case(Source& source) {
  Case c = penalty_case(source);
  c.numbers["paper_gate"] = 0;
  // Entries of w for the active rows, in their order, used over and over.
  c.vectors["weights"] = Vec<double>(source.integer(1, 4));
  for (double& w : c.vectors["weights"]) w = source.uniform(0.25, 4);
  return c;
}

/// Multipliers off by alpha^3 w: the saddle system's right side gains alpha B_I'w, its solution
/// (0, alpha w) + alpha^3 K_a^-1 (0, w / rho), hence the estimate
///   -alpha A_I'w - alpha^3 [M; A_I]'K_a^-1 (0, w) - alpha^4 Qxy (its p part).
template <class S>
void dual_error(const Case& c, Check& check) {
  using T = Wider<S>;
  Setting<S> s(c);
  s.solve(check);
  const PenaltyOptions o = options(c, positive(c, check, "alpha"));
  const T a(o.alpha);
  const auto exact = s.formula(o);
  const Vec<T> exact_step = exact.exact_step();
  const auto right = s.estimate(o);

  Vec<T> w = zeros<T>(s.problem.rows());
  const Vec<double>& weights = c.vector("weights");
  if (weights.size() == 0) check.discard("no weights");
  Index next = 0;
  for (const Index r : s.told.told.active) {
    const S moved = s.told.told.multipliers[r] +
                    S(o.alpha) * S(o.alpha) * S(o.alpha) * S(weights[next++ % weights.size()]);
    w[r] = (convert<T>(moved) - exact.multipliers[r]) / (a * a * a);  // as rounding left it
    s.told.told.multipliers[r] = moved;
  }
  const auto off = s.estimate(o);
  const auto formula = s.formula(o);
  const Vec<T> step = formula.exact_step();
  const Vec<T> floor = floor_of<S>(formula, step, check) + floor_of<S>(exact, exact_step, check);

  const std::vector<Index>& active = s.told.told.active;
  const Index m = s.problem.m, k = static_cast<Index>(active.size());
  Mat<T> curved = formula.p.H;
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < m; ++i) curved(i, j) += a * a * formula.p.Qyy(i, j);
  Vec<T> corner(k), right_side = zeros<T>(m + k);
  for (Index j = 0; j < k; ++j) {
    corner[j] = -a * a;
    right_side[m + j] = w[active[static_cast<std::size_t>(j)]];
  }
  const Mat<T> K = saddle_matrix<T>(curved, formula.p.Bt, active, corner);
  const Vec<T> z = *eliminate<T>(K, right_side);
  Vec<T> expected = times<T>(flipped<T>(formula.p.A), w);
  Vec<T> remainder = times<T>(flipped<T>(formula.p.M), Vec<T>(z.head(m)));
  const Vec<T> crossed = times<T>(formula.p.Qxy, Vec<T>(z.head(m)));
  for (Index i = 0; i < expected.size(); ++i) {
    for (Index j = 0; j < k; ++j)
      remainder[i] += formula.p.A(active[static_cast<std::size_t>(j)], i) * z[m + j];
    expected[i] = -a * expected[i] - a * a * a * (remainder[i] + a * a * crossed[i]);
  }
  close<T>(check, "a dual error of alpha^3",
           Vec<T>(converted<T>(off.total) - converted<T>(right.total)), expected, floor);
}

Case inner_case(Source& source) {
  Case c = penalty_case(source);
  c.numbers["alpha"] = source.log_uniform(0.05, 1);
  c.numbers["steps"] = static_cast<double>(source.integer(0, 25));
  c.numbers["radius"] = source.chance(0.3) ? source.log_uniform(1e-4, 1) : 0;
  return c;
}

/// yt = argmin + u. The estimate is linear in yt: alpha_2 A'(rho o B u) + alpha_1 M'u + Qxy u.
template <class S>
void inner_error(const Case& c, Check& check) {
  using T = Wider<S>;
  Setting<S> s(c);
  s.solve(check);
  PenaltyOptions o = options(c, positive(c, check, "alpha"));
  const auto exact = s.estimate(o);
  o.inner = "gradient";
  o.inner_radius = c.number("radius");
  o.inner_steps = c.integer("steps");
  const auto off = s.estimate(o);
  const auto formula = s.formula(o);
  const Vec<T> minimiser = formula.exact_step();
  const Vec<T> step = converted<T>(s.inner) - formula.y;
  const Vec<T> u = step - minimiser;
  const Vec<T> floor = floor_of<S>(formula, minimiser, check) + formula.assembly_floor(step, true);
  close<T>(check, "an inner error u costs alpha^-4 A'B u + alpha^-2 M'u",
           Vec<T>(converted<T>(off.total) - converted<T>(exact.total)),
           times<T>(flipped<T>(formula.reach), u), floor);

  if (o.inner_steps == 0) check.equal("no step leaves y*", s.inner, s.told.told.y);
  const T u_S = convert<T>(unit_roundoff<S>());
  T length(0);
  for (Index i = 0; i < step.size(); ++i) length += step[i] * step[i];
  // Scaling to the radius rounds 4 times, norm m + 2 times, y + D once.
  T size(0);
  for (Index i = 0; i < step.size(); ++i) size += magnitude(formula.y[i]) + magnitude(step[i]);
  if (o.inner_radius > 0)
    check.at_most(
        "distance from y* against the radius", square_root(length),
        T(T(o.inner_radius) * (T(1) + convert<T>(gamma_bound<S>(s.problem.m + 8))) + u_S * size));

  // Armijo's test with 1/4 holds for steps up to 1.5/l, l >= lambda_max, so the length stays above
  // min(alpha^2, 0.75/l), and L - min L shrinks by 1 - 2/4 length mu each step, 1/mu >= |H_L^-1|.
  // Below the rounding of L's differences the test sees nothing, and each of the steps may lose
  // that.
  if (o.inner_radius > 0) return;
  const T lambda_max = max_row_sum<T>(formula.hessian);
  const T mu = T(1) / max_row_sum<T>(*eliminate<T>(formula.hessian, identity<T>(s.problem.m)));
  const T least = smaller(T(T(1) / formula.alpha1), T(T(0.75) / lambda_max));
  const T lowest = formula.change(minimiser);
  T allowed = -lowest;
  for (long k = 0; k < o.inner_steps; ++k) allowed *= T(1) - least * mu / T(2);
  T terms(0);
  const Vec<T> way = sizes<T>(step) + sizes<T>(minimiser);
  const Vec<T> slopes = times<T>(sizes<T>(formula.hessian), way);
  for (Index i = 0; i < way.size(); ++i)
    terms += way[i] * (slopes[i] + magnitude(formula.gradient[i]));
  // The computed gradient and H_L differ from the formula's by the floor's E and e: their part is
  // the same gamma over the gradient's terms.
  T rough(0);
  for (Index i = 0; i < way.size(); ++i) {
    T sum = magnitude(formula.p.cy[i]);
    for (Index j = 0; j < s.problem.m; ++j)
      sum += formula.alpha1 * magnitude(T(formula.p.H(i, j) * formula.y[j])) +
             magnitude(formula.p.Qyy(i, j)) *
                 (magnitude(formula.y[j]) + magnitude(formula.p.y_target[j]));
    for (Index j = 0; j < s.problem.n; ++j)
      sum += formula.alpha1 * magnitude(T(formula.p.M(i, j) * formula.x[j])) +
             magnitude(T(formula.p.Qxy(j, i) * formula.x[j]));
    for (Index r = 0; r < s.problem.rows(); ++r)
      sum += formula.alpha1 * magnitude(T(formula.p.Bt(i, r) * formula.multipliers[r]));
    sum += formula.alpha1 *
           (magnitude(formula.p.d[i]) + (s.q.size() > 0 ? magnitude(formula.q[i]) : T(0)));
    rough += way[i] * sum;
  }
  const T floor_L =
      convert<T>(gamma_bound<S>(4 * (s.problem.m + s.problem.n + s.problem.rows()) + 32)) *
      (terms + rough);
  // A step that Armijo's test misjudges by floor_L is 1/4 length |slope|^2 <= floor_L: then
  // L - min L <= |slope|^2 / 2 mu <= 2 floor_L / (mu length).
  check.at_most("L after the gradient steps", T(formula.change(step) - lowest),
                T(allowed + T(static_cast<double>(o.inner_steps) + 1) * floor_L +
                  T(2) * floor_L / (mu * least)));
}

// ---- F4: gates ----

Case gate_case(Source& source) {
  Recipe recipe = penalty_recipe();
  recipe.degenerate = true;
  Case c = quadratic_case(source, recipe);
  const double kinds[] = {0, 1, 2, 3};
  c.numbers["gate"] = kinds[source.integer(0, 3)];  // paper, hard, active_set, sigmoid
  c.numbers["alpha"] = source.log_uniform(0.05, 1);
  c.numbers["average"] = source.chance(0.5) ? 0 : source.eighths(3) + 0.5;
  // The answers the lower level is made to give: y on a grid, multipliers around the threshold.
  c.vectors["y"] = Vec<double>(c.instance.m);
  for (double& y : c.vectors["y"]) y = source.eighths(16);
  for (const char* name : {"weights_before", "weights_now"}) {
    c.vectors[name] = Vec<double>(6);
    for (double& w : c.vectors[name]) w = source.pick({-1, 0, 0x1p-60, 0.125, 0.25, 0.25, 0.5, 3});
  }
  c.numbers["threshold"] = 0.25;
  c.numbers["tied_row"] = static_cast<double>(source.integer(0, 6));
  c.numbers["ramp_factor"] = source.pick({1, 1, 1, 2, 0.5, 4});
  c.numbers["held"] = static_cast<double>(source.integer(0, 3));
  return c;
}

/// Whether no rounding to 53 bits touches the sum, in any order: the terms are multiples of one
/// power of two, and 2^53 of it exceed the sum of their sizes.
bool is_summed_exactly(const std::vector<Rational>& terms) {
  Rational size = 0, unit = 1;
  for (const Rational& term : terms) size += abs(term);
  if (size == 0) return true;
  while (size < unit) unit /= 2;
  while (unit <= size) unit *= 2;
  unit /= Rational(0x1p53);
  return std::all_of(terms.begin(), terms.end(),
                     [&](const Rational& term) { return denominator(Rational(term / unit)) == 1; });
}

template <class S>
void gates(const Case& c, Check& check) {
  using T = Wider<S>;
  Setting<S> s(c);
  const Index rows = s.problem.rows();
  if (rows == 0) check.discard("no rows");
  PenaltyOptions o;
  const char* names[] = {"paper", "hard", "active_set", "paper"};
  const long kind = c.integer("gate");
  if (kind < 0 || kind > 3) check.discard("no such gate");
  o.gate = names[kind];
  o.alpha = positive(c, check, "alpha");
  o.multiplier_threshold = positive(c, check, "threshold");
  o.multiplier_average = c.number("average");
  o.inner = "gradient";  // gates need no inner solve
  o.inner_steps = 0;
  const FaultSet f = kind == 3 ? faults({Fault::sigmoid_gate}) : FaultSet();

  LowerSolution<S> answer;
  answer.y = widen<S>(c.vector("y"));
  answer.multipliers = Vec<S>(rows);
  const long held = c.integer("held");
  for (Index r = 0; r < rows && r < held; ++r) answer.active.push_back(r);
  const auto told = [&](const std::string& which) {
    const Vec<double>& weights = c.vector(which);
    if (weights.size() == 0) check.discard("no weights");
    for (Index r = 0; r < rows; ++r) answer.multipliers[r] = S(weights[r % weights.size()]);
    s.told.told = answer;
  };
  // The ramp ends exactly at, before or behind one row's h.
  told("weights_now");
  const QuadraticProblem<T> p(c.instance);
  const Vec<T> h =
      times<T>(p.A, converted<T>(s.x)) + times<T>(flipped<T>(p.Bt), converted<T>(answer.y)) - p.b;
  const QuadraticProblem<Rational> in_fractions(c.instance);
  const auto terms_of_row = [&](Index r) {
    std::vector<Rational> terms = {in_fractions.b[r]};
    for (Index i = 0; i < p.n; ++i)
      terms.push_back(in_fractions.A(r, i) * reference::exact(s.x[i]));
    for (Index i = 0; i < p.m; ++i)
      terms.push_back(in_fractions.Bt(i, r) * reference::exact(answer.y[i]));
    return terms;
  };
  const Index tied = c.choice("tied_row", 7) % rows;
  const double ramp = std::fabs(to_double(h[tied])) * c.number("ramp_factor");
  if (ramp > 0) {
    o.gate_floor = ramp;
    o.gate_width = 0;
  }

  PenaltyEstimator<S> estimator({&s.problem, &s.told, &s.draws, {}, f}, o);
  Hypergradient<S> out;
  told("weights_before");
  const Vec<T> before = converted<T>(answer.multipliers);
  estimator.evaluate(s.x, s.q, 0, out);
  const PenaltyFormula<S> first(c.instance, s.x, s.q, answer, o, f);
  const Vec<S> first_gates = estimator.gates();
  told("weights_now");
  estimator.evaluate(s.x, s.q, 0, out);
  const T weight(o.multiplier_average);
  Vec<T> averaged = converted<T>(answer.multipliers);
  if (T(0) < weight)
    for (Index r = 0; r < rows; ++r)
      averaged[r] = weight * before[r] + (T(1) - weight) * averaged[r];
  const PenaltyFormula<S> second(c.instance, s.x, s.q, answer, o, f, averaged);

  const auto compare = [&](const PenaltyFormula<S>& formula, const Vec<S>& got,
                           const Vec<T>& lambda) {
    for (Index r = 0; r < rows; ++r) {
      const T gate = convert<T>(got[r]);
      check.that("gates are in [0, 1]", !(gate < T(0)) && !(T(1) < gate), to_text(got[r]));
      if (r < s.problem.equalities) {
        check.equal("the gate of an equality", gate, T(1));
        continue;
      }
      if (kind == 0 && !(T(0) < lambda[r]))
        check.equal("the paper's gate of a row without multiplier", gate, T(0));
      // A gate that jumps at |h| = ramp may fall on either side where h itself is rounded.
      const bool is_held = r < held;
      const bool exact = is_held || is_summed_exactly(terms_of_row(r));
      if (kind == 1 && !exact) continue;
      const T floor =
          exact && kind != 3 ? T(T(8) * convert<T>(unit_roundoff<S>())) : formula.gate_floor(r);
      const T relative =
          kind == 3
              ? T(T(2) * convert<T>(unit_roundoff<S>()) *
                  (T(8) + T(8) * (magnitude(formula.h[r]) + magnitude(lambda[r])) / formula.ramp))
              : T(0);
      check.at_most("gate by its definition", magnitude(T(gate - formula.rho[r])),
                    T(larger(floor, T(0)) + relative));
      if (exact && kind != 3 && (formula.rho[r] == T(0) || formula.rho[r] == T(1)))
        check.equal("a gate that is 0 or 1 is so exactly", gate, formula.rho[r]);
    }
  };
  compare(first, first_gates, before);
  compare(second, estimator.gates(), averaged);
}

// ---- F5, F6: noise ----

Case noise_case(Source& source) {
  Recipe recipe = penalty_recipe();
  recipe.largest = 6;
  Case c = quadratic_case(source, recipe);
  fill_upper(source, c.instance);
  c.numbers["paper_gate"] = 1;
  c.numbers["alpha"] = source.log_uniform(0.05, 1);
  c.numbers["gradient"] = source.chance(0.5) ? 0 : source.log_uniform(0.01, 1);
  c.numbers["cross"] = source.chance(0.2) ? 0 : source.log_uniform(0.01, 1);
  c.numbers["hessian"] = source.chance(0.7) ? 0 : source.log_uniform(0.01, 1);
  c.numbers["independent"] = source.chance(0.5) ? 1 : 0;
  return c;
}

/// Samples 0 .. N-1 at one point. Each deviates from the noise-free estimate by a linear function
/// of its own draws, recomputed here from the streams; so their mean has variance Var_1 / N, which
/// the sums of squares confirm.
template <class S>
void samples(const Case& c, Check& check) {
  using T = Wider<S>;
  constexpr std::uint32_t count = 40;
  Setting<S> s(c);
  s.solve(check);
  const PenaltyOptions o = options(c, positive(c, check, "alpha"));
  NoiseLevels noise;
  noise.gradient = c.number("gradient");
  noise.lower_cross = c.number("cross");
  noise.upper_hessian = c.number("hessian");
  if (noise.gradient < 0 || noise.lower_cross < 0 || noise.upper_hessian < 0)
    check.discard("negative noise");
  const bool independent = c.number("independent") > 0;
  const FaultSet f = independent ? faults({Fault::independent_samples}) : FaultSet();
  const Vec<T> quiet = converted<T>(s.estimate(o).total);
  const auto formula = s.formula(o);
  const Index n = s.problem.n, m = s.problem.m;
  const Vec<T> y = formula.y, inner = converted<T>(s.inner);
  const Vec<T> deviation = formula.x - formula.p.x_target;

  PenaltyEstimator<S> estimator({&s.problem, &s.told, &s.draws, noise, f}, o);
  Vec<T> mean = zeros<T>(n), bound(n), expected(n);
  T squares(0);
  for (std::uint32_t k = 0; k < count; ++k) {
    Hypergradient<S> out;
    estimator.evaluate(s.x, s.q, k, out);
    const RandomStream upper(c.seed, 1, Purpose::upper_noise, 0, k);
    const RandomStream hessian(c.seed, 1, Purpose::upper_noise, 0, k + (1U << 31));
    const RandomStream first(c.seed, 1, Purpose::lower_noise, 0, k + (1U << 31));
    const RandomStream second(c.seed, 1, Purpose::lower_noise, 0, k + (3U << 30));
    std::uint64_t draw = 0;
    for (Index i = 0; i < n; ++i) expected[i] = bound[i] = T(0);
    const auto add = [&](Index i, const T& value) {
      expected[i] += value;
      bound[i] += magnitude(value);
    };
    if (noise.gradient > 0)
      for (Index i = 0; i < n; ++i)
        add(i, T(noise.gradient) * T(upper.normal(static_cast<std::uint64_t>(i))));
    if (noise.upper_hessian > 0)
      for (Index j = 0; j < n; ++j)
        for (Index i = j; i < n; ++i) {
          const T z = T(noise.upper_hessian) * T(hessian.normal(draw++));
          add(i, z * deviation[j]);
          if (i != j) add(j, z * deviation[i]);
        }
    draw = 0;
    if (noise.lower_cross > 0)
      for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < m; ++j, ++draw) {
          const T weight = formula.alpha1 * T(noise.lower_cross);
          const T z = T(first.normal(draw)), other = independent ? T(second.normal(draw)) : z;
          add(i, weight * (z * inner[j] - other * y[j]));
          // Each of the two products is rounded before their difference.
          bound[i] += weight * (magnitude(T(z * inner[j])) + magnitude(T(other * y[j])));
        }
    // n + m n terms on top of the noise-free estimate's; the gradient's chains of m + rows + 16
    // roundings start from different values.
    const T g = convert<T>(gamma_bound<S>(n + m * n + s.problem.rows() + 32));
    const Vec<T> got = converted<T>(out.total) - quiet;
    const Vec<T> plain = formula.assembly_floor(Vec<T>(inner - y), false);
    for (Index i = 0; i < n; ++i) {
      mean[i] += got[i];
      squares += got[i] * got[i];
      check.at_most("a sample is the estimate plus its own draws",
                    magnitude(T(got[i] - expected[i])),
                    T(g * (bound[i] + magnitude(quiet[i])) + T(2) * plain[i]));
    }
  }

  // Without upper_hessian all n N deviations are independent normals of one variance.
  if (noise.upper_hessian > 0) return;
  T spread(0), own(0);
  for (Index j = 0; j < m; ++j) {
    spread += (inner[j] - y[j]) * (inner[j] - y[j]);
    own += inner[j] * inner[j] + y[j] * y[j];
  }
  const T scale = formula.alpha1 * T(noise.lower_cross);
  const T variance =
      T(noise.gradient) * T(noise.gradient) + scale * scale * (independent ? own : spread);
  // Noise below the estimate's own rounding has no distribution to speak of.
  T rough(0);
  for (const T& b : formula.assembly_floor(Vec<T>(inner - y), false)) rough = larger(rough, b);
  if (!(T(1e6) * rough * rough < variance)) return;
  // chi-square with k degrees of freedom leaves [k - 2 sqrt(k t), k + 2 sqrt(k t) + 2 t] with
  // probability at most e^-t on each side (Laurent and Massart, "Adaptive estimation of a quadratic
  // functional by model selection", Ann. Statist. 28, 2000, lemma 1). t = 30: 1e-13 a side; the
  // factor 1 + 1e-2 is the rounding allowed above, (1 + 2e-3) squared and more.
  const T t(30), slack(1.01);
  const auto chi_square = [&](const std::string& what, const T& value, double freedom) {
    const T k(freedom), width = T(2) * square_root(T(k * t));
    check.at_most(what + " from above", value, T((k + width + T(2) * t) * slack));
    check.at_most(what + " from below", T((k - width) / slack), value);
  };
  chi_square("sum of squared deviations over Var_1", T(squares / variance),
             static_cast<double>(n) * count);
  T square_mean(0);
  for (Index i = 0; i < n; ++i) square_mean += mean[i] * mean[i];
  chi_square("squared mean deviation over Var_1 / N",
             T(square_mean / (variance * T(static_cast<double>(count)))), static_cast<double>(n));
}

// ---- the other faults ----

template <class S>
void kept_constraints(const Case& c, Check& check) {
  using T = Wider<S>;
  Setting<S> s(c);
  s.solve(check);
  PenaltyOptions o = options(c, positive(c, check, "alpha"));
  o.gate = "active_set";
  const FaultSet f = faults({Fault::hard_constrained_inner});
  const auto formula = s.formula(o);
  const QuadraticProblem<T>& p = formula.p;
  const std::vector<Index>& active = s.told.told.active;
  const Index m = p.m, k = static_cast<Index>(active.size());
  // Rows whose adjoint multiplier is positive stay at h = 0 and lose it; the others act as ever.
  // Equalities stay at h = 0 altogether.
  const ExactPoint<S> exact(p, formula.x, formula.q, active);
  check.that("the active rows are independent", exact.independent);
  Vec<T> corner(k), right = zeros<T>(m + k);
  std::vector<bool> lost(static_cast<std::size_t>(k));
  for (Index j = 0; j < k; ++j) {
    // nu = alpha_2 h in the limit is minus the adjoint's.
    lost[static_cast<std::size_t>(j)] =
        active[static_cast<std::size_t>(j)] < p.equalities || exact.adjoint[m + j] < T(0);
    corner[j] = lost[static_cast<std::size_t>(j)] ? T(0) : T(-formula.alpha1 / formula.alpha2);
  }
  for (Index i = 0; i < m; ++i) right[i] = formula.gradient[i];
  Mat<T> curved = p.H;
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < m; ++i) curved(i, j) += p.Qyy(i, j) / formula.alpha1;
  const Vec<T> z = *eliminate<T>(saddle_matrix<T>(curved, p.Bt, active, corner), right);
  Vec<T> step(m);
  for (Index i = 0; i < m; ++i) step[i] = -z[i] / formula.alpha1;
  // This is the constrained minimiser if signs agree and no other row is in the way.
  for (Index j = 0; j < k; ++j)
    if (active[static_cast<std::size_t>(j)] >= p.equalities &&
        (lost[static_cast<std::size_t>(j)] ? !(z[m + j] < T(0)) : !(T(0) < z[m + j])))
      check.discard("another set of rows is kept");
  const Vec<T> h = formula.h + times<T>(flipped<T>(p.Bt), step);
  for (Index r = 0; r < p.rows(); ++r)
    if (!std::binary_search(active.begin(), active.end(), r) && !(h[r] < T(0)))
      check.discard("another set of rows is kept");

  const auto out = s.estimate(o, f);
  const Vec<T> expected = formula.estimate(step);
  const Vec<T> floor = floor_of<S>(formula, step, check);
  // The kept rows project the roundings of the free solve, in the metric of H_L: |H_L^-1 - (the
  // same with rows kept)| <= |H_L^-1| in that metric. Entrywise that costs the condition of the
  // scaled H_L at most; the gram matrix of the kept rows another one, kappa. Both measured.
  const Mat<T> inverse = *eliminate<T>(formula.hessian, identity<T>(m));
  std::vector<Index> kept;
  for (Index j = 0; j < k; ++j)
    if (lost[static_cast<std::size_t>(j)]) kept.push_back(active[static_cast<std::size_t>(j)]);
  const Index kk = static_cast<Index>(kept.size());
  Mat<T> b(m, kk);
  for (Index j = 0; j < kk; ++j)
    for (Index i = 0; i < m; ++i) b(i, j) = p.Bt(i, kept[static_cast<std::size_t>(j)]);
  const Mat<T> solved = times<T>(inverse, b), gram = times<T>(flipped<T>(b), solved);
  const Mat<T> gram_inverse = kk > 0 ? *eliminate<T>(gram, identity<T>(kk)) : gram;
  Vec<T> step_error(m);
  // |yt error| <= |P| d, P = I - S G^-1 B_k, d the error of the free solve and of S nu.
  const Vec<T> free = *eliminate<T>(formula.hessian, Vec<T>(-formula.gradient));
  const T g = convert<T>(gamma_bound<S>(16 * (m + p.rows() + p.n) + 64));
  Vec<T> root(m);
  for (Index i = 0; i < m; ++i) root[i] = square_root(formula.hessian(i, i));
  const Vec<T> nu =
      kk > 0 ? Vec<T>(times<T>(gram_inverse, times<T>(flipped<T>(b), free))) : zeros<T>(0);
  Vec<T> load = sizes<T>(free) + times<T>(sizes<T>(solved), sizes<T>(nu));
  const T weight = inner_product<T>(root, load);
  Vec<T> free_error(m);
  for (Index i = 0; i < m; ++i) free_error[i] = g * weight * root[i];
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < m; ++j)
      free_error[i] += g * formula.alpha1 * (magnitude(T(p.H(i, j) * formula.y[j])));
  for (Index i = 0; i < m; ++i) {
    free_error[i] += g * formula.alpha1 * magnitude(p.d[i]) + g * magnitude(formula.gradient[i]);
    for (Index j = 0; j < p.n; ++j)
      free_error[i] += g * formula.alpha1 * magnitude(T(p.M(i, j) * formula.x[j]));
    for (Index r = 0; r < p.rows(); ++r)
      free_error[i] += g * formula.alpha1 * magnitude(T(p.Bt(i, r) * formula.multipliers[r]));
  }
  Vec<T> d = times<T>(sizes<T>(inverse), free_error);
  if (kk > 0)
    step_error = d + times<T>(sizes<T>(times<T>(solved, gram_inverse)),
                              Vec<T>(times<T>(sizes<T>(flipped<T>(b)), Vec<T>(d + g * load))));
  else
    step_error = d;
  Vec<T> bound = times<T>(sizes<T>(flipped<T>(formula.reach)), step_error);
  for (Index i = 0; i < p.n; ++i) bound[i] += floor[i];
  close<T>(check, "kept constraints lose growing multipliers", converted<T>(out.total), expected,
           bound);
}

/// Faults and emergencies that replace one ingredient of the formula.
template <class S>
void faults_change_what_they_say(const Case& c, Check& check) {
  using T = Wider<S>;
  Setting<S> s(c);
  s.solve(check);
  PenaltyOptions o = options(c, positive(c, check, "alpha"));
  const auto right = s.estimate(o);
  const auto formula = s.formula(o);
  const Vec<T> step = formula.exact_step();

  const auto detached = s.estimate(o, faults({Fault::detached_implicit}));
  check.equal("detached_implicit keeps the direct part", detached.direct, right.direct);
  check.equal("detached_implicit has no implicit part", detached.implicit, zeros<S>(s.problem.n));
  check.equal("detached_implicit is the direct part", detached.total, right.direct);

  const auto skipped = s.estimate(o, faults({Fault::skipped_inner_solve}));
  check.equal("skipped_inner_solve stays at y*", s.inner, s.told.told.y);
  close<T>(check, "skipped_inner_solve", converted<T>(skipped.total),
           formula.estimate(zeros<T>(s.problem.m)),
           formula.assembly_floor(zeros<T>(s.problem.m), false));

  // Gates at the inner point: only the last sum sees them.
  o.gate = "paper";
  o.gate_width = 0;
  o.gate_floor = 0.25;
  s.estimate(o, faults({Fault::gate_at_inner_point}));
  const auto at_inner = s.estimate(o, faults({Fault::gate_at_inner_point}));
  auto moved = s.formula(o);
  const Vec<T> inner_step = moved.exact_step();
  floor_of<S>(moved, inner_step, check);
  const Vec<T> h = moved.h + times<T>(flipped<T>(moved.p.Bt), inner_step);
  const Vec<T> plain = moved.estimate(inner_step);
  const Vec<T> h_move = times<T>(sizes<T>(flipped<T>(moved.p.Bt)), sizes<T>(inner_step));
  Vec<T> expected = plain, bound = moved.floor(inner_step);
  // d(yt) to the relative error of the solve, max-norm: phi of the floor's derivation is below it.
  const Mat<T> inverse = *eliminate<T>(moved.hessian, identity<T>(s.problem.m));
  Vec<T> root(s.problem.m), gradient_size(s.problem.m);
  for (Index i = 0; i < s.problem.m; ++i) {
    root[i] = square_root(moved.hessian(i, i));
    gradient_size[i] = magnitude(moved.p.cy[i]);
    for (Index j = 0; j < s.problem.m; ++j)
      gradient_size[i] +=
          moved.alpha1 * magnitude(T(moved.p.H(i, j) * moved.y[j])) +
          magnitude(moved.p.Qyy(i, j)) * (magnitude(moved.y[j]) + magnitude(moved.p.y_target[j]));
    for (Index j = 0; j < s.problem.n; ++j)
      gradient_size[i] +=
          (moved.alpha1 * magnitude(moved.p.M(i, j)) + magnitude(moved.p.Qxy(j, i))) *
          magnitude(moved.x[j]);
    for (Index r = 0; r < s.problem.rows(); ++r)
      gradient_size[i] += moved.alpha1 * magnitude(T(moved.p.Bt(i, r) * moved.multipliers[r]));
    gradient_size[i] +=
        moved.alpha1 * (magnitude(moved.p.d[i]) + (s.q.size() > 0 ? magnitude(moved.q[i]) : T(0)));
  }
  const T g = convert<T>(gamma_bound<S>(4 * s.problem.m + s.problem.n + s.problem.rows() + 24));
  const T weight = inner_product<T>(root, sizes<T>(inner_step));
  for (Index i = 0; i < s.problem.m; ++i)
    gradient_size[i] = g * (gradient_size[i] + T(2) * root[i] * weight);
  const Vec<T> step_error = times<T>(sizes<T>(inverse), gradient_size);
  const Vec<T> h_error = times<T>(sizes<T>(flipped<T>(moved.p.Bt)), step_error);
  for (Index r = 0; r < s.problem.rows(); ++r) {
    const T other = moved.gate(h[r], moved.averaged[r], r);
    const T dh = h_error[r] + g * (h_move[r] + magnitude(h[r]));
    for (Index i = 0; i < s.problem.n; ++i) {
      const T through = moved.alpha2 * magnitude(moved.p.A(r, i));
      expected[i] += moved.alpha2 * (other - moved.rho[r]) * h[r] * moved.p.A(r, i);
      // |d(gate h)| <= dh (1 + |h| / ramp) for h >= -ramp, and the gate is 0 below.
      bound[i] +=
          through *
          (r < s.problem.equalities || !(T(0) < moved.averaged[r])
               ? T(0)
               : T(T(2) * dh *
                       (T(1) + (magnitude(h[r]) < moved.ramp + dh ? T(magnitude(h[r]) / moved.ramp)
                                                                  : T(1))) +
                   moved.gate_floor(r) * magnitude(h[r])));
    }
  }
  close<T>(check, "gate_at_inner_point", converted<T>(at_inner.total), expected, bound);

  // weaken(): alpha_1 = alpha/2, alpha_2 = alpha_1^2 from the next evaluation on.
  PenaltyOptions plain_options = options(c, o.alpha);
  PenaltyEstimator<S> weak({&s.problem, &s.told, &s.draws, {}, {}}, plain_options);
  Hypergradient<S> out;
  weak.evaluate(s.x, s.q, 0, out);
  weak.weaken();
  weak.evaluate(s.x, s.q, 0, out);
  auto weakened = s.formula(plain_options);
  weakened.set_penalties(T(o.alpha) / T(2), T(o.alpha) * T(o.alpha) / T(4));
  const Vec<T> weak_step = weakened.exact_step();
  close<T>(check, "weakened penalties", converted<T>(out.total), weakened.estimate(weak_step),
           floor_of<S>(weakened, weak_step, check));

  // adaptive_smoothing: spread gates widen the ramp for the next evaluation.
  PenaltyOptions adaptive = o;
  adaptive.gate_floor = 1e-3;
  adaptive.gate_width = 1;
  PenaltyEstimator<S> smooth(
      {&s.problem, &s.told, &s.draws, {}, faults({Fault::adaptive_smoothing, Fault::sigmoid_gate})},
      adaptive);
  smooth.evaluate(s.x, s.q, 0, out);
  auto wide = s.formula(adaptive, faults({Fault::sigmoid_gate}));
  T mean(0), top(0), bottom(1), variance(0);
  const T rows(static_cast<double>(s.problem.rows()));
  for (const T& r : wide.rho) {
    mean += r / rows;
    top = larger(top, r);
    bottom = smaller(bottom, r);
  }
  for (const T& r : wide.rho) variance += (r - mean) * (r - mean) / rows;
  const auto near = [](const T& value, double limit) {
    return magnitude(T(value - T(limit))) < T(1e-6);
  };
  if (near(variance, 0.3 * 0.3) || near(top, 0.95) || near(bottom, 0.05)) return;  // either way
  if (s.problem.rows() > 0 && T(0.09) < variance && T(0.95) < top && bottom < T(0.05))
    wide.set_ramp(smaller(T(T(20) * wide.delta), T(T(1.5) * wide.ramp)));
  smooth.evaluate(s.x, s.q, 0, out);
  for (Index r = 0; r < s.problem.rows(); ++r)
    check.at_most("gate after adaptive smoothing",
                  magnitude(T(convert<T>(smooth.gates()[r]) - wide.rho[r])),
                  T(wide.gate_floor(r) +
                    T(2) * convert<T>(unit_roundoff<S>()) * T(8) *
                        (T(1) + (magnitude(wide.h[r]) + magnitude(wide.averaged[r])) / wide.ramp)));
}

}  // namespace

std::vector<Property> penalty_properties() {
  return {
      {"F0.solves_the_saddle_system",
       "F2CSA's estimate is f_x(x, yt) - M'p - A_I'nu with [H + a^2 Qyy, B_I'; B_I, -a^2/rho] (p, "
       "nu) "
       "= (f_y + a^-2 r, 0), r the lower level's residual, up to the bounded roundings of one L D "
       "L' "
       "solve with H_L",
       penalty_case,
       {ASSAY_LAW_IN_REALS(solves_the_saddle_system)}},
      {"F0.order_alpha_squared",
       "|estimate - grad F| <= a^2 |W'E - [Qxy 0]| |z| / (1 - a^2 |K^-1 E|) and the same with a^4 "
       "once the leading term is subtracted: K the saddle matrix, E = diag(Qyy, -1/rho), W = K^-1 "
       "[M; A_I], z = K^-1 [f_y; 0]",
       penalty_case,
       {ASSAY_LAW_IN_REALS(order_alpha_squared)}},
      {"F0.exact_without_rows",
       "without active rows and with f affine in y the estimate is grad F for every alpha, up to "
       "rounding",
       no_rows_case,
       {ASSAY_LAW_IN_REALS(exact_without_rows)}},
      {"F0.gate_leak_and_ridge",
       "with sigmoid gates and a ridge r the estimate is f_x + alpha_1 M'D + alpha_2 A'(rho o (h + "
       "B "
       "D)), D = -H_L^-1 (f_y + alpha_1 r_y + alpha_2 B'(rho o h) + r y*)",
       penalty_case,
       {ASSAY_LAW_IN_REALS(gate_leak_and_ridge)}},
      {"F1.literal_derivative",
       "literal_value_gradient adds alpha^-2 A'lambda and nothing else",
       penalty_case,
       {ASSAY_LAW_IN_REALS(literal_derivative)}},
      {"F2.dual_error",
       "multipliers off by alpha^3 w move the estimate by -alpha A_I'w - alpha^3 [M; A_I]'K_a^-1 "
       "(0, w) + O(alpha^5): slope 1",
       dual_error_case,
       {ASSAY_LAW_IN_REALS(dual_error)}},
      {"F3.inner_error",
       "an inner error u moves the estimate by alpha^-4 A'(rho o B u) + alpha^-2 M'u + Qxy u; the "
       "gradient steps shrink L - min L by 1 - mu min(alpha^2, 0.75/lambda_max)/2 each",
       inner_case,
       {ASSAY_LAW_IN_REALS(inner_error)}},
      {"F4.gates",
       "gates are their definitions entry by entry: 0 exactly for a multiplier <= 0 (paper), 1 for "
       "equalities, right at the ends of the ramps, of averaged multipliers; s(h/tau) "
       "s(lambda/tau) "
       "under sigmoid_gate",
       gate_case,
       {ASSAY_LAW_IN_REALS(gates)}},
      {"F5.samples",
       "a sample is the noise-free estimate plus a linear function of its own draws, so N samples "
       "have mean variance Var_1/N with Var_1 = s_f^2 + alpha^-4 s_c^2 |yt - y*|^2 for each entry, "
       "and |yt|^2 + |y*|^2 instead under independent_samples; chi-square to 1e-13 a side",
       noise_case,
       {ASSAY_LAW_IN_REALS(samples)},
       60},
      {"F7.kept_constraints",
       "hard_constrained_inner keeps rows with a positive adjoint multiplier at h = 0 and loses "
       "their term A_i nu_i, and equalities altogether",
       penalty_case,
       {ASSAY_LAW_IN_REALS(kept_constraints)}},
      {"F8.faults_change_what_they_say",
       "detached_implicit, skipped_inner_solve, gate_at_inner_point, adaptive_smoothing and "
       "weaken() replace the one ingredient that they name",
       penalty_case,
       {ASSAY_LAW_IN_REALS(faults_change_what_they_say)}},
  };
}

}  // namespace assay::properties
