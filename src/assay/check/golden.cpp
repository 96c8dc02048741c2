#include "assay/check/golden.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "assay/support/error.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

/// Files in a folder that end in `ending`, sorted by name so that no result depends on the disk.
std::vector<fs::path> files_ending(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename().string().ends_with(ending)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

constexpr const char* marker_ending = ".pending.json";
constexpr const char* pending_format = "assay-pending/1";

fs::path pending_file(const GoldenFolder& folder, const std::string& id, const char* ending) {
  return folder.pending() / (id + ending);
}

}  // namespace

GoldenCases collect_cases(const GoldenFolder& folder) {
  if (!fs::is_directory(folder.experiments()))
    throw InputError(folder.experiments().string(), "", "no such folder; name it with --golden");
  GoldenCases all;
  for (const fs::path& file : files_ending(folder.experiments(), ".toml")) {
    const std::string stem = file.stem().string();
    try {
      const Experiment experiment = read_experiment(file);
      if (experiment.name != stem)
        throw InputError(file.string(), "name", "must be the file's name, '" + stem + "'");
      if (!experiment.instance_path.empty()) all.instances.push_back(experiment.instance_path);
      for (const GoldenCase& golden : experiment.golden) {
        GateCase c{stem + "." + golden.scalar, experiment};
        c.experiment.scalar = golden.scalar;
        c.experiment.iterations = golden.iterations;
        all.cases.push_back(std::move(c));
      }
    } catch (const Error& e) {
      all.broken.push_back({stem, e.what()});
    }
  }
  std::sort(all.cases.begin(), all.cases.end(),
            [](const GateCase& a, const GateCase& b) { return a.id < b.id; });
  return all;
}

std::vector<GateCase> select_cases(const std::vector<GateCase>& cases,
                                   const std::vector<std::string>& wanted) {
  if (wanted.empty()) return cases;
  const auto fits = [](const GateCase& c, const std::string& word) {
    return word == c.id || word == c.experiment.name;
  };
  std::vector<std::string> ids;
  for (const GateCase& c : cases) ids.push_back(c.id);
  for (const std::string& word : wanted)
    if (std::none_of(cases.begin(), cases.end(), [&](const GateCase& c) { return fits(c, word); }))
      throw InputError("", word, "no such golden case" + suggestion(word, ids));
  std::vector<GateCase> selected;
  for (const GateCase& c : cases)
    if (std::any_of(wanted.begin(), wanted.end(), [&](const auto& word) { return fits(c, word); }))
      selected.push_back(c);
  return selected;
}

void write_pending(const GoldenFolder& folder, const std::string& id, const Pending& pending) {
  std::error_code error;
  fs::create_directories(folder.pending(), error);
  if (error) throw InputError(folder.pending().string(), "", error.message());
  remove_pending(folder, id);
  write_file_atomically(pending_file(folder, id, ".csv"), pending.trace);
  write_file_atomically(pending_file(folder, id, ".manifest.json"), pending.manifest);
  const CaseDigests& d = pending.digests;
  const nlohmann::ordered_json marker = {{"format", pending_format},
                                         {"trace", d.trace},
                                         {"manifest", d.manifest},
                                         {"instance", d.instance},
                                         {"experiment", d.experiment}};
  // The marker comes last: without it nothing is pending.
  write_file_atomically(pending_file(folder, id, marker_ending), marker.dump(2) + "\n");
}

std::optional<Pending> read_pending(const GoldenFolder& folder, const std::string& id) {
  const fs::path marker = pending_file(folder, id, marker_ending);
  if (!fs::exists(marker)) return std::nullopt;
  Pending pending;
  try {
    const auto json = nlohmann::json::parse(read_file(marker));
    if (json.at("format") != pending_format)
      throw InputError(marker.string(), "format", std::string("is not ") + pending_format);
    pending.digests = {json.at("trace"), json.at("manifest"), json.at("instance"),
                       json.at("experiment")};
  } catch (const nlohmann::json::exception&) {
    throw InputError(marker.string(), "", "damaged; run the check again");
  }
  pending.trace = read_file(pending_file(folder, id, ".csv"));
  pending.manifest = read_file(pending_file(folder, id, ".manifest.json"));
  if (sha256(pending.trace) != pending.digests.trace ||
      sha256(pending.manifest) != pending.digests.manifest)
    throw InputError(marker.string(), "", "the pending files were changed; run the check again");
  return pending;
}

void remove_pending(const GoldenFolder& folder, const std::string& id) {
  // While the marker is there, the files it speaks of have to be.
  std::error_code error;
  for (const char* ending : {marker_ending, ".csv", ".manifest.json"})
    if (fs::remove(pending_file(folder, id, ending), error); error) return;
}

std::vector<std::string> pending_ids(const GoldenFolder& folder) {
  std::vector<std::string> ids;
  for (const fs::path& file : files_ending(folder.pending(), marker_ending)) {
    const std::string name = file.filename().string();
    ids.push_back(name.substr(0, name.size() - std::string(marker_ending).size()));
  }
  return ids;
}

}  // namespace assay
