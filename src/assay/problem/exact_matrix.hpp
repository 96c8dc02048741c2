#pragma once

#include <map>
#include <string>
#include <utility>

#include "assay/scalar/convert.hpp"
#include "assay/scalar/dense.hpp"
#include "assay/scalar/text.hpp"

namespace assay {

/// A dense array of exactly known numbers, as an instance file holds them: doubles, and the few
/// entries written as fractions ("1/3") that no double represents.
class ExactMatrix {
 public:
  ExactMatrix() = default;
  ExactMatrix(Index rows, Index cols) : nearest_(Mat<double>::Zero(rows, cols)) {}
  explicit ExactMatrix(Mat<double> values) : nearest_(std::move(values)) {}

  Index rows() const { return nearest_.rows(); }
  Index cols() const { return nearest_.cols(); }
  Index size() const { return nearest_.size(); }

  /// Each entry, rounded to double where it is a fraction.
  const Mat<double>& nearest() const { return nearest_; }
  double operator()(Index i, Index j = 0) const { return nearest_(i, j); }

  void set(Index i, Index j, double value) {
    nearest_(i, j) = value;
    fractions_.erase({i, j});
  }
  /// @pre `fraction` reads "p/q", q > 0
  void set_fraction(Index i, Index j, const std::string& fraction) {
    nearest_(i, j) = convert<double>(from_text<Rational>(fraction));
    fractions_[{i, j}] = fraction;
  }
  /// Entry (i, j) is a fraction: its text; otherwise "".
  std::string fraction(Index i, Index j) const {
    const auto it = fractions_.find({i, j});
    return it == fractions_.end() ? std::string() : it->second;
  }
  /// Entry (i, j) in scalar S, as in to(). @pre finite
  template <class S>
  S entry(Index i, Index j = 0) const {
    const auto it = fractions_.find({i, j});
    return it == fractions_.end() ? S(nearest_(i, j)) : convert<S>(from_text<Rational>(it->second));
  }
  bool all_doubles() const { return fractions_.empty(); }

  /// The array in scalar S: exact for doubles, the nearest value for a fraction.
  template <class S>
  Mat<S> to() const {
    Mat<S> out = widen<S>(nearest_);
    for (const auto& [at, text] : fractions_)
      out(at.first, at.second) = convert<S>(from_text<Rational>(text));
    return out;
  }
  /// A single column as a vector. @pre cols() == 1
  template <class S>
  Vec<S> to_vector() const {
    return to<S>().col(0);
  }

 private:
  Mat<double> nearest_;
  std::map<std::pair<Index, Index>, std::string> fractions_;
};

}  // namespace assay
