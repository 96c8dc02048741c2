#pragma once

#include <string>
#include <vector>

namespace assay {

/// Known defects of published implementations, as switches. The default is always the correct
/// method; an experiment names the faults it wants. This list is the only place that names them.
enum class Fault {
  // estimator of the hypergradient
  detached_implicit,
  dropped_row_term,
  regularised_active_set,
  swapped_rows,
  slack_only_active_set,
  pseudo_neumann,
  // F2CSA's oracle
  literal_value_gradient,
  sigmoid_gate,
  ridge,
  hard_constrained_inner,
  skipped_inner_solve,
  independent_samples,
  gate_at_inner_point,
  adaptive_smoothing,
  // outer loops
  new_delta_order,
  per_coordinate_segment,
  normalised_perturbation,
  unscaled_two_point,
  // what is reported, and the harness
  printed_step,
  sticky_status,
  direct_gap_reported,
  objective_gap_reported,
  shared_stream,
  probe_updates_state,
  damped_cosine,
};

struct FaultInfo {
  Fault fault;
  std::string name;     ///< as an experiment writes it
  std::string summary;  ///< what goes wrong, in one sentence
  std::string acts_on;  ///< the algorithms and estimators it acts on, or "all"
};

const std::vector<FaultInfo>& fault_registry();

/// The faults that are on.
class FaultSet {
 public:
  FaultSet() = default;
  void add(Fault fault) { bits_ |= bit(fault); }
  void remove(Fault fault) { bits_ &= ~bit(fault); }
  bool has(Fault fault) const { return (bits_ & bit(fault)) != 0; }
  bool empty() const { return bits_ == 0; }
  std::vector<std::string> names() const;  ///< in the order of the registry

 private:
  static unsigned long long bit(Fault fault) { return 1ULL << static_cast<int>(fault); }
  unsigned long long bits_ = 0;
};

/// @throws InputError naming the unknown fault and the closest known one.
FaultSet parse_faults(const std::vector<std::string>& names, const std::string& file,
                      const std::string& key);

/// @throws InputError naming the first fault that can have no effect on this algorithm and
/// estimator.
void check_faults_act(const FaultSet& faults, const std::string& algorithm,
                      const std::string& estimator, const std::string& file,
                      const std::string& key);

}  // namespace assay
