#pragma once

#include <atomic>

namespace assay {

/// Set, by a signal handler or another thread, to end work at its next safe place; zero: go on. An
/// int, since a byte is not always lock-free everywhere (g++ 12 for riscv64).
using StopFlag = std::atomic<int>;
static_assert(StopFlag::is_always_lock_free, "a signal handler may set it");

}  // namespace assay
