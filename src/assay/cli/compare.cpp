#include "assay/check/compare.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "assay/cli/session.hpp"

namespace assay {
namespace {

/// From the coarsest: two traces are compared in the coarser of their tiers.
constexpr std::array<const char*, 4> tiers = {"double", "soft53", "real50", "real100"};

/// The tier that a file named NAME.SCALAR.csv states; double otherwise.
std::size_t tier_of(const std::filesystem::path& file) {
  const std::string extension = file.stem().extension().string();
  const auto it =
      std::find(tiers.begin(), tiers.end(), extension.empty() ? "" : extension.substr(1));
  return it == tiers.end() ? 0 : static_cast<std::size_t>(it - tiers.begin());
}

void compare(const std::vector<std::string>& files, std::string scalar, Session& session) {
  const Trace left = read_trace(files[0]), right = read_trace(files[1]);
  if (scalar.empty()) scalar = tiers[std::min(tier_of(files[0]), tier_of(files[1]))];
  const Comparison comparison = compare_traces(left, right, scalar);
  session.results(comparison_text(comparison, files[0], files[1]),
                  comparison_json(comparison, files[0], files[1]));
  if (!comparison.equal())
    session.fail(ExitCode::gate_failed, files[0] + ": differs from " + files[1]);
}

}  // namespace

void add_compare(CLI::App& app, Session& session) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto scalar = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("compare", "find where two traces part");
  command->add_option("TRACE", *files, "two trace files")->required()->expected(2);
  command->add_option("--scalar", *scalar, "the tier to measure in; default: by the file names")
      ->check(CLI::IsMember(std::vector<std::string>(tiers.begin(), tiers.end())));
  session.add_common_options(*command);
  command->callback([files, scalar, &session] { compare(*files, *scalar, session); });
}

}  // namespace assay
