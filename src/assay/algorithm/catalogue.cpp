#include "assay/algorithm/catalogue.hpp"

#include <functional>

#include "assay/algorithm/dsblo.hpp"
#include "assay/algorithm/f2csa.hpp"
#include "assay/algorithm/ssigd.hpp"
#include "assay/scalar/instantiate.hpp"
#include "assay/step/prescription.hpp"

namespace assay {

namespace {

Parameter words(const char* key, const char* fallback, const char* doc,
                std::vector<std::string> choices) {
  return {key, std::string(fallback), doc, 0, 0, false, false, std::move(choices)};
}

const Parameter samples = {"samples", std::int64_t{1}, "estimates averaged per iteration", 1.0,
                           1e6};

/// An algorithm as it is listed, what it is published with, and as it is made.
template <class S>
struct AlgorithmEntry {
  CatalogueItem item;
  std::uint64_t stream;  ///< number of its random streams: never changed, never used again
  std::string estimator, step;
  std::function<std::unique_ptr<Algorithm<S>>(const Settings&, const AlgorithmContext<S>&)> make;
};

template <class S>
std::unique_ptr<Algorithm<S>> make_ssigd(const Settings& s, const AlgorithmContext<S>& context) {
  SsigdOptions o;
  o.perturbation = s.real("perturbation");
  o.samples = s.integer("samples");
  o.momentum = s.real("momentum");
  o.deterministic = s.flag("deterministic");
  o.direction_scale = s.real("direction_scale");
  return std::make_unique<Ssigd<S>>(context, o);
}

template <class S>
std::unique_ptr<Algorithm<S>> make_dsblo(const Settings& s, const AlgorithmContext<S>& context) {
  DsbloOptions o;
  o.order = s.text("order");
  o.option = s.integer("option");
  o.momentum = s.real("momentum");
  o.accumulate = s.flag("accumulate");
  o.gradient_average = s.real("gradient_average");
  o.perturbation = s.real("perturbation");
  o.samples = s.integer("samples");
  o.momentum_start = s.text("momentum_start");
  o.gradient_clip = s.real("gradient_clip");
  if (s.flag("prescription"))
    o.momentum = dsblo_prescription(s.real("epsilon"), s.real("delta"), s.real("delta_v"),
                                    s.real("lipschitz"))
                     .momentum;
  return std::make_unique<Dsblo<S>>(context, o);
}

template <class S>
std::unique_ptr<Algorithm<S>> make_f2csa(const Settings& s, const AlgorithmContext<S>& context) {
  F2csaOptions o;
  o.outer = s.text("outer");
  o.samples = s.integer("samples");
  o.clip_radius = s.real("clip_radius");
  o.block = s.integer("block");
  o.gradient_average = s.real("gradient_average");
  o.emergency_gradient = s.real("emergency_gradient");
  o.momentum = s.real("momentum");
  o.adam_first = s.real("adam_first");
  o.adam_second = s.real("adam_second");
  o.adam_epsilon = s.real("adam_epsilon");
  if (s.flag("prescription")) {
    const auto p = f2csa_prescription(s.real("epsilon"), s.real("delta"), s.real("lipschitz"));
    o.clip_radius = p.clip_radius;
    o.block = p.block;
  }
  return std::make_unique<F2csa<S>>(context, o);
}

template <class S>
const std::vector<AlgorithmEntry<S>>& algorithms() {
  static const std::vector<AlgorithmEntry<S>> entries = {
      {{"ssigd",
        "smoothed stochastic implicit gradient descent: one fixed lower-level perturbation",
        {{"perturbation", 1e-4, "standard deviation of each entry of q", 0.0},
         samples,
         {"momentum", 0.0, "v <- momentum v + gradient", 0.0, 1.0, false, true},
         {"deterministic", false,
          "go along P_X(x - s gradient) - x (Algorithm 2; its line search is step rule armijo)"},
         {"direction_scale", 0.1, "s of the deterministic variant", 0.0, 1e300, true}}},
       1,
       "implicit",
       "inverse",
       make_ssigd<S>},
      {{"dsblo",
        "doubly stochastically perturbed algorithm: fresh perturbation and random point per step",
        {words("order", "paper", "gradient after the step (paper) or before it (legacy)",
               {"paper", "legacy"}),
         {"option", std::int64_t{2}, "1: exact gradients of F_q; 2: with the problem's noise", 1.0,
          2.0},
         {"momentum", 0.9, "beta", 0.0, 1.0, false, true},
         {"accumulate", false, "m <- beta m + g, without the factor 1 - beta"},
         {"gradient_average", 0.0, "weight of the past in an average before the momentum", 0.0, 1.0,
          false, true},
         {"perturbation", 1e-4, "standard deviation of each entry of q", 0.0},
         samples,
         words("momentum_start", "gradient", "m_1 = g_1, or zero", {"gradient", "zero"}),
         {"gradient_clip", 0.0, "norm above which a gradient is shortened; 0: never", 0.0},
         {"prescription", false, "beta from the theorem (with step rule dsblo_prescription)"},
         {"epsilon", 1e-3, "prescription: target gap", 0.0, 1e300, true},
         {"delta", 1e-2, "prescription: Goldstein radius", 0.0, 1e300, true},
         {"delta_v", 4.0, "prescription: deviation of the perturbed gradients", 0.0, 1e300, true},
         {"lipschitz", 10.0, "prescription: Lipschitz constant of F", 0.0, 1e300, true}}},
       2,
       "implicit",
       "inverse_momentum",
       make_dsblo<S>},
      {{"f2csa",
        "penalised hypergradient oracle under Algorithm 2, SGD or Adam",
        {words("outer", "clipped", "outer loop", {"clipped", "sgd", "adam"}),
         samples,
         {"clip_radius", 1e-3, "D of Algorithm 2", 0.0, 1e300, true},
         {"block", std::int64_t{10}, "M: iterations averaged for the returned point", 1.0, 1e9},
         {"gradient_average", 0.0, "weight of the past in an average of the gradients", 0.0, 1.0,
          false, true},
         {"emergency_gradient", 0.0,
          "gradient norm above which penalties are cut and the step halved, 3 times at most; 0: "
          "never",
          0.0},
         {"momentum", 0.0, "sgd: v <- momentum v + gradient", 0.0, 1.0, false, true},
         {"adam_first", 0.9, "Adam's beta_1", 0.0, 1.0, false, true},
         {"adam_second", 0.999, "Adam's beta_2", 0.0, 1.0, false, true},
         {"adam_epsilon", 1e-8, "Adam's epsilon", 0.0, 1e300, true},
         {"prescription", false,
          "D and M from the theorem (with step rule f2csa_prescription; its alpha = epsilon is for "
          "hypergradient.alpha)"},
         {"epsilon", 0.1, "prescription: target gap", 0.0, 1e300, true},
         {"delta", 0.1, "prescription: Goldstein radius", 0.0, 1e300, true},
         {"lipschitz", 1.0, "prescription: Lipschitz constant of F", 0.0, 1e300, true}}},
       3,
       "penalty",
       "constant",
       make_f2csa<S>},
  };
  return entries;
}

}  // namespace

const std::vector<CatalogueItem>& algorithm_items() {
  static const std::vector<CatalogueItem> items = items_of(algorithms<double>());
  return items;
}

std::string default_estimator(const std::string& algorithm) {
  return find_entry(algorithms<double>(), algorithm, "algorithm.name").estimator;
}

std::uint64_t algorithm_stream(const std::string& algorithm) {
  return find_entry(algorithms<double>(), algorithm, "algorithm.name").stream;
}

std::string default_step(const std::string& algorithm) {
  return find_entry(algorithms<double>(), algorithm, "algorithm.name").step;
}

template <class S>
std::unique_ptr<Algorithm<S>> make_algorithm(const std::string& name, const Settings& settings,
                                             const AlgorithmContext<S>& context) {
  return find_entry(algorithms<S>(), name, "algorithm.name").make(settings, context);
}

#define ASSAY_INSTANTIATE(S)                                                                 \
  template std::unique_ptr<Algorithm<S>> make_algorithm(const std::string&, const Settings&, \
                                                        const AlgorithmContext<S>&);
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

}  // namespace assay
