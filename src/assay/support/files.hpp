#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// The whole file. @throws InputError naming the file when it cannot be read.
std::string read_file(const std::filesystem::path& path);

/// Files that change together. write() prepares each beside the one it is to replace, with its
/// content safe on the disk; keep() then renames all of them. A failure of either leaves every file
/// as it was, even on a full disk (on file systems without hard links only that of the first
/// rename does); without keep() nothing changes. No temporary stays behind. What ends the process
/// between two renames leaves the first files new and the others old.
class Replacement {
 public:
  Replacement() = default;
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement();

  // Both @throw InputError naming the file and the system's reason.
  void write(const std::filesystem::path& path, std::string_view content);
  void keep();

 private:
  struct Prepared {
    std::filesystem::path path, temporary;
  };
  std::vector<Prepared> prepared_;
};

/// Replaces `path` by `content` or leaves it as it was: writes a temporary beside it, fsyncs it,
/// renames it, fsyncs the folder. On any failure (disk full, no permission) the temporary is
/// removed.
/// @throws InputError naming the file and the system's reason.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// SHA-256 of `content`, 64 lower-case hexadecimal digits.
std::string sha256(std::string_view content);

}  // namespace assay
