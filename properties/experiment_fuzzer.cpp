// Experiment files. What they resolve to is written as JSON, not as TOML, so nothing is read back.
#include "assay/run/experiment.hpp"
#include "properties/parser_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    if (assay::experiment_text(assay::parse_experiment(text, "input", ".")).empty()) std::abort();
  } catch (const assay::Error&) {
  }
  return 0;
}
