#include "assay/run/experiment.hpp"

namespace assay {

const std::vector<Parameter>& run_parameters() {
  static const std::vector<Parameter> parameters = {
      {.key = "iterations",
       .fallback = std::int64_t(1000),
       .doc = "steps of the algorithm",
       .min = 0,
       .max = 1e9},
      {.key = "seed",
       .fallback = std::int64_t(0),
       .doc = "key of every random stream of the run",
       .min = 0},
      {.key = "scalar",
       .fallback = std::string("double"),
       .doc = "arithmetic of the run",
       .choices = {"double", "soft53", "real50", "real100"}},
  };
  return parameters;
}

const std::vector<Parameter>& start_parameters() {
  static const std::vector<Parameter> parameters = {
      {.key = "point",
       .fallback = std::string("instance"),
       .doc = "where x starts: x0 of the instance, which must have one then; 0; or scale times "
              "standard normals",
       .choices = {"instance", "zero", "normal"}},
      {.key = "scale",
       .fallback = 0.1,
       .doc = "standard deviation of each coordinate of a normal starting point",
       .min = 0},
  };
  return parameters;
}

const std::vector<Parameter>& noise_parameters() {
  static const std::vector<Parameter> parameters = {
      {.key = "objective_std",
       .fallback = 0.0,
       .doc = "standard deviation added to each evaluated value of f; reaches difference "
              "estimators and line searches, never a gradient",
       .min = 0},
      {.key = "gradient_std",
       .fallback = 0.0,
       .doc = "standard deviation added to each entry of the upper gradients",
       .min = 0},
      {.key = "lower_linear_std",
       .fallback = 0.0,
       .doc = "standard deviation added to each entry of the lower level's linear term d",
       .min = 0},
      {.key = "lower_cross_std",
       .fallback = 0.0,
       .doc = "standard deviation added to each entry of M in sampled values of grad_x g; only the "
              "estimator 'penalty' samples those",
       .min = 0},
      {.key = "upper_hessian_std",
       .fallback = 0.0,
       .doc = "standard deviation added to each entry of Qxx, symmetrically",
       .min = 0},
  };
  return parameters;
}

const std::vector<Parameter>& record_parameters() {
  static const std::vector<Parameter> parameters = {
      {.key = "first",
       .fallback = std::int64_t(0),
       .doc = "the first so many iterations are recorded",
       .min = 0},
      {.key = "last",
       .fallback = std::int64_t(0),
       .doc = "the last so many iterations are recorded",
       .min = 0},
      {.key = "every",
       .fallback = std::int64_t(1),
       .doc = "every iteration that this divides is recorded; start and end always are",
       .min = 1},
  };
  return parameters;
}

const std::vector<Parameter>& probe_parameters() {
  static const std::vector<Parameter> parameters = {
      {.key = "gradient_every",
       .fallback = std::int64_t(0),
       .doc =
           "iterations between checks of the estimator against the exact hypergradient; 0: never",
       .min = 0},
  };
  return parameters;
}

}  // namespace assay
