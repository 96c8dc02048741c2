#include "properties/saddle_bounds.hpp"

#include <cmath>

namespace assay::properties {

namespace {

/// Gauss and Jordan with row exchanges.
template <class W>
std::optional<Mat<W>> invert(Mat<W> A) {
  const Index n = A.rows();
  Mat<W> R(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) R(i, j) = W(i == j ? 1 : 0);
  for (Index j = 0; j < n; ++j) {
    Index top = j;
    for (Index i = j; i < n; ++i)
      if (magnitude(A(top, j)) < magnitude(A(i, j))) top = i;
    if (A(top, j) == W(0) || !is_finite(A(top, j))) return std::nullopt;
    for (Index k = 0; k < n; ++k) {
      std::swap(A(top, k), A(j, k));
      std::swap(R(top, k), R(j, k));
    }
    const W pivot = A(j, j);
    for (Index k = 0; k < n; ++k) {
      A(j, k) /= pivot;
      R(j, k) /= pivot;
    }
    for (Index i = 0; i < n; ++i) {
      if (i == j || A(i, j) == W(0)) continue;
      const W factor = A(i, j);
      for (Index k = j; k < n; ++k) A(i, k) -= factor * A(j, k);
      for (Index k = 0; k < n; ++k) R(i, k) -= factor * R(j, k);
    }
  }
  return R;
}

template <class W>
std::optional<InverseEnclosure> enclose(const Mat<double>& K) {
  const Index n = K.rows();
  const Mat<W> A = widen<W>(K);
  const auto R = invert<W>(A);
  if (!R) return std::nullopt;
  const W gamma = gamma_bound<W>(n + 2);
  W epsilon(0);
  for (Index i = 0; i < n; ++i) {
    W sum(0);
    for (Index j = 0; j < n; ++j) {
      W e(i == j ? 1 : 0), size(0);
      for (Index k = 0; k < n; ++k) {
        const W term = (*R)(i, k) * A(k, j);
        e -= term;
        size += magnitude(term);
      }
      sum += magnitude(e) + gamma * (size + W(1));
    }
    epsilon = larger(epsilon, sum);
  }
  if (!(epsilon < W(0.5))) return std::nullopt;
  InverseEnclosure out;
  out.middle.resize(n, n);
  out.excess.resize(n);
  for (Index j = 0; j < n; ++j) {
    W top(0);
    for (Index i = 0; i < n; ++i) {
      out.middle(i, j) = to_double((*R)(i, j));
      top = larger(top, magnitude((*R)(i, j)));
    }
    // 2^-50: of rounding R and this line to double
    out.excess[j] = to_double(W(epsilon / (W(1) - epsilon) * top + W(0x1p-50) * top));
  }
  return out;
}

Vec<double> zeros(Index n) { return Vec<double>::Zero(n); }

}  // namespace

double InverseEnclosure::size(Index i, Index j) const {
  return std::fabs(middle(i, j)) + excess[j];
}

double InverseEnclosure::norm() const {
  double top = 0;
  for (Index i = 0; i < middle.rows(); ++i) {
    double sum = 0;
    for (Index j = 0; j < middle.cols(); ++j) sum += size(i, j);
    top = larger(top, sum);
  }
  return top;
}

std::optional<InverseEnclosure> enclose_inverse(const Mat<double>& K) {
  if (auto quick = enclose<double>(K)) return quick;
  return enclose<Real50>(K);
}

std::optional<SaddleBounds> SaddleBounds::of(const QuadraticProblem<double>& problem,
                                             const std::vector<Index>& rows) {
  const Index m = problem.m, k = static_cast<Index>(rows.size());
  SaddleBounds out;
  out.H_ = problem.H;
  out.B_.resize(k, m);
  for (Index a = 0; a < k; ++a)
    for (Index j = 0; j < m; ++j) out.B_(a, j) = problem.Bt(j, rows[static_cast<std::size_t>(a)]);
  Mat<double> K = Mat<double>::Zero(m + k, m + k);
  K.topLeftCorner(m, m) = out.H_;
  for (Index a = 0; a < k; ++a)
    for (Index j = 0; j < m; ++j) K(m + a, j) = K(j, m + a) = out.B_(a, j);
  auto whole = enclose_inverse(K), corner = enclose_inverse(out.H_);
  if (!whole || !corner) return std::nullopt;
  out.K_ = std::move(*whole);
  out.H_inverse_ = std::move(*corner);
  out.S_.resize(m, k);
  out.h_.resize(m);
  out.t_.resize(k);
  for (Index i = 0; i < m; ++i) out.h_[i] = std::sqrt(out.H_(i, i));
  for (Index a = 0; a < k; ++a) {
    double corner_entry = 0;
    for (Index i = 0; i < m; ++i) {
      double sum = 0;
      for (Index j = 0; j < m; ++j) sum += out.H_inverse_.middle(i, j) * out.B_(a, j);
      out.S_(i, a) = sum;
      corner_entry += sum * out.B_(a, i);
    }
    out.t_[a] = std::sqrt(std::fabs(corner_entry));
  }
  return out;
}

SolveError SaddleBounds::moved(const Vec<double>& da, const Vec<double>& dc) const {
  const Index m = H_.rows(), k = B_.rows();
  SolveError out;
  out.dp = zeros(m);
  out.dnu = zeros(k);
  for (Index i = 0; i < m + k; ++i) {
    double sum = 0;
    for (Index j = 0; j < m + k; ++j) sum += K_.size(i, j) * (j < m ? da[j] : dc[j - m]);
    (i < m ? out.dp[i] : out.dnu[i - m]) = sum;
  }
  return out;
}

SolveError SaddleBounds::solve(const Vec<double>& a, const Vec<double>& c, double u,
                               Index removals) const {
  const Index m = H_.rows(), k = B_.rows();
  Vec<double> p0 = zeros(m), p = zeros(m), nu = zeros(k);
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < m; ++i) p0[i] += H_inverse_.middle(i, j) * a[j];
  for (Index i = 0; i < m + k; ++i)
    for (Index j = 0; j < m + k; ++j)
      (i < m ? p[i] : nu[i - m]) += K_.middle(i, j) * (j < m ? a[j] : c[j - m]);

