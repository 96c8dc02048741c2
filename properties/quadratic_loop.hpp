#pragma once

#include "properties/walk_case.hpp"
#include "reference/moreau.hpp"

namespace assay::properties {

/// F by its constants: gradient and value at x0, the Hessian, the stationary point.
struct Quadratic {
  explicit Quadratic(const Case& c);
  const Exact& mu() const { return spectrum[0]; }
  const Exact& L() const { return spectrum[spectrum.size() - 1]; }
  /// The largest curvature in size.
  Exact size() const { return larger(magnitude(mu()), magnitude(L())); }

  Textbook book;
  bool found = false, regular = false;
  Textbook::Matrix Q;
  Vec<Exact> spectrum;
  ExactVector center;  ///< grad F = 0
  Exact lowest{0};     ///< F there
};

/// No inequality row, so that one active set holds everywhere. Its number: steps.
Case quadratic_loop_case(Source& source);

/// SSIGD with exact gradients. @param step entries of the table [step]
std::string ssigd_tables(const Case& c, const std::string& step);

/// How far one step x - eta g from exact data may land from where it should: eta times the error of
/// g and two roundings in each entry.
template <class S>
Exact step_error(const Truth& at, const ExactVector& x, const Exact& eta) {
  return eta * at.gradient_error +
         sqrt(Exact(static_cast<double>(x.size()))) * roundoff<S>() *
             (reference::size_of(x) + 3 * eta * reference::size_of(at.gradient));
}

}  // namespace assay::properties
