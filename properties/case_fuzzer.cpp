#include "properties/case.hpp"
#include "properties/parser_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  return properties::parse_or_refuse(data, size, [](const std::string& text) {
    return properties::saved_case_text(properties::parse_saved_case(text, "input"));
  });
}
