// Every setting of a listed estimator reaches it, and every estimator says where F has a kink.
#include "assay/hypergradient/catalogue.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "assay/hypergradient/difference.hpp"
#include "assay/hypergradient/implicit.hpp"
#include "assay/hypergradient/penalty.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/problem/generator.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

using Given = std::map<std::string, Value>;

std::int64_t i(int v) { return v; }

Settings settings_of(const std::string& name, const Given& given) {
  return {find_item(hypergradient_items(), name, "", "").parameters, given, "", ""};
}

/// What an estimator works on: an instance, noise in f, and the faults.
struct EstimatorCatalogueBench {
  explicit EstimatorCatalogueBench(const Instance& instance, const std::vector<Fault>& faults = {})
      : problem(instance), lower(problem), draws(3, 1) {
    context = {&problem, &lower, &draws, {.objective = 0x1p-10}, {}, false};
    for (const Fault fault : faults) context.faults.add(fault);
  }
  QuadraticProblem<double> problem;
  ActiveSetLowerLevel<double> lower;
  Draws draws;
  EstimatorContext<double> context;
};

// ---- settings ----

/// n = m = 4 with two active coupled rows of five; f is curved in y.
Instance small_active() {
  return generate_instance(Settings(
      generator_parameters(),
      {{"n", i(4)}, {"m", i(4)}, {"seed", i(2)}, {"Qyy_scale", 0.5}, {"multiplier_margin", 1.0}},
      "", ""));
}

struct EstimatorCatalogueCase {
  std::string name;
  std::vector<Fault> faults;  ///< without which some settings have no effect
  Given given;
  /// The estimator with the same settings, made without the catalogue.
  std::function<std::unique_ptr<Estimator<double>>(const EstimatorContext<double>&)> make;

  /// The estimates at x0 and, remembering that, next to it.
  std::vector<double> estimates(Estimator<double>& estimator, EstimatorCatalogueBench& bench,
                                Vec<double> x) const {
    std::vector<double> all;
    for (int step = 0; step < 2; ++step) {
      bench.draws.set_iteration(static_cast<std::uint64_t>(step));
      Hypergradient<double> out;
      estimator.evaluate(x, Vec<double>(), 1, out);
      all.insert(all.end(), out.total.begin(), out.total.end());
      x[0] += 0x1p-6;
    }
    return all;
  }
  std::vector<double> listed(const Given& settings) const {
    const Instance instance = small_active();
    EstimatorCatalogueBench bench(instance, faults);
    const auto estimator = make_estimator(name, settings_of(name, settings), bench.context);
    return estimates(*estimator, bench, instance.x0->to_vector<double>());
  }
  std::vector<double> direct() const {
    const Instance instance = small_active();
    EstimatorCatalogueBench bench(instance, faults);
    return estimates(*make(bench.context), bench, instance.x0->to_vector<double>());
  }
};

template <class Made, class Options>
auto maker(const Options& options) {
  return [options](const EstimatorContext<double>& context) {
    return std::make_unique<Made>(context, options);
  };
}

std::vector<EstimatorCatalogueCase> estimator_cases() {
  const auto penalty = maker<PenaltyEstimator<double>, PenaltyOptions>;
  return {
      {"implicit",
       {},
       {},
       [](const auto& context) { return std::make_unique<ImplicitEstimator<double>>(context); }},
      {"forward",
       {},
       {},
       [](const auto& context) { return std::make_unique<ForwardEstimator<double>>(context); }},
      {"central_difference",
       {},
       {{"step", 0x1p-9}, {"common_samples", false}},
       maker<CentralDifferenceEstimator<double>>(CentralDifferenceOptions{0x1p-9, false})},
      {"two_point",
       {},
       {{"radius", 0x1p-9}, {"directions", i(3)}},
       maker<TwoPointEstimator<double>>(TwoPointOptions{0x1p-9, 3})},
      {"shifted_difference",
       {},
       {{"radius", 0x1p-8}, {"step", 0x1p-9}, {"shifts", i(2)}},
       maker<ShiftedDifferenceEstimator<double>>(ShiftedDifferenceOptions{0x1p-8, 0x1p-9, 2})},
      {"penalty",
       {Fault::sigmoid_gate, Fault::ridge},
       {{"alpha", 0.5},
        {"power1", i(1)},
        {"power2", i(3)},
        {"scale", 1.5},
        {"delta", 0.25},
        {"gate_width", 0.75},
        {"gate_power", i(2)},
        {"multiplier_average", 0.25},
        {"ridge_scale", 0.625}},
       penalty({.alpha = 0.5,
                .power1 = 1,
                .power2 = 3,
                .scale = 1.5,
                .delta = 0.25,
                .gate_width = 0.75,
                .gate_power = 2,
                .multiplier_average = 0.25,
                .ridge_scale = 0.625})},
      {"penalty",
       {},
       {{"gate", std::string("hard")}, {"gate_floor", 1e6}},
       penalty({.gate = "hard", .gate_floor = 1e6})},
      {"penalty",
       {},
       {{"multiplier_threshold", 3.0},
        {"inner", std::string("gradient")},
        {"inner_steps", i(3)},
        {"inner_radius", 0x1p-12}},
       penalty({.multiplier_threshold = 3,
                .inner = "gradient",
                .inner_steps = 3,
                .inner_radius = 0x1p-12})},
  };
}

