#include "properties/small_cases.hpp"

#include <algorithm>
#include <cmath>

#include "properties/generators.hpp"
#include "reference/pivoting.hpp"
#include "reference/small_instances.hpp"

namespace assay::properties {

namespace {

Index limits_of(const Instance& in) {
  Index count = in.inequality_rows();
  for (Index i = 0; i < in.m; ++i)
    count += (std::isfinite(in.lower(i)) ? 1 : 0) + (std::isfinite(in.upper(i)) ? 1 : 0);
  return count;
}

bool on_grid(const ExactMatrix& a) {
  return ((a.nearest() * 4096).array() == (a.nearest() * 4096).array().round()).all();
}

Vec<double> eighths(Source& source, Index count, Index limit) {
  Vec<double> v(count);
  for (Index i = 0; i < count; ++i) v[i] = static_cast<double>(source.integer(-limit, limit)) / 8;
  return v;
}

Case degenerate_case(Source& source) {
  Recipe recipe;
  recipe.largest = 5;
  recipe.degenerate = true;
  recipe.margin = 1e-2;
  for (;;) {
    Case c = quadratic_case(source, recipe);
    if (limits_of(c.instance) <= 7 && on_grid(c.instance.H)) return c;
  }
}

/// Adds a row that is almost one of the rows which hold at (x, q) and passes through the same
/// point, where a limit without rounding does that: each of the two may carry the multiplier, with
/// a noise that grows as the angle between them shrinks.
void add_nearly_parallel_row(Source& source, Case& c) {
  Instance& in = c.instance;
  const auto truth = reference::minimise_by_pivoting(program_at(c));
  if (!truth.feasible) return;
  const Index p = in.inequality_rows(), e = in.equality_rows();
  std::vector<Index> carrying;
  for (Index i = 0; i < p; ++i)
    if (truth.multipliers[e + i] != 0) carrying.push_back(i);
  if (carrying.empty()) return;
  const Index row = carrying[static_cast<std::size_t>(
                  source.integer(0, static_cast<Index>(carrying.size()) - 1))],
              entry = source.integer(0, in.m - 1);
  Mat<double> A(p + 1, in.n), B(p + 1, in.m), b(p + 1, 1);
  A << in.A.nearest(), in.A.nearest().row(row);
  B << in.B.nearest(), in.B.nearest().row(row);
  b.topRows(p) = in.b.nearest();
  const double small = std::ldexp(1.0, -static_cast<int>(source.integer(3, 30)));
  B(p, entry) += source.pick({1, -1}) * small;
  Rational limit = 0;
  for (Index j = 0; j < in.n; ++j) limit += Rational(A(p, j)) * Rational(c.vector("x")[j]);
  for (Index j = 0; j < in.m; ++j) limit += Rational(B(p, j)) * truth.y[j];
  b(p, 0) = to_double(limit);
  if (Rational(b(p, 0)) != limit) return;
  in.A = ExactMatrix(A);
  in.B = ExactMatrix(B);
  in.b = ExactMatrix(b);
  c.numbers["thin"] = small;
}

/// Adds an equality that combines the others, but for `gap` on its right side.
void add_combined_equality(Source& source, Instance& in, double gap) {
  const Index e = in.equality_rows();
  Mat<double> E = Mat<double>::Zero(e + 1, in.n), G = Mat<double>::Zero(e + 1, in.m),
              limit = Mat<double>::Zero(e + 1, 1);
  E.topRows(e) = in.E.nearest();
  G.topRows(e) = in.G.nearest();
  limit.topRows(e) = in.e.nearest();
  for (Index i = 0; i < e; ++i) {
    const double weight = static_cast<double>(source.integer(-3, 3));
    E.row(e) += weight * E.row(i);
    G.row(e) += weight * G.row(i);
    limit.row(e) += weight * limit.row(i);
  }
  if (G.row(e).isZero(0)) return;
  limit(e, 0) += gap;
  in.E = ExactMatrix(E);
  in.G = ExactMatrix(G);
  in.e = ExactMatrix(limit);
}

/// Adds what only looks like a contradiction, the opposite of a row but for one small entry: it
/// holds far along that entry. Or what only the row itself contradicts and not its near twin, which
/// the solver may hold instead: the opposite, behind a twin.
void add_thin_rows(Source& source, Case& c) {
  Instance& in = c.instance;
  const Index p = in.inequality_rows(), entry = source.integer(0, in.m - 1),
              row = source.integer(0, p - 1);
  // 2^-16 .. 2^-24 is what double just can tell apart: systems conditioned like 2^32 .. 2^48.
  const Index halvings = source.chance(0.5) ? source.integer(16, 24) : source.integer(3, 35);
  const double small = std::ldexp(1.0, -static_cast<int>(halvings)),
               gap = source.pick({1, 0x1p-5, 0x1p-10, 0x1p-20, 0x1p-30});
  const bool twin = source.chance(0.5);
  const Index more = twin ? 2 : 1;
  Mat<double> A(p + more, in.n), B(p + more, in.m), b(p + more, 1);
  A.topRows(p) = in.A.nearest();
  B.topRows(p) = in.B.nearest();
  b.topRows(p) = in.b.nearest();
  if (twin) {
    A.row(p) = A.row(row);
    B.row(p) = B.row(row);
    b.row(p) = b.row(row);
    B(p, entry) += small;
  }
  const Index last = p + more - 1;
  A.row(last) = -A.row(row);
  B.row(last) = -B.row(row);
  b(last, 0) = -b(row, 0) - gap;
  if (!twin) B(last, entry) += small;
  in.A = ExactMatrix(A);
  in.B = ExactMatrix(B);
  in.b = ExactMatrix(b);
  c.numbers["thin"] = small;
}

}  // namespace

Case small_case(Source& source) {
  Case c;
  if (source.chance(0.6)) {
    c = degenerate_case(source);
  } else {
    const std::uint64_t seed = source.word() >> 2;
    reference::SmallShape shape = reference::varied_shape(seed);
    shape.rows = source.integer(0, 4);
    c.instance = reference::small_instance(seed, shape);
    c.seed = seed;
    c.vectors["x"] = eighths(source, c.instance.n, 4);
  }
  c.vectors["x2"] = c.vectors["x"] + eighths(source, c.instance.n, 4);
  c.vectors["q"] = source.chance(0.5) ? Vec<double>(Vec<double>::Zero(c.instance.m))
                                      : eighths(source, c.instance.m, 8);
  if (c.instance.inequality_rows() > 0 && source.chance(0.2)) add_nearly_parallel_row(source, c);
  return c;
}

Case touching_case(Source& source) {
  Case c = small_case(source);
  Instance& in = c.instance;
  const Index p = in.inequality_rows(), e = in.equality_rows();
  const double gap = source.pick({0, 1, -1}) * source.pick({1, 0x1p-5, 0x1p-10, 0x1p-20, 0x1p-30});
  if (p > 0 && source.chance(0.2)) {
    add_thin_rows(source, c);
    return c;
  }
  if (e > 0 && source.chance(0.3)) {
    add_combined_equality(source, in, gap);
    return c;
  }
  Mat<double> A = Mat<double>::Zero(p + 1, in.n), B = Mat<double>::Zero(p + 1, in.m),
              b = Mat<double>::Zero(p + 1, 1);
  A.topRows(p) = in.A.nearest();
  B.topRows(p) = in.B.nearest();
  b.topRows(p) = in.b.nearest();
  for (Index i = 0; i < p + e; ++i) {
    if (source.chance(0.4)) continue;
    const double weight = static_cast<double>(source.integer(i < p ? 0 : -3, 3));
    const auto& [X, Y, limit] = i < p ? std::tie(in.A, in.B, in.b) : std::tie(in.E, in.G, in.e);
    const Index row = i < p ? i : i - p;
    A.row(p) -= weight * X.nearest().row(row);
    B.row(p) -= weight * Y.nearest().row(row);
    b(p, 0) -= weight * limit(row);
  }
  b(p, 0) -= gap;
  // "0 <= negative" is refused where an instance is read.
  if (B.row(p).isZero(0) && A.row(p).isZero(0)) b(p, 0) = std::fabs(b(p, 0));
  in.A = ExactMatrix(A);
  in.B = ExactMatrix(B);
  in.b = ExactMatrix(b);
  return c;
}

reference::Program program_at(const Case& c, const Vec<double>& x, const Vec<double>& q) {
  reference::Program program = reference::lower_program(c.instance, widen<Rational>(x));
  const reference::RVec shift = widen<Rational>(q);
  program.g += shift;
  for (Index i = 0; i < shift.size(); ++i) program.g_terms[i] += abs(shift[i]);
  ++program.terms;
  return program;
}

void discard_only_infeasible(const Case& c, const Vec<double>& x, const Vec<double>& q,
                             const std::string& status, Check& check) {
  const Vec<double> shift = q.size() > 0 ? q : Vec<double>::Zero(c.instance.m);
  if (!reference::minimise_by_pivoting(program_at(c, x, shift)).feasible)
    check.discard("infeasible");
  check.that("the solver solves feasible rows", false, status);
}

void discard_only_infeasible(const Case& c, const std::string& status, Check& check) {
  discard_only_infeasible(c, c.vector("x"), c.vectors.count("q") ? c.vector("q") : Vec<double>(),
                          status, check);
}

std::vector<Rational> row_terms(const reference::Program& p, const reference::RVec& y) {
  reference::RMat right(p.m(), 1);
  right.col(0) = p.g;
  const reference::RMat free = *reference::solve_square(p.H, right);
  Rational sizes = 0;
  for (Index j = 0; j < p.m(); ++j) sizes += abs(y[j]) + abs(free(j, 0));
  std::vector<Rational> terms;
  for (Index i = 0; i < p.rows(); ++i) {
    Rational top = 0;
    for (Index j = 0; j < p.m(); ++j)
      if (top < abs(p.B(i, j))) top = abs(p.B(i, j));
    terms.push_back(top * sizes + abs(p.r[i]));
  }
  return terms;
}

Rational root_of_roundoff(const Rational& u) {
  if (u == 0) return 0;
  Rational root = 1;
  while (root * root > 4 * u) root /= 2;
  return root;
}

namespace {

/// b'H^-1 b of a row.
Rational row_energy(const reference::Program& p, Index row) {
  reference::RMat right(p.m(), 1);
  for (Index j = 0; j < p.m(); ++j) right(j, 0) = p.B(row, j);
  const reference::RMat solved = *reference::solve_square(p.H, right);
  Rational sum = 0;
  for (Index j = 0; j < p.m(); ++j) sum += solved(j, 0) * p.B(row, j);
  return sum;
}

}  // namespace

bool clearly_independent(const reference::Program& p, const std::vector<Index>& rows,
                         const Rational& u) {
  const Index k = static_cast<Index>(rows.size());
  reference::RMat Bt(p.m(), k), unit = reference::RMat::Constant(k, k, Rational(0));
  for (Index j = 0; j < k; ++j) {
    unit(j, j) = 1;
    for (Index i = 0; i < p.m(); ++i) Bt(i, j) = p.B(rows[static_cast<std::size_t>(j)], i);
  }
  const reference::RMat solved = *reference::solve_square(p.H, Bt);
  reference::RMat gram = reference::RMat::Constant(k, k, Rational(0));
  for (Index a = 0; a < k; ++a)
    for (Index b = 0; b < k; ++b)
      for (Index i = 0; i < p.m(); ++i) gram(a, b) += Bt(i, a) * solved(i, b);
  const auto inverse = reference::solve_square(gram, unit);
  if (!inverse) return false;
  Rational sum = 0;
  for (Index i = 0; i < k; ++i) sum += (*inverse)(i, i) * gram(i, i);
  // gamma of 8 (m + k + 4) operations, as in KktFactor::preview.
  const Rational operations = Rational(8 * (p.m() + k + 4)) * u;
  if (operations >= 1) return false;
  const Rational noise = 4 * operations / (1 - operations) * Rational(k + 1) * (1 + sum);
  for (Index i = 0; i < k; ++i)
    if (noise * (*inverse)(i, i) * gram(i, i) >= 1) return false;
  return true;
}

std::vector<Index> together(std::vector<Index> a, const std::vector<Index>& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::sort(a.begin(), a.end());
  return a;
}

bool margins_are_clear(const reference::Program& p, const reference::Minimiser& truth,
                       const Rational& error, const Rational& u) {
  if (u == 0) return true;
  const Rational root = 4 * root_of_roundoff(u);
  const auto terms = row_terms(p, truth.y);
  const auto holding = together(truth.strongly_active, truth.weakly_active);
  for (Index i = p.equalities; i < p.rows(); ++i) {
    const Rational limit = root * terms[static_cast<std::size_t>(i)];
    Rational slack = p.r[i], width = 0;
    for (Index j = 0; j < p.m(); ++j) {
      slack -= p.B(i, j) * truth.y[j];
      width += abs(p.B(i, j));
    }
    if (!std::binary_search(holding.begin(), holding.end(), i)) {
      if (slack <= limit + width * error) return false;
    } else if (truth.multipliers[i] > 0 &&
               truth.multipliers[i] * row_energy(p, i) <= limit + row_energy(p, i) * error) {
      return false;
    }
  }
  return true;
}

}  // namespace assay::properties
