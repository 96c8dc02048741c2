#pragma once

#include <functional>

namespace assay::counts {

/// Instructions of user mode that the processor says `work` took.
/// @throws std::runtime_error where the system does not count them or does not allow to
unsigned long long counted_by_hardware(const std::function<void()>& work);

}  // namespace assay::counts
