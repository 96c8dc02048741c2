#include "assay/problem/quadratic.hpp"

#include <cmath>

#include "assay/scalar/instantiate.hpp"
#include "assay/support/error.hpp"

namespace assay {

double smallest_eigenvalue_bound(const Mat<double>& H) {
  const Index n = H.rows();
  DataFactor<double> factor;
  if (!factor.factor(H)) return 0;
  Vec<double> v(n);
  for (Index i = 0; i < n; ++i) v[i] = 1.0 + static_cast<double>((i * 7) % 11);
  double growth = 0;
  for (int k = 0; k < 100; ++k) {
    const double size = norm(v);
    for (Index i = 0; i < n; ++i) v[i] /= size;
    factor.solve_in_place(v);
    growth = norm(v);
  }
  const double estimate = 1 / growth;
  double trace = 0;
  for (Index i = 0; i < n; ++i) trace += H(i, i);
  const double g = gamma_bound<double>(n + 2);
  const double hidden = 2 * g / (1 - g) * trace;
  // |H^-1 v| / |v| <= 1 / lambda_min: the estimate errs upwards, by how much depends on the gaps of
  // the spectrum. The first share that can be proved wins.
  for (const double share : {1 - 0x1p-30, 1 - 0x1p-20, 1 - 0x1p-14, 1 - 0x1p-11, 1 - 0x1p-9,
                             1 - 0x1p-7, 1 - 0x1p-5, 0.9, 0.5, 0.1, 0.01}) {
    const double s = share * estimate;
    Mat<double> shifted = H;
    for (Index i = 0; i < n; ++i) shifted(i, i) -= s;
    if (s > hidden && DataFactor<double>().factor(shifted)) return s - hidden;
  }
  return 0;
}

namespace {

/// A lower bound on the curvature of F where the active set stays, F(x) = f(x, Jx + c): with v =
/// (I; J) u, |v| >= |u|, it is u'(Qxx + J'Qyy J) u without a cross term, and v'(joint Hessian of f)
/// v in general.
double upper_curvature(const Instance& in, bool has_Qxy, bool has_Qyy) {
  if (!has_Qxy) {
    if (has_Qyy && !(smallest_eigenvalue_bound(in.Qyy.nearest()) > 0)) return 0;
    return smallest_eigenvalue_bound(in.Qxx.nearest());
  }
  Mat<double> joint(in.n + in.m, in.n + in.m);
  joint.topLeftCorner(in.n, in.n) = in.Qxx.nearest();
  joint.bottomRightCorner(in.m, in.m) = in.Qyy.nearest();
  joint.topRightCorner(in.n, in.m) = in.Qxy.nearest();
  joint.bottomLeftCorner(in.m, in.n) = in.Qxy.nearest().transpose();
  return smallest_eigenvalue_bound(joint);
}

}  // namespace

template <class S>
QuadraticProblem<S>::QuadraticProblem(const Instance& in)
    : n(in.n),
      m(in.m),
      equalities(in.equality_rows()),
      Qxx(in.Qxx.to<S>()),
      Qxy(in.Qxy.to<S>()),
      Qyy(in.Qyy.to<S>()),
      x_target(in.x_target.to_vector<S>()),
      y_target(in.y_target.to_vector<S>()),
      cx(in.cx.to_vector<S>()),
      cy(in.cy.to_vector<S>()),
      c0(in.c0.to_vector<S>()[0]),
      H(in.H.to<S>()),
      M(in.M.to<S>()),
      d(in.d.to_vector<S>()) {
  has_Qxy = !in.Qxy.nearest().isZero(0);
  has_Qyy = !in.Qyy.nearest().isZero(0);

  const Index p = in.inequality_rows();
  kind.assign(equalities, RowKind::equality);
  kind.insert(kind.end(), p, RowKind::inequality);
  std::vector<Index> lower, upper;
  for (Index i = 0; i < m; ++i)
    if (std::isfinite(in.lower(i))) lower.push_back(i);
  for (Index i = 0; i < m; ++i)
    if (std::isfinite(in.upper(i))) upper.push_back(i);
  kind.insert(kind.end(), lower.size(), RowKind::lower_bound);
  kind.insert(kind.end(), upper.size(), RowKind::upper_bound);

  const Index rows = static_cast<Index>(kind.size());
  Mat<S> all_A(rows, n), all_Bt(m, rows);
  b = Vec<S>(rows);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < n; ++j) all_A(i, j) = S(0);
    for (Index j = 0; j < m; ++j) all_Bt(j, i) = S(0);
  }
  const Mat<S> E = in.E.to<S>(), G = in.G.to<S>(), e = in.e.to<S>();
  const Mat<S> A0 = in.A.to<S>(), B0 = in.B.to<S>(), b0 = in.b.to<S>();
  for (Index i = 0; i < equalities; ++i) {
    for (Index j = 0; j < n; ++j) all_A(i, j) = E(i, j);
    for (Index j = 0; j < m; ++j) all_Bt(j, i) = G(i, j);
    b[i] = e(i, 0);
  }
  for (Index i = 0; i < p; ++i) {
    for (Index j = 0; j < n; ++j) all_A(equalities + i, j) = A0(i, j);
    for (Index j = 0; j < m; ++j) all_Bt(j, equalities + i) = B0(i, j);
    b[equalities + i] = b0(i, 0);
  }
  Index row = equalities + p;
  for (const Index i : lower) {
    all_Bt(i, row) = S(-1);
    b[row++] = -in.lower.entry<S>(i);
  }
  for (const Index i : upper) {
    all_Bt(i, row) = S(1);
    b[row++] = in.upper.entry<S>(i);
  }
  A = std::move(all_A);
  Bt = std::move(all_Bt);
  row_norm = Vec<S>(rows);
  for (Index i = 0; i < rows; ++i) row_norm[i] = max_norm<S>(Bt.col(i));
  A_norm = Vec<S>(rows);
  for (Index i = 0; i < rows; ++i) A_norm[i] = max_norm<S>(A.row(i));
  for (Index j = 0; j < n; ++j) M_norm = larger(M_norm, max_norm<S>(M.col(j)));

  auto factor = std::make_shared<DataFactor<S>>();
  if (!factor->factor(H))
    throw NumericalError(in.source, "lower.H",
                         "not positive definite: pivot " + std::to_string(factor->failed_pivot()) +
                             " of its factorisation is not positive");
  H_factor = std::move(factor);
  const double proved = smallest_eigenvalue_bound(in.H.nearest());
  if (!(proved > 0))
    throw NumericalError(in.source, "lower.H",
                         "cannot be proved positive definite in double precision");
  mu = S(proved);
  upper_mu = S(upper_curvature(in, has_Qxy, has_Qyy));
  S widest(0);
  for (Index j = 0; j < m; ++j) {
    S sum(0);
    for (Index i = 0; i < m; ++i) sum += magnitude(H(i, j));
    widest = larger(widest, sum);
  }
  lipschitz = widest;

  x_set = in.x_set.kind;
  if (x_set == UpperSet::Kind::box) {
    x_lower = Vec<S>(n);
    x_upper = Vec<S>(n);
    for (Index i = 0; i < n; ++i) {
      x_has_lower.push_back(std::isfinite(in.x_set.lower(i)));
      x_has_upper.push_back(std::isfinite(in.x_set.upper(i)));
      x_lower[i] = x_has_lower.back() ? in.x_set.lower.entry<S>(i) : S(0);
      x_upper[i] = x_has_upper.back() ? in.x_set.upper.entry<S>(i) : S(0);
    }
  } else if (x_set == UpperSet::Kind::ball) {
    x_center = in.x_set.center.template to_vector<S>();
    x_radius = S(in.x_set.radius);
  }
}

