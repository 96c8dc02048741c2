#include "reference/finite_differences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

#include "assay/numerics/elementary.hpp"
#include "assay/numerics/random.hpp"
#include "assay/support/error.hpp"

namespace assay::reference {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// h = 1, 1/4, 1/16 ...: down to 2^-40 in double, where an error of 1e-3 in g'w h meets one
/// rounding of an F of size 1; the same share of the digits in wider scalars.
template <class S>
constexpr int rung_count = std::numeric_limits<S>::digits * 3 / 8 + 1;

constexpr int repeats = 32;

/// P(|Z| > z) <= 2 exp(-z^2/2) = 2^-14 / count. ln 2 is rounded up.
double quantile_for(std::size_t count) {
  int doublings = 0;
  while ((std::size_t{1} << doublings) < count) ++doublings;
  return square_root(2 * 0.6931472 * (1 + 14 + doublings));
}

template <class S>
double dot(const Vec<S>& a, const Vec<S>& b) {
  S sum(0);
  for (Index i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return to_double(sum);
}

template <class S>
Vec<S> moved(const Vec<S>& x, const Vec<double>& w, const S& h) {
  Vec<S> out(x.size());
  for (Index i = 0; i < x.size(); ++i) out[i] = x[i] + h * S(w[i]);
  return out;
}

/// ECnoise on one grid of nine points; nothing if the table does not settle.
template <class S>
struct Table {
  enum class Outcome { settled, too_fine, too_coarse } outcome = Outcome::too_coarse;
  double sigma = 0;
};
template <class S>
Table<S> difference_table(const std::array<S, 9>& values) {
  Table<S> out;
  std::array<S, 9> f = values;
  int equal = 0;
  for (std::size_t i = 0; i + 1 < f.size(); ++i) equal += f[i] == f[i + 1];
  // Half of the neighbours equal: the grid is below the resolution of F.
  if (equal >= 4) return {Table<S>::Outcome::too_fine, 0};
  const auto [least, largest] = std::minmax_element(f.begin(), f.end());
  // The values vary by a tenth: that is the function, not its noise.
  if (*largest - *least > larger(magnitude(*largest), magnitude(*least)) / S(10)) return out;

  std::array<double, 9> sigma{};
  std::array<bool, 9> alternates{};
  double gamma = 1;  // (k!)^2 / (2k)!
  for (std::size_t k = 1; k < f.size(); ++k) {
    for (std::size_t i = 0; i + k < f.size(); ++i) f[i] = f[i + 1] - f[i];
    gamma *= 0.5 * static_cast<double>(k) / static_cast<double>(2 * k - 1);
    S sum(0);
    bool up = false, down = false;
    for (std::size_t i = 0; i + k < f.size(); ++i) {
      sum += f[i] * f[i];
      up = up || f[i] > S(0);
      down = down || f[i] < S(0);
    }
    sigma[k] = to_double(square_root(S(S(gamma / static_cast<double>(f.size() - k)) * sum)));
    alternates[k] = up && down;
  }
  for (std::size_t k = 1; k + 2 < f.size(); ++k) {
    const double low = std::min({sigma[k], sigma[k + 1], sigma[k + 2]});
    const double high = std::max({sigma[k], sigma[k + 1], sigma[k + 2]});
    if (high <= 4 * low && alternates[k]) return {Table<S>::Outcome::settled, sigma[k]};
  }
  return out;
}

/// The standard deviation of the noise of a deterministic F near x along w; 0 if none is found.
template <class S>
double deterministic_noise(const std::function<S(const Vec<S>&)>& F, const Vec<S>& x,
                           const Vec<double>& w) {
  // A quarter of the digits above one rounding: room for More & Wild's factors of 100 (here 128)
  // either way.
  int exponent = -std::numeric_limits<S>::digits * 3 / 4;
  for (int attempt = 0; attempt < 6; ++attempt) {
    std::array<S, 9> values;
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = F(moved(x, w, scale_by_power_of_two(S(static_cast<double>(i) - 4), exponent)));
    const Table<S> table = difference_table(values);
    if (table.outcome == Table<S>::Outcome::settled) return table.sigma;
    exponent += table.outcome == Table<S>::Outcome::too_fine ? 7 : -7;
  }
  return 0;
}

/// One side of x: the sharpest rung among those that agree from the smallest h upwards.
struct Side {
  std::size_t best = 0;  ///< rung
  std::size_t last = 0;  ///< the rung with the largest h that agrees
};

Side read_rungs(const std::vector<double>& error, const std::vector<double>& half) {
  Side side{error.size() - 1, error.size() - 1};
  for (std::size_t j = error.size(); j-- > 0;) {
    // F is not defined that far.
    if (!is_finite(error[j])) break;
    if (magnitude(error[j] - error[side.best]) > half[j] + half[side.best]) break;
    side.last = j;
    if (half[j] <= half[side.best]) side.best = j;
  }
  return side;
}

/// What the agreeing rungs of a side prove of |a| against the accuracy.
struct Proved {
  bool below = false, above = false;
};
Proved compare(const std::vector<double>& error, const std::vector<double>& half,
               const std::vector<Rung>& rungs, const Side& side, double accuracy,
               bool with_lower_level) {
  Proved out;
  for (std::size_t j = side.last; j < error.size(); ++j) {
    const double width = half[j] + (with_lower_level ? rungs[j].lower_level_half : 0);
    out.below = out.below || magnitude(error[j]) + width <= accuracy;
    out.above = out.above || magnitude(error[j]) - width > accuracy;
  }
  return out;
}

/// The base point: F(x), and how noisy F is there.
template <class S>
struct Base {
  S value{};
  double sigma = 0;
  bool stochastic = false;
};

template <class S>
Base<S> measure_base(const std::function<S(const Vec<S>&)>& F, const Vec<S>& x) {
  Base<S> base;
  std::vector<S> values;
  for (int k = 0; k < repeats; ++k) {
    values.push_back(F(x));
    // Nothing random in the first few calls: a deterministic function.
    if (k == 3 &&
        std::all_of(values.begin(), values.end(), [&](const S& v) { return v == values.front(); }))
      break;
  }
  base.value = values.front();
  if (!is_finite(base.value)) throw NumericalError("F is not finite at the point to be judged");
  if (values.size() < static_cast<std::size_t>(repeats)) return base;
  base.stochastic = true;
  S sum(0), squares(0);
  for (const S& v : values) sum += v;
  base.value = sum / S(static_cast<double>(repeats));
  for (const S& v : values) squares += (v - base.value) * (v - base.value);
  base.sigma = 2 * to_double(square_root(S(squares / S(static_cast<double>(repeats - 1)))));
  return base;
}

template <class S>
DirectionEvidence examine(const std::function<S(const Vec<S>&)>& F, const Vec<S>& x,
                          const Vec<S>& g, const Vec<double>& w, const Base<S>& base, double z,
                          double accuracy, const DifferenceOptions& options) {
  DirectionEvidence out;
  out.w = w;
  out.stochastic = base.stochastic;
  out.noise = base.stochastic ? base.sigma : deterministic_noise(F, x, w);
  const double u = to_double(unit_roundoff<S>());
  const S slope_exact = [&] {
    S sum(0);
    for (Index i = 0; i < g.size(); ++i) sum += g[i] * S(w[i]);
    return sum;
  }();
  const double slope = out.claimed = to_double(slope_exact);
  const double x_size = square_root(dot(x, x)), g_size = square_root(dot(g, g));
  const double delta = options.lower_level_error.value_or(0);

  // One rung more than is reported: a(h) needs R(h/4).
  const std::size_t count = static_cast<std::size_t>(rung_count<S>);
  std::vector<S> right(count + 1), left(count + 1);
  std::vector<double> noise(count + 1);
  for (std::size_t j = 0; j <= count; ++j) {
    const S h = scale_by_power_of_two(S(1), -2 * static_cast<int>(j));
    const S up = F(moved(x, w, h)), down = F(moved(x, w, S(-h)));
    right[j] = up - base.value - h * slope_exact;
    left[j] = down - base.value + h * slope_exact;
    // One rounding of the values, of the points and of h g'w.
    const double size =
        to_double(larger(larger(magnitude(up), magnitude(down)), magnitude(base.value)));
    noise[j] = std::max(is_finite(size) ? out.noise : infinity,
                        u * (size + g_size * (x_size + to_double(h))));
  }
  std::vector<double> error_right(count), error_left(count), half_right(count), half_left(count);
  for (std::size_t j = 0; j < count; ++j) {
    Rung rung;
    const S h = scale_by_power_of_two(S(1), -2 * static_cast<int>(j));
    rung.h = to_double(h);
    rung.remainder_right = to_double(right[j]);
    rung.remainder_left = to_double(left[j]);
    const auto estimate = [&](const std::vector<S>& R) {
      return to_double(S((S(16) * R[j + 1] - R[j]) / (S(3) * h)));
    };
    error_right[j] = rung.error_right = estimate(right);
    error_left[j] = rung.error_left = estimate(left);
    rung.noise_half = z * square_root(482.0) / 3 * std::max(noise[j], noise[j + 1]) / rung.h;
    rung.lower_level_half = 32 * delta / (3 * rung.h);
    // The first rung has none above it to measure its truncation by.
    const auto half = [&](const std::vector<double>& error) {
      // The estimates are kept as doubles: four roundings for the two compared here.
      const double width = j == 0 ? infinity
                                  : rung.noise_half + magnitude(error[j - 1] - error[j]) * 2 / 15 +
                                        0x1p-51 * magnitude(error[j]);
      return is_finite(width) ? width : infinity;
    };
    half_right[j] = rung.half_right = half(error_right);
    half_left[j] = rung.half_left = half(error_left);
    out.rungs.push_back(rung);
  }

  const Side on_right = read_rungs(error_right, half_right),
             on_left = read_rungs(error_left, half_left);
  const Rung &best_right = out.rungs[on_right.best], &best_left = out.rungs[on_left.best];
  out.right = slope + best_right.error_right;
  out.left = slope - best_left.error_left;
  out.half_right = best_right.half_right;
  out.half_left = best_left.half_left;
  out.h_right = best_right.h;
  out.h_left = best_left.h;
  for (std::size_t j = 0; j + 1 < count; ++j) {
    const double here = magnitude(out.rungs[j].remainder_right),
                 next = magnitude(out.rungs[j + 1].remainder_right);
    if (!is_finite(here)) continue;
    if (!(next > 1024 * z * std::max(noise[j], noise[j + 1]))) break;
    out.order = natural_log(here / next) / natural_log(4.0);
  }

  // A gradient has F'(x; w) + F'(x; -w) = 0.
  const double jump = magnitude(best_right.error_right + best_left.error_left);
  if (jump > best_right.half_right + best_left.half_left + best_right.lower_level_half +
                 best_left.lower_level_half + accuracy) {
    out.judgement = Judgement::kink;
    return out;
  }
  const auto both = [&](bool with_lower_level) {
    const Proved a =
        compare(error_right, half_right, out.rungs, on_right, accuracy, with_lower_level);
    const Proved b = compare(error_left, half_left, out.rungs, on_left, accuracy, with_lower_level);
    return a.above || b.above   ? Judgement::wrong
           : a.below && b.below ? Judgement::correct
                                : Judgement::noise_limited;
  };
  out.judgement = both(true);
  if (out.judgement == Judgement::noise_limited && both(false) != Judgement::noise_limited)
    out.judgement = Judgement::lower_level_not_converged;
  return out;
}

/// The graver verdict decides over the directions.
int gravity(Judgement j) {
  switch (j) {
    case Judgement::kink:
      return 4;
    case Judgement::wrong:
      return 3;
    case Judgement::lower_level_not_converged:
      return 2;
    case Judgement::noise_limited:
      return 1;
    case Judgement::correct:
      return 0;
  }
  return 0;
}

}  // namespace

std::string judgement_text(Judgement judgement) {
  switch (judgement) {
    case Judgement::correct:
      return "correct";
    case Judgement::wrong:
      return "wrong";
    case Judgement::noise_limited:
      return "noise_limited";
    case Judgement::kink:
      return "kink";
    case Judgement::lower_level_not_converged:
      return "lower_level_not_converged";
  }
  return "";
}

template <class S>
GradientJudgement judge_gradient(const std::function<S(const Vec<S>&)>& F, const Vec<S>& x,
                                 const Vec<S>& g, const DifferenceOptions& options) {
  if (options.directions < 1)
    throw std::invalid_argument("judge_gradient: directions is " +
                                std::to_string(options.directions) + ", must be 1 or more");
  std::vector<Vec<double>> directions;
  const double size = square_root(dot(g, g));
  if (size > 0) {
    Vec<double> w(g.size());
    for (Index i = 0; i < g.size(); ++i) w[i] = to_double(g[i]) / size;
    directions.push_back(w);
  }
  for (int k = 0; k < options.directions; ++k)
    directions.push_back(
        RandomStream(options.seed, 0, Purpose::direction, static_cast<std::uint64_t>(k))
            .sphere(x.size()));

  const Base<S> base = measure_base(F, x);
  GradientJudgement out;
  double scale = size;
  if (scale == 0)
    for (const Vec<double>& w : directions)
      scale = std::max(scale, to_double(magnitude(S(F(moved(x, w, S(1))) - base.value))));
  out.accuracy = options.accuracy * scale;

  const double z = quantile_for(directions.size() * 2 * static_cast<std::size_t>(rung_count<S>));
  // The quantile and, for a stochastic F, the bound on its standard deviation fail with probability
  // 2^-14 each.
  out.confidence = 1 - (base.stochastic ? 0x1p-13 : 0x1p-14);
  for (const Vec<double>& w : directions) {
    out.directions.push_back(examine(F, x, g, w, base, z, out.accuracy, options));
    if (gravity(out.directions.back().judgement) > gravity(out.directions[out.decisive].judgement))
      out.decisive = out.directions.size() - 1;
  }
  const DirectionEvidence& d = out.directions[out.decisive];
  out.verdict = d.judgement;
  out.text = fmt::format(
      "{}: along direction {} the claimed slope is {:.6g}; differences give {:.6g} +- {:.2g} from "
      "the right (h = {:.2g}) and {:.6g} +- {:.2g} from the left (h = {:.2g}); asked: {:.2g}; "
      "noise of F {:.2g}{}",
      judgement_text(out.verdict), out.decisive, d.claimed, d.right, d.half_right, d.h_right,
      d.left, d.half_left, d.h_left, out.accuracy, d.noise, d.stochastic ? " (random)" : "");
  return out;
}

template GradientJudgement judge_gradient<double>(const std::function<double(const Vec<double>&)>&,
                                                  const Vec<double>&, const Vec<double>&,
                                                  const DifferenceOptions&);
template GradientJudgement judge_gradient<Real50>(const std::function<Real50(const Vec<Real50>&)>&,
                                                  const Vec<Real50>&, const Vec<Real50>&,
                                                  const DifferenceOptions&);

}  // namespace assay::reference
