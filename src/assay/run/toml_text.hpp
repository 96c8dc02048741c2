#pragma once

#include <toml++/toml.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "assay/support/settings.hpp"

namespace assay {

/// A TOML file together with its name and the path of the table at hand, for messages.
struct TomlTable {
  const toml::table* table;
  std::string source;
  std::string path;  ///< "" at the top

  std::string path_of(const std::string& key) const {
    return path.empty() ? key : path + "." + key;
  }
  /// @throws InputError for a key outside `known`
  void only_keys(const std::vector<std::string>& known) const;
  /// The table called `key`, empty when absent. @throws InputError when it is something else.
  TomlTable inner(const std::string& key) const;
  /// One entry as a value, if there. @throws as values()
  std::optional<Value> value(const std::string& key) const;
  /// Every entry but those in `without` as a value. @throws InputError for dates, tables, mixed
  /// lists
  std::map<std::string, Value> values(const std::vector<std::string>& without = {}) const;
  /// @throws InputError when it is missing or not a string
  std::string text(const std::string& key) const;
};

/// @throws InputError naming `source`, line and column
toml::table parse_toml(const std::string& text, const std::string& source);

/// Sets "key=value" with a dotted key. The value is TOML; a bare word that is not is a string.
/// @throws InputError("--set", ...)
void apply_override(toml::table& root, const std::string& override_text);

}  // namespace assay
