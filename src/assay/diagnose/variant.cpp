#include "assay/diagnose/variant.hpp"

#include <algorithm>

#include "assay/hypergradient/catalogue.hpp"
#include "assay/lower_level/catalogue.hpp"
#include "assay/step/catalogue.hpp"
#include "assay/support/error.hpp"

namespace assay {

namespace {

/// A catalogue entry's settings, with these values and its defaults.
Settings settings_of(const std::vector<CatalogueItem>& items, const std::string& name,
                     const std::map<std::string, Value>& values) {
  for (const CatalogueItem& item : items)
    if (item.name == name) return Settings(item.parameters, values, "", name);
  throw Error(ExitCode::internal, "no catalogue entry '" + name + "'");
}

}  // namespace

Experiment with_algorithm(const Experiment& e, const std::string& key, const Value& value) {
  Experiment out = e;
  out.algorithm_settings = e.algorithm_settings.with(key, value);
  for (Change& c : out.changes) c.algorithm = c.algorithm.with(key, value);
  return out;
}

Experiment with_step(const Experiment& e, const std::string& key, const Value& value) {
  Experiment out = e;
  out.step_settings = e.step_settings.with(key, value);
  for (Change& c : out.changes) c.step = c.step.with(key, value);
  return out;
}

Experiment with_hypergradient(const Experiment& e, const std::string& key, const Value& value) {
  Experiment out = e;
  out.hypergradient_settings = e.hypergradient_settings.with(key, value);
  for (Change& c : out.changes) c.hypergradient = c.hypergradient.with(key, value);
  return out;
}

Experiment without_fault(const Experiment& e, Fault fault) {
  Experiment out = e;
  out.faults.remove(fault);
  for (Change& c : out.changes) c.faults.remove(fault);
  return out;
}

Experiment without_noise(const Experiment& e) {
  Experiment out = e;
  for (const Parameter& p : noise_parameters()) out.noise = out.noise.with(p.key, 0.0);
  return out;
}

Experiment with_estimator(const Experiment& e, const std::string& name) {
  Experiment out = e;
  out.hypergradient = name;
  out.hypergradient_settings = settings_of(hypergradient_items(), name, {});
  for (Change& c : out.changes) c.hypergradient = out.hypergradient_settings;
  return out;
}

Experiment with_step_rule(const Experiment& e, const std::string& name,
                          const std::map<std::string, Value>& settings) {
  Experiment out = e;
  out.step = name;
  out.step_settings = settings_of(step_items(), name, settings);
  for (Change& c : out.changes) c.step = out.step_settings;
  return out;
}

Experiment with_lower_level(const Experiment& e, const std::string& name) {
  Experiment out = e;
  out.lower_level = name;
  out.lower_level_settings = settings_of(lower_level_items(), name, {});
  return out;
}

bool differs_anywhere(const Experiment& e, Settings Experiment::*table, const std::string& key,
                      const Value& neutral) {
  const auto differs = [&](const Settings& s) {
    const auto found = s.values().find(key);
    return found != s.values().end() && found->second != neutral;
  };
  if (differs(e.*table)) return true;
  return std::any_of(e.changes.begin(), e.changes.end(), [&](const Change& c) {
    if (table == &Experiment::algorithm_settings) return differs(c.algorithm);
    if (table == &Experiment::step_settings) return differs(c.step);
    if (table == &Experiment::hypergradient_settings) return differs(c.hypergradient);
    return false;
  });
}

std::vector<std::string> settings_between(const Experiment& from, const Experiment& to) {
  std::vector<std::string> list;
  if (!from.changes.empty() || from.step != to.step || from.lower_level != to.lower_level ||
      from.hypergradient != to.hypergradient)
    return list;
  const auto compare = [&](const std::string& table, Settings Experiment::*settings) {
    for (const auto& [key, value] : (to.*settings).values())
      if ((from.*settings).values().at(key) != value)
        list.push_back(table + "." + key + "=" + value_text(value));
  };
  compare("algorithm", &Experiment::algorithm_settings);
  compare("step", &Experiment::step_settings);
  compare("hypergradient", &Experiment::hypergradient_settings);
  compare("noise", &Experiment::noise);
  compare("probe", &Experiment::probe);
  if (from.faults.names() != to.faults.names())
    list.push_back("faults=" + value_text(to.faults.names()));
  return list;
}

}  // namespace assay
