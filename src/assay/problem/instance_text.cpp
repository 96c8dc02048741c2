#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "assay/problem/instance.hpp"
#include "assay/scalar/text.hpp"

namespace assay {
namespace {

std::string quoted_json(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Members of one object, in the order they are added.
class Members {
 public:
  void add(const char* key, const std::string& value) {
    text_.append(text_.empty() ? "{" : ",").append("\"").append(key).append("\":").append(value);
  }
  bool empty() const { return text_.empty(); }
  std::string text() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

std::string entry_text(const ExactMatrix& a, Index i, Index j) {
  const std::string fraction = a.fraction(i, j);
  if (!fraction.empty()) return '"' + fraction + '"';
  const double v = a(i, j);
  if (!std::isfinite(v)) return "null";
  return v == 0 && std::signbit(v) ? "-0.0" : to_text(v);  // JSON readers take "-0" for the integer
}

std::string vector_text(const ExactMatrix& v) {
  std::string text = "[";
  for (Index i = 0; i < v.rows(); ++i) text.append(i == 0 ? "" : ",").append(entry_text(v, i, 0));
  return text + "]";
}

std::string matrix_text(const ExactMatrix& a) {
  std::string text = "[";
  for (Index i = 0; i < a.rows(); ++i) {
    text.append(i == 0 ? "[" : ",[");
    for (Index j = 0; j < a.cols(); ++j) text.append(j == 0 ? "" : ",").append(entry_text(a, i, j));
    text.append("]");
  }
  return text + "]";
}

/// Every entry is +0, the value that an absent array has.
bool is_default(const ExactMatrix& a) {
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i)
      if (a(i, j) != 0 || std::signbit(a(i, j)) || !a.fraction(i, j).empty()) return false;
  return true;
}

bool all_infinite(const ExactMatrix& a) { return !a.nearest().array().isFinite().any(); }

void add_vector(Members& to, const char* key, const ExactMatrix& v) {
  if (!is_default(v)) to.add(key, vector_text(v));
}
void add_matrix(Members& to, const char* key, const ExactMatrix& a) {
  if (!is_default(a)) to.add(key, matrix_text(a));
}

std::string upper_text(const Instance& in) {
  Members upper;
  add_matrix(upper, "Qxx", in.Qxx);
  add_matrix(upper, "Qxy", in.Qxy);
  add_matrix(upper, "Qyy", in.Qyy);
  add_vector(upper, "x_target", in.x_target);
  add_vector(upper, "y_target", in.y_target);
  add_vector(upper, "cx", in.cx);
  add_vector(upper, "cy", in.cy);
  if (!is_default(in.c0)) upper.add("c0", entry_text(in.c0, 0, 0));
  return upper.text();
}

std::string lower_text(const Instance& in) {
  Members lower;
  lower.add("H", matrix_text(in.H));
  add_matrix(lower, "M", in.M);
  add_vector(lower, "d", in.d);
  return lower.text();
}

Members constraints(const Instance& in) {
  Members rows;
  add_matrix(rows, "A", in.A);
  add_matrix(rows, "B", in.B);
  if (in.b.rows() > 0) rows.add("b", vector_text(in.b));
  add_matrix(rows, "E", in.E);
  add_matrix(rows, "G", in.G);
  if (in.e.rows() > 0) rows.add("e", vector_text(in.e));
  if (!all_infinite(in.lower)) rows.add("lower", vector_text(in.lower));
  if (!all_infinite(in.upper)) rows.add("upper", vector_text(in.upper));
  return rows;
}

std::string x_set_text(const UpperSet& set) {
  Members members;
  members.add("kind", set.kind == UpperSet::Kind::box ? "\"box\"" : "\"ball\"");
  if (set.kind == UpperSet::Kind::box) {
    members.add("lower", vector_text(set.lower));
    members.add("upper", vector_text(set.upper));
  } else {
    members.add("center", vector_text(set.center));
    members.add("radius", to_text(set.radius));
  }
  return members.text();
}

std::string known_text(const KnownSolution& known) {
  Members members;
  if (known.x.size() > 0) members.add("x", vector_text(known.x));
  if (known.y.size() > 0) members.add("y", vector_text(known.y));
  if (known.F)
    members.add("F", known.F->find('/') == std::string::npos ? *known.F : '"' + *known.F + '"');
  if (known.multipliers.size() > 0) members.add("multipliers", vector_text(known.multipliers));
  members.add("proof", quoted_json(known.proof));
  if (known.digits != 0) members.add("digits", std::to_string(known.digits));
  if (known.kink) members.add("kink", "true");
  return members.text();
}

}  // namespace

std::string instance_text(const Instance& in) {
  Members file;
  file.add("format", "\"assay-instance/1\"");
  file.add("name", quoted_json(in.name));
  if (!in.provenance.empty()) file.add("provenance", quoted_json(in.provenance));
  file.add("n", std::to_string(in.n));
  file.add("m", std::to_string(in.m));
  if (in.inequality_rows() > 0) file.add("p", std::to_string(in.inequality_rows()));
  if (in.equality_rows() > 0) file.add("q", std::to_string(in.equality_rows()));
  file.add("upper", upper_text(in));
  file.add("lower", lower_text(in));
  const Members rows = constraints(in);
  if (!rows.empty()) file.add("constraints", rows.text());
  if (in.x_set.kind != UpperSet::Kind::whole_space) file.add("x_set", x_set_text(in.x_set));
  if (in.x0) file.add("x0", vector_text(*in.x0));
  if (in.known) file.add("known", known_text(*in.known));
  return file.text() + "\n";
}

}  // namespace assay
