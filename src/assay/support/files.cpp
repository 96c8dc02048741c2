#include "assay/support/files.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "assay/support/error.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

[[noreturn]] void cannot_write(const fs::path& path, int error) {
  throw InputError(path.string(), "", "cannot write: " + reason(error));
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

/// Makes a file beside `path` that did not exist before. Its name does not contain the name of
/// `path`, which may be as long as the system allows.
fs::path create_beside(const fs::path& path, int& fd) {
  static std::atomic<unsigned> count{0};
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name =
        ".assay-" + std::to_string(::getpid()) + "-" + std::to_string(count++) + ".tmp";
    fs::path temporary = path.parent_path() / name;
    fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) return temporary;
    if (errno != EEXIST) break;
  }
  cannot_write(path, errno);
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Makes the rename itself survive a crash. Some file systems cannot sync a folder; that is no
/// error.
void sync_folder(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());
}

/// Undoes a replacement, as far as the system allows: what stopped the next one may stop this.
void put_back(const fs::path& path, const std::optional<std::string>& content) {
  std::error_code ignored;
  if (!content) {
    fs::remove(path, ignored);
    return;
  }
  try {
    write_file_atomically(path, *content);
  } catch (const Error&) {
    // The failure that led here is the one to report.
  }
}

}  // namespace

std::string read_file(const fs::path& path) {
  const auto fail = [&](int error) {
    throw InputError(path.string(), "", "cannot read: " + reason(error));
  };
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) fail(errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && S_ISDIR(info.st_mode)) fail(EISDIR);
  std::string content(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t size = 0;
  for (;;) {
    if (size == content.size()) content.resize(size + 65536);  // pipes and growing files
    const ssize_t got = ::read(fd.get(), content.data() + size, content.size() - size);
    if (got == 0) break;
    if (got < 0 && errno != EINTR) fail(errno);
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

Replacement::~Replacement() {
  for (const Prepared& each : prepared_) ::unlink(each.temporary.c_str());
}

void Replacement::write(const fs::path& path, std::string_view content) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    cannot_write(path, S_ISDIR(info.st_mode) ? EISDIR : EINVAL);  // never rename over a device

  int created = -1;
  const fs::path temporary = create_beside(path, created);
  Descriptor fd(created);
  if (!(write_all(fd.get(), content) && ::fsync(fd.get()) == 0 && fd.close())) {
    const int error = errno;
    ::unlink(temporary.c_str());
    cannot_write(path, error);
  }
  prepared_.push_back({path, temporary});
}

void Replacement::keep() {
  // All content is on the disk: only a rename can fail now. The last one leaves nothing to undo.
  std::vector<std::optional<std::string>> before;
  for (std::size_t i = 0; i + 1 < prepared_.size(); ++i) {
    const fs::path& path = prepared_[i].path;
    before.push_back(fs::exists(path) ? std::optional(read_file(path)) : std::nullopt);
  }
  for (std::size_t i = 0; i < prepared_.size(); ++i) {
    const auto& [path, temporary] = prepared_[i];
    if (::rename(temporary.c_str(), path.c_str()) == 0) continue;
    const int error = errno;
    for (std::size_t k = i; k-- > 0;) put_back(prepared_[k].path, before[k]);
    cannot_write(path, error);
  }
  for (const Prepared& each : prepared_) sync_folder(each.path);
  prepared_.clear();
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  Replacement one;
  one.write(path, content);
  one.keep();
}

std::string sha256(std::string_view content) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(content.data(), content.size(), digest, &size, EVP_sha256(), nullptr) != 1)
    throw Error(ExitCode::internal, "SHA-256 is not available");
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i)
    text.append(1, digits[digest[i] >> 4]).append(1, digits[digest[i] & 15]);
  return text;
}

}  // namespace assay
