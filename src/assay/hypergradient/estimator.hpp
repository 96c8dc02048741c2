#pragma once

#include <cstdint>

#include "assay/faults/faults.hpp"
#include "assay/lower_level/solver.hpp"
#include "assay/numerics/draws.hpp"
#include "assay/scalar/state.hpp"

namespace assay {

/// An estimate of grad F(x), F(x) = f(x, y*(x)), split as the gap is.
template <class S>
struct Hypergradient {
  Vec<S> direct;    ///< grad_x f(x, y)
  Vec<S> implicit;  ///< (dy*/dx)' grad_y f(x, y)
  Vec<S> total;     ///< direct + implicit
  /// F may have a kink at x: a row holds with zero multiplier. `implicit` is then the derivative on
  /// the side where that row stays inactive, one element of the Clarke subdifferential.
  bool kink = false;
  /// The held rows are independent. Where they are not, multipliers are not unique; `implicit` uses
  /// an independent subset that carries them.
  bool licq = true;
};

/// Standard deviations of the noise that a stochastic problem adds; all zero: deterministic.
struct NoiseLevels {
  double objective = 0;      ///< of one value of f
  double gradient = 0;       ///< of each entry of grad_x f and grad_y f
  double lower_linear = 0;   ///< of each entry of the lower level's linear term
  double lower_cross = 0;    ///< of each entry of M in the sampled grad_x g(x,y) = M'y
  double upper_hessian = 0;  ///< of each entry of Qxx in grad_x f
};

/// What an estimator works on. Everything outlives the estimator.
template <class S>
struct EstimatorContext {
  const QuadraticProblem<S>* problem = nullptr;
  LowerLevel<S>* lower = nullptr;
  Draws* draws = nullptr;
  NoiseLevels noise;
  FaultSet faults;
  /// Go on with a lower-level answer whose method says it did not converge. Otherwise that ends the
  /// run.
  bool accept_unconverged = false;
};

/// A way to estimate grad F.
template <class S>
class Estimator {
 public:
  explicit Estimator(const EstimatorContext<S>& context) : c_(context) {}
  virtual ~Estimator() = default;

  /// Solves the lower level at x with the linear term perturbed by q (may be empty) and estimates.
  /// @param sample the number of the stochastic sample, when the context has noise
  virtual void evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                        Hypergradient<S>& out) = 0;

  /// One value F_q(x), noise included.
  S value(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample);

  /// The answer of the last lower-level solve, also one for a mere value.
  const LowerSolution<S>& solution() const { return *solution_; }

  /// How good the lower-level answer of the last evaluate() was.
  const Certificate<S>& certificate() const { return certificate_; }
  LowerStatus status() const { return status_; }
  /// Lower-level solves so far: those asked for, and of them those that did not converge.
  long solves() const { return solves_; }
  long unconverged() const { return unconverged_; }

  /// An emergency of the outer loop: makes the estimate tamer, where an estimator knows how.
  virtual void weaken() {}

  /// From here on evaluations are those of the noise-free problem.
  void silence() { c_.noise = {}; }

  /// What later evaluations remember of earlier ones; nothing for most estimators.
  virtual void archive(StateArchive&) {}

 protected:
  const LowerSolution<S>& solve_lower(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample);
  /// grad_x f and grad_y f at (x, y), with this sample's noise.
  void upper_gradient(const Vec<S>& x, const Vec<S>& y, std::uint32_t sample, Vec<S>& fx,
                      Vec<S>& fy);
  /// The same at the last lower-level solution.
  void upper_gradient(const Vec<S>& x, std::uint32_t sample, Vec<S>& fx, Vec<S>& fy) {
    upper_gradient(x, solution_->y, sample, fx, fy);
  }

  /// The perturbation of the linear term that the last lower level was solved with: q and its
  /// noise.
  const Vec<S>& perturbation() const { return perturbation_; }

  EstimatorContext<S> c_;
  const LowerSolution<S>* solution_ = nullptr;

 private:
  Certificate<S> certificate_;
  LowerStatus status_ = LowerStatus::solved;
  long solves_ = 0, unconverged_ = 0;
  Vec<S> perturbation_, deviation_;
};

}  // namespace assay
