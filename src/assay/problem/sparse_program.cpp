#include "assay/problem/sparse_program.hpp"

#include "assay/scalar/instantiate.hpp"

namespace assay {

namespace {

void expect_shape(const char* part, Index rows, Index cols, Index expected_rows,
                  Index expected_cols) {
  if (rows == expected_rows && cols == expected_cols) return;
  const auto shape = [](Index r, Index c) { return std::to_string(r) + " x " + std::to_string(c); };
  throw InputError("", part,
                   "is " + shape(rows, cols) + ", not " + shape(expected_rows, expected_cols));
}

std::string place(Index i, Index j) {
  return "(" + std::to_string(i) + ", " + std::to_string(j) + ")";
}

template <class S>
void expect_finite(const char* part, const Vec<S>& v) {
  for (Index i = 0; i < v.size(); ++i)
    if (!is_finite(v[i]))
      throw InputError("", part, "entry " + std::to_string(i) + " is not finite");
}

template <class S>
void expect_finite(const char* part, const SparseMatrix<S>& A) {
  for (Index j = 0; j < A.cols(); ++j)
    for (Index p = A.begin(j); p < A.begin(j + 1); ++p)
      if (!is_finite(A.value(p)))
        throw InputError("", part, "entry " + place(A.row(p), j) + " is not finite");
}

/// Each entry (i,j) must be the next one in column i that has not been met yet.
template <class S>
void expect_symmetric(const SparseMatrix<S>& H) {
  std::vector<Index> next(static_cast<std::size_t>(H.cols()));
  for (Index j = 0; j < H.cols(); ++j) next[static_cast<std::size_t>(j)] = H.begin(j);
  for (Index j = 0; j < H.cols(); ++j)
    for (Index p = H.begin(j); p < H.begin(j + 1); ++p) {
      const Index i = H.row(p);
      Index& q = next[static_cast<std::size_t>(i)];
      const bool is_left = q < H.begin(i + 1);
      if (!is_left || H.row(q) != j) {
        // One before row j has been passed by; else it is (j,i) that is not there.
        const auto [row, col] = is_left && H.row(q) < j ? std::pair(H.row(q), i) : std::pair(i, j);
        throw InputError("", "H",
                         "the pattern is not symmetric: entry " + place(row, col) +
                             " is kept and " + place(col, row) + " is not");
      }
      if (H.value(q) != H.value(p))
        throw InputError("", "H",
                         "is not symmetric: see entries " + place(i, j) + " and " + place(j, i));
      ++q;
    }
}

}  // namespace

template <class S>
SparseProgram<S>::SparseProgram(SparseMatrix<S> H_, SparseMatrix<S> M_, Vec<S> d_,
                                SparseMatrix<S> A_, SparseMatrix<S> Bt_, Vec<S> b_,
                                Index equalities_)
    : n(M_.cols()),
      m(H_.rows()),
      equalities(equalities_),
      H(std::move(H_)),
      M(std::move(M_)),
      A(std::move(A_)),
      Bt(std::move(Bt_)),
      d(std::move(d_)),
      b(std::move(b_)) {
  if (m == 0) throw InputError("", "H", "has no variables");
  expect_shape("H", H.rows(), H.cols(), m, m);
  expect_shape("M", M.rows(), M.cols(), m, n);
  expect_shape("d", d.size(), 1, m, 1);
  expect_shape("A", A.rows(), A.cols(), rows(), n);
  expect_shape("Bt", Bt.rows(), Bt.cols(), m, rows());
  if (equalities < 0 || rows() < equalities)
    throw InputError(
        "", "equalities",
        "are " + std::to_string(equalities) + " of " + std::to_string(rows()) + " rows");
  expect_finite("H", H);
  expect_finite("M", M);
  expect_finite("A", A);
  expect_finite("Bt", Bt);
  expect_finite("d", d);
  expect_finite("b", b);
  row_norm.resize(rows());
  A_norm.resize(rows());
  for (Index i = 0; i < rows(); ++i) {
    row_norm[i] = A_norm[i] = S(0);
    for (Index p = Bt.begin(i); p < Bt.begin(i + 1); ++p)
      row_norm[i] = larger(row_norm[i], magnitude(Bt.value(p)));
  }
  for (Index p = 0; p < A.entries(); ++p)
    A_norm[A.row(p)] = larger(A_norm[A.row(p)], magnitude(A.value(p)));
  M_norm = max_norm(M.values());
  expect_symmetric(H);
  SparseLdlt<S> factor;
  factor.analyse(H);
  take_H(std::move(H), std::move(factor));
}

template <class S>
SparseProgram<S>::SparseProgram(const QuadraticProblem<S>& p)
    : SparseProgram(SparseMatrix<S>(p.H), SparseMatrix<S>(p.M), p.d, SparseMatrix<S>(p.A),
                    SparseMatrix<S>(p.Bt), p.b, p.equalities) {}

template <class S>
void SparseProgram<S>::set_H(SparseMatrix<S> other) {
  if (!other.same_pattern(H)) throw InputError("", "H", "does not have the pattern of the first");
  expect_finite("H", other);
  expect_symmetric(other);
  take_H(std::move(other), H_factor);
  ++revision_;
}

template <class S>
void SparseProgram<S>::take_H(SparseMatrix<S> other, SparseLdlt<S> factor) {
  if (!factor.factor(other))
    throw NumericalError("", "H",
                         "not positive definite: the pivot of variable " +
                             std::to_string(factor.failed_pivot()) +
                             " of its factorisation is not positive");
  double proved = 0;
  if constexpr (std::is_same_v<S, double>) {
    proved = smallest_eigenvalue_bound(other, factor);
  } else {
    std::vector<SparseEntry<double>> entries;
    for (Index j = 0; j < m; ++j)
      for (Index p = other.begin(j); p < other.begin(j + 1); ++p)
        entries.push_back({other.row(p), j, to_double(other.value(p))});
    const SparseMatrix<double> nearest(m, m, std::move(entries), "H");
    SparseLdlt<double> of_nearest;
    of_nearest.analyse(nearest);
    if (of_nearest.factor(nearest))
      proved = smallest_eigenvalue_bound(nearest, std::move(of_nearest));
  }
  if (!(proved > 0))
    throw NumericalError("", "H", "cannot be proved positive definite in double precision");
  S largest(0);
  for (Index j = 0; j < m; ++j) {
    S sum(0);
    for (Index p = other.begin(j); p < other.begin(j + 1); ++p) sum += magnitude(other.value(p));
    largest = larger(largest, sum);
  }
  H = std::move(other);
  H_factor = std::move(factor);
  mu = S(proved);
  lipschitz = largest;
}

template <class S>
void SparseProgram<S>::lower_linear_term(const Vec<S>& x, Vec<S>& linear) const {
  linear = d;
  add_product(M, x, linear);
}

template <class S>
void SparseProgram<S>::row_limits(const Vec<S>& x, Vec<S>& limits) const {
  limits = b;
  for (Index j = 0; j < n; ++j) add_column(A, j, S(-x[j]), limits.data());
}

template <class S>
void SparseProgram<S>::data_terms(const Vec<S>& x, const Vec<S>& q, DataTerms<S>& terms) const {
  terms.set(x, q, d, M_norm, b, A_norm);
}

#define ASSAY_INSTANTIATE(S) template struct SparseProgram<S>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
