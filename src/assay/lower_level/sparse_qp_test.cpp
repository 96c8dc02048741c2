// The sparse lower level against enumeration in fractions, and against exact residuals where that
// is beyond enumeration.
#include "assay/lower_level/sparse_qp.hpp"

#include <algorithm>

#include "assay/lower_level/varied_case_test.hpp"
#include "assay/numerics/sparse_patterns_test.hpp"

namespace assay {
namespace {

using reference::RMat;
using reference::RVec;

const std::vector<VariedCase>& sparse_cases() {
  static const std::vector<VariedCase> all = [] {
    std::vector<VariedCase> made;
    for (std::uint64_t seed = 0; seed < 200; ++seed)
      made.push_back(varied_case(seed, seed % 4 == 1));
    return made;
  }();
  return all;
}

template <class S>
class SparseQps : public testing::Test {};
TYPED_TEST_SUITE(SparseQps, AllScalars, ScalarNames);

TYPED_TEST(SparseQps, AreTheExactMinimiserAndItsDerivative) {
  using S = TypeParam;
  int constrained = 0, degenerate = 0, infeasible = 0;
  for (const VariedCase& c : sparse_cases()) {
    const SparseProgram<S> program{QuadraticProblem<S>(c.instance)};
    SparseQp<S> qp(program);
    const LowerSolution<S>& s = qp.solve(widen<S>(c.x));
    EXPECT_EQ(s.status == LowerStatus::infeasible, !c.answer.feasible) << c.instance.name;
    infeasible += s.status == LowerStatus::infeasible;
    if (!c.answer.feasible) continue;
    ASSERT_EQ(s.status, LowerStatus::solved) << c.instance.name;
    expect_optimal(c.program, s, c.instance.name);
    // Residuals of at most e are a change of the data by at most e.
    const Rational e = c.sensitivity * ExactResiduals<S>(c.program, s.y, s.multipliers).allowed;
    EXPECT_LE(max_entry(exact(s.y) - c.answer.y), e) << c.instance.name;
    EXPECT_EQ(s.licq, c.answer.licq) << c.instance.name;
    constrained += !s.active.empty();
    degenerate += !c.answer.nondegenerate();
    if (!c.answer.unique_multipliers) continue;
    EXPECT_EQ(s.active, c.answer.strongly_active) << c.instance.name;
    EXPECT_EQ(s.weakly_active, c.answer.weakly_active) << c.instance.name;
    // Solving through H^-1 and B H^-1 B' is stable but for the condition of the parts: v is moved
    // by 3 gamma kappa^2 |K^-1||v|, its product with M' and A' by as much, and by its own rounding.
    const Rational gamma =
        exact_gamma<S>(8 * (c.program.m() + c.program.rows() + c.instance.n + 8));
    const Rational moved =
        3 * gamma * c.condition * c.condition * c.sensitivity * max_entry(widen<Rational>(c.v));
    Vec<S> product;
    qp.vjp(widen<S>(c.v), product);
    EXPECT_LE(max_entry(exact(product) - c.product), 2 * c.slope * moved) << c.instance.name;
  }
  EXPECT_GT(constrained, 100);
  EXPECT_GT(degenerate, 10);
  EXPECT_GT(infeasible, 4);
}

/// Rows of up to five entries; about a third of them active.
struct Parts {
  Index m, n = 4, rows;
  Edges edges;
  std::uint64_t seed;

  Parts(Index size, Edges e, Index rows_, std::uint64_t s)
      : m(size), rows(rows_), edges(std::move(e)), seed(s) {}

