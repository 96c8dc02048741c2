// What campaigns are tested on: a claim that is false, and one that speaks of few cases.
#include <cmath>

#include "properties/generators.hpp"
#include "properties/property.hpp"

namespace assay::properties {

namespace {

Case stepping_case(Source& source) {
  Recipe recipe;
  recipe.largest = 12;
  Case c = quadratic_case(source, recipe);
  c.numbers["steps"] = static_cast<double>(source.integer(1, 40));
  return c;
}

/// Fails for cases with two or more rows when steps >= 3, and in another class for m > 6: shrinking
/// within a class must end at exactly two rows, n = m = 1 and 3 steps.
template <class S>
void false_law(const Case& c, Check& check) {
  if (c.instance.m > 6) check.fail("m is at most 6", std::to_string(c.instance.m));
  if (c.integer("steps") >= 3 && c.instance.inequality_rows() >= 2)
    check.fail("few rows", std::to_string(c.instance.inequality_rows()));
  check.at_most("m against 6", S(static_cast<double>(c.instance.m)), S(6));
}

template <class S>
void rare_law(const Case& c, Check& check) {
  if (c.integer("steps") > 10) check.discard("more than 10 steps");
}

}  // namespace

std::vector<Property> self_test_properties() {
  return {{.name = "self_test.false_law",
           .statement = "false on purpose: m <= 6 and fewer than two rows",
           .generate = stepping_case,
           .typed = {ASSAY_LAW_IN_REALS(false_law)},
           .false_on_purpose = true},
          {.name = "self_test.rare_law",
           .statement = "leaves out three cases of four on purpose",
           .generate = stepping_case,
           .typed = {ASSAY_LAW_IN_REALS(rare_law)},
           .false_on_purpose = true}};
}

}  // namespace assay::properties
