#include "assay/run/run.hpp"

#include <nlohmann/json.hpp>

#include "assay/numerics/environment.hpp"
#include "assay/problem/generator.hpp"
#include "assay/run/runner.hpp"
#include "assay/run/version.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"
#include "assay/support/json.hpp"

namespace assay {

namespace {

using Json = nlohmann::ordered_json;

/// Which rows are written: the first and last few, and every k-th between; the very last always.
bool recorded(const Experiment& e, long t) {
  const std::int64_t every = e.record.integer("every");
  return t < e.record.integer("first") || t >= e.iterations - e.record.integer("last") ||
         t == e.iterations - 1 || (every > 0 && t % every == 0);
}

template <class S>
std::vector<std::string> cells(const Record<S>& record) {
  std::vector<std::string> row;
  for (const auto& column : record_columns<S>()) row.push_back(column.cell(record));
  return row;
}

template <class S>
RunSummary summary_of(const Record<S>& r) {
  return {r.iteration + 1,
          to_double(r.gap_total),
          to_double(r.gap_direct),
          to_double(r.gap_implicit),
          to_double(r.gap_reported),
          to_double(r.objective),
          {},
          0};
}

template <class S>
Vec<double> narrowed(const Vec<S>& x) {
  Vec<double> out(x.size());
  for (Index i = 0; i < x.size(); ++i) out[i] = to_double(x[i]);
  return out;
}

/// What a checkpoint must match to be resumed.
Json identity(const Experiment& e, const Instance& instance) {
  return {{"program_version", program_version},
          {"experiment", sha256(experiment_text(e))},
          {"instance", instance.digest},
          {"scalar", e.scalar}};
}

template <class S>
class Session {
 public:
  Session(const Experiment& e, const Instance& instance, const RunControl& control)
      : e_(e), instance_(instance), control_(control), runner_(e, instance) {}

  RunOutcome run() {
    try {
      if (control_.resume.empty())
        begin();
      else
        resume();
      loop();
    } catch (const NumericalError& error) {
      out_.end = RunEnd::failed;
      out_.failure = (done_ < 0 ? "at the start: " : "iteration " + std::to_string(done_) + ": ") +
                     error.what();
    }
    out_.summary = summary_of(last_);
    out_.summary.iterations = done_ < 0 ? 0 : done_;
    out_.summary.x = narrowed(runner_.x());
    out_.summary.lower_solves = runner_.lower_solves();
    out_.manifest = manifest();
    return std::move(out_);
  }

 private:
  void begin() {
    for (const auto& column : record_columns<S>()) out_.trace.columns.push_back(column.name);
    last_ = runner_.start();
    out_.trace.rows.push_back(cells(last_));
    done_ = 0;
  }

  void loop() {
    const long stride = e_.iterations / 100 + 1;
    for (; done_ < e_.iterations; ++done_) {
      if (control_.stop && control_.stop->load()) {
        out_.end = RunEnd::interrupted;
        out_.checkpoint = checkpoint();
        return;
      }
      last_ = runner_.step(done_);
      if (recorded(e_, done_)) out_.trace.rows.push_back(cells(last_));
      // None at the end, where nothing is left to go on with.
      if (control_.checkpoint_every > 0 && (done_ + 1) % control_.checkpoint_every == 0 &&
          done_ + 1 < e_.iterations) {
        ++done_;
        control_.save_checkpoint(checkpoint());
        --done_;
      }
      if (control_.progress && (done_ + 1) % stride == 0)
        control_.progress(done_ + 1, e_.iterations);
    }
    if (control_.progress) control_.progress(done_, e_.iterations);
  }

  std::string checkpoint() {
    StateArchive state = StateArchive::writer();
    state.integer("iteration", done_);
    runner_.archive(state);
    Json j = {{"format", "assay-checkpoint/1"}};
    j["identity"] = identity(e_, instance_);
    j["iteration"] = done_;
    j["state"] = state.values();
    j["trace"] = trace_text(out_.trace);
    j["sha256"] = sha256(j.dump());
    return j.dump(1) + "\n";
  }

