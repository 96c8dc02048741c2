#pragma once

#include <functional>
#include <memory>

#include "assay/scalar/state.hpp"

namespace assay {

/// What a step rule may ask. The functions are evaluated only by rules that need them.
template <class S>
struct StepQuery {
  long iteration = 0;      ///< 0-based
  S direction_norm{0};     ///< Euclidean norm of what the step multiplies
  S slope{0};              ///< gradient' direction, > 0 for a descent step x - length * direction
  std::function<S()> gap;  ///< |grad F(x)|, the true one at the present x
  /// The linear decrease promised for a length, gradient'(x - x(length)); empty: length * slope.
  std::function<S(const S&)> promise;
  std::function<S(const S&)> merit;  ///< F(x - length * direction); merit(0) is F(x)
};

template <class S>
struct StepLength {
  S requested{0};  ///< the rule's own value, or what it or StepLimits::printed claims
  S applied{0};    ///< after caps: what the algorithm uses
};

/// How far to go along a direction.
template <class S>
class StepRule {
 public:
  virtual ~StepRule() = default;
  virtual S length(const StepQuery<S>& query) = 0;
  /// What a log states as the rule's value where it takes `length`; only a harness makes a
  /// difference.
  virtual S printed(const StepQuery<S>&, const S& length) { return length; }
  virtual void archive(StateArchive&) {}
};

/// The limits that any rule may be put under.
struct StepLimits {
  double cap = 0;          ///< step <= cap; 0: none
  double gap_cap = 0;      ///< step <= gap_cap * |grad F(x)|; 0: none
  double floor = 0;        ///< step >= floor, applied last
  double printed = 0;      ///< a log that claims printed / sqrt(t+1) whatever was done; 0: none
  double cap_shrink = 1;   ///< in (0, 1]: the cap is multiplied by this when the gap stalls
  long stall_window = 50;  ///< iterations without a new smallest gap that count as a stall
};

/// A rule under limits.
template <class S>
class LimitedStep {
 public:
  LimitedStep(std::unique_ptr<StepRule<S>> rule, const StepLimits& limits)
      : rule_(std::move(rule)), limits_(limits), cap_(limits.cap) {}

  StepLength<S> operator()(const StepQuery<S>& query) {
    StepLength<S> out;
    out.requested = rule_->length(query);
    out.applied = out.requested;
    out.requested = rule_->printed(query, out.applied);
    if (limits_.cap > 0 && limits_.cap_shrink < 1) watch_stall(query);
    if (limits_.cap > 0) out.applied = smaller(out.applied, cap_);
    if (limits_.gap_cap > 0)
      out.applied = smaller(out.applied, S(S(limits_.gap_cap) * query.gap()));
    if (limits_.floor > 0) out.applied = larger(out.applied, S(limits_.floor));
    if (limits_.printed > 0)
      out.requested = S(limits_.printed) / square_root(S(static_cast<double>(query.iteration + 1)));
    return out;
  }

  void archive(StateArchive& a) {
    a.scalar("step.cap", cap_);
    a.flag("step.watched", watched_);
    a.scalar("step.best_gap", best_gap_);
    a.integer("step.stalled", stalled_);
    rule_->archive(a);
  }

 private:
  void watch_stall(const StepQuery<S>& query) {
    const S gap = query.gap();
    if (!watched_ || gap < best_gap_) {
      watched_ = true;
      best_gap_ = gap;
      stalled_ = 0;
    } else if (++stalled_ >= limits_.stall_window) {
      cap_ *= S(limits_.cap_shrink);
      stalled_ = 0;
    }
  }

  std::unique_ptr<StepRule<S>> rule_;
  StepLimits limits_;
  S cap_, best_gap_{0};
  bool watched_ = false;  ///< best_gap_ holds a gap
  long stalled_ = 0;
};

}  // namespace assay
