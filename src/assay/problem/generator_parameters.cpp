#include "assay/problem/generator.hpp"

namespace assay {
namespace {

Parameter count(std::string key, std::int64_t fallback, std::string doc, double min = 0) {
  constexpr double largest = 2000;  // as in instance files
  return {.key = std::move(key),
          .fallback = fallback,
          .doc = std::move(doc),
          .min = min,
          .max = largest};
}

Parameter real(std::string key, double fallback, std::string doc, double min, double max,
               bool min_open = false) {
  return {.key = std::move(key),
          .fallback = fallback,
          .doc = std::move(doc),
          .min = min,
          .max = max,
          .min_open = min_open};
}

}  // namespace

const std::vector<Parameter>& generator_parameters() {
  static const std::vector<Parameter> parameters = {
      {.key = "seed", .fallback = std::int64_t(0), .doc = "key of the random data", .min = 0},
      count("n", 10, "dimension of x", 1),
      count("m", 10, "dimension of y", 1),
      count("rows", 5, "inequality rows A x + B y <= b, of all kinds below"),
      count("active", 2, "inequality rows that hold with a positive multiplier at the built point"),
      count("weakly_active", 0, "inequality rows that hold there with multiplier 0; need a grid"),
      count("duplicated_rows", 0, "inequality rows that repeat earlier ones, from the first on"),
      count("equality_rows", 0, "rows E x + G y = e"),
      {.key = "bounds",
       .fallback = std::string("none"),
       .doc = "bounds on y",
       .choices = {"none", "lower", "box"}},
      count("active_bounds", 0,
            "lower bounds that hold with a positive multiplier, on y_0, y_1, ..."),
      {.key = "coupled", .fallback = true, .doc = "whether x enters the rows (A and E are not 0)"},
      real("condition_H", 10, "largest over smallest eigenvalue of H; the smallest is 1", 1, 1e12),
      real("condition_Qxx", 10, "the same for Qxx", 1, 1e12),
      real("Qyy_scale", 0, "Qyy is this multiple of the identity", 0, 1e6),
      real("multiplier_margin", 0.1, "least multiplier of an active row or bound", 0, 1e6, true),
      real("slack_margin", 0.1, "least slack of an inactive row or bound", 0, 1e6, true),
      {.key = "planted",
       .fallback = false,
       .doc =
           "choose cx and cy so that grad F is 0 at the built point, which is then a strict local "
           "minimum"},
      real("start_distance", 0, "distance from the built point to x0", 0, 1e6),
      {.key = "grid",
       .fallback = std::int64_t(0),
       .doc =
           "random data are multiples of 2^-grid, which keeps exact fractions short and the built "
           "point exact; 0: full doubles, the built point holds up to the rounding of d, b, e, "
           "cx, cy",
       .min = 0,
       .max = 20},
  };
  return parameters;
}

}  // namespace assay
