#pragma once

namespace assay {

/// The version of the program; part of manifests and checkpoints.
inline constexpr const char* program_version = "0.1.0";

}  // namespace assay
