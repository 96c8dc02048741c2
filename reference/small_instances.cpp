#include "reference/small_instances.hpp"

#include "assay/numerics/random.hpp"

namespace assay::reference {

Vec<double> eighths(std::uint64_t seed, std::uint64_t what, Index count, int limit) {
  const RandomStream stream(seed, 77, Purpose::generator, what);
  Vec<double> v(count);
  for (Index i = 0; i < count; ++i) {
    const auto draw =
        stream.word(static_cast<std::uint64_t>(i)) % static_cast<std::uint64_t>(2 * limit + 1);
    v[i] = (static_cast<double>(draw) - limit) / 8;
  }
  return v;
}

SmallShape varied_shape(std::uint64_t seed) {
  SmallShape shape;
  shape.n = 1 + static_cast<Index>(seed % 3);
  shape.m = 2 + static_cast<Index>(seed / 3 % 3);
  shape.equalities = static_cast<Index>(seed / 2 % 2);
  shape.rows = static_cast<Index>(seed % 7);
  shape.bounds = seed % 5 < 2;
  return shape;
}

Instance small_instance(std::uint64_t seed, const SmallShape& shape) {
  const Index n = shape.n, m = shape.m;
  std::uint64_t what = 0;
  const auto matrix = [&](Index rows, Index cols, int limit) {
    const Vec<double> v = eighths(seed, what++, rows * cols, limit);
    return Mat<double>(Eigen::Map<const Mat<double>>(v.data(), rows, cols));
  };
  // R'R + I/2 with R in halves: multiples of 1/4.
  const auto definite = [&](Index size) {
    const Mat<double> R = 4 * matrix(size, size, 2);
    Mat<double> H = R.transpose() * R;
    for (Index i = 0; i < size; ++i) H(i, i) += 0.5;
    return H;
  };
  Instance in = empty_instance(n, m);
  in.name = "small-" + std::to_string(seed);
  in.source = in.name;
  in.Qxx = ExactMatrix(definite(n));
  in.Qxy = ExactMatrix(matrix(n, m, 8));
  in.Qyy = ExactMatrix(definite(m));
  in.x_target = ExactMatrix(matrix(n, 1, 8));
  in.y_target = ExactMatrix(matrix(m, 1, 8));
  in.cx = ExactMatrix(matrix(n, 1, 8));
  in.cy = ExactMatrix(matrix(m, 1, 8));
  in.c0 = ExactMatrix(matrix(1, 1, 8));
  in.H = ExactMatrix(definite(m));
  in.M = ExactMatrix(matrix(m, n, 8));
  in.d = ExactMatrix(matrix(m, 1, 24));
  in.A = ExactMatrix(matrix(shape.rows, n, 8));
  in.B = ExactMatrix(matrix(shape.rows, m, 12));
  // Limits lean to the positive side, where the origin is feasible.
  Mat<double> b = matrix(shape.rows, 1, 8);
  for (Index i = 0; i < b.rows(); ++i) b(i, 0) += 0.25;
  in.b = ExactMatrix(b);
  in.E = ExactMatrix(matrix(shape.equalities, n, 8));
  in.G = ExactMatrix(matrix(shape.equalities, m, 12));
  in.e = ExactMatrix(matrix(shape.equalities, 1, 8));
  if (shape.bounds) {
    in.lower.set(0, 0, -0.125);
    in.lower.set(m - 1, 0, -0.5);
    in.upper.set(m - 1, 0, 0.25);
  }
  return in;
}

}  // namespace assay::reference
