#pragma once

#include <functional>
#include <string>

#include "assay/problem/instance.hpp"
#include "assay/run/experiment.hpp"
#include "assay/scalar/dense.hpp"
#include "assay/support/stop_flag.hpp"
#include "assay/trace/trace.hpp"

namespace assay {

/// How a run may be watched, stopped and gone on with. Nothing here can change a byte of the trace.
struct RunControl {
  std::function<void(long done, long total)> progress;  ///< called now and then; may be empty
  const StopFlag* stop = nullptr;                       ///< polled before each iteration
  std::string resume;                                   ///< text of a checkpoint, or ""
  long checkpoint_every = 0;                            ///< iterations; 0: never
  std::function<void(const std::string&)> save_checkpoint;
};

enum class RunEnd { finished, interrupted, failed };

/// The last recorded state, for tables.
struct RunSummary {
  long iterations = 0;  ///< steps made
  double gap_total = 0, gap_direct = 0, gap_implicit = 0;
  double gap_reported = 0;  ///< what the algorithm itself says
  double objective = 0;
  Vec<double> x;          ///< where the algorithm stands, rounded to double
  long lower_solves = 0;  ///< the algorithm's, since the start or the checkpoint resumed from
};

struct RunOutcome {
  RunEnd end = RunEnd::finished;
  std::string failure;     ///< why, when end == failed
  Trace trace;             ///< valid in every case: the rows up to the end
  std::string manifest;    ///< JSON text ("assay-manifest/1")
  std::string checkpoint;  ///< resumes where this run ended, when interrupted; else ""
  RunSummary summary;
};

/// Runs the experiment on the instance in the experiment's scalar.
/// @throws InputError when the checkpoint belongs to another experiment, instance or program
/// version.
/// @throws NumericalError when the instance has no lower level at the starting point.
/// @throws Error(environment) when this machine or program does not compute as promised.
/// Later numerical failures are an outcome (end == failed), not an exception.
RunOutcome run_experiment(const Experiment& experiment, const Instance& instance,
                          const RunControl& control = {});

/// The instance an experiment names: read from its file, or generated.
Instance load_instance(const Experiment& experiment);

}  // namespace assay
