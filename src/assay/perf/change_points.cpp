#include "assay/perf/change_points.hpp"

#include <algorithm>
#include <cmath>

#include "assay/numerics/random.hpp"
#include "assay/perf/rank_comparison.hpp"

namespace assay {
namespace {

/// With 1999 the smallest p is 0.0005, far enough below any bound of use.
constexpr long permutations = 1999;

/// Values begin .. end-1 against the others.
struct Part {
  std::size_t begin = 0, end = 0;
  /// Square of the rank sum's distance from its mean, over k (n - k): the variance up to a factor
  /// that all permutations share.
  double distance = -1;
};

/// The part of the ranks whose sum lies farthest out, the first of equals; one that begins at the
/// front, or, of `inner` ones, any that leaves values on both sides.
Part farthest(const std::vector<long>& ranks, std::size_t shortest, bool inner) {
  const std::size_t n = ranks.size();
  Part best;
  const std::size_t last_begin = inner ? n - shortest : 0;
  for (std::size_t begin = inner ? shortest : 0; begin <= last_begin; ++begin) {
    long sum = 0;
    for (std::size_t end = begin + 1; end + shortest <= n; ++end) {
      sum += ranks[end - 1];
      const std::size_t k = end - begin;
      if (k < shortest) continue;
      const auto off = static_cast<double>(sum - static_cast<long>(k * (n + 1)));
      const double distance = off * off / static_cast<double>(k * (n - k));
      if (distance > best.distance) best = {begin, end, distance};
    }
  }
  return best;
}

/// The share of all orders of the ranks with a part as far out as this one.
double share_as_far(const Part& part, const std::vector<long>& ranks, std::size_t shortest,
                    bool inner) {
  std::vector<long> other(ranks.size());
  long as_far = 1;  // the series itself is one of its permutations
  for (long i = 0; i < permutations; ++i) {
    const std::vector<Index> order =
        RandomStream(1, 0, Purpose::probe, static_cast<std::uint64_t>(i))
            .permutation(static_cast<Index>(ranks.size()));
    for (std::size_t k = 0; k < other.size(); ++k)
      other[k] = ranks[static_cast<std::size_t>(order[k])];
    if (farthest(other, shortest, inner).distance >= part.distance) ++as_far;
  }
  return static_cast<double>(as_far) / static_cast<double>(permutations + 1);
}

void segment(const std::vector<double>& values, std::size_t begin, std::size_t end,
             const ChangeRule& rule, std::vector<ChangePoint>& found) {
  const std::vector<long> ranks =
      doubled_ranks({values.begin() + static_cast<std::ptrdiff_t>(begin),
                     values.begin() + static_cast<std::ptrdiff_t>(end)});
  for (const bool inner : {false, true}) {
    if (ranks.size() < (inner ? 3 : 2) * rule.shortest) return;
    const Part part = farthest(ranks, rule.shortest, inner);
    // Two tests on the same values: each p counts twice.
    const double p = std::min(1.0, 2 * share_as_far(part, ranks, rule.shortest, inner));
    if (p > rule.p) continue;
    const std::size_t from = begin + part.begin, to = begin + part.end;
    if (inner) {
      segment(values, begin, from, rule, found);
      found.push_back({from, 0, 0, p});
    }
    segment(values, from, to, rule, found);
    found.push_back({to, 0, 0, p});
    segment(values, to, end, rule, found);
    return;
  }
}

/// Sum of distances from the middle one.
double spread(const std::vector<double>& values, std::size_t begin, std::size_t end) {
  const std::vector<double> part(values.begin() + static_cast<std::ptrdiff_t>(begin),
                                 values.begin() + static_cast<std::ptrdiff_t>(end));
  const double level = middle(part);
  double sum = 0;
  for (const double value : part) sum += std::fabs(value - level);
  return sum;
}

/// Ranks tell that there is a change, but lean to parts of equal size as to where. Moves each to
/// the cut that leaves least spread between its neighbours.
void settle(const std::vector<double>& values, std::size_t shortest,
            std::vector<ChangePoint>& found) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : found[i - 1].index;
    const std::size_t end = i + 1 == found.size() ? values.size() : found[i + 1].index;
    double least = HUGE_VAL;
    for (std::size_t at = begin + shortest; at + shortest <= end; ++at) {
      const double left_over = spread(values, begin, at) + spread(values, at, end);
      if (left_over >= least) continue;
      least = left_over;
      found[i].index = at;
    }
  }
}

}  // namespace

std::vector<ChangePoint> change_points(const std::vector<double>& values, const ChangeRule& rule) {
  std::vector<ChangePoint> found;
  segment(values, 0, values.size(), rule, found);
  // Once more, since the first was moved between neighbours not yet in their places.
  for (int round = 0; round < 2; ++round) settle(values, rule.shortest, found);
  // The levels are those between neighbouring changes; where they hardly differ there is none.
  for (;;) {
    const auto level = [&](std::size_t begin, std::size_t end) {
      return middle({values.begin() + static_cast<std::ptrdiff_t>(begin),
                     values.begin() + static_cast<std::ptrdiff_t>(end)});
    };
    std::size_t weakest = found.size();
    double least = 1 + rule.effect;
    for (std::size_t i = 0; i < found.size(); ++i) {
      found[i].before = level(i == 0 ? 0 : found[i - 1].index, found[i].index);
      found[i].after =
          level(found[i].index, i + 1 == found.size() ? values.size() : found[i + 1].index);
      const double ratio = found[i].after / found[i].before;
      const double effect = std::max(ratio, 1 / ratio);
      if (effect >= least) continue;
      least = effect;
      weakest = i;
    }
    if (weakest == found.size()) return found;
    found.erase(found.begin() + static_cast<std::ptrdiff_t>(weakest));
  }
}

std::vector<ChangePoint> exact_change_points(const std::vector<double>& values, double limit) {
  std::vector<ChangePoint> found;
  for (std::size_t i = 1, level = 0; i < values.size(); ++i) {
    if (std::fabs(values[i] / values[level] - 1) <= limit) continue;
    found.push_back({i, values[level], values[i], 0});
    level = i;
  }
  return found;
}

}  // namespace assay
