#pragma once

#include <cstring>

#include "assay/scalar/dense.hpp"

/// The double kernels of kernels.hpp in vector registers of the machine's own width. Same order of
/// operations per element as the plain loops there, hence the same bits on every width.
namespace assay::lanes {

#if defined(__AVX512F__)
inline constexpr Index width = 8;
#elif defined(__AVX__)
inline constexpr Index width = 4;
#else
inline constexpr Index width = 2;
#endif

typedef double Pack __attribute__((vector_size(width * sizeof(double))));

inline Pack load(const double* p) {
  Pack v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(double* p, const Pack& v) { std::memcpy(p, &v, sizeof v); }
inline Pack spread(double s) { return Pack{} + s; }

inline double dot(const double* a, const double* b, Index n) {
  constexpr Index packs = 8 / width;
  Pack sum[packs] = {};
  Index i = 0;
  for (; i + 8 <= n; i += 8)
    for (Index p = 0; p < packs; ++p) sum[p] += load(a + i + p * width) * load(b + i + p * width);
  double lane[8];
  for (Index p = 0; p < packs; ++p) store(lane + p * width, sum[p]);
  for (Index l = 0; i < n; ++i, ++l) lane[l] += a[i] * b[i];
  for (int w = 4; w > 0; w /= 2)
    for (int l = 0; l < w; ++l) lane[l] += lane[l + w];
  return lane[0];
}

inline void add_scaled(const double* a, double s, double* y, Index n) {
  Index i = 0;
  for (; i + width <= n; i += width) store(y + i, load(y + i) + load(a + i) * s);
  for (; i < n; ++i) y[i] += a[i] * s;
}

inline void add_product(const double* a, Index stride, Index rows, Index cols, const double* x,
                        double* y) {
  Index j = 0;
  // Four columns at a time: y is loaded and stored once for four multiply-adds, in column order.
  for (; j + 4 <= cols; j += 4) {
    const double* c0 = a + j * stride;
    const double* c1 = c0 + stride;
    const double* c2 = c1 + stride;
    const double* c3 = c2 + stride;
    const double x0 = x[j], x1 = x[j + 1], x2 = x[j + 2], x3 = x[j + 3];
    Index i = 0;
    for (; i + width <= rows; i += width) {
      Pack v = load(y + i);
      v += load(c0 + i) * x0;
      v += load(c1 + i) * x1;
      v += load(c2 + i) * x2;
      v += load(c3 + i) * x3;
      store(y + i, v);
    }
    for (; i < rows; ++i) {
      double v = y[i];
      v += c0[i] * x0;
      v += c1[i] * x1;
      v += c2[i] * x2;
      v += c3[i] * x3;
      y[i] = v;
    }
  }
  for (; j < cols; ++j) add_scaled(a + j * stride, x[j], y, rows);
}

}  // namespace assay::lanes
