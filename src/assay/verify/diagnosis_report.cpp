#include "assay/verify/diagnosis_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "assay/run/version.hpp"
#include "assay/scalar/convert.hpp"
#include "assay/verify/outward_text.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " + "));
}

/// A word as a shell takes it.
std::string shell_word(const std::string& word) {
  const std::string plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./,:@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// A path as a URI reference (RFC 3986).
std::string uri_of(const std::string& path) {
  const std::string plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri;
  for (const char c : path)
    uri += plain.find(c) != std::string::npos
               ? std::string(1, c)
               : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  return uri;
}

Json number(double value) { return json_number(value); }

}  // namespace

std::string range_text(const ProvedGap& gap) {
  if (!gap.proved) return "not proved";
  const auto end = [](double value, Towards side) {
    return outward_text(convert<Rational>(value), side, 10);
  };
  return "[" + end(gap.lower, Towards::below) + ", " + end(gap.upper, Towards::above) + "]";
}

Json json_number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const ProvedGap& proved) {
  return proved.proved ? Json{{"lower", number(proved.lower)}, {"upper", number(proved.upper)}}
                       : Json{{"why", proved.why}};
}

Json json_of(const std::vector<Event>& events) {
  Json list = Json::array();
  for (const Event& event : events) {
    Json numbers = Json::object();
    for (const auto& [key, value] : event.numbers) numbers[key] = number(value);
    list.push_back({{"id", event.id},
                    {"first", event.first},
                    {"last", event.last},
                    {"count", event.count},
                    {"sentence", event.sentence},
                    {"numbers", numbers}});
  }
  return list;
}

std::string DiagnosisReport::command(const std::string& verb, const std::vector<std::string>& extra,
                                     const std::string& more) const {
  std::string line = "assay " + verb + " " + shell_word(file);
  for (const std::string& setting : settings) line += " --set " + shell_word(setting);
  for (const std::string& setting : extra) line += " --set " + shell_word(setting);
  return line + more;
}

/// The commands that print a finding's numbers again: the diagnosis itself, and for every what-if
/// it cites the run, which leaves that trace.
std::vector<std::string> DiagnosisReport::reproduce(const Finding& finding) const {
  std::vector<std::string> list = {command(
      "diagnose", {},
      diagnosis.ladders.empty() ? ""
                                : fmt::format(" --at {}", diagnosis.ladders.back().iteration))};
  for (const Effect& effect : diagnosis.effects)
    if (finding.numbers.contains("ratio " + effect.id) && !effect.settings.empty())
      list.push_back(command("run", effect.settings, ""));
  return list;
}

