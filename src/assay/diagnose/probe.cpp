#include "assay/diagnose/probe.hpp"

#include <fmt/format.h>

#include <cmath>

#include "assay/numerics/kernels.hpp"
#include "assay/run/runner.hpp"

namespace assay {

std::optional<Event> check_probes(const Experiment& e, const Instance& instance, long iterations) {
  const long every = e.probe.integer("gradient_every");
  if (every <= 0) return std::nullopt;
  // Below it the norm of a vector has lost digits to underflow.
  constexpr double least_norm = 0x1p-960;
  const double rounding = 3 * gamma_bound<double>(instance.n + 5);
  Event wrong;
  wrong.id = "probe_cosine_wrong";
  long probes = 0;
  double worst = 0;
  Runner<double> runner(e, instance);
  runner.start();
  for (long t = 0; t < iterations; ++t) {
    Vec<double> truth;
    if (t % every == 0) truth = runner.truth().total;
    const Record<double> record = runner.step(t);
    if (!record.has_probe) continue;
    const Vec<Real50> a = widen<Real50>(runner.probed()), b = widen<Real50>(truth);
    const Real50 lengths = norm(a) * norm(b);
    if (norm(runner.probed()) < least_norm || norm(truth) < least_norm) continue;
    ++probes;
    const Real50 product = dot(a, b);
    const double cosine = to_double(Real50(product / lengths));
    const double off = std::fabs(record.probe_cosine - cosine);
    if (off <= rounding) continue;
    if (++wrong.count == 1) wrong.first = t;
    wrong.last = t;
    if (off <= worst) continue;
    worst = off;
    wrong.numbers = {
        {"iteration", static_cast<double>(t)},
        {"recorded", record.probe_cosine},
        {"cosine", cosine},
        {"constant", to_double(Real50(product / Real50(record.probe_cosine) - lengths))}};
  }
  if (wrong.count == 0) return std::nullopt;
  wrong.sentence = fmt::format(
      "{} of {} probes record a cosine that is not that of their vectors: {:.4g} instead of {:.4g} "
      "at iteration {:.0f}, as if {:.3g} were added to the product of the norms",
      wrong.count, probes, wrong.numbers["recorded"], wrong.numbers["cosine"],
      wrong.numbers["iteration"], wrong.numbers["constant"]);
  return wrong;
}

}  // namespace assay
