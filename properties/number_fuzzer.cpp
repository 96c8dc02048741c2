// Numbers as text, in every scalar.
#include <array>

#include "assay/scalar/text.hpp"
#include "properties/parser_fuzzer.hpp"

namespace {

template <class S>
std::string rewritten(const std::string& text) {
  return assay::to_text(assay::from_text<S>(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A number of a million digits is slow to read, not wrong.
  if (size == 0 || size > 400) return 0;
  constexpr std::array scalars = {rewritten<double>, rewritten<assay::Soft53>,
                                  rewritten<assay::Real50>, rewritten<assay::Real100>,
                                  rewritten<assay::Rational>};
  return assay::properties::parse_or_refuse(data + 1, size - 1, scalars[data[0] % scalars.size()]);
}
