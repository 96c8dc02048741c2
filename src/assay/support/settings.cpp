#include "assay/support/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace {

std::string number_text(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string join(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts) line.append(line.empty() ? "" : ", ").append(part);
  return line;
}

const char* type_name(const Value& value) {
  constexpr const char* names[] = {"true or false", "an integer",        "a number",
                                   "a string",      "a list of numbers", "a list of strings"};
  return names[value.index()];
}

std::string range_text(const Parameter& p) {
  constexpr double infinite = 1.7976931348623157e308;
  std::vector<std::string> parts;
  if (p.min > -infinite) parts.push_back((p.min_open ? "> " : ">= ") + number_text(p.min));
  if (p.max < infinite) parts.push_back((p.max_open ? "< " : "<= ") + number_text(p.max));
  return parts.empty() ? "finite" : join(parts);
}

bool in_range(double v, const Parameter& p) {
  return std::isfinite(v) && (p.min_open ? v > p.min : v >= p.min) &&
         (p.max_open ? v < p.max : v <= p.max);
}

/// One value against its declaration; the errors of one key come from here.
class Check {
 public:
  Check(const Parameter& parameter, std::string file, std::string key)
      : p_(parameter), file_(std::move(file)), key_(std::move(key)) {}

  Value checked(const Value& given) const {
    const Value value = converted(given);
    if (const auto* v = std::get_if<std::int64_t>(&value)) number(static_cast<double>(*v), given);
    if (const auto* v = std::get_if<double>(&value)) number(*v, given);
    if (const auto* v = std::get_if<std::string>(&value)) word(*v);
    if (const auto* v = std::get_if<std::vector<double>>(&value))
      for (const double entry : *v) number(entry, Value(entry));
    if (const auto* v = std::get_if<std::vector<std::string>>(&value))
      for (const std::string& entry : *v) word(entry);
    return value;
  }

 private:
  // An integer is a real if a double holds it; an empty list has either element type.
  Value converted(const Value& given) const {
    if (given.index() == p_.fallback.index()) return given;
    if (std::holds_alternative<double>(p_.fallback))
      if (const auto* v = std::get_if<std::int64_t>(&given)) {
        constexpr std::int64_t exact = std::int64_t(1) << 53;
        if (*v < -exact || *v > exact) fail("is " + value_text(given) + ", no double holds that");
        return static_cast<double>(*v);
      }
    const auto* reals = std::get_if<std::vector<double>>(&given);
    const auto* texts = std::get_if<std::vector<std::string>>(&given);
    const bool empty = (reals != nullptr && reals->empty()) || (texts != nullptr && texts->empty());
    if (empty && std::holds_alternative<std::vector<double>>(p_.fallback))
      return std::vector<double>();
    if (empty && std::holds_alternative<std::vector<std::string>>(p_.fallback))
      return std::vector<std::string>();
    fail("is " + shortened(value_text(given)) + ", must be " + type_name(p_.fallback));
  }
  void number(double v, const Value& given) const {
    if (!in_range(v, p_)) fail("is " + value_text(given) + ", must be " + range_text(p_));
  }
  void word(const std::string& v) const {
    if (p_.choices.empty() || std::count(p_.choices.begin(), p_.choices.end(), v) > 0) return;
    fail("is " + in_quotes(v) + ", must be one of " + join(p_.choices) + suggestion(v, p_.choices));
  }
  [[noreturn]] void fail(const std::string& what) const { throw InputError(file_, key_, what); }

  const Parameter& p_;
  std::string file_, key_;
};

}  // namespace

Settings::Settings(const std::vector<Parameter>& parameters,
                   const std::map<std::string, Value>& given, const std::string& file,
                   const std::string& prefix) {
  const auto full = [&](const std::string& key) {
    return prefix.empty() ? key : prefix + "." + key;
  };
  std::vector<std::string> known;
  for (const Parameter& p : parameters) {
    known.push_back(p.key);
    const auto it = given.find(p.key);
    values_[p.key] =
        it == given.end() ? p.fallback : Check(p, file, full(p.key)).checked(it->second);
  }
  for (const auto& [key, value] : given)
    if (!values_.contains(key))
      throw InputError(file, full(key), "unknown key" + suggestion(key, known));
}

const Value& Settings::at(const std::string& key) const {
  const auto it = values_.find(key);
  if (it == values_.end())
    throw Error(ExitCode::internal, "undeclared parameter " + in_quotes(key));
  return it->second;
}

Settings Settings::with(const std::string& key, Value value) const {
  if (at(key).index() != value.index())
    throw Error(ExitCode::internal, "parameter " + in_quotes(key) + " has another type");
  Settings changed = *this;
  changed.values_[key] = std::move(value);
  return changed;
}

namespace {

template <class T>
const T& held(const Value& value, const std::string& key) {
  const T* v = std::get_if<T>(&value);
  if (v == nullptr)
    throw Error(ExitCode::internal, "parameter " + in_quotes(key) + " is " + type_name(value));
  return *v;
}

}  // namespace

bool Settings::flag(const std::string& key) const { return held<bool>(at(key), key); }
std::int64_t Settings::integer(const std::string& key) const {
  return held<std::int64_t>(at(key), key);
}
double Settings::real(const std::string& key) const { return held<double>(at(key), key); }
const std::string& Settings::text(const std::string& key) const {
  return held<std::string>(at(key), key);
}
const std::vector<double>& Settings::reals(const std::string& key) const {
  return held<std::vector<double>>(at(key), key);
}
const std::vector<std::string>& Settings::texts(const std::string& key) const {
  return held<std::vector<std::string>>(at(key), key);
}

namespace {

struct Text {
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(std::int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const { return number_text(v); }
  std::string operator()(const std::string& v) const { return '"' + v + '"'; }
  template <class T>
  std::string operator()(const std::vector<T>& v) const {
    std::vector<std::string> parts;
    for (const T& entry : v) parts.push_back((*this)(entry));
    return "[" + join(parts) + "]";
  }
};

}  // namespace

std::string value_text(const Value& value) { return std::visit(Text{}, value); }

namespace {

/// Insertions, deletions, replacements and swaps of neighbours that turn a into b.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

}  // namespace

std::string closest(const std::string& word, const std::vector<std::string>& candidates) {
  constexpr std::size_t longest = 60;  // names are short; a longer word is no slip of a finger
  if (word.size() > longest) return "";
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance || distance >= candidate.size()) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string best = closest(word, candidates);
  return best.empty() ? "" : " (did you mean '" + best + "'?)";
}

}  // namespace assay
