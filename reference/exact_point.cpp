#include "reference/exact_point.hpp"

#include <algorithm>

#include "reference/fraction_vectors.hpp"

namespace assay::reference {

namespace {

RMat select(const RMat& a, const std::vector<Index>& rows) {
  RMat out(static_cast<Index>(rows.size()), a.cols());
  for (std::size_t k = 0; k < rows.size(); ++k) out.row(static_cast<Index>(k)) = a.row(rows[k]);
  return out;
}
RMat below(const RMat& top, const RMat& bottom) {
  RMat out(top.rows() + bottom.rows(), top.cols());
  for (Index i = 0; i < top.rows(); ++i) out.row(i) = top.row(i);
  for (Index i = 0; i < bottom.rows(); ++i) out.row(top.rows() + i) = bottom.row(i);
  return out;
}
RMat saddle(const RMat& H, const RMat& B) {
  const Index m = H.rows(), k = B.rows();
  RMat K = RMat::Constant(m + k, m + k, Rational(0));
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < m; ++j) K(i, j) = H(i, j);
  for (Index i = 0; i < k; ++i)
    for (Index j = 0; j < m; ++j) K(m + i, j) = K(j, m + i) = B(i, j);
  return K;
}

/// H is positive definite on the null space of B: so is H + rho B'B for a large rho (Finsler).
bool definite_on_tangent(const RMat& H, const RMat& B) {
  const RMat gram = product(RMat(B.transpose()), B);
  for (const int rho : {0, 1, 1 << 8, 1 << 16, 1 << 24}) {
    RMat sum = H;
    for (Index i = 0; i < H.rows(); ++i)
      for (Index j = 0; j < H.cols(); ++j) sum(i, j) += rho * gram(i, j);
    if (positive_definite(sum)) return true;
  }
  return false;
}

bool convex_in_y(const SmoothProblem& p, const ExactJets& at) {
  const Index first = p.n, last = p.n + p.m;
  if (p.f.degree(first, last) > 2 || !positive_semidefinite(at.fyy)) return false;
  for (Index i = 0; i < p.rows(); ++i) {
    const int degree = p.row(i).degree(first, last);
    if (degree <= 1) continue;
    if (i < p.equalities() || degree > 2 ||
        !positive_semidefinite(at.row_yy[static_cast<std::size_t>(i)]))
      return false;
  }
  return true;
}

bool only_zero_descends(const PointPiece& piece, const RMat& upper_rows) {
  const Index n = piece.gradient.size();
  Program projection;
  projection.H = RMat::Constant(n, n, Rational(0));
  for (Index i = 0; i < n; ++i) projection.H(i, i) = 1;
  projection.g = piece.gradient;
  projection.B = below(piece.cone, upper_rows);
  projection.r = RVec::Constant(projection.B.rows(), Rational(0));
  const Minimiser at = minimise(projection);
  return at.y == RVec::Constant(n, Rational(0));
}

}  // namespace

std::optional<Rational> ExactPoint::slope(const RVec& d) const {
  for (const PointPiece& piece : pieces) {
    const RVec rows = product(piece.cone, RMat(d)).col(0);
    if (std::all_of(rows.begin(), rows.end(), [](const Rational& a) { return a <= 0; }))
      return inner(piece.gradient, d);
  }
  return std::nullopt;
}

ExactPoint examine(const SmoothProblem& p, const RVec& x, const RVec& y) {
  const ExactJets at(p, x, y);
  ExactPoint out;
  out.F = at.F;
  out.f = at.f;
  out.convex = convex_in_y(p, at);
  out.upper_feasible =
      std::all_of(at.upper.begin(), at.upper.end(), [](const Rational& a) { return a <= 0; });
  std::vector<Index> holding;
  out.feasible = true;
  for (Index i = 0; i < p.rows(); ++i) {
    if (at.row[i] == 0) holding.push_back(i);
    if (i < p.equalities() ? at.row[i] != 0 : at.row[i] > 0) out.feasible = false;
  }
  if (!out.feasible) return out;

  const RMat B = select(at.B, holding);
  const auto nu = solve_square(product(B, RMat(B.transpose())), -product(B, RMat(at.fy)));
  out.licq = nu.has_value();
  if (!nu) {
    // No multipliers to form the Lagrangian with; convex rows only add to the curvature of f.
    out.strongly_convex = out.convex && positive_definite(at.fyy);
    return out;
  }
  out.multipliers = RVec::Constant(p.rows(), Rational(0));
  RVec residual = at.fy;
  RMat H = at.fyy, N = at.fyx;
  out.kkt = true;
  for (std::size_t k = 0; k < holding.size(); ++k) {
    const Index i = holding[k];
    const Rational lambda = (*nu)(static_cast<Index>(k), 0);
    out.multipliers[i] = lambda;
    (i < p.equalities() || lambda > 0 ? out.strong : out.weak).push_back(i);
    if (i >= p.equalities() && lambda < 0) out.kkt = false;
    for (Index j = 0; j < p.m; ++j) residual[j] += lambda * at.B(i, j);
    for (Index j = 0; j < p.m; ++j) {
      for (Index l = 0; l < p.m; ++l)
        H(j, l) += lambda * at.row_yy[static_cast<std::size_t>(i)](j, l);
      for (Index l = 0; l < p.n; ++l)
        N(j, l) += lambda * at.row_yx[static_cast<std::size_t>(i)](j, l);
    }
  }
  if (residual != RVec::Constant(p.m, Rational(0))) out.kkt = false;
  out.strongly_convex = positive_definite(H);
  out.second_order = out.strongly_convex || definite_on_tangent(H, select(at.B, out.strong));
  if (!out.kkt || !out.second_order) return out;

  std::vector<Index> touching;
  for (Index i = 0; i < at.upper.size(); ++i)
    if (at.upper[i] == 0) touching.push_back(i);
  out.stationary = out.upper_feasible;
  for (unsigned long mask = 0; mask < (1UL << out.weak.size()); ++mask) {
    std::vector<Index> held = out.strong, left;
    for (std::size_t k = 0; k < out.weak.size(); ++k)
      (mask >> k & 1UL ? held : left).push_back(out.weak[k]);
    const RMat right = -below(N, select(at.A, held));
    const auto z = solve_square(saddle(H, select(at.B, held)), right);
    if (!z) continue;  // not a piece: its directions belong to the others
    PointPiece piece;
    piece.V = z->topRows(p.m);
    const Index strong = static_cast<Index>(out.strong.size());
    const RMat growth = -z->bottomRows(z->rows() - p.m - strong);
    const RMat left_B = select(at.B, left);
    piece.cone = below(growth, RMat(select(at.A, left) + product(left_B, piece.V)));
    piece.gradient = at.Fx + product(RMat(piece.V.transpose()), RMat(at.Fy)).col(0);
    const RMat upper_rows = select(at.Gx, touching) + product(select(at.Gy, touching), piece.V);
    if (!only_zero_descends(piece, upper_rows)) out.stationary = false;
    out.pieces.push_back(std::move(piece));
  }
  return out;
}

}  // namespace assay::reference
