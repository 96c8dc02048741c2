#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace assay {

/// Strict JSON: a duplicate key, a number beyond double, NaN or anything else that is not JSON is
/// an InputError naming `source`, the key path reached ("lower.H[3][7]") and line and column.
nlohmann::json parse_json(const std::string& text, const std::string& source);

/// A value inside a JSON file together with where it stands, so that every complaint can say so.
class JsonField {
 public:
  JsonField(const nlohmann::json& value, std::string source, std::string path = "")
      : value_(&value), source_(std::move(source)), path_(std::move(path)) {}

  /// @throws InputError unless this is an object with no key outside `known`.
  void only_keys(const std::vector<std::string>& known) const;
  /// The member, if there. @pre only_keys() passed
  std::optional<JsonField> find(const std::string& key) const;
  /// The member. @throws InputError when it is missing.
  JsonField at(const std::string& key) const;

  /// The entries of a list. @throws InputError when it is none, or not of length `size`; `meaning`
  /// says in the message what the length should be.
  const nlohmann::json& list(std::size_t size, const std::string& meaning) const;
  JsonField entry(std::size_t index) const;

  std::string text() const;
  bool flag() const;
  std::int64_t integer(std::int64_t min, std::int64_t max) const;
  double number() const;
  /// The string, which must be one of `allowed`.
  std::string word(const std::vector<std::string>& allowed) const;

  const nlohmann::json& value() const { return *value_; }
  const std::string& path() const { return path_; }
  /// @throws InputError "SOURCE: PATH: is VALUE, must be EXPECTED"
  [[noreturn]] void must_be(const std::string& expected) const;
  [[noreturn]] void fail(const std::string& what) const;

 private:
  const nlohmann::json* value_;
  std::string source_, path_;
};

}  // namespace assay
