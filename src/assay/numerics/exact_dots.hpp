#pragma once

#include <cstdint>
#include <vector>

#include "assay/scalar/dense.hpp"

namespace assay {

/// Products of a fixed matrix with vectors of 50 digits, in integers.
///
/// Column j of A is held as 2^c_j times integers of at most 62 bits; what an entry has below
/// 2^c_j, little or nothing where the data are doubles of one size, is held as digits of 54 bits
/// each, kept apart. The vector is cut likewise, into as many digits of 54 bits as all its bits
/// take. A product of two of these has at most 116 bits, and 2000 of them fit into 127, so every
/// sum is exact whatever its order. The element is that sum, rounded once, to nearest even:
///
///     y_j = (sum_i A_ij x_i) (1 + delta),   |delta| <= u = 2^-168,
///
/// a function of the data alone. The plain kernels stay within gamma_n sum_i |A_ij| |x_i|.
/// Source of the idea: Ozaki, Ogita, Oishi, Rump, "Error-free transformations of matrix
/// multiplication by using fast routines of matrix multiplication and its applications" (Numerical
/// Algorithms 59, 2012); integers of 64 bits hold more of an entry than the doubles used there.
class ExactDots {
 public:
  static constexpr int digit_bits = 54;

  /// Holds nothing.
  ExactDots() = default;
  /// Holds A unless an entry is not finite, a column spreads over more than 62 + 8 * 54 bits or
  /// has more than 2000 entries.
  explicit ExactDots(const Mat<Real50>& A);

  bool empty() const { return columns_.empty(); }
  Index size() const { return static_cast<Index>(columns_.size()); }

  /// y := A' x
  /// @return false, y untouched, if no matrix is held, or x is not finite or spreads over more than
  ///         16 * 54 bits
  bool operator()(const Vec<Real50>& x, Vec<Real50>& y) const;

  /// y += A' x, each element of A' x rounded before it is added; otherwise the same.
  bool add(const Vec<Real50>& x, Vec<Real50>& y) const;

  /// y -= 2^exponent A' x, likewise. @pre a matrix is held, |x_i| < 2^54
  void subtract(const std::vector<std::int64_t>& x, int exponent, Vec<Real50>& y) const;

 private:
  /// digit * 2^(c_j - 54 level) of row `row`.
  struct Low {
    Index row;
    std::int64_t digit;
    int level;
  };
  struct Column {
    int exponent = 0;                ///< c_j
    int levels = 0;                  ///< the deepest of its low digits
    std::size_t begin = 0, end = 0;  ///< its low digits
  };

  template <class Store>
  void each(const std::int64_t* digits, Index count, int exponent, const Store& store) const;
  bool hold(Index j, const Mat<Real50>& A);

  Index length_ = 0;
  std::vector<std::int64_t> tops_;
  std::vector<Low> lows_;
  std::vector<Column> columns_;
};

}  // namespace assay
