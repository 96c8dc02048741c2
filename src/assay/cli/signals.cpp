#include "assay/cli/signals.hpp"

#include <csignal>

namespace assay {
namespace {

StopFlag stop{0};

}  // namespace

const StopFlag& stop_on_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { stop = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return stop;
}

}  // namespace assay
