// Loaded before the C library into the program that check_kills tests: counts the calls that change
// files, and at the one it is told ends the process, interrupts it, or lets the disk fail.
//
//     KILL_POINT  which call, from 1; 0: none
//     KILL_HOW    before   SIGKILL before the call
//                 torn     SIGKILL after half of what a write was to write
//                 full     from here on no space: nothing can be made or written
//                 locked   from here on the file system is read-only
//                 once     this one call alone fails, with EIO
//     STOP_POINT  SIGINT comes before this call, which is then made
//     KILL_LOG    each call that succeeded, one a line: NAME PATH [PATH]
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <string>

namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

const long kill_point = std::atol(setting("KILL_POINT").c_str());
const long stop_point = std::atol(setting("STOP_POINT").c_str());
const std::string how = setting("KILL_HOW");
const int log_file = static_cast<int>(syscall(SYS_openat, AT_FDCWD, setting("KILL_LOG").c_str(),
                                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
long calls = 0;

/// The function of the C library that ours stands before.
template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

void die() { syscall(SYS_kill, getpid(), SIGKILL); }

/// Whether the call may be made; errno says why not.
/// @param needs_space  whether a full disk refuses it
bool allowed(bool needs_space) {
  ++calls;
  if (calls == kill_point && (how == "before" || how == "torn")) die();
  if (calls == stop_point) raise(SIGINT);
  if (kill_point == 0 || calls < kill_point) return true;
  if (how == "full" && needs_space)
    errno = ENOSPC;
  else if (how == "locked")
    errno = EROFS;
  else if (how == "once" && calls == kill_point)
    errno = EIO;
  else
    return true;
  return false;
}

template <class Result>
Result noted(Result result, const char* name, const std::string& paths) {
  const int error = errno;
  const std::string line = std::string(name) + " " + paths + "\n";
  if (result >= 0 && log_file >= 0) syscall(SYS_write, log_file, line.data(), line.size());
  errno = error;
  return result;
}

std::string name_of(int fd) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  return size < 0 ? "?" : std::string(path, static_cast<std::size_t>(size));
}

/// What goes to a terminal or into a pipe changes no file.
bool is_file(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/// `call(size)` writes so many bytes.
template <class Call>
ssize_t write_with(int fd, std::size_t size, const char* name, Call call) {
  if (!is_file(fd)) return call(size);
  if (how == "torn" && calls + 1 == kill_point) {
    call(size / 2);
    die();
  }
  return allowed(true) ? noted(call(size), name, name_of(fd)) : -1;
}

}  // namespace

extern "C" {

int rename(const char* from, const char* to) noexcept {
  if (!allowed(false)) return -1;
  return noted(next<int(const char*, const char*)>("rename")(from, to), "rename",
               std::string(from) + " " + to);
}

int link(const char* from, const char* to) noexcept {
  if (!allowed(true)) return -1;
  return noted(next<int(const char*, const char*)>("link")(from, to), "link",
               std::string(from) + " " + to);
}

int unlink(const char* path) noexcept {
  if (!allowed(false)) return -1;
  return noted(next<int(const char*)>("unlink")(path), "unlink", path);
}

int remove(const char* path) noexcept {
  if (!allowed(false)) return -1;
  return noted(next<int(const char*)>("remove")(path), "remove", path);
}

int mkdir(const char* path, mode_t mode) noexcept {
  if (!allowed(true)) return -1;
  return noted(next<int(const char*, mode_t)>("mkdir")(path, mode), "mkdir", path);
}

int mkstemp(char* path) {
  if (!allowed(true)) return -1;
  const int fd = next<int(char*)>("mkstemp")(path);
  return noted(fd, "mkstemp", path);
}

int fsync(int fd) {
  if (!allowed(false)) return -1;
  return noted(next<int(int)>("fsync")(fd), "fsync", name_of(fd));
}

int fdatasync(int fd) {
  if (!allowed(false)) return -1;
  return noted(next<int(int)>("fdatasync")(fd), "fdatasync", name_of(fd));
}

int ftruncate(int fd, off_t size) noexcept {
  if (!allowed(false)) return -1;
  return noted(next<int(int, off_t)>("ftruncate")(fd, size), "ftruncate", name_of(fd));
}
int ftruncate64(int fd, off64_t size) noexcept { return ftruncate(fd, size); }

ssize_t write(int fd, const void* data, std::size_t size) {
  return write_with(fd, size, "write", [&](std::size_t count) {
    return next<ssize_t(int, const void*, std::size_t)>("write")(fd, data, count);
  });
}

ssize_t pwrite(int fd, const void* data, std::size_t size, off_t at) {
  return write_with(fd, size, "pwrite", [&](std::size_t count) {
    return next<ssize_t(int, const void*, std::size_t, off_t)>("pwrite")(fd, data, count, at);
  });
}
ssize_t pwrite64(int fd, const void* data, std::size_t size, off64_t at) {
  return pwrite(fd, data, size, at);
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = flags & O_CREAT ? va_arg(rest, mode_t) : mode_t(0);
  va_end(rest);
  const auto call = next<int(const char*, int, ...)>("open");
  if ((flags & O_ACCMODE) == O_RDONLY) return call(path, flags, mode);
  if (!(flags & (O_CREAT | O_TRUNC))) {
    if (how == "locked" && kill_point > 0 && calls >= kill_point) {
      errno = EROFS;
      return -1;
    }
    return call(path, flags, mode);
  }
  return allowed(true) ? noted(call(path, flags, mode), "open", path) : -1;
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = flags & O_CREAT ? va_arg(rest, mode_t) : mode_t(0);
  va_end(rest);
  return open(path, flags, mode);
}

}  // extern "C"
