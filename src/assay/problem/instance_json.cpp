#include <cmath>
#include <limits>

#include "assay/problem/instance.hpp"
#include "assay/scalar/text.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"
#include "assay/support/json.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace {

constexpr const char* format = "assay-instance/1";
constexpr double infinite = std::numeric_limits<double>::infinity();

// Everything is dense: six matrices of this size already fill 190 MB.
constexpr std::int64_t largest_dimension = 2000;

/// How long a list must be, in numbers and in words.
struct Length {
  Index count;
  const char* name;
  std::string words() const { return std::to_string(count) + " entries (" + name + ")"; }
};

bool is_fraction(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  if (slash == std::string::npos || slash == first || slash + 1 == text.size()) return false;
  constexpr const char* digits = "0123456789";
  return text.find_first_not_of(digits, first) == slash &&
         text.find_first_not_of(digits, slash + 1) == std::string::npos &&
         text.find_first_not_of('0', slash + 1) != std::string::npos;  // the denominator is not 0
}

constexpr const char* number_words = "a number or a fraction \"p/q\" with q > 0";

/// One entry of an array: a number, a fraction, or, where `absent` is given, null for that value.
void read_entry(const nlohmann::json& list, std::size_t k, const JsonField& field,
                ExactMatrix& into, Index i, Index j, std::optional<double> absent = {}) {
  const nlohmann::json& value = list[k];
  if (value.is_number()) return into.set(i, j, value.get<double>());
  if (value.is_null() && absent) return into.set(i, j, *absent);
  if (value.is_string() && is_fraction(value.get_ref<const std::string&>())) {
    into.set_fraction(i, j, value.get<std::string>());
    if (!std::isfinite(into(i, j))) field.entry(k).fail("fraction too large for double");
    return;
  }
  field.entry(k).must_be(absent ? std::string(number_words) + ", or null for none" : number_words);
}

ExactMatrix read_vector(const JsonField& field, Length length, std::optional<double> absent = {}) {
  const nlohmann::json& list = field.list(static_cast<std::size_t>(length.count), length.words());
  ExactMatrix v(length.count, 1);
  for (std::size_t i = 0; i < list.size(); ++i)
    read_entry(list, i, field, v, static_cast<Index>(i), 0, absent);
  return v;
}

ExactMatrix read_matrix(const JsonField& field, Length rows, Length cols) {
  const nlohmann::json& list =
      field.list(static_cast<std::size_t>(rows.count),
                 std::to_string(rows.count) + " rows (" + std::string(rows.name) + ")");
  ExactMatrix a(rows.count, cols.count);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonField row = field.entry(i);
    const nlohmann::json& entries = row.list(static_cast<std::size_t>(cols.count), cols.words());
    for (std::size_t j = 0; j < entries.size(); ++j)
      read_entry(entries, j, row, a, static_cast<Index>(i), static_cast<Index>(j));
  }
  return a;
}

void optional_vector(const JsonField& table, const char* key, Length length, ExactMatrix& into,
                     std::optional<double> absent = {}) {
  if (const auto field = table.find(key)) into = read_vector(*field, length, absent);
}

void optional_matrix(const JsonField& table, const char* key, Length rows, Length cols,
                     ExactMatrix& into) {
  if (const auto field = table.find(key)) into = read_matrix(*field, rows, cols);
}

UpperSet read_x_set(const JsonField& field, Length n) {
  field.only_keys({"kind", "lower", "upper", "center", "radius"});
  UpperSet set;
  if (field.at("kind").word({"box", "ball"}) == "box") {
    field.only_keys({"kind", "lower", "upper"});
    set.kind = UpperSet::Kind::box;
    set.lower = read_vector(field.at("lower"), n, -infinite);
    set.upper = read_vector(field.at("upper"), n, infinite);
  } else {
    field.only_keys({"kind", "center", "radius"});
    set.kind = UpperSet::Kind::ball;
    set.center = read_vector(field.at("center"), n);
    set.radius = field.at("radius").number();
  }
  return set;
}