  std::vector<SparseEntry<double>> entries(Index height, Index width, Index each,
                                           std::uint64_t what) const {
    const RandomStream draws(seed, what, Purpose::probe, 5);
    std::vector<SparseEntry<double>> all;
    std::uint64_t k = 0;
    for (Index j = 0; j < width; ++j) {
      std::set<Index> places;
      while (static_cast<Index>(places.size()) < std::min(each, height))
        places.insert(static_cast<Index>(draws.uniform(k++) * static_cast<double>(height)));
      for (const Index i : places)
        all.push_back(
            {i, j, static_cast<double>(static_cast<long>(33 * draws.uniform(k++)) - 16) / 8});
    }
    return all;
  }
  Vec<double> vector(Index count, std::uint64_t what, int limit) const {
    return reference::eighths(seed, what, count, limit);
  }

  template <class S>
  static SparseMatrix<S> matrix(Index height, Index width,
                                const std::vector<SparseEntry<double>>& all) {
    std::vector<SparseEntry<S>> out;
    for (const auto& e : all) out.push_back({e.row, e.col, S(e.value)});
    return {height, width, std::move(out)};
  }

  template <class S>
  SparseProgram<S> program() const {
    return {sparse_definite<S>(m, edges, seed),
            matrix<S>(m, n, entries(m, n, m / 3, 1)),
            widen<S>(vector(m, 2, 32)),
            matrix<S>(rows, n, entries(rows, n, 2, 3)),
            matrix<S>(m, rows, entries(m, rows, 5, 4)),
            widen<S>(vector(rows, 5, 16)),
            2};
  }