  void resume() {
    const std::string where = "checkpoint";
    Json j;
    parse_json(control_.resume, where);  // what nests too deeply to be walked through ends here
    try {
      j = Json::parse(control_.resume);
      if (j.at("format") != "assay-checkpoint/1")
        throw InputError(where, "format", "is not assay-checkpoint/1");
      // The state is restored unseen, so it has to be what was written.
      const std::string digest = j.at("sha256");
      j.erase("sha256");
      if (sha256(j.dump()) != digest)
        throw InputError(where, "sha256", "does not fit the content: the file was changed");
      const Json expected = identity(e_, instance_);
      for (const auto& [key, value] : expected.items())
        if (j.at("identity").at(key) != value)
          throw InputError(where, key,
                           "belongs to another run (" + j["identity"][key].dump() + ", not " +
                               value.dump() + ")");
      StateArchive state = StateArchive::reader(j.at("state"));
      done_ = j.at("iteration");
      runner_.archive(state);
      out_.trace = parse_trace(j.at("trace"), where);
    } catch (const nlohmann::json::exception& error) {
      throw InputError(where, "", std::string("is not a checkpoint: ") + error.what());
    }
    if (done_ >= e_.iterations) throw InputError(where, "iteration", "the run is already finished");
  }

  std::string manifest() {
    Json j = {{"format", "assay-manifest/1"}, {"program_version", program_version}};
    j["name"] = e_.name;
    j["scalar"] = e_.scalar;
    j["experiment"] = Json::parse(experiment_text(e_));
    j["instance"] = {{"name", instance_.name}, {"sha256", instance_.digest}};
    Json result = {{"end", out_.end == RunEnd::finished      ? "finished"
                           : out_.end == RunEnd::interrupted ? "interrupted"
                                                             : "failed"},
                   {"iterations", out_.summary.iterations},
                   {"status", runner_.status().word()},
                   {"status_gap", to_text(runner_.status().gap())},
                   {"lower_level_not_converged", runner_.unconverged()}};
    if (!out_.failure.empty()) result["failure"] = out_.failure;
    try {
      S gap(0);
      if (out_.end == RunEnd::finished && runner_.output_gap(gap))
        result["output_gap"] = to_text(gap);
    } catch (const NumericalError& error) {
      result["output_failure"] = error.what();
    }
    j["result"] = result;
    j["trace"] = {{"sha256", sha256(trace_text(out_.trace))}, {"rows", out_.trace.rows.size()}};
    Json environment = Json::object();
    for (const auto& [key, value] : environment_facts()) environment[key] = value;
    j["environment"] = environment;
    return j.dump(1) + "\n";
  }

  const Experiment& e_;
  const Instance& instance_;
  const RunControl& control_;
  Runner<S> runner_;
  RunOutcome out_;
  Record<S> last_;
  long done_ = -1;  ///< steps made; -1: not started
};

}  // namespace

RunOutcome run_experiment(const Experiment& experiment, const Instance& instance,
                          const RunControl& control) {
  require_arithmetic();  // a library loaded since may flush to zero
  const auto run = [&]<class S>() { return Session<S>(experiment, instance, control).run(); };
  try {
    if (experiment.scalar == "double") return run.template operator()<double>();
    if (experiment.scalar == "soft53") return run.template operator()<Soft53>();
    if (experiment.scalar == "real50") return run.template operator()<Real50>();
    if (experiment.scalar == "real100") return run.template operator()<Real100>();
  } catch (const InputError& error) {
    // Catalogues know the key at fault, not the file it came from.
    const std::string message = error.what();
    const auto begins_with = [&](const std::string& source) {
      return !source.empty() && message.rfind(source, 0) == 0;
    };
    if (begins_with(experiment.source) || begins_with(instance.source) || begins_with("checkpoint"))
      throw;
    throw InputError(experiment.source, "", message);
  }
  throw InputError(
      experiment.source, "run.scalar",
      "'" + experiment.scalar + "' cannot run: one of double, soft53, real50, real100");
}

Instance load_instance(const Experiment& experiment) {
  try {
    if (experiment.generator) return generate_instance(*experiment.generator);
  } catch (const InputError& error) {
    // The generator knows the knob at fault, not the file it came from.
    throw InputError(experiment.source, "instance", error.what());
  }
  return read_instance(experiment.instance_path);
}

}  // namespace assay
