#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace assay {

/// An array of NumPy's .npy format, in C order (the last index runs fastest).
struct NumpyArray {
  std::vector<std::uint64_t> shape;
  std::vector<double> values;
};

/// Reads the bytes of an .npy file: real numbers ('f4', 'f8') and integers ('i4', 'i8') of either
/// byte order, in C or Fortran order, up to two dimensions. Source of the format: NumPy's "NEP 1",
/// versions 1.0 to 3.0.
/// @param source  for messages
/// @throws InputError for anything else: another type, more dimensions, a length that is not that
/// of the data, an integer that double does not hold
NumpyArray parse_npy(const std::string& bytes, const std::string& source);

/// The bytes of a version 1.0 file of little-endian 'f8' in C order.
std::string npy_bytes(const NumpyArray& array);

}  // namespace assay
