#include "counts/hardware.hpp"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace assay::counts {

unsigned long long counted_by_hardware(const std::function<void()>& work) {
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_HARDWARE;
  wanted.size = sizeof wanted;
  wanted.config = PERF_COUNT_HW_INSTRUCTIONS;
  wanted.disabled = 1;
  wanted.exclude_kernel = 1;
  wanted.exclude_hv = 1;
  const int counter = static_cast<int>(syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0));
  if (counter < 0)
    throw std::runtime_error("perf_event_open: " + std::generic_category().message(errno));
  ioctl(counter, PERF_EVENT_IOC_RESET, 0);
  ioctl(counter, PERF_EVENT_IOC_ENABLE, 0);
  work();
  ioctl(counter, PERF_EVENT_IOC_DISABLE, 0);
  unsigned long long count = 0;
  const bool complete = read(counter, &count, sizeof count) == sizeof count;
  close(counter);
  if (!complete) throw std::runtime_error("the processor's counter cannot be read");
  return count;
}

}  // namespace assay::counts
