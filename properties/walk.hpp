#pragma once

#include <map>
#include <memory>
#include <string>

#include "assay/run/runner.hpp"
#include "properties/case.hpp"

namespace assay::properties {

/// An experiment in the words of its file, the instance aside: it comes with the case.
/// @param tables "[algorithm] ..." and what else it sets; @param top keys above the first table
Experiment experiment_of(const std::string& tables, const std::string& top = "");

/// "key = value\n", with a number that reads back to the same bits.
std::string entry(const std::string& key, double value);
std::string entry(const std::string& key, const std::string& word);

/// A run of the real algorithms, step by step, with a look at their state through the archive that
/// makes checkpoints.
template <class S>
class Walk {
 public:
  Walk(const Instance& instance, const Experiment& experiment)
      : instance_(instance), experiment_(experiment) {}

  /// False when there is no lower level at the starting point, or none where the first estimate is
  /// taken.
  bool start();
  /// One iteration; false when it left the points with a lower level.
  bool step();

  /// What the last start() or step() recorded.
  const Record<S>& record() const { return record_; }
  /// Iterations made.
  long count() const { return count_; }
  Vec<S> vector(const std::string& name) const;
  Vec<S> x() const { return vector("x"); }
  /// Puts other values into the state: vectors of the same size.
  void set(const std::map<std::string, Vec<S>>& vectors);

 private:
  /// The archived state, taken when it is asked for.
  const std::map<std::string, std::string>& state() const;

  const Instance& instance_;
  const Experiment& experiment_;
  std::unique_ptr<Runner<S>> runner_;
  mutable std::map<std::string, std::string> state_;
  mutable bool fresh_ = false;
  Record<S> record_;
  long count_ = 0;
};

}  // namespace assay::properties
