#include "assay/hypergradient/catalogue.hpp"

#include <functional>

#include "assay/hypergradient/difference.hpp"
#include "assay/hypergradient/implicit.hpp"
#include "assay/hypergradient/penalty.hpp"
#include "assay/scalar/instantiate.hpp"
#include "assay/support/error.hpp"

namespace assay {

namespace {

PenaltyOptions penalty_options(const Settings& s) {
  PenaltyOptions o;
  o.alpha = s.real("alpha");
  o.power1 = s.integer("power1");
  o.power2 = s.integer("power2");
  o.scale = s.real("scale");
  o.delta = s.real("delta");
  o.gate = s.text("gate");
  o.gate_width = s.real("gate_width");
  o.gate_power = s.integer("gate_power");
  o.gate_floor = s.real("gate_floor");
  o.multiplier_threshold = s.real("multiplier_threshold");
  o.multiplier_average = s.real("multiplier_average");
  o.ridge_scale = s.real("ridge_scale");
  o.inner = s.text("inner");
  o.inner_steps = s.integer("inner_steps");
  o.inner_radius = s.real("inner_radius");
  return o;
}

/// An estimator as it is listed and as it is made.
template <class S>
struct EstimatorEntry {
  CatalogueItem item;
  std::function<std::unique_ptr<Estimator<S>>(const Settings&, const EstimatorContext<S>&)> make;
};

template <class S>
std::vector<EstimatorEntry<S>> estimators() {
  using Context = EstimatorContext<S>;
  std::vector<EstimatorEntry<S>> entries = {
      {{"implicit", "adjoint of the lower level's KKT system, on its own factor", {}},
       [](const Settings&, const Context& c) { return std::make_unique<ImplicitEstimator<S>>(c); }},
      {{"forward", "the same through the forward Jacobian dy*/dx", {}},
       [](const Settings&, const Context& c) { return std::make_unique<ForwardEstimator<S>>(c); }},
      {{"central_difference",
        "central differences of F in every coordinate",
        {{"step", 1e-5, "displacement h", 0.0, 1e300, true},
         {"common_samples", true, "evaluate both sides under the same noise"}}},
       [](const Settings& s, const Context& c) {
         return std::make_unique<CentralDifferenceEstimator<S>>(
             c, CentralDifferenceOptions{s.real("step"), s.flag("common_samples")});
       }},
      {{"two_point",
        "(F(x+sz)-F(x-sz))/2s z over random directions z",
        {{"radius", 1e-2, "s", 0.0, 1e300, true},
         {"directions", std::int64_t{1}, "directions averaged", 1.0, 1e6}}},
       [](const Settings& s, const Context& c) {
         return std::make_unique<TwoPointEstimator<S>>(
             c, TwoPointOptions{s.real("radius"), s.integer("directions")});
       }},
      {{"shifted_difference",
        "central differences averaged over randomly shifted points",
        {{"radius", 1e-2, "width of the shifts", 0.0},
         {"step", 1e-4, "displacement h", 0.0, 1e300, true},
         {"shifts", std::int64_t{5}, "shifts averaged", 1.0, 1e6}}},
       [](const Settings& s, const Context& c) {
         return std::make_unique<ShiftedDifferenceEstimator<S>>(
             c, ShiftedDifferenceOptions{s.real("radius"), s.real("step"), s.integer("shifts")});
       }},
  };
  if constexpr (!is_exact<S>)
    entries.push_back(
        {{"penalty",
          "F2CSA's penalised Lagrangian with gated rows (its Algorithm 1)",
          {{"alpha", 0.1, "alpha: bias O(alpha^2) with exact inputs", 0.0, 1e6, true},
           {"power1", std::int64_t{2}, "alpha_1 = scale alpha^-power1", -8.0, 8.0},
           {"power2", std::int64_t{4}, "alpha_2 = scale alpha^-power2", -8.0, 8.0},
           {"scale", 1.0, "common factor of both penalties", 0.0, 1e300, true},
           {"delta", 0.0, "accuracy that gate and ridge refer to; 0: alpha^3", 0.0},
           {"gate",
            "paper",
            "shape of the gates",
            0,
            0,
            false,
            false,
            {"paper", "hard", "active_set"}},
           {"gate_width", 1.0, "ramp = max(gate_width delta^gate_power, gate_floor)", 0.0},
           {"gate_power", std::int64_t{1}, "see gate_width", 0.0, 8.0},
           {"gate_floor", 0.0, "see gate_width", 0.0},
           {"multiplier_threshold", 1e-4, "multiplier at which a gate is fully open", 0.0, 1e300,
            true},
           {"multiplier_average", 0.0, "weight of the past in the averaged multipliers", 0.0, 1.0,
            false, true},
           {"ridge_scale", 1.0, "ridge / delta under the fault 'ridge'", 0.0},
           {"inner",
            "exact",
            "how the penalised lower level is solved",
            0,
            0,
            false,
            false,
            {"exact", "gradient"}},
           {"inner_steps", std::int64_t{50}, "gradient steps", 1.0, 1e9},
           {"inner_radius", 0.0, "they stay this close to y*; 0: anywhere", 0.0}}},
         [](const Settings& s, const Context& c) {
           return std::make_unique<PenaltyEstimator<S>>(c, penalty_options(s));
         }});
  return entries;
}

}  // namespace

const std::vector<CatalogueItem>& hypergradient_items() {
  static const std::vector<CatalogueItem> items = items_of(estimators<double>());
  return items;
}

template <class S>
std::unique_ptr<Estimator<S>> make_estimator(const std::string& name, const Settings& settings,
                                             const EstimatorContext<S>& context) {
  static const auto entries = estimators<S>();
  return find_entry(entries, name, "hypergradient.estimator").make(settings, context);
}

#define ASSAY_INSTANTIATE(S)                                                                 \
  template std::unique_ptr<Estimator<S>> make_estimator(const std::string&, const Settings&, \
                                                        const EstimatorContext<S>&);
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
