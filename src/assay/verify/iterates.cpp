#include "assay/verify/iterates.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <cmath>
#include <map>
#include <memory>

#include "assay/scalar/text.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"
#include "assay/support/json.hpp"
#include "assay/support/quote.hpp"
#include "assay/trace/numpy.hpp"

namespace assay {
namespace {

/// Lists by name; "x" has two dimensions.
using Arrays = std::map<std::string, NumpyArray>;

Arrays arrays_of_json(const std::string& file) {
  const nlohmann::json document = parse_json(read_file(file), file);
  const JsonField root(document, file);
  if (!document.is_object()) root.must_be("an object of lists");
  Arrays arrays;
  for (const auto& [name, value] : document.items()) {
    const JsonField list = root.at(name);
    if (!value.is_array()) list.must_be("a list");
    NumpyArray& array = arrays[name];
    array.shape = {value.size()};
    if (name == "x") array.shape.push_back(value.empty() ? 0 : value.front().size());
    for (std::size_t i = 0; i < value.size(); ++i) {
      const JsonField entry = list.entry(i);
      if (name != "x") {
        array.values.push_back(value[i].is_null() ? std::nan("") : entry.number());
        continue;
      }
      entry.list(array.shape[1], "as long as the first point");
      for (std::size_t k = 0; k < array.shape[1]; ++k)
        array.values.push_back(entry.entry(k).number());
    }
  }
  return arrays;
}

Arrays arrays_of_npz(const std::string& file) {
  int code = 0;
  const std::unique_ptr<zip_t, decltype(&zip_discard)> archive(
      zip_open(file.c_str(), ZIP_RDONLY, &code), &zip_discard);
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw InputError(file, "", "cannot be read as .npz: " + why);
  }
  constexpr std::size_t most = std::size_t{1} << 30, chunk = std::size_t{1} << 20;
  std::size_t total = 0;
  Arrays arrays;
  const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
  for (zip_uint64_t k = 0; k < static_cast<zip_uint64_t>(entries); ++k) {
    const char* stored = zip_get_name(archive.get(), k, 0);
    const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> member(
        zip_fopen_index(archive.get(), k, 0), &zip_fclose);
    if (!stored || !member)
      throw InputError(file, "", std::string("cannot be read: ") + zip_strerror(archive.get()));
    std::string name = stored;
    if (name.size() > 4 && name.substr(name.size() - 4) == ".npy") name.resize(name.size() - 4);
    if (arrays.contains(name)) throw InputError(file, name, "is there twice");
    // As far as there is something to read: the archive's own word on sizes may be anything.
    std::string bytes;
    while (true) {
      const std::size_t got = bytes.size();
      bytes.resize(got + chunk);
      const zip_int64_t more = zip_fread(member.get(), bytes.data() + got, chunk);
      if (more < 0) throw InputError(file, name, "cannot be read to its end");
      bytes.resize(got + static_cast<std::size_t>(more));
      if (more == 0) break;
      if ((total += static_cast<std::size_t>(more)) > most)
        throw InputError(file, name, "brings the arrays to more than 1 GiB");
    }
    arrays[name] = parse_npy(bytes, file + ": " + name);
  }
  return arrays;
}

/// All digits: a shortest text would claim fewer than the number has.
std::string cell(double value) { return std::isnan(value) ? "" : fmt::format("{:.16e}", value); }

Trace trace_of(Arrays arrays, const std::string& file) {
  const auto found = arrays.find("x");
  if (found == arrays.end())
    throw InputError(file, "x", "is missing: the points, one row for each iteration");
  const NumpyArray x = found->second;
  if (x.shape.size() != 2) throw InputError(file, "x", "must have two dimensions: (rows, n)");
  arrays.erase(found);
  const std::uint64_t rows = x.shape[0], n = x.shape[1];
  if (rows == 0 || n == 0) throw InputError(file, "x", "holds no point");
  for (const auto& [name, array] : arrays) {
    if (array.shape != std::vector<std::uint64_t>{rows})
      throw InputError(file, name, fmt::format("must be a list of {}, one for each point", rows));
    if (name.empty() || name.find_first_of(",\"\r\n") != std::string::npos)
      throw InputError(file, in_quotes(name), "is no name for a column");
  }

  Trace trace;
  trace.columns = {"iteration"};
  for (std::uint64_t i = 0; i < n; ++i) trace.columns.push_back(fmt::format("x{}", i));
  const auto counted = arrays.find("iteration");
  for (const auto& [name, array] : arrays)
    if (name != "iteration") trace.columns.push_back(name);
  for (std::uint64_t t = 0; t < rows; ++t) {
    std::vector<std::string> row = {counted == arrays.end() ? std::to_string(t)
                                                            : to_text(counted->second.values[t])};
    for (std::uint64_t i = 0; i < n; ++i) {
      const double value = x.values[t * n + i];
      if (!std::isfinite(value))
        throw InputError(file, fmt::format("x[{}][{}]", t, i), "is not a finite number");
      row.push_back(cell(value));
    }
    for (const auto& [name, array] : arrays)
      if (name != "iteration") row.push_back(cell(array.values[t]));
    trace.rows.push_back(std::move(row));
  }
  // The rules of a trace are checked where it is read.
  return parse_trace(trace_text(trace), file);
}

}  // namespace

Trace read_iterates(const std::string& file) {
  const auto ends_with = [&](const std::string& ending) {
    return file.size() > ending.size() && file.substr(file.size() - ending.size()) == ending;
  };
  if (ends_with(".csv")) return read_trace(file);
  if (ends_with(".json")) return trace_of(arrays_of_json(file), file);
  if (ends_with(".npz")) return trace_of(arrays_of_npz(file), file);
  throw InputError(file, "", "ends neither in .csv nor in .json nor in .npz");
}

}  // namespace assay