  Vec<double> x() const { return vector(n, 6, 16); }
};

template <class S>
reference::Program exact_program(const SparseProgram<Rational>& p, const Vec<S>& x) {
  reference::Program out;
  out.H = dense(p.H);
  out.B = dense(p.Bt).transpose();
  const RVec at = exact(x);
  const RMat M = dense(p.M), A = dense(p.A);
  out.g = p.d + M * at;
  out.r = p.b - A * at;
  out.g_terms = RVec(p.d.cwiseAbs() + M.cwiseAbs() * at.cwiseAbs());
  out.r_terms = RVec(p.b.cwiseAbs() + A.cwiseAbs() * at.cwiseAbs());
  out.terms = p.n + 1;
  out.equalities = p.equalities;
  return out;
}

template <class S>
class LargeSparseQps : public testing::Test {};
using Reals = testing::Types<double, Soft53, Real50>;
TYPED_TEST_SUITE(LargeSparseQps, Reals, ScalarNames);

std::vector<Parts> large_parts() {
  return {Parts(300, band(300, 3), 60, 1), Parts(289, grid(17), 50, 2),
          Parts(300, at_random(300, 600, 3), 60, 3)};
}

TYPED_TEST(LargeSparseQps, MeetTheOptimalityConditions) {
  using S = TypeParam;
  for (const Parts& parts : large_parts()) {
    const SparseProgram<S> program = parts.program<S>();
    SparseQp<S> qp(program);
    const LowerSolution<S>& s = qp.solve(widen<S>(parts.x()));
    ASSERT_EQ(s.status, LowerStatus::solved);
    EXPECT_GT(s.active.size(), 12U);
    EXPECT_LT(s.active.size(), static_cast<std::size_t>(parts.rows));
    expect_optimal(exact_program(parts.program<Rational>(), parts.x()), s,
                   std::to_string(parts.seed));
    EXPECT_TRUE(s.certificate.has_bound);
  }
}

/// The conditions hold exactly, and the derivative is that of the system they are.
TEST(SparseQp, IsExactInFractions) {
  for (const Parts& parts : {Parts(60, band(60, 2), 14, 4), Parts(49, grid(7), 12, 5)}) {
    const SparseProgram<Rational> program = parts.program<Rational>();
    SparseQp<Rational> qp(program);
    const auto& s = qp.solve(widen<Rational>(parts.x()));
    ASSERT_EQ(s.status, LowerStatus::solved);
    EXPECT_GT(s.active.size(), 4U);
    const auto p = exact_program(program, parts.x());
    const ExactResiduals<Rational> r(p, s.y, s.multipliers);
    EXPECT_TRUE(r.optimal());
    EXPECT_EQ(max_entry(r.gradient), 0);
    // y* is affine while the set stays: a small step in x moves it by that of the derivative.
    const RVec v = widen<Rational>(parts.vector(parts.m, 7, 8));
    RVec product, x = widen<Rational>(parts.x());
    qp.vjp(v, product);
    const RVec before = s.y;
    const std::vector<Index> active = s.active;
    const Rational step = Rational(1, 1 << 30);
    for (Index j = 0; j < parts.n; ++j) {
      x[j] += step;
      const auto& moved = qp.solve(x);
      ASSERT_EQ(moved.active, active);
      EXPECT_EQ(v.dot(RVec(moved.y - before)), step * product[j]);
      x[j] -= step;
    }
  }
}

TEST(SparseQp, GivesTheBitsOfSoftwareArithmetic) {
  for (const Parts& parts : large_parts()) {
    const auto answer = [&]<class S>(S) {
      const SparseProgram<S> program = parts.program<S>();
      SparseQp<S> qp(program);
      std::vector<double> out;
      const auto add = [&out](const Vec<S>& v) {
        for (Index i = 0; i < v.size(); ++i) out.push_back(to_double(v[i]));
      };
      Vec<S> product, x = widen<S>(parts.x());
      for (int k = 0; k < 3; ++k) {
        const auto& s = qp.solve(x);
        add(s.y);
        add(s.multipliers);
        qp.vjp(widen<S>(parts.vector(parts.m, 7, 8)), product);
        add(product);
        x[0] += S(0.125);
      }
      return out;
    };
    EXPECT_EQ(answer(0.0), answer(Soft53(0)));
  }
}

/// Variables and rows in another order: each answer lies within its certificate of the one y*.
TEST(SparseQp, DoesNotDependOnTheOrderOfVariablesAndRows) {
  for (const Parts& parts : large_parts()) {
    const SparseProgram<Rational> exactly = parts.program<Rational>();
    const SparseProgram<double> program = parts.program<double>();
    const auto of = [&](Index count, std::uint64_t what) {
      return RandomStream(parts.seed, what, Purpose::probe, 9).permutation(count);
    };
    const auto variable = of(parts.m, 1);
    std::vector<Index> row = {0, 1};  // equalities stay first
    for (const Index i : of(parts.rows - 2, 2)) row.push_back(i + 2);
    const auto moved = [](const SparseMatrix<double>& A, const std::vector<Index>& rows,
                          const std::vector<Index>& cols) {
      std::vector<SparseEntry<double>> entries;
      for (Index j = 0; j < A.cols(); ++j)
        for (Index p = A.begin(j); p < A.begin(j + 1); ++p)
          entries.push_back({rows[static_cast<std::size_t>(A.row(p))],
                             cols[static_cast<std::size_t>(j)], A.value(p)});
      return SparseMatrix<double>(A.rows(), A.cols(), std::move(entries));
    };
    std::vector<Index> same;
    for (Index j = 0; j < parts.n; ++j) same.push_back(j);
    Vec<double> d(parts.m), b(parts.rows);
    for (Index i = 0; i < parts.m; ++i) d[variable[static_cast<std::size_t>(i)]] = program.d[i];
    for (Index i = 0; i < parts.rows; ++i) b[row[static_cast<std::size_t>(i)]] = program.b[i];
    const SparseProgram<double> other(
        moved(program.H, variable, variable), moved(program.M, variable, same), d,
        moved(program.A, row, same), moved(program.Bt, variable, row), b, 2);
    SparseQp<double> qp(program), qp_other(other);
    const auto &s = qp.solve(parts.x()), &t = qp_other.solve(parts.x());
    std::vector<Index> active;
    for (const Index i : s.active) active.push_back(row[static_cast<std::size_t>(i)]);
    std::sort(active.begin(), active.end());
    EXPECT_EQ(t.active, active);
    RVec back(parts.m), multipliers(parts.rows);
    for (Index i = 0; i < parts.m; ++i) back[i] = exact(t.y[variable[static_cast<std::size_t>(i)]]);
    for (Index i = 0; i < parts.rows; ++i)
      multipliers[i] = exact(t.multipliers[row[static_cast<std::size_t>(i)]]);
    const auto p = exact_program(exactly, parts.x());
    const DataTerms<Rational> terms(p.g, p.r);
    Certifier<Rational> certify;
    const Rational bound =
        certify(exactly, p.g, p.r, terms, exact(s.y), exact(s.multipliers)).error_bound +
        certify(exactly, p.g, p.r, terms, back, multipliers).error_bound;
    EXPECT_LE(reference::length(exact(s.y) - back), reference::fine(bound));
    EXPECT_LT(to_double(bound), 1e-6);  // or it would say nothing
  }
}

TEST(SparseQp, StartsFromTheRowsOfTheLastPoint) {
  const Parts parts = large_parts()[1];
  const SparseProgram<double> program = parts.program<double>();
  SparseQp<double> walking(program);
  Vec<double> x = parts.x();
  const long cold = walking.solve(x).iterations;
  EXPECT_GT(cold, 12);
  int changes = 0;
  std::vector<Index> before = walking.solve(x).active;
  for (int k = 0; k < 20; ++k) {
    x[k % 4] += 0.25;
    SparseQp<double> fresh(program);
    const auto &s = walking.solve(x), &t = fresh.solve(x);
    ASSERT_EQ(s.status, t.status);
    if (s.status != LowerStatus::solved) continue;
    EXPECT_EQ(s.active, t.active);
    EXPECT_EQ(s.y, t.y);  // factored afresh in ascending order
    EXPECT_LT(s.iterations, cold);
    changes += s.active != before;
    before = s.active;
  }
  EXPECT_GT(changes, 2);
  walking.forget();
  EXPECT_GT(walking.solve(x).iterations, 12);
}

TEST(SparseQp, AddsThePerturbation) {
  const Parts parts = large_parts()[1];
  const SparseProgram<double> program = parts.program<double>();
  const Vec<double> q = parts.vector(parts.m, 8, 32), x = parts.x();
  const SparseProgram<double> other(program.H, program.M, program.d + q, program.A, program.Bt,
                                    program.b, 2);
  SparseQp<double> qp(program), fresh(other);
  EXPECT_EQ(qp.solve(x, q).y, fresh.solve(x).y);  // multiples of 1/64: sums are exact
  EXPECT_NE(qp.solve(x).y, fresh.solve(x).y);
}

TEST(SparseQp, TakesOverANewH) {
  const Parts parts = large_parts()[1];
  SparseProgram<double> program = parts.program<double>();
  SparseQp<double> qp(program);
  qp.solve(parts.x());
  Vec<double> stiffer = program.H.values();
  for (Index j = 0; j < program.m; ++j)
    for (Index p = program.H.begin(j); p < program.H.begin(j + 1); ++p)
      if (program.H.row(p) == j) stiffer[p] += 1;
  SparseMatrix<double> H = program.H;
  H.set_values(stiffer);
  program.set_H(H);
  const SparseProgram<double> other(H, program.M, program.d, program.A, program.Bt, program.b, 2);
  SparseQp<double> fresh(other);
  EXPECT_EQ(qp.solve(parts.x()).y, fresh.solve(parts.x()).y);
  EXPECT_THROW(program.set_H(sparse_definite<double>(program.m, band(program.m, 1), 1)),
               InputError);
}

TEST(SparseQp, GoesOnWithTheOldHWhereTheNewOneIsRefused) {
  const Parts parts = large_parts()[1];
  SparseProgram<double> program = parts.program<double>();
  SparseQp<double> qp(program);
  const SparseMatrix<double> H = program.H;
  const double mu = program.mu;
  const auto refuse = [&](double first) {
    Vec<double> values = H.values();
    values[0] = first;  // the diagonal entry of variable 0
    SparseMatrix<double> other = H;
    other.set_values(values);
    program.set_H(other);
  };
  EXPECT_THROW(refuse(-1), NumericalError);
  EXPECT_THROW(refuse(std::numeric_limits<double>::infinity()), InputError);
  EXPECT_EQ(program.H.values(), H.values());
  EXPECT_EQ(program.mu, mu);
  EXPECT_EQ(program.revision(), 0);
  const SparseProgram<double> untouched = parts.program<double>();
  SparseQp<double> there(untouched);
  EXPECT_EQ(qp.solve(parts.x()).status, LowerStatus::solved);
  EXPECT_EQ(qp.solve(parts.x()).y, there.solve(parts.x()).y);
}

/// Every entry is finite and M x is not; and b - A x alone.
TEST(SparseQp, ClaimsNothingWhereNumbersOverflow) {
  const auto one = [](double value) { return SparseMatrix<double>(1, 1, {{0, 0, value}}); };
  const auto vector = [](double value) { return Vec<double>(Vec<double>::Constant(1, value)); };
  const auto expect_nothing = [&](const SparseProgram<double>& program) {
    SparseQp<double> qp(program);
    const LowerSolution<double>& s = qp.solve(vector(1e10));
    EXPECT_EQ(s.status, LowerStatus::not_converged);
    EXPECT_FALSE(s.certificate.has_bound);
    EXPECT_FALSE(s.certificate.bound_is_proved);
    EXPECT_EQ(qp.solve(vector(0)).status, LowerStatus::solved);
    EXPECT_TRUE(qp.solve(vector(0)).certificate.has_bound);
  };
  const SparseMatrix<double> none(1, 1, {});
  expect_nothing({one(1), one(1e300), vector(0), one(1e300), one(1e-300), vector(1), 0});
  expect_nothing({one(1), one(1e300), vector(0), SparseMatrix<double>(0, 1, {}),
                  SparseMatrix<double>(1, 0, {}), Vec<double>(0), 0});
  expect_nothing({one(1), none, vector(0), one(1e300), one(1), vector(1), 0});
  expect_nothing({one(1), none, vector(0), one(-1e300), one(1), vector(1), 0});
}

TEST(SparseQp, DifferentiatesOnlyASolution) {
  static_assert(!std::is_constructible_v<SparseQp<double>, SparseProgram<double>>);
  const SparseMatrix<double> one(1, 1, {{0, 0, 1.0}}), two(1, 1, {{0, 0, 2.0}});
  const SparseMatrix<double> rows(1, 2, {{0, 0, 1.0}, {0, 1, -1.0}});
  const SparseMatrix<double> A(2, 1, {{0, 0, 1.0}});
  const auto at = [](double value) { return Vec<double>(Vec<double>::Constant(1, value)); };
  // x + y <= 1 and -y <= 1: contradictory beyond x = 2.
  SparseProgram<double> program(one, one, at(0), A, rows, Vec<double>::Constant(2, 1.0), 0);
  SparseQp<double> qp(program);
  Vec<double> out;
  EXPECT_THROW(qp.vjp(at(1), out), NumericalError);
  EXPECT_EQ(qp.solve(at(3)).status, LowerStatus::infeasible);
  EXPECT_THROW(qp.vjp(at(1), out), NumericalError);
  EXPECT_EQ(qp.solve(at(0.5)).status, LowerStatus::solved);
  qp.vjp(at(1), out);
  EXPECT_EQ(out[0], -1);
  program.set_H(two);
  EXPECT_THROW(qp.vjp(at(1), out), NumericalError);
  qp.solve(at(0.5));
  qp.vjp(at(1), out);
  EXPECT_EQ(out[0], -0.5);
}

/// A row times a power of two is the same row, beyond the range of its products too.
TEST(SparseQp, DoesNotDependOnTheSizeOfRows) {
  const Parts parts = large_parts()[0];
  const SparseProgram<double> program = parts.program<double>();
  std::vector<int> exponents(static_cast<std::size_t>(parts.rows), 0);
  for (std::size_t i = 0; i < exponents.size(); i += 3) exponents[i] = i % 2 ? 600 : -600;
  Vec<double> b = program.b;
  Vec<double> values = program.A.values();
  for (Index i = 0; i < parts.rows; ++i)
    b[i] = std::ldexp(b[i], exponents[static_cast<std::size_t>(i)]);
  for (Index p = 0; p < values.size(); ++p)
    values[p] = std::ldexp(values[p], exponents[static_cast<std::size_t>(program.A.row(p))]);
  SparseMatrix<double> A = program.A;
  A.set_values(values);
  const SparseProgram<double> scaled(program.H, program.M, program.d, A,
                                     scaled_columns(program.Bt, exponents), b, 2);
  SparseQp<double> qp(program), qp_scaled(scaled);
  const auto &s = qp.solve(parts.x()), &t = qp_scaled.solve(parts.x());
  EXPECT_EQ(s.active, t.active);
  EXPECT_EQ(s.y, t.y);  // powers of two commute with rounding
}

/// y_0 <= 0 and -y_0 <= -1 among 200 variables, and what only looks like it.
TYPED_TEST(SparseQps, ProveContradictions) {
  using S = TypeParam;
  const auto status = [](double limit, double slant) {
    const Index m = 60;
    const std::vector<SparseEntry<S>> rows = {{0, 0, S(1)}, {0, 1, S(-1)}, {7, 1, S(slant)}};
    const SparseProgram<S> program(sparse_definite<S>(m, band(m, 2), 3), SparseMatrix<S>(m, 1, {}),
                                   Vec<S>::Constant(m, S(1)), SparseMatrix<S>(2, 1, {}),
                                   SparseMatrix<S>(m, 2, rows),
                                   (Vec<S>(2) << S(0), S(limit)).finished(), 0);
    SparseQp<S> qp(program);
    return qp.solve(Vec<S>::Constant(1, S(0))).status;
  };
  EXPECT_EQ(status(-1, 0), LowerStatus::infeasible);
  EXPECT_EQ(status(1, 0), LowerStatus::solved);
  EXPECT_EQ(status(-1, 1), LowerStatus::solved);
  EXPECT_NE(status(-1, 0x1p-40), LowerStatus::infeasible);
}

template <class F>
std::string refused(F make) {
  try {
    make();
  } catch (const Error& e) {
    return std::to_string(static_cast<int>(e.code())) + " " + e.what();
  }
  return "";
}

TEST(SparseProgram, RefusesWhatIsNone) {
  const Parts parts(20, band(20, 1), 6, 1);
  const SparseProgram<double> good = parts.program<double>();
  const auto with = [&](SparseMatrix<double> H, Vec<double> d, Vec<double> b, Index equalities) {
    return refused([&] {
      SparseProgram<double>(std::move(H), good.M, std::move(d), good.A, good.Bt, std::move(b),
                            equalities);
    });
  };
  EXPECT_EQ(with(good.H, good.d, good.b, 2), "");
  std::vector<SparseEntry<double>> entries;
  for (Index i = 0; i < 20; ++i) entries.push_back({i, i, 4.0});
  const auto H = [&](std::vector<SparseEntry<double>> more) {
    more.insert(more.end(), entries.begin(), entries.end());
    return SparseMatrix<double>(20, 20, std::move(more));
  };
  EXPECT_EQ(with(H({{3, 5, 1.0}}), good.d, good.b, 2),
            "2 H: the pattern is not symmetric: entry (3, 5) is kept and (5, 3) is not");
  EXPECT_EQ(with(H({{5, 3, 0.0}}), good.d, good.b, 2),
            "2 H: the pattern is not symmetric: entry (5, 3) is kept and (3, 5) is not");
  EXPECT_EQ(with(H({{2, 6, 1.0}, {4, 6, 1.0}, {6, 4, 1.0}}), good.d, good.b, 2),
            "2 H: the pattern is not symmetric: entry (2, 6) is kept and (6, 2) is not");
  EXPECT_EQ(with(H({{5, 3, 1.0}, {3, 5, 2.0}}), good.d, good.b, 2),
            "2 H: is not symmetric: see entries (5, 3) and (3, 5)");
  EXPECT_EQ(with(H({{5, 3, 4.0}, {3, 5, 4.0}}), good.d, good.b, 2).substr(0, 52),
            "4 H: not positive definite: the pivot of variable 5 ");
  EXPECT_EQ(with(H({{5, 3, 4 - 0x1p-50}, {3, 5, 4 - 0x1p-50}}), good.d, good.b, 2),
            "4 H: cannot be proved positive definite in double precision");
  EXPECT_EQ(with(SparseMatrix<double>(20, 19, {}), good.d, good.b, 2),
            "2 H: is 20 x 19, not 20 x 20");
  EXPECT_EQ(with(good.H, Vec<double>(good.d.head(19)), good.b, 2), "2 d: is 19 x 1, not 20 x 1");
  EXPECT_EQ(with(good.H, good.d, Vec<double>(good.b.head(5)), 2), "2 A: is 6 x 4, not 5 x 4");
  EXPECT_EQ(with(good.H, good.d, good.b, 7), "2 equalities: are 7 of 6 rows");
  Vec<double> bad = good.d;
  bad[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(with(good.H, bad, good.b, 2), "2 d: entry 3 is not finite");
  bad = good.b;
  bad[1] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(with(good.H, good.d, bad, 2), "2 b: entry 1 is not finite");
  const auto spoilt = [](SparseMatrix<double> matrix, double value) {
    Vec<double> values = matrix.values();
    values[0] = value;
    matrix.set_values(values);
    return matrix;
  };
  for (const double value : {bad[1], -bad[1], std::numeric_limits<double>::quiet_NaN()}) {
    const auto message = [&](int part) {
      return refused([&] {
               const auto choose = [&](const SparseMatrix<double>& matrix, int which) {
                 return which == part ? spoilt(matrix, value) : matrix;
               };
               SparseProgram<double>(choose(good.H, 0), choose(good.M, 1), good.d,
                                     choose(good.A, 2), choose(good.Bt, 3), good.b, 2);
             })
          .substr(0, 12);
    };
    EXPECT_EQ(message(0), "2 H: entry (");
    EXPECT_EQ(message(1), "2 M: entry (");
    EXPECT_EQ(message(2), "2 A: entry (");
    EXPECT_EQ(message(3), "2 Bt: entry ");
  }
  EXPECT_EQ(with(spoilt(good.H, std::numeric_limits<double>::quiet_NaN()), good.d, good.b, 2),
            "2 H: entry (0, 0) is not finite");
  const SparseMatrix<double> empty(0, 0, {});
  EXPECT_EQ(refused([&] {
              SparseProgram<double>(empty, empty, Vec<double>(0), empty, empty, Vec<double>(0), 0);
            }),
            "2 H: has no variables");

  SparseQp<double> qp(good);
  EXPECT_EQ(refused([&] { qp.solve(Vec<double>::Zero(3)); }), "2 x: has 3 entries, not 4");
  EXPECT_EQ(refused([&] { qp.solve(Vec<double>::Constant(4, bad[1])); }),
            "2 x: entry 0 is not finite");
  EXPECT_EQ(refused([&] { qp.solve(Vec<double>::Zero(4), Vec<double>::Zero(1)); }),
            "2 q: has 1 entries, not 20");
}

}  // namespace
}  // namespace assay
