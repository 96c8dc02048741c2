#include "properties/penalty_formula.hpp"

#include <algorithm>

namespace assay::properties {

namespace {

template <class T>
T power(const T& base, long exponent) {
  T out(1);
  for (long k = 0; k < (exponent < 0 ? -exponent : exponent); ++k) out *= base;
  return exponent < 0 ? T(T(1) / out) : out;
}

template <class T>
T sigmoid(const T& z) {
  using boost::multiprecision::exp;
  return T(1) / (T(1) + exp(T(-z)));
}

}  // namespace

template <class S>
PenaltyFormula<S>::PenaltyFormula(const Instance& instance, const Vec<T>& x_in, const Vec<T>& q_in,
                                  const Vec<T>& y_in, const Vec<T>& multipliers_in,
                                  const std::vector<Index>& active_in, const PenaltyOptions& o,
                                  const FaultSet& faults, const Vec<T>& averaged_in)
    : p(instance),
      x(x_in),
      q(q_in),
      y(y_in),
      multipliers(multipliers_in),
      averaged(averaged_in.size() > 0 ? averaged_in : multipliers_in),
      active(active_in),
      o_(o),
      faults_(faults) {
  alpha1 = T(o.scale) * power(T(o.alpha), -o.power1);
  alpha2 = T(o.scale) * power(T(o.alpha), -o.power2);
  delta = o.delta > 0 ? T(o.delta) : power(T(o.alpha), 3);
  ramp = larger(T(T(o.gate_width) * power(delta, o.gate_power)), T(o.gate_floor));
  ridge = faults.has(Fault::ridge) ? T(T(o.ridge_scale) * delta) : T(0);
  h = times<T>(p.A, x) + times<T>(flipped<T>(p.Bt), y) - p.b;
  for (const Index i : active) h[i] = T(0);
  rho = gates();
  update();
}

template <class S>
PenaltyFormula<S>::PenaltyFormula(const Instance& instance, const Vec<S>& x_in, const Vec<S>& q_in,
                                  const LowerSolution<S>& lower, const PenaltyOptions& o,
                                  const FaultSet& faults, const Vec<T>& averaged_in)
    : PenaltyFormula(instance, converted<T>(x_in), converted<T>(q_in), converted<T>(lower.y),
                     converted<T>(lower.multipliers), lower.active, o, faults, averaged_in) {}

template <class S>
void PenaltyFormula<S>::set_penalties(const T& a1, const T& a2) {
  alpha1 = a1;
  alpha2 = a2;
  update();
}

template <class S>
void PenaltyFormula<S>::set_ramp(const T& value) {
  ramp = value;
  rho = gates();
  update();
}

template <class S>
typename PenaltyFormula<S>::T PenaltyFormula<S>::gate(const T& value, const T& lambda,
                                                      Index row) const {
  if (row < p.equalities) return T(1);
  if (faults_.has(Fault::sigmoid_gate)) return sigmoid(T(value / ramp)) * sigmoid(T(lambda / ramp));
  if (o_.gate == "hard") return T(magnitude(value) <= larger(T(1e-8), ramp) ? 1 : 0);
  if (o_.gate == "active_set") return T(T(0) < lambda ? 1 : 0);
  T by_row(1), by_multiplier(1);
  if (value < T(-ramp))
    by_row = T(0);
  else if (value < T(0))
    by_row = T(1) + value / ramp;
  const T threshold(o_.multiplier_threshold);
  if (lambda <= T(0))
    by_multiplier = T(0);
  else if (lambda < threshold)
    by_multiplier = lambda / threshold;
  return by_row * by_multiplier;
}

template <class S>
Vec<typename PenaltyFormula<S>::T> PenaltyFormula<S>::gates() const {
  Vec<T> out(h.size());
  for (Index i = 0; i < h.size(); ++i) out[i] = gate(h[i], averaged[i], i);
  return out;
}

template <class S>
typename PenaltyFormula<S>::T PenaltyFormula<S>::gate_floor(Index row) const {
  if (row < p.equalities || o_.gate == "active_set" || o_.gate == "hard") return T(0);
  const T u = convert<T>(unit_roundoff<S>());
  // A held row has h = 0 exactly; elsewhere h is a difference of rounded sums.
  const bool held = std::find(active.begin(), active.end(), row) != active.end();
  const T dh = held ? T(0) : T(convert<T>(gamma_bound<S>(p.m + p.n + 8)) * h_size(row));
  // The ramps have slope 1/ramp (a sigmoid's is at most 1/4 of that); ramp, quotient, sum and
  // product are rounded, the averaged multiplier by two products and a sum. Of a sigmoid the
  // argument z carries 8 u |z|, z s'(z) < 1, and exponential() errs below 1 ulp.
  return (dh / ramp + T(24) * u);
}

template <class S>
typename PenaltyFormula<S>::T PenaltyFormula<S>::h_size(Index row) const {
  T sum = magnitude(p.b[row]);
  for (Index i = 0; i < p.n; ++i) sum += magnitude(T(p.A(row, i) * x[i]));
  for (Index i = 0; i < p.m; ++i) sum += magnitude(T(p.Bt(i, row) * y[i]));
  return sum;
}

template <class S>
void PenaltyFormula<S>::update() {
  const Mat<T> B = flipped<T>(p.Bt);
  Mat<T> weighted = p.Bt, weighted_A = p.A;
  for (Index r = 0; r < p.rows(); ++r) {
    for (Index i = 0; i < p.m; ++i) weighted(i, r) *= alpha2 * rho[r];
    for (Index i = 0; i < p.n; ++i) weighted_A(r, i) *= alpha2 * rho[r];
  }
  hessian = times<T>(weighted, B);
  reach = times<T>(p.Bt, weighted_A);
  for (Index j = 0; j < p.m; ++j) {
    for (Index i = 0; i < p.m; ++i) hessian(i, j) += alpha1 * p.H(i, j) + p.Qyy(i, j);
    hessian(j, j) += ridge;
    for (Index i = 0; i < p.n; ++i) reach(j, i) += alpha1 * p.M(j, i) + p.Qxy(i, j);
  }
  Vec<T> stationarity = times<T>(p.H, y) + times<T>(p.M, x) + p.d + times<T>(p.Bt, multipliers);
  if (q.size() > 0) stationarity += q;
  gradient = p.cy + times<T>(flipped<T>(p.Qxy), x) + times<T>(p.Qyy, Vec<T>(y - p.y_target)) +
             times<T>(weighted, h);
  for (Index i = 0; i < p.m; ++i) gradient[i] += alpha1 * stationarity[i] + ridge * y[i];
}

template <class S>
Vec<typename PenaltyFormula<S>::T> PenaltyFormula<S>::exact_step() const {
  return *eliminate<T>(hessian, Vec<T>(-gradient));
}

template <class S>
Vec<typename PenaltyFormula<S>::T> PenaltyFormula<S>::saddle_step() const {
  std::vector<Index> rows;
  for (Index r = 0; r < p.rows(); ++r)
    if (T(0) < rho[r]) rows.push_back(r);
  const Index k = static_cast<Index>(rows.size());
  Vec<T> corner(k);
  for (Index j = 0; j < k; ++j)
    corner[j] = -alpha1 / (alpha2 * rho[rows[static_cast<std::size_t>(j)]]);
  Mat<T> curved = p.H;
  for (Index j = 0; j < p.m; ++j) {
    for (Index i = 0; i < p.m; ++i) curved(i, j) += p.Qyy(i, j) / alpha1;
    curved(j, j) += ridge / alpha1;
  }
  Vec<T> right = zeros<T>(p.m + k);
  for (Index i = 0; i < p.m; ++i) right[i] = gradient[i];
  const Vec<T> z = *eliminate<T>(saddle_matrix<T>(curved, p.Bt, rows, corner), right);
  Vec<T> step(p.m);
  for (Index i = 0; i < p.m; ++i) step[i] = -z[i] / alpha1;
  return step;
}

template <class S>
Vec<typename PenaltyFormula<S>::T> PenaltyFormula<S>::estimate(const Vec<T>& step) const {
  Vec<T> weights = times<T>(flipped<T>(p.Bt), step);
  for (Index r = 0; r < p.rows(); ++r) weights[r] = alpha2 * rho[r] * (h[r] + weights[r]);
  const Vec<T> inner = y + step, crossed = times<T>(flipped<T>(p.M), step);
  Vec<T> out = p.cx + times<T>(p.Qxx, Vec<T>(x - p.x_target)) + times<T>(p.Qxy, inner) +
               times<T>(flipped<T>(p.A), weights);
  for (Index i = 0; i < p.n; ++i) out[i] += alpha1 * crossed[i];
  return out;
}

template <class S>
typename PenaltyFormula<S>::T PenaltyFormula<S>::change(const Vec<T>& step) const {
  return inner_product<T>(gradient, step) + inner_product<T>(times<T>(hessian, step), step) / T(2);
}

/// The sizes of the terms that grad_y L at y is summed from.
template <class S>
Vec<typename PenaltyFormula<S>::T> PenaltyFormula<S>::gradient_terms() const {
  Vec<T> inner = times<T>(sizes<T>(p.H), sizes<T>(y)) + times<T>(sizes<T>(p.M), sizes<T>(x)) +
                 sizes<T>(p.d) + times<T>(sizes<T>(p.Bt), sizes<T>(multipliers));
  if (q.size() > 0) inner += sizes<T>(q);
  Vec<T> held(p.rows());
  for (Index r = 0; r < p.rows(); ++r) {
    const bool exact = std::find(active.begin(), active.end(), r) != active.end();
    held[r] = exact ? T(0) : T(alpha2 * rho[r] * h_size(r));
  }
  Vec<T> out = sizes<T>(p.cy) + times<T>(sizes<T>(flipped<T>(p.Qxy)), sizes<T>(x)) +
               times<T>(sizes<T>(p.Qyy), Vec<T>(sizes<T>(y) + sizes<T>(p.y_target))) +
               times<T>(sizes<T>(p.Bt), held);
  for (Index i = 0; i < p.m; ++i) out[i] += alpha1 * inner[i] + ridge * magnitude(y[i]);
  return out;
}

/// The computed step solves (H_L + E) D = -(g + e). The formation of H_L and g errs by gamma_k
/// times the sizes of their terms, k the longest chain: m + n + rows sums, and 16 for the powers of
/// alpha, gate and weights. The solution by L D L' adds gamma_{3m+1} |L||D||L'| <= gamma_{3m+2} d
/// d', d_i = H_L(i,i)^1/2 (Higham, "Accuracy and Stability of Numerical Algorithms", theorem 10.4
/// and (10.7)), which covers |H_L(i,j)| too. So with X = H_L^-1 reach the estimate moves by at most
/// |X|'(E |D| + e) to first order; 1/(1 - phi), phi = |H_L^-1| E in the max-norm, covers the rest.
template <class S>
Vec<typename PenaltyFormula<S>::T> PenaltyFormula<S>::floor(const Vec<T>& step) const {
  const T g = convert<T>(gamma_bound<S>(p.m + p.n + p.rows() + 16));
  const T solve = convert<T>(gamma_bound<S>(3 * p.m + 2));
  Vec<T> root(p.m);
  for (Index i = 0; i < p.m; ++i) root[i] = square_root(hessian(i, i));
  Mat<T> weighted = sizes<T>(p.Bt);
  for (Index r = 0; r < p.rows(); ++r)
    for (Index i = 0; i < p.m; ++i) weighted(i, r) *= alpha2 * rho[r];
  Mat<T> E = times<T>(weighted, sizes<T>(flipped<T>(p.Bt)));
  for (Index j = 0; j < p.m; ++j)
    for (Index i = 0; i < p.m; ++i) {
      E(i, j) += alpha1 * magnitude(p.H(i, j)) + magnitude(p.Qyy(i, j)) + (i == j ? ridge : T(0));
      E(i, j) = g * E(i, j) + solve * root[i] * root[j];
    }
  const Mat<T> inverse = *eliminate<T>(hessian, identity<T>(p.m));
  const T phi = max_row_sum<T>(times<T>(sizes<T>(inverse), E));
  Vec<T> out = assembly_floor(step, false);
  if (!(phi < T(0.25))) {
    if (out.size() > 0) out[0] = T(-1);
    return out;
  }
  Vec<T> residual = times<T>(E, sizes<T>(step));
  const Vec<T> terms = gradient_terms();
  for (Index i = 0; i < p.m; ++i) residual[i] += g * terms[i];
  const Vec<T> moved = times<T>(sizes<T>(flipped<T>(times<T>(inverse, reach))), residual);
  for (Index i = 0; i < p.n; ++i) out[i] += moved[i] / (T(1) - phi);
  return out;
}

template <class S>
Vec<typename PenaltyFormula<S>::T> PenaltyFormula<S>::assembly_floor(const Vec<T>& step,
                                                                     bool rounded_point) const {
  const T u = convert<T>(unit_roundoff<S>());
  const T g = convert<T>(gamma_bound<S>(p.m + p.n + p.rows() + 16));
  const Vec<T> inner = sizes<T>(y) + sizes<T>(step);
  Vec<T> weights = times<T>(sizes<T>(flipped<T>(p.Bt)), sizes<T>(step));
  for (Index r = 0; r < p.rows(); ++r) {
    const bool exact = std::find(active.begin(), active.end(), r) != active.end();
    weights[r] = alpha2 * rho[r] * (weights[r] + (exact ? T(0) : h_size(r)));
  }
  const Vec<T> crossed = times<T>(sizes<T>(flipped<T>(p.M)), sizes<T>(step));
  Vec<T> moved = zeros<T>(p.n);
  if (rounded_point) moved = times<T>(sizes<T>(flipped<T>(reach)), inner);
  Vec<T> out = sizes<T>(p.cx) +
               times<T>(sizes<T>(p.Qxx), Vec<T>(sizes<T>(x) + sizes<T>(p.x_target))) +
               times<T>(sizes<T>(p.Qxy), inner) + times<T>(sizes<T>(flipped<T>(p.A)), weights);
  for (Index i = 0; i < p.n; ++i) out[i] = g * (out[i] + alpha1 * crossed[i]) + u * moved[i];
  return out;
}

template class PenaltyFormula<double>;
template class PenaltyFormula<Real50>;

}  // namespace assay::properties
