#include "properties/shrink.hpp"

#include <cmath>
#include <limits>

#include "assay/support/error.hpp"

namespace assay::properties {

namespace {

using Kept = std::vector<Index>;

Kept all_of(Index count) {
  Kept kept;
  for (Index i = 0; i < count; ++i) kept.push_back(i);
  return kept;
}

ExactMatrix kept_entries(const ExactMatrix& a, const Kept& rows, const Kept& cols) {
  ExactMatrix b(static_cast<Index>(rows.size()), static_cast<Index>(cols.size()));
  for (Index j = 0; j < b.cols(); ++j)
    for (Index i = 0; i < b.rows(); ++i) {
      const Index k = rows[static_cast<std::size_t>(i)], l = cols[static_cast<std::size_t>(j)];
      const std::string fraction = a.fraction(k, l);
      if (fraction.empty())
        b.set(i, j, a(k, l));
      else
        b.set_fraction(i, j, fraction);
    }
  return b;
}

/// Vectors whose name begins with one of `initials`.
void keep_in_vectors(Case& c, const std::string& initials, const Kept& kept) {
  for (auto& [name, v] : c.vectors) {
    if (name.empty() || initials.find(name.front()) == std::string::npos) continue;
    Vec<double> w(static_cast<Index>(kept.size()));
    for (Index i = 0; i < w.size(); ++i) w[i] = v[kept[static_cast<std::size_t>(i)]];
    v = w;
  }
}

Case with_x(const Case& c, const Kept& kept) {
  Case d = c;
  Instance& in = d.instance;
  const Kept one{0}, y = all_of(in.m);
  in.n = static_cast<Index>(kept.size());
  in.Qxx = kept_entries(in.Qxx, kept, kept);
  in.Qxy = kept_entries(in.Qxy, kept, y);
  in.x_target = kept_entries(in.x_target, kept, one);
  in.cx = kept_entries(in.cx, kept, one);
  in.M = kept_entries(in.M, y, kept);
  in.A = kept_entries(in.A, all_of(in.A.rows()), kept);
  in.E = kept_entries(in.E, all_of(in.E.rows()), kept);
  if (in.x0) in.x0 = kept_entries(*in.x0, kept, one);
  for (ExactMatrix* set : {&in.x_set.lower, &in.x_set.upper, &in.x_set.center})
    if (set->size() > 0) *set = kept_entries(*set, kept, one);
  keep_in_vectors(d, "x", kept);
  return d;
}

Case with_y(const Case& c, const Kept& kept) {
  Case d = c;
  Instance& in = d.instance;
  const Kept one{0}, x = all_of(in.n);
  in.m = static_cast<Index>(kept.size());
  in.Qxy = kept_entries(in.Qxy, x, kept);
  in.Qyy = kept_entries(in.Qyy, kept, kept);
  in.y_target = kept_entries(in.y_target, kept, one);
  in.cy = kept_entries(in.cy, kept, one);
  in.H = kept_entries(in.H, kept, kept);
  in.M = kept_entries(in.M, kept, x);
  in.d = kept_entries(in.d, kept, one);
  in.B = kept_entries(in.B, all_of(in.B.rows()), kept);
  in.G = kept_entries(in.G, all_of(in.G.rows()), kept);
  in.lower = kept_entries(in.lower, kept, one);
  in.upper = kept_entries(in.upper, kept, one);
  keep_in_vectors(d, "yq", kept);
  return d;
}

Case with_rows(const Case& c, const Kept& kept, bool equalities) {
  Case d = c;
  Instance& in = d.instance;
  ExactMatrix& X = equalities ? in.E : in.A;
  ExactMatrix& Y = equalities ? in.G : in.B;
  ExactMatrix& limit = equalities ? in.e : in.b;
  X = kept_entries(X, kept, all_of(in.n));
  Y = kept_entries(Y, kept, all_of(in.m));
  limit = kept_entries(limit, kept, {0});
  return d;
}

/// What is left of 0 .. count-1 in each attempt: either half, then all but one.
std::vector<Kept> attempts(Index count, Index least) {
  std::vector<Kept> list;
  const Index half = count / 2;
  if (half >= least && half + 1 < count) {
    Kept first, second;
    for (Index i = 0; i < count; ++i) (i < half ? first : second).push_back(i);
    list.push_back(first);
    list.push_back(second);
  }
  if (count > least)
    for (Index out = 0; out < count; ++out) {
      Kept kept;
      for (Index i = 0; i < count; ++i)
        if (i != out) kept.push_back(i);
      list.push_back(kept);
    }
  return list;
}

/// The arrays that may be changed entry by entry.
std::vector<ExactMatrix*> blocks(Instance& in) {
  std::vector<ExactMatrix*> list = {&in.Qxy, &in.Qyy, &in.x_target, &in.y_target, &in.cx,
                                    &in.cy,  &in.c0,  &in.M,        &in.d,        &in.A,
                                    &in.B,   &in.b,   &in.E,        &in.G,        &in.e,
                                    &in.H,   &in.Qxx, &in.lower,    &in.upper};
  if (in.x0) list.push_back(&*in.x0);
  return list;
}
constexpr std::size_t zeroable = 10;  // those in front whose absence makes no other array senseless

/// `v` to so many decimals; the same if it is that short already.
double rounded(double v, double decimals) {
  if (!std::isfinite(v) || std::fabs(v) > 1e9) return v;
  return std::nearbyint(v * decimals) / decimals;
}

bool round_block(ExactMatrix& a, double decimals) {
  bool changed = false;
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) {
      const double v = rounded(a(i, j), decimals);
      if (v == a(i, j) && a.fraction(i, j).empty()) continue;
      a.set(i, j, v == 0 ? 0.0 : v);
      changed = true;
    }
  return changed;
}

bool round_vector(Vec<double>& v, double decimals) {
  bool changed = false;
  for (double& entry : v) {
    const double r = rounded(entry, decimals);
    changed = changed || r != entry;
    entry = r == 0 ? 0.0 : r;
  }
  return changed;
}

/// Off-diagonal entries to 0, then the diagonal to 1.
bool towards_identity(ExactMatrix& a, bool diagonal) {
  bool changed = false;
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) {
      const double v = i == j ? (diagonal ? 1.0 : a(i, j)) : 0.0;
      if (v == a(i, j) || (i == j && !diagonal)) continue;
      a.set(i, j, v);
      changed = true;
    }
  return changed;
}

