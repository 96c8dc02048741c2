#include "assay/support/files.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
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

/// A second name for a file that is about to be replaced, so that it can be had again without
/// writing. Empty: there is no file, or the file system knows no second names.
fs::path second_name(const fs::path& path, const fs::path& temporary) {
  fs::path name = temporary;
  name += ".old";
  return ::link(path.c_str(), name.c_str()) == 0 ? name : fs::path();
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
  std::vector<fs::path> before;
  std::vector<bool> existed;
  const auto forget = [&] {
    for (const fs::path& name : before)
      if (!name.empty()) ::unlink(name.c_str());
  };
  for (std::size_t i = 0; i + 1 < prepared_.size(); ++i) {
    const auto& [path, temporary] = prepared_[i];
    existed.push_back(::access(path.c_str(), F_OK) == 0);
    before.push_back(existed.back() ? second_name(path, temporary) : fs::path());
  }
  for (std::size_t i = 0; i < prepared_.size(); ++i) {
    const auto& [path, temporary] = prepared_[i];
    if (::rename(temporary.c_str(), path.c_str()) == 0) continue;
    const int error = errno;
    for (std::size_t k = i; k-- > 0;) {
      if (!before[k].empty())
        ::rename(before[k].c_str(), prepared_[k].path.c_str());
      else if (!existed[k])
        ::unlink(prepared_[k].path.c_str());
    }
    forget();
    cannot_write(path, error);
  }
  forget();
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
