#pragma once

#include "reference/ball.hpp"

namespace assay::reference {

/// fl(a + b) and what it missed, exactly. Source: Knuth, "The Art of Computer Programming", vol. 2,
/// section 4.2.2, theorem B. Holds for any binary arithmetic rounded to nearest.
template <class S>
void two_sum(const S& a, const S& b, S& sum, S& error) {
  sum = a + b;
  const S part = sum - a;
  error = (a - (sum - part)) + (b - part);
}

/// A number in two halves, high + low, whose products with other halves are exact. Source: Dekker,
/// "A floating-point technique for extending the available precision", Numer. Math. 18 (1971);
/// overflows (to not finite) within 2^(digits/2) of the largest number.
template <class S>
struct Halves {
  S high, low;

  explicit Halves(const S& a) {
    static constexpr int half = (std::numeric_limits<S>::digits + 1) / 2;
    static const S factor = scale_by_power_of_two(S(1), half) + S(1);
    const S c = factor * a;
    high = c - (c - a);
    low = a - high;
  }
};

/// fl(a b) and what it missed; exact unless it underflows.
template <class S>
void two_product(const S& a, const Halves<S>& as, const S& b, const Halves<S>& bs, S& product,
                 S& error) {
  product = a * b;
  error = as.low * bs.low - (((product - as.high * bs.high) - as.low * bs.high) - as.high * bs.low);
}

/// A vector with its halves: what a matrix is multiplied with.
template <class S>
struct SplitVector {
  Vec<S> value, high, low;

  explicit SplitVector(const Vec<S>& v) : value(v), high(v.size()), low(v.size()) {
    for (Index i = 0; i < v.size(); ++i) {
      const Halves<S> halves(v[i]);
      high[i] = halves.high;
      low[i] = halves.low;
    }
  }
};

/// A sum of numbers and products as if in twice the precision, rounded once at the end, with all
/// that was lost.
///
/// Source: Ogita, Rump & Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005),
/// algorithm 5.3. After T terms with leading parts h_i (a number, or fl(a b)), sigma = sum |h_i|,
/// the errors e_i split off obey sum |e_i| <= u (T + 1) (1 + gamma_T) sigma; `low_` adds them with
/// at most T + 1 roundings each, so that what is lost is at most gamma_{T+2}^2 sigma. A product
/// that underflows loses less than 8 normal minima in its own nine roundings, and as much in the
/// sums.
template <class S>
class DoubledSum {
 public:
  DoubledSum() = default;
  explicit DoubledSum(const S& first) : high_(first), size_(magnitude(first)), terms_(1) {}

  void add(const S& a) { add_parts(a, S(0), high_, low_, size_), ++terms_; }
  void add(const Ball<S>& a) {
    add(a.mid);
    enlarge(Bound<S>(a.rad));
  }
  void add_product(const Ball<S>& a, const Ball<S>& b) {
    S product, error;
    two_product(a.mid, Halves<S>(a.mid), b.mid, Halves<S>(b.mid), product, error);
    add_parts(product, error, high_, low_, size_);
    ++terms_;
    enlarge(Bound<S>(a.rad) * b.size() + Bound<S>(magnitude(a.mid)) * Bound<S>(b.rad));
  }
  /// Adds (or subtracts) row' v. @param row v.size() numbers, contiguous
  void add_dot(const S* row, const SplitVector<S>& v, bool subtract = false) {
    S high = high_, low = low_, size = size_;
    for (Index j = 0; j < v.value.size(); ++j) {
      const S a = subtract ? S(-row[j]) : row[j];
      const Halves<S> halves(a);
      Halves<S> other = halves;
      other.high = v.high[j];
      other.low = v.low[j];
      S product, error;
      two_product(a, halves, v.value[j], other, product, error);
      add_parts(product, error, high, low, size);
    }
    high_ = high;
    low_ = low;
    size_ = size;
    terms_ += v.value.size();
  }
  /// Takes in that the terms are only known up to this much.
  void enlarge(const Bound<S>& radius) { radius_ += radius; }

  Ball<S> value() const {
    const Bound<S> gamma = Bound<S>::gamma(terms_ + 2);
    const Bound<S> lost = gamma * gamma * Bound<S>::of_chain(size_, terms_);
    const Bound<S> underflow(S(S(static_cast<double>(16 * (terms_ + 1))) * Bound<S>::tiny()));
    return Ball<S>::rounded(S(high_ + low_), lost + underflow + radius_);
  }

 private:
  static void add_parts(const S& lead, const S& rest, S& high, S& low, S& size) {
    S sum, error;
    two_sum(high, lead, sum, error);
    high = sum;
    low += error + rest;
    size += magnitude(lead);
  }

  S high_{0}, low_{0}, size_{0};
  Bound<S> radius_;
  Index terms_ = 0;
};

}  // namespace assay::reference
