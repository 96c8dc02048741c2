#include "properties/property.hpp"

namespace assay::properties {

std::vector<Property> penalty_properties() { return {}; }

}  // namespace assay::properties
