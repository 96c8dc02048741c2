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

/// 1 / (mu (t + 1)), mu adjusted in every iteration once `window` are past: times 1.2 where the
/// gradient norms of the window scatter by more than half their mean (taken for noise, though any
/// fast decrease does that), divided by 1.1 where the gap fell by more than 1e-2 and the mean norm
/// is below 1e-2.
template <class S>
class AdjustedInverseStep final : public StepRule<S> {
 public:
  AdjustedInverseStep(const S& mu, const S& smallest, const S& largest, long window)
      : mu_(mu), smallest_(smallest), largest_(largest), norms_(window), gaps_(window) {
    for (Index i = 0; i < window; ++i) norms_[i] = gaps_[i] = S(0);
  }

  S length(const StepQuery<S>& q) override {
    const Index window = norms_.size();
    const Index place = static_cast<Index>(seen_ % window);
    const S oldest_gap = gaps_[place];
    norms_[place] = q.direction_norm;
    gaps_[place] = q.gap();
    if (++seen_ > window) adjust(S(oldest_gap - gaps_[place]));
    return S(1) / (mu_ * S(static_cast<double>(q.iteration + 1)));
  }

  void archive(StateArchive& a) override {
    a.scalar("step.mu", mu_);
    a.vector("step.norms", norms_);
    a.vector("step.gaps", gaps_);
    a.integer("step.seen", seen_);
  }

 private:
  void adjust(const S& improvement) {
    const S count(static_cast<double>(norms_.size()));
    S mean(0), variance(0);
    for (Index i = 0; i < norms_.size(); ++i) mean += norms_[i];
    mean /= count;
    for (Index i = 0; i < norms_.size(); ++i) variance += (norms_[i] - mean) * (norms_[i] - mean);
    variance /= count;
    if (variance > S(0.25) * mean * mean) mu_ = smaller(S(mu_ * S(1.2)), largest_);
    if (improvement > S(1e-2) && mean < S(1e-2)) mu_ = larger(S(mu_ / S(1.1)), smallest_);
  }

  S mu_, smallest_, largest_;
  Vec<S> norms_, gaps_;  ///< of the last iterations, in a ring
  long seen_ = 0;
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

/// 1 / (gamma1 |m| + gamma2): DS-BLO, Algorithm 1. One harness takes that step and prints the one
/// of max(|m|, 0.01): `printed_floor`.
template <class S>
class InverseMomentumStep final : public StepRule<S> {
 public:
  InverseMomentumStep(const S& gamma1, const S& gamma2, const S& printed_floor = S(0))
      : gamma1_(gamma1), gamma2_(gamma2), printed_floor_(printed_floor) {}
  S length(const StepQuery<S>& q) override { return S(1) / (gamma1_ * q.direction_norm + gamma2_); }
  S printed(const StepQuery<S>& q, const S& length) override {
    return q.direction_norm < printed_floor_ ? S(S(1) / (gamma1_ * printed_floor_ + gamma2_))
                                             : length;
  }

 private:
  S gamma1_, gamma2_, printed_floor_;
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