  Vec<double> terms = zeros(m);  // |p0| + |S||nu|
  double weight = 0;             // h'terms
  for (Index i = 0; i < m; ++i) {
    terms[i] = std::fabs(p0[i]);
    for (Index b = 0; b < k; ++b) terms[i] += std::fabs(S_(i, b) * nu[b]);
    weight += h_[i] * terms[i];
  }
  Vec<double> r1 = zeros(m), r2 = zeros(k);
  for (Index i = 0; i < m; ++i) {
    double sum = 0;
    for (Index j = 0; j < m; ++j) sum += std::fabs(H_(i, j)) * terms[j];
    r1[i] = 2 * (gamma_of(u, 3 * m + 8) * h_[i] * weight + gamma_of(u, k + 4) * sum);
  }
  double gram_weight = 0;
  for (Index b = 0; b < k; ++b) gram_weight += t_[b] * std::fabs(nu[b]);
  for (Index b = 0; b < k; ++b) {
    double sum = std::fabs(c[b]);
    for (Index j = 0; j < m; ++j) sum += std::fabs(B_(b, j)) * terms[j];
    r2[b] = 2 * (gamma_of(u, m + k + 8) * sum +
                 gamma_of(u, (3 + 6 * removals) * (k + 3)) * t_[b] * gram_weight);
  }
  SolveError out = moved(r1, r2);
  out.p = p;
  out.nu = nu;
  out.r1 = r1;
  out.r2 = r2;
  return out;
}

}  // namespace assay::properties
