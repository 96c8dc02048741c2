#include "properties/case.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "assay/scalar/text.hpp"
#include "assay/support/json.hpp"

namespace assay::properties {

namespace {

constexpr const char* format = "assay-case/1";

std::string quoted_json(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string number_text(double v) { return v == 0 && std::signbit(v) ? "-0.0" : to_text(v); }

std::string vector_text(const Vec<double>& v) {
  std::string text = "[";
  for (Index i = 0; i < v.size(); ++i) text.append(i == 0 ? "" : ",").append(number_text(v[i]));
  return text + "]";
}

/// {"a":...,"b":...}
template <class Map, class Text>
std::string members(const Map& map, Text text) {
  std::string all = "{";
  for (const auto& [name, value] : map)
    all.append(all.size() == 1 ? "" : ",")
        .append(quoted_json(name))
        .append(":")
        .append(text(value));
  return all + "}";
}

template <class Map>
const typename Map::mapped_type& part(const Map& map, const std::string& kind,
                                      const std::string& name) {
  const auto it = map.find(name);
  if (it == map.end()) throw CaseError(kind + name, "missing");
  return it->second;
}

Case read_case(const JsonField& field, const std::string& source) {
  field.only_keys({"instance", "vectors", "numbers", "seed"});
  Case c;
  c.instance = parse_instance(field.at("instance").value().dump(), source + ": case.instance");
  const JsonField vectors = field.at("vectors"), numbers = field.at("numbers");
  if (!vectors.value().is_object()) vectors.must_be("an object of lists of numbers");
  if (!numbers.value().is_object()) numbers.must_be("an object of numbers");
  for (const auto& [name, list] : vectors.value().items()) {
    const JsonField entries = vectors.at(name);
    if (!list.is_array()) entries.must_be("a list of numbers");
    const std::optional<Index> size = vector_size(c.instance, name);
    if (size && static_cast<Index>(list.size()) != *size)
      entries.fail(fmt::format("has {} entries, must have {}", list.size(), *size));
    Vec<double> v(static_cast<Index>(list.size()));
    for (std::size_t i = 0; i < list.size(); ++i)
      v[static_cast<Index>(i)] = entries.entry(i).number();
    c.vectors[name] = v;
  }
  for (const auto& [name, value] : numbers.value().items())
    c.numbers[name] = numbers.at(name).number();
  // A string: JSON readers disagree about integers beyond 2^53.
  const JsonField seed = field.at("seed");
  const std::string digits = seed.text();
  if (digits.empty() || digits.size() > 19 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    seed.must_be("a string of at most 19 digits");
  for (const char d : digits) c.seed = 10 * c.seed + static_cast<std::uint64_t>(d - '0');
  return c;
}

}  // namespace

const Vec<double>& Case::vector(const std::string& name) const {
  return part(vectors, "vectors.", name);
}

double Case::number(const std::string& name) const { return part(numbers, "numbers.", name); }

long Case::integer(const std::string& name) const {
  const double value = number(name);
  if (!(std::fabs(value) <= 0x1p53))
    throw CaseError("numbers." + name, "is " + to_text(value) + ", must be an integer below 2^53");
  return static_cast<long>(value);
}

long Case::choice(const std::string& name, long count) const {
  const long chosen = integer(name);
  if (chosen < 0 || chosen >= count)
    throw CaseError("numbers." + name,
                    fmt::format("is {}, must be between 0 and {}", chosen, count - 1));
  return chosen;
}

std::optional<Index> vector_size(const Instance& instance, const std::string& name) {
  if (name.starts_with('x')) return instance.n;
  if (name.starts_with('y') || name.starts_with('q')) return instance.m;
  return std::nullopt;
}

std::string case_text(const Case& c) {
  std::string instance = instance_text(c.instance);
  while (!instance.empty() && instance.back() == '\n') instance.pop_back();
  return "{\"seed\":\"" + std::to_string(c.seed) +
         "\",\"numbers\":" + members(c.numbers, number_text) +
         ",\"vectors\":" + members(c.vectors, vector_text) + ",\"instance\":" + instance + "}";
}

std::string saved_case_text(const SavedCase& saved) {
  return std::string("{\"format\":\"") + format +
         "\",\n \"property\":" + quoted_json(saved.property) +
         ",\n \"scalar\":" + quoted_json(saved.scalar) +
         ",\n \"failure\":" + quoted_json(saved.failure) +
         ",\n \"message\":" + quoted_json(saved.message) +
         ",\n \"case\":" + case_text(saved.test_case) + "}\n";
}

SavedCase parse_saved_case(const std::string& text, const std::string& source) {
  const nlohmann::json json = parse_json(text, source);
  const JsonField top(json, source);
  top.only_keys({"format", "property", "scalar", "failure", "message", "case"});
  top.at("format").word({format});
  SavedCase saved;
  saved.property = top.at("property").text();
  saved.scalar = top.at("scalar").text();
  saved.failure = top.at("failure").text();
  saved.message = top.at("message").text();
  saved.test_case = read_case(top.at("case"), source);
  return saved;
}

}  // namespace assay::properties
