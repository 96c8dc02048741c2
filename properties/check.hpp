#pragma once

#include <fmt/format.h>

#include <map>
#include <string>

#include "assay/scalar/convert.hpp"
#include "assay/scalar/dense.hpp"
#include "assay/scalar/text.hpp"

namespace assay::properties {

/// A property does not hold: what, in words that stay the same from case to case (the failure class
/// that shrinking keeps), and the figures of this case.
struct Violation {
  std::string failure;
  std::string message;
};

/// The case is not one the property speaks of.
struct Discard {
  std::string why;
};

/// What a property asserts of one case. The first assertion that does not hold ends the check.
///
/// Every inequality is recorded as a share lhs / rhs: the largest one over a campaign says how much
/// of its tolerance a property ever uses.
class Check {
 public:
  /// lhs <= rhs. @param what names the inequality; NaN on either side fails
  template <class S>
  void at_most(const std::string& what, const S& lhs, const S& rhs) {
    ++assertions_;
    if (!(lhs <= rhs)) fail(what, to_text(lhs) + " > " + to_text(rhs));
    record(what, rhs > S(0) ? to_double(S(lhs / rhs)) : 0.0);
  }

  template <class S>
  void equal(const std::string& what, const S& a, const S& b) {
    ++assertions_;
    if (!(a == b)) fail(what, to_text(a) + " is not " + to_text(b));
  }

  /// Entry for entry the same value.
  template <class S>
  void equal(const std::string& what, const Vec<S>& a, const Vec<S>& b) {
    that(what, a.size() == b.size(), fmt::format("sizes {} and {}", a.size(), b.size()));
    assertions_ += a.size();
    for (Index i = 0; i < a.size(); ++i)
      if (!(a[i] == b[i]))
        fail(what, fmt::format("entry {}: {} is not {}", i, to_text(a[i]), to_text(b[i])));
  }

  void that(const std::string& what, bool holds, const std::string& figures = "") {
    ++assertions_;
    if (!holds) fail(what, figures);
  }

  [[noreturn]] void fail(const std::string& what, const std::string& figures) {
    throw Violation{what, figures.empty() ? what : what + ": " + figures};
  }
  /// Leaves a case out. A campaign counts these: a property that leaves out most cases says little.
  [[noreturn]] void discard(const std::string& why) { throw Discard{why}; }

  /// The largest share lhs / rhs so far, for each inequality.
  const std::map<std::string, double>& shares() const { return shares_; }
  /// How much was asserted so far, vectors entry by entry.
  long assertions() const { return assertions_; }

 private:
  void record(const std::string& what, double share) {
    double& worst = shares_[what];
    if (worst < share) worst = share;
  }

  std::map<std::string, double> shares_;
  long assertions_ = 0;
};

}  // namespace assay::properties
