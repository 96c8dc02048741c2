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
  return key + " = " + to_text(value) + "\n";
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
  look();
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
  look();
  return true;
}

template <class S>
void Walk<S>::look() {
  StateArchive archive = StateArchive::writer();
  long done = count_;
  archive.integer("iteration", done);
  runner_->archive(archive);
  state_ = archive.values();
}

template <class S>
Vec<S> Walk<S>::vector(const std::string& name) const {
  Vec<S> v;
  StateArchive::reader(state_).vector(name, v);
  return v;
}

template <class S>
void Walk<S>::set(const std::map<std::string, Vec<S>>& vectors) {
  for (const auto& [name, v] : vectors)
    for (Index i = 0; i < v.size(); ++i)
      state_[name + "[" + std::to_string(i) + "]"] = to_text(v[i]);
  StateArchive archive = StateArchive::reader(state_);
  runner_->archive(archive);
}

template class Walk<double>;
template class Walk<Real50>;

}  // namespace assay::properties
