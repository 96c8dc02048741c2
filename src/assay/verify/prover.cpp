#include "assay/verify/prover.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "assay/diagnose/theory.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/verify/kink_descent.hpp"
#include "reference/enclosure.hpp"
#include "reference/fraction_vectors.hpp"
#include "reference/goldstein.hpp"
#include "reference/min_norm_point.hpp"

namespace assay {
namespace {

using reference::CertifiedPoint;
using reference::RVec;

/// Enclosures on one instance, its constant parts prepared once.
class Proofs {
 public:
  explicit Proofs(const Instance& instance)
      : instance_(instance), problem_(instance), lower_(problem_), enclosure_(instance) {}

  CertifiedPoint<double> certify(const Vec<double>& x) {
    const LowerSolution<double>& s = lower_.solve(x, {});
    reference::BallVector<double> at(x.size());
    for (Index i = 0; i < x.size(); ++i)
      at.set(i, reference::enclose<double>(convert<Rational>(x[i])));
    return enclosure_.certify(at, s.y, s.multipliers);
  }

  ProvedGap gap(const Vec<double>& x) {
    const CertifiedPoint<double> point = certify(x);
    ProvedGap gap;
    gap.proved = point.certified();
    gap.why = point.why;
    if (gap.proved) {
      gap.lower = std::max(0.0, point.gap.lower());
      gap.upper = point.gap.upper();
    }
    return gap;
  }

  /// Around the points; or, where they are too far apart to say anything, around the kink that
  /// they jump over.
  ProvedKink kink(const std::vector<Vec<double>>& points);

 private:
  ProvedKink around(const std::vector<Vec<double>>& points);

  const Instance& instance_;
  QuadraticProblem<double> problem_;
  ActiveSetLowerLevel<double> lower_;
  reference::Enclosure<double> enclosure_;
  /// The largest curvature of F on each piece, where it is a quadratic; HUGE_VAL while unknown.
  std::map<std::vector<Index>, double> curvature_;
};

/// Rational upper bound of the Euclidean length, as a double.
double length_above(const RVec& v) {
  const reference::Bracket root = reference::square_root_bracket(reference::inner(v, v), 60);
  return to_double(root.upper) * (1 + 0x1p-50);  // to_double may round down
}

/// A gradient in a ball: exact middle, and an upper bound of the length of what is around it.
struct Gradient {
  RVec middle;
  double radius = 0;

  explicit Gradient(const reference::BallVector<double>& ball)
      : middle(widen<Rational>(ball.mid)), radius(length_above(widen<Rational>(ball.rad))) {}

  /// Upper bound of gradient'w / |w|.
  double slope(const RVec& w) const {
    const Rational along = reference::inner(middle, w);
    const double size = length_above(w), value = to_double(along) / size;
    // |w| is known to a factor 1 + 2^-49 from above, a quotient of doubles to 2^-52.
    return value + std::fabs(value) * 0x1p-48 + radius * (1 + 0x1p-48);
  }
};

ProvedKink Proofs::around(const std::vector<Vec<double>>& points) {
  ProvedKink out;
  struct Seen {
    std::size_t index;
    RVec x;
    std::vector<Index> active;
    Gradient gradient;
    double gap, reach;
  };
  std::vector<Seen> seen;
  std::set<std::vector<Index>> pieces;
  const RVec last = widen<Rational>(points.back());
  for (std::size_t k = 0; k < points.size(); ++k) {
    const CertifiedPoint<double> point = certify(points[k]);
    // A point on the kink itself has no gradient; its neighbours speak for it.
    if (!point.certified()) {
      out.why = point.why;
      continue;
    }
    const RVec x = widen<Rational>(points[k]);
    seen.push_back({k, x, point.active, Gradient(point.total), std::max(0.0, point.gap.lower()),
                    length_above(x - last)});
    pieces.insert(point.active);
    double& bend = curvature_.try_emplace(point.active, HUGE_VAL).first->second;
    if (bend < HUGE_VAL) continue;
    // Not where a row nearly holds: another point of the piece may have it.
    if (const auto model = local_model(instance_, points[k]))
      bend = std::max(model->largest(), -model->smallest());
  }
  if (seen.empty()) return out;
  out.proved = true;
  out.points = static_cast<long>(seen.size());
  out.pieces = static_cast<long>(pieces.size());
  out.smallest = HUGE_VAL;
  std::vector<RVec> middles;
  double blur = 0;
  for (const Seen& s : seen) {
    out.radius = std::max(out.radius, s.reach);
    out.smallest = std::min(out.smallest, s.gap);
    middles.push_back(s.gradient.middle);
    blur = std::max(blur, s.gradient.radius);
  }
  out.distance = length_above(reference::min_norm_point(middles).point) + blur;
  out.smooth = HUGE_VAL;
  for (const Seen& s : seen)
    out.smooth = std::min(out.smooth, s.gap - curvature_[s.active] * (s.reach + out.radius));
  for (std::size_t k = 1; k < seen.size(); ++k) {
    const Seen &a = seen[k - 1], &b = seen[k];
    if (b.index != a.index + 1 || a.active == b.active) continue;
    const RVec there = b.x - a.x, back = a.x - b.x;
    const double from_a = a.gradient.slope(there), from_b = b.gradient.slope(back);
    if (std::max(from_a, from_b) >= std::max(out.slope_there, out.slope_back)) continue;
    out.slope_there = from_a;
    out.slope_back = from_b;
  }
  return out;
}

ProvedKink Proofs::kink(const std::vector<Vec<double>>& points) {
  const ProvedKink wide = around(points);
  if (!wide.proved || wide.pieces < 2 || wide.smooth > 0) return wide;
  const std::vector<Vec<double>> near = descend_to_kink(instance_, points.back(), wide.radius);
  if (near.empty()) return wide;
  ProvedKink close = around(near);
  close.away = length_above(widen<Rational>(near.back()) - widen<Rational>(points.back()));
  const bool tells = close.proved && close.pieces > 1 && close.smooth > 0;
  return tells && close.away <= wide.radius ? close : wide;
}

}  // namespace

Prover make_prover(const Instance& instance) {
  const auto proofs = std::make_shared<std::unique_ptr<Proofs>>();
  const auto ready = [&instance, proofs]() -> Proofs& {
    if (!*proofs) *proofs = std::make_unique<Proofs>(instance);
    return **proofs;
  };
  return {[ready](const Vec<double>& x) { return ready().gap(x); },
          [ready](const std::vector<Vec<double>>& points) { return ready().kink(points); }};
}

}  // namespace assay
