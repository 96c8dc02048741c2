#pragma once

#include <string>
#include <vector>

#include "properties/case.hpp"
#include "properties/check.hpp"
#include "properties/source.hpp"

namespace assay::properties {

/// A law that holds for every case its generator makes.
struct Property {
  /// Checks one case in one scalar.
  using Law = void (*)(const Case&, Check&);
  struct Typed {
    std::string scalar;
    Law law;
    int largest = 100;  ///< size of cases, at most: slow scalars see small ones only
  };

  std::string name;       ///< "K3.forward_equals_adjoint": words of letters, digits, _ and .
  std::string statement;  ///< the inequality with its constants, and where it comes from
  Case (*generate)(Source&);
  std::vector<Typed> typed;
  /// Cases that the ordinary tests try in each scalar; campaigns try as many as they are told.
  long quick = 100;
  /// Not a law: fails on purpose, so that campaigns can be tested. Run only when named.
  bool false_on_purpose = false;
};

/// Entries of `typed` for a law that is a template over the scalar.
#define ASSAY_LAW_IN_DOUBLE(law) \
  { "double", law<double> }
#define ASSAY_LAW_IN_REALS(law) \
  ASSAY_LAW_IN_DOUBLE(law), { "real50", law<::assay::Real50>, 50 }
#define ASSAY_LAW_IN_FIELDS(law) \
  ASSAY_LAW_IN_REALS(law), { "rational", law<::assay::Rational>, 10 }

/// All properties, by family.
const std::vector<Property>& property_catalogue();

/// @throws InputError naming `key` with the closest known name
const Property& find_property(const std::string& name, const std::string& file,
                              const std::string& key);
/// @throws InputError when the property is not stated in this scalar
const Property::Typed& find_law(const Property& property, const std::string& scalar,
                                const std::string& file, const std::string& key);

// The families: one file each. A new property is one entry in its family's list.
std::vector<Property> self_test_properties();
std::vector<Property> schedule_properties();
std::vector<Property> stream_properties();
std::vector<Property> text_properties();
std::vector<Property> factor_properties();
std::vector<Property> projected_gradient_properties();
std::vector<Property> certificate_properties();
std::vector<Property> lower_level_properties();
std::vector<Property> hypergradient_properties();
std::vector<Property> penalty_properties();
std::vector<Property> difference_properties();
std::vector<Property> metamorphic_properties();
std::vector<Property> step_and_loop_properties();
std::vector<Property> determinism_properties();
std::vector<Property> textbook_properties();
std::vector<Property> quadratic_loop_properties();
std::vector<Property> limit_cycle_properties();
std::vector<Property> step_rule_properties();

}  // namespace assay::properties
