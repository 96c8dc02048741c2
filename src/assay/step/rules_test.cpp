// Every step rule against its formula, computed in exact fractions.
#include "assay/step/rules.hpp"

#include <gtest/gtest.h>

#include <set>

#include "assay/scalar/mpfr_test.hpp"
#include "assay/step/catalogue.hpp"
#include "assay/step/prescription.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

using Given = std::map<std::string, Value>;

template <class S>
LimitedStep<S> rule(const std::string& name, const Given& given,
                    const StepContext<S>& context = {}) {
  const CatalogueItem& item = find_item(step_items(), name, "test", "step.rule");
  return make_step<S>(name, Settings(item.parameters, given, "test", "step"), context);
}

/// Iteration t of a rule that may look at nothing but |m|.
StepQuery<double> at(long t, double direction_norm = 1) {
  StepQuery<double> query;
  query.iteration = t;
  query.direction_norm = direction_norm;
  query.gap = []() -> double { throw std::logic_error("no limit asks for the gap"); };
  query.merit = [](const double&) -> double { throw std::logic_error("no line search"); };
  return query;
}

/// |value - exact| <= gamma_k |exact|, k the roundings on the way.
void expect_rounded(double value, const Rational& exact, long roundings) {
  const Rational error = magnitude(Rational(convert<Rational>(value) - exact));
  EXPECT_LE(error, convert<Rational>(gamma_bound<double>(roundings)) * magnitude(exact)) << value;
}

Rational exact_power(const Rational& base, long exponent) {
  Rational out(1);
  for (long k = 0; k < exponent; ++k) out *= base;
  return out;
}

TEST(StepRules, Constant) {
  auto step = rule<double>("constant", {{"length", 0.3}});
  for (const long t : {0, 1, 1000}) {
    EXPECT_EQ(step(at(t)).requested, 0.3);
    EXPECT_EQ(step(at(t)).applied, 0.3);
  }
}

TEST(StepRules, InverseIsOneOverMuTimesIterationPlusOffset) {
  auto step = rule<double>("inverse", {{"mu", 1.3}, {"offset", 2.7}});
  // Sum, product, quotient: three roundings.
  for (const long t : {0, 1, 2, 77, 9999})
    expect_rounded(step(at(t)).applied,
                   1 / (convert<Rational>(1.3) * (Rational(t) + convert<Rational>(2.7))), 3);
}

TEST(StepRules, InverseTakesTheProvedCurvatureOrRefuses) {
  auto step = rule<double>("inverse", {}, {100, 1.75});
  expect_rounded(step(at(4)).applied, 1 / (convert<Rational>(1.75) * 5), 2);
  try {
    rule<double>("inverse", {}, {100, 0.0});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("step.mu: ", 0), 0u) << error.what();
  }
}

TEST(StepRules, PolynomialIsAQuarterPower) {
  for (const std::int64_t quarters : {0, 1, 2, 3, 4, 7, 16}) {
    auto step = rule<double>("polynomial", {{"length", 0.7}, {"quarters", quarters}});
    for (const long t : {0, 1, 4, 80, 12345}) {
      // The fourth power of the step is a fraction. The fourth root has relative error 1.5 u, its
      // power quarters times that and two products for each of five bits, the quotient one more;
      // raised to the fourth, four times all of it.
      const double value = step(at(t)).applied;
      const Rational fourth = exact_power(convert<Rational>(value), 4);
      const Rational exact =
          exact_power(convert<Rational>(0.7), 4) / exact_power(Rational(t + 1), quarters);
      const long roundings = 4 * (2 * quarters + 2 * 5 + 1);
      EXPECT_LE(magnitude(Rational(fourth - exact)),
                exact * convert<Rational>(gamma_bound<double>(roundings)))
          << t << " " << quarters;
    }
  }
  auto root = rule<double>("polynomial", {{"length", 0.5}});
  EXPECT_EQ(root(at(15)).applied, 0.125);  // 0.5 / sqrt(16)
}

