#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "properties/campaign.hpp"

namespace assay::properties {

/// A folder of cases that once failed: PROPERTY.SCALAR.DIGEST.json, the digest that of the case.
class Corpus {
 public:
  explicit Corpus(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }

  /// The files of one property and scalar, sorted; none where there is no folder.
  std::vector<std::filesystem::path> files(const std::string& property,
                                           const std::string& scalar) const;

  /// What the file of a case is called.
  static std::string file_name(const std::string& property, const std::string& scalar,
                               const Case& c);

  /// Makes the folder and tries to write there: a campaign should not run for nothing.
  /// @throws InputError naming the folder
  void prepare() const;

  /// Writes the failure, unless it is there already. @return its file
  /// @throws InputError naming the file when it cannot be written
  std::filesystem::path save(const std::string& property, const std::string& scalar,
                             const Failure& failure) const;

 private:
  void make_folder() const;

  std::filesystem::path folder_;
};

struct Replay {
  std::filesystem::path file;
  SavedCase saved;
  Verdict verdict;
};

/// Checks the case of a file again. @throws InputError naming the file
Replay replay_file(const std::filesystem::path& file);

}  // namespace assay::properties
