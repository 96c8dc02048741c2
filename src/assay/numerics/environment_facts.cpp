#include <gmp.h>
#include <gnu/libc-version.h>

#include <Eigen/Core>
#include <boost/version.hpp>
#include <fstream>
#include <string_view>

#include "assay/numerics/environment.hpp"
#include "assay/numerics/lanes.hpp"

namespace assay {
namespace {

/// What follows the separator on the first line that starts with the key; "unknown" without one.
std::string look_up(const char* path, std::string_view key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t first = line.find_first_not_of(" \"", line.find(separator) + 1);
    if (first == std::string::npos) break;
    return line.substr(first, line.find_last_not_of(" \"") + 1 - first);
  }
  return "unknown";
}

std::string version(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::string compiler() {
#if defined(__clang__)
  return "clang " + version(__clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
  return "g++ " + version(__GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#else
  return "unknown";
#endif
}

/// As far as macros tell.
std::string options() {
  std::string text;
  const auto add = [&](const char* word) { text.append(text.empty() ? "" : " ").append(word); };
#ifdef __OPTIMIZE__
  add("optimized");
#else
  add("not-optimized");
#endif
#ifdef __FAST_MATH__
  add("fast-math");
#endif
#ifdef __AVX2__
  add("avx2");
#endif
#ifdef __AVX512F__
  add("avx512f");
#endif
#ifdef __FMA__
  add("fma");
#endif
#ifdef NDEBUG
  add("no-assertions");
#endif
  return text;
}

std::string architecture() {
#if defined(__x86_64__)
  return "x86_64";
#elif defined(__aarch64__)
  return "aarch64";
#elif defined(__riscv)
  return "riscv";
#elif defined(__s390x__)
  return "s390x";
#else
  return "other";
#endif
}

}  // namespace

std::vector<std::pair<std::string, std::string>> environment_facts() {
  return {
      {"compiler", compiler()},
      {"options", options()},
      {"architecture", architecture()},
      {"registers", std::to_string(lanes::kernels->width) + " doubles"},
      {"processor", look_up("/proc/cpuinfo", "model name", ':')},
      {"system", look_up("/etc/os-release", "PRETTY_NAME", '=')},
      {"glibc", gnu_get_libc_version()},
      {"boost", version(BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
      {"eigen", version(EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
      {"gmp", gmp_version},
  };
}

}  // namespace assay
