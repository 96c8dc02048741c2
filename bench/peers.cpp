#include "bench/peers.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#ifdef ASSAY_OPENBLAS
#include <cblas.h>

#include <cstring>

extern "C" void dpotrf_(const char* half, const int* n, double* a, const int* stride, int* info);
#endif

namespace {

using ConstMatrix = Eigen::Map<const Eigen::MatrixXd>;
using ConstVector = Eigen::Map<const Eigen::VectorXd>;
using Matrix = Eigen::Map<Eigen::MatrixXd>;
using Vector = Eigen::Map<Eigen::VectorXd>;

double eigen_dot(const double* a, const double* b, long n) {
  return ConstVector(a, n).dot(ConstVector(b, n));
}
void eigen_product(const double* a, long rows, long cols, const double* x, double* y) {
  Vector(y, rows).noalias() += ConstMatrix(a, rows, cols) * ConstVector(x, cols);
}
void eigen_transposed(const double* a, long rows, long cols, const double* x, double* y) {
  Vector(y, cols).noalias() = ConstMatrix(a, rows, cols).transpose() * ConstVector(x, rows);
}
void eigen_cholesky(const double* a, long n, double* l) {
  Matrix L(l, n, n);
  L = ConstMatrix(a, n, n);
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> in_place(L);
}
void eigen_solve(const double* l, long n, double* x) {
  Vector v(x, n);
  const ConstMatrix L(l, n, n);
  L.triangularView<Eigen::Lower>().solveInPlace(v);
  L.transpose().triangularView<Eigen::Upper>().solveInPlace(v);
}

#ifdef ASSAY_OPENBLAS
double blas_dot(const double* a, const double* b, long n) {
  return cblas_ddot(static_cast<int>(n), a, 1, b, 1);
}
void blas_product(const double* a, long rows, long cols, const double* x, double* y) {
  cblas_dgemv(CblasColMajor, CblasNoTrans, static_cast<int>(rows), static_cast<int>(cols), 1, a,
              static_cast<int>(rows), x, 1, 1, y, 1);
}
void blas_transposed(const double* a, long rows, long cols, const double* x, double* y) {
  cblas_dgemv(CblasColMajor, CblasTrans, static_cast<int>(rows), static_cast<int>(cols), 1, a,
              static_cast<int>(rows), x, 1, 0, y, 1);
}
void blas_cholesky(const double* a, long n, double* l) {
  std::memcpy(l, a, static_cast<std::size_t>(n * n) * sizeof *l);
  const int order = static_cast<int>(n);
  int info = 0;
  dpotrf_("L", &order, l, &order, &info);
}
void blas_solve(const double* l, long n, double* x) {
  const int order = static_cast<int>(n);
  cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, order, l, order, x, 1);
  cblas_dtrsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, order, l, order, x, 1);
}
#endif

}  // namespace

namespace peers {

#define ASSAY_SEEN __attribute__((visibility("default")))
ASSAY_SEEN extern const Kernels eigen = {eigen_dot, eigen_product, eigen_transposed, eigen_cholesky,
                                         eigen_solve};
#ifdef ASSAY_OPENBLAS
ASSAY_SEEN extern const Kernels openblas = {blas_dot, blas_product, blas_transposed, blas_cholesky,
                                            blas_solve};
#else
ASSAY_SEEN extern const Kernels openblas = {nullptr, nullptr, nullptr, nullptr, nullptr};
#endif

}  // namespace peers
