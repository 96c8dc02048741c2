#include "assay/run/experiment.hpp"

#include "assay/algorithm/catalogue.hpp"
#include "assay/hypergradient/catalogue.hpp"
#include "assay/lower_level/catalogue.hpp"
#include "assay/problem/generator.hpp"
#include "assay/run/toml_text.hpp"
#include "assay/step/catalogue.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"
#include "assay/support/quote.hpp"

namespace assay {
namespace {

constexpr const char* experiment_format = "assay-experiment/1";

/// A table checked against a fixed list of parameters.
Settings plain_settings(const TomlTable& table, const std::vector<Parameter>& parameters) {
  return {parameters, table.values(), table.source, table.path};
}

/// A table that names an entry of a catalogue under `selector` and sets its parameters.
struct Choice {
  const CatalogueItem* item;
  std::map<std::string, Value> given;
  Settings settings;
};

/// @param fallback the entry meant when the table names none; "": it must
Choice choose(const TomlTable& table, const std::vector<CatalogueItem>& items,
              const std::string& selector, const std::string& fallback) {
  const bool absent = !fallback.empty() && !table.table->contains(selector);
  const std::string name = absent ? fallback : table.text(selector);
  const CatalogueItem& item = find_item(items, name, table.source, table.path_of(selector));
  auto given = table.values({selector});
  Settings settings(item.parameters, given, table.source, table.path);
  return {&item, std::move(given), std::move(settings)};
}

/// The faults that a table names; `before` when it says nothing of them.
FaultSet read_faults(const TomlTable& table, const FaultSet& before) {
  const auto value = table.value("faults");
  if (!value) return before;
  if (const auto* names = std::get_if<std::vector<std::string>>(&*value))
    return parse_faults(*names, table.source, table.path_of("faults"));
  if (const auto* none = std::get_if<std::vector<double>>(&*value); none && none->empty())
    return {};
  throw InputError(table.source, table.path_of("faults"),
                   "is " + shortened(value_text(*value)) + ", must be a list of strings");
}

void check_name(const std::string& name, const std::string& source) {
  constexpr const char* allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  if (name.empty() || name.find_first_not_of(allowed) != std::string::npos)
    throw InputError(
        source, "name",
        "is " + in_quotes(name) + ", must be letters, digits, '-' and '_': it names files");
}

void read_instance_table(const TomlTable& table, const std::filesystem::path& folder,
                         Experiment& out) {
  table.only_keys({"path", "generator"});
  const bool generated = table.table->contains("generator");
  if (generated == table.table->contains("path"))
    throw InputError(table.source, table.path, "must have either 'path' or 'generator'");
  if (generated) {
    out.generator = plain_settings(table.inner("generator"), generator_parameters());
    return;
  }
  out.instance_written = table.text("path");
  out.instance_path = (folder / out.instance_written).lexically_normal();
}

/// Follows the changes through the run; each starts from what was in force before it.
void read_changes(const toml::table& root, Choice algorithm, Choice step, Choice hypergradient,
                  Experiment& out) {
  const toml::node* node = root.get("change");
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) throw InputError(out.source, "change", "must be a list of tables");
  long last = 0;
  for (std::size_t k = 0; k < list->size(); ++k) {
    const std::string path = "change[" + std::to_string(k) + "]";
    const toml::table* entry = list->get(k)->as_table();
    if (entry == nullptr) throw InputError(out.source, path, "must be a table");
    const TomlTable table{entry, out.source, path};
    table.only_keys({"iteration", "algorithm", "step", "hypergradient", "faults"});

    Change change;
    const auto iteration = (*entry)["iteration"].value_exact<std::int64_t>();
    if (!iteration || *iteration <= last)
      throw InputError(out.source, table.path_of("iteration"),
                       "must be an integer > " + std::to_string(last));
    change.iteration = last = static_cast<long>(*iteration);

    const auto in_force = [&](const std::string& key, Choice& choice) {
      const TomlTable inner = table.inner(key);
      for (auto& [name, value] : inner.values()) choice.given[name] = value;
      choice.settings = Settings(choice.item->parameters, choice.given, inner.source, inner.path);
      return choice.settings;
    };
    change.algorithm = in_force("algorithm", algorithm);
    change.step = in_force("step", step);
    change.hypergradient = in_force("hypergradient", hypergradient);
    change.faults =
        read_faults(table, out.changes.empty() ? out.faults : out.changes.back().faults);
    out.changes.push_back(std::move(change));
  }
}

/// Settings that could not do what they say in this experiment.
void check_consistent(const Experiment& e) {
  const auto refuse = [&e](const std::string& key, const std::string& what) {
    throw InputError(e.source, key, what);
  };
  const std::string& estimator = e.hypergradient;
  const bool differences = estimator == "central_difference" || estimator == "two_point" ||
                           estimator == "shifted_difference";
  for (const char* key : {"gradient_std", "upper_hessian_std"})
    if (differences && e.noise.real(key) > 0)
      refuse(std::string("noise.") + key, "does not reach estimator '" + estimator +
                                              "', which sees values of f only: use objective_std");
  if (estimator != "penalty" && e.noise.real("lower_cross_std") > 0)
    refuse("noise.lower_cross_std", "reaches only estimator 'penalty', not '" + estimator + "'");
  const bool clipped = e.algorithm == "f2csa" && e.algorithm_settings.text("outer") == "clipped";
  if (clipped && e.step == "armijo")
    refuse("step.rule", "'armijo' tests x - t g, but outer loop 'clipped' does not move so");
  if (e.algorithm == "ssigd" || !e.algorithm_settings.flag("prescription")) return;
  if (e.step != e.algorithm + "_prescription")
    refuse("step.rule",
           "must be '" + e.algorithm + "_prescription': the algorithm's prescription is on");
  for (const auto& [key, value] : e.step_settings.values())
    if (e.algorithm_settings.values().contains(key) &&
        e.algorithm_settings.values().at(key) != value)
      refuse("step." + key, "differs from algorithm." + key + ": one theorem, one constant");
}

void read_golden(const TomlTable& golden, Experiment& out) {
  const std::vector<std::string>& scalars = run_parameters()[2].choices;
  golden.only_keys(scalars);
  for (const std::string& scalar : scalars) {
    if (!golden.table->contains(scalar)) continue;
    const Settings settings = plain_settings(
        golden.inner(scalar),
        {{.key = "iterations", .fallback = std::int64_t(out.iterations), .doc = "", .min = 0}});
    out.golden.push_back({scalar, static_cast<long>(settings.integer("iterations"))});
  }
}

}  // namespace

