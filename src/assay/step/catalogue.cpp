#include "assay/step/catalogue.hpp"

#include "assay/scalar/instantiate.hpp"
#include "assay/step/prescription.hpp"
#include "assay/step/rules.hpp"
#include "assay/support/error.hpp"

namespace assay {

namespace {

constexpr double huge = 1e300;

CatalogueItem item(const char* name, const char* summary, std::vector<Parameter> parameters) {
  parameters.insert(
      parameters.end(),
      {{"cap", 0.0, "upper limit on the step; 0: none", 0.0},
       {"gap_cap", 0.0, "upper limit as a multiple of the true |grad F|; 0: none", 0.0},
       {"printed", 0.0,
        "a log that claims printed / sqrt(t+1), in step_requested; 0: the rule's own", 0.0},
       {"floor", 0.0, "lower limit, applied last; 0: none", 0.0},
       {"cap_shrink", 1.0, "the cap is multiplied by this when the gap stalls", 0.0, 1.0, true},
       {"stall_window", std::int64_t{50}, "iterations without a smaller gap that count as a stall",
        1.0, 1e9}});
  return {name, summary, std::move(parameters)};
}

/// A rule as it is listed and as it is made.
template <class S>
struct StepEntry {
  CatalogueItem item;
  std::function<std::unique_ptr<StepRule<S>>(const Settings&, const StepContext<S>&)> make;
};

template <class S>
const std::vector<StepEntry<S>>& rules() {
  using Context = StepContext<S>;
  static const std::vector<StepEntry<S>> entries = {
      {item("constant", "the same length always",
            {{"length", 0.01, "the length", 0.0, huge, true}}),
       [](const Settings& s, const Context&) {
         return std::make_unique<ConstantStep<S>>(S(s.real("length")));
       }},
      {item("inverse", "1/(mu (t+offset)); the strongly convex theorem of SSIGD when mu is F's",
            {{"mu", 0.0, "strong convexity constant of F; 0: the curvature proved from f", 0.0},
             {"offset", 1.0, "added to the 0-based iteration", 0.0, huge, true}}),
       [](const Settings& s, const Context& context) {
         const S mu = s.real("mu") > 0 ? S(s.real("mu")) : context.upper_mu;
         if (!(S(0) < mu))
           throw InputError(
               "", "step.mu",
               "0 asks for the curvature of F, which cannot be proved positive from f: give mu");
         return std::make_unique<InverseStep<S>>(mu, S(s.real("offset")));
       }},
      {item("adjusted_inverse",
            "1/(mu (t+1)) with mu driven by the last gradients and gaps, as one harness does",
            {{"mu", 200.0, "first mu", 0.0, huge, true},
             {"smallest", 50.0, "mu stays above", 0.0, huge, true},
             {"largest", 1e4, "mu stays below", 0.0, huge, true},
             {"window", std::int64_t{30}, "iterations looked back", 2.0, 1e6}}),
       [](const Settings& s, const Context&) {
         return std::make_unique<AdjustedInverseStep<S>>(S(s.real("mu")), S(s.real("smallest")),
                                                         S(s.real("largest")), s.integer("window"));
       }},
      {item("polynomial", "length (1+t)^(-quarters/4); 2 quarters: 1/sqrt(t+1)",
            {{"length", 0.1, "first length", 0.0, huge, true},
             {"quarters", std::int64_t{2}, "exponent in quarters", 0.0, 16.0}}),
       [](const Settings& s, const Context&) {
         return std::make_unique<PolynomialStep<S>>(S(s.real("length")), s.integer("quarters"));
       }},
      {item("exponential", "length exp(-rate t)",
            {{"length", 0.1, "first length", 0.0, huge, true}, {"rate", 0.001, "decay", 0.0}}),
       [](const Settings& s, const Context&) {
         return std::make_unique<ExponentialStep<S>>(S(s.real("length")), S(s.real("rate")));
       }},
      {item("geometric", "length ratio^t",
            {{"length", 0.1, "first length", 0.0, huge, true},
             {"ratio", 0.95, "factor per iteration", 0.0, 1.0, true}}),
       [](const Settings& s, const Context&) {
         return std::make_unique<GeometricStep<S>>(S(s.real("length")), S(s.real("ratio")));
       }},
      {item("horizon", "length / sqrt(iterations): the weakly convex and convex theorems of SSIGD",
            {{"length", 1.0, "numerator", 0.0, huge, true}}),
       [](const Settings& s, const Context& context) {
         const S iterations(static_cast<double>(context.horizon > 0 ? context.horizon : 1));
         return std::make_unique<ConstantStep<S>>(S(s.real("length")) / square_root(iterations));
       }},
      {item("inverse_momentum", "1/(gamma1 |m| + gamma2), DS-BLO's rule",
            {{"gamma1", 50.0, "gamma_1", 0.0},
             {"gamma2", 5.0, "gamma_2", 0.0, huge, true},
             {"printed_floor", 0.0,
              "a log whose figure, in step_requested, is that of max(|m|, printed_floor)", 0.0}}),
       [](const Settings& s, const Context&) {
         return std::make_unique<InverseMomentumStep<S>>(S(s.real("gamma1")), S(s.real("gamma2")),
                                                         S(s.real("printed_floor")));
       }},
      {item("dsblo_prescription", "DS-BLO's rule with the constants of its theorem",
            {{"epsilon", 1e-3, "target gap", 0.0, huge, true},
             {"delta", 1e-2, "Goldstein radius", 0.0, huge, true},
             {"delta_v", 4.0, "deviation of the perturbed gradients", 0.0, huge, true},
             {"lipschitz", 10.0, "Lipschitz constant of F", 0.0, huge, true}}),
       [](const Settings& s, const Context&) {
         const auto p = dsblo_prescription(s.real("epsilon"), s.real("delta"), s.real("delta_v"),
                                           s.real("lipschitz"));
         return std::make_unique<InverseMomentumStep<S>>(S(p.gamma1), S(p.gamma2));
       }},
      {item("f2csa_prescription", "the constant step of F2CSA's outer theorem",
            {{"epsilon", 0.1, "target gap", 0.0, huge, true},
             {"delta", 0.1, "Goldstein radius", 0.0, huge, true},
             {"lipschitz", 1.0, "Lipschitz constant of F", 0.0, huge, true}}),
       [](const Settings& s, const Context&) {
         const auto p = f2csa_prescription(s.real("epsilon"), s.real("delta"), s.real("lipschitz"));
         return std::make_unique<ConstantStep<S>>(S(p.step));
       }},
      {item("armijo", "backtracking until F falls by a share of the promised decrease",
            {{"first", 1.0, "first trial", 0.0, huge, true},
             {"share", 1e-3, "share of the linear decrease", 0.0, 1.0, true, true},
             {"factor", 0.5, "shortening", 0.0, 1.0, true, true},
             {"smallest", 1e-6, "accepted without a test", 0.0, huge, true},
             {"keep", false, "never lengthen again"}}),
       [](const Settings& s, const Context&) {
         return std::make_unique<ArmijoStep<S>>(S(s.real("first")), S(s.real("share")),
                                                S(s.real("factor")), S(s.real("smallest")),
                                                s.flag("keep"));
       }},
  };
  return entries;
}

}  // namespace

const std::vector<CatalogueItem>& step_items() {
  static const std::vector<CatalogueItem> items = items_of(rules<double>());
  return items;
}

template <class S>
LimitedStep<S> make_step(const std::string& name, const Settings& s,
                         const StepContext<S>& context) {
  StepLimits limits;
  limits.cap = s.real("cap");
  limits.gap_cap = s.real("gap_cap");
  limits.floor = s.real("floor");
  limits.printed = s.real("printed");
  limits.cap_shrink = s.real("cap_shrink");
  limits.stall_window = s.integer("stall_window");
  return LimitedStep<S>(find_entry(rules<S>(), name, "step.rule").make(s, context), limits);
}

#define ASSAY_INSTANTIATE(S) \
  template LimitedStep<S> make_step(const std::string&, const Settings&, const StepContext<S>&);
ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)

}  // namespace assay