KnownSolution read_known(const JsonField& field, Length n, Length m, Length rows) {
  field.only_keys({"x", "y", "F", "multipliers", "proof", "digits", "kink"});
  KnownSolution known;
  optional_vector(field, "x", n, known.x);
  optional_vector(field, "y", m, known.y);
  optional_vector(field, "multipliers", rows, known.multipliers);
  if (const auto F = field.find("F")) {
    if (F->value().is_number())
      known.F = to_text(F->number());
    else if (F->value().is_string() && is_fraction(F->text()))
      known.F = F->text();
    else
      F->must_be(number_words);
  }
  known.proof = field.at("proof").word({"exact", "enclosed", "literature"});
  if (const auto digits = field.find("digits"))
    known.digits = static_cast<int>(digits->integer(0, 1000000));
  if (const auto kink = field.find("kink")) known.kink = kink->flag();
  return known;
}

Index read_count(const JsonField& field, std::int64_t least) {
  return static_cast<Index>(field.integer(least, largest_dimension));
}

}  // namespace

Instance parse_instance(const std::string& text, const std::string& source) {
  const nlohmann::json document = parse_json(text, source);
  const JsonField file(document, source);
  file.only_keys({"format", "kind", "name", "provenance", "n", "m", "p", "q", "upper", "lower",
                  "constraints", "x_set", "x0", "known"});
  file.at("format").word({format});
  if (const auto kind = file.find("kind")) kind->word({"quadratic"});

  const Length n{read_count(file.at("n"), 1), "n"};
  const Length m{read_count(file.at("m"), 1), "m"};
  const Length p{file.find("p") ? read_count(file.at("p"), 0) : 0, "p"};
  const Length q{file.find("q") ? read_count(file.at("q"), 0) : 0, "q"};

  Instance out = empty_instance(n.count, m.count);
  out.source = source;
  out.digest = sha256(text);
  out.name = file.at("name").text();
  if (const auto provenance = file.find("provenance")) out.provenance = provenance->text();

  const JsonField upper = file.at("upper");
  upper.only_keys({"Qxx", "Qxy", "Qyy", "x_target", "y_target", "cx", "cy", "c0"});
  optional_matrix(upper, "Qxx", n, n, out.Qxx);
  optional_matrix(upper, "Qxy", n, m, out.Qxy);
  optional_matrix(upper, "Qyy", m, m, out.Qyy);
  optional_vector(upper, "x_target", n, out.x_target);
  optional_vector(upper, "y_target", m, out.y_target);
  optional_vector(upper, "cx", n, out.cx);
  optional_vector(upper, "cy", m, out.cy);
  if (const auto c0 = upper.find("c0")) {
    const nlohmann::json alone = nlohmann::json::array({c0->value()});
    read_entry(alone, 0, JsonField(alone, source, c0->path()), out.c0, 0, 0);
  }

  const JsonField lower = file.at("lower");
  lower.only_keys({"H", "M", "d"});
  out.H = read_matrix(lower.at("H"), m, m);
  optional_matrix(lower, "M", m, n, out.M);
  optional_vector(lower, "d", m, out.d);

  out.A = ExactMatrix(p.count, n.count);
  out.B = ExactMatrix(p.count, m.count);
  out.b = ExactMatrix(p.count, 1);
  out.E = ExactMatrix(q.count, n.count);
  out.G = ExactMatrix(q.count, m.count);
  out.e = ExactMatrix(q.count, 1);
  if (p.count + q.count > 0 || file.find("constraints")) {
    const JsonField rows = file.at("constraints");
    rows.only_keys({"A", "B", "b", "E", "G", "e", "lower", "upper"});
    optional_matrix(rows, "A", p, n, out.A);
    optional_matrix(rows, "B", p, m, out.B);
    optional_matrix(rows, "E", q, n, out.E);
    optional_matrix(rows, "G", q, m, out.G);
    if (p.count > 0 || rows.find("b")) out.b = read_vector(rows.at("b"), p);
    if (q.count > 0 || rows.find("e")) out.e = read_vector(rows.at("e"), q);
    optional_vector(rows, "lower", m, out.lower, -infinite);
    optional_vector(rows, "upper", m, out.upper, infinite);
  }

  if (const auto set = file.find("x_set")) out.x_set = read_x_set(*set, n);
  if (const auto x0 = file.find("x0")) out.x0 = read_vector(*x0, n);
  if (const auto known = file.find("known"))
    out.known = read_known(*known, n, m, {p.count + q.count, "p + q"});

  validate(out);
  return out;
}

Instance read_instance(const std::filesystem::path& path) {
  return parse_instance(read_file(path), path.string());
}

}  // namespace assay