TEST(HypergradientCatalogue, AnEstimatorGetsItsSettings) {
  for (const EstimatorCatalogueCase& c : estimator_cases())
    EXPECT_EQ(c.listed(c.given), c.direct()) << c.name;
}

/// Else the test above would say nothing about that setting.
TEST(HypergradientCatalogue, EverySettingChangesTheEstimate) {
  std::set<std::string> seen;
  for (const EstimatorCatalogueCase& c : estimator_cases())
    for (const auto& [key, value] : c.given) {
      Given others = c.given;
      others.erase(key);
      EXPECT_NE(c.listed(others), c.direct()) << c.name << "." << key;
      seen.insert(c.name + "." + key);
    }
  for (const CatalogueItem& item : hypergradient_items())
    for (const Parameter& parameter : item.parameters)
      EXPECT_TRUE(seen.contains(item.name + "." + parameter.key))
          << item.name << "." << parameter.key;
}

TEST(HypergradientCatalogue, EndsOfRangesThatMakeNoSenseAreRefused) {
  const auto refusal = [](const std::string& name, const std::string& key, double value) {
    try {
      settings_of(name, {{key, value}});
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusal("central_difference", "step", 0), "step: is 0, must be > 0, <= 1e+300");
  EXPECT_EQ(refusal("two_point", "radius", 0), "radius: is 0, must be > 0, <= 1e+300");
  EXPECT_EQ(refusal("shifted_difference", "step", 0), "step: is 0, must be > 0, <= 1e+300");
  EXPECT_EQ(refusal("shifted_difference", "radius", 0), "accepted");
  EXPECT_EQ(refusal("penalty", "alpha", 0), "alpha: is 0, must be > 0, <= 1e+06");
  EXPECT_EQ(refusal("penalty", "scale", 0), "scale: is 0, must be > 0, <= 1e+300");
  EXPECT_EQ(refusal("penalty", "multiplier_threshold", 0),
            "multiplier_threshold: is 0, must be > 0, <= 1e+300");
  EXPECT_EQ(refusal("penalty", "multiplier_average", 1),
            "multiplier_average: is 1, must be >= 0, < 1");
  EXPECT_EQ(refusal("penalty", "multiplier_average", 0), "accepted");
}

// ---- what they say of the point ----

/// min 1/2 y^2 - d y, y <= x, as often as asked.
Instance bounded_by_x(double d, Index rows) {
  Instance in = empty_instance(1, 1);
  in.H.set(0, 0, 1);
  in.d.set(0, 0, -d);
  in.cy.set(0, 0, 1);
  in.A = ExactMatrix(Mat<double>(-Mat<double>::Ones(rows, 1)));
  in.B = ExactMatrix(Mat<double>(Mat<double>::Ones(rows, 1)));
  in.b = ExactMatrix(rows, 1);
  return in;
}

TEST(HypergradientCatalogue, EveryEstimatorTellsKinksAndDependentRows) {
  for (const CatalogueItem& item : hypergradient_items()) {
    const auto at = [&](const Instance& instance, double x) {
      EstimatorCatalogueBench bench(instance);
      const auto estimator = make_estimator(item.name, settings_of(item.name, {}), bench.context);
      Hypergradient<double> out;
      estimator->evaluate(Vec<double>::Constant(1, x), Vec<double>(), 0, out);
      return out;
    };
    const Instance once = bounded_by_x(2, 1), twice = bounded_by_x(2, 2);
    EXPECT_FALSE(at(once, 1).kink) << item.name;  // the row binds
    EXPECT_FALSE(at(once, 3).kink) << item.name;  // it is out of reach
    EXPECT_TRUE(at(once, 2).kink) << item.name;   // it holds at the free minimiser
    EXPECT_TRUE(at(once, 2).licq) << item.name;
    EXPECT_FALSE(at(twice, 1).licq) << item.name;  // two rows for one y
  }
}

}  // namespace
}  // namespace assay
