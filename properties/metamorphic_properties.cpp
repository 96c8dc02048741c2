#include "properties/property.hpp"

namespace assay::properties {

std::vector<Property> metamorphic_properties() { return {}; }

}  // namespace assay::properties
