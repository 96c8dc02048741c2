#include "assay/trace/numpy.hpp"
#include "properties/parser_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  return properties::parse_or_refuse(
      data, size, [](const std::string& bytes) { return npy_bytes(parse_npy(bytes, "input")); });
}
