#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "assay/scalar/dense.hpp"

namespace assay::reference {

/// What finite differences can say of a claimed gradient.
enum class Judgement {
  correct,                   ///< the error is proved to be at most the accuracy asked for
  wrong,                     ///< it is proved to be larger
  noise_limited,             ///< the noise of F hides which of the two
  kink,                      ///< the one-sided derivatives differ: there is no gradient to compare
  lower_level_not_converged  ///< the lower level's own error could explain what is seen
};
std::string judgement_text(Judgement judgement);

struct DifferenceOptions {
  /// The accuracy asked for along a unit direction, relative to |g| (to the secant over a step of 1
  /// where g = 0): what the caller needs to know, not a tolerance of the method.
  double accuracy = 0x1p-20;
  /// A bound on |F as returned - F with the exact lower level|, if the caller has one.
  std::optional<double> lower_level_error;
  std::uint64_t seed = 1;
  int directions = 6;  ///< random ones, beside the direction of g; >= 1
};

/// One step length of one direction.
struct Rung {
  double h = 0;
  double remainder_right = 0, remainder_left = 0;  ///< F(x +- h w) - F(x) -+ h g'w
  double error_right = 0, error_left = 0;          ///< estimates of F'(x; +-w) -+ g'w
  /// Half-widths of these estimates: what noise, and what noise and truncation may amount to.
  double noise_half = 0, half_right = 0, half_left = 0;
  double lower_level_half = 0;  ///< what the lower level's error may add
};

struct DirectionEvidence {
  Vec<double> w;
  double claimed = 0;       ///< g'w
  double noise = 0;         ///< standard deviation of F's noise
  bool stochastic = false;  ///< F differs from call to call
  std::vector<Rung> rungs;  ///< h falling
  /// The one-sided derivatives, (F(x + t w) - F(x)) / t and (F(x) - F(x - t w)) / t for t -> 0, and
  /// the step lengths and half-widths that they come from.
  double right = 0, left = 0, half_right = 0, half_left = 0, h_right = 0, h_left = 0;
  /// log(R(h) / R(h/4)) / log 4 at the smallest h whose remainders are 2^10 times what noise may
  /// amount to: 2 for a correct gradient (or more), 1 for a wrong one; nothing if the remainder is
  /// all noise.
  std::optional<double> order;
  Judgement judgement = Judgement::noise_limited;
};

struct GradientJudgement {
  Judgement verdict = Judgement::noise_limited;
  double accuracy = 0;    ///< the absolute accuracy that was asked for
  double confidence = 1;  ///< of the statements about noise (independent normal draws)
  std::vector<DirectionEvidence> directions;
  std::size_t decisive = 0;  ///< the direction behind the verdict
  std::string text;          ///< one line with figures
};

/// Judges the claim that g is the gradient of F at x, F a black box in scalar S (double or Real50).
///
/// Along a direction w, with R(h) = F(x + h w) - F(x) - h g'w = a h + b h^2 + O(h^3), a is the
/// error of g along w: 0, and then R is of second order (Taylor test), or not. Two steps give
///
///     a(h) = (16 R(h/4) - R(h)) / (3 h) = a + O(h^2),
///
/// exactly a for a quadratic, on each side of x apart. How much a(h) can be off:
///  - noise: R(h/4), R(h), F(x) enter with weights 16, 1, 15, so one standard deviation of a(h) is
///    sqrt(482)/3 sigma/h; z of them, P(|Z| > z) <= 2 exp(-z^2/2) shared among all estimates;
///  - truncation: the O(h^2) term shrinks by 16 from rung to rung, so a(h) is off by 1/15 of its
///    difference to a(4h); twice that is granted. (Proved for quadratics, asymptotic for smooth F.)
///  - the lower level: at most (16 + 1 + 15) delta / (3 h), delta the bound given.
/// Rungs are read from the smallest h upwards as long as they agree with the sharpest so far: where
/// they stop, another piece of F begins, or F is not defined (it says so by returning NaN). The
/// truncation against the noise over h is the V-curve.
///
/// Noise of a deterministic F is measured by a difference table of neighbouring values, sigma_k^2 =
/// (k!)^2/(2k)! mean((Delta^k F)^2), where three consecutive orders agree within a factor 4 and the
/// differences change sign; never less than one rounding of F and of x. Noise of a stochastic F by
/// 32 calls at x: P(sigma > 2 s) <= exp(-31/2 (1/4 - 1 + ln 4)) < 2^-14 for normal noise.
///
/// Which errors may escape: for a random unit w in R^n, P(|e'w| <= t |e|) <= t sqrt(2n/pi); six
/// directions miss an error of 10 sqrt(n) accuracy with probability below (0.08)^6 < 1e-6.
///
/// Source: More & Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33 (2011), algorithm
/// ECnoise; the same, "Estimating derivatives of noisy simulations", ACM TOMS 38 (2012).
/// @throws NumericalError if F(x) is not finite; std::invalid_argument if directions < 1
template <class S>
GradientJudgement judge_gradient(const std::function<S(const Vec<S>&)>& F, const Vec<S>& x,
                                 const Vec<S>& g, const DifferenceOptions& options = {});

}  // namespace assay::reference
