#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "assay/scalar/dense.hpp"

namespace assay::reference {

/// What a formula is made of.
enum class Op {
  constant,
  variable,
  add,
  subtract,
  multiply,
  divide,
  negate,
  power,  ///< with a constant integer exponent >= 0
  exp,
  log,
  sin,
  cos,
  tan,
  atan,
  sqrt,
  pi,
};

/// The number types that formulas run in say what a constant and a function of one argument are.
template <class T>
struct FormulaNumber;

/// An expression in x1 .. xn and y1 .. ym (x and y where there is one), read from text and
/// evaluated in any number type: one statement of a problem serves exact fractions, intervals and
/// derivatives.
///
/// Grammar: + - * / with the usual precedence, unary minus, a^k with an integer k >= 0 (binding
/// closer than unary minus), parentheses, exp log sin cos tan atan sqrt, pi, decimal numbers. A
/// decimal means the fraction it says, "0.333" is 333/1000.
class Formula {
 public:
  /// @throws std::invalid_argument naming the text and the place
  Formula(const std::string& text, Index n, Index m);

  /// The value at z = (x, y). @pre z.size() == n + m
  template <class T>
  T operator()(const std::vector<T>& z) const;

  const std::string& text() const { return text_; }

  /// The degree as a polynomial in z_first .. z_(last-1), an upper bound where terms cancel;
  /// `not_polynomial` if it is none.
  int degree(Index first, Index last) const;
  static constexpr int not_polynomial = 1000;

  /// Free of functions that lead out of the fractions.
  bool rational() const;

 private:
  friend class FormulaReader;
  struct Step {
    Op op;
    Rational constant;
    Index index = 0;  ///< of a variable; or the exponent
  };
  std::string text_;
  std::vector<Step> steps_;  ///< in postfix order
};

/// A rounded decimal ("~1.25") or an exact expression ("5/4", "(sqrt(13)-1)/6") without variables.
/// A "~" says that the last digit may be off by one.
struct Stated {
  explicit Stated(const std::string& text);
  Formula formula;     ///< the number as written
  Rational tolerance;  ///< 0, or one unit of the last digit
  bool exact() const { return tolerance == 0; }
};

template <>
struct FormulaNumber<Rational> {
  static Rational constant(const Rational& c) { return c; }
  static Rational pi() { throw std::domain_error("pi is no fraction"); }
  static Rational function(Op, const Rational&) {
    throw std::domain_error("a formula with elementary functions has no value in fractions");
  }
  static Rational power(const Rational& base, Index exponent) {
    Rational out = 1;
    for (Index k = 0; k < exponent; ++k) out *= base;
    return out;
  }
};

template <class T>
T Formula::operator()(const std::vector<T>& z) const {
  using N = FormulaNumber<T>;
  std::vector<T> stack;
  const auto pop = [&] {
    T top = std::move(stack.back());
    stack.pop_back();
    return top;
  };
  for (const Step& step : steps_) {
    switch (step.op) {
      case Op::constant:
        stack.push_back(N::constant(step.constant));
        break;
      case Op::pi:
        stack.push_back(N::pi());
        break;
      case Op::variable:
        stack.push_back(z[static_cast<std::size_t>(step.index)]);
        break;
      case Op::add:
      case Op::subtract:
      case Op::multiply:
      case Op::divide: {
        const T right = pop(), left = pop();
        if (step.op == Op::add) stack.push_back(left + right);
        if (step.op == Op::subtract) stack.push_back(left - right);
        if (step.op == Op::multiply) stack.push_back(left * right);
        if (step.op == Op::divide) stack.push_back(left / right);
        break;
      }
      case Op::negate:
        stack.push_back(-pop());
        break;
      case Op::power:
        stack.push_back(N::power(pop(), step.index));
        break;
      default:
        stack.push_back(N::function(step.op, pop()));
    }
  }
  return pop();
}

}  // namespace assay::reference
