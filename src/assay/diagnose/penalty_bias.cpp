#include "assay/diagnose/penalty_bias.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "assay/diagnose/variant.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/numerics/elementary.hpp"
#include "assay/numerics/power.hpp"

namespace assay {

namespace {

double sigmoid(double z) { return 1 / (1 + exponential(-z)); }

struct Gate {
  bool leaks = false;  ///< a sigmoid
  std::string kind;
  double ramp = 0, threshold = 0;

  double at(double h, double multiplier) const {
    if (leaks) return sigmoid(h / ramp) * sigmoid(multiplier / ramp);
    if (kind == "hard") return std::fabs(h) <= std::max(1e-8, ramp) ? 1 : 0;
    if (kind == "active_set") return multiplier > 0 ? 1 : 0;
    return std::clamp(1 + h / ramp, 0., 1.) * std::clamp(multiplier / threshold, 0., 1.);
  }
};

/// Faults that the formula does not know.
bool beyond(const FaultSet& faults) {
  return faults.has(Fault::hard_constrained_inner) || faults.has(Fault::gate_at_inner_point) ||
         faults.has(Fault::adaptive_smoothing) || faults.has(Fault::detached_implicit) ||
         faults.has(Fault::swapped_rows);
}

bool in_closed_form(const Experiment& e, const Settings& settings) {
  if (e.hypergradient != "penalty" || settings.text("inner") != "exact") return false;
  // What earlier phases left behind stays: a wider gate, weaker penalties.
  bool known = !beyond(e.faults);
  for (const Change& c : e.changes) known = known && !beyond(c.faults);
  return known && !differs_anywhere(e, &Experiment::algorithm_settings, "emergency_gradient", 0.0);
}

}  // namespace

// With Eigen's solvers and not the estimator's own: nothing here reaches a trace.
std::optional<Vec<double>> penalty_bias(const Experiment& e, const Instance& instance,
                                        const Vec<double>& x) {
  const Settings& o = e.changes.empty() ? e.hypergradient_settings : e.changes.back().hypergradient;
  const FaultSet& faults = e.changes.empty() ? e.faults : e.changes.back().faults;
  if (!in_closed_form(e, o)) return {};
  const QuadraticProblem<double> problem(instance);
  ActiveSetLowerLevel<double> lower(problem);
  const LowerSolution<double>& s = lower.solve(x, {});
  if (s.status != LowerStatus::solved || !s.weakly_active.empty()) return {};

  const double alpha = o.real("alpha");
  const double alpha1 = o.real("scale") * integer_power(alpha, -o.integer("power1"));
  const double alpha2 = o.real("scale") * integer_power(alpha, -o.integer("power2"));
  const double delta = o.real("delta") > 0 ? o.real("delta") : alpha * alpha * alpha;
  const double ridge = faults.has(Fault::ridge) ? o.real("ridge_scale") * delta : 0;
  const double width = o.real("gate_width") * integer_power(delta, o.integer("gate_power"));
  const Gate gate{faults.has(Fault::sigmoid_gate), o.text("gate"),
                  std::max(width, o.real("gate_floor")), o.real("multiplier_threshold")};

  const Mat<double> B = problem.Bt.transpose();
  Vec<double> h = problem.A * x + B * s.y - problem.b;
  for (const Index i : s.active) h[i] = 0;
  Vec<double> weight(problem.rows());
  for (Index i = 0; i < problem.rows(); ++i)
    weight[i] = alpha2 * (i < problem.equalities ? 1 : gate.at(h[i], s.multipliers[i]));

  // How far the penalised lower level lies from y*.
  const Vec<double> fy =
      problem.Qxy.transpose() * x + problem.Qyy * (s.y - problem.y_target) + problem.cy;
  Vec<double> shift = Vec<double>::Zero(problem.m);
  if (!faults.has(Fault::skipped_inner_solve)) {
    Mat<double> K = alpha1 * problem.H + problem.Qyy + B.transpose() * weight.asDiagonal() * B;
    K.diagonal().array() += ridge;
    const Vec<double> slope = fy + ridge * s.y + B.transpose() * weight.cwiseProduct(h);
    shift = -K.partialPivLu().solve(slope);
  }

  // The adjoint on the active rows, from the whole KKT matrix.
  const auto active = static_cast<Index>(s.active.size());
  Mat<double> kkt = Mat<double>::Zero(problem.m + active, problem.m + active);
  Mat<double> rows(active, problem.n);
  kkt.topLeftCorner(problem.m, problem.m) = problem.H;
  for (Index k = 0; k < active; ++k) {
    const Index i = s.active[static_cast<std::size_t>(k)];
    kkt.block(0, problem.m + k, problem.m, 1) = B.row(i).transpose();
    kkt.block(problem.m + k, 0, 1, problem.m) = B.row(i);
    rows.row(k) = problem.A.row(i);
  }
  Vec<double> right = Vec<double>::Zero(problem.m + active);
  right.head(problem.m) = fy;
  const Vec<double> adjoint = kkt.partialPivLu().solve(right);

  const Vec<double> pull = weight.cwiseProduct(Vec<double>(h + B * shift));
  Vec<double> bias = problem.Qxy * shift + alpha1 * (problem.M.transpose() * shift) +
                     problem.A.transpose() * pull +
                     problem.M.transpose() * adjoint.head(problem.m) +
                     rows.transpose() * adjoint.tail(active);
  if (faults.has(Fault::literal_value_gradient))
    bias += alpha1 * (problem.A.transpose() * s.multipliers);
  return bias;
}

}  // namespace assay
