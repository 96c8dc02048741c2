#include "reference/exact_qp.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "reference/fraction_vectors.hpp"
#include "reference/min_norm_point.hpp"

namespace assay::reference {

namespace {

/// Row-echelon form of `a` in place, looking for pivots in the first `columns` columns only.
/// @return the pivot columns
std::vector<Index> eliminate(RMat& a, Index columns) {
  std::vector<Index> pivots;
  Index top = 0;
  for (Index j = 0; j < columns && top < a.rows(); ++j) {
    Index found = top;
    while (found < a.rows() && a(found, j) == 0) ++found;
    if (found == a.rows()) continue;
    for (Index k = 0; k < a.cols(); ++k) std::swap(a(top, k), a(found, k));
    for (Index i = 0; i < a.rows(); ++i) {
      if (i == top || a(i, j) == 0) continue;
      const Rational factor = a(i, j) / a(top, j);
      for (Index k = j; k < a.cols(); ++k) a(i, k) -= factor * a(top, k);
    }
    pivots.push_back(j);
    ++top;
  }
  return pivots;
}

RMat zeros(Index rows, Index cols) {
  RMat a(rows, cols);
  for (Index j = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i) a(i, j) = 0;
  return a;
}

/// The first rows of B, taken in order, that do not depend on those before them.
std::vector<Index> independent_rows(const RMat& B, const std::vector<Index>& rows) {
  RMat columns(B.cols(), static_cast<Index>(rows.size()));
  for (std::size_t j = 0; j < rows.size(); ++j)
    for (Index i = 0; i < B.cols(); ++i) columns(i, static_cast<Index>(j)) = B(rows[j], i);
  std::vector<Index> chosen;
  for (const Index j : eliminate(columns, columns.cols()))
    chosen.push_back(rows[static_cast<std::size_t>(j)]);
  return chosen;
}

std::vector<Index> first(Index count) {
  std::vector<Index> rows;
  for (Index i = 0; i < count; ++i) rows.push_back(i);
  return rows;
}

RMat saddle(const Program& p, const std::vector<Index>& rows) {
  const Index k = static_cast<Index>(rows.size());
  RMat K = zeros(p.m() + k, p.m() + k);
  for (Index j = 0; j < p.m(); ++j)
    for (Index i = 0; i < p.m(); ++i) K(i, j) = p.H(i, j);
  for (Index a = 0; a < k; ++a)
    for (Index j = 0; j < p.m(); ++j)
      K(j, p.m() + a) = K(p.m() + a, j) = p.B(rows[static_cast<std::size_t>(a)], j);
  return K;
}

/// One z with C z = t, z_j free for j < free, z_j >= 0 for the others; nothing if there is none.
/// @pre the free columns are independent
std::optional<RVec> partly_nonnegative_solution(const RMat& all, const RVec& right, Index free) {
  // Only as many equations as are independent: few, if there are few columns.
  RMat reduced(all.rows(), all.cols() + 1);
  reduced.leftCols(all.cols()) = all;
  reduced.col(all.cols()) = right;
  const Index rank = static_cast<Index>(eliminate(reduced, all.cols()).size());
  for (Index i = rank; i < all.rows(); ++i)
    if (reduced(i, all.cols()) != 0) return std::nullopt;
  const RMat C = reduced.topLeftCorner(rank, all.cols());
  const RVec t = reduced.col(all.cols()).head(rank);
  const Index signs = C.cols() - free;
  for (unsigned long mask = 0; mask < (1UL << signs); ++mask) {
    std::vector<Index> columns = first(free);
    for (Index j = 0; j < signs; ++j)
      if (mask >> j & 1UL) columns.push_back(free + j);
    const Index k = static_cast<Index>(columns.size());
    if (k > C.rows()) continue;
    RMat a(C.rows(), k + 1);
    for (Index i = 0; i < C.rows(); ++i) {
      for (Index j = 0; j < k; ++j) a(i, j) = C(i, columns[static_cast<std::size_t>(j)]);
      a(i, k) = t[i];
    }
    // Dependent columns: a subset of them does as well.
    if (static_cast<Index>(eliminate(a, k).size()) < k) continue;
    bool holds = true;
    for (Index i = k; i < a.rows(); ++i) holds = holds && a(i, k) == 0;
    RVec z(C.cols());
    for (Index j = 0; j < z.size(); ++j) z[j] = 0;
    for (Index j = 0; j < k && holds; ++j) {
      z[columns[static_cast<std::size_t>(j)]] = a(j, k) / a(j, j);
      holds = j < free || z[columns[static_cast<std::size_t>(j)]] >= 0;
    }
    if (holds) return z;
  }
  return std::nullopt;
}

/// mu with B'mu = 0, r'mu = -1, mu >= 0 on inequality rows.
std::optional<RVec> farkas_certificate(const Program& p) {
  // The equalities with their right-hand sides: those that repeat others add nothing.
  RMat system = zeros(p.m() + 1, p.rows());
  for (Index i = 0; i < p.rows(); ++i) {
    for (Index j = 0; j < p.m(); ++j) system(j, i) = p.B(i, j);
    system(p.m(), i) = p.r[i];
  }
  RMat equalities = system.leftCols(p.equalities);
  std::vector<Index> columns = eliminate(equalities, p.equalities);
  const Index free = static_cast<Index>(columns.size());
  for (Index i = p.equalities; i < p.rows(); ++i) columns.push_back(i);
  RMat C(p.m() + 1, static_cast<Index>(columns.size()));
  for (std::size_t j = 0; j < columns.size(); ++j)
    C.col(static_cast<Index>(j)) = system.col(columns[j]);
  RVec t(p.m() + 1);
  for (Index i = 0; i < p.m(); ++i) t[i] = 0;
  t[p.m()] = -1;
  const auto z = partly_nonnegative_solution(C, t, free);
  if (!z) return std::nullopt;
  RVec mu(p.rows());
  for (Index i = 0; i < p.rows(); ++i) mu[i] = 0;
  for (std::size_t j = 0; j < columns.size(); ++j) mu[columns[j]] = (*z)[static_cast<Index>(j)];
  return mu;
}

/// Whether no other multiplier vector exists: one differs by a direction in the null space of
/// B_hold' that is nonnegative where the multiplier of an inequality is zero, some weight there
/// included: 0 lies in conv{B_W} + span{B_J}.
bool multipliers_are_unique(const Program& p, const Minimiser& at) {
  // An equality left out as dependent can always take over some weight.
  for (const Index i : at.weakly_active)
    if (i < p.equalities) return false;
  if (at.licq || at.weakly_active.empty()) return true;
  std::vector<RVec> weak, strong;
  for (const Index i : at.weakly_active) weak.push_back(p.B.row(i).transpose());
  for (const Index i : at.strongly_active) {
    strong.push_back(p.B.row(i).transpose());
    strong.push_back(-strong.back());
  }
  return min_norm_point(weak, strong).squared != 0;
}

}  // namespace

Program lower_program(const Instance& in, const RVec& x, RMat* A) {
  Program p;
  p.H = in.H.to<Rational>();
  const RMat M = in.M.to<Rational>();
  p.g = times(M, x);
  const RVec d = in.d.to_vector<Rational>();
  p.terms = in.n + 1;
  p.g_terms = RVec(in.m);
  for (Index i = 0; i < in.m; ++i) {
    p.g[i] += d[i];
    p.g_terms[i] = abs(d[i]);
    for (Index j = 0; j < in.n; ++j) p.g_terms[i] += abs(M(i, j) * x[j]);
  }
  p.equalities = in.equality_rows();

  std::vector<RVec> rows, x_rows;
  std::vector<Rational> limits;
  const auto block = [&](const ExactMatrix& X, const ExactMatrix& Y, const ExactMatrix& limit) {
    const RMat ax = X.to<Rational>(), ay = Y.to<Rational>(), b = limit.to<Rational>();
    for (Index i = 0; i < b.rows(); ++i) {
      rows.push_back(ay.row(i).transpose());
      x_rows.push_back(ax.row(i).transpose());
      limits.push_back(b(i, 0));
    }
  };
  block(in.E, in.G, in.e);
  block(in.A, in.B, in.b);
  const auto bounds = [&](const ExactMatrix& bound, int sign) {
    for (Index i = 0; i < in.m; ++i) {
      if (!std::isfinite(bound(i))) continue;
      RVec unit = zeros(in.m, 1).col(0);
      unit[i] = sign;
      rows.push_back(unit);
      x_rows.push_back(zeros(in.n, 1).col(0));
      limits.push_back(sign * bound.entry<Rational>(i));
    }
  };
  bounds(in.lower, -1);
  bounds(in.upper, 1);

  const Index count = static_cast<Index>(rows.size());
  p.B = RMat(count, in.m);
  p.r = p.r_terms = RVec(count);
  RMat a(count, in.n);
  for (Index i = 0; i < count; ++i) {
    const auto k = static_cast<std::size_t>(i);
    p.B.row(i) = rows[k].transpose();
    a.row(i) = x_rows[k].transpose();
    p.r[i] = limits[k];
    p.r_terms[i] = abs(limits[k]);
    for (Index j = 0; j < in.n; ++j) {
      p.r[i] -= a(i, j) * x[j];
      p.r_terms[i] += abs(a(i, j) * x[j]);
    }
  }
  if (A) *A = a;
  return p;
}

std::optional<Minimiser> minimiser_on(const Program& p, const std::vector<Index>& rows) {
  const Index k = static_cast<Index>(rows.size());
  RMat right(p.m() + k, 1);
  for (Index i = 0; i < p.m(); ++i) right(i, 0) = -p.g[i];
  for (Index a = 0; a < k; ++a) right(p.m() + a, 0) = p.r[rows[static_cast<std::size_t>(a)]];
  const auto z = solve_square(saddle(p, rows), right);
  if (!z) return std::nullopt;
  for (Index a = 0; a < k; ++a)
    if (rows[static_cast<std::size_t>(a)] >= p.equalities && (*z)(p.m() + a, 0) < 0)
      return std::nullopt;
  const RVec y = z->col(0).head(p.m());
  const RVec By = times(p.B, y);
  for (Index i = 0; i < p.rows(); ++i)
    if (i < p.equalities ? By[i] != p.r[i] : By[i] > p.r[i]) return std::nullopt;

  Minimiser out;
  out.feasible = true;
  out.y = y;
  out.multipliers = RVec(p.rows());
  for (Index i = 0; i < p.rows(); ++i) out.multipliers[i] = 0;
  std::vector<char> strong(static_cast<std::size_t>(p.rows()), 0);
  for (Index a = 0; a < k; ++a) {
    const Index row = rows[static_cast<std::size_t>(a)];
    out.multipliers[row] = (*z)(p.m() + a, 0);
    strong[static_cast<std::size_t>(row)] = row < p.equalities || out.multipliers[row] > 0;
  }
  std::vector<Index> holding;
  for (Index i = 0; i < p.rows(); ++i) {
    if (By[i] != p.r[i]) continue;
    holding.push_back(i);
    (strong[static_cast<std::size_t>(i)] ? out.strongly_active : out.weakly_active).push_back(i);
  }
  out.licq = independent_rows(p.B, holding).size() == holding.size();
  out.unique_multipliers = multipliers_are_unique(p, out);
  return out;
}

Minimiser minimise(const Program& p) {
  std::vector<Index> rows;
  const ActiveSetTableau tableau(p.H, p.B, -p.g, p.r);
  const bool found = visit_independent_sets(tableau, p.equalities, [&](const ActiveSetTableau& t) {
    for (Index i = 0; i < p.rows(); ++i) {
      const int sign = t.sign(i, 0);
      if (i >= p.equalities ? sign < 0 : !t.contains(i) && sign != 0) return false;
    }
    rows = t.set();
    return true;
  });
  if (found) {
    const auto out = minimiser_on(p, rows);
    if (!out) throw std::logic_error("the tableau and the optimality conditions disagree");
    return *out;
  }
  Minimiser out;
  const auto mu = farkas_certificate(p);
  if (!mu) throw std::logic_error("neither an active set nor a Farkas certificate");
  out.farkas = *mu;
  return out;
}

namespace {

/// max |K_J^-1| over the independent J = equalities and a subset of `others`; only the whole of
/// them where `all_hold`.
Rational largest_inverse(const Program& p, const std::vector<Index>& equalities,
                         const std::vector<Index>& others, bool all_hold) {
  Rational worst = 0;
  const unsigned long all = (1UL << others.size()) - 1;
  for (unsigned long mask = all_hold ? all : 0; mask <= all; ++mask) {
    std::vector<Index> rows = equalities;
    for (std::size_t j = 0; j < others.size(); ++j)
      if (mask >> j & 1UL) rows.push_back(others[j]);
    if (static_cast<Index>(rows.size()) > p.m()) continue;
    const RMat K = saddle(p, rows);
    RMat unit = zeros(K.rows(), K.rows());
    for (Index i = 0; i < K.rows(); ++i) unit(i, i) = 1;
    const auto inverse = solve_square(K, unit);
    if (!inverse) continue;
    for (Index i = 0; i < K.rows(); ++i) {
      Rational sum = 0;
      for (Index j = 0; j < K.rows(); ++j) sum += abs((*inverse)(i, j));
      if (sum > worst) worst = sum;
    }
  }
  return worst;
}

}  // namespace

Rational sensitivity(const Program& p, const Minimiser& at, const Rational& change) {
  std::vector<Index> equalities, others;
  for (const Index i : at.strongly_active) (i < p.equalities ? equalities : others).push_back(i);
  for (const Index i : at.weakly_active)
    if (i >= p.equalities) others.push_back(i);
  // Where nothing is degenerate, nor nearly so, no other set comes near.
  bool all_hold = at.nondegenerate();
  Rational worst = largest_inverse(p, equalities, others, all_hold);
  for (bool more = change > 0; more;) {
    more = false;
    for (const Index i : others)
      if (all_hold && at.multipliers[i] <= change * worst) more = true;
    for (Index i = p.equalities; i < p.rows(); ++i) {
      if (std::find(others.begin(), others.end(), i) != others.end()) continue;
      Rational slack = p.r[i], size = 0;
      for (Index j = 0; j < p.m(); ++j) {
        slack -= p.B(i, j) * at.y[j];
        size += abs(p.B(i, j));
      }
      if (slack > change * (1 + size * worst)) continue;
      others.push_back(i);
      more = true;
    }
    if (!more) break;
    all_hold = false;
    worst = std::max(worst, largest_inverse(p, equalities, others, false));
  }
  return worst;
}

Derivative derivative(const Instance& in, const RVec& x, const RVec& y,
                      const std::vector<Index>& rows) {
  RMat A;
  const Program p = lower_program(in, x, &A);
  const Index k = static_cast<Index>(rows.size());
  RMat right(p.m() + k, in.n);
  const RMat M = in.M.to<Rational>();
  for (Index j = 0; j < in.n; ++j) {
    for (Index i = 0; i < p.m(); ++i) right(i, j) = -M(i, j);
    for (Index a = 0; a < k; ++a) right(p.m() + a, j) = -A(rows[static_cast<std::size_t>(a)], j);
  }
  const auto z = solve_square(saddle(p, rows), right);
  if (!z) throw std::logic_error("the rows to differentiate with are dependent");

  const RMat Qxy = in.Qxy.to<Rational>();
  const RVec cx = in.cx.to_vector<Rational>(), cy = in.cy.to_vector<Rational>();
  const RVec target_x = in.x_target.to_vector<Rational>(),
             target_y = in.y_target.to_vector<Rational>();
  const RVec dx = x - target_x, dy = y - target_y;
  Derivative out;
  out.jacobian = z->topRows(p.m());
  out.multiplier_jacobian = z->bottomRows(k);
  out.direct = times(in.Qxx.to<Rational>(), dx) + times(Qxy, y) + cx;
  const RVec fy = times(Qxy.transpose(), x) + times(in.Qyy.to<Rational>(), dy) + cy;
  out.implicit = times(out.jacobian.transpose(), fy);
  out.total = out.direct + out.implicit;
  return out;
}

}  // namespace assay::reference
