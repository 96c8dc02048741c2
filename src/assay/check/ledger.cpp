#include "assay/check/ledger.hpp"

#include <nlohmann/json.hpp>

#include "assay/support/files.hpp"
#include "assay/support/json.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

std::string digest(const JsonField& field) {
  const std::string digits = field.text();
  if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string::npos)
    field.must_be("a SHA-256 of 64 hexadecimal digits");
  return digits;
}

/// Calls `read(entry)` for each entry of a list.
template <class Read>
void each(const JsonField& list, Read read) {
  if (!list.value().is_array()) list.must_be("a list");
  for (std::size_t i = 0; i < list.value().size(); ++i) read(list.entry(i));
}

ColumnRule read_rule(const JsonField& json) {
  json.only_keys({"column", "max_ulps", "reason"});
  ColumnRule rule{json.at("column").text(), std::nullopt, json.at("reason").text()};
  if (rule.reason.empty()) json.at("reason").must_be("why the rule is right");
  const JsonField limit = json.at("max_ulps");
  if (limit.value() == "any") return rule;
  if (!limit.value().is_number() || limit.number() < 0) limit.must_be("a number >= 0 or \"any\"");
  rule.max_ulps = limit.number();
  return rule;
}

Blessing read_blessing(const JsonField& json) {
  json.only_keys({"date", "category", "reason", "old", "new"});
  const JsonField old = json.at("old");
  return {json.at("date").text(), json.at("category").text(), json.at("reason").text(),
          old.value().is_null() ? "" : digest(old), digest(json.at("new"))};
}

Json entry_json(const LedgerEntry& entry) {
  Json json = {{"trace", entry.trace},
               {"manifest", entry.manifest},
               {"instance", entry.instance},
               {"experiment", entry.experiment}};
  for (const ColumnRule& rule : entry.rules)
    json["rules"].push_back({{"column", rule.column},
                             {"max_ulps", rule.max_ulps ? Json(*rule.max_ulps) : Json("any")},
                             {"reason", rule.reason}});
  json["history"] = Json::array();
  for (const Blessing& b : entry.history)
    json["history"].push_back({{"date", b.date},
                               {"category", b.category},
                               {"reason", b.reason},
                               {"old", b.old_digest.empty() ? Json(nullptr) : Json(b.old_digest)},
                               {"new", b.new_digest}});
  return json;
}

/// Of what the entry says, not of how it is written; and of whom.
std::string digest_of(const std::string& id, const LedgerEntry& entry) {
  return sha256(Json({id, entry_json(entry)}).dump(-1, ' ', false, Json::error_handler_t::replace));
}

LedgerEntry read_entry(const std::string& id, const JsonField& json) {
  json.only_keys({"trace", "manifest", "instance", "experiment", "rules", "history", "sha256"});
  LedgerEntry entry{digest(json.at("trace")),
                    digest(json.at("manifest")),
                    digest(json.at("instance")),
                    digest(json.at("experiment")),
                    {},
                    {}};
  if (const auto rules = json.find("rules"))
    each(*rules, [&](const JsonField& rule) { entry.rules.push_back(read_rule(rule)); });
  each(json.at("history"),
       [&](const JsonField& blessing) { entry.history.push_back(read_blessing(blessing)); });
  const JsonField stored = json.at("sha256");
  if (const std::string is = digest_of(id, entry); digest(stored) != is)
    stored.fail("does not fit the entry, which was changed (edited on purpose, it needs " + is +
                ")");
  return entry;
}

}  // namespace

const std::vector<std::string>& bless_categories() {
  static const std::vector<std::string> names = {"bug_fix",  "algorithm_change", "numerics_change",
                                                 "new_case", "format_change",    "other"};
  return names;
}

Ledger read_ledger(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return {};
  return parse_ledger(read_file(path), path.string());
}

Ledger parse_ledger(const std::string& text, const std::string& source) {
  const nlohmann::json json = parse_json(text, source);
  const JsonField top(json, source);
  top.only_keys({"format", "cases"});
  top.at("format").word({"assay-ledger/2"});
  const JsonField cases = top.at("cases");
  if (!cases.value().is_object()) cases.must_be("an object");
  Ledger ledger;
  for (const auto& member : cases.value().items())
    ledger.cases[member.key()] = read_entry(member.key(), cases.at(member.key()));
  return ledger;
}

std::string ledger_text(const Ledger& ledger) {
  Json json = {{"format", "assay-ledger/2"}, {"cases", Json::object()}};
  for (const auto& [id, entry] : ledger.cases) {
    json["cases"][id] = entry_json(entry);
    json["cases"][id]["sha256"] = digest_of(id, entry);
  }
  return json.dump(2) + "\n";
}

}  // namespace assay
