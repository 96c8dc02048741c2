// Prints one digest for each kernel and size, for comparison across compilers, optimisation levels
// and instruction sets. One translation unit on purpose: the kernels are built with this program's
// flags.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "assay/numerics/data_factor.hpp"
#include "assay/numerics/data_matrix.hpp"
#include "assay/numerics/elementary.cpp"
#include "assay/numerics/exact_dots.cpp"
#include "assay/numerics/growing_ldlt.hpp"
#include "assay/numerics/lanes.cpp"
#include "assay/numerics/ldlt.hpp"
#include "assay/numerics/power.hpp"
#include "assay/numerics/random.cpp"
#include "assay/numerics/refined_ldlt.cpp"
#include "assay/numerics/sparse_ldlt.cpp"

namespace {

std::string output;

using assay::Index;
using Vector = assay::Vec<double>;
using Matrix = assay::Mat<double>;

/// FNV-1a over the bits of doubles and of 50-digit numbers.
class Digest {
 public:
  void add(double value) {
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    add_word(bits);
  }
  void add(const Vector& v) {
    for (Index i = 0; i < v.size(); ++i) add(v[i]);
  }
  void add(const assay::Vec<assay::Real50>& v) {
    for (Index i = 0; i < v.size(); ++i) {
      add_word(static_cast<std::uint64_t>(assay::real50::exponent(v[i])));
      for (int k = 0; k < 3; ++k) add_word(assay::real50::words(v[i])[k]);
    }
  }
  void print(const char* name, Index n) const {
    char line[100];
    std::snprintf(line, sizeof line, "%s %ld %016llx\n", name, static_cast<long>(n),
                  static_cast<unsigned long long>(state_));
    output += line;
  }

 private:
  void add_word(std::uint64_t word) {
    for (int k = 0; k < 8; ++k) state_ = (state_ ^ (word >> (8 * k) & 0xff)) * 0x100000001b3U;
  }

