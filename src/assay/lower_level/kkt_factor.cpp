#include "assay/lower_level/kkt_factor.hpp"

#include <algorithm>

#include "assay/scalar/instantiate.hpp"

namespace assay {

template <class S>
KktFactor<S>::KktFactor(const QpShape<S>& shape)
    : shape_(shape),
      gram_(std::min(shape.rows(), shape.m())),
      solved_(shape.m(), shape.rows()),
      has_solved_(static_cast<std::size_t>(shape.rows()), 0),
      weights_(std::min(shape.rows(), shape.m()) + 1),
      work_(shape.m()) {
  active_.reserve(static_cast<std::size_t>(weights_.size()));
  order_.reserve(static_cast<std::size_t>(shape.rows()));
  scale_extreme_rows();
}

/// b'H^-1 b is about 2^(2 e - h) for a row of exponent e and an H of exponent h; within 2^-200 ..
/// 2^200 nothing that is computed from it comes near the ends of a range of 2^-1022 .. 2^1023.
template <class S>
void KktFactor<S>::scale_extreme_rows() {
  if constexpr (!is_exact<S>) {
    constexpr int ordinary = 100;
    int h = 0;
    if (shape_.H) {
      S largest(0);
      for (Index i = 0; i < shape_.m(); ++i) largest = larger(largest, (*shape_.H)(i, i));
      h = binary_exponent(largest) / 2;
    }
    std::vector<int> exponents(static_cast<std::size_t>(shape_.rows()), 0);
    bool any = false;
    for (Index i = 0; i < shape_.rows(); ++i) {
      const S& size = (*shape_.row_norm)[i];
      const int k = h - binary_exponent(size);
      if (size == S(0) || (-ordinary <= k && k <= ordinary)) continue;
      exponents[static_cast<std::size_t>(i)] = k;
      any = true;
    }
    if (!any) return;
    exponents_ = std::move(exponents);
    Mat<S> scaled = *shape_.Bt;
    scaled_norm_ = *shape_.row_norm;
    for (Index i = 0; i < shape_.rows(); ++i) {
      const int k = exponent(i);
      if (k == 0) continue;
      for (Index j = 0; j < shape_.m(); ++j) scaled(j, i) = scale_by_power_of_two(scaled(j, i), k);
      scaled_norm_[i] = scale_by_power_of_two(scaled_norm_[i], k);
    }
    scaled_Bt_ = std::move(scaled);
    shape_.Bt = &scaled_Bt_;
    shape_.row_norm = &scaled_norm_;
  }
}

template <class S>
void KktFactor<S>::solve_H(Vec<S>& v) const {
  if (shape_.H_factor) shape_.H_factor->solve_in_place(v);
}

template <class S>
const S* KktFactor<S>::solved_row(Index i) {
  S* column = solved_.data() + i * shape_.m();
  if (!has_solved_[static_cast<std::size_t>(i)]) {
    for (Index k = 0; k < shape_.m(); ++k) work_[k] = row(i)[k];
    solve_H(work_);
    for (Index k = 0; k < shape_.m(); ++k) column[k] = work_[k];
    has_solved_[static_cast<std::size_t>(i)] = 1;
  }
  return column;
}

template <class S>
typename KktFactor<S>::Candidate KktFactor<S>::preview(Index i) {
  Candidate c;
  const S* solved = solved_row(i);
  const Index k = gram_.size();
  const S corner = dot(row(i), solved, shape_.m());
  for (Index j = 0; j < k; ++j)
    weights_[j] = dot(row(active_[static_cast<std::size_t>(j)]), solved, shape_.m());
  c.pivot = gram_.preview(weights_.data(), corner);
  if (k == shape_.m()) c.pivot = S(0);  // the active rows span everything
  gram_.combination(weights_.data());
  if constexpr (!is_exact<S>) {
    // Of G' = [G g; g' corner], the pivot is w'G'w with w = (-G^-1 g, 1), so errors
    // |E_ij| <= unit (G'_ii G'_jj)^{1/2} move it by unit (sum |w_i| G'_ii^{1/2})^2, at most
    // unit (k + 1) sum w_i^2 G'_ii. Each entry is the result of at most m + k chained roundings in
    // a dot and as many in two triangular solves.
    const S unit = gamma_bound<S>(8 * (shape_.m() + k + 4));
    S sum = corner;
    for (Index j = 0; j < k; ++j) {
      const Index held = active_[static_cast<std::size_t>(j)];
      sum += weights_[j] * weights_[j] * dot(row(held), solved_row(held), shape_.m());
    }
    c.noise = unit * S(static_cast<double>(k + 1)) * sum;
  }
  c.dependent = !(c.noise < c.pivot);
  return c;
}

template <class S>
void KktFactor<S>::append(Index i, const Candidate& candidate) {
  gram_.append(candidate.pivot);
  active_.push_back(i);
}

template <class S>
void KktFactor<S>::remove(Index position) {
  gram_.remove(position);
  active_.erase(active_.begin() + position);
}

template <class S>
void KktFactor<S>::clear() {
  gram_.clear();
  active_.clear();
}

template <class S>
bool KktFactor<S>::reset(const std::vector<Index>& rows) {
  order_ = rows;
  std::sort(order_.begin(), order_.end());
  clear();
  bool independent = true;
  for (const Index i : order_) {
    const Candidate c = preview(i);
    if (c.dependent)
      independent = false;
    else
      append(i, c);
  }
  return independent;
}

template <class S>
S KktFactor<S>::smallest_pivot_share() {
  S least(1);
  for (std::size_t j = 0; j < active_.size(); ++j)
    least = smaller(least, S(gram_.pivot(static_cast<Index>(j)) /
                             dot(row(active_[j]), solved_row(active_[j]), shape_.m())));
  return least;
}

template <class S>
void KktFactor<S>::solve_held(Vec<S>& p, Vec<S>& nu) {
  solve_H(p);
  const Index k = static_cast<Index>(active_.size());
  for (Index j = 0; j < k; ++j)
    nu[j] = dot(row(active_[static_cast<std::size_t>(j)]), p.data(), shape_.m()) - nu[j];
  solve_gram(nu);
  for (Index j = 0; j < k; ++j)
    add_scaled(solved_row(active_[static_cast<std::size_t>(j)]), S(-nu[j]), p.data(), shape_.m());
}

template <class S>
void KktFactor<S>::solve(Vec<S>& p, Vec<S>& nu) {
  // (2^e b)' p = 2^e c, and b (2^e nu) = (2^e b) nu.
  const auto rescale = [&] {
    for (std::size_t j = 0; is_scaled() && j < active_.size(); ++j)
      nu[static_cast<Index>(j)] =
          scale_by_power_of_two(nu[static_cast<Index>(j)], exponent(active_[j]));
  };
  rescale();
  solve_held(p, nu);
  rescale();
}

#define ASSAY_INSTANTIATE(S) template class KktFactor<S>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
