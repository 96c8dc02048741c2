#include "assay/hypergradient/catalogue.hpp"

#include "assay/hypergradient/difference.hpp"
#include "assay/hypergradient/implicit.hpp"
#include "assay/hypergradient/penalty.hpp"
#include "assay/scalar/instantiate.hpp"
#include "assay/support/error.hpp"

namespace assay {

const std::vector<CatalogueItem>& hypergradient_items() {
  static const std::vector<CatalogueItem> items = {
      {"implicit", "adjoint of the lower level's KKT system, on its own factor", {}},
      {"forward", "the same through the forward Jacobian dy*/dx", {}},
      {"central_difference",
       "central differences of F in every coordinate",
       {{"step", 1e-5, "displacement h", 0.0, 1e300, true},
        {"common_samples", true, "evaluate both sides under the same noise"}}},
      {"two_point",
       "(F(x+sz)-F(x-sz))/2s z over random directions z",
       {{"radius", 1e-2, "s", 0.0, 1e300, true},
        {"directions", std::int64_t{1}, "directions averaged", 1.0, 1e6}}},
      {"shifted_difference",
       "central differences averaged over randomly shifted points",
       {{"radius", 1e-2, "width of the shifts", 0.0},
        {"step", 1e-4, "displacement h", 0.0, 1e300, true},
        {"shifts", std::int64_t{5}, "shifts averaged", 1.0, 1e6}}},
      {"penalty",
       "F2CSA's penalised Lagrangian with gated rows (its Algorithm 1)",
       {{"alpha", 0.1, "alpha: bias O(alpha^2) with exact inputs", 0.0, 1e6, true},
        {"power1", std::int64_t{2}, "alpha_1 = scale alpha^-power1", -8.0, 8.0},
        {"power2", std::int64_t{4}, "alpha_2 = scale alpha^-power2", -8.0, 8.0},
        {"scale", 1.0, "common factor of both penalties", 0.0, 1e300, true},
        {"delta", 0.0, "accuracy that gate and ridge refer to; 0: alpha^3", 0.0},
        {"gate", "paper", "shape of the gates", 0, 0, false, false, {"paper", "hard", "active_set"}},
        {"gate_width", 1.0, "ramp = max(gate_width delta^gate_power, gate_floor)", 0.0},
        {"gate_power", std::int64_t{1}, "see gate_width", 0.0, 8.0},
        {"gate_floor", 0.0, "see gate_width", 0.0},
        {"multiplier_threshold", 1e-4, "multiplier at which a gate is fully open", 0.0, 1e300, true},
        {"multiplier_average", 0.0, "weight of the past in the averaged multipliers", 0.0, 1.0, false, true},
        {"ridge_scale", 1.0, "ridge / delta under the fault 'ridge'", 0.0},
        {"inner", "exact", "how the penalised lower level is solved", 0, 0, false, false, {"exact", "gradient"}},
        {"inner_steps", std::int64_t{50}, "gradient steps", 1.0, 1e9},
        {"inner_radius", 0.0, "they stay this close to y*; 0: anywhere", 0.0}}},
  };
  return items;
}

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

}  // namespace

template <class S>
std::unique_ptr<Estimator<S>> make_estimator(const std::string& name, const Settings& settings,
                                             const EstimatorContext<S>& context) {
  if (name == "implicit") return std::make_unique<ImplicitEstimator<S>>(context);
  if (name == "forward") return std::make_unique<ForwardEstimator<S>>(context);
  if (name == "central_difference")
    return std::make_unique<CentralDifferenceEstimator<S>>(
        context, CentralDifferenceOptions{settings.real("step"), settings.flag("common_samples")});
  if (name == "two_point")
    return std::make_unique<TwoPointEstimator<S>>(
        context, TwoPointOptions{settings.real("radius"), settings.integer("directions")});
  if (name == "shifted_difference")
    return std::make_unique<ShiftedDifferenceEstimator<S>>(
        context, ShiftedDifferenceOptions{settings.real("radius"), settings.real("step"),
                                          settings.integer("shifts")});
  if constexpr (!is_exact<S>)
    if (name == "penalty")
      return std::make_unique<PenaltyEstimator<S>>(context, penalty_options(settings));
  throw InputError("", "hypergradient.estimator", "'" + name + "' does not exist in scalar " + std::string(scalar_name<S>()));
}

#define ASSAY_INSTANTIATE(S)                                                                   \
  template std::unique_ptr<Estimator<S>> make_estimator(const std::string&, const Settings&, \
                                                        const EstimatorContext<S>&);
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
