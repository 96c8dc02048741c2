#pragma once

#include <string>

#include "assay/scalar/dense.hpp"
#include "assay/scalar/state.hpp"

namespace assay {

/// Convergence as a harness reports it: the variance of the last 20 gaps is below (1e-4)^2.
///
/// The correct report is a function of that window alone. Under the fault sticky_status the test is
/// made every 20 iterations after 100, and once passed the word and the gap stay.
template <class S>
class ReportedStatus {
 public:
  explicit ReportedStatus(bool sticky = false) : sticky_(sticky) {}

  void add(long iteration, const S& gap) {
    if (window_.size() == 0) window_.resize(length);
    window_[count_ % length] = gap;
    ++count_;
    if (sticky_ && (iteration < 100 || iteration % 20 != 0)) return;
    const bool passed = count_ >= length && variance() < S(1e-4) * S(1e-4);
    if (passed || !sticky_) {
      converged_ = passed;
      gap_ = mean();
    }
  }

  std::string word() const { return converged_ ? "converged" : "running"; }
  bool converged() const { return converged_; }
  /// The gap that goes with the word: the mean of the window it was decided on.
  const S& gap() const { return gap_; }

  void archive(StateArchive& state) {
    state.vector("status.window", window_);
    state.integer("status.count", count_);
    state.flag("status.converged", converged_);
    state.scalar("status.gap", gap_);
  }

 private:
  static constexpr long length = 20;

  S mean() const {
    const long n = count_ < length ? count_ : length;
    S sum(0);
    for (long i = 0; i < n; ++i) sum += window_[i];
    return sum / S(static_cast<double>(n));
  }
  S variance() const {
    const S center = mean();
    S sum(0);
    for (long i = 0; i < length; ++i) sum += (window_[i] - center) * (window_[i] - center);
    return sum / S(static_cast<double>(length));
  }

  Vec<S> window_;
  long count_ = 0;
  bool sticky_;
  bool converged_ = false;
  S gap_{0};
};

}  // namespace assay
