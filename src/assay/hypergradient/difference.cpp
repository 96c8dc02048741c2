#include "assay/hypergradient/difference.hpp"

#include "assay/scalar/instantiate.hpp"

namespace assay {

namespace {

void zero(auto& v, Index size) {
  using S = typename std::decay_t<decltype(v)>::Scalar;
  v.resize(size);
  for (Index i = 0; i < size; ++i) v[i] = S(0);
}

template <class S>
void draw_direction(Draws& draws, Index n, std::uint32_t number, Vec<S>& z) {
  const Vec<double>& drawn = draws.normals(Purpose::direction, n, number);
  z.resize(n);
  for (Index i = 0; i < n; ++i) z[i] = S(drawn[i]);
}

/// Splits an estimate of the whole gradient into the exact direct part and the rest.
template <class S>
void split(const LowerSolution<S>& s, Hypergradient<S>& out) {
  out.implicit = out.total - out.direct;
  out.kink = !s.weakly_active.empty();
  out.licq = s.licq;
}

}  // namespace

template <class S>
void CentralDifferenceEstimator<S>::evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                                             Hypergradient<S>& out) {
  const S h(o_.step);
  zero(out.total, x.size());
  point_ = x;
  for (Index i = 0; i < x.size(); ++i) {
    // Independent samples: two numbers of their own for every sample and coordinate.
    const auto first =
        o_.common_samples ? sample : static_cast<std::uint32_t>(2 * (sample * x.size() + i));
    point_[i] = x[i] + h;
    const S above = this->value(point_, q, first);
    point_[i] = x[i] - h;
    const S below = this->value(point_, q, o_.common_samples ? first : first + 1);
    point_[i] = x[i];
    out.total[i] = (above - below) / (S(2) * h);
  }
  const auto& s = this->solve_lower(x, q, sample);
  this->upper_gradient(x, sample, out.direct, fy_);
  split(s, out);
}

template <class S>
void TwoPointEstimator<S>::evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                                    Hypergradient<S>& out) {
  const S radius(o_.radius);
  zero(out.total, x.size());
  for (long k = 0; k < o_.directions; ++k) {
    const auto number =
        sample * static_cast<std::uint32_t>(o_.directions) + static_cast<std::uint32_t>(k);
    draw_direction(*this->c_.draws, x.size(), number, z_);
    point_ = x;
    add_scaled(z_, radius, point_);
    const S above = this->value(point_, q, number);
    point_ = x;
    add_scaled(z_, S(-radius), point_);
    const S below = this->value(point_, q, number);
    S slope = (above - below) / (S(2) * radius);
    if (this->c_.faults.has(Fault::unscaled_two_point)) slope *= radius;
    add_scaled(z_, slope, out.total);
  }
  const S count(static_cast<double>(o_.directions));
  for (Index i = 0; i < x.size(); ++i) out.total[i] /= count;
  const auto& s = this->solve_lower(x, q, sample);
  this->upper_gradient(x, sample, out.direct, fy_);
  split(s, out);
}

template <class S>
void ShiftedDifferenceEstimator<S>::evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                                             Hypergradient<S>& out) {
  const S h(o_.step);
  zero(out.total, x.size());
  for (long k = 0; k < o_.shifts; ++k) {
    const auto number =
        sample * static_cast<std::uint32_t>(o_.shifts) + static_cast<std::uint32_t>(k);
    draw_direction(*this->c_.draws, x.size(), number, z_);
    shifted_ = x;
    add_scaled(z_, S(o_.radius), shifted_);
    point_ = shifted_;
    for (Index i = 0; i < x.size(); ++i) {
      point_[i] = shifted_[i] + h;
      const S above = this->value(point_, q, number);
      point_[i] = shifted_[i] - h;
      out.total[i] += (above - this->value(point_, q, number)) / (S(2) * h);
      point_[i] = shifted_[i];
    }
  }
  const S count(static_cast<double>(o_.shifts));
  for (Index i = 0; i < x.size(); ++i) out.total[i] /= count;
  const auto& s = this->solve_lower(x, q, sample);
  this->upper_gradient(x, sample, out.direct, fy_);
  split(s, out);
}

#define ASSAY_INSTANTIATE(S)                    \
  template class CentralDifferenceEstimator<S>; \
  template class TwoPointEstimator<S>;          \
  template class ShiftedDifferenceEstimator<S>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