void shrink_numbers(const Case& c, std::vector<Case>& list) {
  for (const auto& [name, value] : c.numbers) {
    const bool whole = value == std::nearbyint(value);
    for (const double smaller :
         whole ? std::vector<double>{std::nearbyint(value / 2), value - 1}
               : std::vector<double>{rounded(value, 1), rounded(value, 10), rounded(value, 100)}) {
      if (smaller == value || std::fabs(smaller) > std::fabs(value) + 1 || (whole && value <= 0))
        continue;
      Case d = c;
      d.numbers[name] = smaller;
      list.push_back(std::move(d));
    }
  }
}

void shrink_size(const Case& c, std::vector<Case>& list) {
  const Instance& in = c.instance;
  for (const Kept& kept : attempts(in.inequality_rows(), 0))
    list.push_back(with_rows(c, kept, false));
  for (const Kept& kept : attempts(in.equality_rows(), 0)) list.push_back(with_rows(c, kept, true));
  for (const Kept& kept : attempts(in.m, 1)) list.push_back(with_y(c, kept));
  for (const Kept& kept : attempts(in.n, 1)) list.push_back(with_x(c, kept));
  for (Index i = 0; i < in.m; ++i)
    for (const bool upper : {false, true}) {
      if (!std::isfinite(upper ? in.upper(i) : in.lower(i))) continue;
      Case d = c;
      constexpr double none = std::numeric_limits<double>::infinity();
      (upper ? d.instance.upper : d.instance.lower).set(i, 0, upper ? none : -none);
      list.push_back(std::move(d));
    }
  if (in.x_set.kind != UpperSet::Kind::whole_space) {
    Case d = c;
    d.instance.x_set = {};
    list.push_back(std::move(d));
  }
}

void shrink_data(const Case& c, std::vector<Case>& list) {
  Case copy = c;
  const std::size_t count = blocks(copy.instance).size();
  for (std::size_t k = 0; k < zeroable; ++k) {
    Case d = c;
    ExactMatrix& a = *blocks(d.instance)[k];
    if ((a.nearest().array() == 0).all() && a.all_doubles()) continue;
    a = ExactMatrix(a.rows(), a.cols());
    list.push_back(std::move(d));
  }
  for (const bool diagonal : {true, false})
    for (const bool lower : {true, false}) {
      Case d = c;
      if (towards_identity(lower ? d.instance.H : d.instance.Qxx, diagonal))
        list.push_back(std::move(d));
    }
  for (const double decimals : {1.0, 10.0, 100.0, 1000.0}) {
    Case everything = c;
    bool changed = false;
    for (ExactMatrix* a : blocks(everything.instance)) changed |= round_block(*a, decimals);
    for (auto& [name, v] : everything.vectors) changed |= round_vector(v, decimals);
    if (changed) list.push_back(std::move(everything));
    for (std::size_t k = 0; k < count; ++k) {
      Case d = c;
      if (round_block(*blocks(d.instance)[k], decimals)) list.push_back(std::move(d));
    }
    for (const auto& [name, v] : c.vectors) {
      Case d = c;
      if (round_vector(d.vectors[name], decimals)) list.push_back(std::move(d));
    }
  }
  for (const auto& [name, v] : c.vectors) {
    if ((v.array() == 0).all()) continue;
    Case d = c;
    d.vectors[name] = Vec<double>::Zero(v.size());
    list.push_back(std::move(d));
  }
}

}  // namespace

std::vector<Case> shrink_candidates(const Case& c) {
  std::vector<Case> list;
  shrink_size(c, list);
  shrink_numbers(c, list);
  shrink_data(c, list);
  return list;
}

bool is_valid(const Case& c) {
  for (const auto& [name, v] : c.vectors) {
    const std::optional<Index> size = vector_size(c.instance, name);
    if (size && v.size() != *size) return false;
  }
  try {
    validate(c.instance);
  } catch (const Error&) {
    return false;
  }
  return true;
}

}  // namespace assay::properties
