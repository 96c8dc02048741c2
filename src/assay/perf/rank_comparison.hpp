#pragma once

#include <vector>

namespace assay {

/// Two samples of positive numbers compared without any assumption about their distribution.
struct RankComparison {
  /// Two-sided p of Wilcoxon, Mann and Whitney: the share of all ways to deal the pooled values
  /// into two samples of these sizes whose rank sum lies as far from its mean as the one seen. Ties
  /// get the mean of their ranks; the share is counted, so it is exact with ties too.
  double p = 1;
  /// Median of b/a over all pairs: the shift of Hodges and Lehmann for logarithms. Above 1: b is
  /// larger.
  double ratio = 1;
};

/// The work of counting grows with the fourth power of the sample.
inline constexpr int largest_sample = 50;

/// @pre neither is empty nor longer than largest_sample, every value is positive and finite
RankComparison compare_ranks(const std::vector<double>& a, const std::vector<double>& b);

/// Twice the mid-rank of each value, 1-based: whole numbers, however many are tied.
std::vector<long> doubled_ranks(const std::vector<double>& values);

/// The middle value; of an even number of values the geometric mean of the two in the middle.
/// @pre not empty, all positive
double middle(std::vector<double> values);

}  // namespace assay
