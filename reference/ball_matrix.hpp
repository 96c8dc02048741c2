#pragma once

#include "assay/problem/exact_matrix.hpp"
#include "reference/doubled_sum.hpp"

namespace assay::reference {

/// The smallest ball in scalar S about the value nearest to entry (i, j): a point unless the entry
/// is a fraction that S does not represent. @pre finite
template <class S>
Ball<S> enclose_entry(const ExactMatrix& a, Index i, Index j = 0) {
  const std::string fraction = a.fraction(i, j);
  if (fraction.empty()) return {S(a(i, j)), S(0)};
  return enclose<S>(from_text<Rational>(fraction));
}

/// A vector in balls, ready to be multiplied with.
template <class S>
struct BallFactor {
  SplitVector<S> split;
  BallVector<S> ball;
  bool exact = true;

  explicit BallFactor(const BallVector<S>& v) : split(v.mid), ball(v) {
    for (Index i = 0; i < v.size(); ++i) exact = exact && v.rad[i] == S(0);
  }
};

/// Rows of numbers known exactly, or in balls where they are fractions.
template <class S>
class BallMatrix {
 public:
  BallMatrix() = default;
  BallMatrix(Index rows, Index cols) : mid_(cols, rows) {
    for (Index i = 0; i < mid_.size(); ++i) mid_(i) = S(0);
  }
  /// @param transposed take the columns of `a` as rows
  explicit BallMatrix(const ExactMatrix& a, bool transposed = false)
      : BallMatrix(transposed ? a.cols() : a.rows(), transposed ? a.rows() : a.cols()) {
    for (Index i = 0; i < rows(); ++i)
      for (Index j = 0; j < cols(); ++j)
        set(i, j, transposed ? enclose_entry<S>(a, j, i) : enclose_entry<S>(a, i, j));
  }

  Index rows() const { return mid_.cols(); }
  Index cols() const { return mid_.rows(); }
  bool zero() const { return zero_; }
  bool exact() const { return rad_.size() == 0; }

  const S* row(Index i) const { return mid_.data() + i * cols(); }
  Ball<S> operator()(Index i, Index j) const {
    return {mid_(j, i), exact() ? S(0) : S(rad_(j, i))};
  }
  void set(Index i, Index j, const Ball<S>& entry) {
    mid_(j, i) = entry.mid;
    if (entry.rad != S(0) && exact()) rad_ = Mat<S>::Zero(cols(), rows());
    if (!exact()) rad_(j, i) = entry.rad;
    zero_ = zero_ && entry.mid == S(0) && entry.rad == S(0);
  }

  /// sum += row i times v, or -=
  void add_row(Index i, const BallFactor<S>& v, DoubledSum<S>& sum, bool subtract = false) const {
    if (zero_) return;
    sum.add_dot(row(i), v.split, subtract);
    if (v.exact && exact()) return;
    S spread(0);
    for (Index j = 0; j < cols(); ++j) {
      const Ball<S> a = (*this)(i, j);
      spread += (magnitude(a.mid) + a.rad) * v.ball.rad[j] + a.rad * magnitude(v.ball.mid[j]);
    }
    sum.enlarge(Bound<S>::of_chain(spread, cols() + 4));
  }

 private:
  Mat<S> mid_, rad_;  ///< column i holds row i; `rad_` is empty where all is exact
  bool zero_ = true;
};

}  // namespace assay::reference
