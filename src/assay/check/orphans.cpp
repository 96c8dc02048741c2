#include "assay/check/orphans.hpp"

#include <algorithm>
#include <set>

#include "assay/support/files.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

/// All but temporaries: the next blessing removes those of one that was killed.
std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent))
    if (!is_temporary(entry.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// The case id a file under traces/ belongs to by its name, or "".
std::string case_of(const fs::path& file) {
  const std::string name = file.filename().string();
  for (const std::string ending : {".manifest.json", ".csv"})
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  return "";
}

}  // namespace

std::vector<GateFinding> find_orphans(const GoldenFolder& folder, const Ledger& ledger,
                                      const GoldenCases& all) {
  std::set<std::string> ids;
  for (const GateCase& c : all.cases) ids.insert(c.id);
  // The cases of an experiment that cannot be read are unknown, so nothing that may be theirs
  // counts.
  const auto wanted = [&](const std::string& id) {
    return ids.count(id) > 0 ||
           std::any_of(all.broken.begin(), all.broken.end(),
                       [&](const auto& b) { return id.starts_with(b.stem + "."); });
  };

  std::vector<GateFinding> findings;
  const auto orphan = [&](const std::string& subject, const std::string& what) {
    findings.push_back({subject, Verdict::orphaned, what, ""});
  };
  for (const fs::path& file : files_of(folder.traces()))
    if (!wanted(case_of(file)))
      orphan("traces/" + file.filename().string(), "no experiment asks for it");
  for (const auto& [id, entry] : ledger.cases)
    if (!wanted(id)) orphan("ledger.json: cases." + id, "no experiment asks for it");
  for (const fs::path& file : files_of(folder.instances())) {
    const bool used =
        std::any_of(all.instances.begin(), all.instances.end(), [&](const fs::path& p) {
          std::error_code absent;
          return fs::equivalent(p, file, absent);
        });
    if (!used && all.broken.empty())
      orphan("instances/" + file.filename().string(), "no experiment uses it");
  }
  return findings;
}

}  // namespace assay
