#include "assay/run/toml_text.hpp"

#include <algorithm>
#include <sstream>

#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace {

Value list_value(const toml::array& list, const std::string& source, const std::string& path) {
  std::vector<double> numbers;
  std::vector<std::string> texts;
  for (const toml::node& entry : list) {
    if (const auto number = entry.is_number() ? entry.value<double>() : std::nullopt)
      numbers.push_back(*number);
    else if (entry.is_string())
      texts.push_back(*entry.value<std::string>());
  }
  if (numbers.size() == list.size()) return numbers;
  if (texts.size() == list.size()) return texts;
  throw InputError(source, path, "must hold only numbers or only strings");
}

Value node_value(const toml::node& node, const std::string& source, const std::string& path) {
  if (const auto* v = node.as_boolean()) return v->get();
  if (const auto* v = node.as_integer()) return v->get();
  if (const auto* v = node.as_floating_point()) return v->get();
  if (const auto* v = node.as_string()) return v->get();
  if (const auto* v = node.as_array()) return list_value(*v, source, path);
  throw InputError(source, path, "must be true or false, a number, a string or a list of these");
}

/// The value of an override, as a table with the one key "value".
toml::table override_value(const std::string& text, const std::string& key) {
  if (text.find('\n') == std::string::npos) try {
      return toml::parse("value = " + text);
    } catch (const toml::parse_error&) {  // not TOML: perhaps a bare word, see below
    }
  if (text.empty() || text.find_first_of(" \t\r\n\"'[]{}#=,") != std::string::npos)
    throw InputError("--set", shortened(key), in_quotes(text) + " is not a TOML value");
  return toml::table{{"value", text}};
}

}  // namespace

void TomlTable::only_keys(const std::vector<std::string>& known) const {
  for (const auto& [key, node] : *table) {
    const std::string word(key.str());
    if (std::count(known.begin(), known.end(), word) == 0)
      throw InputError(source, path_of(shortened(word)), "unknown key" + suggestion(word, known));
  }
}

TomlTable TomlTable::inner(const std::string& key) const {
  static const toml::table empty;
  const toml::node* node = table->get(key);
  if (node != nullptr && !node->is_table())
    throw InputError(source, path_of(key), "must be a table");
  return {node == nullptr ? &empty : node->as_table(), source, path_of(key)};
}

std::optional<Value> TomlTable::value(const std::string& key) const {
  const toml::node* node = table->get(key);
  if (node == nullptr) return std::nullopt;
  return node_value(*node, source, path_of(key));
}

std::map<std::string, Value> TomlTable::values(const std::vector<std::string>& without) const {
  std::map<std::string, Value> values;
  for (const auto& [key, node] : *table) {
    const std::string word(key.str());
    if (std::count(without.begin(), without.end(), word) == 0)
      values[word] = node_value(node, source, path_of(word));
  }
  return values;
}

std::string TomlTable::text(const std::string& key) const {
  const toml::node* node = table->get(key);
  if (node == nullptr) throw InputError(source, path_of(key), "missing");
  if (!node->is_string()) throw InputError(source, path_of(key), "must be a string");
  return *node->value<std::string>();
}

toml::table parse_toml(const std::string& text, const std::string& source) {
  try {
    return toml::parse(text, source);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw InputError(source,
                     "line " + std::to_string(at.line) + ", column " + std::to_string(at.column),
                     "not TOML: " + shortened(error.description(), 200));
  }
}

void apply_override(toml::table& root, const std::string& override_text) {
  const std::size_t equals = override_text.find('=');
  if (equals == std::string::npos)
    throw InputError("--set", shortened(override_text), "must read KEY=VALUE");
  const std::string key = override_text.substr(0, equals);
  toml::table value = override_value(override_text.substr(equals + 1), key);

  std::vector<std::string> words;
  std::istringstream parts(key + ".");
  for (std::string word; std::getline(parts, word, '.');) {
    if (word.empty()) throw InputError("--set", shortened(key), "must be a dotted key");
    words.push_back(word);
  }
  if (words.empty()) throw InputError("--set", shortened(override_text), "must read KEY=VALUE");

  toml::table* table = &root;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    toml::node& inner = table->insert(words[i], toml::table{}).first->second;
    if (!inner.is_table())
      throw InputError("--set", shortened(key), in_quotes(words[i]) + " is no table");
    table = inner.as_table();
  }
  value.get("value")->visit(
      [&](auto& node) { table->insert_or_assign(words.back(), std::move(node)); });
}

}  // namespace assay
