// Lower levels whose solutions and derivatives are known in closed form from the literature.
#include <gtest/gtest.h>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/lower_level/oracle_test.hpp"

namespace assay {
namespace {

using reference::RVec;
using Table = std::vector<std::vector<std::string>>;

/// "1/3" or "2" for every entry; an empty table leaves `rows` rows of zeros.
void fill(ExactMatrix& into, const Table& entries) {
  const Index cols = entries.empty() ? into.cols() : static_cast<Index>(entries[0].size());
  into = ExactMatrix(static_cast<Index>(entries.size()), cols);
  for (std::size_t i = 0; i < entries.size(); ++i)
    for (std::size_t j = 0; j < entries[i].size(); ++j) {
      const std::string& text = entries[i][j];
      into.set_fraction(static_cast<Index>(i), static_cast<Index>(j),
                        text.find('/') == std::string::npos ? text + "/1" : text);
    }
}

Table column(const std::vector<std::string>& entries) {
  Table t;
  for (const auto& e : entries) t.push_back({e});
  return t;
}

RVec values(const std::vector<std::string>& entries) {
  ExactMatrix m;
  fill(m, column(entries));
  return m.to_vector<Rational>();
}

/// Everything in rationals at one point.
struct Exactly {
  explicit Exactly(const Instance& in)
      : problem(in), lower(problem), estimator({&problem, &lower, nullptr, {}, {}}) {}
  const Hypergradient<Rational>& at(const RVec& x) {
    estimator.evaluate(x, RVec(), 0, gradient);
    return gradient;
  }
  const LowerSolution<Rational>& solve(const RVec& x) { return lower.solve(x, RVec()); }

