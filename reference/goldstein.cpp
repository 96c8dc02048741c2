#include "reference/goldstein.hpp"

#include "assay/numerics/random.hpp"
#include "assay/support/error.hpp"
#include "reference/fraction_vectors.hpp"
#include "reference/kink.hpp"
#include "reference/pivoting.hpp"

namespace assay::reference {

namespace {

RVec exactly(const Vec<double>& v) { return widen<Rational>(v); }

Vec<double> nearest(const RVec& v) {
  Vec<double> out(v.size());
  for (Index i = 0; i < v.size(); ++i) out[i] = to_double(v[i]);
  return out;
}

double length(const Vec<double>& v) {
  double sum = 0;
  for (Index i = 0; i < v.size(); ++i) sum += v[i] * v[i];
  return square_root(sum);
}

/// Solves (W'W + shift I) u = -W'g by Gaussian elimination without exchanges (the matrix is
/// positive definite). Only a guess: what is made of it is checked exactly.
Vec<double> shifted_step(const Mat<double>& WW, const Vec<double>& Wg, double shift) {
  const Index n = Wg.size();
  Mat<double> a = WW;
  Vec<double> u = -Wg;
  for (Index i = 0; i < n; ++i) a(i, i) += shift;
  for (Index k = 0; k < n; ++k) {
    if (!(a(k, k) > 0)) return Vec<double>::Constant(n, 0.0);
    for (Index i = k + 1; i < n; ++i) {
      const double factor = a(i, k) / a(k, k);
      for (Index j = k + 1; j < n; ++j) a(i, j) -= factor * a(k, j);
      u[i] -= factor * u[k];
    }
  }
  for (Index i = n - 1; i >= 0; --i) {
    for (Index j = i + 1; j < n; ++j) u[i] -= a(i, j) * u[j];
    u[i] /= a(i, i);
  }
  return u;
}

/// Shrinks u by hairs until it lies in the ball, exactly.
RVec into_ball(RVec u, const Rational& radius) {
  const Rational hair = 1 - scale_by_power_of_two(Rational(1), -50);
  while (inner(u, u) > radius * radius) u *= hair;
  return u;
}

/// An approximate minimiser of |g + W u| over the ball: u(shift) of the secular equation, |u|
/// decreasing in the shift, found by bisection.
RVec best_displacement(const QuadraticModel& model, const Rational& radius) {
  const Index n = model.g.size();
  if (radius == 0) return zero_vector(n);
  Mat<double> W(n, n);
  for (Index j = 0; j < n; ++j) W.col(j) = nearest(model.W.col(j));
  const Vec<double> g = nearest(model.g);
  Mat<double> WW(n, n);
  Vec<double> Wg(n);
  for (Index i = 0; i < n; ++i) {
    Wg[i] = 0;
    for (Index k = 0; k < n; ++k) Wg[i] += W(k, i) * g[k];
    for (Index j = 0; j < n; ++j) {
      WW(i, j) = 0;
      for (Index k = 0; k < n; ++k) WW(i, j) += W(k, i) * W(k, j);
    }
  }
  const double r = to_double(radius);
  Vec<double> u = shifted_step(WW, Wg, 0);
  if (!(length(u) <= r && length(u) > 0)) {
    // |u(shift)| <= |W'g| / shift puts the root below |W'g| / radius.
    double low = 0, high = length(Wg) / r;
    // 53 halvings separate neighbouring doubles; a guess needs no more.
    for (int k = 0; k < 53; ++k) {
      const double middle = low + (high - low) / 2;
      u = shifted_step(WW, Wg, middle);
      (length(u) > r || length(u) == 0 ? low : high) = middle;
    }
    u = shifted_step(WW, Wg, high);
  }
  return into_ball(exactly(u), radius);
}

/// Lower bound of v's over the gradients s = g + W u of a quadratic on the ball; 0 <= |v| cancels
/// later.
Rational least_along(const QuadraticModel& model, const RVec& v, const Rational& radius) {
  const RVec Wv = times(model.W, v);
  return inner(v, model.g) - radius * square_root_bracket(inner(Wv, Wv)).upper;
}

/// max(0, least / |v|), rounded down. @pre |v| > 0
Rational along_unit(const Rational& least, const RVec& v) {
  if (least <= 0) return 0;
  return least / square_root_bracket(inner(v, v)).upper;
}

/// Gradient and Hessian at x of the quadratic that the selection y_J gives.
QuadraticModel model_of(const Instance& in, const RVec& x, const RVec& y,
                        const std::vector<Index>& J) {
  const Derivative d = derivative(in, x, y, J);
  const RMat& T = d.jacobian;
  const RMat Tt = T.transpose(), across = product(in.Qxy.to<Rational>(), T);
  return {d.total, in.Qxx.to<Rational>() + across + RMat(across.transpose()) +
                       product(Tt, product(in.Qyy.to<Rational>(), T))};
}

/// Whether value + rate'u >= 0 for every u in the ball (everywhere) or for some (somewhere).
enum class Reach { everywhere, somewhere, nowhere };
Reach nonnegative_on_ball(const Rational& value, const RVec& rate, const Rational& radius) {
  const bool within = value * value <= radius * radius * inner(rate, rate);
  if (value >= 0)
    return within && value * value != radius * radius * inner(rate, rate) ? Reach::somewhere
                                                                          : Reach::everywhere;
  return within ? Reach::somewhere : Reach::nowhere;
}

/// Whether the active set of a nondegenerate x stays right on the whole ball.
bool one_piece_on_ball(const Instance& in, const RVec& x, const ExactBilevel& at,
                       const Rational& radius) {
  if (!at.differentiable()) return false;
  const std::vector<Index>& J = at.minimiser.strongly_active;
  const Derivative d = derivative(in, x, at.minimiser.y, J);
  RMat A;
  const Program p = lower_program(in, x, &A);
  const RVec By = times(p.B, at.minimiser.y);
  for (std::size_t a = 0; a < J.size(); ++a)
    if (J[a] >= p.equalities &&
        nonnegative_on_ball(at.minimiser.multipliers[J[a]],
                            d.multiplier_jacobian.row(static_cast<Index>(a)).transpose(),
                            radius) != Reach::everywhere)
      return false;
  for (Index i = p.equalities; i < p.rows(); ++i) {
    if (at.minimiser.multipliers[i] > 0) continue;
    const RVec rate = -A.row(i).transpose() - times_transposed(d.jacobian, p.B.row(i).transpose());
    if (nonnegative_on_ball(p.r[i] - By[i], rate, radius) != Reach::everywhere) return false;
  }
  return true;
}

/// A quadratic of F with the region where it is F's: x + u with level + rate u >= 0.
struct RegionPiece {
  QuadraticModel model;
  RMat rate;   ///< (k,n), no zero rows
  RVec level;  ///< (k)
};

/// The pieces of F, up to those of which one condition alone shows that they miss the ball; none
/// without interior.
std::vector<RegionPiece> pieces_near_ball(const Instance& in, const RVec& x,
                                          const Rational& radius) {
  RMat A;
  const Program p = lower_program(in, x, &A);
  RMat top(in.m, 1 + in.n), bottom(p.rows(), 1 + in.n);
  top << -p.g, -in.M.to<Rational>();
  bottom << p.r, -A;
  std::vector<RegionPiece> pieces;
  visit_independent_sets(ActiveSetTableau(p.H, p.B, top, bottom), p.equalities,
                         [&](const ActiveSetTableau& t) {
                           std::vector<RVec> rates;
                           std::vector<Rational> levels;
                           const auto condition = [&](const RVec& rate, const Rational& level) {
                             if (nonnegative_on_ball(level, rate, radius) == Reach::nowhere)
                               return false;
                             if (is_zero(rate)) return true;
                             rates.push_back(rate);
                             levels.push_back(level);
                             return true;
                           };
                           for (Index i = 0; i < p.rows(); ++i) {
                             if (i < p.equalities && t.contains(i)) continue;
                             RVec rate(in.n);
                             for (Index j = 0; j < in.n; ++j) rate[j] = t.value(i, 1 + j);
                             const Rational level = t.value(i, 0);
                             if (!condition(rate, level)) return false;
                             if (i < p.equalities && !condition(-rate, -level)) return false;
                           }
                           // An interior: rate u + level s > 0 with s > 0 has a solution (Gordan,
                           // as in kink.cpp).
                           std::vector<RVec> homogeneous(1, zero_vector(in.n + 1));
                           homogeneous[0][in.n] = 1;
                           for (std::size_t k = 0; k < rates.size(); ++k) {
                             RVec row(in.n + 1);
                             row << rates[k], levels[k];
                             homogeneous.push_back(row);
                           }
                           if (min_norm_point(homogeneous).squared == 0) return false;

                           // y_J(x) = -H^-1 (g + B_J'lambda)
                           const std::vector<Index> J = t.set();
                           RMat right(in.m, 1);
                           right.col(0) = -p.g;
                           for (const Index row : J)
                             right.col(0) -= t.value(row, 0) * p.B.row(row).transpose();
                           RegionPiece piece;
                           piece.model = model_of(in, x, solve_square(p.H, right)->col(0), J);
                           piece.rate = RMat(static_cast<Index>(rates.size()), in.n);
                           piece.level = RVec(static_cast<Index>(rates.size()));
                           for (std::size_t k = 0; k < rates.size(); ++k) {
                             piece.rate.row(static_cast<Index>(k)) = rates[k].transpose();
                             piece.level[static_cast<Index>(k)] = levels[k];
                           }
                           pieces.push_back(piece);
                           return false;
                         });
  return pieces;
}

/// The least of v'(g + W u) over the region's part in the ball.
struct Least {
  bool meets_ball = false;
  Rational bound;  ///< not above the least
  RVec u;          ///< where it is nearly attained
};

/// With q = W v and u(s) = the projection of -s q onto the region, |u(s)| grows with s, and as long
/// as it is at most the radius r, the multipliers of the projection prove
///
///     q'z >= q'u(s) - |u(s)| (r - |u(s)|) / s     for all z of the region with |z| <= r:
///
/// tight where |u(s)| = r, and for large s where the region ends before the ball does.
Least least_in_region(const RegionPiece& piece, const RVec& v, const Rational& radius) {
  const RVec q = times(piece.model.W, v);
  const Index n = q.size();
  Program projection;
  projection.H = RMat::Constant(n, n, Rational(0));
  for (Index i = 0; i < n; ++i) projection.H(i, i) = 1;
  projection.B = -piece.rate;
  projection.r = piece.level;
  const auto project = [&](const Rational& s) {
    projection.g = s * q;
    return minimise_by_pivoting(projection).y;
  };
  const auto inside = [&](const RVec& u) { return inner(u, u) <= radius * radius; };

  Least out;
  out.u = project(0);
  out.meets_ball = inside(out.u);
  if (!out.meets_ball) return out;
  const Rational base = inner(v, piece.model.g);
  const Rational q_size = square_root_bracket(inner(q, q)).upper;
  out.bound = base - radius * q_size;
  if (q_size == 0 || radius == 0) return out;

  // Beyond s = 2 radius/|q| only a region that ends keeps u(s) in the ball; a factor 2^40 on leaves
  // a gap of radius |q| 2^-40.
  const double unit = to_double(Rational(radius / q_size));
  double low = 0, high = 0;
  for (double s = 2 * unit; s <= 0x1p41 * unit; s *= 8) {
    const RVec u = project(Rational(s));
    if (!inside(u)) {
      high = s;
      break;
    }
    low = s;
    out.u = u;
  }
  // 40 halvings leave the same gap.
  for (int k = 0; k < 40 && high > 0; ++k) {
    const double middle = low + (high - low) / 2;
    const RVec u = project(Rational(middle));
    if (inside(u)) {
      low = middle;
      out.u = u;
    } else {
      high = middle;
    }
  }
  if (low > 0) {
    const Rational squared = inner(out.u, out.u), size = square_root_bracket(squared).upper;
    const Rational bound = base + inner(q, out.u) - (size * radius - squared) / Rational(low);
    if (bound > out.bound) out.bound = bound;
  }
  return out;
}

/// Minimises over the convex hull of all pieces at once: again and again the gradients that promise
/// most against the nearest point v so far are added and the min-norm point is taken anew (a fully
/// corrective conditional gradient method); the same minima bound the distance from below.
GoldsteinDistance over_all_pieces(const std::vector<RegionPiece>& pieces, const Rational& radius,
                                  int descents) {
  GoldsteinDistance out;
  out.proof = GoldsteinDistance::Proof::all_pieces;
  std::vector<RVec> gradients;
  for (const RegionPiece& piece : pieces) {
    const Least at = least_in_region(piece, zero_vector(piece.model.g.size()), radius);
    if (!at.meets_ball) continue;
    ++out.pieces;
    gradients.push_back(piece.model.g + times(piece.model.W, at.u));
  }
  out.distance.lower = 0;
  if (gradients.empty()) {
    out.proof = GoldsteinDistance::Proof::nothing;
    return out;
  }
  for (int k = 0;; ++k) {
    const MinNormPoint best = min_norm_point(gradients);
    out.gradients = gradients.size();
    out.distance.upper = square_root_bracket(best.squared).upper;
    // Any v will do; a rounded one keeps the fractions short.
    const RVec v = exactly(nearest(best.point));
    if (k == descents || is_zero(v)) return out;
    std::optional<Rational> least;
    // Only the points that carry weight stay.
    std::vector<RVec> next;
    for (std::size_t i = 0; i < gradients.size(); ++i)
      if (best.weights[i] > 0) next.push_back(gradients[i]);
    for (const RegionPiece& piece : pieces) {
      const Least at = least_in_region(piece, v, radius);
      if (!at.meets_ball) continue;
      if (!least || at.bound < *least) least = at.bound;
      if (at.bound < best.squared) next.push_back(piece.model.g + times(piece.model.W, at.u));
    }
    const Rational bound = along_unit(*least, v);
    if (bound > out.distance.lower) out.distance.lower = bound;
    // Closed to 30 bits.
    if (out.distance.upper - out.distance.lower <= scale_by_power_of_two(out.distance.upper, -30))
      return out;
    gradients = next;
  }
}

}  // namespace

Bracket square_root_bracket(const Rational& s, int bits) {
  if (s == 0) return {Rational(0), Rational(0)};
  // s 4^k >= 4^bits in whole numbers: the root, cut to an integer, keeps `bits` bits.
  const Integer top = numerator(s), below = denominator(s);
  const int size = static_cast<int>(msb(top)) - static_cast<int>(msb(below));
  const int k = bits - (size < 0 ? size - 1 : size) / 2 + 1;
  const Rational shifted = scale_by_power_of_two(s, 2 * k);
  const Integer cut = numerator(shifted) / denominator(shifted);
  const Integer root = sqrt(cut);
  const bool exact = Rational(root) * Rational(root) == shifted;
  return {scale_by_power_of_two(Rational(root), -k),
          scale_by_power_of_two(Rational(exact ? root : Integer(root + 1)), -k)};
}

Bracket goldstein_of_quadratic(const QuadraticModel& model, const Rational& radius) {
  const RVec u = best_displacement(model, radius);
  const RVec s = model.g + times(model.W, u);
  Bracket out;
  out.upper = square_root_bracket(inner(s, s)).upper;
  out.lower = 0;
  for (const RVec& v : {s, model.g}) {
    if (is_zero(v)) continue;
    const Rational bound = along_unit(least_along(model, v, radius), v);
    if (bound > out.lower) out.lower = bound;
  }
  const Rational start = square_root_bracket(inner(model.g, model.g)).upper;
  if (start < out.upper) out.upper = start;
  return out;
}

GoldsteinDistance goldstein_distance(const Instance& in, const RVec& x, const Rational& radius,
                                     const GoldsteinOptions& options) {
  const ExactBilevel at = exact_with(in, x, minimise_by_pivoting(lower_program(in, x)));
  if (!at.minimiser.feasible)
    throw NumericalError(in.source, "x", "the lower level is infeasible there");
  GoldsteinDistance out;
  if (one_piece_on_ball(in, x, at, radius)) {
    out.distance = goldstein_of_quadratic(
        model_of(in, x, at.minimiser.y, at.minimiser.strongly_active), radius);
    out.proof = GoldsteinDistance::Proof::one_piece;
    out.pieces = 1;
    return out;
  }

  if (at.program.rows() - at.program.equalities <= options.enumerable_rows)
    return over_all_pieces(pieces_near_ball(in, x, radius), radius, options.descents);

  std::vector<RVec> gradients;
  const auto look = [&](const RVec& u) {
    // Rounded to double: a point made of long fractions would give a gradient of longer ones.
    const RVec z = x + into_ball(exactly(nearest(u)), radius);
    const ExactBilevel there = exact_with(in, z, minimise_by_pivoting(lower_program(in, z)));
    if (there.differentiable())
      gradients.push_back(there.total);
    else if (there.minimiser.feasible)
      for (const Piece& piece : clarke_pieces(in, z, there).pieces)
        gradients.push_back(piece.gradient);
  };
  look(zero_vector(in.n));
  for (int k = 0; k < options.samples; ++k) {
    const RandomStream stream(options.seed, 0, Purpose::probe, static_cast<std::uint64_t>(k));
    // Half of them on the sphere, where the far pieces are, half at a uniform share of the radius.
    const double share = k % 2 == 0 ? 1.0 : stream.uniform(static_cast<std::uint64_t>(in.n) + 4);
    look(radius * Rational(share) * exactly(stream.sphere(in.n)));
  }
  out.distance.lower = 0;
  if (gradients.empty()) return out;
  out.proof = GoldsteinDistance::Proof::upper_bound_only;
  MinNormPoint best = min_norm_point(gradients);
  for (int k = 0; k < options.descents && best.squared > 0; ++k) {
    const RVec step = -(radius / square_root_bracket(best.squared).upper) * best.point;
    // Eight points of the segment: a kink that is crossed leaves gradients from both sides.
    for (int part = 1; part <= 8; ++part) look(Rational(part, 8) * step);
    const MinNormPoint next = min_norm_point(gradients);
    const bool better = next.squared < best.squared;
    best = next;
    if (!better) break;
  }
  out.gradients = gradients.size();
  out.distance.upper = square_root_bracket(best.squared).upper;
  return out;
}

}  // namespace assay::reference
