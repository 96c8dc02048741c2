#pragma once

#include "assay/numerics/random.hpp"
#include "properties/check.hpp"
#include "reference/textbook.hpp"

/// What the papers' formulas are computed with, beside the code that they judge.
namespace assay::properties {

using reference::Textbook;
using Exact = Textbook::R;
using ExactVector = Textbook::Vector;

template <class S>
ExactVector as_exact(const Vec<S>& v) {
  ExactVector w(v.size());
  for (Index i = 0; i < v.size(); ++i) w[i] = Exact(v[i]);
  return w;
}

inline Exact whole(long k) { return Exact(static_cast<double>(k)); }

template <class S>
Exact roundoff() {
  return Exact(unit_roundoff<S>());
}

/// The draws of a run and the noise it is under, from their definition: key (seed, stream), counter
/// (index, iteration, purpose and sample).
struct Sampling {
  std::uint64_t seed = 0, stream = 0;
  long samples = 1;
  double width = 0;  ///< of the lower-level perturbation q
  double gradient = 0, lower_linear = 0, upper_hessian = 0;

  RandomStream draws(Purpose purpose, long iteration, std::uint32_t sample = 0) const {
    return RandomStream(seed, stream, purpose, static_cast<std::uint64_t>(iteration), sample);
  }
  /// width z
  ExactVector q(Index m, long iteration, std::uint32_t sample = 0) const;
};

/// The mean of the sampled gradients of F_q at x, and how far (max-norm) an evaluation with unit
/// roundoff u may be from it.
struct Estimate {
  /// The active set is that of every point within the errors; otherwise there is nothing to compare
  /// with.
  bool certain = false;
  ExactVector value, last_q;
  Exact error{0};
};

/// @param x_error of the point that the code evaluates at
/// @param q the perturbation if it is fixed; null: drawn for each sample
Estimate estimate(Textbook& book, const Sampling& s, const ExactVector& x, const Exact& x_error,
                  long iteration, const ExactVector* q, const Exact& u);

/// |computed - formula| <= error in every entry.
template <class S>
void near(Check& check, const std::string& what, const Vec<S>& computed, const ExactVector& formula,
          const Exact& error) {
  check.that(what, computed.size() == formula.size(), "sizes differ");
  check.at_most(what, reference::size_of(ExactVector(as_exact(computed) - formula)), error);
}
template <class S>
void near(Check& check, const std::string& what, const S& computed, const Exact& formula,
          const Exact& error) {
  check.at_most(what, magnitude(Exact(Exact(computed) - formula)), error);
}

}  // namespace assay::properties