Experiment parse_experiment(const std::string& text, const std::string& source,
                            const std::filesystem::path& folder,
                            const std::vector<std::string>& overrides) {
  toml::table root = parse_toml(text, source);
  for (const std::string& each : overrides) apply_override(root, each);

  const TomlTable file{&root, source, ""};
  file.only_keys({"format", "name", "description", "faults", "instance", "start", "algorithm",
                  "step", "lower_level", "hypergradient", "noise", "run", "record", "probe",
                  "golden", "change"});
  if (file.text("format") != experiment_format)
    throw InputError(
        source, "format",
        "is " + in_quotes(file.text("format")) + ", must be '" + experiment_format + "'");

  Experiment out;
  out.source = source;
  out.name = file.text("name");
  check_name(out.name, source);
  if (root.contains("description")) out.description = file.text("description");
  out.faults = read_faults(file, {});
  read_instance_table(file.inner("instance"), folder, out);

  const Choice algorithm = choose(file.inner("algorithm"), algorithm_items(), "name", "");
  out.algorithm = algorithm.item->name;
  const Choice step = choose(file.inner("step"), step_items(), "rule", default_step(out.algorithm));
  const Choice lower =
      choose(file.inner("lower_level"), lower_level_items(), "solver", "active_set");
  const Choice hypergradient = choose(file.inner("hypergradient"), hypergradient_items(),
                                      "estimator", default_estimator(out.algorithm));
  out.algorithm_settings = algorithm.settings;
  out.step = step.item->name;
  out.step_settings = step.settings;
  out.lower_level = lower.item->name;
  out.lower_level_settings = lower.settings;
  out.hypergradient = hypergradient.item->name;
  out.hypergradient_settings = hypergradient.settings;

  out.start = plain_settings(file.inner("start"), start_parameters());
  out.noise = plain_settings(file.inner("noise"), noise_parameters());
  out.record = plain_settings(file.inner("record"), record_parameters());
  out.probe = plain_settings(file.inner("probe"), probe_parameters());
  const Settings run = plain_settings(file.inner("run"), run_parameters());
  out.iterations = static_cast<long>(run.integer("iterations"));
  out.seed = static_cast<long>(run.integer("seed"));
  out.scalar = run.text("scalar");

  read_changes(root, algorithm, step, hypergradient, out);
  check_faults_act(out.faults, out.algorithm, out.hypergradient, source, "faults");
  for (const Change& change : out.changes)
    check_faults_act(change.faults, out.algorithm, out.hypergradient, source, "change.faults");
  check_consistent(out);
  read_golden(file.inner("golden"), out);
  return out;
}

Experiment read_experiment(const std::filesystem::path& path,
                           const std::vector<std::string>& overrides) {
  return parse_experiment(read_file(path), path.string(), path.parent_path(), overrides);
}

}  // namespace assay
