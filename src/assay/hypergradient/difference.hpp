#pragma once

#include "assay/hypergradient/estimator.hpp"

namespace assay {

/// (F(x + h e_i) - F(x - h e_i)) / 2h in every coordinate. Error O(h^2) + O(noise / h), none from h
/// while no row changes between active and inactive. With noise, `common_samples` evaluates both
/// sides under the same draw.
struct CentralDifferenceOptions {
  double step = 1e-5;  ///< > 0
  bool common_samples = true;
};

template <class S>
class CentralDifferenceEstimator final : public Estimator<S> {
 public:
  CentralDifferenceEstimator(const EstimatorContext<S>& context,
                             const CentralDifferenceOptions& options)
      : Estimator<S>(context), o_(options) {}
  void evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                Hypergradient<S>& out) override;

 private:
  CentralDifferenceOptions o_;
  Vec<S> point_, fy_;
};

/// The mean over random directions z of (F(x + s z) - F(x - s z)) / 2s * z: the gradient of F
/// smoothed by a Gaussian of width s. Source: Nesterov and Spokoiny, "Random gradient-free
/// minimization of convex functions" (Found. Comput. Math. 17, 2017), (26). Fault
/// unscaled_two_point multiplies by s z instead of z.
struct TwoPointOptions {
  double radius = 1e-2;  ///< s > 0
  long directions = 1;   ///< > 0
};

template <class S>
class TwoPointEstimator final : public Estimator<S> {
 public:
  TwoPointEstimator(const EstimatorContext<S>& context, const TwoPointOptions& options)
      : Estimator<S>(context), o_(options) {}
  void evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                Hypergradient<S>& out) override;

 private:
  TwoPointOptions o_;
  Vec<S> point_, fy_, z_;
};

/// Central differences in every coordinate, averaged over points shifted by Gaussians of width
/// `radius`: another smoothed gradient.
struct ShiftedDifferenceOptions {
  double radius = 1e-2;  ///< >= 0
  double step = 1e-4;    ///< > 0
  long shifts = 5;       ///< > 0
};

template <class S>
class ShiftedDifferenceEstimator final : public Estimator<S> {
 public:
  ShiftedDifferenceEstimator(const EstimatorContext<S>& context,
                             const ShiftedDifferenceOptions& options)
      : Estimator<S>(context), o_(options) {}
  void evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                Hypergradient<S>& out) override;

 private:
  ShiftedDifferenceOptions o_;
  Vec<S> point_, shifted_, fy_, z_;
};

}  // namespace assay
