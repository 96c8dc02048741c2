#include "properties/property.hpp"

namespace assay::properties {

std::vector<Property> determinism_properties() { return {}; }

}  // namespace assay::properties