  QuadraticProblem<Rational> problem;
  ActiveSetLowerLevel<Rational> lower;
  ImplicitEstimator<Rational> estimator;
  Hypergradient<Rational> gradient;
};

/// DiffOpt.jl, "moi example 1", with x = (q, h): min 1/2 z'Qz + q'z, G z <= h.
TEST(KnownPrograms, QuadraticLayerWithTwoBindingRows) {
  Instance in = empty_instance(5, 3);
  fill(in.H, {{"2", "1", "0"}, {"1", "2", "1"}, {"0", "1", "2"}});
  fill(in.M, {{"1", "0", "0", "0", "0"}, {"0", "1", "0", "0", "0"}, {"0", "0", "1", "0", "0"}});
  fill(in.A, {{"0", "0", "0", "-1", "0"}, {"0", "0", "0", "0", "-1"}});
  fill(in.B, {{"-1", "-2", "-3"}, {"-1", "-1", "0"}});
  fill(in.b, column({"0", "0"}));
  fill(in.cy, column({"1", "1", "1"}));
  const RVec x = values({"0", "0", "0", "-4", "-1"});
  Exactly e(in);

  EXPECT_EQ(e.solve(x).y, values({"4/7", "3/7", "6/7"}));
  EXPECT_EQ(e.solve(x).multipliers, values({"5/7", "6/7"}));
  EXPECT_EQ(e.at(x).implicit, values({"-3/14", "3/14", "-1/14", "-5/14", "-3/7"}));
}

/// min 1/2 |y|^2, y0 + y1 = x, y0 - 2 y1 <= -1/2: the second row is weakly active at x = 1.
class WeaklyActive : public testing::Test {
 protected:
  WeaklyActive() : in(empty_instance(1, 2)) {
    fill(in.H, {{"1", "0"}, {"0", "1"}});
    fill(in.E, {{"-1"}});
    fill(in.G, {{"1", "1"}});
    fill(in.e, column({"0"}));
    fill(in.A, {{"0"}});
    fill(in.B, {{"1", "-2"}});
    fill(in.b, column({"-1/2"}));
  }
  /// dy*/dx, from F = y_0 and F = y_1.
  RVec slopes(const std::string& x, bool kink) {
    RVec out(2);
    for (Index i = 0; i < 2; ++i) {
      fill(in.cy, i == 0 ? column({"1", "0"}) : column({"0", "1"}));
      Exactly e(in);
      out[i] = e.at(values({x})).total[0];
      EXPECT_EQ(e.gradient.kink, kink);
      EXPECT_TRUE(e.gradient.licq);
    }
    return out;
  }
  Instance in;
};

TEST_F(WeaklyActive, TheSlopesOnBothSides) {
  EXPECT_EQ(slopes("9/10", false), values({"2/3", "1/3"}));
  EXPECT_EQ(slopes("999999999999/1000000000000", false), values({"2/3", "1/3"}));
  EXPECT_EQ(slopes("11/10", false), values({"1/2", "1/2"}));
}

TEST_F(WeaklyActive, AtTheKinkTheSideWhereTheRowStaysInactive) {
  EXPECT_EQ(slopes("1", true), values({"1/2", "1/2"}));
  Exactly e(in);
  const auto& s = e.solve(values({"1"}));
  EXPECT_EQ(s.y, values({"1/2", "1/2"}));
  EXPECT_EQ(s.active, (std::vector<Index>{0}));
  EXPECT_EQ(s.weakly_active, (std::vector<Index>{1}));
}

TEST_F(WeaklyActive, RoundingDoesNotHideTheKink) {
  const QuadraticProblem<double> problem(in);
  // Numbers near 1 that rounding may produce for it, and one clearly beside it.
  for (const double x : {1.0, 1 - 0x1p-52, 1 + 0x1p-51}) {
    ActiveSetLowerLevel<double> lower(problem);
    EXPECT_EQ(lower.solve(Vec<double>::Constant(1, x), {}).weakly_active, (std::vector<Index>{1}))
        << x;
  }
  ActiveSetLowerLevel<double> lower(problem);
  EXPECT_TRUE(lower.solve(Vec<double>::Constant(1, 1 - 1e-9), {}).weakly_active.empty());
}

/// F = -x + 2 y1 + y2, lower (x - y1)^2 + y2^2, y >= 0 (Hatz et al. 2013): F(x) = |x|.
TEST(KnownPrograms, AbsoluteValue) {
  Instance in = empty_instance(1, 2);
  fill(in.H, {{"2", "0"}, {"0", "2"}});
  fill(in.M, {{"-2"}, {"0"}});
  fill(in.cx, column({"-1"}));
  fill(in.cy, column({"2", "1"}));
  in.lower.set(0, 0, 0);
  in.lower.set(1, 0, 0);
  Exactly e(in);

  EXPECT_EQ(e.at(values({"3/7"})).total, values({"1"}));
  EXPECT_EQ(e.at(values({"-3/7"})).total, values({"-1"}));
  EXPECT_EQ(e.at(values({"0"})).total, values({"1"}));  // both bounds inactive: the slope for x > 0
  EXPECT_TRUE(e.gradient.kink);
  EXPECT_EQ(e.estimator.value(values({"-3/7"}), RVec(), 0), Rational(3, 7));
  EXPECT_EQ(e.estimator.value(values({"3/7"}), RVec(), 0), Rational(3, 7));
}

/// min 1/2 (y - 2)^2, y <= x twice: y* = x for x < 2. The multiplier 2 - x may sit on either row.
TEST(KnownPrograms, ADuplicatedActiveRow) {
  Instance in = empty_instance(1, 1);
  fill(in.H, {{"1"}});
  fill(in.d, column({"-2"}));
  fill(in.A, {{"-1"}, {"-1"}});
  fill(in.B, {{"1"}, {"1"}});
  fill(in.b, column({"0", "0"}));
  fill(in.cy, column({"1"}));
  Exactly e(in);

  EXPECT_EQ(e.at(values({"1"})).total, values({"1"}));
  EXPECT_TRUE(e.gradient.kink);
  EXPECT_FALSE(e.gradient.licq);
  const auto& s = e.solve(values({"1"}));
  EXPECT_EQ(s.active.size(), 1U);
  EXPECT_EQ(s.weakly_active.size(), 1U);
  EXPECT_EQ(s.multipliers[0] + s.multipliers[1], 1);

  const QuadraticProblem<double> problem(in);
  ActiveSetLowerLevel<double> lower(problem);
  ImplicitEstimator<double> estimator({&problem, &lower, nullptr, {}, {}});
  Hypergradient<double> g;
  estimator.evaluate(Vec<double>::Constant(1, 1.0), {}, 0, g);
  EXPECT_EQ(g.total[0], 1);
  EXPECT_FALSE(g.licq);
}

// --- Maros-Meszaros, the small ones: exact optima
// ---------------------------------------------------

/// Solves and compares; x does not enter.
void expect_optimum(const Instance& in, const std::vector<std::string>& y,
                    const Rational& objective) {
  Exactly e(in);
  const auto& s = e.solve(values({"0"}));
  ASSERT_EQ(s.status, LowerStatus::solved);
  EXPECT_EQ(s.y, values(y));
  const reference::RMat H = in.H.to<Rational>();
  const RVec d = in.d.to_vector<Rational>();
  Rational value = 0;
  for (Index i = 0; i < in.m; ++i) {
    value += d[i] * s.y[i];
    for (Index j = 0; j < in.m; ++j) value += s.y[i] * H(i, j) * s.y[j] / 2;
  }
  EXPECT_EQ(value, objective);
}

void without_x(ExactMatrix& A, const ExactMatrix& b) { A = ExactMatrix(b.rows(), 1); }

TEST(KnownPrograms, HS21) {  // x1^2/100 + x2^2 - 100, 10 x1 - x2 >= 10, 2 <= x1 <= 50, |x2| <= 50
  Instance in = empty_instance(1, 2);
  fill(in.H, {{"1/50", "0"}, {"0", "2"}});
  fill(in.B, {{"-10", "1"}});
  fill(in.b, column({"-10"}));
  without_x(in.A, in.b);
  in.lower.set(0, 0, 2);
  in.lower.set(1, 0, -50);
  in.upper.set(0, 0, 50);
  in.upper.set(1, 0, 50);
  expect_optimum(in, {"2", "0"}, Rational(-2499, 25) + 100);
}

TEST(KnownPrograms, HS35) {
  // 9 - 8 x1 - 6 x2 - 4 x3 + 2 x1^2 + 2 x2^2 + x3^2 + 2 x1 x2 + 2 x1 x3, x1 + x2 + 2 x3 <= 3, x >=
  // 0
  Instance in = empty_instance(1, 3);
  fill(in.H, {{"4", "2", "2"}, {"2", "4", "0"}, {"2", "0", "2"}});
  fill(in.d, column({"-8", "-6", "-4"}));
  fill(in.B, {{"1", "1", "2"}});
  fill(in.b, column({"3"}));
  without_x(in.A, in.b);
  for (Index i = 0; i < 3; ++i) in.lower.set(i, 0, 0);
  expect_optimum(in, {"4/3", "7/9", "4/9"}, Rational(1, 9) - 9);
}

TEST(KnownPrograms, HS76) {
  // x1^2 + x2^2/2 + x3^2 + x4^2/2 - x1 x3 + x3 x4 - x1 - 3 x2 + x3 - x4
  Instance in = empty_instance(1, 4);
  fill(in.H,
       {{"2", "0", "-1", "0"}, {"0", "1", "0", "0"}, {"-1", "0", "2", "1"}, {"0", "0", "1", "1"}});
  fill(in.d, column({"-1", "-3", "1", "-1"}));
  fill(in.B, {{"1", "2", "1", "1"}, {"3", "1", "2", "-1"}, {"0", "-1", "-4", "0"}});
  fill(in.b, column({"5", "4", "-3/2"}));
  without_x(in.A, in.b);
  for (Index i = 0; i < 4; ++i) in.lower.set(i, 0, 0);
  expect_optimum(in, {"3/11", "23/11", "0", "6/11"}, Rational(-103, 22));
}

/// HS52 and HS53 are only positive semidefinite. Their rows are G y = 0, so adding |G y|^2 to the
/// objective changes no feasible value, and makes H definite.
Instance five_variables(const Table& H, const std::vector<std::string>& d) {
  Instance in = empty_instance(1, 5);
  fill(in.H, H);
  fill(in.d, column(d));
  fill(in.G, {{"1", "3", "0", "0", "0"}, {"0", "0", "1", "1", "-2"}, {"0", "1", "0", "0", "-1"}});
  fill(in.e, column({"0", "0", "0"}));
  without_x(in.E, in.e);
  for (Index i = 0; i < 5; ++i)
    for (Index j = 0; j < 5; ++j)
      for (Index k = 0; k < 3; ++k) in.H.set(i, j, in.H(i, j) + 2 * in.G(k, i) * in.G(k, j));
  return in;
}

TEST(KnownPrograms, HS52) {  // (4 x1 - x2)^2 + (x2 + x3 - 2)^2 + (x4 - 1)^2 + (x5 - 1)^2
  const Instance in = five_variables({{"32", "-8", "0", "0", "0"},
                                      {"-8", "4", "2", "0", "0"},
                                      {"0", "2", "2", "0", "0"},
                                      {"0", "0", "0", "2", "0"},
                                      {"0", "0", "0", "0", "2"}},
                                     {"0", "-4", "-4", "-2", "-2"});
  expect_optimum(in, {"-33/349", "11/349", "180/349", "-158/349", "11/349"},
                 Rational(1859, 349) - 6);
}

TEST(KnownPrograms, HS53) {  // (x1 - x2)^2 + the same, |x_i| <= 10
  Instance in = five_variables({{"2", "-2", "0", "0", "0"},
                                {"-2", "4", "2", "0", "0"},
                                {"0", "2", "2", "0", "0"},
                                {"0", "0", "0", "2", "0"},
                                {"0", "0", "0", "0", "2"}},
                               {"0", "-4", "-4", "-2", "-2"});
  for (Index i = 0; i < 5; ++i) {
    in.lower.set(i, 0, -10);
    in.upper.set(i, 0, 10);
  }
  expect_optimum(in, {"-33/43", "11/43", "27/43", "-5/43", "11/43"}, Rational(176, 43) - 6);
}

/// OSQP's demo: 1 <= z1 + z2 <= 1, 0 <= z <= 7/10. The bound 7/10 is no binary number.
TEST(KnownPrograms, OsqpDemoWithAFractionAsBound) {
  Instance in = empty_instance(1, 2);
  fill(in.H, {{"4", "1"}, {"1", "2"}});
  fill(in.d, column({"1", "1"}));
  fill(in.B, {{"1", "1"}, {"-1", "-1"}});
  fill(in.b, column({"1", "-1"}));
  without_x(in.A, in.b);
  for (Index i = 0; i < 2; ++i) {
    in.lower.set(i, 0, 0);
    in.upper.set_fraction(i, 0, "7/10");
  }
  expect_optimum(in, {"3/10", "7/10"}, Rational(4 * 9 + 2 * 21 + 2 * 49, 200) + 1);
}

}  // namespace
}  // namespace assay
