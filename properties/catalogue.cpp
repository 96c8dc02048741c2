#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"
#include "assay/support/settings.hpp"
#include "properties/property.hpp"

namespace assay::properties {

const std::vector<Property>& property_catalogue() {
  static const std::vector<Property> all = [] {
    std::vector<Property> list;
    for (const auto family :
         {self_test_properties, lower_level_properties, certificate_properties,
          projected_gradient_properties, factor_properties, hypergradient_properties,
          penalty_properties, difference_properties, metamorphic_properties,
          step_and_loop_properties, textbook_properties, quadratic_loop_properties,
          schedule_properties, limit_cycle_properties, step_rule_properties, determinism_properties,
          text_properties, stream_properties})
      for (Property& property : family()) list.push_back(std::move(property));
    return list;
  }();
  return all;
}

const Property& find_property(const std::string& name, const std::string& file,
                              const std::string& key) {
  std::vector<std::string> names;
  for (const Property& property : property_catalogue()) {
    if (property.name == name) return property;
    names.push_back(property.name);
  }
  throw InputError(file, key, in_quotes(name) + " is not a property" + suggestion(name, names));
}

const Property::Typed& find_law(const Property& property, const std::string& scalar,
                                const std::string& file, const std::string& key) {
  std::string known;
  for (const Property::Typed& typed : property.typed) {
    if (typed.scalar == scalar) return typed;
    known += (known.empty() ? "" : ", ") + typed.scalar;
  }
  throw InputError(file, key,
                   "is " + in_quotes(scalar) + ", but " + property.name + " is stated in " + known);
}

}  // namespace assay::properties
