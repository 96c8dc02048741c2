// Every setting of a listed method reaches the method it is meant for.
#include "assay/lower_level/catalogue.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "assay/lower_level/historical.hpp"
#include "assay/lower_level/projected_gradient.hpp"

namespace assay {
namespace {

using Given = std::map<std::string, Value>;

std::int64_t integer(int v) { return v; }

/// min 1/2 y'Hy + d'y with free minimiser (2, 0); y_0 <= 1 binds, y_1 <= 3/4 is 1/4 away from y*.
const QuadraticProblem<double>& problem() {
  static const QuadraticProblem<double> made = [] {
    Instance in = empty_instance(1, 2);
    in.H = ExactMatrix(Mat<double>(Mat<double>::Ones(2, 2) + Mat<double>::Identity(2, 2)));
    in.d.set(0, 0, -4);
    in.d.set(1, 0, -2);
    in.A = ExactMatrix(2, 1);
    in.B = ExactMatrix(Mat<double>(Mat<double>::Identity(2, 2)));
    in.b = ExactMatrix(2, 1);
    in.b.set(0, 0, 1);
    in.b.set(1, 0, 0.75);
    return QuadraticProblem<double>(in);
  }();
  return made;
}

/// What can be seen of an answer.
struct Answer {
  LowerStatus status;
  long iterations;
  std::vector<double> y, multipliers;
  std::vector<Index> active, weakly_active;
  bool operator==(const Answer&) const = default;
};

Answer answer_of(LowerLevel<double>& method) {
  const auto& s = method.solve(Vec<double>::Zero(1), {});
  return {s.status,
          s.iterations,
          {s.y.begin(), s.y.end()},
          {s.multipliers.begin(), s.multipliers.end()},
          s.active,
          s.weakly_active};
}

Answer answer_of(const std::string& name, const Given& given) {
  const Settings settings(find_item(lower_level_items(), name, "", "").parameters, given, "", "");
  return answer_of(*make_lower_level<double>(name, settings, problem()));
}

template <class Method, class Options>
Answer direct(const Options& options) {
  Method method(problem(), options);
  return answer_of(method);
}

struct LowerLevelCatalogueCase {
  std::string name;
  Given given;
  Answer expected;
};

std::vector<LowerLevelCatalogueCase> catalogue_cases() {
  using Gradient = ProjectedGradientLowerLevel<double>;
  using Historical = HistoricalLowerLevel<double>;
  return {
      {"projected_gradient",
       {{"step", 0.125}, {"max_iterations", integer(3)}},
       direct<Gradient>(
           ProjectedGradientOptions{.tolerance = 1e-10, .max_iterations = 3, .step = 0.125})},
      {"projected_gradient",
       {{"tolerance", 1e-3}},
       direct<Gradient>(ProjectedGradientOptions{.tolerance = 1e-3})},
      {"historical",
       {{"max_iterations", integer(3)},
        {"step", 0.125},
        {"corrections", integer(0)},
        {"enumeration_rows", integer(0)}},
       direct<Historical>(HistoricalOptions{
           .max_iterations = 3, .step = 0.125, .corrections = 0, .enumeration_rows = 0})},
      {"historical",
       {{"tolerance", 8.0}, {"corrections", integer(0)}, {"enumeration_rows", integer(0)}},
       direct<Historical>(
           HistoricalOptions{.tolerance = 8, .corrections = 0, .enumeration_rows = 0})},
      {"historical",
       {{"active_tolerance", 0.5}},
       direct<Historical>(HistoricalOptions{.active_tolerance = 0.5})},
  };
}

TEST(LowerLevelCatalogue, AMethodGetsItsSettings) {
  for (const LowerLevelCatalogueCase& c : catalogue_cases())
    EXPECT_TRUE(answer_of(c.name, c.given) == c.expected) << c.name;
}

/// Else the test above would say nothing about that setting.
TEST(LowerLevelCatalogue, EverySettingChangesTheAnswer) {
  std::set<std::string> seen;
  for (const LowerLevelCatalogueCase& c : catalogue_cases())
    for (const auto& [key, value] : c.given) {
      Given others = c.given;
      others.erase(key);
      EXPECT_FALSE(answer_of(c.name, others) == c.expected) << c.name << "." << key;
      seen.insert(c.name + "." + key);
    }
  for (const CatalogueItem& item : lower_level_items())
    for (const Parameter& parameter : item.parameters)
      if (parameter.key != "accept_unconverged") {  // which is for the run
        EXPECT_TRUE(seen.contains(item.name + "." + parameter.key)) << parameter.key;
      }
}

}  // namespace
}  // namespace assay
