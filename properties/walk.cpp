#include "properties/walk.hpp"

#include "assay/scalar/text.hpp"
#include "assay/support/error.hpp"

namespace assay::properties {

namespace {

/// Steps may lead to where the rows contradict each other; no algorithm can help that.
bool left_the_domain(const NumericalError& error) {
  return std::string(error.what()).find("infeasible") != std::string::npos;
}

}  // namespace

Experiment experiment_of(const std::string& tables, const std::string& top) {
  return parse_experiment("format = \"assay-experiment/1\"\nname = \"case\"\n" + top +
                              "\n[instance.generator]\n" + tables,
                          "case", "");
}

std::string entry(const std::string& key, double value) {
  // Whole numbers as integers: an experiment takes those for reals, but not 1e+05 for an integer.
  const bool is_whole = value == static_cast<double>(static_cast<long>(value));
  return key + " = " + (is_whole ? std::to_string(static_cast<long>(value)) : to_text(value)) +
         "\n";
}
std::string entry(const std::string& key, const std::string& word) {
  return key + " = \"" + word + "\"\n";
}

template <class S>
bool Walk<S>::start() {
  try {
    runner_ = std::make_unique<Runner<S>>(experiment_, instance_);
    record_ = runner_->start();
  } catch (const NumericalError& error) {
    if (!left_the_domain(error)) throw;
    return false;
  }
  fresh_ = false;
  return true;
}

template <class S>
bool Walk<S>::step() {
  try {
    record_ = runner_->step(count_);
  } catch (const NumericalError& error) {
    if (!left_the_domain(error)) throw;
    return false;
  }
  ++count_;
  fresh_ = false;
  return true;
}

template <class S>
const std::map<std::string, std::string>& Walk<S>::state() const {
  if (fresh_) return state_;
  StateArchive archive = StateArchive::writer();
  long done = count_;
  archive.integer("iteration", done);
  runner_->archive(archive);
  state_ = archive.values();
  fresh_ = true;
  return state_;
}

template <class S>
Vec<S> Walk<S>::vector(const std::string& name) const {
  Vec<S> v;
  StateArchive::reader(state()).vector(name, v);
  return v;
}

template <class S>
void Walk<S>::set(const std::map<std::string, Vec<S>>& vectors) {
  state();
  for (const auto& [name, v] : vectors)
    for (Index i = 0; i < v.size(); ++i)
      state_[name + "[" + std::to_string(i) + "]"] = to_text(v[i]);
  StateArchive archive = StateArchive::reader(state_);
  runner_->archive(archive);
  fresh_ = false;
}

template class Walk<double>;
template class Walk<Real50>;

}  // namespace assay::properties
