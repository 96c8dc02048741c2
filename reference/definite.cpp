#include "reference/definite.hpp"

namespace assay::reference {
namespace {

/// Whether the upper triangle of `a` has a Cholesky factor, which replaces it.
template <class S>
bool cholesky(Mat<S>& a) {
  for (Index j = 0; j < a.cols(); ++j) {
    for (Index i = 0; i <= j; ++i) {
      S sum = a(i, j);
      for (Index k = 0; k < i; ++k) sum -= a(k, i) * a(k, j);
      if (i < j) {
        a(i, j) = sum / a(i, i);
      } else {
        if (!(sum > S(0)) || !is_finite(sum)) return false;
        a(i, i) = square_root(sum);
      }
    }
  }
  return true;
}

}  // namespace

template <class S>
bool proved_definite(const BallMatrix<S>& matrix) {
  const Index order = matrix.rows();
  std::vector<int> scale;
  for (Index i = 0; i < order; ++i) {
    if (!matrix(i, i).positive()) return false;
    scale.push_back(-binary_exponent(matrix(i, i).mid) / 2);
  }
  const auto scaled = [&](const S& a, Index i, Index j) {
    return scale_by_power_of_two(
        a, scale[static_cast<std::size_t>(i)] + scale[static_cast<std::size_t>(j)]);
  };
  Mat<S> a(order, order);
  S trace(0);
  Bound<S> radius;  // of the balls, in the norm of row sums
  for (Index i = 0; i < order; ++i) {
    Bound<S> row;
    for (Index j = 0; j < order; ++j) {
      a(i, j) = scaled(matrix(i, j).mid, i, j);
      if (!matrix.exact()) row += Bound<S>::of_chain(scaled(matrix(i, j).rad, i, j), 1);
    }
    trace += a(i, i);
    radius = Bound<S>(larger(radius.value(), row.value()));
  }
  // gamma_{2k+2} >= gamma_{k+1} / (1 - gamma_{k+1}); the shift rounds each diagonal entry by at
  // most u times itself, less than u trace. The scaled entries are at most 2 in size if the matrix
  // is definite, and each of the order^3 products, and each scaled entry, may lose a subnormal
  // part.
  const Bound<S> gamma = Bound<S>::gamma(2 * order + 2) + Bound<S>(unit_roundoff<S>());
  const S lost_to_underflow =
      S(static_cast<double>(order * order)) * S(static_cast<double>(8 * order)) * Bound<S>::tiny();
  const Bound<S> shift =
      gamma * Bound<S>::of_chain(trace, order) + radius + Bound<S>(lost_to_underflow);
  for (Index i = 0; i < order; ++i) a(i, i) -= shift.value();
  return cholesky(a);
}

template bool proved_definite(const BallMatrix<double>&);
template bool proved_definite(const BallMatrix<Real50>&);
template bool proved_definite(const BallMatrix<Real100>&);

}  // namespace assay::reference
