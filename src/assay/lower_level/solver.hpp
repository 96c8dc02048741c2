#pragma once

#include <memory>
#include <string>
#include <vector>

#include "assay/lower_level/certificate.hpp"
#include "assay/lower_level/kkt_factor.hpp"
#include "assay/support/settings.hpp"

namespace assay {

enum class LowerStatus {
  solved,
  infeasible,     ///< no y satisfies the rows at this x, proved (contradiction.hpp)
  not_converged,  ///< the iteration limit came first, or rows look contradictory that are not: y is
                  ///< the best point found
};

std::string to_string(LowerStatus status);

/// y*(x) as a method delivers it, with what is needed to judge and to differentiate it.
template <class S>
struct LowerSolution {
  LowerStatus status = LowerStatus::solved;
  Vec<S> y;            ///< (m)
  Vec<S> multipliers;  ///< (rows) of all stacked rows; 0 where a row does not hold; of either sign
                       ///< for equalities
  Certificate<S> certificate;
  long iterations = 0;

  /// Equalities and rows whose multiplier is positive beyond rounding: the set to differentiate
  /// with.
  std::vector<Index> active;
  /// Rows that hold with equality (beyond rounding) though their multiplier is zero: y* has a kink
  /// here, or the row is redundant.
  std::vector<Index> weakly_active;
  /// The gradients of all rows that hold with equality are linearly independent.
  bool licq = true;
  /// The smallest slack among rows that do not hold, the smallest multiplier of an active
  /// inequality.
  S min_slack{0}, min_multiplier{0};
  bool has_slack = false, has_multiplier = false;
};

/// A method for the lower level of one problem. Holds its workspace and its warm start.
template <class S>
class LowerLevel {
 public:
  virtual ~LowerLevel() = default;

  /// Solves at x with the linear term perturbed by q (size 0: unperturbed). The reference stays
  /// valid until the next call.
  virtual const LowerSolution<S>& solve(const Vec<S>& x, const Vec<S>& q) = 0;

  /// The factor of the saddle matrix for solution.active, ready for derivatives.
  virtual KktFactor<S>& factor() = 0;

  /// What a later solve remembers of earlier ones, for checkpoints: the warm-start rows and point.
  virtual std::vector<Index> warm_rows() const { return {}; }
  virtual void set_warm_rows(const std::vector<Index>&) {}
  virtual Vec<S> warm_point() const { return {}; }
  virtual void set_warm_point(const Vec<S>&) {}
};

}  // namespace assay
