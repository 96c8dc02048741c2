#pragma once

#include <Eigen/Core>
#include <cmath>
#include <limits>

#include "assay/scalar/scalar.hpp"

namespace assay {

/// The least a scalar may offer: explicit construction from int and double, arithmetic with itself,
/// comparisons. Never run; compiled, so that an implicit conversion anywhere is an error.
class Archetype {
 public:
  Archetype() = default;
  explicit Archetype(double v) : v_(v) {}
  explicit Archetype(int v) : v_(v) {}
  explicit operator double() const { return v_; }

  Archetype operator-() const { return Archetype(-v_); }
  Archetype& operator+=(const Archetype& o) {
    v_ += o.v_;
    return *this;
  }
  Archetype& operator-=(const Archetype& o) {
    v_ -= o.v_;
    return *this;
  }
  Archetype& operator*=(const Archetype& o) {
    v_ *= o.v_;
    return *this;
  }
  Archetype& operator/=(const Archetype& o) {
    v_ /= o.v_;
    return *this;
  }
  friend Archetype operator+(Archetype a, const Archetype& b) { return a += b; }
  friend Archetype operator-(Archetype a, const Archetype& b) { return a -= b; }
  friend Archetype operator*(Archetype a, const Archetype& b) { return a *= b; }
  friend Archetype operator/(Archetype a, const Archetype& b) { return a /= b; }
  friend bool operator==(const Archetype& a, const Archetype& b) { return a.v_ == b.v_; }
  friend bool operator!=(const Archetype& a, const Archetype& b) { return a.v_ != b.v_; }
  friend bool operator<(const Archetype& a, const Archetype& b) { return a.v_ < b.v_; }
  friend bool operator<=(const Archetype& a, const Archetype& b) { return a.v_ <= b.v_; }
  friend bool operator>(const Archetype& a, const Archetype& b) { return a.v_ > b.v_; }
  friend bool operator>=(const Archetype& a, const Archetype& b) { return a.v_ >= b.v_; }
  friend Archetype sqrt(const Archetype& a) { return Archetype(std::sqrt(a.v_)); }
  friend Archetype ldexp(const Archetype& a, int k) { return Archetype(std::ldexp(a.v_, k)); }
  friend Archetype frexp(const Archetype& a, int* k) { return Archetype(std::frexp(a.v_, k)); }
  friend bool isfinite(const Archetype& a) { return std::isfinite(a.v_); }

 private:
  double v_ = 0;
};

template <>
constexpr std::string_view scalar_name<Archetype>() {
  return "archetype";
}

}  // namespace assay

template <>
class std::numeric_limits<assay::Archetype> {
 public:
  static constexpr bool is_specialized = true;
  static constexpr bool is_integer = false;
  static constexpr bool is_signed = true;
  static constexpr bool is_exact = false;
  static constexpr int radix = 2;
  static constexpr int digits = 53;
  static constexpr int digits10 = 15;
  static constexpr int max_digits10 = 17;
  static constexpr int min_exponent = -1021;
  static constexpr int max_exponent = 1024;
  static assay::Archetype epsilon() { return assay::Archetype(0x1p-52); }
  static assay::Archetype max() { return assay::Archetype(0x1.fffffffffffffp1023); }
  static assay::Archetype min() { return assay::Archetype(0x1p-1022); }
  static assay::Archetype lowest() { return assay::Archetype(-0x1.fffffffffffffp1023); }
};

template <>
struct Eigen::NumTraits<assay::Archetype> : Eigen::GenericNumTraits<assay::Archetype> {
  using Real = assay::Archetype;
  using NonInteger = assay::Archetype;
  using Literal = assay::Archetype;
  using Nested = assay::Archetype;
  enum {
    IsComplex = 0,
    IsInteger = 0,
    IsSigned = 1,
    RequireInitialization = 1,
    ReadCost = 1,
    AddCost = 1,
    MulCost = 1
  };
};
