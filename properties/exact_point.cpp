#include "properties/exact_point.hpp"

#include <algorithm>

namespace assay::properties {

template <class S>
ExactPoint<S>::ExactPoint(const QuadraticProblem<T>& p, const Vec<T>& x, const Vec<T>& q,
                          const std::vector<Index>& active)
    : p_(p), x_(x), q_(q.size() > 0 ? q : zeros<T>(p.m)), active_(active) {
  const Index m = p.m, k = static_cast<Index>(active.size());
  saddle = saddle_matrix<T>(p.H, p.Bt, active, zeros<T>(k));
  const auto inverted = eliminate<T>(saddle, identity<T>(m + k));
  if (!inverted) return;
  independent = true;
  inverse = *inverted;
  rows = zeros<T>(m + k, p.n);
  Vec<T> right(m + k);
  const Vec<T> linear = times<T>(p.M, x) + p.d + q_, limits = p.b - times<T>(p.A, x);
  for (Index i = 0; i < m; ++i) {
    right[i] = -linear[i];
    for (Index j = 0; j < p.n; ++j) rows(i, j) = p.M(i, j);
  }
  for (Index i = 0; i < k; ++i) {
    const Index row = active[static_cast<std::size_t>(i)];
    right[m + i] = limits[row];
    for (Index j = 0; j < p.n; ++j) rows(m + i, j) = p.A(row, j);
  }
  const Vec<T> point = times<T>(inverse, right);
  y = point.head(m);
  multipliers = zeros<T>(p.rows());
  for (Index i = 0; i < k; ++i) multipliers[active[static_cast<std::size_t>(i)]] = point[m + i];
  slack = limits - times<T>(flipped<T>(p.Bt), y);

  const Vec<T> dx = x - p.x_target, dy = y - p.y_target;
  Vec<T> fy = zeros<T>(m + k);
  fy.head(m) = p.cy + times<T>(flipped<T>(p.Qxy), x) + times<T>(p.Qyy, dy);
  adjoint = times<T>(inverse, fy);
  direct = p.cx + times<T>(p.Qxx, dx) + times<T>(p.Qxy, y);
  implicit = -times<T>(flipped<T>(rows), adjoint);
  gradient = direct + implicit;
  value = inner_product<T>(dx, times<T>(p.Qxx, dx)) / T(2) +
          inner_product<T>(x, times<T>(p.Qxy, y)) +
          inner_product<T>(dy, times<T>(p.Qyy, dy)) / T(2) + inner_product<T>(p.cx, x) +
          inner_product<T>(p.cy, y) + p.c0;
  set_floors();
}

template <class S>
bool ExactPoint<S>::holds_clearly() const {
  for (Index r = p_.equalities; r < p_.rows(); ++r) {
    const bool held = std::find(active_.begin(), active_.end(), r) != active_.end();
    // Twice: the solver's own idea of the noise is another bound of the same kind.
    if (held ? !(T(2) * multiplier_floor[r] < multipliers[r]) : !(T(2) * slack_floor[r] < slack[r]))
      return false;
  }
  return true;
}

template <class S>
bool ExactPoint<S>::is_wrong() const {
  T size(0), noise(0);
  for (Index i = 0; i < p_.m; ++i) size += magnitude(y[i]);
  if constexpr (!is_exact<S>) noise = convert<T>(gamma_bound<S>(4 * (p_.m + 8)));
  const Vec<T> limits = p_.b - times<T>(p_.A, x_);
  for (Index r = p_.equalities; r < p_.rows(); ++r) {
    const bool held = std::find(active_.begin(), active_.end(), r) != active_.end();
    if (held ? multipliers[r] < -T(2) * multiplier_floor[r]
             : slack[r] < -(T(2) * slack_floor[r] +
                            noise * (p_.row_norm[r] * size + magnitude(limits[r]))))
      return true;
  }
  return false;
}

/// g_k below is gamma_k of S.
///
/// (y, lambda): iterative refinement in one precision ends, up to second order, with the error that
/// the residual's own rounding leaves, 2 |K^-1| g (|K| |z| + |right side|), and one rounding of z
/// (Higham, "Accuracy and Stability of Numerical Algorithms", theorem 12.2); the data's own
/// roundings, products of n and m terms and fractions read into S, are of the same form.
///
/// (p, nu): one solve without refinement, p0 = H^-1 a, G nu = B p0, p = p0 - Z nu with Z = H^-1 B',
/// G = B Z. A solve with L D L' is exact for a matrix off by g_{3m+2} d d', d_i = H(i,i)^1/2
/// (theorem 10.4 and (10.7) there), and G and its right side are computed from such results.
template <class S>
void ExactPoint<S>::set_floors() {
  const Index n = p_.n, m = p_.m, k = static_cast<Index>(active_.size()), all = p_.rows();
  y_floor = zeros<T>(m);
  multiplier_floor = slack_floor = zeros<T>(all);
  direct_floor = implicit_floor = gradient_floor = zeros<T>(n);
  if constexpr (!is_exact<S>) {
    const T u = convert<T>(unit_roundoff<S>());
    const T g = convert<T>(gamma_bound<S>(n + m + k + 12));
    const T solve = convert<T>(gamma_bound<S>(3 * m + 2));
    const T solve_k = convert<T>(gamma_bound<S>(3 * k + 2));
    const Mat<T> sized = sizes<T>(inverse);
    Vec<T> z(m + k), terms = zeros<T>(m + k);
    z.head(m) = sizes<T>(y);
    const Vec<T> linear = times<T>(sizes<T>(p_.M), sizes<T>(x_)) + sizes<T>(p_.d) + sizes<T>(q_);
    const Vec<T> limits = sizes<T>(p_.b) + times<T>(sizes<T>(p_.A), sizes<T>(x_));
    terms.head(m) = linear;
    for (Index i = 0; i < k; ++i) {
      const Index row = active_[static_cast<std::size_t>(i)];
      z[m + i] = magnitude(multipliers[row]);
      terms[m + i] = limits[row];
    }
    const Vec<T> moved = times<T>(sized, Vec<T>(times<T>(sizes<T>(saddle), z) + terms));
    // The second order: what a correction by a solve with relative error g |K^-1||K| leaves of the
    // error before it. By elimination that reaches every entry, also one that a bound fixes.
    const Vec<T> reached =
        times<T>(sized, Vec<T>(times<T>(sizes<T>(saddle), Vec<T>(Vec<T>::Constant(m + k, T(1))))));
    T most(0), condition(0);
    for (Index i = 0; i < m + k; ++i) {
      most = larger(most, moved[i]);
      condition = larger(condition, reached[i]);
    }
    const T second = g * g * condition * most;
    for (Index i = 0; i < m; ++i) y_floor[i] = T(2) * g * moved[i] + u * z[i] + second;
    for (Index i = 0; i < k; ++i)
      multiplier_floor[active_[static_cast<std::size_t>(i)]] =
          T(2) * g * moved[m + i] + u * z[m + i] + second;
    const Vec<T> products = times<T>(sizes<T>(flipped<T>(p_.Bt)), sizes<T>(y));
    const Vec<T> carried = times<T>(sizes<T>(flipped<T>(p_.Bt)), y_floor);
    for (Index r = 0; r < all; ++r) slack_floor[r] = carried[r] + g * (products[r] + limits[r]);

    // f and its gradient
    const Vec<T> dx = sizes<T>(x_) + sizes<T>(p_.x_target),
                 dy = sizes<T>(y) + sizes<T>(p_.y_target), ys = sizes<T>(y), xs = sizes<T>(x_);
    const Vec<T> fy = times<T>(saddle, adjoint).head(m);
    const Vec<T> curved = times<T>(sizes<T>(p_.Qyy), y_floor);
    value_floor = g * (inner_product<T>(dx, times<T>(sizes<T>(p_.Qxx), dx)) +
                       inner_product<T>(xs, times<T>(sizes<T>(p_.Qxy), ys)) +
                       inner_product<T>(dy, times<T>(sizes<T>(p_.Qyy), dy)) +
                       inner_product<T>(sizes<T>(p_.cx), xs) +
                       inner_product<T>(sizes<T>(p_.cy), ys) + magnitude(p_.c0)) +
                  inner_product<T>(sizes<T>(fy), y_floor) + inner_product<T>(curved, y_floor);
    const Vec<T> fx_terms =
        sizes<T>(p_.cx) + times<T>(sizes<T>(p_.Qxx), dx) + times<T>(sizes<T>(p_.Qxy), ys);
    direct_floor = g * fx_terms + times<T>(sizes<T>(p_.Qxy), y_floor);

    // The adjoint: first what its right side carries, then the solve.
    Vec<T> right = zeros<T>(m + k);
    right.head(m) =
        curved + g * Vec<T>(sizes<T>(p_.cy) + times<T>(sizes<T>(flipped<T>(p_.Qxy)), xs) +
                            times<T>(sizes<T>(p_.Qyy), dy));
    Vec<T> error = times<T>(sized, right);
    const Mat<T> H_inverse = *eliminate<T>(p_.H, identity<T>(m));
    Mat<T> B(k, m);
    for (Index i = 0; i < k; ++i)
      for (Index j = 0; j < m; ++j) B(i, j) = p_.Bt(j, active_[static_cast<std::size_t>(i)]);
    const Mat<T> Z = times<T>(H_inverse, flipped<T>(B)), G = times<T>(B, Z);
    Vec<T> root(m);
    for (Index i = 0; i < m; ++i) root[i] = square_root(p_.H(i, i));
    const Vec<T> spread = times<T>(sizes<T>(H_inverse), root);
    const auto solve_error = [&](const Vec<T>& v) -> Vec<T> {
      return solve * inner_product<T>(root, sizes<T>(v)) * spread;
    };
    const Vec<T> p0 = times<T>(H_inverse, fy), nu = sizes<T>(Vec<T>(adjoint.tail(k)));
    const Vec<T> p0_error = solve_error(p0);
    Vec<T> p_error = p0_error + g * sizes<T>(p0);
    if (k > 0) {
      Mat<T> Z_error(m, k);
      for (Index j = 0; j < k; ++j) Z_error.col(j) = solve_error(Vec<T>(Z.col(j)));
      Mat<T> G_error = times<T>(sizes<T>(B), Z_error) + g * times<T>(sizes<T>(B), sizes<T>(Z));
      for (Index j = 0; j < k; ++j)
        for (Index i = 0; i < k; ++i)
          G_error(i, j) += solve_k * square_root(T(magnitude(G(i, i)) * magnitude(G(j, j))));
      const Vec<T> nu_right = times<T>(G_error, nu) + times<T>(sizes<T>(B), p0_error) +
                              g * times<T>(sizes<T>(B), sizes<T>(p0));
      const Vec<T> nu_error = times<T>(sizes<T>(*eliminate<T>(G, identity<T>(k))), nu_right);
      p_error += times<T>(Z_error, nu) + times<T>(sizes<T>(Z), Vec<T>(nu_error + g * nu));
      error.tail(k) += nu_error;
    }
    error.head(m) += p_error;
    const Mat<T> sized_rows = flipped<T>(sizes<T>(rows));
    implicit_floor = times<T>(sized_rows, error) + g * times<T>(sized_rows, sizes<T>(adjoint));
    gradient_floor =
        direct_floor + implicit_floor + u * Vec<T>(sizes<T>(direct) + sizes<T>(implicit));
  }
}

template class ExactPoint<double>;
template class ExactPoint<Real50>;
template class ExactPoint<Rational>;

}  // namespace assay::properties
