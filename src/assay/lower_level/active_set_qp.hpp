#pragma once

#include <vector>

#include "assay/lower_level/kkt_factor.hpp"
#include "assay/lower_level/solver.hpp"

namespace assay {

/// What is left after the last correction, in units of it: corrections go on while they halve, and
/// a sequence that halves leaves no more than its last member; the rest is for one that stopped
/// halving.
inline constexpr double left_over_corrections = 4;

/// Dual active-set method for a strictly convex quadratic program
///
///     min 1/2 y'Hy + g'y   subject to   B y = r (first rows),  B y <= r (the others).
///
/// Starts from the minimiser over the rows that were active last time, adds the most violated row,
/// drops rows whose multiplier would turn negative, and ends when no row is violated; in exact
/// arithmetic the dual value rises with every full step, so no working set comes back. Works on L D
/// L' factors, hence without square roots: in rationals the answer is exact. Rounding scalars end
/// with iterative refinement. Source: Goldfarb and Idnani, "A numerically stable dual method for
/// solving strictly convex quadratic programs" (Math. Programming 27, 1983); ours differs in
/// working with B H^-1 B' directly.
///
/// Rows closer to the span of the active rows than the rounding of that matrix count as dependent.
template <class S, class Data = DenseData<S>>
class ActiveSetQp {
 public:
  explicit ActiveSetQp(const QpShape<S, Data>& shape);

  /// Solves for (g, r); y(), multipliers(), factor().active() then hold the answer.
  /// @return infeasible: as far as rounding can tell, row contradicted() contradicts the rows
  /// factor().active(). In rationals that is a proof, else proved_infeasible() tells.
  /// @param terms  what g and r were summed from: nothing finer than its rounding is told apart
  LowerStatus solve(const Vec<S>& g, const Vec<S>& r, const DataTerms<S>& terms);
  LowerStatus solve(const Vec<S>& g, const Vec<S>& r) { return solve(g, r, DataTerms<S>(g, r)); }
  Index contradicted() const { return contradicted_; }

  const Vec<S>& y() const { return y_; }
  const Vec<S>& multipliers() const { return multipliers_; }
  long iterations() const { return iterations_; }
  KktFactor<S, Data>& factor() { return factor_; }

  /// Multipliers (slacks) of row i smaller than this cannot be told from zero: what rounding, also
  /// that of g and r, and the last correction of the refinement amount to. 0 in rationals.
  S multiplier_noise(Index i) const { return stated(i, multiplier_noise_[i]); }
  bool slack_is_noise(Index i, const S& slack);

  /// The next solve starts from these rows instead of those of the last one.
  void warm_start(const std::vector<Index>& rows);

 private:
  void prepare();
  void solve_on_set();
  void measure();
  void drop(Index position);
  bool drop_most_negative(bool beyond_noise);
  LowerStatus enter(Index row);
  void refactor();
  LowerStatus settle();
  bool leave_out_clipped();
  void polish();
  Index most_violated(bool ignored_too);
  void refine();
  S rounding(Index i) const;
  S data_noise(Index i) const;
  S amplified_noise(Index i) const;
  S carried_noise(const Vec<S>& weights, const S* solved);
  /// A multiplier of row i as held, for the row as stated.
  S stated(Index i, const S& multiplier) const {
    const int k = factor_.exponent(i);
    return k == 0 ? multiplier : scale_by_power_of_two(multiplier, k);
  }

  KktFactor<S, Data> factor_;
  const QpShape<S, Data>& shape_;     ///< rows as the factor holds them
  std::vector<Index> equality_rows_;  ///< an independent subset of the equalities
  std::vector<Index> warm_, rows_;
  std::vector<char> held_;      ///< in the working set
  std::vector<char> ignored_;   ///< dependent on the working set and satisfied within noise
  std::vector<char> left_out_;  ///< went once for a clipped multiplier
  Index contradicted_ = -1;
  const Vec<S>* g_ = nullptr;
  const Vec<S>* r_ = nullptr;
  Vec<S> held_limits_;  ///< what r_ points to when rows are held scaled
  Vec<S> limit_terms_;  ///< of the rows as held
  S linear_terms_{0};
  S gamma_{0};  ///< of the chain of roundings behind one slack or one entry of the gradient
  Vec<S> y_, free_, lambda_, nu_, direction_, residual_, multipliers_, slack_;
  Vec<S> multiplier_noise_;  ///< (rows)
  S size_{0};                ///< sum |y_j|
  S free_size_{0};           ///< the same of the minimiser without rows
  S drift_{0};               ///< max-norm of the last correction of y
  S held_terms_{0};          ///< largest limit terms of a working row over its size
  S residual_terms_{0};      ///< size of the terms of H y + g + B' lambda
  S amplification_{1};       ///< of errors in the data, at most; see refine()
  long iterations_ = 0, limit_ = 0;
  Index exchanges_ = 0;  ///< of rows that noise alone brought in
  bool changed_ = true;
  bool refined_ = false;  ///< y has been corrected by its own residuals
};

}  // namespace assay
