// Whatever becomes of a byte of a file that is kept, anywhere in it: the reader says so and names
// the file, or what it read is what was written. Runs with the sanitizers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#include "assay/check/bless.hpp"
#include "assay/check/gate.hpp"
#include "assay/check/ledger.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

struct Damage {
  std::string what, text;
};

/// Every so manieth byte replaced, gone or doubled, the text cut before it; each line gone,
/// doubled, swapped with the next.
std::vector<Damage> damages(const std::string& text, std::size_t stride) {
  std::vector<Damage> all;
  const auto add = [&](const std::string& what, std::size_t at, const std::string& damaged) {
    if (damaged != text) all.push_back({what + " at " + std::to_string(at), damaged});
  };
  const auto with = [&](std::size_t at, std::size_t count, const std::string& piece) {
    std::string other = text;
    return other.replace(at, count, piece);
  };
  for (std::size_t at = 0; at < text.size(); at += stride) {
    const char c = text[at];
    for (const int bit : {0, static_cast<int>(at % 7) + 1})
      add("bit " + std::to_string(bit), at, with(at, 1, {1, static_cast<char>(c ^ (1 << bit))}));
    if (c >= '0' && c <= '9') add("digit", at, with(at, 1, {1, c == '9' ? '0' : char(c + 1)}));
    if (c == '-' || c == '+') add("sign", at, with(at, 1, {1, c == '-' ? '+' : '-'}));
    add("zero byte", at, with(at, 1, std::string(1, '\0')));
    add("no UTF-8", at, with(at, 1, "\xff"));
    add("byte gone", at, with(at, 1, ""));
    add("byte doubled", at, with(at, 0, {1, c}));
    add("cut", at, text.substr(0, at));
  }
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::size_t next = std::min(text.find('\n', end), text.size() - 1) + 1;
    const std::string line = text.substr(begin, end - begin);
    add("line gone", begin, with(begin, line.size(), ""));
    add("line doubled", begin, with(begin, 0, line));
    if (end < text.size())
      add("lines swapped", begin, with(begin, next - begin, text.substr(end, next - end) + line));
    begin = end;
  }
  add("byte order mark", 0, "\xEF\xBB\xBF" + text);
  std::string crlf;
  for (const char c : text) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  add("line ends", 0, crlf);
  for (const char* tail : {"x", "\n", "}", "{}", "0,0\n"})
    add(std::string("tail ") + tail, text.size(), text + tail);
  return all;
}

/// For what takes long, one byte of thirteen; ASSAY_DAMAGE_STRIDE=1 tries all.
std::size_t long_stride() {
  const char* given = std::getenv("ASSAY_DAMAGE_STRIDE");
  return given ? static_cast<std::size_t>(std::max(1, std::atoi(given))) : 13;
}

/// `read` returns what it made of the damaged text, which has to be `whole`, or throws an Error
/// that speaks of `file`.
void expect_noticed(const std::string& text, std::size_t stride, const std::string& file,
                    const std::string& whole,
                    const std::function<std::string(const std::string&)>& read) {
  long refused = 0, same = 0, bad = 0;
  ASSERT_EQ(read(text), whole);
  for (const Damage& damage : damages(text, stride)) {
    try {
      const bool equal = read(damage.text) == whole;
      ++same;
      if (!equal && ++bad < 10)
        ADD_FAILURE() << file << ", " << damage.what << ": taken for something else";
    } catch (const Error& error) {
      ++refused;
      if (std::string(error.what()).find(file) == std::string::npos && ++bad < 10)
        ADD_FAILURE() << file << ", " << damage.what << ": not named in: " << error.what();
    }
  }
  std::printf("%s: %ld damages: %ld refused, %ld mean the same\n", file.c_str(), refused + same,
              refused, same);
  EXPECT_GT(refused, same);
}

TEST(Corruption, OfALedger) {
  Ledger ledger;
  for (const char* id : {"a.double", "b.soft53"})
    ledger.cases[id] = {sha256("1"),
                        sha256("2"),
                        sha256("3"),
                        sha256("4"),
                        {{"gap_total", 2.5, "why"}, {"x_digest", std::nullopt, "because"}},
                        {{"2025-01-31", "new_case", "first", "", sha256("0")},
                         {"2025-02-01", "bug_fix", "a \"reason\"", sha256("0"), sha256("1")}}};
  const std::string text = ledger_text(ledger);

  expect_noticed(text, 1, "ledger.json", text, [](const std::string& damaged) {
    return ledger_text(parse_ledger(damaged, "ledger.json"));
  });
}

