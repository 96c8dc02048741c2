#pragma once

#include "reference/fraction_free.hpp"

/// The few products that exact fractions need.
namespace assay::reference {

inline RVec times(const RMat& a, const RVec& x) {
  RVec y(a.rows());
  for (Index i = 0; i < a.rows(); ++i) {
    y[i] = 0;
    for (Index j = 0; j < a.cols(); ++j) y[i] += a(i, j) * x[j];
  }
  return y;
}

inline RVec times_transposed(const RMat& a, const RVec& x) {
  RVec y(a.cols());
  for (Index j = 0; j < a.cols(); ++j) {
    y[j] = 0;
    for (Index i = 0; i < a.rows(); ++i) y[j] += a(i, j) * x[i];
  }
  return y;
}

inline RMat product(const RMat& a, const RMat& b) {
  RMat c(a.rows(), b.cols());
  for (Index j = 0; j < b.cols(); ++j) c.col(j) = times(a, b.col(j));
  return c;
}

inline Rational inner(const RVec& a, const RVec& b) {
  Rational sum = 0;
  for (Index i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

inline RVec zero_vector(Index size) { return RVec::Constant(size, Rational(0)); }

inline bool is_zero(const RVec& a) {
  for (Index i = 0; i < a.size(); ++i)
    if (a[i] != 0) return false;
  return true;
}

}  // namespace assay::reference
