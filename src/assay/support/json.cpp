#include "assay/support/json.hpp"

#include <algorithm>

#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"
#include "assay/support/settings.hpp"

namespace assay {
namespace {

using PlainJson = nlohmann::json;

std::string joined(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

/// Builds the value while it keeps track of where in the document the parser stands.
class Builder final : public nlohmann::json_sax<PlainJson> {
 public:
  Builder(const std::string& text, const std::string& source, PlainJson& root)
      : text_(text), source_(source), root_(root) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool v) override { return put(v); }
  bool number_integer(number_integer_t v) override { return put(v); }
  bool number_unsigned(number_unsigned_t v) override { return put(v); }
  bool number_float(number_float_t v, const string_t&) override { return put(v); }
  bool string(string_t& v) override { return put(std::move(v)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(PlainJson::object()); }
  bool start_array(std::size_t) override { return open(PlainJson::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& key) override {
    Level& level = levels_.back();
    level.key = key;
    if (level.value->contains(key)) throw InputError(source_, path(), "duplicate key");
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    constexpr int out_of_range = 406;
    std::string what = "the text ends too early";
    if (position <= text_.size())
      what = (error.id == out_of_range ? "number too large for double: " : "not JSON: ") +
             in_quotes(word_at(position));
    // What a version control system leaves where two branches changed the same lines.
    for (const std::string_view marker : {"<<<<<<<", "|||||||", "=======", ">>>>>>>"})
      if (line_at(position).starts_with(marker))
        what = "an unresolved merge, " + in_quotes(std::string(marker));
    throw InputError(source_, path(), what + " (" + line_and_column(position) + ")");
  }

 private:
  struct Level {
    PlainJson* value;
    std::string key;  ///< the last key, in an object
  };

  /// Outer lists already hold the list inside them that is being read; the innermost one does not
  /// yet hold the entry being read.
  std::string path() const {
    std::string path;
    for (const Level& level : levels_) {
      const std::size_t pending = &level == &levels_.back() ? 0 : 1;
      if (level.value->is_array())
        path += "[" + std::to_string(level.value->size() - pending) + "]";
      else if (!level.key.empty())
        path = joined(path, level.key);
    }
    return path;
  }

  PlainJson* insert(PlainJson&& v) {
    if (levels_.empty()) return &(root_ = std::move(v));
    Level& level = levels_.back();
    if (level.value->is_object()) return &((*level.value)[level.key] = std::move(v));
    level.value->push_back(std::move(v));
    return &level.value->back();
  }
  bool put(PlainJson&& v) {
    insert(std::move(v));
    return true;
  }
  bool open(PlainJson&& v) {
    constexpr std::size_t deepest = 16;  // no format of ours nests half as deep
    if (levels_.size() == deepest) throw InputError(source_, path(), "nested too deeply");
    levels_.push_back({insert(std::move(v)), ""});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return true;
  }

  std::string word_at(std::size_t position) const {
    constexpr std::string_view delimiters = ",:[]{} \t\r\n";
    const std::size_t last = position == 0 ? 0 : position - 1;
    if (delimiters.find(text_[last]) != std::string_view::npos) return text_.substr(last, 1);
    const std::size_t before = text_.find_last_of(delimiters, last);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    return text_.substr(begin, text_.find_first_of(delimiters, last) - begin);
  }
  /// The line that the character before this position stands in.
  std::string_view line_at(std::size_t position) const {
    const std::size_t last = std::min(position == 0 ? 0 : position - 1, text_.size());
    const std::size_t before = last == 0 ? text_.npos : text_.rfind('\n', last - 1);
    return std::string_view(text_).substr(before == text_.npos ? 0 : before + 1);
  }
  std::string line_and_column(std::size_t position) const {
    const std::string_view read = std::string_view(text_).substr(0, position);
    const auto lines = std::count(read.begin(), read.end(), '\n');
    const std::size_t start = read.rfind('\n');
    const std::size_t column = start == read.npos ? read.size() : read.size() - start - 1;
    return "line " + std::to_string(lines + 1) + ", column " + std::to_string(column);
  }

  const std::string& text_;
  const std::string& source_;
  PlainJson& root_;
  std::vector<Level> levels_;
};

}  // namespace

PlainJson parse_json(const std::string& text, const std::string& source) {
  PlainJson root;
  Builder builder(text, source, root);
  PlainJson::sax_parse(text, &builder);
  return root;
}

void JsonField::only_keys(const std::vector<std::string>& known) const {
  if (!value_->is_object()) must_be("an object");
  for (const auto& [key, value] : value_->items())
    if (std::count(known.begin(), known.end(), key) == 0)
      throw InputError(source_, joined(path_, shortened(key)),
                       "unknown key" + suggestion(key, known));
}

std::optional<JsonField> JsonField::find(const std::string& key) const {
  const auto it = value_->find(key);
  if (it == value_->end()) return std::nullopt;
  return JsonField(*it, source_, joined(path_, key));
}

JsonField JsonField::at(const std::string& key) const {
  if (auto field = find(key)) return *field;
  throw InputError(source_, joined(path_, key), "missing");
}

const PlainJson& JsonField::list(std::size_t size, const std::string& meaning) const {
  if (!value_->is_array()) must_be("a list of " + meaning);
  if (value_->size() != size)
    fail("has " + std::to_string(value_->size()) + " entries, must have " + meaning);
  return *value_;
}

JsonField JsonField::entry(std::size_t index) const {
  return {(*value_)[index], source_, path_ + "[" + std::to_string(index) + "]"};
}

std::string JsonField::text() const {
  if (!value_->is_string()) must_be("a string");
  return value_->get<std::string>();
}

bool JsonField::flag() const {
  if (!value_->is_boolean()) must_be("true or false");
  return value_->get<bool>();
}

std::int64_t JsonField::integer(std::int64_t min, std::int64_t max) const {
  const bool fits = value_->is_number_integer() &&
                    !(value_->is_number_unsigned() && value_->get<std::uint64_t>() > INT64_MAX);
  if (!fits || value_->get<std::int64_t>() < min || value_->get<std::int64_t>() > max)
    must_be("an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return value_->get<std::int64_t>();
}

double JsonField::number() const {
  if (!value_->is_number()) must_be("a number");
  return value_->get<double>();
}

std::string JsonField::word(const std::vector<std::string>& allowed) const {
  const std::string given = text();
  if (std::count(allowed.begin(), allowed.end(), given) > 0) return given;
  std::string choices;
  for (const std::string& word : allowed)
    choices.append(choices.empty() ? "'" : " or '").append(word).append("'");
  must_be(choices + suggestion(given, allowed));
}

void JsonField::must_be(const std::string& expected) const {
  const std::string shown = value_->dump(-1, ' ', false, PlainJson::error_handler_t::replace);
  fail("is " + shortened(shown) + ", must be " + expected);
}

void JsonField::fail(const std::string& what) const { throw InputError(source_, path_, what); }

}  // namespace assay
