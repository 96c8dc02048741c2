#include "reference/min_norm_point.hpp"

#include <stdexcept>

#include "reference/fraction_vectors.hpp"

namespace assay::reference {

namespace {

/// A point or a ray that carries weight.
struct Member {
  std::size_t index;  ///< among the points, then the rays
  Rational weight;
};

}  // namespace

MinNormPoint min_norm_point(const std::vector<RVec>& points, const std::vector<RVec>& rays) {
  if (points.empty()) throw std::logic_error("the hull of no points");
  const auto generator = [&](std::size_t k) -> const RVec& {
    return k < points.size() ? points[k] : rays[k - points.size()];
  };
  const std::size_t all = points.size() + rays.size();

  std::size_t shortest = 0;
  for (std::size_t k = 1; k < points.size(); ++k)
    if (inner(points[k], points[k]) < inner(points[shortest], points[shortest])) shortest = k;
  std::vector<Member> corral{{shortest, Rational(1)}};
  RVec p = points[shortest];

  for (;;) {
    // The generator that promises most: <p, g> - <p, p> for points, <p, r> for rays.
    const Rational squared = inner(p, p);
    std::size_t best = all;
    Rational least = 0;
    for (std::size_t k = 0; k < all; ++k) {
      const Rational excess = inner(p, generator(k)) - (k < points.size() ? squared : Rational(0));
      if (excess < least) {
        least = excess;
        best = k;
      }
    }
    if (best == all) break;
    corral.push_back({best, Rational(0)});

    for (;;) {
      // The nearest point of the affine hull: G'G w + e theta = 0, e'w = 1, e_k = 1 for points.
      const Index size = static_cast<Index>(corral.size());
      RMat K = RMat::Constant(size + 1, size + 1, Rational(0));
      for (Index a = 0; a < size; ++a) {
        const std::size_t k = corral[static_cast<std::size_t>(a)].index;
        for (Index b = 0; b <= a; ++b)
          K(a, b) = K(b, a) =
              inner(generator(k), generator(corral[static_cast<std::size_t>(b)].index));
        K(a, size) = K(size, a) = k < points.size() ? 1 : 0;
      }
      RMat right = RMat::Constant(size + 1, 1, Rational(0));
      right(size, 0) = 1;
      const auto solution = solve_square(K, right);
      if (!solution) throw std::logic_error("a corral of dependent points");

      // As far towards it as the weights stay nonnegative.
      Rational share = 1;
      for (Index a = 0; a < size; ++a) {
        const Rational from = corral[static_cast<std::size_t>(a)].weight, to = (*solution)(a, 0);
        if (to < 0 && from / (from - to) < share) share = from / (from - to);
      }
      for (Index a = 0; a < size; ++a) {
        Rational& weight = corral[static_cast<std::size_t>(a)].weight;
        weight += share * ((*solution)(a, 0) - weight);
      }
      if (share == 1) break;
      std::erase_if(corral, [](const Member& m) { return m.weight == 0; });
    }
    std::erase_if(corral, [](const Member& m) { return m.weight == 0; });
    p = zero_vector(p.size());
    for (const Member& m : corral) p += m.weight * generator(m.index);
  }

  MinNormPoint out;
  out.point = p;
  out.squared = inner(p, p);
  out.weights.assign(points.size(), Rational(0));
  out.lengths.assign(rays.size(), Rational(0));
  for (const Member& m : corral)
    (m.index < points.size() ? out.weights[m.index] : out.lengths[m.index - points.size()]) =
        m.weight;
  for (std::size_t k = 0; k < all; ++k)
    if (inner(p, generator(k)) < (k < points.size() ? out.squared : Rational(0)))
      throw std::logic_error("not the nearest point");
  return out;
}

}  // namespace assay::reference