  std::uint64_t state_ = 0xcbf29ce484222325U;
};

assay::RandomStream stream(Index n, std::uint64_t what) {
  return {42, static_cast<std::uint64_t>(n), assay::Purpose::probe, what};
}

/// Entries over many binades, so that a changed order of additions shows.
Vector vector(Index n, std::uint64_t what) {
  Vector v = stream(n, what).normals(n);
  for (Index i = 0; i < n; ++i) v[i] = std::ldexp(v[i], static_cast<int>(i * 7 % 23) - 11);
  return v;
}

Matrix matrix(Index rows, Index cols, std::uint64_t what) {
  Matrix A(rows, cols);
  const auto s = stream(rows, what);
  for (Index j = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i) A(i, j) = s.normal(static_cast<std::uint64_t>(i + j * rows));
  return A;
}

Matrix definite(Index n) {
  const Matrix R = matrix(n, n, 7);
  Matrix H(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i)
      H(i, j) = assay::dot(R.data() + i * n, R.data() + j * n, n) + (i == j ? 1.0 : 0.0);
  return H;
}

void level_one_and_two(Index n) {
  const Vector a = vector(n, 1), b = vector(n, 2);
  const Matrix A = matrix(n, n + 3, 3);
  Digest dot, norm, scaled, product, transposed;
  dot.add(assay::dot(a, b));
  dot.print("dot", n);
  norm.add(assay::norm(a));
  norm.add(assay::norm(Vector(a * 0x1p-600)));
  norm.print("norm", n);
  Vector y = b;
  assay::add_scaled(a, 1.0 / 3, y);
  scaled.add(y);
  scaled.print("add_scaled", n);
  y = b;
  assay::add_product(A, vector(n + 3, 4), y);
  product.add(y);
  product.print("add_product", n);
  assay::transposed_product(A, a, y);
  transposed.add(y);
  transposed.print("transposed_product", n);
}

void factorisations(Index n) {
  const Matrix H = definite(n);
  const assay::Ldlt<double> factor(H);
  Digest ldlt, solve, growing;
  ldlt.add(factor.pivots());
  for (Index j = 0; j < n; ++j) ldlt.add(Vector(factor.lower().col(j).tail(n - j)));
  ldlt.print("ldlt", n);
  Vector x = vector(n, 5);
  factor.solve_in_place(x);
  solve.add(x);
  solve.print("ldlt_solve", n);

  assay::GrowingLdlt<double> g(n);
  for (Index i = 0; i < n; ++i) g.append(g.preview(H.data() + i * n, H(i, i)));
  for (Index i = 0; i < n / 2; ++i) g.remove((i * 5) % g.size());
  x = vector(n, 6);
  g.solve_in_place(x.data());
  growing.add(x);
  growing.print("growing_ldlt", n);
}

/// Five-point stencil on side x side: an order by minimum degree, columns of both kinds.
void sparse(Index side) {
  const Index n = side * side;
  const Vector z = stream(n, 11).normals(3 * n);
  std::vector<assay::SparseEntry<double>> entries;
  const auto couple = [&](Index i, Index j, double value) {
    entries.push_back({i, j, value});
    entries.push_back({j, i, value});
  };
  for (Index i = 0; i < n; ++i) {
    entries.push_back({i, i, 12 + z[i]});  // far above the four others
    if (i % side > 0) couple(i, i - 1, z[n + i] / 3);
    if (i >= side) couple(i, i - side, z[2 * n + i] / 3);
  }
  const assay::SparseMatrix<double> A(n, n, std::move(entries));
  assay::SparseLdlt<double> factor;
  factor.analyse(A);
  Digest order, solve, product;
  if (!factor.factor(A)) {
    std::fprintf(stderr, "sparse_ldlt %ld failed\n", static_cast<long>(n));
    std::exit(1);
  }
  for (const int k : factor.order()) order.add(k);
  order.print("sparse_order", n);
  Vector x = vector(n, 12), y = x;
  factor.solve_in_place(x);
  solve.add(x);
  solve.print("sparse_solve", n);
  assay::add_product(A, x, y);
  product.add(y);
  assay::transposed_product(A, x, y);
  product.add(y);
  product.print("sparse_product", n);
}

/// Two entries beside the diagonal, of so many variables that products and solves choose to leave
/// out the zeros.
void mostly_zeros(Index n) {
  const Vector z = stream(n, 13).normals(3 * n);
  Matrix H = Matrix::Zero(n, n);
  for (Index i = 0; i < n; ++i) {
    H(i, i) = 12 + z[i];
    for (Index k = 1; k <= std::min(i, Index(2)); ++k) H(i, i - k) = H(i - k, i) = z[k * n + i] / 3;
  }
  const assay::DataMatrix<double> A(H);
  const assay::DataFactor<double> factor(H);
  Digest solve, products;
  Vector x = vector(n, 14), y;
  factor.solve_in_place(x);
  solve.add(x);
  solve.print("data_solve", n);
  assay::product(A, x, y);
  products.add(y);
  assay::add_product(A, x, y);
  products.add(y);
  assay::transposed_product(A, y, x);
  products.add(x);
  products.print("data_products", n);
}

/// Integers and a double factor behind 50 digits.
void fifty_digits(Index n) {
  const assay::Mat<assay::Real50> H = assay::widen<assay::Real50>(definite(n));
  assay::Vec<assay::Real50> x = assay::widen<assay::Real50>(vector(n, 10)), y;
  for (Index i = 0; i < n; ++i) x[i] /= 3;
  Digest product, solve;
  const assay::ExactDots dots(H);
  dots(x, y);
  product.add(y);
  product.print("exact_dots", n);
  assay::RefinedLdlt factor;
  factor.factor(H);
  factor.solve_in_place(x);
  solve.add(x);
  solve.print("refined_solve", n);
}

void elementary() {
  constexpr Index arguments = 5000;
  const Vector z = stream(arguments, 9).normals(arguments);
  Digest exponentials, logarithms, powers;
  for (Index i = 0; i < arguments; ++i) {
    // Beyond 709 in size e^a overflows, beyond -745 it vanishes: a few do.
    exponentials.add(assay::exponential(300 * z[i]));
    exponentials.add(assay::exponential(z[i]));
    // Over many binades, and close to 1, where terms cancel.
    logarithms.add(
        assay::natural_log(std::ldexp(1 + z[i] * z[i], static_cast<int>(i % 2001) - 1000)));
    logarithms.add(assay::natural_log(1 + z[i] / 64));
    powers.add(assay::integer_power(1 + z[i] / 64, static_cast<long>(i % 401) - 200));
  }
  exponentials.print("exponential", arguments);
  logarithms.print("natural_log", arguments);
  powers.print("integer_power", arguments);
}

void randomness() {
  const auto s = stream(1, 8);
  Digest uniforms, normals, sphere, permutation;
  uniforms.add(s.uniforms(1000));
  uniforms.print("uniform", 1000);
  normals.add(s.normals(5000));
  normals.print("normal", 5000);
  sphere.add(s.sphere(33));
  sphere.print("sphere", 33);
  for (const Index k : s.permutation(100)) permutation.add(static_cast<double>(k));
  permutation.print("permutation", 100);
}

void digest_all() {
  for (Index n = 1; n <= 40; ++n) {
    level_one_and_two(n);
    factorisations(n);
  }
  for (const Index n : {63, 64, 65, 100, 127, 200, 257}) {
    level_one_and_two(n);
    factorisations(n);
  }
  for (const Index n : {1, 2, 3, 10, 33, 100}) fifty_digits(n);
  for (const Index side : {1, 2, 5, 17, 40}) sparse(side);
  for (const Index n : {100, 150}) mostly_zeros(n);  // below the threshold and beyond
  elementary();
  randomness();
}

}  // namespace

int main() {
  std::string first;
  for (const assay::lanes::Kernels* registers : assay::lanes::available()) {
    assay::lanes::use(*registers);
    output.clear();
    digest_all();
    if (first.empty()) first = output;
    if (output == first) continue;
    std::fprintf(stderr, "registers of %ld doubles give other digests\n",
                 static_cast<long>(registers->width));
    return 1;
  }
  std::fputs(first.c_str(), stdout);
}
