#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace assay {

/// The whole file. @throws InputError naming the file when it cannot be read.
std::string read_file(const std::filesystem::path& path);

/// Replaces `path` by `content` or leaves it as it was: writes a temporary beside it, fsyncs it,
/// renames it, fsyncs the folder. On any failure (disk full, no permission) the temporary is
/// removed.
/// @throws InputError naming the file and the system's reason.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// SHA-256 of `content`, 64 lower-case hexadecimal digits.
std::string sha256(std::string_view content);

}  // namespace assay