std::string DiagnosisReport::text() const {
  const Experiment& e = experiment;
  const Diagnosis& d = diagnosis;
  std::string out =
      fmt::format("{}: gap {:.6e} after {} iterations, the algorithm reports {:.6e}\n", e.name,
                  d.gap_total, d.iterations, d.gap_reported);
  if (d.ending.failed) out += fmt::format("  the run failed: {}\n", d.ending.failure);
  out += d.proved.proved ? fmt::format("  proved: |grad F| in {}\n", range_text(d.proved))
                         : fmt::format("  not proved: {}\n", d.proved.why);
  out += fmt::format("verdict: {}\n", d.verdict);
  for (const Finding& f : d.findings) {
    out += fmt::format("  {:<7} {}: {}\n", to_string(f.role), f.id, f.sentence);
    for (const std::string& line : f.evidence) out += fmt::format("            {}\n", line);
    for (const std::string& line : reproduce(f)) out += fmt::format("            $ {}\n", line);
  }
  if (!d.cures.empty()) {
    out += "smallest changes that remove it\n";
    for (const auto& cure : d.cures) out += fmt::format("  {}\n", joined(cure));
  }
  if (!d.ladders.empty()) {
    out += fmt::format("ladder: (reported - true gradient), rung by rung\n  {:>9} {:>12} {:>12}",
                       "iteration", "|true|", "|difference|");
    for (const Rung& rung : d.ladders.front().rungs) out += fmt::format(" {:>18}", rung.cause);
    out += "\n";
    for (const Ladder& ladder : d.ladders) {
      out += fmt::format("  {:>9} {:>12.4e} {:>12.4e}", ladder.iteration, ladder.truth_size,
                         ladder.error_size);
      for (const Rung& rung : ladder.rungs) out += fmt::format(" {:>18.4e}", rung.size);
      out += "\n";
    }
  }
  if (!d.laws.empty()) out += "theory (predicted over the spectrum of F, and measured)\n";
  for (const Law& law : d.laws)
    out += fmt::format("  {:<14} {:.6g} to {:.6g}, measured {:.6g}: {}\n", law.id, law.low,
                       law.high, law.measured, law.what);
  if (d.exchange)
    out += fmt::format(
        "tolerances: at this gap F - F* is {:.4g} to {:.4g}; F - F* <= 1e-4 allows a gap of "
        "{:.4g}, a "
        "gap of 1e-4 allows F - F* = {:.4g}\n",
        d.exchange->excess_low, d.exchange->excess_high, d.exchange->gap_of_objective,
        d.exchange->objective_of_gap);
  if (d.kink && d.kink->proved && d.kink->pieces > 1)
    out += fmt::format(
        "kinks: {} points on {} pieces of F within {:.4g} of one of them{}; proved: 0 is at most "
        "{:.4g} from the hull of their gradients, none shorter than {:.4g}; one-sided slopes at "
        "most "
        "{:.4g} and {:.4g}{}\n",
        d.kink->points, d.kink->pieces, d.kink->radius,
        d.kink->away > 0 ? fmt::format(", that at most {:.4g} from the last point", d.kink->away)
                         : "",
        d.kink->distance, d.kink->smallest, d.kink->slope_there, d.kink->slope_back,
        d.kink->smooth > 0 ? "" : "; too far apart to tell a kink from a bend: try shorter steps");
  if (!d.events.empty()) out += "events\n";
  for (const Event& event : d.events) out += fmt::format("  {:<26} {}\n", event.id, event.sentence);
  if (!d.effects.empty())
    out += "what if (gap at the end, as a multiple, and proved for the last point)\n";
  for (const Effect& effect : d.effects)
    out += effect.ending.failed
               ? fmt::format("  {:<26} fails: {}\n", effect.id, effect.ending.failure)
               : fmt::format("  {:<26} {:>12.6e} {:>10.4g}  {:<28} {}\n", effect.id,
                             effect.ending.level, effect.ratio, range_text(effect.proved),
                             effect.what);
  return out;
}

