#include "assay/problem/definiteness.hpp"

#include <cmath>
#include <vector>

namespace assay {
namespace {

/// s with 1/2 <= 2^(2s) a < 2, for a > 0. Scaling by powers of two is exact and makes the test
/// blind to the units of y.
int half_exponent(double a) {
  int exponent = 0;
  std::frexp(a, &exponent);
  return -(exponent >= 0 ? exponent / 2 : (exponent - 1) / 2);
}

/// The pivots of L D L' of (scaled matrix - shift I), row after row, until one is not positive.
/// @return the row of that pivot (and its value in `pivot`), or the number of rows.
template <class S>
Index first_bad_row(const Mat<S>& a, const S& shift, S& pivot) {
  const Index n = a.rows();
  Mat<S> L = Mat<S>::Zero(n, n);  // row i: l_ij before, d_j l_ij in `scaled`
  Vec<S> d = Vec<S>::Zero(n);
  Vec<S> scaled = Vec<S>::Zero(n);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < i; ++j) {
      S sum = a(i, j);
      for (Index k = 0; k < j; ++k) sum -= scaled[k] * L(k, j);  // L holds l_jk at (k, j)
      scaled[j] = sum;
      L(j, i) = sum / d[j];
    }
    S sum = a(i, i) - shift;
    for (Index k = 0; k < i; ++k) sum -= scaled[k] * L(k, i);
    d[i] = sum;
    pivot = sum;
    if (!(sum > S(0))) return i;
  }
  return n;
}

/// Everything rounding can do to the smallest eigenvalue, as a shift.
///
/// The factors computed for a matrix C with positive pivots satisfy L D L' = C + X with
/// |X| <= gamma |L| D |L'| and diag(|L| D |L'|) <= diag(C) / (1 - gamma), so ||X|| <= gamma
/// trace(C) / (1 - gamma); see Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed.
/// (2002), theorems 10.3 and 10.5, and Rump, "Verification of positive definiteness", BIT 46
/// (2006). Each entry of C passes at most n + 2 roundings there, one in the shift, one where a
/// fraction was rounded: gamma_(n+4), and the trace itself costs n more. Success of the shifted
/// factorisation then proves C + shift I positive definite.
template <class S>
S covering_shift(const Mat<S>& a) {
  S trace(0);
  for (Index i = 0; i < a.rows(); ++i) trace += a(i, i);
  const S gamma = gamma_bound<S>(2 * static_cast<long>(a.rows()) + 8);
  return gamma / (S(1) - gamma) * trace;
}

/// What factors in the scalar S can prove: definite (no `bad`), not definite (`bad`), or neither.
struct Answer {
  bool proved;
  std::optional<BadPivot> bad;
};

template <class S>
Answer decide(const ExactMatrix& matrix) {
  const Index n = matrix.rows();
  Mat<S> a = matrix.to<S>();
  std::vector<int> scale;
  for (Index i = 0; i < n; ++i) {
    if (!(a(i, i) > S(0))) {
      const bool proved = is_exact<S> || matrix.fraction(i, i).empty();  // a fraction may underflow
      return {proved, BadPivot{i, matrix(i, i), proved}};
    }
    scale.push_back(half_exponent(matrix(i, i)));
  }
  const auto scale_of = [&](Index i) { return scale[static_cast<std::size_t>(i)]; };
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i)
      a(i, j) = scale_by_power_of_two(a(i, j), scale_of(i) + scale_of(j));

  const S shift = covering_shift(a);
  S pivot(0);
  if (first_bad_row(a, shift, pivot) == n) return {true, std::nullopt};
  // A definite matrix raised by the shift passes (Higham, theorem 10.7; 4 for the diagonal, which
  // is scaled to [1/2, 2) and not to 1).
  const bool proved = first_bad_row(a, S(S(-4) * shift), pivot) < n;
  const Index row = first_bad_row(a, S(0), pivot);
  if (row == n) return {false, BadPivot{n - 1, to_double(pivot), false}};
  const double value = convert<double>(scale_by_power_of_two(pivot, -2 * scale_of(row)));
  return {proved, BadPivot{row, value, proved}};
}

}  // namespace

std::optional<BadPivot> find_bad_pivot(const ExactMatrix& matrix) {
  const Answer quick = decide<double>(matrix);
  if (quick.proved) return quick.bad;
  constexpr Index small = 24;  // exact fractions grow with every row; this size takes milliseconds
  return (matrix.rows() <= small ? decide<Rational>(matrix) : decide<Real100>(matrix)).bad;
}

}  // namespace assay
