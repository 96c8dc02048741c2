#pragma once

#include <Eigen/Core>

#include "assay/scalar/scalar.hpp"

namespace assay {

using Index = Eigen::Index;

/// Dense storage, columns contiguous. Eigen only stores: every reduction whose order could show in
/// a result is in numerics/kernels.hpp.
template <class S>
using Vec = Eigen::Matrix<S, Eigen::Dynamic, 1>;
template <class S>
using Mat = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;

/// Entry by entry, without rounding.
template <class S>
Vec<S> widen(const Vec<double>& v) {
  Vec<S> w(v.size());
  for (Index i = 0; i < v.size(); ++i) w[i] = S(v[i]);
  return w;
}
template <class S>
Mat<S> widen(const Mat<double>& a) {
  Mat<S> w(a.rows(), a.cols());
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) w(i, j) = S(a(i, j));
  return w;
}

}  // namespace assay
