#include "assay/diagnose/theory.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/step/prescription.hpp"

namespace assay {

namespace {

/// Steps of a rotation by theta, 0 < theta < pi, until it is round once.
double rotation_period(double cosine) {
  if (cosine <= -1) return 2;
  const double sine = std::sqrt((1 - cosine) * (1 + cosine));
  double c = 1, s = 0;
  for (long n = 1; n < 100000; ++n) {
    const double next_s = s * cosine + c * sine;
    c = c * cosine - s * sine;
    // From below zero to zero or above: the fraction of the step that was needed.
    if (s < 0 && next_s >= 0) return static_cast<double>(n - 1) + s / (s - next_s);
    s = next_s;
  }
  return 0;
}

}  // namespace

std::optional<LocalModel> local_model(const Instance& instance, const Vec<double>& x) {
  const QuadraticProblem<double> problem(instance);
  ActiveSetLowerLevel<double> lower(problem);
  const LowerSolution<double>& s = lower.solve(x, {});
  if (s.status != LowerStatus::solved) return {};
  // An equality that repeats another does not matter.
  for (const Index i : s.weakly_active)
    if (i >= problem.equalities) return {};
  const Mat<double> J = forward_jacobian(problem, lower);
  Mat<double> Q = problem.Qxx;
  if (problem.has_Qxy) {
    const Mat<double> cross = problem.Qxy * J;
    Q += cross + cross.transpose();
  }
  if (problem.has_Qyy) Q += J.transpose() * problem.Qyy * J;
  LocalModel model;
  model.active = s.active;
  model.spectrum =
      Eigen::SelfAdjointEigenSolver<Mat<double>>(Q, Eigen::EigenvaluesOnly).eigenvalues();
  return model;
}

Index kink_rows(const Instance& instance, const Vec<double>& x) {
  const QuadraticProblem<double> problem(instance);
  ActiveSetLowerLevel<double> lower(problem);
  const LowerSolution<double>& s = lower.solve(x, {});
  return std::count_if(s.weakly_active.begin(), s.weakly_active.end(),
                       [&](Index i) { return i >= problem.equalities; });
}

std::vector<Law> laws(const Experiment& e, const LocalModel& model, const Tail& tail,
                      long iterations) {
  std::vector<Law> list;
  if (!(model.smallest() > 0)) return list;
  const Settings& algorithm = e.changes.empty() ? e.algorithm_settings : e.changes.back().algorithm;
  const Settings& step = e.changes.empty() ? e.step_settings : e.changes.back().step;
  const double low = model.smallest(), high = model.largest();
  const auto set = [](const Settings& s, const std::string& key) {
    const auto found = s.values().find(key);
    const double* value = found == s.values().end() ? nullptr : std::get_if<double>(&found->second);
    return value && *value != 0;
  };
  const bool averaged = set(algorithm, "momentum") || set(algorithm, "gradient_average");
  const bool limited = set(step, "cap") || set(step, "gap_cap") || set(step, "floor");
  const bool clipped = e.algorithm == "f2csa" && algorithm.text("outer") == "clipped";
  const bool plain =
      e.algorithm == "ssigd" || (e.algorithm == "f2csa" && algorithm.text("outer") == "sgd");
  if (e.step == "constant" && plain && !averaged && !limited && tail.shape == Tail::Shape::linear) {
    const double eta = step.real("length");
    const double a = std::fabs(1 - eta * low), b = std::fabs(1 - eta * high);
    list.push_back({"rate", "constant steps: the gap times max |1 - eta lambda| per iteration",
                    std::min(a, b), std::max(a, b), tail.rate});
  }
  if (e.step == "inverse" && plain && !averaged && !limited && step.real("mu") > 0 &&
      tail.shape == Tail::Shape::power)
    list.push_back({"exponent", "steps 1/(mu (t + offset)): the gap like t^-(lambda/mu)",
                    -high / step.real("mu"), -low / step.real("mu"), tail.exponent});
  if (set(step, "gap_cap") && tail.shape == Tail::Shape::power && iterations > 0) {
    const double c = step.real("gap_cap") * static_cast<double>(iterations);
    list.push_back({"capped_level", "a step capped at c |grad F|: the gap like 1/(c lambda t)",
                    1 / (c * high), 1 / (c * low), tail.last});
  }
  const bool falls = tail.shape == Tail::Shape::linear || tail.shape == Tail::Shape::power;
  if (clipped && !falls && (e.step == "constant" || e.step == "f2csa_prescription")) {
    const auto prescribed = [](const Settings& s) {
      return f2csa_prescription(s.real("epsilon"), s.real("delta"), s.real("lipschitz"));
    };
    const double eta = e.step == "constant" ? step.real("length") : prescribed(step).step;
    const double D = algorithm.flag("prescription") ? prescribed(algorithm).clip_radius
                                                    : algorithm.real("clip_radius");
    list.push_back({"orbit", "the clipped loop: it orbits at |grad F| = D sqrt(lambda / eta)",
                    D * std::sqrt(low / eta), D * std::sqrt(high / eta), tail.level});
  }
  return list;
}

std::optional<Exchange> exchange(const LocalModel& model, double gap) {
  const double low = model.smallest(), high = model.largest();
  if (!(low > 0)) return {};
  return Exchange{gap * gap / (2 * high), gap * gap / (2 * low), std::sqrt(2e-4 * high),
                  1e-8 / (2 * low)};
}

std::optional<LoopGain> loop_gain(const Experiment& e, double largest_curvature, double level) {
  if (e.algorithm != "dsblo" || e.step != "inverse_momentum" ||
      e.algorithm_settings.flag("accumulate") || !(largest_curvature > 0))
    return {};
  // What holds at the end of the run.
  const Settings& algorithm = e.changes.empty() ? e.algorithm_settings : e.changes.back().algorithm;
  const Settings& step = e.changes.empty() ? e.step_settings : e.changes.back().step;
  const double a = algorithm.real("gradient_average"), b = algorithm.real("momentum"),
               gamma1 = step.real("gamma1"), gamma2 = step.real("gamma2"), cap = step.real("cap");
  LoopGain out;
  out.averages = a > 0 || b > 0;
  out.random_point = algorithm.text("order") == "paper";
  const double u = out.random_point ? 0.5 : 1;
  out.limit = (1 - a * b) / (1 - u * (1 - a * b));
  // Where the loop rather turns over in each step: the root -1.
  const double flip =
      u > 0.5 ? 2 * (1 + a) * (1 + b) / ((1 - a) * (1 - b) * (2 * u - 1)) : HUGE_VAL;
  const bool flips = flip < out.limit;
  if (flips) out.limit = flip;
  double eta = 1 / gamma2;
  if (cap > 0 && cap < eta) eta = cap;
  eta = std::max(eta, step.real("floor"));
  out.gain = largest_curvature * eta;
  const double gap_cap = step.real("gap_cap");
  const bool held = gap_cap > 0 && largest_curvature * gap_cap * level < out.limit;
  out.stable = out.gain < out.limit || held;
  out.cure = largest_curvature / out.limit;
  if (!out.stable) {
    const double cosine = flips ? -1 : (1 + a + b - a * b - out.limit * (1 - a) * (1 - b) * u) / 2;
    const double m = gamma1 > 0 ? (out.cure - gamma2) / gamma1 : 0;
    if (m > 0 && cosine >= -1 && cosine < 1) {
      out.amplitude = m * out.limit / std::sqrt(2 - 2 * cosine);
      out.period = rotation_period(cosine);
    }
  }
  return out;
}

}  // namespace assay
