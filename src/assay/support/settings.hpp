#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace assay {

/// A value that a configuration file can hold. Reals are doubles: they widen exactly into every
/// scalar, so one file means the same parameters in every precision.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>,
                           std::vector<std::string>>;

/// Declares one parameter: its name, its default (which fixes its type), its range, its meaning.
///
/// An entry of a catalogue lists its parameters; reading a file, `assay list` and the manifest all
/// walk that list, so a parameter is named once.
struct Parameter {
  std::string key;
  Value fallback;
  std::string doc;
  double min = -1.7976931348623157e308;  ///< applies to every entry of a list
  double max = 1.7976931348623157e308;
  bool min_open = false;  ///< the lower end itself is not allowed
  bool max_open = false;
  std::vector<std::string> choices = {};  ///< for strings: the allowed words; empty means any
};

/// A table of values checked against a list of parameters, defaults filled in, order fixed.
class Settings {
 public:
  Settings() = default;

  /// Checks `given` against `parameters`.
  /// @param file, prefix  name the source in errors: "FILE: PREFIX.KEY: what is wrong"
  /// @throws InputError for an unknown key (with the closest known one), a wrong type, a value out
  ///         of range or not finite. An integer is accepted where a real is expected.
  Settings(const std::vector<Parameter>& parameters, const std::map<std::string, Value>& given,
           const std::string& file, const std::string& prefix);

  bool flag(const std::string& key) const;
  std::int64_t integer(const std::string& key) const;
  double real(const std::string& key) const;
  const std::string& text(const std::string& key) const;
  const std::vector<double>& reals(const std::string& key) const;
  const std::vector<std::string>& texts(const std::string& key) const;

  const std::map<std::string, Value>& values() const { return values_; }

  /// The same table with one value changed. @pre the key is declared, the type is its own and the
  /// value in its range
  Settings with(const std::string& key, Value value) const;

 private:
  const Value& at(const std::string& key) const;  ///< throws Error(internal) for an undeclared key
  std::map<std::string, Value> values_;
};

/// The value as a configuration file would write it: shortest round-trip decimals, quoted strings.
std::string value_text(const Value& value);

/// The candidate closest to `word` in edit distance, or "" when none is near enough to suggest.
std::string closest(const std::string& word, const std::vector<std::string>& candidates);

/// " (did you mean 'X'?)" or "".
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace assay
