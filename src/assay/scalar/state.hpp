#pragma once

#include <map>
#include <string>

#include "assay/scalar/dense.hpp"
#include "assay/scalar/text.hpp"
#include "assay/support/error.hpp"

namespace assay {

/// Names and texts of everything a run must remember between two iterations. The same visit writes
/// a checkpoint and reads it back, so that no member can be saved and not restored.
class StateArchive {
 public:
  static StateArchive writer() { return StateArchive(false, {}); }
  static StateArchive reader(std::map<std::string, std::string> values) {
    return StateArchive(true, std::move(values));
  }

  /// Reads what a run in double wrote into any scalar: the same numbers, not their decimals'
  /// nearest.
  static StateArchive reader_of_doubles(std::map<std::string, std::string> values) {
    StateArchive archive = reader(std::move(values));
    archive.of_doubles_ = true;
    return archive;
  }

  bool reading() const { return reading_; }
  const std::map<std::string, std::string>& values() const { return values_; }

  template <class S>
  void scalar(const std::string& name, S& value) {
    if (reading_ && of_doubles_)
      value = S(from_text<double>(at(name)));
    else if (reading_)
      value = from_text<S>(at(name));
    else
      values_[name] = to_text(value);
  }
  template <class S>
  void vector(const std::string& name, Vec<S>& v) {
    long size = v.size();
    integer(name + ".size", size);
    if (reading_) v.resize(size);
    for (Index i = 0; i < v.size(); ++i) scalar(name + "[" + std::to_string(i) + "]", v[i]);
  }
  void integer(const std::string& name, long& value) {
    if (reading_) {
      const double read = from_text<double>(at(name));
      if (!(read >= -0x1p53 && read <= 0x1p53) ||
          read != static_cast<double>(static_cast<long>(read)))
        throw InputError("checkpoint", name, "is " + at(name) + ", must be an integer");
      value = static_cast<long>(read);
    } else {
      values_[name] = std::to_string(value);
    }
  }
  void flag(const std::string& name, bool& value) {
    long number = value ? 1 : 0;
    integer(name, number);
    value = number != 0;
  }
  void text(const std::string& name, std::string& value) {
    if (reading_)
      value = at(name);
    else
      values_[name] = value;
  }

 private:
  StateArchive(bool reading, std::map<std::string, std::string> values)
      : reading_(reading), values_(std::move(values)) {}
  const std::string& at(const std::string& name) const {
    const auto it = values_.find(name);
    if (it == values_.end()) throw InputError("checkpoint", name, "is missing");
    return it->second;
  }

  bool reading_, of_doubles_ = false;
  std::map<std::string, std::string> values_;
};

}  // namespace assay
