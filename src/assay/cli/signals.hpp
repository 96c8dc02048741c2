#pragma once

#include "assay/support/stop_flag.hpp"

namespace assay {

/// From the first call on, SIGINT and SIGTERM set the returned flag instead of ending the process;
/// a second signal ends it at once.
const StopFlag& stop_on_signals();

}  // namespace assay
