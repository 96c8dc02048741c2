#include "properties/corpus.hpp"

#include <algorithm>

#include "assay/support/error.hpp"
#include "assay/support/files.hpp"

namespace assay::properties {

namespace fs = std::filesystem;

std::vector<fs::path> Corpus::files(const std::string& property, const std::string& scalar) const {
  std::vector<fs::path> found;
  const std::string prefix = property + "." + scalar + ".";
  std::error_code none;
  for (fs::directory_iterator it(folder_, none), end; !none && it != end; it.increment(none)) {
    const std::string name = it->path().filename().string();
    std::error_code unknown;  // is then said where it is read
    if (name.starts_with(prefix) && name.ends_with(".json") && !it->is_directory(unknown))
      found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string Corpus::file_name(const std::string& property, const std::string& scalar,
                              const Case& c) {
  return property + "." + scalar + "." + sha256(case_text(c)).substr(0, 16) + ".json";
}

void Corpus::make_folder() const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error && !fs::is_directory(folder_, error) && !error)
    error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw InputError(folder_.string(), "", "cannot be made a folder: " + error.message());
}

void Corpus::prepare() const {
  make_folder();
  const Temporary probe(folder_, folder_);
}

fs::path Corpus::save(const std::string& property, const std::string& scalar,
                      const Failure& failure) const {
  make_folder();
  const fs::path file = folder_ / file_name(property, scalar, failure.test_case);
  std::error_code unknown;  // then it is written, or said why not
  if (!fs::is_regular_file(file, unknown))
    write_file_atomically(file, saved_case_text({property, scalar, failure.failure, failure.message,
                                                 failure.test_case}));
  return file;
}

Replay replay_file(const fs::path& file) {
  Replay replay{file, parse_saved_case(read_file(file), file.string()), {}};
  const Property& property = find_property(replay.saved.property, file.string(), "property");
  const auto& typed = find_law(property, replay.saved.scalar, file.string(), "scalar");
  try {
    replay.verdict = judge(typed.law, replay.saved.test_case);
  } catch (const CaseError& error) {
    throw InputError(file.string(), "case." + error.key(), error.reason());
  }
  return replay;
}

}  // namespace assay::properties
