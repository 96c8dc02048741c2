#include "assay/trace/trace.hpp"
#include "properties/parser_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  return properties::parse_or_refuse(
      data, size, [](const std::string& text) { return trace_text(parse_trace(text, "input")); });
}
