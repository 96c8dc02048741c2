#include "assay/check/distance.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "assay/scalar/text.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

constexpr double not_numbers = std::numeric_limits<double>::infinity();

template <class S>
std::optional<S> finite_number(const std::string& text) {
  try {
    const S value = from_text<S>(text);
    if (is_finite(value)) return value;
  } catch (const Error&) {
  }
  return std::nullopt;
}

bool is_binary64(const std::string& scalar) { return scalar == "double" || scalar == "soft53"; }

/// 0 where cells are compared as text only.
int decimal_digits(const std::string& scalar) {
  if (is_binary64(scalar)) return std::numeric_limits<double>::max_digits10;
  if (scalar == "real50") return 50;
  if (scalar == "real100") return 100;
  return 0;
}

/// Position of a double among all finite doubles in ascending order; 0 and -0 share position 0.
std::int64_t position(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto size = static_cast<std::int64_t>(bits & ~(std::uint64_t{1} << 63));
  return std::signbit(value) ? -size : size;
}

Distance double_distance(double left, double right) {
  const std::int64_t a = position(left), b = position(right);
  // Positions stay below 2^63 in size, so the unsigned difference cannot wrap.
  const std::uint64_t steps = a < b ? static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a)
                                    : static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
  return {std::bit_cast<std::uint64_t>(left) == std::bit_cast<std::uint64_t>(right),
          static_cast<double>(steps)};
}

/// 10^k for the k with 10^k <= a < 10^(k+1). @pre a > 0
Real100 decade(const Real100& a) {
  Real100 power = pow(Real100(10), floor(log10(a)));
  if (power > a) power /= 10;
  if (power * 10 <= a) power *= 10;
  return power;
}

Distance real_distance(const Real100& left, const Real100& right, int digits) {
  if (left == right) return {left.backend().sign() == right.backend().sign(), 0};
  const Real100 unit =
      decade(larger(magnitude(left), magnitude(right))) * pow(Real100(10), 1 - digits);
  return {false, to_double<Real100>(magnitude<Real100>(left - right) / unit)};
}

}  // namespace

Distance distance(const std::string& left, const std::string& right, const std::string& scalar) {
  if (left == right) return {true, 0};
  if (is_binary64(scalar)) {
    const auto a = finite_number<double>(left), b = finite_number<double>(right);
    if (a && b) return double_distance(*a, *b);
  } else if (const int digits = decimal_digits(scalar); digits > 0) {
    const auto a = finite_number<Real100>(left), b = finite_number<Real100>(right);
    if (a && b) return real_distance(*a, *b, digits);
  }
  return {false, not_numbers};
}

int agreeing_digits(const std::string& left, const std::string& right, const std::string& scalar) {
  const int most = decimal_digits(scalar);
  if (left == right || most == 0) return most;
  const auto a = finite_number<Real100>(left), b = finite_number<Real100>(right);
  if (!a || !b) return 0;
  const Real100 size = larger(magnitude(*a), magnitude(*b));
  Real100 error = magnitude<Real100>(*a - *b);
  for (int digits = 0; digits < most; ++digits)
    if ((error *= 10) > size) return digits;
  return most;
}

std::string distance_text(double ulps) {
  if (!(ulps < not_numbers)) return "not comparable as numbers";
  // Up to 10^15 the count is written out; a double holds it exactly.
  return ulps < 1e15 && ulps == std::floor(ulps) ? fmt::format("{:.0f} ulps", ulps)
                                                 : fmt::format("{:.3g} ulps", ulps);
}

}  // namespace assay
