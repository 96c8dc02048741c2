#pragma once

#include <set>

#include "assay/numerics/random.hpp"
#include "assay/numerics/sparse_matrix.hpp"
#include "assay/scalar/convert.hpp"

/// Sparse matrices for tests: small multiples of 1/8, so exact in every scalar.
namespace assay {

using Edges = std::set<std::pair<Index, Index>>;  ///< (i, j), i > j

inline Edges band(Index n, Index width) {
  Edges edges;
  for (Index i = 0; i < n; ++i)
    for (Index j = std::max(Index(0), i - width); j < i; ++j) edges.insert({i, j});
  return edges;
}

/// Five-point stencil on side x side.
inline Edges grid(Index side) {
  Edges edges;
  for (Index i = 0; i < side * side; ++i) {
    if (i % side > 0) edges.insert({i, i - 1});
    if (i >= side) edges.insert({i, i - side});
  }
  return edges;
}

/// All meet the first.
inline Edges star(Index n) {
  Edges edges;
  for (Index i = 1; i < n; ++i) edges.insert({i, 0});
  return edges;
}

inline Edges at_random(Index n, Index count, std::uint64_t seed) {
  Edges edges;
  const RandomStream draws(seed, static_cast<std::uint64_t>(n), Purpose::probe, 77);
  const auto below = [&](std::uint64_t k) {
    return static_cast<Index>(draws.uniform(k) * static_cast<double>(n));
  };
  for (std::uint64_t k = 0; static_cast<Index>(edges.size()) < count; k += 2)
    if (const Index i = below(k), j = below(k + 1); i != j)
      edges.insert({std::max(i, j), std::min(i, j)});
  return edges;
}

/// Symmetric, its diagonal larger than the rest of its row by 1/2 to 3/2.
template <class S>
SparseMatrix<S> sparse_definite(Index n, const Edges& edges, std::uint64_t seed) {
  const RandomStream draws(seed, 3, Purpose::probe, 78);
  std::vector<SparseEntry<S>> entries;
  std::vector<double> diagonal(static_cast<std::size_t>(n));
  std::uint64_t k = 0;
  const auto eighth = [&](double low, double high) {
    return static_cast<double>(static_cast<long>(8 * (low + (high - low) * draws.uniform(k++)))) /
           8;
  };
  for (double& value : diagonal) value = eighth(0.5, 1.5);
  for (const auto& [i, j] : edges) {
    double value = eighth(-2, 2);
    if (value == 0) value = 1;
    entries.push_back({i, j, S(value)});
    entries.push_back({j, i, S(value)});
    diagonal[static_cast<std::size_t>(i)] += value < 0 ? -value : value;
    diagonal[static_cast<std::size_t>(j)] += value < 0 ? -value : value;
  }
  for (Index i = 0; i < n; ++i) entries.push_back({i, i, S(diagonal[static_cast<std::size_t>(i)])});
  return {n, n, std::move(entries)};
}

template <class S>
Mat<S> dense(const SparseMatrix<S>& A) {
  Mat<S> out(A.rows(), A.cols());
  for (Index j = 0; j < A.cols(); ++j) {
    for (Index i = 0; i < A.rows(); ++i) out(i, j) = S(0);
    for (Index p = A.begin(j); p < A.begin(j + 1); ++p) out(A.row(p), j) = A.value(p);
  }
  return out;
}

}  // namespace assay
