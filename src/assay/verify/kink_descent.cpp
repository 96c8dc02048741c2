#include "assay/verify/kink_descent.hpp"

#include <algorithm>

#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/numerics/kernels.hpp"
#include "assay/support/error.hpp"
#include "reference/min_norm_point.hpp"

namespace assay {
namespace {

/// F and its gradient at a point, in double.
struct Place {
  Vec<double> x, gradient;
  double value = 0;
};

class Upper {
 public:
  explicit Upper(const Instance& instance)
      : problem_(instance), lower_(problem_), estimator_({&problem_, &lower_, nullptr, {}, {}}) {}

  Place at(const Vec<double>& x) {
    ++count;
    estimator_.evaluate(x, {}, 0, derivative_);
    return {x, derivative_.total, problem_.upper_value(x, estimator_.solution().y)};
  }

  long count = 0;

 private:
  QuadraticProblem<double> problem_;
  ActiveSetLowerLevel<double> lower_;
  ImplicitEstimator<double> estimator_;
  Hypergradient<double> derivative_;
};

Vec<double> shortest_of(const std::vector<Place>& bundle) {
  std::vector<Vec<Rational>> gradients;
  for (const Place& place : bundle) gradients.push_back(widen<Rational>(place.gradient));
  const Vec<Rational> point = reference::min_norm_point(gradients).point;
  Vec<double> d(point.size());
  for (Index i = 0; i < d.size(); ++i) d[i] = to_double(point[i]);
  return d;
}

constexpr long most_gradients = 2000;
constexpr std::size_t most_in_bundle = 24;

/// Between `from` and `to`, which lies against d from it, a point whose gradient does not go on as
/// the hull says: <g, d> at most half of |d|^2. There is one, as F falls by less than a quarter of
/// |to - from| |d|.
/// @return whether it is now the last of the bundle; not when the two are neighbours in double, or
/// too many gradients were taken
bool new_gradient(Upper& upper, const Place& from, const Place& to, const Vec<double>& d,
                  std::vector<Place>& bundle) {
  Place low = from, high = to;
  const double half = dot(d, d) / 2;
  while (upper.count < most_gradients) {
    if (dot(high.gradient, d) <= half) {
      bundle.push_back(high);
      return true;
    }
    const Place middle = upper.at(Vec<double>((low.x + high.x) / 2));
    if (middle.x == low.x || middle.x == high.x) return false;
    if (dot(middle.gradient, d) <= half) {
      bundle.push_back(middle);
      return true;
    }
    // On to the half in which F falls less.
    if (high.value - middle.value > middle.value - low.value)
      low = middle;
    else
      high = middle;
  }
  return false;
}

}  // namespace

std::vector<Vec<double>> descend_to_kink(const Instance& instance, const Vec<double>& start,
                                         double radius) {
  constexpr double nearly = 0.01;
  if (instance.x_set.kind != UpperSet::Kind::whole_space) return {};
  Upper upper(instance);
  const double end = radius * 0x1p-20;
  try {
    std::vector<Place> bundle{upper.at(start)};
    while (upper.count < most_gradients) {
      const Vec<double> d = shortest_of(bundle);
      const double length = norm(d);
      double least = norm(bundle[0].gradient);
      for (const Place& place : bundle) least = std::min(least, norm(place.gradient));
      if (length <= nearly * least) {
        if (radius <= end) {
          std::vector<Vec<double>> points;
          for (const Place& place : bundle) points.push_back(place.x);
          return points;
        }
        radius /= 4;
        bundle.resize(1);
        continue;
      }
      Vec<double> x = bundle[0].x;
      add_scaled(d, -radius / length, x);
      const Place next = upper.at(x);
      if (next.value <= bundle[0].value - radius * length / 4) {
        bundle = {next};
      } else {
        if (bundle.size() == most_in_bundle) return {};
        const Place from = bundle[0];
        if (!new_gradient(upper, from, next, d, bundle)) {
          // F falls by less than its gradients say, within their rounding.
          if (radius <= end) return {};
          radius /= 4;
          bundle.resize(1);
        }
      }
    }
  } catch (const NumericalError&) {  // F is not defined where this leads
  }
  return {};
}

}  // namespace assay
