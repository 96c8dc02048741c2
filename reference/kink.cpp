#include "reference/kink.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "assay/support/error.hpp"
#include "reference/fraction_vectors.hpp"

namespace assay::reference {

namespace {

/// The program of the rows that hold at the minimiser: all that matters nearby.
struct Local {
  std::vector<Index> rows;  ///< of the whole program, ascending: equalities first
  Index equalities = 0;
  RMat A, B;  ///< (rows,n), (rows,m)
  RVec r;     ///< (rows) at x
};

Local local_program(const Instance& in, const RVec& x, const ExactBilevel& at) {
  if (!at.minimiser.feasible) throw std::logic_error("the lower level is infeasible at x");
  Local out;
  out.rows = at.minimiser.strongly_active;
  out.rows.insert(out.rows.end(), at.minimiser.weakly_active.begin(),
                  at.minimiser.weakly_active.end());
  std::sort(out.rows.begin(), out.rows.end());
  RMat A;
  lower_program(in, x, &A);
  const Index k = static_cast<Index>(out.rows.size());
  out.A = RMat(k, in.n);
  out.B = RMat(k, in.m);
  out.r = RVec(k);
  for (Index a = 0; a < k; ++a) {
    const Index i = out.rows[static_cast<std::size_t>(a)];
    out.A.row(a) = A.row(i);
    out.B.row(a) = at.program.B.row(i);
    out.r[a] = at.program.r[i];
    if (i < at.program.equalities) ++out.equalities;
  }
  return out;
}

std::vector<Index> whole_rows(const Local& local, const std::vector<Index>& chosen) {
  std::vector<Index> rows;
  for (const Index a : chosen) rows.push_back(local.rows[static_cast<std::size_t>(a)]);
  return rows;
}

/// Column 0 belongs to x, column 1 + j to the rate along W's column j.
ActiveSetTableau tableau_along(const Instance& in, const ExactBilevel& at, const Local& local,
                               const RMat& W) {
  RMat top(in.m, 1 + W.cols()), bottom(local.r.size(), 1 + W.cols());
  top.col(0) = -at.program.g;
  bottom.col(0) = local.r;
  const RMat M = in.M.to<Rational>();
  for (Index j = 0; j < W.cols(); ++j) {
    top.col(1 + j) = -times(M, W.col(j));
    bottom.col(1 + j) = -times(local.A, W.col(j));
  }
  return {at.program.H, local.B, top, bottom};
}

/// Whether the entries of a column may be those of an active set: nonnegative, and zero for
/// equalities that were left out; `free` says which rows are not asked.
template <class Free>
bool admissible(const ActiveSetTableau& t, Index equalities, Index column, const Free& free) {
  for (Index a = 0; a < t.rows(); ++a) {
    if (free(a)) continue;
    const int sign = t.sign(a, column);
    if (a < equalities ? !t.contains(a) && sign != 0 : sign < 0) return false;
  }
  return true;
}

RMat identity(Index n) {
  RMat out = RMat::Constant(n, n, Rational(0));
  for (Index i = 0; i < n; ++i) out(i, i) = 1;
  return out;
}

/// A w with C w < 0 in every row; nothing if there is none.
std::optional<RVec> interior_point(const RMat& C, Index n) {
  if (C.rows() == 0) return zero_vector(n);
  std::vector<RVec> rows;
  for (Index i = 0; i < C.rows(); ++i) rows.push_back(C.row(i).transpose());
  const MinNormPoint nearest = min_norm_point(rows);
  if (nearest.squared == 0) return std::nullopt;
  return RVec(-nearest.point);
}

}  // namespace

Slope directional_derivative(const Instance& in, const RVec& x, const ExactBilevel& at,
                             const RVec& w) {
  const Local local = local_program(in, x, at);
  Slope out;
  const auto right_for_small_t = [&](const ActiveSetTableau& t) {
    const auto nobody = [](Index) { return false; };
    const auto positive = [&](Index a) { return t.sign(a, 0) > 0; };
    if (!admissible(t, local.equalities, 0, nobody) ||
        !admissible(t, local.equalities, 1,
                    [&](Index a) { return a >= local.equalities && positive(a); }))
      return false;
    const std::vector<Index> J = whole_rows(local, t.set());
    const Derivative d = derivative(in, x, at.minimiser.y, J);
    out.u = times(d.jacobian, w);
    return true;
  };
  out.defined =
      visit_independent_sets(tableau_along(in, at, local, w), local.equalities, right_for_small_t);
  if (out.defined) {
    const UpperParts f = upper_parts(in, x, at.minimiser.y);
    out.value = inner(f.grad_x, w) + inner(f.grad_y, out.u);
  }
  return out;
}

Pieces clarke_pieces(const Instance& in, const RVec& x, const ExactBilevel& at) {
  const Local local = local_program(in, x, at);
  const RMat axes = identity(in.n);
  Pieces out;
  out.interior = true;
  // The domain is convex: x is interior if a step along every axis, both ways, stays inside.
  if (!at.minimiser.licq)
    for (Index j = 0; j < in.n && out.interior; ++j)
      out.interior = directional_derivative(in, x, at, axes.col(j)).defined &&
                     directional_derivative(in, x, at, -axes.col(j)).defined;

  visit_independent_sets(tableau_along(in, at, local, axes), local.equalities,
                         [&](const ActiveSetTableau& t) {
                           const auto nobody = [](Index) { return false; };
                           if (!admissible(t, local.equalities, 0, nobody)) return false;
                           std::vector<RVec> boundary;
                           for (Index a = 0; a < t.rows(); ++a) {
                             const bool fixed = a < local.equalities;
                             if (fixed ? t.contains(a) : t.sign(a, 0) > 0) continue;
                             RVec row(in.n);
                             for (Index j = 0; j < in.n; ++j) row[j] = -t.value(a, 1 + j);
                             if (is_zero(row)) continue;
                             boundary.push_back(row);
                             if (fixed) boundary.push_back(-row);
                           }
                           Piece piece;
                           piece.boundary = RMat(static_cast<Index>(boundary.size()), in.n);
                           for (std::size_t k = 0; k < boundary.size(); ++k)
                             piece.boundary.row(static_cast<Index>(k)) = boundary[k].transpose();
                           const auto inside = interior_point(piece.boundary, in.n);
                           if (!inside) return false;
                           piece.inside = *inside;
                           piece.rows = whole_rows(local, t.set());
                           piece.gradient = derivative(in, x, at.minimiser.y, piece.rows).total;
                           out.pieces.push_back(piece);
                           return false;
                         });
  return out;
}

std::vector<RVec> normal_rays(const Instance& in, const RVec& x) {
  std::vector<RVec> rays;
  const auto outside = [&] { throw InputError(in.source, "x", "lies outside of the upper set"); };
  const UpperSet& X = in.x_set;
  if (X.kind == UpperSet::Kind::box) {
    for (Index i = 0; i < in.n; ++i) {
      const auto bound = [&](const ExactMatrix& limit, int sign) {
        if (!std::isfinite(limit(i))) return;
        const Rational beyond = sign * (x[i] - limit.entry<Rational>(i));
        if (beyond > 0) outside();
        if (beyond < 0) return;
        RVec ray = zero_vector(in.n);
        ray[i] = sign;
        rays.push_back(ray);
      };
      bound(X.lower, -1);
      bound(X.upper, 1);
    }
  } else if (X.kind == UpperSet::Kind::ball) {
    const RVec from_center = x - X.center.to_vector<Rational>();
    const Rational radius(X.radius), beyond = inner(from_center, from_center) - radius * radius;
    if (beyond > 0) outside();
    if (beyond == 0) rays.push_back(from_center);
  }
  return rays;
}

MinNormPoint clarke_distance(const Pieces& pieces, const std::vector<RVec>& normal_rays) {
  if (!pieces.interior) throw std::logic_error("x is not interior to the domain of F");
  std::vector<RVec> gradients;
  for (const Piece& piece : pieces.pieces) gradients.push_back(piece.gradient);
  return min_norm_point(gradients, normal_rays);
}

StationarityReport stationarity(const Instance& in, const RVec& x) {
  return stationarity(in, x, exact_at(in, x));
}

StationarityReport stationarity(const Instance& in, const RVec& x, const ExactBilevel& at) {
  StationarityReport out;
  const std::vector<RVec> normals = normal_rays(in, x);
  if (!at.minimiser.feasible) {
    out.reason = "the lower level is infeasible at x";
    return out;
  }
  const Pieces pieces = clarke_pieces(in, x, at);
  if (!pieces.interior) {
    out.reason = "x lies on the boundary of the set where the lower level is feasible";
    return out;
  }
  out.clarke_squared = clarke_distance(pieces, normals).squared;
  out.clarke = out.clarke_squared == 0;

  bool one_gradient = true;
  for (const Piece& piece : pieces.pieces) {
    one_gradient = one_gradient && is_zero(piece.gradient - pieces.pieces.front().gradient);
    // 0 = gradient + nonnegative combination of the boundary's and X's normals: no descent in this
    // region. Otherwise minus the nearest point p is a direction in it, and <gradient, -p> <= -p'p.
    std::vector<RVec> rays = normals;
    for (Index k = 0; k < piece.boundary.rows(); ++k)
      rays.push_back(piece.boundary.row(k).transpose());
    const MinNormPoint nearest = min_norm_point({piece.gradient}, rays);
    if (nearest.squared == 0) continue;
    const RVec w = -nearest.point;
    const Slope slope = directional_derivative(in, x, at, w);
    if (!slope.defined || slope.value >= 0 || slope.value != inner(piece.gradient, w))
      throw std::logic_error("the piece and the directional derivative disagree");
    if (out.verdict != Stationarity::not_stationary || slope.value < out.slope) {
      out.verdict = Stationarity::not_stationary;
      out.descent = w;
      out.slope = slope.value;
      out.reason = "a direction of descent is known";
    }
  }
  if (out.verdict == Stationarity::not_stationary) return out;
  out.verdict = one_gradient ? Stationarity::smooth : Stationarity::kink;
  out.reason = one_gradient ? "F has a gradient and it vanishes up to the normal cone"
                            : "every piece of F rises into its own region";
  return out;
}

}  // namespace assay::reference
