#include "assay/numerics/refined_ldlt.hpp"

#include <algorithm>
#include <cmath>

#include "assay/numerics/real50_bits.hpp"

namespace assay {

namespace {

constexpr double least_eigenvalue = 0x1p-28;  ///< of the scaled matrix; its trace is below 4 n
constexpr int least_gain = 16;                ///< of a round, in bits
constexpr int accuracy = 174;     ///< relative to an entry, in bits; two for what rounds differ
constexpr int small_entry = 168;  ///< entries so many bits below the largest count as that large

/// The k with 2^k <= max |v_i| < 2^(k+1). @return false if all are 0
bool largest_exponent(const Vec<Real50>& v, int& k) {
  bool any = false;
  for (Index i = 0; i < v.size(); ++i) {
    if (real50::is_zero(v[i])) continue;
    k = any ? std::max(k, real50::exponent(v[i])) : real50::exponent(v[i]);
    any = true;
  }
  return any;
}

}  // namespace

bool RefinedLdlt::factor(const Mat<Real50>& A) {
  const Index n = A.rows();
  scaling_.assign(static_cast<std::size_t>(n), 0);
  for (Index j = 0; j < n; ++j) {
    if (!(Real50(0) < A(j, j)) || !is_finite(A(j, j))) return false;
    // Towards minus infinity: the scaled diagonal then depends on A up to such scalings alone.
    scaling_[static_cast<std::size_t>(j)] = -(real50::exponent(A(j, j)) >> 1);
  }
  Mat<Real50> scaled(n, n);
  Mat<double> nearest(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = j; i < n; ++i) {
      scaled(i, j) = scale_by_power_of_two(
          A(i, j), scaling_[static_cast<std::size_t>(i)] + scaling_[static_cast<std::size_t>(j)]);
      scaled(j, i) = scaled(i, j);
      nearest(i, j) = to_double(scaled(i, j));
    }
  product_ = ExactDots(scaled);
  if (product_.empty() || !factor_.factor(nearest)) return false;
  for (Index i = 0; i < n; ++i) nearest(i, i) -= least_eigenvalue;
  return Ldlt<double>().factor(nearest);
}

bool RefinedLdlt::solve_in_place(Vec<Real50>& x) const {
  const Index n = x.size();
  Vec<Real50> residual(n), sum(n);
  for (Index i = 0; i < n; ++i) {
    if (!is_finite(x[i])) return false;
    residual[i] = scale_by_power_of_two(x[i], scaling_[static_cast<std::size_t>(i)]);
    sum[i] = Real50(0);
  }
  Vec<double> correction(n);
  std::vector<std::int64_t> whole(static_cast<std::size_t>(n));
  int unit = 0, size = 0, before = 0;
  for (int round = 0; largest_exponent(residual, unit); ++round) {
    for (Index i = 0; i < n; ++i) correction[i] = real50::leading_double(residual[i], unit);
    factor_.solve_in_place(correction);
    const double largest = max_norm(correction);
    if (!std::isfinite(largest)) return false;
    if (largest == 0) break;
    const int digits = ExactDots::digit_bits - binary_exponent(largest);
    for (Index i = 0; i < n; ++i)
      whole[static_cast<std::size_t>(i)] =
          static_cast<std::int64_t>(std::ldexp(correction[i], digits));
    unit -= digits;
    size = unit + ExactDots::digit_bits;  // |correction_i| < 2^size
    if (round > 0 && size > before - least_gain) return false;
    before = size;
    for (Index i = 0; i < n; ++i)
      sum[i] += scale_by_power_of_two(
          Real50(static_cast<long long>(whole[static_cast<std::size_t>(i)])), unit);
    int top = 0, least = 0;
    largest_exponent(sum, top);
    least = top;
    for (Index i = 0; i < n; ++i)
      if (!real50::is_zero(sum[i])) least = std::min(least, real50::exponent(sum[i]));
    least = std::max(least, top - small_entry);
    if (round > 0 && size - least_gain <= least - accuracy) break;
    product_.subtract(whole, unit, residual);
  }
  for (Index i = 0; i < n; ++i)
    x[i] = scale_by_power_of_two(sum[i], scaling_[static_cast<std::size_t>(i)]);
  return true;
}

}  // namespace assay
