#pragma once

/// What the project's kernels are measured against: Eigen, and OpenBLAS where it is installed, with
/// every instruction the machine has. In a shared library of its own whose names stay inside, so
/// that no template of Eigen compiled for other instructions meets the project's.
///
/// Matrices are square and contiguous by columns unless said otherwise.
namespace peers {

struct Kernels {
  double (*dot)(const double* a, const double* b, long n);
  void (*product)(const double* a, long rows, long cols, const double* x, double* y);  ///< y += A x
  void (*transposed_product)(const double* a, long rows, long cols, const double* x, double* y);
  void (*cholesky)(const double* a, long n, double* l);
  void (*solve)(const double* l, long n, double* x);  ///< L and L', one after the other
};

extern const Kernels eigen;
/// Null members when it was not found.
extern const Kernels openblas;

}  // namespace peers
