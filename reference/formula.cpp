#include "reference/formula.hpp"

#include <algorithm>
#include <cctype>

#include "assay/scalar/text.hpp"

namespace assay::reference {

/// Recursive descent, one function a level of precedence; what it reads it appends in postfix
/// order.
class FormulaReader {
 public:
  FormulaReader(Formula& out, Index n, Index m) : out_(out), text_(out.text_), n_(n), m_(m) {}

  void read() {
    sum();
    if (peek() != '\0') fail("does not belong here");
  }

 private:
  char peek() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw std::invalid_argument("formula '" + text_ + "': character " + std::to_string(at_ + 1) +
                                ": " + what);
  }
  void emit(Op op, Rational constant = 0, Index index = 0) {
    out_.steps_.push_back({op, std::move(constant), index});
  }

  void sum() {
    product();
    for (;;) {
      if (take('+')) {
        product();
        emit(Op::add);
      } else if (take('-')) {
        product();
        emit(Op::subtract);
      } else {
        return;
      }
    }
  }
  void product() {
    signed_factor();
    for (;;) {
      if (take('*')) {
        signed_factor();
        emit(Op::multiply);
      } else if (take('/')) {
        signed_factor();
        emit(Op::divide);
      } else {
        return;
      }
    }
  }
  void signed_factor() {
    if (take('-')) {
      signed_factor();
      emit(Op::negate);
    } else {
      power();
    }
  }
  void power() {
    primary();
    if (take('^')) emit(Op::power, 0, integer());
  }
  Index integer() {
    peek();
    const std::size_t start = at_;
    Index value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      value = 10 * value + (text_[at_] - '0');
    if (at_ == start || at_ - start > 4) fail("a number of 1 to 4 digits must stand here");
    return value;
  }
  void primary() {
    const char c = peek();
    if (take('(')) {
      sum();
      if (!take(')')) fail("a ')' is missing");
    } else if ((c >= '0' && c <= '9') || c == '.') {
      const std::size_t start = at_;
      while (at_ < text_.size() && ((text_[at_] >= '0' && text_[at_] <= '9') || text_[at_] == '.'))
        ++at_;
      emit(Op::constant, from_text<Rational>(text_.substr(start, at_ - start)));
    } else if (c >= 'a' && c <= 'z') {
      name();
    } else {
      fail("a number, a name or '(' must stand here");
    }
  }
  void name() {
    std::string word;
    while (at_ < text_.size() && text_[at_] >= 'a' && text_[at_] <= 'z') word += text_[at_++];
    if (word == "x" || word == "y") {
      const Index count = word == "x" ? n_ : m_;
      const bool numbered = at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9';
      if (!numbered && count != 1) fail("'" + word + "' needs a number");
      const Index which = numbered ? integer() : 1;
      if (which < 1 || which > count) fail("there is no such variable");
      return emit(Op::variable, 0, (word == "x" ? 0 : n_) + which - 1);
    }
    if (word == "pi") return emit(Op::pi);
    const std::pair<const char*, Op> functions[] = {
        {"exp", Op::exp}, {"log", Op::log},   {"sin", Op::sin},  {"cos", Op::cos},
        {"tan", Op::tan}, {"atan", Op::atan}, {"sqrt", Op::sqrt}};
    for (const auto& [known, op] : functions) {
      if (word != known) continue;
      if (!take('(')) fail("a '(' is missing");
      sum();
      if (!take(')')) fail("a ')' is missing");
      return emit(op);
    }
    fail("'" + word + "' is unknown");
  }

  Formula& out_;
  const std::string& text_;
  Index n_, m_;
  std::size_t at_ = 0;
};

Formula::Formula(const std::string& text, Index n, Index m) : text_(text) {
  FormulaReader(*this, n, m).read();
}

int Formula::degree(Index first, Index last) const {
  std::vector<int> stack;
  const auto pop = [&] {
    const int top = stack.back();
    stack.pop_back();
    return top;
  };
  for (const Step& step : steps_) {
    switch (step.op) {
      case Op::constant:
      case Op::pi:
        stack.push_back(0);
        break;
      case Op::variable:
        stack.push_back(first <= step.index && step.index < last ? 1 : 0);
        break;
      case Op::add:
      case Op::subtract:
      case Op::multiply:
      case Op::divide: {
        const int right = pop(), left = pop();
        if (step.op == Op::divide)
          stack.push_back(right == 0 ? left : not_polynomial);
        else
          stack.push_back(step.op == Op::multiply ? std::min(left + right, not_polynomial)
                                                  : std::max(left, right));
        break;
      }
      case Op::negate:
        break;
      case Op::power:
        stack.push_back(static_cast<int>(std::min<Index>(pop() * step.index, not_polynomial)));
        break;
      default:
        stack.push_back(pop() == 0 ? 0 : not_polynomial);
    }
  }
  return pop();
}

bool Formula::rational() const {
  return std::all_of(steps_.begin(), steps_.end(),
                     [](const Step& step) { return step.op <= Op::power; });
}

Stated::Stated(const std::string& text)
    : formula(text.starts_with("~") ? text.substr(1) : text, 0, 0), tolerance(0) {
  if (!text.starts_with("~")) return;
  const std::size_t point = text.find('.');
  const std::size_t digits = point == std::string::npos ? 0 : text.size() - point - 1;
  tolerance = Rational(1) / FormulaNumber<Rational>::power(10, static_cast<Index>(digits));
}

}  // namespace assay::reference
