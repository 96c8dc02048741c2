#include <nlohmann/json.hpp>

#include "assay/cli/program_test.hpp"

// The case book of golden/cases: what diagnose says of runs whose true cause is known.
namespace assay {
namespace {

using Json = nlohmann::json;

Json expected() { return Json::parse(read_file(fs::path(ASSAY_GOLDEN) / "cases/expected.json")); }

/// The entry that a list of names leads to: keys of objects, ids of entries, numbers of lists.
const Json* follow(const Json& from, const Json& names) {
  const Json* at = &from;
  for (const Json& name : names) {
    const std::string key = name.get<std::string>();
    const Json* next = nullptr;
    if (at->is_object() && at->contains(key)) next = &at->at(key);
    if (at->is_array())
      for (std::size_t k = 0; k < at->size(); ++k)
        if (std::to_string(k) == key || ((*at)[k].is_object() && (*at)[k].value("id", "") == key))
          next = &(*at)[k];
    if (!next) return nullptr;
    at = next;
  }
  return at;
}

class CaseBook : public Cli, public testing::WithParamInterface<std::string> {
 protected:
  static std::vector<std::string> with_role(const Json& d, const std::string& role) {
    std::vector<std::string> ids;
    for (const Json& f : d.at("findings"))
      if (f.at("role") == role) ids.push_back(f.at("id"));
    std::sort(ids.begin(), ids.end());
    return ids;
  }
};

TEST_P(CaseBook, NamesTheTrueCause) {
  long checked = 0;
  const Json book = expected();
  for (const Json& c : book.at("cases")) {
    if (c.at("name") != GetParam()) continue;
    const auto golden = [&](const char* key, const char* extension = "") {
      return (fs::path(ASSAY_GOLDEN) / (c.at(key).get<std::string>() + extension)).string();
    };
    const bool foreign = c.contains("trace");
    std::vector<std::string> arguments = {"diagnose", "--json"};
    if (foreign)
      arguments.insert(arguments.end(),
                       {"--trace", golden("trace"), "--instance", golden("instance")});
    else
      arguments.push_back(golden("experiment", ".toml"));
    for (const auto& [option, key] : {std::pair{"--set", "set"}, std::pair{"--try", "try"}})
      for (const Json& setting : c.value(key, Json::array()))
        arguments.insert(arguments.end(), {option, setting.get<std::string>()});
    const Ended ended = assay(arguments);
    ASSERT_EQ(ended.code, 0) << ended.err;
    const Json d = Json::parse(ended.out);
    EXPECT_EQ(d.at("verdict"), c.at("verdict")) << d.dump(1);
    for (const char* role : {"cause", "report", "design"}) {
      if (foreign) continue;
      std::vector<std::string> wanted = c.value(role, std::vector<std::string>{});
      std::sort(wanted.begin(), wanted.end());
      EXPECT_EQ(with_role(d, role), wanted) << role;
    }
    if (c.contains("latent")) {
      std::vector<std::string> wanted = c.at("latent");
      std::sort(wanted.begin(), wanted.end());
      EXPECT_EQ(with_role(d, "latent"), wanted);
    }
    for (const Json& figure : c.at("figures")) {
      const Json* value = follow(d, figure.at("of"));
      ASSERT_NE(value, nullptr) << figure.at("of").dump();
      ASSERT_TRUE(value->is_number()) << figure.at("of").dump() << " is " << value->dump();
      EXPECT_GE(value->get<double>(), figure.at("between")[0].get<double>()) << figure.dump();
      EXPECT_LE(value->get<double>(), figure.at("between")[1].get<double>()) << figure.dump();
    }
    ++checked;
  }
  EXPECT_EQ(checked, 1);
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  const Json book = expected();
  for (const Json& c : book.at("cases")) names.push_back(c.at("name"));
  return names;
}
INSTANTIATE_TEST_SUITE_P(Golden, CaseBook, testing::ValuesIn(case_names()),
                         [](const auto& info) { return info.param; });

/// No experiment or trace of the case book lies there without a verdict.
TEST(CaseBookFiles, AreAllJudged) {
  std::vector<std::string> listed;
  const Json book = expected();
  for (const Json& c : book.at("cases"))
    listed.push_back(c.contains("trace") ? c.at("trace").get<std::string>()
                                         : c.at("experiment").get<std::string>() + ".toml");
  for (const auto& entry : fs::directory_iterator(fs::path(ASSAY_GOLDEN) / "cases")) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".toml") || name.ends_with(".csv")) {
      EXPECT_NE(std::find(listed.begin(), listed.end(), "cases/" + name), listed.end()) << name;
    }
  }
}

}  // namespace
}  // namespace assay
