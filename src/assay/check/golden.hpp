#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "assay/run/experiment.hpp"

namespace assay {

/// Where the golden files lie:
///
///     experiments/NAME.toml        what is run
///     instances/*.json             on what
///     traces/NAME.SCALAR.csv       what must come out, and .manifest.json beside it
///     ledger.json                  who accepted it and why
///     pending/NAME.SCALAR.*        what came out instead; never committed
class GoldenFolder {
 public:
  explicit GoldenFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path experiments() const { return root_ / "experiments"; }
  std::filesystem::path instances() const { return root_ / "instances"; }
  std::filesystem::path traces() const { return root_ / "traces"; }
  std::filesystem::path pending() const { return root_ / "pending"; }
  std::filesystem::path ledger() const { return root_ / "ledger.json"; }
  std::filesystem::path trace(const std::string& id) const { return traces() / (id + ".csv"); }
  std::filesystem::path manifest(const std::string& id) const {
    return traces() / (id + ".manifest.json");
  }

 private:
  std::filesystem::path root_;
};

/// One golden run: an experiment with the scalar and length of one of its [golden.*] tables.
struct GateCase {
  std::string id;  ///< "NAME.SCALAR"
  Experiment experiment;
};

/// An experiment file that cannot be used.
struct BrokenExperiment {
  std::string stem;  ///< its file name without ".toml"
  std::string what;
};

/// Everything golden/experiments asks for.
struct GoldenCases {
  std::vector<GateCase> cases;  ///< ordered by id
  std::vector<BrokenExperiment> broken;
  std::vector<std::filesystem::path> instances;  ///< every instance file some experiment names
};

/// Reads all experiments. A file that cannot be read or whose `name` is not its file name is listed
/// as broken. @throws InputError if there is no experiments folder.
GoldenCases collect_cases(const GoldenFolder& folder);

/// The cases whose id, or the NAME in it, is among `wanted`; all for an empty list.
/// @throws InputError for a word that selects nothing, with the closest id.
std::vector<GateCase> select_cases(const std::vector<GateCase>& cases,
                                   const std::vector<std::string>& wanted);

/// What a trace depends on, by digest.
struct CaseDigests {
  std::string trace, manifest, instance, experiment;
};

/// A trace that `check` left for `bless` to accept.
struct Pending {
  CaseDigests digests;
  std::string trace, manifest;  ///< the texts
};

/// Replaces what is pending for the case; a reader sees all of it or nothing.
void write_pending(const GoldenFolder& folder, const std::string& id, const Pending& pending);
/// @throws InputError if its files do not fit together
std::optional<Pending> read_pending(const GoldenFolder& folder, const std::string& id);
void remove_pending(const GoldenFolder& folder, const std::string& id);
std::vector<std::string> pending_ids(const GoldenFolder& folder);

}  // namespace assay
