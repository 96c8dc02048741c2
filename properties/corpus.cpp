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
    if (name.starts_with(prefix) && name.ends_with(".json")) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

fs::path Corpus::save(const std::string& property, const std::string& scalar,
                      const Failure& failure) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw InputError(folder_.string(), "", "cannot be made: " + error.message());
  const std::string digest = sha256(case_text(failure.test_case)).substr(0, 16);
  const fs::path file = folder_ / (property + "." + scalar + "." + digest + ".json");
  if (!fs::exists(file))
    write_file_atomically(file, saved_case_text({property, scalar, failure.failure, failure.message,
                                                 failure.test_case}));
  return file;
}

Replay replay_file(const fs::path& file) {
  Replay replay{file, parse_saved_case(read_file(file), file.string()), {}};
  const Property& property = find_property(replay.saved.property, file.string(), "property");
  const auto& typed = find_law(property, replay.saved.scalar, file.string(), "scalar");
  replay.verdict = judge(typed.law, replay.saved.test_case);
  return replay;
}

}  // namespace assay::properties
