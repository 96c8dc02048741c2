#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// The folder a file lies in; "." for a mere name.
std::filesystem::path folder_of(const std::filesystem::path& path);

/// The whole file. @throws InputError naming the file when it cannot be read.
std::string read_file(const std::filesystem::path& path);

/// A new, empty file ".assay-PROCESS-NUMBER.tmp" for what is not finished; gone with the object.
/// Names that go on after that one belong to it. It is locked while the object lives: an unlocked
/// one was left by a process that was killed.
class Temporary {
 public:
  /// Removes first what killed processes left in the folder.
  /// @throws InputError naming `path`, for whose sake the file is made
  Temporary(const std::filesystem::path& folder, const std::filesystem::path& path);
  Temporary(Temporary&& other) noexcept;
  Temporary& operator=(Temporary&&) = delete;
  ~Temporary();

  const std::filesystem::path& name() const { return name_; }
  int descriptor() const { return descriptor_; }

  /// The file has got another name: whoever has this one now, it is not removed at the end.
  void release();

 private:
  std::filesystem::path name_;
  int descriptor_ = -1;
};

/// Whether a file is named as a Temporary, or what belongs to one, is: nothing to be read.
bool is_temporary(const std::filesystem::path& path);

/// Removes from `folder` what killed processes left there, as far as it can.
void remove_abandoned(const std::filesystem::path& folder);

/// Makes the names in a folder survive a crash. Some file systems cannot; that is no error.
void sync_folder(const std::filesystem::path& folder);

/// Files that change together. write() prepares each beside the one it is to replace, with its
/// content safe on the disk; keep() then renames all of them. A failure of either leaves every file
/// as it was, even on a full disk (on file systems without hard links only that of the first
/// rename does); without keep() nothing changes. No temporary stays behind. What ends the process
/// between two renames leaves the first files new and the others old, and temporaries that the next
/// write into their folder removes.
class Replacement {
 public:
  Replacement() = default;
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  // Both @throw InputError naming the file and the system's reason.
  void write(const std::filesystem::path& path, std::string_view content);
  void keep();

 private:
  struct Prepared {
    std::filesystem::path path;
    Temporary temporary;
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