/// A golden folder with one small case, and nothing else.
class GoldenCorruption : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "assay-corruption-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    for (const char* sub : {"experiments", "instances"}) fs::create_directory(root_ / sub);
    fs::copy(fs::path(ASSAY_GOLDEN) / "instances/one-dimensional.json", root_ / "instances/i.json");
    put(experiment(),
        "format = \"assay-experiment/1\"\nname = \"a\"\n"
        "description = \"a small one\"\n[instance]\npath = \"../instances/i.json\"\n"
        "[start]\npoint = \"zero\"\n[algorithm]\nname = \"ssigd\"\n"
        "[step]\nrule = \"constant\"\nlength = 1.5e-1\n[run]\nseed = 3 # any\n"
        "[golden.double]\niterations = 2\n");
    check();
    for (const BlessPlan& plan : plan_blessing(folder(), request_))
      carry_out(folder(), request_, plan);
    ASSERT_EQ(check(), "pass");
  }
  void TearDown() override { fs::remove_all(root_); }

  GoldenFolder folder() const { return GoldenFolder(root_); }
  static void put(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }
  /// "pass", or what the gate found, thrown with the code the program would end with.
  std::string check() {
    GateOptions options;
    const GateReport report = check_golden(folder(), options);
    if (report.exit_code() == ExitCode::ok) return "pass";
    std::string all;
    for (const GateFinding& f : report.findings) all += f.subject + ": " + f.message + "\n";
    if (report.exit_code() != ExitCode::golden && report.exit_code() != ExitCode::usage &&
        report.exit_code() != ExitCode::numerical)
      ADD_FAILURE() << all;
    return all;
  }
  /// Damages one file of the folder; the gate has to name it. Nothing can be left pending, which
  /// saves waiting for the disk.
  void expect_gate_notices(const fs::path& file, std::size_t stride, const std::string& named,
                           const std::function<std::string()>& meaning) {
    fs::remove_all(folder().pending());
    put(folder().pending(), "");
    const std::string whole = read_file(file), meant = meaning();
    expect_noticed(whole, stride, named, meant, [&](const std::string& damaged) {
      put(file, damaged);
      const std::string found = check();
      if (found != "pass") throw InputError("", "", found);
      return meaning();
    });
    put(file, whole);
  }

  fs::path experiment() const { return folder().experiments() / "a.toml"; }

  fs::path root_;
  const BlessRequest request_{{}, "seen", "new_case", "2025-01-31"};
};

TEST_F(GoldenCorruption, OfATrace) {
  const fs::path file = folder().trace("a.double");
  expect_gate_notices(file, long_stride(), file.filename().string(),
                      [&] { return read_file(file); });
}

TEST_F(GoldenCorruption, OfAManifest) {
  const fs::path file = folder().manifest("a.double");
  expect_gate_notices(file, long_stride(), file.filename().string(),
                      [&] { return read_file(file); });
}

TEST_F(GoldenCorruption, OfAnInstance) {
  const fs::path file = folder().instances() / "i.json";
  expect_gate_notices(file, long_stride(), file.filename().string(),
                      [&] { return read_file(file); });
}

/// A comment or a description may change, or where the iterations of the case stand. The gate names
/// the file, or the case.
TEST_F(GoldenCorruption, OfAnExperiment) {
  expect_gate_notices(experiment(), 1, "a.", [&] {
    const GateCase golden = collect_cases(folder()).cases.at(0);
    return golden.id + experiment_text(golden.experiment);
  });
}

TEST_F(GoldenCorruption, OfWhatIsPending) {
  fs::remove(folder().trace("a.double"));
  check();
  const auto text = [](const Pending& p) {
    const CaseDigests& d = p.digests;
    return p.trace + p.manifest + d.trace + d.manifest + d.instance + d.experiment;
  };
  for (const char* ending : {".csv", ".manifest.json", ".pending.json"}) {
    const fs::path file = folder().pending() / (std::string("a.double") + ending);
    const std::string whole = read_file(file);
    expect_noticed(whole, long_stride(), "a.double", text(*read_pending(folder(), "a.double")),
                   [&](const std::string& damaged) {
                     put(file, damaged);
                     // Other digests of what it ran on: bless sees that they are not those of now.
                     plan_blessing(folder(), request_);
                     return text(*read_pending(folder(), "a.double"));
                   });
    put(file, whole);
  }
}

TEST(Corruption, OfACheckpoint) {
  const Experiment e = parse_experiment(
      "format = \"assay-experiment/1\"\nname = \"a\"\n[instance]\npath = \"one-dimensional.json\"\n"
      "[start]\npoint = \"zero\"\n[algorithm]\nname = \"ssigd\"\n"
      "[step]\nrule = \"constant\"\n[run]\niterations = 2\n",
      "e.toml", fs::path(ASSAY_GOLDEN) / "instances");
  const Instance instance = load_instance(e);
  std::string text;
  RunControl saving;
  saving.checkpoint_every = 1;
  saving.save_checkpoint = [&](const std::string& checkpoint) { text = checkpoint; };
  const std::string whole = run_experiment(e, instance, saving).manifest;

  expect_noticed(text, 1, "checkpoint", whole, [&](const std::string& damaged) {
    RunControl control;
    control.resume = damaged;
    // No text is no checkpoint: the command line refuses it.
    if (damaged.empty()) throw InputError("checkpoint", "", "is empty");
    return run_experiment(e, instance, control).manifest;
  });
}

}  // namespace
}  // namespace assay
