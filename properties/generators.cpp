#include "properties/generators.hpp"

#include <algorithm>
#include <cmath>

#include "assay/problem/generator.hpp"
#include "assay/support/error.hpp"

namespace assay::properties {

namespace {

/// 1 .. largest, growing with the size of the case.
Index dimension(Source& source, Index largest) {
  const Index top = 1 + (largest - 1) * source.size() / 100;
  return source.integer(1, std::max<Index>(top, std::min<Index>(largest, 4)));
}

std::map<std::string, Value> knobs(Source& source, const Recipe& recipe) {
  std::map<std::string, Value> s;
  const auto set = [&s](const char* key, auto value) { s[key] = value; };
  const Index n = dimension(source, recipe.largest), m = dimension(source, recipe.largest);
  set("seed", static_cast<std::int64_t>(source.word() >> 2));
  set("n", std::int64_t(n));
  set("m", std::int64_t(m));

  // Directions of y are shared out: to equalities, active bounds, active and weakly active rows.
  Index left = m;
  const auto share = [&](bool allowed) {
    const Index taken = allowed && left > 0 && source.chance(0.7) ? source.integer(0, left) : 0;
    left -= taken;
    return taken;
  };
  const Index equalities = std::min<Index>(share(recipe.equalities && source.chance(0.3)), m / 2);
  const bool bounds = recipe.bounds && source.chance(0.4);
  const Index active_bounds = share(bounds);
  const Index active = share(recipe.rows);
  const bool degenerate = recipe.degenerate && recipe.rows && source.chance(0.6);
  const Index weak = degenerate ? share(true) : 0;
  const Index inactive = recipe.rows ? source.integer(0, 1 + m / 2) : 0;
  const Index distinct = active + weak + inactive;
  const Index copies =
      degenerate && distinct > 0 ? source.integer(0, std::min<Index>(distinct, 3)) : 0;
  set("rows", std::int64_t(distinct + copies));
  set("active", std::int64_t(active));
  set("weakly_active", std::int64_t(weak));
  set("duplicated_rows", std::int64_t(copies));
  set("equality_rows", std::int64_t(equalities));
  if (bounds) set("bounds", std::string(source.chance(0.5) ? "lower" : "box"));
  set("active_bounds", std::int64_t(active_bounds));
  set("coupled", recipe.coupled && source.chance(0.8));

  // On a grid the condition stays modest: rounding to it must leave H positive definite.
  const double condition = degenerate ? std::min(recipe.condition, 100.0) : recipe.condition;
  set("condition_H", source.log_uniform(1, condition));
  set("condition_Qxx", source.log_uniform(1, condition));
  if (recipe.curved && source.chance(0.6)) set("Qyy_scale", source.log_uniform(0.1, 10));
  set("multiplier_margin", source.log_uniform(recipe.margin, 1));
  set("slack_margin", source.log_uniform(recipe.margin, 1));
  if (degenerate) set("grid", std::int64_t(source.integer(6, 12)));
  if (!recipe.at_built_point && !degenerate && source.chance(0.5))
    set("start_distance", source.log_uniform(1e-3, 1));
  return s;
}

}  // namespace

void scale_array(ExactMatrix& a, int k) {
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) a.set(i, j, std::ldexp(a(i, j), k));
}

void scale_upper(Instance& in, int k) {
  for (ExactMatrix* a : {&in.Qxx, &in.Qxy, &in.Qyy, &in.cx, &in.cy, &in.c0}) scale_array(*a, k);
}

void scale_lower(Instance& in, int k) {
  for (ExactMatrix* a : {&in.H, &in.M, &in.d}) scale_array(*a, k);
}

void scale_row(Instance& in, Index row, int k) {
  for (ExactMatrix* a : {&in.A, &in.B, &in.b})
    for (Index j = 0; j < a->cols(); ++j) a->set(row, j, std::ldexp((*a)(row, j), k));
}

Case quadratic_case(Source& source, const Recipe& recipe) {
  Case c;
  // Rounding to a grid may leave a matrix indefinite; then other data are drawn.
  for (;;) try {
      c.instance =
          generate_instance(Settings(generator_parameters(), knobs(source, recipe), "", "case"));
      break;
    } catch (const NumericalError&) {
    }
  c.seed = source.word() >> 2;
  c.vectors["x"] = c.instance.x0->to_vector<double>();
  if (recipe.scales > 0) {
    const auto k = [&] {
      return source.chance(0.5) ? 0
                                : static_cast<int>(source.integer(-recipe.scales, recipe.scales));
    };
    scale_upper(c.instance, k());
    scale_lower(c.instance, k());
    for (Index i = 0; i < c.instance.inequality_rows(); ++i) scale_row(c.instance, i, k());
  }
  return c;
}

}  // namespace assay::properties
