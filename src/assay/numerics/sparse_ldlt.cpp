#include "assay/numerics/sparse_ldlt.hpp"

#include <Eigen/OrderingMethods>
#include <Eigen/SparseCore>
#include <cstdint>

#include "assay/scalar/instantiate.hpp"

namespace assay {

namespace {

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

/// Starts of so many lists that lie one behind the other.
std::vector<int> starts(const std::vector<int>& sizes) {
  std::vector<int> start(sizes.size() + 1, 0);
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    sum += sizes[k];
    if (sum > std::numeric_limits<int>::max())
      throw NumericalError("the factor of a sparse matrix fills up to more than 2^31 entries");
    start[k + 1] = static_cast<int>(sum);
  }
  return start;
}

/// Where the dense columns begin. A product and sum of the sparse columns costs some eight of the
/// dense kernel: 8 sum c_k^2 / 2 against t^3 / 6, c_k the entries of column k below its diagonal.
Index dense_from(const std::vector<int>& counts) {
  const Index n = static_cast<Index>(counts.size());
  const auto cube = [](Index t) { return static_cast<double>(t) * static_cast<double>(t * t); };
  double sparse = 0, least = cube(n);  // integers: exact below 2^53, and deterministic beyond
  Index best = 0;
  for (Index k = 0; k < n; ++k) {
    const double c = counts[at(k)];
    sparse += 24 * c * c;
    const double cost = sparse + cube(n - k - 1);
    if (cost <= least) {
      least = cost;
      best = k + 1;
    }
  }
  return best;
}

}  // namespace

template <class S>
void SparseLdlt<S>::find_order(const SparseMatrix<S>& A) {
  const Index n = A.rows();
  using Pattern = Eigen::SparseMatrix<double, Eigen::ColMajor, int>;
  Pattern pattern(n, n);
  std::vector<Eigen::Triplet<double, int>> entries;
  entries.reserve(at(A.entries()));
  for (Index j = 0; j < n; ++j)
    for (Index p = A.begin(j); p < A.begin(j + 1); ++p)
      entries.emplace_back(static_cast<int>(A.row(p)), static_cast<int>(j), 1.0);
  pattern.setFromTriplets(entries.begin(), entries.end());
  Eigen::AMDOrdering<int>::PermutationType order;
  if (n > 0) Eigen::AMDOrdering<int>()(pattern, order);
  order_.resize(at(n));
  std::vector<int> place(at(n));
  for (Index k = 0; k < n; ++k) {
    order_[at(k)] = order.indices()[k];
    place[at(order.indices()[k])] = static_cast<int>(k);
  }

  // Rows of P A P' below the diagonal. Column by column, so that columns ascend in each row.
  std::vector<int> sizes(at(n), 0);
  for (Index k = 0; k < n; ++k)
    for (Index j = order_[at(k)], p = A.begin(j); p < A.begin(j + 1); ++p)
      if (place[at(A.row(p))] > k) ++sizes[at(place[at(A.row(p))])];
  a_start_ = starts(sizes);
  a_col_.resize(at(a_start_.back()));
  a_at_.resize(a_col_.size());
  diagonal_at_.assign(at(n), -1);
  std::vector<int> next(a_start_.begin(), a_start_.end() - 1);
  for (Index k = 0; k < n; ++k)
    for (Index j = order_[at(k)], p = A.begin(j); p < A.begin(j + 1); ++p) {
      const int row = place[at(A.row(p))];
      if (row == k) diagonal_at_[at(k)] = static_cast<int>(p);
      if (row <= k) continue;
      int& q = next[at(row)];
      a_col_[at(q)] = static_cast<int>(k);
      a_at_[at(q)] = static_cast<int>(p);
      ++q;
    }
}

/// Row k of L has the columns that lie, in the elimination tree, on the ways from the columns of
/// row k of P A P' towards k.
template <class S>
void SparseLdlt<S>::find_fill() {
  const Index n = size();
  std::vector<int> parent(at(n), -1), counts(at(n), 0), seen(at(n), -1);
  const auto each_of_row = [&](Index k, const auto& visit) {
    seen[at(k)] = static_cast<int>(k);
    for (Index q = a_start_[at(k)]; q < a_start_[at(k) + 1]; ++q)
      for (int i = a_col_[at(q)]; seen[at(i)] != k; i = parent[at(i)]) {
        if (parent[at(i)] < 0) parent[at(i)] = static_cast<int>(k);
        seen[at(i)] = static_cast<int>(k);
        visit(i);
      }
  };
  for (Index k = 0; k < n; ++k) each_of_row(k, [&](int i) { ++counts[at(i)]; });
  head_ = dense_from(counts);

  counts.resize(at(head_));
  l_start_ = starts(counts);
  l_row_.resize(at(l_start_.back()));
  std::vector<int> next(l_start_.begin(), l_start_.end() - 1), sizes(at(n), 0);
  std::fill(seen.begin(), seen.end(), -1);
  for (Index k = 0; k < n; ++k)
    each_of_row(k, [&](int i) {
      if (i >= head_) return;
      l_row_[at(next[at(i)]++)] = static_cast<int>(k);
      ++sizes[at(k)];
    });
  row_start_ = starts(sizes);
  row_col_.resize(l_row_.size());
  next.assign(row_start_.begin(), row_start_.end() - 1);
  for (Index i = 0; i < head_; ++i)
    for (Index p = l_start_[at(i)]; p < l_start_[at(i) + 1]; ++p)
      row_col_[at(next[at(l_row_[at(p)])]++)] = static_cast<int>(i);
}

