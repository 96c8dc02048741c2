#pragma once

#include "assay/numerics/elementary.hpp"
#include "assay/numerics/power.hpp"
#include "assay/step/step_rule.hpp"

namespace assay {

template <class S>
class ConstantStep final : public StepRule<S> {
 public:
  explicit ConstantStep(const S& length) : length_(length) {}
  S length(const StepQuery<S>&) override { return length_; }

 private:
  S length_;
};

/// 1 / (mu (t + offset)): the rule of SSIGD's strongly convex theorem when mu is F's own constant.
template <class S>
class InverseStep final : public StepRule<S> {
 public:
  InverseStep(const S& mu, const S& offset) : mu_(mu), offset_(offset) {}
  S length(const StepQuery<S>& q) override {
    return S(1) / (mu_ * (S(static_cast<double>(q.iteration)) + offset_));
  }

 private:
  S mu_, offset_;
};

/// first (1 + t)^-p for p = quarters / 4, by square roots.
template <class S>
class PolynomialStep final : public StepRule<S> {
 public:
  PolynomialStep(const S& first, long quarters) : first_(first), quarters_(quarters) {}
  S length(const StepQuery<S>& q) override {
    const S root = square_root(square_root(S(static_cast<double>(q.iteration + 1))));
    return first_ / integer_power(root, quarters_);
  }

 private:
  S first_;
  long quarters_;
};

/// first * exp(-rate t)
template <class S>
class ExponentialStep final : public StepRule<S> {
 public:
  ExponentialStep(const S& first, const S& rate) : first_(first), rate_(rate) {}
  S length(const StepQuery<S>& q) override {
    return first_ * exponential(S(-rate_ * S(static_cast<double>(q.iteration))));
  }

 private:
  S first_, rate_;
};

/// first * ratio^t
template <class S>
class GeometricStep final : public StepRule<S> {
 public:
  GeometricStep(const S& first, const S& ratio) : first_(first), ratio_(ratio) {}
  S length(const StepQuery<S>& q) override { return first_ * integer_power(ratio_, q.iteration); }

 private:
  S first_, ratio_;
};

/// 1 / (gamma1 |m| + gamma2): DS-BLO, Algorithm 1.
template <class S>
class InverseMomentumStep final : public StepRule<S> {
 public:
  InverseMomentumStep(const S& gamma1, const S& gamma2) : gamma1_(gamma1), gamma2_(gamma2) {}
  S length(const StepQuery<S>& q) override { return S(1) / (gamma1_ * q.direction_norm + gamma2_); }

 private:
  S gamma1_, gamma2_;
};

/// Shortens the trial length until the merit falls by a share of what its slope promises.
/// Source: Nocedal and Wright, "Numerical Optimization", 2nd ed. (2006), algorithm 3.1.
/// With `keep`, a length once shortened is never made longer again.
template <class S>
class ArmijoStep final : public StepRule<S> {
 public:
  ArmijoStep(const S& first, const S& share, const S& factor, const S& smallest, bool keep)
      : trial_(first), share_(share), factor_(factor), smallest_(smallest), keep_(keep) {}

  S length(const StepQuery<S>& q) override {
    const S start = q.merit(S(0));
    S t = trial_;
    const auto promised = [&q](const S& length) {
      return q.promise ? q.promise(length) : S(length * q.slope);
    };
    while (smallest_ < t && !(q.merit(t) <= start - share_ * promised(t))) t *= factor_;
    t = larger(t, smallest_);
    if (keep_) trial_ = t;
    return t;
  }
  void archive(StateArchive& a) override { a.scalar("step.trial", trial_); }

 private:
  S trial_, share_, factor_, smallest_;
  bool keep_;
};

}  // namespace assay
