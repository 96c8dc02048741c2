#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "assay/support/error.hpp"

/// What every fuzz target of a parser asserts: any bytes are either read, and then written and read
/// back to the same text, or refused with an Error. Anything else ends the process, which is how
/// libFuzzer notices.
namespace assay::properties {

/// @param text_of  parses its argument and returns the canonical text of what it read
template <class TextOf>
int parse_or_refuse(const std::uint8_t* data, std::size_t size, TextOf text_of) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  std::string once;
  try {
    once = text_of(input);
  } catch (const Error&) {
    return 0;
  }
  // What we wrote ourselves has to be accepted, and to mean the same.
  const std::string twice = text_of(once);
  if (once != twice) {
    std::fprintf(stderr, "written: %s\nread and written again: %s\n", once.c_str(), twice.c_str());
    std::abort();
  }
  return 0;
}

}  // namespace assay::properties
