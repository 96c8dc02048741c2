// Every property of the catalogue, in every scalar it is stated in: first the cases that once
// failed, then new ones.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "assay/support/files.hpp"
#include "properties/corpus.hpp"

namespace assay::properties {
namespace {

struct Stated {
  const Property* property;
  std::string scalar;
};

std::vector<Stated> all_stated() {
  std::vector<Stated> list;
  for (const Property& property : property_catalogue())
    if (!property.false_on_purpose)
      for (const Property::Typed& typed : property.typed) list.push_back({&property, typed.scalar});
  return list;
}

/// Letters, digits and underscores: what GoogleTest allows in a name.
std::string test_name(const testing::TestParamInfo<Stated>& info) {
  std::string name = info.param.property->name + "_" + info.param.scalar;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

/// Percentage of the quick number of cases; slow builds set a smaller one.
long quick_cases(const Property& property) {
  const char* percent = std::getenv("ASSAY_PROPERTY_PERCENT");
  const long cases = property.quick * (percent ? std::atol(percent) : 100) / 100;
  return cases > 5 ? cases : 5;
}

/// What a law has to show for itself: "law scalar assertions share" as properties/assertions.txt
/// holds it, the number of assertions over its quick cases and the largest share of a bound used.
struct Work {
  long assertions = 0;
  double share = 0;
};

Work work_of(const CampaignReport& report) {
  Work work{report.assertions, 0};
  for (const auto& [what, share] : report.shares) work.share = std::max(work.share, share);
  return work;
}

/// The line of a law. @return nothing where there is none
std::optional<Work> recorded_work(const std::string& law, const std::string& scalar) {
  std::istringstream lines(read_file(std::filesystem::path(ASSAY_CORPUS) / "../assertions.txt"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name, of;
    Work work;
    if (words >> name >> of >> work.assertions >> work.share && name == law && of == scalar)
      return work;
  }
  return {};
}

void PrintTo(const Stated& stated, std::ostream* out) {
  *out << stated.property->name << " in " << stated.scalar;
}

class Properties : public testing::TestWithParam<Stated> {};

TEST_P(Properties, Hold) {
  const auto& [property, scalar] = GetParam();
  const Corpus corpus(ASSAY_CORPUS);
  for (const auto& file : corpus.files(property->name, scalar)) {
    const Replay replay = replay_file(file);
    // Left out would mean that it guards nothing any more.
    EXPECT_EQ(replay.verdict.kind, Verdict::Kind::holds)
        << replay.verdict.message << "\nreproduce: ./dev assay replay " << file.string();
  }
  CampaignOptions options;
  options.cases = quick_cases(*property);
  const CampaignReport report = run_campaign(*property, scalar, options);
  for (const Failure& failure : report.failures)
    ADD_FAILURE() << property->name << " in " << scalar << " fails for case " << failure.number
                  << ", shrunk: " << failure.message << "\nstates: " << property->statement
                  << "\ncase: " << case_text(failure.test_case)
                  << "\nreproduce: ./dev assay fuzz --property " << property->name << " --scalar "
                  << scalar << " --seed " << options.seed << " --cases " << options.cases;
  EXPECT_FALSE(mostly_left_out(report, 0)) << report.discarded << " cases were left out";
  EXPECT_EQ(report.cases(), options.cases);
  if (options.cases != property->quick) return;
  // The cases are the same everywhere, and so are the bits of what is asserted of them: a law that
  // asserts less than it did, or whose bound lies ten times as far off, was made weaker.
  const Work work = work_of(report);
  const std::string line =
      fmt::format("{} {} {} {:.2g}", property->name, scalar, work.assertions, work.share);
  if (const char* renewed = std::getenv("ASSAY_RENEWED_ASSERTIONS"))
    std::ofstream(renewed, std::ios::app) << line << "\n";
  const auto recorded = recorded_work(property->name, scalar);
  ASSERT_TRUE(recorded) << "properties/assertions.txt has no line for it: " << line;
  EXPECT_GE(work.assertions, recorded->assertions) << line;
  EXPECT_GE(work.share, recorded->share / 10) << line;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Properties, testing::ValuesIn(all_stated()), test_name);

/// A file whose name says something else than the file would be replayed by nobody.
TEST(CorpusFiles, AreCalledWhatTheyHold) {
  std::size_t count = 0, replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ASSAY_CORPUS)) {
    const std::filesystem::path& file = entry.path();
    if (file.extension() != ".json") continue;
    ++count;
    SavedCase saved;
    ASSERT_NO_THROW(saved = parse_saved_case(read_file(file), file.string()));
    ASSERT_NO_THROW(find_law(find_property(saved.property, file.string(), "property"), saved.scalar,
                             file.string(), "scalar"));
    EXPECT_EQ(file.filename(), Corpus::file_name(saved.property, saved.scalar, saved.test_case));
  }
  for (const Stated& stated : all_stated())
    replayed += Corpus(ASSAY_CORPUS).files(stated.property->name, stated.scalar).size();
  EXPECT_EQ(replayed, count);
}

}  // namespace
}  // namespace assay::properties
