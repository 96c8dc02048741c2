#pragma once

#include <vector>

#include "assay/scalar/dense.hpp"

/// The double kernels of kernels.hpp in vector registers. Same order of operations per element as
/// the plain loops there, hence the same bits on every width. On x86-64 those of AVX2 are
/// chosen at start where the processor has them.
///
/// Matrices are columns: A(i,j) = a[i + j * stride].
namespace assay::lanes {

struct Kernels {
  Index width;  ///< doubles in a register
  double (*dot)(const double* a, const double* b, Index n);
  void (*add_scaled)(const double* a, double s, double* y, Index n);
  void (*divide)(double* y, double by, Index n);
  /// y += A x
  void (*add_product)(const double* a, Index stride, Index rows, Index cols, const double* x,
                      double* y);
  /// y = A' x
  void (*transposed_product)(const double* a, Index stride, Index rows, Index cols, const double* x,
                             double* y);
  /// C(i,j) += sum over k of A(i,k) W(k,j), for i >= j only; C is rows x cols with A's stride
  void (*add_lower_product)(const double* a, Index stride, Index rows, Index inner, const double* w,
                            Index cols, double* c);
  /// X := L^-1 X and L'^-1 X, L unit lower triangular, X n x count without gaps
  void (*forward)(const double* l, Index stride, Index n, double* x, Index count);
  void (*backward)(const double* l, Index stride, Index n, double* x, Index count);
};

/// Those in use.
extern const Kernels* kernels;

/// Every version that this processor can run, narrowest first.
std::vector<const Kernels*> available();

/// From now on, for all threads. Which is used changes no result.
inline void use(const Kernels& chosen) { kernels = &chosen; }

}  // namespace assay::lanes