TEST(StepRules, ExponentialDecay) {
  auto step = rule<double>("exponential", {{"length", 0.7}, {"rate", 0.013}});
  for (const long t : {0, 1, 10, 3000}) {
    Mpfr exact(200, Rational(-convert<Rational>(0.013) * t));
    mpfr_exp(exact, exact, MPFR_RNDN);
    // The rounded argument moves e^a by |a| u, exponential() errs by less than an ulp (2 u), the
    // product by u.
    expect_rounded(step(at(t)).applied, convert<Rational>(0.7) * exact.exact(),
                   static_cast<long>(0.013 * t) + 5);
  }
}

TEST(StepRules, GeometricDecay) {
  auto step = rule<double>("geometric", {{"length", 0.7}, {"ratio", 0.9}});
  // Repeated squaring: 2^k - 1 roundings in ratio^(2^k), hence at most 2 t in the power, and one.
  for (const long t : {0, 1, 2, 3, 50, 201})
    expect_rounded(step(at(t)).applied,
                   convert<Rational>(0.7) * exact_power(convert<Rational>(0.9), t), 2 * t + 2);
}

TEST(StepRules, HorizonIsALengthOverTheRootOfTheIterations) {
  auto step = rule<double>("horizon", {{"length", 0.7}}, {2000, 0.0});
  const Rational value = convert<Rational>(step(at(9)).applied);
  const Rational square = convert<Rational>(0.7) * convert<Rational>(0.7) / 2000;
  // Root and quotient are two roundings, squared four.
  EXPECT_LE(magnitude(Rational(value * value - square)),
            square * convert<Rational>(gamma_bound<double>(5)));
  EXPECT_EQ(step(at(0)).applied, step(at(1999)).applied);
}

TEST(StepRules, InverseMomentum) {
  auto step = rule<double>("inverse_momentum", {{"gamma1", 3.1}, {"gamma2", 0.7}});
  for (const double size : {0.0, 1e-9, 0.37, 1e6})
    expect_rounded(step(at(5, size)).applied,
                   1 / (convert<Rational>(3.1) * convert<Rational>(size) + convert<Rational>(0.7)),
                   3);
}

TEST(StepRules, ALogMayPrintTheStepOfALongerMomentum) {
  auto step = rule<double>("inverse_momentum", {{"printed_floor", 0.01}});
  auto capped = rule<double>("inverse_momentum", {{"printed_floor", 0.01}, {"cap", 0.1}});
  for (const double size : {0.0, 1e-3, 0.0099}) {
    const StepLength<double> length = step(at(5, size));
    expect_rounded(length.requested, 1 / (50 * convert<Rational>(0.01) + 5),
                   3);  // 0.1818, the most it prints
    expect_rounded(length.applied, 1 / (50 * convert<Rational>(size) + 5), 3);
    EXPECT_EQ(capped(at(5, size)).requested, length.requested);
    EXPECT_EQ(capped(at(5, size)).applied, 0.1);
  }
  for (const double size : {0.01, 0.37}) {
    const StepLength<double> length = step(at(5, size));
    EXPECT_EQ(length.requested, length.applied);
  }
}

TEST(StepRules, ThePrescriptionsFeedTheirRules) {
  auto dsblo = rule<double>("dsblo_prescription", {});
  const auto p = dsblo_prescription(1e-3, 1e-2, 4, 10);
  expect_rounded(dsblo(at(0, 0.25)).applied,
                 1 / (convert<Rational>(p.gamma1) / 4 + convert<Rational>(p.gamma2)), 3);
  auto f2csa =
      rule<double>("f2csa_prescription", {{"epsilon", 0.2}, {"delta", 0.3}, {"lipschitz", 1.5}});
  EXPECT_EQ(f2csa(at(7)).applied, f2csa_prescription(0.2, 0.3, 1.5).step);
}

