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
  const Index row = source.integer(0, p - 1), entry = source.integer(0, in.m - 1);
  if (truth.multipliers[e + row] == 0) return;
  Mat<double> A(p + 1, in.n), B(p + 1, in.m), b(p + 1, 1);
  A << in.A.nearest(), in.A.nearest().row(row);
  B << in.B.nearest(), in.B.nearest().row(row);
  b.topRows(p) = in.b.nearest();
  B(p, entry) += source.pick({1, -1}) * std::ldexp(1.0, -static_cast<int>(source.integer(3, 30)));
  Rational limit = 0;
  for (Index j = 0; j < in.n; ++j) limit += Rational(A(p, j)) * Rational(c.vector("x")[j]);
  for (Index j = 0; j < in.m; ++j) limit += Rational(B(p, j)) * truth.y[j];
  b(p, 0) = to_double(limit);
  if (Rational(b(p, 0)) != limit) return;
  in.A = ExactMatrix(A);
  in.B = ExactMatrix(B);
  in.b = ExactMatrix(b);
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
  const double gap = source.pick({0, 1, -1}) * source.pick({1, 0x1p-5, 0x1p-10, 0x1p-20, 0x1p-30});
  b(p, 0) -= gap;
  // "0 <= negative" is refused where an instance is read.
  if (B.row(p).isZero(0) && A.row(p).isZero(0)) b(p, 0) = std::fabs(b(p, 0));
  in.A = ExactMatrix(A);
  in.B = ExactMatrix(B);
  in.b = ExactMatrix(b);
  c.numbers["gap"] = gap;
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
