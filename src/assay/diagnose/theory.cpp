#include "assay/diagnose/theory.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"

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

std::optional<LoopGain> loop_gain(const Experiment& e, double largest_curvature) {
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
  // A step below a multiple of the gap goes to 0 with it.
  out.stable = out.gain < out.limit || step.real("gap_cap") > 0;
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