template <class S>
S QuadraticProblem<S>::upper_value(const Vec<S>& x, const Vec<S>& y) const {
  dx_ = x - x_target;
  product(Qxx, dx_, tmp_n_);
  const S half = S(1) / S(2);
  S value = half * dot(dx_, tmp_n_) + dot(cx, x) + dot(cy, y) + c0;
  if (has_Qxy) {
    product(Qxy, y, tmp_n_);
    value += dot(x, tmp_n_);
  }
  if (has_Qyy) {
    dy_ = y - y_target;
    product(Qyy, dy_, tmp_m_);
    value += half * dot(dy_, tmp_m_);
  }
  return value;
}

template <class S>
void QuadraticProblem<S>::upper_gradient(const Vec<S>& x, const Vec<S>& y, Vec<S>& fx,
                                         Vec<S>& fy) const {
  dx_ = x - x_target;
  fx = cx;
  add_product(Qxx, dx_, fx);
  fy = cy;
  if (has_Qxy) {
    add_product(Qxy, y, fx);
    transposed_product(Qxy, x, tmp_m_);
    for (Index i = 0; i < m; ++i) fy[i] += tmp_m_[i];
  }
  if (has_Qyy) {
    dy_ = y - y_target;
    add_product(Qyy, dy_, fy);
  }
}

template <class S>
void QuadraticProblem<S>::lower_linear_term(const Vec<S>& x, Vec<S>& linear) const {
  linear = d;
  add_product(M, x, linear);
}

template <class S>
void QuadraticProblem<S>::row_limits(const Vec<S>& x, Vec<S>& limits) const {
  tmp_n_ = -x;
  limits = b;
  add_product(A, tmp_n_, limits);
}

template <class S>
void QuadraticProblem<S>::data_terms(const Vec<S>& x, const Vec<S>& q, DataTerms<S>& terms) const {
  terms.set(x, q, d, M_norm, b, A_norm);
}

template <class S>
void QuadraticProblem<S>::project_upper(Vec<S>& x) const {
  if (x_set == UpperSet::Kind::box) {
    for (Index i = 0; i < n; ++i) {
      if (x_has_lower[i] && x[i] < x_lower[i]) x[i] = x_lower[i];
      if (x_has_upper[i] && x_upper[i] < x[i]) x[i] = x_upper[i];
    }
  } else if (x_set == UpperSet::Kind::ball) {
    dx_ = x - x_center;
    if constexpr (is_exact<S>) {
      if (x_radius * x_radius < dot(dx_, dx_))
        throw NumericalError("the projection onto a ball needs a square root: not in rationals");
    } else {
      const S distance = norm(dx_);
      if (x_radius < distance)
        for (Index i = 0; i < n; ++i) x[i] = x_center[i] + dx_[i] * x_radius / distance;
    }
  }
}

#define ASSAY_INSTANTIATE(S) template struct QuadraticProblem<S>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
