#include "assay/algorithm/algorithm.hpp"

#include "assay/scalar/instantiate.hpp"

namespace assay {

template <class S>
const Vec<S>& SampleMean<S>::at(const Vec<S>& x, Estimator<S>& estimator, const Vec<S>* fixed_q) {
  const Index m = c_.problem->m;
  kink_ = false;
  for (long k = 0; k < samples_; ++k) {
    const auto sample = static_cast<std::uint32_t>(k);
    if (fixed_q) {
      q_ = *fixed_q;
    } else if (width_ > 0) {
      const Vec<double>& z = c_.draws->normals(Purpose::lower_perturbation, m, sample);
      q_.resize(m);
      for (Index i = 0; i < m; ++i) q_[i] = S(width_) * S(z[i]);
      if (c_.faults.has(Fault::normalised_perturbation)) {
        const S size = norm(q_);
        for (Index i = 0; i < m; ++i) q_[i] /= size;
      }
    } else {
      q_.resize(0);
    }
    estimator.evaluate(x, q_, sample, estimate_);
    kink_ = kink_ || estimate_.kink;
    if (k == 0)
      mean_ = estimate_.total;
    else
      mean_ += estimate_.total;
  }
  if (samples_ > 1) {
    const S count(static_cast<double>(samples_));
    for (Index i = 0; i < mean_.size(); ++i) mean_[i] /= count;
  }
  perturbation_norm_ = q_.size() > 0 ? norm(q_) : S(0);
  return mean_;
}

#define ASSAY_INSTANTIATE(S) template class SampleMean<S>;
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

}  // namespace assay
