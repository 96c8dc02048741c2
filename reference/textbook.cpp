#include "reference/textbook.hpp"

#include <cmath>

namespace assay::reference {

namespace {

using R = Textbook::R;
using Vector = Textbook::Vector;
using Matrix = Textbook::Matrix;

/// Working precision of the oracle itself: far above its own roundings, far below everything else.
const R negligible("1e-80");

Vector column(const ExactMatrix& a) { return a.size() ? Vector(a.to_vector<R>()) : Vector(); }

/// a over c, b over d, and so on: the rows of two arrays one after the other.
Matrix stacked(const Matrix& above, const Matrix& below) {
  Matrix all(above.rows() + below.rows(), above.cols());
  all << above, below;
  return all;
}
Vector stacked(const Vector& above, const Vector& below) {
  Vector all(above.size() + below.size());
  all << above, below;
  return all;
}

/// False when a pivot vanishes.
bool invert(Matrix a, Matrix& inverse) {
  const Index n = a.rows();
  inverse = Matrix::Identity(n, n);
  const R tiny = negligible * (size_of(a) + R(1));
  for (Index k = 0; k < n; ++k) {
    Index pivot = k;
    for (Index i = k; i < n; ++i)
      if (magnitude(a(pivot, k)) < magnitude(a(i, k))) pivot = i;
    if (magnitude(a(pivot, k)) <= tiny) return false;
    a.row(k).swap(a.row(pivot));
    inverse.row(k).swap(inverse.row(pivot));
    const R scale = a(k, k);
    a.row(k) /= scale;
    inverse.row(k) /= scale;
    for (Index i = 0; i < n; ++i) {
      const R factor = a(i, k);
      if (i == k || factor == 0) continue;
      a.row(i) -= factor * a.row(k);
      inverse.row(i) -= factor * inverse.row(k);
    }
  }
  return true;
}

}  // namespace

R size_of(const Vector& a) {
  R top(0);
  for (Index i = 0; i < a.size(); ++i) top = larger(top, magnitude(a[i]));
  return top;
}

R size_of(const Matrix& a) {
  R top(0);
  for (Index i = 0; i < a.rows(); ++i) {
    R sum(0);
    for (Index j = 0; j < a.cols(); ++j) sum += magnitude(a(i, j));
    top = larger(top, sum);
  }
  return top;
}

R length_of(const Vector& a) {
  R sum(0);
  for (Index i = 0; i < a.size(); ++i) sum += a[i] * a[i];
  return sqrt(sum);
}

Vector projected(const UpperSet& set, Vector x) {
  if (set.kind == UpperSet::Kind::box) {
    for (Index i = 0; i < x.size(); ++i) {
      if (std::isfinite(set.lower(i))) x[i] = larger(x[i], set.lower.entry<R>(i));
      if (std::isfinite(set.upper(i))) x[i] = smaller(x[i], set.upper.entry<R>(i));
    }
  } else if (set.kind == UpperSet::Kind::ball) {
    const Vector center = set.center.to_vector<R>();
    const R distance = length_of(x - center);
    if (distance > R(set.radius)) x = center + (R(set.radius) / distance) * (x - center);
  }
  return x;
}

Textbook::Textbook(const Instance& i)
    : n(i.n),
      m(i.m),
      equalities(i.equality_rows()),
      Qxx(i.Qxx.to<R>()),
      Qxy(i.Qxy.to<R>()),
      Qyy(i.Qyy.to<R>()),
      H(i.H.to<R>()),
      M(i.M.to<R>()),
      A(stacked(i.E.to<R>(), i.A.to<R>())),
      B(stacked(i.G.to<R>(), i.B.to<R>())),
      b(stacked(column(i.e), column(i.b))),
      d(column(i.d)),
      cx(column(i.cx)),
      cy(column(i.cy)),
      xt(column(i.x_target)),
      yt(column(i.y_target)),
      c0(i.c0.entry<R>(0)) {
  const auto bound = [this](Index j, int sign, const R& limit) {
    A = stacked(A, Matrix(Matrix::Zero(1, n)));
    Matrix row = Matrix::Zero(1, m);
    row(0, j) = R(sign);
    B = stacked(B, row);
    b = stacked(b, Vector(Vector::Constant(1, limit)));
  };
  for (Index j = 0; j < m; ++j)
    if (std::isfinite(i.lower(j))) bound(j, -1, -i.lower.entry<R>(j));
  for (Index j = 0; j < m; ++j)
    if (std::isfinite(i.upper(j))) bound(j, 1, i.upper.entry<R>(j));
}

const Textbook::Saddle& Textbook::saddle(const std::vector<Index>& active) {
  const auto [it, fresh] = saddles_.try_emplace(active);
  if (!fresh) return it->second;
  const Index k = static_cast<Index>(active.size());
  Matrix K = Matrix::Zero(m + k, m + k);
  K.topLeftCorner(m, m) = H;
  for (Index j = 0; j < k; ++j) {
    K.block(m + j, 0, 1, m) = B.row(active[static_cast<std::size_t>(j)]);
    K.block(0, m + j, m, 1) = B.row(active[static_cast<std::size_t>(j)]).transpose();
  }
  Saddle& s = it->second;
  s.regular = invert(K, s.inverse);
  s.norm = size_of(K);
  if (s.regular) s.inverse_norm = size_of(s.inverse);
  return s;
}

bool Textbook::accept(const std::vector<Index>& active, const Vector& x, const Vector& linear,
                      const Vector& limits) {
  const Saddle& s = saddle(active);
  if (!s.regular) return false;
  const Index k = static_cast<Index>(active.size());
  Vector right(m + k);
  right.head(m) = -linear;
  for (Index j = 0; j < k; ++j) right[m + j] = limits[active[static_cast<std::size_t>(j)]];
  const Vector z = s.inverse * right;
  R margin("1e300");
  for (Index j = 0; j < k; ++j) {
    if (active[static_cast<std::size_t>(j)] < equalities) continue;
    if (!(z[m + j] > 0)) return false;
    margin = smaller(margin, z[m + j]);
  }
  const Vector y = z.head(m);
  const Vector slack = limits - B * y;
  std::size_t held = 0;
  for (Index r = 0; r < slack.size(); ++r) {
    if (held < active.size() && active[held] == r) {
      ++held;
      continue;
    }
    if (slack[r] < -negligible * (R(1) + size_of(limits))) return false;
    margin = smaller(margin, slack[r]);
  }
  answer_.found = true;
  answer_.active = active;
  answer_.y = y;
  answer_.multipliers = z.tail(k);
  answer_.margin = margin;
  answer_.upper_x = Qxx * (x - xt) + Qxy * y + cx;
  answer_.upper_y = Qxy.transpose() * x + Qyy * (y - yt) + cy;
  answer_.value = (x - xt).dot(Qxx * (x - xt)) / 2 + x.dot(Qxy * y) +
                  (y - yt).dot(Qyy * (y - yt)) / 2 + cx.dot(x) + cy.dot(y) + c0;
  return true;
}

bool Textbook::enumerate(std::vector<Index>& active, Index next, const Vector& x,
                         const Vector& linear, const Vector& limits) {
  if (accept(active, x, linear, limits)) return true;
  if (static_cast<Index>(active.size()) == m) return false;
  for (Index r = next; r < b.size(); ++r) {
    active.push_back(r);
    if (enumerate(active, r + 1, x, linear, limits)) return true;
    active.pop_back();
  }
  return false;
}

const Textbook::Answer& Textbook::solve(const Vector& x, const Vector& q) {
  Vector linear = M * x + d;
  if (q.size() > 0) linear += q;
  const Vector limits = b - A * x;
  const std::vector<Index> before = answer_.active;
  if (answer_.found && accept(before, x, linear, limits)) return answer_;
  answer_ = {};
  std::vector<Index> active;
  for (Index r = 0; r < equalities; ++r) active.push_back(r);
  enumerate(active, equalities, x, linear, limits);
  return answer_;
}

Vector Textbook::implicit(const Answer& at, const Vector& fy) {
  const Saddle& s = saddle(at.active);
  const Index k = static_cast<Index>(at.active.size());
  Vector right = Vector::Zero(m + k);
  right.head(m) = fy;
  const Vector w = s.inverse * right;
  Vector g = -(M.transpose() * w.head(m));
  for (Index j = 0; j < k; ++j)
    g -= w[m + j] * A.row(at.active[static_cast<std::size_t>(j)]).transpose();
  return g;
}

Matrix Textbook::jacobian(const std::vector<Index>& active) {
  const Saddle& s = saddle(active);
  const Index k = static_cast<Index>(active.size());
  Matrix right(m + k, n);
  right.topRows(m) = -M;
  for (Index j = 0; j < k; ++j) right.row(m + j) = -A.row(active[static_cast<std::size_t>(j)]);
  return (s.inverse * right).topRows(m);
}

Matrix Textbook::hessian(const std::vector<Index>& active) {
  const Matrix J = jacobian(active);
  return Qxx + Qxy * J + J.transpose() * Qxy.transpose() + J.transpose() * Qyy * J;
}

/// 4 N^2 u kappa(H) kappa(K): the relative error of one solve with K.
R Textbook::solve_error(const std::vector<Index>& active, const R& u) {
  const Saddle& s = saddle(active);
  const Saddle& free = saddle({});
  const R N(static_cast<double>(m + static_cast<Index>(active.size())));
  return 4 * N * N * u * free.norm * free.inverse_norm * s.norm * s.inverse_norm;
}

R Textbook::answer_error(const Answer& at, const Vector& x, const R& u) {
  // The linear term and the limits, themselves computed, reach y through K^-1.
  const R N(static_cast<double>(n + 2));
  const R right = N * u * ((size_of(M) + size_of(A)) * size_of(x) + size_of(d) + size_of(b));
  return solve_error(at.active, u) * larger(size_of(at.y), size_of(at.multipliers)) +
         saddle(at.active).inverse_norm * right;
}

R Textbook::gradient_error(const Answer& at, const Vector& x, const R& u, const R& noise) {
  const R inverse = saddle(at.active).inverse_norm;
  const R N(static_cast<double>(n + m + static_cast<Index>(at.active.size()) + 4));
  const R dy = answer_error(at, x, u);
  const R fx = size_of(Qxy) * dy + N * u *
                                       (size_of(Qxx) * (size_of(x) + size_of(xt)) +
                                        size_of(Qxy) * size_of(at.y) + size_of(cx) + noise);
  const R fy =
      size_of(Qyy) * dy + N * u *
                              (size_of(Matrix(Qxy.transpose())) * size_of(x) +
                               size_of(Qyy) * (size_of(at.y) + size_of(yt)) + size_of(cy) + noise);
  const R w = inverse * (size_of(at.upper_y) + noise);
  const R back = size_of(Matrix(M.transpose())) + size_of(Matrix(A.transpose()));
  return fx + back * (inverse * fy + solve_error(at.active, u) * w + N * u * w);
}

R Textbook::value_error(const Answer& at, const Vector& x, const R& u) {
  const R N(static_cast<double>(n + m + 8)), rows(static_cast<double>(n)),
      cols(static_cast<double>(m));
  const R dy = answer_error(at, x, u), a = size_of(x) + size_of(xt),
          c = size_of(at.y) + size_of(yt);
  const R terms = rows * a * size_of(Qxx) * a + rows * size_of(x) * size_of(Qxy) * size_of(at.y) +
                  cols * c * size_of(Qyy) * c + rows * size_of(cx) * size_of(x) +
                  cols * size_of(cy) * size_of(at.y) + magnitude(c0);
  return cols * (size_of(at.upper_y) + size_of(Qyy) * dy) * dy + N * u * terms;
}

R Textbook::gradient_slope(const std::vector<Index>& active) { return size_of(hessian(active)); }

R Textbook::gradient_slope_q(const std::vector<Index>& active) {
  const Matrix by_y = Qxy + jacobian(active).transpose() * Qyy;
  return size_of(by_y) * saddle(active).inverse_norm;
}

R Textbook::margin_slope(const std::vector<Index>& active) {
  const R right = 1 + size_of(M) + size_of(A);
  return (1 + size_of(B)) * saddle(active).inverse_norm * right + size_of(A);
}

template <class S>
Vec<S> eigenvalues(Mat<S> Q) {
  const Index n = Q.rows();
  S size(0);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) size = larger(size, magnitude(Q(i, j)));
  const S done = scale_by_power_of_two(unit_roundoff<S>(), -40) * size;
  for (int sweep = 0; sweep < 60; ++sweep) {
    S rest(0);
    for (Index p = 0; p < n; ++p)
      for (Index q = p + 1; q < n; ++q) {
        if (magnitude(Q(p, q)) <= done) continue;
        rest = larger(rest, magnitude(Q(p, q)));
        const S theta = (Q(q, q) - Q(p, p)) / (S(2) * Q(p, q));
        const S t = (theta < S(0) ? S(-1) : S(1)) /
                    (magnitude(theta) + square_root(S(theta * theta + S(1))));
        const S c = S(1) / square_root(S(t * t + S(1))), s = t * c;
        for (Index i = 0; i < n; ++i) {
          const S a = Q(i, p), e = Q(i, q);
          Q(i, p) = c * a - s * e;
          Q(i, q) = s * a + c * e;
        }
        for (Index i = 0; i < n; ++i) {
          const S a = Q(p, i), e = Q(q, i);
          Q(p, i) = c * a - s * e;
          Q(q, i) = s * a + c * e;
        }
      }
    if (rest == S(0)) break;
  }
  Vec<S> values(n);
  for (Index i = 0; i < n; ++i) {
    Index place = i;
    for (; place > 0 && Q(i, i) < values[place - 1]; --place) values[place] = values[place - 1];
    values[place] = Q(i, i);
  }
  return values;
}
template Vec<double> eigenvalues(Mat<double>);
template Vec<Real50> eigenvalues(Mat<Real50>);
template Vec<Real100> eigenvalues(Mat<Real100>);

}  // namespace assay::reference
