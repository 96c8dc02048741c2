// Checkpoints: a run resumed from any bytes goes on or refuses.
#include "assay/run/run.hpp"
#include "properties/parser_fuzzer.hpp"

namespace {

const assay::Experiment& experiment() {
  static const assay::Experiment e = assay::parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"fuzzed\"\n"
      "[instance.generator]\nn = 2\nm = 2\nrows = 2\nactive = 1\nstart_distance = 0.5\n"
      "[algorithm]\nname = \"dsblo\"\n[run]\niterations = 6\n",
      "input", ".");
  return e;
}

const assay::Instance& instance() {
  static const assay::Instance i = assay::load_instance(experiment());
  return i;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  assay::RunControl control;
  control.resume.assign(reinterpret_cast<const char*>(data), size);
  try {
    assay::run_experiment(experiment(), instance(), control);
  } catch (const assay::Error&) {
  }
  return 0;
}