Json DiagnosisReport::json() const {
  const Experiment& e = experiment;
  const Diagnosis& d = diagnosis;
  Json j = {{"format", "assay-diagnosis/1"},
            {"experiment", e.name},
            {"instance", {{"name", instance.name}, {"sha256", instance.digest}}},
            {"iterations", d.iterations},
            {"gap_total", number(d.gap_total)},
            {"gap_reported", number(d.gap_reported)},
            {"level", number(d.ending.level)},
            {"tail", to_string(d.ending.tail.shape)},
            {"failure", d.ending.failure},
            {"verdict", d.verdict}};
  j["proved"] = json_of(d.proved);
  j["findings"] = Json::array();
  for (const Finding& f : d.findings) {
    Json numbers = Json::object();
    for (const auto& [key, value] : f.numbers) numbers[key] = number(value);
    j["findings"].push_back({{"id", f.id},
                             {"role", to_string(f.role)},
                             {"sentence", f.sentence},
                             {"evidence", f.evidence},
                             {"numbers", numbers},
                             {"reproduce", reproduce(f)}});
  }
  j["cures"] = d.cures;
  j["ladder"] = Json::array();
  for (const Ladder& ladder : d.ladders) {
    Json rungs = Json::array();
    for (const Rung& rung : ladder.rungs)
      rungs.push_back({{"cause", rung.cause},
                       {"remedy", rung.remedy},
                       {"size", number(rung.size)},
                       {"share", number(rung.share)}});
    j["ladder"].push_back({{"iteration", ladder.iteration},
                           {"reported", number(ladder.reported_size)},
                           {"true", number(ladder.truth_size)},
                           {"difference", number(ladder.error_size)},
                           {"identity_error", number(ladder.identity_error)},
                           {"identity_bound", number(ladder.identity_bound)},
                           {"rungs", rungs}});
  }
  if (d.loop)
    j["loop"] = {{"gain", number(d.loop->gain)},
                 {"limit", number(d.loop->limit)},
                 {"stable", d.loop->stable},
                 {"predicted_gap", number(d.loop->amplitude)},
                 {"predicted_period", number(d.loop->period)},
                 {"stable_gamma2", number(d.loop->cure)}};
  j["laws"] = Json::array();
  for (const Law& law : d.laws)
    j["laws"].push_back({{"id", law.id},
                         {"what", law.what},
                         {"predicted", {number(law.low), number(law.high)}},
                         {"measured", number(law.measured)}});
  if (d.exchange)
    j["exchange"] = {
        {"objective_excess", {number(d.exchange->excess_low), number(d.exchange->excess_high)}},
        {"gap_of_objective_1e-4", number(d.exchange->gap_of_objective)},
        {"objective_of_gap_1e-4", number(d.exchange->objective_of_gap)}};
  if (d.kink)
    j["kink"] = {{"proved", d.kink->proved},
                 {"why", d.kink->why},
                 {"pieces", d.kink->pieces},
                 {"radius", number(d.kink->radius)},
                 {"away", number(d.kink->away)},
                 {"smallest_gap", number(d.kink->smallest)},
                 {"goldstein_distance", number(d.kink->distance)},
                 {"gap_without_kink", number(d.kink->smooth)},
                 {"slopes", {number(d.kink->slope_there), number(d.kink->slope_back)}}};
  j["events"] = json_of(d.events);
  j["effects"] = Json::array();
  for (const Effect& effect : d.effects)
    j["effects"].push_back({{"id", effect.id},
                            {"what", effect.what},
                            {"level", number(effect.ending.level)},
                            {"ratio", number(effect.ratio)},
                            {"proved", json_of(effect.proved)},
                            {"settings", effect.settings},
                            {"tail", to_string(effect.ending.tail.shape)},
                            {"failure", effect.ending.failure}});
  return j;
}

Json DiagnosisReport::sarif() const {
  Json rules = Json::array(), results = Json::array();
  for (const Finding& f : diagnosis.findings) {
    for (const CauseInfo& info : cause_catalogue())
      if (info.id == f.id)
        rules.push_back({{"id", info.id},
                         {"shortDescription", {{"text", info.meaning}}},
                         {"help", {{"text", "What mends it: " + info.remedy}}}});
    Json numbers = Json::object();
    for (const auto& [key, value] : f.numbers) numbers[key] = number(value);
    std::string message = f.sentence;
    for (const std::string& line : f.evidence) message += "\n" + line;
    Json place = {{"physicalLocation", {{"artifactLocation", {{"uri", uri_of(file)}}}}}};
    results.push_back(
        {{"ruleId", f.id},
         {"level", f.role == Role::cause    ? "error"
                   : f.role == Role::report ? "warning"
                                            : "note"},
         {"message", {{"text", message}}},
         {"locations", Json::array({place})},
         {"properties",
          {{"role", to_string(f.role)}, {"numbers", numbers}, {"reproduce", reproduce(f)}}}});
  }
  Json driver = {{"name", "assay"}, {"version", program_version}, {"rules", rules}};
  Json invocation = {{"executionSuccessful", true}, {"commandLine", command("diagnose", {}, "")}};
  Json run = {{"tool", {{"driver", driver}}},
              {"invocations", Json::array({invocation})},
              {"results", results},
              {"properties", {{"verdict", diagnosis.verdict}, {"cures", diagnosis.cures}}}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", Json::array({run})}};
}

}  // namespace assay
