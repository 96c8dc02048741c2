// The constants that the theorems prescribe, against the printed ones and against MPFR.
#include "assay/step/prescription.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "assay/problem/golden_test.hpp"
#include "assay/scalar/mpfr_test.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

Rational q(double value) { return convert<Rational>(value); }

void expect_within(double value, const Rational& exact, long roundings) {
  EXPECT_LE(magnitude(Rational(q(value) - exact)),
            exact * convert<Rational>(gamma_bound<double>(roundings)))
      << value;
}

TEST(DsbloPrescription, PrintedFigures) {
  const auto p = dsblo_prescription(1e-3, 1e-2, 4, 10);
  expect_printed(1 - p.momentum, 4.8e-12, 0.1e-12);
  expect_printed(p.window, 2.8e12, 0.1e12);
  expect_printed(p.gamma1, 2.8e14, 0.1e14);
  expect_printed(p.gamma2, 2.7e16, 0.1e16);
}

struct PrescriptionCase {
  double epsilon, delta, delta_v, lipschitz;
};

TEST(DsbloPrescription, AgainstThreeHundredBits) {
  // The second and third have 1 - beta near its largest, 1/960 (delta_v + 2 L)^2 / (dv^2 + 2 L^2).
  for (const PrescriptionCase& c :
       {PrescriptionCase{1e-3, 1e-2, 4, 10}, PrescriptionCase{1, 0.5, 0.5, 0.25},
        PrescriptionCase{3, 1, 1, 1}, PrescriptionCase{1e-8, 1e-9, 1e3, 1e-3},
        PrescriptionCase{1000, 1, 1e3, 1e-3}}) {
    const auto p = dsblo_prescription(c.epsilon, c.delta, c.delta_v, c.lipschitz);
    const Rational size = q(c.delta_v) + 2 * q(c.lipschitz);
    const Rational gap =
        q(c.epsilon) * q(c.epsilon) /
        (960 * (q(c.delta_v) * q(c.delta_v) + 2 * q(c.lipschitz) * q(c.lipschitz)));
    Mpfr numerator(300, Rational(32 * size / q(c.epsilon))), denominator(300, Rational(-gap));
    mpfr_log(numerator, numerator, MPFR_RNDN);
    mpfr_log1p(denominator, denominator, MPFR_RNDN);
    const Rational window = numerator.exact() / -denominator.exact();

    // beta: gap is small, so only 1 - gap rounds beyond what gap itself (8 roundings) is off by.
    const Rational beta_error = magnitude(Rational(q(p.momentum) - (1 - gap)));
    EXPECT_LE(beta_error, gap * convert<Rational>(gamma_bound<double>(8)) + q(0x1p-54) * 2);
    // K: ln (argument 4 roundings over a logarithm > 3, itself 2), the series of positive terms in
    // a gap of 8 roundings (its first term decides: 10 more), the quotient.
    expect_within(p.window, window, 25);
    expect_within(p.gamma1, window / q(c.delta), 26);
    expect_within(p.gamma2, 4 * window / q(c.delta) * size, 30);
    // eps <= dv + 2 L leaves the first or, in the last case, the third of its bounds the least.
    const Rational cost = q(c.epsilon) * q(c.epsilon) / (1280 * size);
    expect_within(p.accuracy, std::min(cost, q(c.lipschitz)), 4);
    EXPECT_LT(p.accuracy, 2 * c.epsilon / 3);
  }
}

TEST(DsbloPrescription, RefusesWhatTheProofDoesNotCover) {
  // delta_v + 2 L = 1 exactly; 480 (dv^2 + 2 L^2) is never the tighter of the two conditions.
  EXPECT_NO_THROW(dsblo_prescription(1, 1e-2, 0.5, 0.25));
  EXPECT_THROW(dsblo_prescription(std::nextafter(1, 2), 1e-2, 0.5, 0.25), InputError);
  const double nan = std::nan("");
  for (const PrescriptionCase& c :
       {PrescriptionCase{0, 1, 1, 1}, PrescriptionCase{1, 0, 1, 1}, PrescriptionCase{1, 1, 0, 1},
        PrescriptionCase{1, 1, 1, 0}, PrescriptionCase{-1, 1, 1, 1}, PrescriptionCase{nan, 1, 1, 1},
        PrescriptionCase{1, nan, 1, 1}})
    EXPECT_THROW(dsblo_prescription(c.epsilon, c.delta, c.delta_v, c.lipschitz), InputError);
}

TEST(F2csaPrescription, RadiusStepAndBlock) {
  for (const PrescriptionCase& c :
       {PrescriptionCase{0.1, 0.1, 0, 1}, PrescriptionCase{0.05, 0.3, 0, 2.5},
        PrescriptionCase{0.7, 3, 0, 0.95}}) {
    const auto p = f2csa_prescription(c.epsilon, c.delta, c.lipschitz);
    const Rational e = q(c.epsilon), d = q(c.delta), L = q(c.lipschitz);
    expect_within(p.clip_radius, d * e * e / (L * L), 4);
    expect_within(p.step, d * e * e * e / (L * L * L * L), 6);
    EXPECT_EQ(p.alpha, c.epsilon);
  }
}

TEST(F2csaPrescription, TheBlockIsFlooredAsWritten) {
  // delta / D = L^2 / eps^2 of the decimals a person writes, not of their rounded doubles.
  EXPECT_EQ(f2csa_prescription(0.1, 0.1, 1).block, 100);
  EXPECT_EQ(f2csa_prescription(0.05, 0.1, 1).block, 400);
  EXPECT_EQ(f2csa_prescription(0.2, 7, 1).block, 25);
  EXPECT_EQ(f2csa_prescription(0.3, 0.1, 1).block, 11);
  EXPECT_EQ(f2csa_prescription(0.3, 0.1, 1.2).block, 16);
  EXPECT_EQ(f2csa_prescription(0.5, 0.1, 0.5).block, 1);
  EXPECT_THROW(f2csa_prescription(0.7, 0.1, 0.5), InputError);  // an empty block
  EXPECT_THROW(f2csa_prescription(1e-9, 1, 1), InputError);
  EXPECT_THROW(f2csa_prescription(0, 1, 1), InputError);
  EXPECT_THROW(f2csa_prescription(0.1, 0, 1), InputError);
  EXPECT_THROW(f2csa_prescription(0.1, 1, 0), InputError);
}

}  // namespace
}  // namespace assay
