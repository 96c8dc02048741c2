#include "reference/verified_inverse.hpp"

#include <algorithm>

namespace assay::reference {

template <class S>
bool VerifiedInverse<S>::prepare(BallMatrix<S> K) {
  K_ = std::move(K);
  nonsingular_ = invert();
  if (nonsingular_) bound_contraction();
  return nonsingular_;
}

/// Gauss-Jordan in place, columns contiguous. @return false at a pivot that is 0 or not finite
template <class S>
bool VerifiedInverse<S>::invert() {
  const Index order = K_.rows();
  R_.resize(order, order);
  for (Index j = 0; j < order; ++j)
    for (Index i = 0; i < order; ++i) R_(i, j) = K_(j, i).mid;
  std::vector<Index> exchanged;
  Vec<S> column(order);
  for (Index k = 0; k < order; ++k) {
    Index pivot = k;
    for (Index i = k + 1; i < order; ++i)
      if (magnitude(R_(pivot, k)) < magnitude(R_(i, k))) pivot = i;
    if (R_(pivot, k) == S(0) || !is_finite(R_(pivot, k))) return false;
    exchanged.push_back(pivot);
    if (pivot != k)
      for (Index j = 0; j < order; ++j) std::swap(R_(k, j), R_(pivot, j));
    const S inverse = S(1) / R_(k, k);
    for (Index i = 0; i < order; ++i) {
      column[i] = i == k ? S(0) : S(R_(i, k));
      R_(i, k) = -column[i] * inverse;
    }
    R_(k, k) = inverse;
    const S* c = column.data();
    for (Index j = 0; j < order; ++j) {
      if (j == k || R_(k, j) == S(0)) continue;
      const S factor = R_(k, j) * inverse;
      S* to = R_.data() + j * order;
      for (Index i = 0; i < order; ++i) to[i] -= c[i] * factor;
      to[k] = factor;
    }
  }
  for (Index k = order; k-- > 0;) {
    const Index pivot = exchanged[static_cast<std::size_t>(k)];
    if (pivot != k)
      for (Index i = 0; i < order; ++i) std::swap(R_(i, k), R_(i, pivot));
  }
  return true;
}

template <class S>
void VerifiedInverse<S>::bound_contraction() {
  const Index order = K_.rows();
  // Column by column: the chain of at most order + 1 roundings behind every entry of R K - I misses
  // at most gamma_{order+1} (I + |R| |K|) there.
  Vec<S> row_sum(order), column(order), spread(order);
  for (Index i = 0; i < order; ++i) row_sum[i] = S(0);
  const Bound<S> gamma = Bound<S>::gamma(order + 1);
  for (Index j = 0; j < order; ++j) {
    S* c = column.data();
    for (Index i = 0; i < order; ++i) c[i] = i == j ? S(-1) : S(0);
    const S* k = K_.row(j);  // K is symmetric
    S size(0), radius(0);
    std::vector<Index> filled;
    for (Index l = 0; l < order; ++l)
      if (k[l] != S(0)) filled.push_back(l);
    // Four columns of R at a time: the order of additions stays the same, memory is met less often.
    std::size_t at = 0;
    for (; at + 4 <= filled.size(); at += 4) {
      const Index l[4] = {filled[at], filled[at + 1], filled[at + 2], filled[at + 3]};
      const S *r0 = &R_(0, l[0]), *r1 = &R_(0, l[1]), *r2 = &R_(0, l[2]), *r3 = &R_(0, l[3]);
      const S k0 = k[l[0]], k1 = k[l[1]], k2 = k[l[2]], k3 = k[l[3]];
      for (Index i = 0; i < order; ++i)
        c[i] = (((c[i] + r0[i] * k0) + r1[i] * k1) + r2[i] * k2) + r3[i] * k3;
    }
    for (; at < filled.size(); ++at) {
      const S* r = &R_(0, filled[at]);
      const S factor = k[filled[at]];
      for (Index i = 0; i < order; ++i) c[i] += r[i] * factor;
    }
    for (Index i = 0; i < order; ++i) row_sum[i] += magnitude(c[i]);
    for (Index l = 0; l < order; ++l) {
      size += magnitude(k[l]);
      if (!K_.exact()) radius += K_(j, l).rad;
    }
    spread[j] =
        (gamma * Bound<S>::of_chain(size, order) + Bound<S>::of_chain(radius, order)).value();
  }
  Vec<S> missed(order);
  for (Index i = 0; i < order; ++i) missed[i] = S(0);
  for (Index l = 0; l < order; ++l)
    for (Index i = 0; i < order; ++i) missed[i] += magnitude(R_(i, l)) * spread[l];
  // Every product may underflow.
  const S tiny = S(static_cast<double>(2 * (order + 1) * (order + 1))) * Bound<S>::tiny();
  row_alpha_.resize(order);
  alpha_ = S(0);
  for (Index i = 0; i < order; ++i) {
    row_alpha_[i] = (Bound<S>::of_chain(row_sum[i], order) + gamma + Bound<S>(tiny) +
                     Bound<S>::of_chain(missed[i], order + 1))
                        .value();
    if (!is_finite(row_alpha_[i])) nonsingular_ = false;
    alpha_ = larger(alpha_, row_alpha_[i]);
  }
  if (!(alpha_ < S(1))) nonsingular_ = false;
}

template <class S>
Vec<S> VerifiedInverse<S>::approximate(const Vec<S>& right) const {
  Vec<S> z(right.size());
  for (Index i = 0; i < z.size(); ++i) z[i] = S(0);
  for (Index j = 0; j < z.size(); ++j)
    for (Index i = 0; i < z.size(); ++i) z[i] += R_(i, j) * right[j];
  return z;
}

template <class S>
BallVector<S> VerifiedInverse<S>::residual(const std::vector<DoubledSum<S>>& right,
                                           const Vec<S>& z) const {
  const BallFactor<S> factor{BallVector<S>(z)};
  BallVector<S> rho(z.size());
  for (Index i = 0; i < z.size(); ++i) {
    DoubledSum<S> sum = right[static_cast<std::size_t>(i)];
    K_.add_row(i, factor, sum, true);
    rho.set(i, sum.value());
  }
  return rho;
}

template <class S>
BallVector<S> VerifiedInverse<S>::solve(const std::vector<DoubledSum<S>>& right,
                                        Vec<S> start) const {
  // A correction leaves about alpha times the error, or the rounding of z itself. Starting from an
  // approximation of a solver, one is enough; the limit lets alpha near 1 end loose, not late.
  constexpr int corrections = 6;
  const Index order = K_.rows();
  Vec<S> z = std::move(start), step;
  BallVector<S> rho;
  for (int k = 0;; ++k) {
    rho = residual(right, z);
    step = approximate(rho.mid);
    S longest(0), size(0);
    for (Index i = 0; i < order; ++i) {
      longest = larger(longest, magnitude(step[i]));
      size = larger(size, magnitude(z[i]));
    }
    if (k == corrections || (k > 0 && longest <= S(2) * unit_roundoff<S>() * size)) break;
    for (Index i = 0; i < order; ++i) z[i] += step[i];
  }
  // t = |R rho|: `step` misses at most gamma_order |R| |rho|.
  const S gamma = Bound<S>::gamma(order).value();
  Vec<S> reach(order);
  for (Index i = 0; i < order; ++i) reach[i] = S(0);
  for (Index j = 0; j < order; ++j) {
    const S spread =
        (Bound<S>(gamma) * Bound<S>(magnitude(rho.mid[j])) + Bound<S>(rho.rad[j])).value();
    for (Index i = 0; i < order; ++i) reach[i] += magnitude(R_(i, j)) * spread;
  }
  S worst(0);
  for (Index i = 0; i < order; ++i) {
    const S underflow = S(static_cast<double>(2 * order)) * Bound<S>::tiny();
    reach[i] =
        (Bound<S>(magnitude(step[i])) + Bound<S>::of_chain(reach[i], order) + Bound<S>(underflow))
            .value();
    worst = larger(worst, reach[i]);
  }
  // Division by a value below 1 - alpha: one rounding there, one here.
  const Bound<S> feedback = Bound<S>::of_chain(S(worst / (S(1) - alpha_)), 3);
  BallVector<S> out(order);
  for (Index i = 0; i < order; ++i)
    out.set(i, {z[i], (Bound<S>(reach[i]) + Bound<S>(row_alpha_[i]) * feedback).value()});
  return out;
}

template class VerifiedInverse<double>;
template class VerifiedInverse<Real50>;
template class VerifiedInverse<Real100>;

}  // namespace assay::reference
