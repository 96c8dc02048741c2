#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "assay/diagnose/counterfactual.hpp"
#include "assay/diagnose/events.hpp"
#include "assay/diagnose/ladder.hpp"
#include "assay/diagnose/proof.hpp"
#include "assay/diagnose/theory.hpp"

namespace assay {

/// What a finding says of the gap at the end.
enum class Role {
  cause,   ///< it makes the gap, or a good part of it
  report,  ///< the iteration is as it is; what is said of it is wrong
  latent,  ///< present, with a bias still hidden below the gap, or none here
  design,  ///< the method does this when it is right
};
std::string to_string(Role role);

/// One sentence of the verdict, with the numbers behind it.
struct Finding {
  std::string id;  ///< from cause_catalogue()
  Role role = Role::cause;
  std::string sentence;
  std::vector<std::string> evidence;  ///< each a number and where it comes from
  std::map<std::string, double> numbers;
};

/// What `assay explain ID` knows of a cause.
struct CauseInfo {
  std::string id;
  std::string meaning;  ///< what goes wrong
  std::string remedy;   ///< what would mend it
};
/// Causes that are no fault of the registry, then every fault.
const std::vector<CauseInfo>& cause_catalogue();

struct Diagnosis {
  Ending ending;
  long iterations = 0;
  double gap_total = 0, gap_reported = 0;
  double gap_mapping = 0;  ///< gap_total where x is free
  double gap_start = 0;    ///< the same before the first iteration
  Index kink_rows = 0;     ///< inequalities that hold with zero multiplier at the end
  ProvedGap proved;
  std::optional<ProvedKink> kink;  ///< where the last points lie on different pieces of F
  std::vector<Event> events;
  std::vector<Ladder> ladders;
  std::optional<LocalModel> model;
  std::optional<LoopGain> loop;
  std::vector<Law> laws;
  std::optional<Exchange> exchange;
  std::vector<Effect> effects;                  ///< most helpful first
  std::vector<std::vector<std::string>> cures;  ///< smallest sets of effects' ids
  std::vector<Finding> findings;                ///< causes first
  /// "healthy": nothing is wrong; "causes": at least one cause; "undecided": the gap is strange and
  /// nothing that was tried explains it.
  std::string verdict;
};

struct DiagnoseOptions {
  std::vector<long> iterations;         ///< of the ladder; empty: ladder_iterations()
  std::vector<Counterfactual> further;  ///< tried besides the catalogue's
  Prover prover;
  int jobs = 1;  ///< threads; nothing depends on it but the time
  /// May be empty; called by any of the threads, one at a time.
  std::function<void(const std::string& what, long done, long total)> progress;
};

/// Runs the experiment, its ladder and its counterfactuals, and says what the gap at the end is
/// made of.
/// @throws as fidelity_ladders and run_experiment
Diagnosis diagnose(const Experiment& experiment, const Instance& instance,
                   const DiagnoseOptions& options = {});

}  // namespace assay
