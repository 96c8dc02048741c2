#include <nlohmann/json.hpp>

#include "assay/run/experiment.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Settings& settings) {
  Json object = Json::object();
  for (const auto& [key, value] : settings.values())
    object[key] = std::visit([](const auto& v) { return Json(v); }, value);
  return object;
}

/// A choice from a catalogue: its name first, then every parameter.
Json to_json(const char* selector, const std::string& name, const Settings& settings) {
  Json object = Json::object();
  object[selector] = name;
  object.update(to_json(settings));
  return object;
}

}  // namespace

std::string experiment_text(const Experiment& experiment) {
  Json text = Json::object();
  text["format"] = "assay-experiment/1";
  text["name"] = experiment.name;
  text["faults"] = experiment.faults.names();
  if (experiment.generator)
    text["instance"]["generator"] = to_json(*experiment.generator);
  else
    text["instance"]["path"] = experiment.instance_written;
  text["start"] = to_json(experiment.start);
  text["algorithm"] = to_json("name", experiment.algorithm, experiment.algorithm_settings);
  text["step"] = to_json("rule", experiment.step, experiment.step_settings);
  text["lower_level"] = to_json("solver", experiment.lower_level, experiment.lower_level_settings);
  text["hypergradient"] =
      to_json("estimator", experiment.hypergradient, experiment.hypergradient_settings);
  text["noise"] = to_json(experiment.noise);
  text["run"] = Json{{"iterations", experiment.iterations},
                     {"seed", experiment.seed},
                     {"scalar", experiment.scalar}};
  text["record"] = to_json(experiment.record);
  text["probe"] = to_json(experiment.probe);
  text["change"] = Json::array();
  for (const Change& change : experiment.changes)
    text["change"].push_back(Json{{"iteration", change.iteration},
                                  {"algorithm", to_json(change.algorithm)},
                                  {"step", to_json(change.step)},
                                  {"hypergradient", to_json(change.hypergradient)},
                                  {"faults", change.faults.names()}});
  return text.dump(2) + "\n";
}

}  // namespace assay
