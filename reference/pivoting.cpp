#include "reference/pivoting.hpp"

#include <stdexcept>

#include "reference/fraction_vectors.hpp"

namespace assay::reference {

namespace {

/// S and q after a principal pivot that makes row k's multiplier absorb its residual: what is left
/// for the other rows when row k holds with equality.
void take_out(RMat& S, RVec& q, Index k) {
  const RVec column = S.col(k);
  const Rational pivot = S(k, k), residual = q[k];
  for (Index i = 0; i < S.rows(); ++i) {
    if (column[i] == 0) continue;
    const Rational factor = column[i] / pivot;
    for (Index j = 0; j < S.cols(); ++j) S(i, j) -= factor * column[j];
    q[i] -= factor * residual;
  }
}

/// What Lemke's method ends with: the indices with positive multiplier, or a ray.
struct Outcome {
  bool solved = false;
  std::vector<Index> support;
  RVec ray;  ///< lambda >= 0 with S lambda = 0, q'lambda < 0
};

/// Rows [I, -S, -1 | q]: variables w_0.., lambda_0.., z0. A dictionary kept explicitly.
Outcome lemke(const RMat& S, const RVec& q) {
  const Index k = S.rows(), z0 = 2 * k, right = 2 * k + 1;
  RMat t = RMat::Constant(k, right + 1, Rational(0));
  std::vector<Index> basis;
  for (Index i = 0; i < k; ++i) {
    t(i, i) = 1;
    for (Index j = 0; j < k; ++j) t(i, k + j) = -S(i, j);
    t(i, z0) = -1;
    t(i, right) = q[i];
    basis.push_back(i);
  }
  const auto pivot = [&](Index row, Index entering) {
    const Rational p = t(row, entering);
    for (Index j = 0; j <= right; ++j) t(row, j) /= p;
    for (Index i = 0; i < k; ++i) {
      const Rational factor = t(i, entering);
      if (i == row || factor == 0) continue;
      for (Index j = 0; j <= right; ++j) t(i, j) -= factor * t(row, j);
    }
    basis[static_cast<std::size_t>(row)] = entering;
  };
  // Whether row a, divided by its entry of the entering column, is lexicographically less than b:
  // the right-hand side first, then the columns that began as the identity.
  const auto less = [&](Index a, Index b, Index entering) {
    for (Index c = -1; c < k; ++c) {
      const Index j = c < 0 ? right : c;
      const Rational u = t(a, j) / t(a, entering), v = t(b, j) / t(b, entering);
      if (u != v) return u < v;
    }
    return false;
  };
  Outcome out;
  Index entering = z0, row = -1;
  for (Index i = 0; i < k; ++i)
    // All entries of the column of z0 are -1: the lexicographically least row leaves, which makes
    // every row lexicographically positive.
    if (q[i] < 0 && (row < 0 || less(row, i, z0))) row = i;
  if (row < 0) {
    out.solved = true;
    return out;
  }
  for (;;) {
    const Index leaving = basis[static_cast<std::size_t>(row)];
    pivot(row, entering);
    if (leaving == z0) break;
    entering = leaving < k ? leaving + k : leaving - k;
    row = -1;
    for (Index i = 0; i < k; ++i)
      if (t(i, entering) > 0 && (row < 0 || less(i, row, entering))) row = i;
    if (row < 0) {
      out.ray = zero_vector(k);
      const auto grows = [&](Index variable, const Rational& rate) {
        if (variable >= k && variable < z0) out.ray[variable - k] = rate;
      };
      grows(entering, Rational(1));
      for (Index i = 0; i < k; ++i)
        grows(basis[static_cast<std::size_t>(i)], Rational(-t(i, entering)));
      return out;
    }
    // z0 leaves as soon as it may: that is the solution.
    for (Index i = 0; i < k; ++i)
      if (basis[static_cast<std::size_t>(i)] == z0 && t(i, entering) > 0 &&
          t(i, right) / t(i, entering) == t(row, right) / t(row, entering))
        row = i;
  }
  out.solved = true;
  for (Index i = 0; i < k; ++i) {
    const Index variable = basis[static_cast<std::size_t>(i)];
    if (variable >= k && variable < z0 && t(i, right) > 0) out.support.push_back(variable - k);
  }
  return out;
}

/// The rest of a Farkas certificate, once its entries `mu` on the inequalities are known: weights
/// of the independent equalities that make B'mu = 0, scaled to r'mu = -1.
RVec completed(const Program& p, const std::vector<Index>& equalities, RVec mu) {
  const Index k = static_cast<Index>(equalities.size());
  if (k > 0) {
    RMat G(k, p.m());
    for (Index a = 0; a < k; ++a) G.row(a) = p.B.row(equalities[static_cast<std::size_t>(a)]);
    const RMat weights =
        *solve_square(product(G, G.transpose()), product(G, RMat(-times_transposed(p.B, mu))));
    for (Index a = 0; a < k; ++a) mu[equalities[static_cast<std::size_t>(a)]] += weights(a, 0);
  }
  const Rational violation = -inner(p.r, mu);
  if (violation == 0 || !is_zero(times_transposed(p.B, mu)))
    throw std::logic_error("the ray is no certificate");
  for (Index i = 0; i < p.rows(); ++i) mu[i] /= violation;
  return mu;
}

}  // namespace

Minimiser minimise_by_pivoting(const Program& p) {
  // H^-1 [B' g]
  RMat right(p.m(), p.rows() + 1);
  right.leftCols(p.rows()) = p.B.transpose();
  right.col(p.rows()) = p.g;
  const auto solved = solve_square(p.H, right);
  if (!solved) throw std::logic_error("H is not positive definite");
  RMat S = product(p.B, solved->leftCols(p.rows()));
  RVec q = p.r + times(p.B, solved->col(p.rows()));

  Minimiser infeasible;
  std::vector<Index> rows;
  for (Index i = 0; i < p.equalities; ++i) {
    if (S(i, i) != 0) {
      take_out(S, q, i);
      rows.push_back(i);
    } else if (q[i] != 0) {
      RVec mu = zero_vector(p.rows());
      mu[i] = q[i] > 0 ? -1 : 1;
      infeasible.farkas = completed(p, rows, mu);
      return infeasible;
    }
  }
  const Index inequalities = p.rows() - p.equalities;
  const Outcome outcome =
      lemke(S.bottomRightCorner(inequalities, inequalities), q.tail(inequalities));
  if (!outcome.solved) {
    RVec mu = zero_vector(p.rows());
    mu.tail(inequalities) = outcome.ray;
    infeasible.farkas = completed(p, rows, mu);
    return infeasible;
  }
  for (const Index i : outcome.support) rows.push_back(p.equalities + i);
  const auto out = minimiser_on(p, rows);
  if (!out) throw std::logic_error("the pivots and the optimality conditions disagree");
  return *out;
}

std::optional<Minimiser> minimise_among(const Program& p, const std::vector<Index>& rows) {
  const Index k = static_cast<Index>(rows.size());
  Program few;
  few.H = p.H;
  few.g = p.g;
  few.B = RMat(k, p.m());
  few.r = RVec(k);
  few.equalities = p.equalities;
  for (Index a = 0; a < k; ++a) {
    few.B.row(a) = p.B.row(rows[static_cast<std::size_t>(a)]);
    few.r[a] = p.r[rows[static_cast<std::size_t>(a)]];
  }
  Minimiser found = minimise_by_pivoting(few);
  if (found.feasible) {
    for (Index& i : found.strongly_active) i = rows[static_cast<std::size_t>(i)];
    return minimiser_on(p, found.strongly_active);
  }
  const RVec mu = found.farkas;
  found.farkas = zero_vector(p.rows());
  for (Index a = 0; a < k; ++a) found.farkas[rows[static_cast<std::size_t>(a)]] = mu[a];
  return found;
}

}  // namespace assay::reference
