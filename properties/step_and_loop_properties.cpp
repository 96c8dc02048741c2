#include "properties/property.hpp"

namespace assay::properties {

std::vector<Property> step_and_loop_properties() { return {}; }

}  // namespace assay::properties