template <class S>
void SparseLdlt<S>::analyse(const SparseMatrix<S>& A) {
  eigen_assert(A.rows() == A.cols());
  find_order(A);
  find_fill();
  const Index tail = size() - head_;
  D_.resize(head_);
  L_.resize(static_cast<Index>(l_row_.size()));
  weights_.resize(L_.size());
  filled_.resize(at(head_));
  row_.resize(size());
  for (Index i = 0; i < size(); ++i) row_[i] = S(0);
  dense_.resize(tail, tail);
  failed_ = -1;
}

template <class S>
bool SparseLdlt<S>::factor(const SparseMatrix<S>& A) {
  eigen_assert(A.rows() == size() && A.cols() == size());
  failed_ = -1;
  std::copy(l_start_.begin(), l_start_.end() - 1, filled_.begin());
  for (Index k = 0; k < size(); ++k) {
    for (Index q = a_start_[at(k)]; q < a_start_[at(k) + 1]; ++q)
      row_[a_col_[at(q)]] = A.value(a_at_[at(q)]);
    S corner = diagonal_at_[at(k)] < 0 ? S(0) : A.value(diagonal_at_[at(k)]);
    for (Index q = row_start_[at(k)]; q < row_start_[at(k) + 1]; ++q) {
      const Index i = row_col_[at(q)];
      const S l = row_[i] / D_[i];
      row_[i] = S(0);
      const Index end = filled_[at(i)];
      for (Index p = l_start_[at(i)]; p < end; ++p) row_[l_row_[at(p)]] += l * weights_[p];
      L_[end] = l;
      weights_[end] = -(D_[i] * l);
      corner += l * weights_[end];
      ++filled_[at(i)];
    }
    if (k >= head_) {
      for (Index j = head_; j < k; ++j) {
        dense_(k - head_, j - head_) = row_[j];
        row_[j] = S(0);
      }
      dense_(k - head_, k - head_) = corner;
      continue;
    }
    D_[k] = corner;
    if (!(S(0) < corner)) {
      failed_ = order_[at(k)];
      return false;
    }
  }
  if (!tail_.factor(dense_)) failed_ = order_[at(head_ + tail_.failed_pivot())];
  return failed_ < 0;
}

/// Forward by columns, each chain ascending; back by one chain for each column.
template <class S>
void SparseLdlt<S>::solve_in_place(Vec<S>& x) const {
  eigen_assert(x.size() == size() && failed_ < 0);
  thread_local Vec<S> work;  // the permuted x; as large as the largest so far
  if (work.size() < size()) work.resize(size());
  for (Index k = 0; k < size(); ++k) work[k] = x[order_[at(k)]];
  for (Index i = 0; i < head_; ++i) {
    if (work[i] == S(0)) continue;
    const S by = -work[i];
    for (Index p = l_start_[at(i)]; p < l_start_[at(i) + 1]; ++p) work[l_row_[at(p)]] += L_[p] * by;
  }
  if (head_ < size()) tail_.solve_in_place(work.data() + head_, 1);
  for (Index i = head_ - 1; i >= 0; --i) {
    S value = work[i] / D_[i];
    for (Index p = l_start_[at(i)]; p < l_start_[at(i) + 1]; ++p)
      value -= L_[p] * work[l_row_[at(p)]];
    work[i] = value;
  }
  for (Index k = 0; k < size(); ++k) x[order_[at(k)]] = work[k];
}

template <class S>
S SparseLdlt<S>::lower(Index i, Index j) const {
  if (i == j) return S(1);
  if (j >= head_) return tail_.lower()(i - head_, j - head_);
  for (Index p = l_start_[at(j)]; p < l_start_[at(j) + 1]; ++p)
    if (l_row_[at(p)] == i) return L_[p];
  return S(0);
}

double smallest_eigenvalue_bound(const SparseMatrix<double>& H, SparseLdlt<double> factor) {
  const Index n = H.rows();
  Vec<double> v(n);
  for (Index i = 0; i < n; ++i) v[i] = 1.0 + static_cast<double>((i * 7) % 11);
  double growth = 0;
  for (int k = 0; k < 10; ++k) {
    const double size = norm(v);
    for (Index i = 0; i < n; ++i) v[i] /= size;
    factor.solve_in_place(v);
    growth = norm(v);
  }
  // Rounding of the factorisation of H - s I, as in the dense case: a sparse L D L' chains no more.
  double trace = 0;
  for (Index i = 0; i < n; ++i) trace += H(i, i);
  const double g = gamma_bound<double>(n + 2);
  const double hidden = 2 * g / (1 - g) * trace;
  for (const double share : {0.5, 0.1, 0.01}) {
    const double s = share / growth;
    Vec<double> values = H.values();
    for (Index j = 0; j < n; ++j)
      for (Index p = H.begin(j); p < H.begin(j + 1); ++p)
        if (H.row(p) == j) values[p] -= s;
    SparseMatrix<double> shifted = H;
    shifted.set_values(std::move(values));
    if (s > hidden && factor.factor(shifted)) return s - hidden;
  }
  return 0;
}

#define ASSAY_INSTANTIATE(S) template class SparseLdlt<S>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
