#include "assay/trace/numpy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "assay/support/error.hpp"

namespace assay {
namespace {

using namespace std::string_literals;

/// A file as NumPy writes it (checked against numpy.save of version 1.24).
std::string file(const std::string& type, const std::string& order, const std::string& shape,
                 const std::string& data) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  header.append(117 - header.size(), ' ');
  header += '\n';
  return "\x93NUMPY\x01\x00\x76\x00"s + header + data;
}

TEST(Numpy, ReadsRealNumbersOfBothByteOrders) {
  const std::string little = "\x00\x00\x00\x00\x00\x00\xf8\x3f"s,
                    big = "\xc0\x04\x00\x00\x00\x00\x00\x00"s;
  NumpyArray a = parse_npy(file("<f8", "False", "(1,)", little), "a.npy");
  EXPECT_EQ(a.shape, std::vector<std::uint64_t>{1});
  EXPECT_EQ(a.values, std::vector<double>{1.5});
  a = parse_npy(file(">f8", "False", "(1,)", big), "a.npy");
  EXPECT_EQ(a.values, std::vector<double>{-2.5});
  a = parse_npy(file("<f4", "False", "(1,)", "\x00\x00\x00\x3e"s), "a.npy");
  EXPECT_EQ(a.values, std::vector<double>{0.125});
}

TEST(Numpy, ReadsTheLongHeadersOfVersions2And3) {
  // Their lengths have four bytes: with two the dictionary would begin too early, or, where it is
  // longer than two bytes can say, end too early.
  const std::string one = "\x00\x00\x00\x00\x00\x00\xf8\x3f"s;
  const std::string dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }";
  for (const char version : {'\x02', '\x03'})
    for (const std::size_t length : {0x74, 0x10074}) {  // data begin at a multiple of 64
      std::string bytes = "\x93NUMPY"s + version + '\x00';
      for (int k = 0; k < 4; ++k) bytes += static_cast<char>(length >> (8 * k) & 0xff);
      bytes += dictionary + std::string(length - 1 - dictionary.size(), ' ') + '\n';
      EXPECT_EQ(parse_npy(bytes + one, "a").values, std::vector<double>{1.5}) << length;
    }
}

TEST(Numpy, ReadsIntegers) {
  NumpyArray a = parse_npy(file("<i4", "False", "(2,)", "\x03\x00\x00\x00\xfe\xff\xff\xff"s), "a");
  EXPECT_EQ(a.values, (std::vector<double>{3, -2}));
  a = parse_npy(file(">i8", "False", "()", "\xff\xff\xff\xff\xff\xff\xff\xff"s), "a");
  EXPECT_EQ(a.values, std::vector<double>{-1});
  EXPECT_THROW(parse_npy(file("<i8", "False", "()", "\x00\x00\x00\x00\x00\x00\x00\x40"s), "a"),
               InputError);
}

/// 0 1 2 / 3 4 5 in either order.
TEST(Numpy, PutsFortranOrderRight) {
  const auto bytes = [](std::vector<char> values) {
    std::string out;
    for (const char v : values) out += std::string{v, 0, 0, 0};
    return out;
  };
  const NumpyArray c = parse_npy(file("<i4", "False", "(2, 3)", bytes({0, 1, 2, 3, 4, 5})), "a");
  const NumpyArray f = parse_npy(file("<i4", "True", "(2, 3)", bytes({0, 3, 1, 4, 2, 5})), "a");
  EXPECT_EQ(c.shape, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(f.shape, c.shape);
  EXPECT_EQ(c.values, (std::vector<double>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(f.values, c.values);
}

TEST(Numpy, WritesWhatItReads) {
  const NumpyArray a{{2, 2}, {1, -0.0, std::numeric_limits<double>::infinity(), 0x1p-1074}};
  const std::string bytes = npy_bytes(a);
  EXPECT_EQ(bytes.size(), 128u + 32u);
  const NumpyArray b = parse_npy(bytes, "b");
  EXPECT_EQ(b.shape, a.shape);
  EXPECT_EQ(b.values, a.values);
  EXPECT_TRUE(std::signbit(b.values[1]));
}

TEST(Numpy, RefusesWhatItDoesNotRead) {
  const std::string one = "\x00\x00\x00\x00\x00\x00\xf8\x3f"s,
                    good = file("<f8", "False", "(1,)", one);
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_THROW(parse_npy(good.substr(0, length), "cut"), InputError) << length;
  EXPECT_THROW(parse_npy(good + "x", "long"), InputError);
  for (const std::string type : {"<c8", "<f2", "|O", "f8", "<U8", ""})
    EXPECT_THROW(parse_npy(file(type, "False", "(1,)", one), "type"), InputError) << type;
  for (const std::string shape :
       {"(2,)", "(1, 1, 1)", "(-1,)", "1", "(1", "(99999999999999999999,)", "(1099511627776, 2)"})
    EXPECT_THROW(parse_npy(file("<f8", "False", shape, one), "shape"), InputError) << shape;
  EXPECT_THROW(parse_npy(file("<f8", "Maybe", "(1,)", one), "order"), InputError);
  std::string future = good;
  future[6] = '\x04';
  EXPECT_THROW(parse_npy(future, "version"), InputError);
}

}  // namespace
}  // namespace assay
