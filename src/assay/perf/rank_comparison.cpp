#include "assay/perf/rank_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace assay {
namespace {

/// ways[s]: in how many ways `size` of the ranks sum to s. Doubles: the largest count is about
/// 1e29, and only their shares matter.
std::vector<double> ways_to_sum(const std::vector<long>& ranks, std::size_t size) {
  std::vector<long> largest = ranks;
  std::sort(largest.rbegin(), largest.rend());
  const long top = std::accumulate(largest.begin(), largest.begin() + static_cast<long>(size), 0L);
  const auto width = static_cast<std::size_t>(top) + 1;
  std::vector<std::vector<double>> ways(size + 1, std::vector<double>(width, 0));
  ways[0][0] = 1;
  std::size_t seen = 0;
  for (const long rank : ranks) {
    ++seen;
    for (std::size_t k = std::min(seen, size); k > 0; --k)
      for (std::size_t s = width; s-- > static_cast<std::size_t>(rank);)
        ways[k][s] += ways[k - 1][s - static_cast<std::size_t>(rank)];
  }
  return ways[size];
}

double two_sided_p(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> pooled = a;
  pooled.insert(pooled.end(), b.begin(), b.end());
  const std::vector<long> ranks = doubled_ranks(pooled);
  const long sum = std::accumulate(ranks.begin(), ranks.begin() + static_cast<long>(a.size()), 0L);
  // Of doubled ranks, whose mean is N + 1.
  const auto size = static_cast<long>(a.size()), all = static_cast<long>(pooled.size());
  const long mean = size * (all + 1);
  const long distance = std::abs(sum - mean);
  const std::vector<double> ways = ways_to_sum(ranks, a.size());
  double far = 0, total = 0;
  for (std::size_t s = 0; s < ways.size(); ++s) {
    total += ways[s];
    if (std::abs(static_cast<long>(s) - mean) >= distance) far += ways[s];
  }
  return far / total;
}

}  // namespace

std::vector<long> doubled_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return values[i] < values[j]; });
  std::vector<long> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    // Positions first+1 .. last+1, of which twice the mean is the sum of both ends.
    for (std::size_t i = first; i <= last; ++i)
      ranks[order[i]] = static_cast<long>(first + last + 2);
    first = last + 1;
  }
  return ranks;
}

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  if (values.size() % 2 == 1) return values[half];
  return std::sqrt(values[half - 1] * values[half]);
}

RankComparison compare_ranks(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (const double from : a)
    for (const double to : b) ratios.push_back(to / from);
  return {two_sided_p(a, b), middle(std::move(ratios))};
}

}  // namespace assay
