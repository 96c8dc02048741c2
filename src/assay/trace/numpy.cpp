#include "assay/trace/numpy.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <string_view>

#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"

namespace assay {

namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// The header: a Python dictionary of three entries, one byte after the other.
class Header {
 public:
  Header(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  void parse() {
    expect('{');
    while (!next_is('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && type.empty())
        type = quoted();
      else if (key == "fortran_order" && !has_order_)
        fortran = boolean();
      else if (key == "shape" && !has_shape_)
        tuple();
      else
        fail("has an unexpected entry " + in_quotes(key));
      if (!next_is(',')) break;
      ++at_;
    }
    expect('}');
    if (!next_is('\0') || at_ < text_.size()) fail("goes on after its dictionary");
    if (type.empty() || !has_order_ || !has_shape_)
      fail("lacks one of descr, fortran_order, shape");
  }

  std::string type;
  bool fortran = false;
  std::vector<std::uint64_t> shape;

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(source_, "header", what);
  }
  /// The next character that is no space; 0 at the end.
  bool next_is(char wanted) {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return (at_ < text_.size() ? text_[at_] : '\0') == wanted;
  }
  void expect(char wanted) {
    if (!next_is(wanted)) fail(fmt::format("has no '{}' where one belongs", wanted));
    ++at_;
  }
  std::string quoted() {
    const char mark = next_is('"') ? '"' : '\'';
    expect(mark);
    const std::size_t end = text_.find(mark, at_);
    if (end == std::string_view::npos) fail("has a word without end");
    const std::string word(text_.substr(at_, end - at_));
    at_ = end + 1;
    return word;
  }
  bool boolean() {
    has_order_ = true;
    const bool yes = next_is('T');
    const std::string_view word = yes ? "True" : "False";
    if (text_.substr(at_, word.size()) != word) fail("says neither True nor False");
    at_ += word.size();
    return yes;
  }
  void tuple() {
    has_shape_ = true;
    expect('(');
    while (!next_is(')')) {
      std::uint64_t size = 0;
      const std::size_t first = at_;
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
        size = 10 * size + static_cast<std::uint64_t>(text_[at_] - '0');
        if (size > (std::uint64_t{1} << 40)) fail("has a shape beyond 2^40");
      }
      if (at_ == first) fail("has a shape that is no tuple of integers");
      shape.push_back(size);
      if (!next_is(',')) break;
      ++at_;
    }
    expect(')');
  }

  std::string_view text_;
  const std::string& source_;
  std::size_t at_ = 0;
  bool has_order_ = false, has_shape_ = false;
};

/// `width` bytes as an unsigned number.
std::uint64_t bits_at(std::string_view data, std::size_t at, std::size_t width, bool big) {
  std::uint64_t bits = 0;
  for (std::size_t k = 0; k < width; ++k) {
    const std::size_t from = big ? k : width - 1 - k;
    bits = bits << 8 | static_cast<unsigned char>(data[at + from]);
  }
  return bits;
}

/// @param bits  the two's complement of an integer of `width` bytes
double integer_of(std::uint64_t bits, std::size_t width, const std::string& source) {
  const std::int64_t value =
      width == 4 ? std::int64_t{static_cast<std::int32_t>(bits)} : static_cast<std::int64_t>(bits);
  constexpr std::int64_t most = std::int64_t{1} << 53;
  if (value > most || value < -most)
    throw InputError(
        source, "data",
        "holds the integer " + std::to_string(value) + ", beyond what a double counts to");
  return static_cast<double>(value);
}

}  // namespace

NumpyArray parse_npy(const std::string& bytes, const std::string& source) {
  const std::string_view all = bytes;
  if (all.substr(0, magic.size()) != magic)
    throw InputError(source, "", "is no .npy file: it does not begin with \\x93NUMPY");
  if (all.size() < 12) throw InputError(source, "", "ends within its header");
  const unsigned version = static_cast<unsigned char>(all[6]);
  if (version < 1 || version > 3)
    throw InputError(source, "version", std::to_string(version) + " is not 1, 2 or 3");
  const std::size_t length_width = version == 1 ? 2 : 4, header_at = 8 + length_width;
  const std::uint64_t header_size = bits_at(all, 8, length_width, false);
  if (header_size > all.size() - header_at) throw InputError(source, "", "ends within its header");
  Header header(all.substr(header_at, header_size), source);
  header.parse();

  const std::string type = header.type.size() == 3 ? header.type.substr(1) : "";
  const char order = header.type[0];
  if ((order != '<' && order != '>') ||
      (type != "f8" && type != "f4" && type != "i8" && type != "i4"))
    throw InputError(source, "descr",
                     in_quotes(header.type) + " is not one of <f8, <f4, <i8, <i4 or their >");
  if (header.shape.size() > 2) throw InputError(source, "shape", "has more than two dimensions");
  std::uint64_t count = 1;
  for (const std::uint64_t size : header.shape) {
    if (size != 0 && count > (std::uint64_t{1} << 40) / size)
      throw InputError(source, "shape", "is beyond 2^40 numbers");
    count *= size;
  }
  const std::size_t width = type[1] == '8' ? 8 : 4;
  const std::string_view data = all.substr(header_at + header_size);
  if (data.size() != count * width)
    throw InputError(source, "data",
                     "has " + std::to_string(data.size()) + " bytes, its shape " +
                         std::to_string(count * width));

  NumpyArray out;
  out.shape = header.shape;
  out.values.resize(count);
  const std::uint64_t rows = out.shape.size() == 2 ? out.shape[0] : 1,
                      columns = rows == 0 ? 0 : count / rows;
  for (std::uint64_t k = 0; k < count; ++k) {
    const std::uint64_t bits = bits_at(data, k * width, width, order == '>');
    const double value = type == "f8" ? std::bit_cast<double>(bits)
                         : type == "f4"
                             ? double{std::bit_cast<float>(static_cast<std::uint32_t>(bits))}
                             : integer_of(bits, width, source);
    const std::uint64_t to = header.fortran ? k % rows * columns + k / rows : k;
    out.values[to] = value;
  }
  return out;
}

std::string npy_bytes(const NumpyArray& array) {
  std::string shape;
  for (const std::uint64_t size : array.shape) shape += std::to_string(size) + ", ";
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + shape + "), }";
  // Data begin at a multiple of 64.
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string bytes(magic);
  bytes += {'\x01', '\x00'};
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  for (const double value : array.values) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int k = 0; k < 8; ++k) bytes += static_cast<char>(bits >> (8 * k) & 0xff);
  }
  return bytes;
}

}  // namespace assay
