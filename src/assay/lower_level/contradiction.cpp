#include "assay/lower_level/contradiction.hpp"

#include <algorithm>

#include "assay/lower_level/active_set_qp.hpp"
#include "assay/scalar/instantiate.hpp"

namespace assay {

namespace {

// Beyond these sizes fractions take minutes: a whole program, and one elimination.
constexpr Index most_fractions = 40, most_weights = 120;

/// The rows B y (= or <=) r at one x, as fractions.
struct Rows {
  DataMatrix<Rational> Bt;  ///< (m, rows)
  Vec<Rational> r;
  Index equalities = 0;
};

template <class S>
Rows rows_at(const QuadraticProblem<S>& problem, const Vec<S>& x) {
  Rows out;
  out.equalities = problem.equalities;
  Mat<Rational> Bt(problem.m, problem.rows());
  out.r.resize(problem.rows());
  for (Index i = 0; i < problem.rows(); ++i) {
    for (Index j = 0; j < problem.m; ++j) Bt(j, i) = convert<Rational>(problem.Bt(j, i));
    out.r[i] = convert<Rational>(problem.b[i]);
    for (Index j = 0; j < problem.n; ++j)
      out.r[i] -= convert<Rational>(problem.A(i, j)) * convert<Rational>(x[j]);
  }
  out.Bt = std::move(Bt);
  return out;
}

/// Whether the combination of `held` that gives row `last` contradicts it.
bool contradicts(const Rows& rows, const std::vector<Index>& held, Index last) {
  const Index m = rows.Bt.rows(), k = static_cast<Index>(held.size());
  if (k > most_weights) return false;
  const auto row = [&](Index i) { return rows.Bt.data() + i * m; };
  Mat<Rational> gram(k, k);
  Vec<Rational> weights(k), left = rows.Bt.col(last);
  for (Index i = 0; i < k; ++i) {
    const Rational* b = row(held[static_cast<std::size_t>(i)]);
    weights[i] = dot(b, left.data(), m);
    for (Index j = 0; j <= i; ++j) gram(i, j) = dot(b, row(held[static_cast<std::size_t>(j)]), m);
  }
  Ldlt<Rational> factor;
  if (!factor.factor(gram)) return false;  // dependent after all
  factor.solve_in_place(weights);

  // What last'y exceeds its limit by where all rows of `held` are equations.
  Rational excess = -rows.r[last];
  bool from_above = true, from_below = last < rows.equalities;
  for (Index i = 0; i < k; ++i) {
    const Index j = held[static_cast<std::size_t>(i)];
    add_scaled(row(j), Rational(-weights[i]), left.data(), m);
    excess += weights[i] * rows.r[j];
    if (j < rows.equalities) continue;
    if (weights[i] > 0) from_above = false;
    if (weights[i] < 0) from_below = false;
  }
  for (Index j = 0; j < m; ++j)
    if (left[j] != 0) return false;
  return (from_above && excess > 0) || (from_below && excess < 0);
}

/// Looks for the point of the rows that is nearest to 0.
bool infeasible(const Rows& rows) {
  if (std::min(rows.Bt.rows(), rows.Bt.cols()) > most_fractions) return false;
  Vec<Rational> sizes(rows.Bt.cols());
  for (Index i = 0; i < sizes.size(); ++i) sizes[i] = max_norm<Rational>(rows.Bt.col(i));
  QpShape<Rational> shape;
  shape.Bt = &rows.Bt;
  shape.row_norm = &sizes;
  shape.equalities = rows.equalities;
  ActiveSetQp<Rational> qp(shape);
  return qp.solve(Vec<Rational>::Constant(rows.Bt.rows(), Rational(0)), rows.r) ==
         LowerStatus::infeasible;
}

}  // namespace

template <class S>
bool proved_infeasible(const QuadraticProblem<S>& problem, const Vec<S>& x,
                       const std::vector<Index>& held, Index last) {
  if constexpr (is_exact<S>) return true;  // the solver's own steps were the proof
  const Rows rows = rows_at(problem, x);
  return contradicts(rows, held, last) || infeasible(rows);
}

template <class S>
bool proved_infeasible(const SparseProgram<S>& program, const Vec<S>& x,
                       const std::vector<Index>& held, Index last) {
  if constexpr (is_exact<S>) return true;
  std::vector<Index> chosen = held;
  chosen.push_back(last);
  std::sort(chosen.begin(), chosen.end());
  // The variables that occur, numbered as they come.
  std::vector<Index> number(static_cast<std::size_t>(program.m), -1);
  Index variables = 0;
  const SparseMatrix<S>& Bt = program.Bt;
  for (const Index i : chosen)
    for (Index p = Bt.begin(i); p < Bt.begin(i + 1); ++p)
      if (Index& j = number[static_cast<std::size_t>(Bt.row(p))]; j < 0) j = variables++;
  Rows rows;
  rows.equalities =
      std::lower_bound(chosen.begin(), chosen.end(), program.equalities) - chosen.begin();
  const Index count = static_cast<Index>(chosen.size());
  Mat<Rational> columns(variables, count);
  rows.r.resize(count);
  for (Index k = 0; k < count; ++k) {
    const Index i = chosen[static_cast<std::size_t>(k)];
    for (Index j = 0; j < variables; ++j) columns(j, k) = 0;
    for (Index p = Bt.begin(i); p < Bt.begin(i + 1); ++p)
      columns(number[static_cast<std::size_t>(Bt.row(p))], k) = convert<Rational>(Bt.value(p));
    rows.r[k] = convert<Rational>(program.b[i]);
    for (Index j = 0; j < program.n; ++j)
      rows.r[k] -= convert<Rational>(program.A(i, j)) * convert<Rational>(x[j]);
  }
  rows.Bt = std::move(columns);
  const auto place = [&](Index i) {
    return std::lower_bound(chosen.begin(), chosen.end(), i) - chosen.begin();
  };
  std::vector<Index> others;
  for (const Index i : held) others.push_back(place(i));
  return contradicts(rows, others, place(last)) || infeasible(rows);
}

#define ASSAY_INSTANTIATE(S)                                                 \
  template bool proved_infeasible(const QuadraticProblem<S>&, const Vec<S>&, \
                                  const std::vector<Index>&, Index);         \
  template bool proved_infeasible(const SparseProgram<S>&, const Vec<S>&,    \
                                  const std::vector<Index>&, Index);
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