TEST(StepLimits, CapThenGapCapThenFloor) {
  auto query = at(0);
  query.gap = [] { return 0.5; };
  const auto applied = [&](const Given& limits) {
    Given given = limits;
    given["length"] = 1.0;
    const auto out = rule<double>("constant", given)(query);
    EXPECT_EQ(out.requested, 1.0);
    return out.applied;
  };
  EXPECT_EQ(applied({}), 1);
  EXPECT_EQ(applied({{"cap", 0.75}}), 0.75);
  EXPECT_EQ(applied({{"cap", 2.0}}), 1);
  EXPECT_EQ(applied({{"gap_cap", 0.5}}), 0.25);
  EXPECT_EQ(applied({{"gap_cap", 4.0}}), 1);
  EXPECT_EQ(applied({{"cap", 0.75}, {"gap_cap", 0.5}}), 0.25);
  EXPECT_EQ(applied({{"cap", 0.125}, {"gap_cap", 0.5}}), 0.125);
  EXPECT_EQ(applied({{"floor", 0.75}}), 1);
  EXPECT_EQ(applied({{"floor", 3.0}}), 3);
  EXPECT_EQ(applied({{"cap", 0.125}, {"floor", 0.375}}), 0.375);  // the floor has the last word
  EXPECT_EQ(applied({{"gap_cap", 0.5}, {"floor", 0.375}}), 0.375);
}

/// The caps of a rule that sees these gaps, from iteration `first` on.
std::vector<double> caps(const std::vector<double>& gaps, long first) {
  auto step = rule<double>(
      "constant",
      {{"length", 9.0}, {"cap", 1.0}, {"cap_shrink", 0.5}, {"stall_window", std::int64_t{3}}});
  std::vector<double> out;
  for (std::size_t k = 0; k < gaps.size(); ++k) {
    auto query = at(first + static_cast<long>(k));
    query.gap = [&] { return gaps[k]; };
    out.push_back(step(query).applied);
  }
  return out;
}

TEST(StepLimits, TheCapShrinksWhenTheGapStalls) {
  // Three iterations in a row without a new smallest gap halve the cap, and the count starts anew.
  EXPECT_EQ(caps({5, 5, 6, 5, 7, 4, 8, 8, 8, 8, 8, 8, 3}, 0),
            (std::vector<double>{1, 1, 1, .5, .5, .5, .5, .5, .25, .25, .25, .125, .125}));
  // A rule that comes in late has seen no gap either.
  EXPECT_EQ(caps({5, 4, 3, 2, 1, 1, 1, 1}, 300), (std::vector<double>{1, 1, 1, 1, 1, 1, 1, .5}));
}

TEST(StepLimits, TheStallCountSurvivesACheckpoint) {
  const Given given = {
      {"length", 9.0}, {"cap", 1.0}, {"cap_shrink", 0.5}, {"stall_window", std::int64_t{2}}};
  auto original = rule<double>("constant", given), other = rule<double>("constant", given);
  auto query = at(0);
  query.gap = [] { return 1.0; };
  original(query), original(query);
  StateArchive saved = StateArchive::writer();
  original.archive(saved);
  StateArchive read = StateArchive::reader(saved.values());
  other.archive(read);
  EXPECT_EQ(other(query).applied, 0.5);
}

/// F(x) = lambda x^2 / 2 at x = 1 along its gradient: the Armijo test passes for
/// t <= 2 (1 - share) / lambda.
StepQuery<double> parabola_query(double lambda) {
  StepQuery<double> query;
  query.slope = lambda * lambda;
  query.merit = [lambda](const double& t) {
    const double x = 1 - t * lambda;
    return lambda * x * x / 2;
  };
  return query;
}

TEST(Armijo, ShortensUntilTheTestPasses) {
  auto step = rule<double>("armijo", {});
  EXPECT_EQ(step(parabola_query(10)).applied, 0.125);  // 1/8 <= 0.1998 < 1/4
  EXPECT_EQ(step(parabola_query(1)).applied, 1);       // longer again
  auto thirds = rule<double>("armijo", {{"first", 9.0}, {"factor", 1.0 / 3}});
  EXPECT_EQ(thirds(parabola_query(1)).applied, 9.0 * (1.0 / 3) * (1.0 / 3));
}

TEST(Armijo, EqualityPasses) {
  // share 1/2, lambda 1: the bound is t <= 1, every number here exact.
  auto step = rule<double>("armijo", {{"share", 0.5}});
  EXPECT_EQ(step(parabola_query(1)).applied, 1);
}

