#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "assay/algorithm/catalogue.hpp"
#include "assay/cli/session.hpp"
#include "assay/faults/faults.hpp"
#include "assay/hypergradient/catalogue.hpp"
#include "assay/lower_level/catalogue.hpp"
#include "assay/problem/generator.hpp"
#include "assay/scalar/text.hpp"
#include "assay/step/catalogue.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

Topic faults_topic() {
  Topic topic{"faults", {}};
  for (const FaultInfo& fault : fault_registry())
    topic.items.push_back({fault.name, fault.summary + " [" + fault.acts_on + "]", {}});
  return topic;
}

Topic scalars_topic() {
  return {
      "scalars",
      {{"double", "IEEE binary64: what users run", {}},
       {"soft53", "binary64 in software: equals double bit for bit, or the build is at fault", {}},
       {"real50", "at least 50 decimal digits", {}},
       {"real100", "at least 100 decimal digits", {}}}};
}

/// The tables of an experiment file that belong to no catalogue entry.
Topic tables_topic() {
  return {"tables",
          {{"generator", "[instance.generator]: a random instance", generator_parameters()},
           {"start", "[start]: where x starts", start_parameters()},
           {"noise", "[noise]: what is added to evaluated values", noise_parameters()},
           {"run", "[run]: length, random key and arithmetic", run_parameters()},
           {"record", "[record]: which rows are written", record_parameters()},
           {"probe", "[probe]: checks of the estimator on the way", probe_parameters()}}};
}

Topic experiments_topic(const GoldenFolder& folder) {
  Topic topic{"experiments", {}};
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder.experiments(), absent)) {
    if (entry.path().extension() != ".toml") continue;
    const std::string stem = entry.path().stem().string();
    try {
      topic.items.push_back({stem, read_experiment(entry.path()).description, {}});
    } catch (const Error& e) {
      topic.items.push_back({stem, std::string("cannot be used: ") + e.what(), {}});
    }
  }
  std::sort(topic.items.begin(), topic.items.end(),
            [](const CatalogueItem& a, const CatalogueItem& b) { return a.name < b.name; });
  return topic;
}

/// The range in words: "one of a, b", "> 0", ">= 0, <= 1", or "".
std::string range_words(const Parameter& p) {
  std::string text;
  if (!p.choices.empty()) {
    for (const std::string& choice : p.choices) text += (text.empty() ? "one of " : ", ") + choice;
    return text;
  }
  const Parameter unbounded{};
  if (p.min != unbounded.min) text = (p.min_open ? "> " : ">= ") + to_text(p.min);
  if (p.max != unbounded.max)
    text += (text.empty() ? "" : ", ") + std::string(p.max_open ? "< " : "<= ") + to_text(p.max);
  return text;
}

std::string item_text(const CatalogueItem& item, std::size_t width, bool with_parameters) {
  std::string text = fmt::format("  {:<{}}  {}\n", item.name, width, item.summary);
  if (!with_parameters) return text;
  for (const Parameter& p : item.parameters) {
    const std::string range = range_words(p);
    text += fmt::format("    {} = {}{}\n        {}\n", p.key, value_text(p.fallback),
                        range.empty() ? "" : "   (" + range + ")", p.doc);
  }
  return text;
}

std::string topic_text(const Topic& topic, bool with_parameters) {
  std::size_t width = 0;
  for (const CatalogueItem& item : topic.items) width = std::max(width, item.name.size());
  std::string text = topic.name + "\n";
  for (const CatalogueItem& item : topic.items) text += item_text(item, width, with_parameters);
  return text;
}

Json topic_json(const Topic& topic) {
  Json list = Json::array();
  for (const CatalogueItem& item : topic.items) {
    Json entry = {{"name", item.name}, {"summary", item.summary}};
    for (const Parameter& p : item.parameters)
      entry["parameters"].push_back({{"key", p.key},
                                     {"default", value_text(p.fallback)},
                                     {"range", range_words(p)},
                                     {"doc", p.doc}});
    list.push_back(std::move(entry));
  }
  return list;
}

/// Every name that has parameters, once.
std::string names_with_parameters(const std::vector<Topic>& topics) {
  std::set<std::string> seen;
  std::string text;
  for (const Topic& topic : topics)
    for (const CatalogueItem& item : topic.items)
      if (!item.parameters.empty() && seen.insert(item.name).second)
        text += (text.empty() ? "" : ", ") + item.name;
  return text;
}

/// Keeps only the items called `name`.
std::vector<Topic> items_called(const std::vector<Topic>& topics, const std::string& name) {
  std::vector<Topic> found;
  std::vector<std::string> names;
  for (const Topic& topic : topics) {
    Topic kept{topic.name, {}};
    for (const CatalogueItem& item : topic.items) {
      names.push_back(item.name);
      if (item.name == name) kept.items.push_back(item);
    }
    if (!kept.items.empty()) found.push_back(std::move(kept));
  }
  if (found.empty()) throw InputError("", name, "is in no list" + suggestion(name, names));
  return found;
}

void list(const std::string& what, const std::string& name, Session& session) {
  std::vector<Topic> topics = {{"algorithms", algorithm_items()},
                               {"steps", step_items()},
                               {"lower-levels", lower_level_items()},
                               {"hypergradients", hypergradient_items()},
                               tables_topic(),
                               faults_topic(),
                               scalars_topic(),
                               experiments_topic(session.golden())};
  topics.insert(topics.end() - 1, session.topics().begin(), session.topics().end());
  const bool parameters = what == "parameters";
  if (parameters && name.empty())
    throw InputError("", "list",
                     "type " + session.program() + " list parameters NAME, where NAME is one of " +
                         names_with_parameters(topics));
  if (!parameters && !name.empty())
    throw InputError("", "list", "a NAME goes only with 'parameters'");
  if (parameters) topics = items_called(topics, name);
  std::string text;
  Json json = {{"format", "assay-list/1"}};
  for (const Topic& topic : topics) {
    if (!what.empty() && !parameters && topic.name != what) continue;
    text += topic_text(topic, !what.empty());
    json[topic.name] = topic_json(topic);
  }
  session.results(text, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

void add_list(CLI::App& app, Session& session) {
  auto what = std::make_shared<std::string>(), name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("list", "what an experiment can be made of");
  std::vector<std::string> names = {"algorithms", "steps",  "lower-levels", "hypergradients",
                                    "tables",     "faults", "scalars"};
  for (const Topic& topic : session.topics()) names.push_back(topic.name);
  names.push_back("experiments");
  std::string words;
  for (const std::string& topic : names) words += topic + ", ";
  names.push_back("parameters");
  command->add_option("WHAT", *what, words + "or parameters NAME; default: everything, in brief")
      ->check(CLI::IsMember(names));
  command->add_option("NAME", *name, "an entry of any of these");
  session.add_common_options(*command);
  session.add_golden_option(*command);
  command->callback([what, name, &session] { list(*what, *name, session); });
}

}  // namespace assay
