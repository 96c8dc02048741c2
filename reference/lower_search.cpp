#include "reference/lower_search.hpp"

#include <algorithm>

#include "reference/interval50.hpp"

namespace assay::reference {

namespace {

using I = Interval50;
using Vector = std::vector<I>;

std::size_t place(Index i) { return static_cast<std::size_t>(i); }

/// Joins boxes that touch.
std::vector<std::vector<Range>> join(const std::vector<Vector>& boxes) {
  std::vector<std::vector<Range>> clusters;
  for (const Vector& box : boxes) {
    std::vector<Range> merged = ranges(box);
    for (std::size_t k = 0; k < clusters.size();) {
      bool touch = true;
      for (std::size_t i = 0; i < merged.size(); ++i)
        touch = touch && merged[i].meets(clusters[k][i]);
      if (!touch) {
        ++k;
        continue;
      }
      for (std::size_t i = 0; i < merged.size(); ++i) {
        merged[i].lower = std::min(merged[i].lower, clusters[k][i].lower);
        merged[i].upper = std::max(merged[i].upper, clusters[k][i].upper);
      }
      clusters.erase(clusters.begin() + static_cast<std::ptrdiff_t>(k));
      k = 0;
    }
    clusters.push_back(merged);
  }
  return clusters;
}

}  // namespace

GlobalSearch search_lower(const SmoothProblem& p, const std::vector<Range>& x,
                          const Rational& ceiling, const Rational& resolution) {
  GlobalSearch out;
  const Vector fixed = intervals(x), whole = intervals(p.y_box);
  const Point50 top = upper(interval(ceiling)), smallest = upper(interval(resolution));
  Point50 floor = top;
  std::vector<Vector> todo{whole}, left;
  for (long budget = 100000; !todo.empty(); --budget) {
    if (budget == 0) return out;
    const Vector box = todo.back();
    todo.pop_back();
    Vector z = fixed, centre = fixed;
    z.insert(z.end(), box.begin(), box.end());
    for (const I& side : box) centre.push_back(middle(side));
    bool possible = true, free = true;
    for (Index i = 0; i < p.rows(); ++i) {
      const I row = p.row(i)(z);
      possible = possible && !positive(row) && (i >= p.equalities() || !negative(row));
      free = free && negative(row);
    }
    if (!possible) continue;
    const Jet<I> f = p.f(variables(z));
    I tilted = p.f(centre);
    bool slope = false;
    Index widest = 0;
    Point50 width(0);
    for (Index i = 0; i < p.m; ++i) {
      const I& side = box[place(i)];
      const I by = f.first(p.n + i);
      tilted += by * (side - middle(side));
      const bool interior =
          lower(whole[place(i)]) < lower(side) && upper(side) < upper(whole[place(i)]);
      slope = slope || (interior && bounded(by) && !has_zero(by));
      const Point50 span = upper(side) - lower(side);
      if (width < span) {
        width = span;
        widest = i;
      }
    }
    if (free && slope) continue;
    Point50 least = lower(f.value);
    if (bounded(tilted) && least < lower(tilted)) least = lower(tilted);
    if (top < least) continue;
    if (!(smallest < width)) {
      // A value that is no number bounds nothing.
      if (!bounded(f.value)) return out;
      floor = std::min(floor, least);
      left.push_back(box);
      continue;
    }
    const Point50 cut = lower(middle(box[place(widest)]));
    Vector low = box, high = box;
    low[place(widest)] = I(lower(box[place(widest)]), cut);
    high[place(widest)] = I(cut, upper(box[place(widest)]));
    todo.push_back(std::move(low));
    todo.push_back(std::move(high));
  }
  out.finished = true;
  out.floor = exact(floor);
  out.clusters = join(left);
  return out;
}

bool proved_nonconvex(const SmoothProblem& p, const std::vector<Range>& x,
                      const std::vector<Rational>& y) {
  constexpr int steps = 64;
  for (std::size_t i = 0; i < p.y_box.size(); ++i) {
    for (int k = 0; k <= steps; ++k) {
      std::vector<Range> z = x;
      for (const Rational& entry : y) z.emplace_back(entry);
      z[x.size() + i] = p.y_box[i].lower + p.y_box[i].width() * k / steps;
      const Index at = p.n + static_cast<Index>(i);
      if (negative(p.f(variables(intervals(z))).second(at, at))) return true;
    }
  }
  return false;
}

}  // namespace assay::reference
