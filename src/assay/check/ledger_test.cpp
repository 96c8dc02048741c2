#include "assay/check/ledger.hpp"

#include <gtest/gtest.h>

#include "assay/support/error.hpp"

namespace assay {
namespace {

const std::string digest(64, 'a');

Ledger sample() {
  Ledger ledger;
  ledger.cases["x.double"] = {digest,
                              std::string(64, 'b'),
                              std::string(64, 'c'),
                              std::string(64, 'd'),
                              {{"gap_total", 2, "why"}, {"x_digest", std::nullopt, "because"}},
                              {{"2025-01-31", "new_case", "first", "", digest}}};
  return ledger;
}

std::string failure(const std::string& text) {
  try {
    parse_ledger(text, "l.json");
  } catch (const InputError& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Ledger, TextIsReadBackUnchanged) {
  const std::string text = ledger_text(sample());

  const Ledger ledger = parse_ledger(text, "l.json");

  EXPECT_EQ(ledger_text(ledger), text);
  EXPECT_EQ(ledger.cases.at("x.double").rules.at(0).max_ulps, 2);
  EXPECT_FALSE(ledger.cases.at("x.double").rules.at(1).max_ulps.has_value());
  EXPECT_EQ(ledger.cases.at("x.double").history.at(0).old_digest, "");
}

TEST(Ledger, AbsentIsEmpty) { EXPECT_TRUE(read_ledger("/nonexistent/ledger.json").cases.empty()); }

TEST(Ledger, ErrorsNameFileAndKey) {
  const auto broken = [](const std::string& from, const std::string& to) {
    std::string text = ledger_text(sample());
    text.replace(text.find(from), from.size(), to);
    return failure(text);
  };
  EXPECT_EQ(failure("{").substr(0, 7), "l.json:");
  EXPECT_EQ(broken("assay-ledger/2", "assay-ledger/1").substr(0, 15), "l.json: format:");
  EXPECT_EQ(broken(digest, "abc").substr(0, 29), "l.json: cases.x.double.trace:");
  EXPECT_EQ(broken("\"why\"", "\"\"").substr(0, 39), "l.json: cases.x.double.rules[0].reason:");
  EXPECT_EQ(broken("2.0", "-1").substr(0, 41), "l.json: cases.x.double.rules[0].max_ulps:");
  EXPECT_EQ(broken("\"instance\"", "\"instanze\"").substr(0, 32),
            "l.json: cases.x.double.instanze:");
}

TEST(Ledger, AnUnresolvedMergeIsCalledOne) {
  std::string text = ledger_text(sample());
  const std::size_t line = text.find("\n", text.find("\"trace\"")) + 1;
  for (const char* marker : {"<<<<<<< ours\n", "||||||| base\n", "=======\n", ">>>>>>> theirs\n"}) {
    std::string merged = text;
    merged.insert(line, marker);
    EXPECT_NE(failure(merged).find("l.json: cases.x.double.trace: an unresolved merge"),
              std::string::npos)
        << failure(merged);
  }
}

TEST(Ledger, AnEntryThatWasChangedIsRefusedAndTheDigestItNeedsTold) {
  const std::string text = ledger_text(sample());
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    return failure(other.replace(other.find(from), from.size(), to));
  };
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"x.double", "y.double"},
                                                        {"2.0", "3.0"},
                                                        {"\"why\"", "\"wny\""},
                                                        {"2025", "2024"},
                                                        {"new_case", "other"},
                                                        {digest, std::string(64, 'e')}})
    EXPECT_NE(changed(from, to).find(".sha256: does not fit the entry"), std::string::npos)
        << changed(from, to);

  const std::string needs = changed("2.0", "3.0");
  std::string mended = text;
  mended.replace(mended.find("2.0"), 3, "3.0");
  const std::size_t at = mended.find("\"sha256\": \"") + 11;
  mended.replace(at, 64, needs.substr(needs.find("it needs ") + 9, 64));
  EXPECT_EQ(parse_ledger(mended, "l.json").cases.at("x.double").rules.at(0).max_ulps, 3);
}

}  // namespace
}  // namespace assay
