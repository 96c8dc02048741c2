#include "assay/lower_level/kkt_factor.hpp"

#include <algorithm>

#include "assay/scalar/instantiate.hpp"

namespace assay {

template <class S, class Data>
KktFactor<S, Data>::KktFactor(const QpShape<S, Data>& shape)
    : shape_(shape),
      gram_(is_sparse ? Index(0) : std::min(shape.rows(), shape.m())),
      solved_(static_cast<std::size_t>(shape.rows())),
      has_solved_(static_cast<std::size_t>(shape.rows()), 0),
      weights_(std::min(shape.rows(), shape.m()) + 1) {
  active_.reserve(static_cast<std::size_t>(weights_.size()));
  order_.reserve(static_cast<std::size_t>(shape.rows()));
  if constexpr (!is_sparse)
    for (Vec<S>& column : solved_) column.resize(shape.m());
  scale_extreme_rows();
}

/// b'H^-1 b is about 2^(2 e - h) for a row of exponent e and an H of exponent h; within 2^-200 ..
/// 2^200 nothing that is computed from it comes near the ends of a range of 2^-1022 .. 2^1023.
template <class S, class Data>
void KktFactor<S, Data>::scale_extreme_rows() {
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
    scaled_Bt_ = scaled_columns(*shape_.Bt, exponents_);
    scaled_norm_ = *shape_.row_norm;
    for (Index i = 0; i < shape_.rows(); ++i)
      if (exponent(i) != 0) scaled_norm_[i] = scale_by_power_of_two(scaled_norm_[i], exponent(i));
    shape_.Bt = &scaled_Bt_;
    shape_.row_norm = &scaled_norm_;
  }
}

template <class S, class Data>
void KktFactor<S, Data>::solve_H(Vec<S>& v) const {
  if (shape_.H_factor) shape_.H_factor->solve_in_place(v);
}

template <class S, class Data>
const S* KktFactor<S, Data>::solved_row(Index i) {
  Vec<S>& column = solved_[static_cast<std::size_t>(i)];
  if (!has_solved_[static_cast<std::size_t>(i)]) {
    column.resize(shape_.m());
    copy_column(*shape_.Bt, i, column);
    solve_H(column);
    has_solved_[static_cast<std::size_t>(i)] = 1;
  }
  return column.data();
}

template <class S, class Data>
typename KktFactor<S, Data>::Candidate KktFactor<S, Data>::preview(Index i) {
  Candidate c;
  const S* solved = solved_row(i);
  const Index k = gram_.size();
  const S corner = row_dot(i, solved);
  for (Index j = 0; j < k; ++j) weights_[j] = row_dot(active_[static_cast<std::size_t>(j)], solved);
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
      sum += weights_[j] * weights_[j] * row_dot(held, solved_row(held));
    }
    c.noise = unit * S(static_cast<double>(k + 1)) * sum;
  }
  c.dependent = !(c.noise < c.pivot);
  return c;
}

template <class S, class Data>
void KktFactor<S, Data>::append(Index i, const Candidate& candidate) {
  gram_.append(candidate.pivot);
  active_.push_back(i);
}

template <class S, class Data>
void KktFactor<S, Data>::remove(Index position) {
  gram_.remove(position);
  active_.erase(active_.begin() + position);
}

template <class S, class Data>
void KktFactor<S, Data>::clear() {
  gram_.clear();
  active_.clear();
}

template <class S, class Data>
bool KktFactor<S, Data>::reset(const std::vector<Index>& rows) {
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

template <class S, class Data>
S KktFactor<S, Data>::smallest_pivot_share() {
  S least(1);
  for (std::size_t j = 0; j < active_.size(); ++j)
    least = smaller(
        least, S(gram_.pivot(static_cast<Index>(j)) / row_dot(active_[j], solved_row(active_[j]))));
  return least;
}

template <class S, class Data>
void KktFactor<S, Data>::solve_held(Vec<S>& p, Vec<S>& nu) {
  solve_H(p);
  const Index k = static_cast<Index>(active_.size());
  for (Index j = 0; j < k; ++j)
    nu[j] = row_dot(active_[static_cast<std::size_t>(j)], p.data()) - nu[j];
  solve_gram(nu);
  for (Index j = 0; j < k; ++j)
    add_scaled(solved_row(active_[static_cast<std::size_t>(j)]), S(-nu[j]), p.data(), shape_.m());
}

template <class S, class Data>
void KktFactor<S, Data>::solve(Vec<S>& p, Vec<S>& nu) {
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

#define ASSAY_INSTANTIATE(S)   \
  template class KktFactor<S>; \
  template class KktFactor<S, SparseData<S>>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
