#include "assay/support/files.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <list>
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

 private:
  int fd_;
};

constexpr std::string_view temporary_begin = ".assay-", temporary_end = ".tmp", old_end = ".old";

/// What stands behind the name of a Temporary in the names of what belongs to it.
constexpr std::array<std::string_view, 5> belongings = {"", old_end, "-journal", "-history",
                                                        "-history-journal"};

/// The name of the Temporary that a file of this name is or belongs to; "" if to none. The pattern
/// is narrow: what a user calls .assay-something is his.
std::string temporary_of(std::string_view name) {
  std::string_view rest = name;
  const auto skip = [&](std::string_view what) {
    const bool there = rest.starts_with(what);
    if (there) rest.remove_prefix(what.size());
    return there;
  };
  const auto skip_number = [&] {
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    rest.remove_prefix(digits);
    return digits > 0;
  };
  if (!skip(temporary_begin) || !skip_number() || !skip("-") || !skip_number() ||
      !skip(temporary_end) ||
      std::find(belongings.begin(), belongings.end(), rest) == belongings.end())
    return "";
  return std::string(name.substr(0, name.size() - rest.size()));
}

/// Like flock, whatever signals come.
bool lock(int descriptor, int operation) {
  int result;
  do result = ::flock(descriptor, operation);
  while (result != 0 && errno == EINTR);
  return result == 0;
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A second name for a file that is about to be replaced, so that it can be had again without
/// writing; locked as a Temporary is, or another process would remove it. Where someone else holds
/// the file locked for himself, that lock does as well.
class SecondName {
 public:
  SecondName(const fs::path& path, const Temporary& temporary) : name_(temporary.name()) {
    name_ += old_end;
    for (int attempt = 0; attempt < 100 && !has_; ++attempt) {
      if (::link(path.c_str(), name_.c_str()) != 0) return;
      lock_.emplace(::open(name_.c_str(), O_RDONLY | O_CLOEXEC));
      if (lock_->get() >= 0) lock(lock_->get(), LOCK_SH | LOCK_NB);
      // Before it was locked another process may have taken it for abandoned.
      has_ = ::access(name_.c_str(), F_OK) == 0;
    }
  }
  SecondName(const SecondName&) = delete;
  ~SecondName() {
    if (has_) ::unlink(name_.c_str());
  }
  /// False: there is no file, or the file system knows no second names.
  bool has() const { return has_; }
  const fs::path& name() const { return name_; }

 private:
  std::optional<Descriptor> lock_;
  fs::path name_;
  bool has_ = false;
};

}  // namespace

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

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

// Its name does not contain the name of `path`, which may be as long as the system allows.
Temporary::Temporary(const fs::path& folder, const fs::path& path) {
  static std::atomic<unsigned> count{0};
  remove_abandoned(folder);
  for (int attempt = 0; attempt < 100; ++attempt) {
    name_ = folder / temporary_begin;
    name_ += std::to_string(::getpid()) + "-" + std::to_string(count++);
    name_ += temporary_end;
    descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) break;
    if (descriptor_ < 0) continue;
    // Before it was locked another process may have taken it for abandoned.
    lock(descriptor_, LOCK_EX);
    struct stat info {};
    if (::fstat(descriptor_, &info) == 0 && info.st_nlink > 0) return;
    ::close(std::exchange(descriptor_, -1));
    errno = EEXIST;
  }
  cannot_write(path, errno);
}

Temporary::Temporary(Temporary&& other) noexcept
    : name_(std::move(other.name_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

Temporary::~Temporary() {
  if (descriptor_ < 0) return;
  if (!name_.empty()) ::unlink(name_.c_str());
  ::close(descriptor_);
}

void Temporary::release() { name_.clear(); }

bool is_temporary(const fs::path& path) { return !temporary_of(path.filename().string()).empty(); }

void remove_abandoned(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const fs::path& file = it->path();
    const std::string name = file.filename().string(), temporary = temporary_of(name);
    if (temporary.empty()) continue;
    const fs::path owner = name.ends_with(old_end) ? file : folder / temporary;
    // Removed under the lock, or it might be one that is just being made.
    const Descriptor fd(::open(owner.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (fd.get() < 0 ? errno == ENOENT : lock(fd.get(), LOCK_EX | LOCK_NB)) ::unlink(file.c_str());
  }
}

void sync_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());
}

void Replacement::write(const fs::path& path, std::string_view content) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    cannot_write(path, S_ISDIR(info.st_mode) ? EISDIR : EINVAL);  // never rename over a device

  Temporary temporary(folder_of(path), path);
  if (!write_all(temporary.descriptor(), content) || ::fsync(temporary.descriptor()) != 0)
    cannot_write(path, errno);
  prepared_.push_back({path, std::move(temporary)});
}

void Replacement::keep() {
  // All content is on the disk: only a rename can fail now. The last one leaves nothing to undo.
  std::list<SecondName> before;
  std::vector<bool> existed;
  for (std::size_t i = 0; i + 1 < prepared_.size(); ++i) {
    const auto& [path, temporary] = prepared_[i];
    existed.push_back(::access(path.c_str(), F_OK) == 0);
    before.emplace_back(path, temporary);
  }
  for (std::size_t i = 0; i < prepared_.size(); ++i) {
    auto& [path, temporary] = prepared_[i];
    if (::rename(temporary.name().c_str(), path.c_str()) == 0) {
      temporary.release();
      continue;
    }
    const int error = errno;
    auto old = before.begin();
    for (std::size_t k = 0; k < i; ++k, ++old) {
      if (old->has())
        ::rename(old->name().c_str(), prepared_[k].path.c_str());
      else if (!existed[k])
        ::unlink(prepared_[k].path.c_str());
    }
    cannot_write(path, error);
  }
  before.clear();
  for (const Prepared& each : prepared_) sync_folder(folder_of(each.path));
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
