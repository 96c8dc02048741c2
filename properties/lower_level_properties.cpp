#include "properties/property.hpp"

namespace assay::properties {

std::vector<Property> lower_level_properties() { return {}; }

}  // namespace assay::properties