TEST(Armijo, KeepNeverLengthensAgainAndIsRemembered) {
  auto step = rule<double>("armijo", {{"keep", true}});
  EXPECT_EQ(step(parabola_query(10)).applied, 0.125);
  EXPECT_EQ(step(parabola_query(1)).applied, 0.125);
  StateArchive saved = StateArchive::writer();
  step.archive(saved);
  auto other = rule<double>("armijo", {{"keep", true}});
  StateArchive read = StateArchive::reader(saved.values());
  other.archive(read);
  EXPECT_EQ(other(parabola_query(1)).applied, 0.125);
}

TEST(Armijo, StopsAtTheSmallestLengthEvenWhereTheMeritIsNoNumber) {
  auto step = rule<double>("armijo", {{"smallest", 1e-3}});
  EXPECT_EQ(step(parabola_query(1e9)).applied, 1e-3);
  auto broken = parabola_query(1);
  broken.merit = [](const double& t) { return t == 0 ? 1.0 : std::nan(""); };
  EXPECT_EQ(step(broken).applied, 1e-3);
}

TEST(StepLimits, ALogMayClaimAnotherStep) {
  auto step = rule<double>("inverse", {{"mu", 200.0}, {"printed", 0.5}});
  const StepLength<double> length = step(at(3));
  EXPECT_EQ(length.requested, 0.25);  // 0.5 / sqrt(4)
  expect_rounded(length.applied, Rational(1) / Rational(800), 2);
}

TEST(StepRules, AdjustedInverseFollowsItsWindow) {
  auto step = rule<double>("adjusted_inverse", {{"window", std::int64_t{4}}});
  const auto mu = [&step](long t, double norm, double gap) {
    StepQuery<double> query = at(t, norm);
    query.gap = [gap] { return gap; };
    return 1 / (step(query).applied * static_cast<double>(t + 1));
  };
  // mu passes at most four roundings here and 1.2, 1.1 one each.
  const double rounded = 8 * 0x1p-53;
  // Steady norms, a falling gap, but the norms are not small: mu stays.
  for (long t = 0; t < 6; ++t)
    EXPECT_NEAR(mu(t, 1, 1 - 0.1 * static_cast<double>(t)), 200, 200 * rounded) << t;
  // One norm of 9 among ones: mean 3, deviation 3.5 > 1.5.
  EXPECT_NEAR(mu(6, 9, 0.5), 240, 240 * rounded);
  for (long t = 7; t < 10; ++t) mu(t, 1e-3, 0.5);
  // Nothing but small norms in the window: no scatter; then a gap that fell by 0.1.
  const double before = mu(10, 1e-3, 0.5);
  EXPECT_NEAR(mu(11, 1e-3, 0.4), before / 1.1, before * rounded);
}

TEST(StepRules, TheWindowOfAdjustedInverseSurvivesACheckpoint) {
  const Given given = {{"window", std::int64_t{2}}};
  auto original = rule<double>("adjusted_inverse", given);
  auto other = rule<double>("adjusted_inverse", given);
  const auto query = [](long t, double gap) {
    StepQuery<double> out = at(t, 1e-3);
    out.gap = [gap] { return gap; };
    return out;
  };
  original(query(0, 1)), original(query(1, 1));
  StateArchive saved = StateArchive::writer();
  original.archive(saved);
  StateArchive read = StateArchive::reader(saved.values());
  other.archive(read);
  // Steady small norms, and the gap of iteration 0 fell by 0.5: mu = 200 / 1.1, rounded alike.
  EXPECT_EQ(other(query(2, 0.5)).applied, 1 / (200 / 1.1 * 3));
}

TEST(StepRules, EveryRuleOfTheCatalogueIsTestedHere) {
  const std::set<std::string> tested = {
      "constant",           "inverse", "polynomial",       "exponential",
      "geometric",          "horizon", "inverse_momentum", "dsblo_prescription",
      "f2csa_prescription", "armijo",  "adjusted_inverse"};
  std::set<std::string> known;
  for (const auto& item : step_items()) known.insert(item.name);
  EXPECT_EQ(known, tested);
}

}  // namespace
}  // namespace assay
