#include "assay/perf/bench_times.hpp"

#include <gtest/gtest.h>
#include <regex.h>

#include <regex>

#include "assay/support/error.hpp"

namespace assay {
namespace {

std::string bench(const std::string& name, double time, const std::string& more = "",
                  const std::string& unit = "ns") {
  return "{\"name\": \"" + name + "\", \"run_name\": \"" + name +
         "\", \"run_type\": \"iteration\", \"repetition_index\": 0, \"real_time\": 1e9, "
         "\"cpu_time\": " +
         std::to_string(time) + ", \"time_unit\": \"" + unit + "\"" + more + "}";
}

std::vector<Times> parse(const std::string& list) {
  return parse_benches(
      "{\"context\": {\"caches\": [{\"type\": \"Data\"}]}, \"benchmarks\": [" + list + "]}",
      "bench");
}

/// As Google Benchmark compiles it, of which some builds take the C library, some std::regex.
class Filter {
 public:
  explicit Filter(const std::string& text)
      : error_(regcomp(&regex_, text.c_str(), REG_EXTENDED | REG_NOSUB)),
        standard_(text, std::regex_constants::extended) {}
  Filter(const Filter&) = delete;
  ~Filter() {
    if (error_ == 0) regfree(&regex_);
  }
  int error() const { return error_; }
  bool passes(const std::string& name) const {
    const bool passes = regexec(&regex_, name.c_str(), 0, nullptr, 0) == 0;
    EXPECT_EQ(std::regex_search(name, standard_), passes) << name;
    return passes;
  }

 private:
  regex_t regex_{};
  int error_;
  std::regex standard_;
};

std::string error_of(const std::string& text) {
  try {
    parse_benches(text, "bench");
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST(BenchTimes, RepetitionsOfOneBenchAreGatheredInNanoseconds) {
  const std::string mean =
      R"({"name": "a_mean", "run_name": "a", "run_type": "aggregate", "cpu_time": 9, "time_unit": "ns"})";
  const auto times = parse(bench("a", 3) + "," + bench("b/x", 2, "", "ms") + "," + bench("a", 4) +
                           "," + mean + "," + bench("b/x", 5, "", "us"));

  ASSERT_EQ(times.size(), 2u);
  EXPECT_EQ(times[0].workload, "bench/a");
  EXPECT_EQ(times[0].nanoseconds, (std::vector<double>{3, 4}));
  EXPECT_EQ(times[1].workload, "bench/b/x");
  EXPECT_EQ(times[1].nanoseconds, (std::vector<double>{2e6, 5e3}));
}

TEST(BenchTimes, AFailedBenchIsNamed) {
  const std::string failed =
      bench("a", 0, ", \"error_occurred\": true, \"error_message\": \"a kink\"");
  EXPECT_EQ(error_of("{\"benchmarks\": [" + failed + "]}"), "bench: the bench 'a' failed: a kink");
}

TEST(BenchTimes, OtherTextIsNamedWithItsKey) {
  EXPECT_EQ(error_of("Segmentation fault").rfind("bench: not JSON", 0), 0u);
  EXPECT_EQ(error_of("[]"), "bench: is not what Google Benchmark prints");
  EXPECT_EQ(error_of("{}"), "bench: benchmarks: missing");
  EXPECT_EQ(error_of("{\"benchmarks\": 3}").rfind("bench: benchmarks: ", 0), 0u);
  EXPECT_EQ(error_of("{\"benchmarks\": [3]}").rfind("bench: benchmarks[0]: ", 0), 0u);
  EXPECT_EQ(error_of("{\"benchmarks\": [" + bench("a", -1) + "]}")
                .rfind("bench: benchmarks[0].cpu_time: ", 0),
            0u);
  EXPECT_EQ(error_of("{\"benchmarks\": [" + bench("a", 1, "", "min") + "]}")
                .rfind("bench: benchmarks[0].time_unit: ", 0),
            0u);
}

TEST(BenchTimes, AFilterLetsItsBenchesPassAndNoOthers) {
  const Filter filter(filter_for({"bench/write_text<double>", "bench/uniforms/20"}));
  ASSERT_EQ(filter.error(), 0);
  EXPECT_TRUE(filter.passes("write_text<double>"));
  EXPECT_TRUE(filter.passes("uniforms/20"));
  EXPECT_FALSE(filter.passes("uniforms/200"));
  EXPECT_FALSE(filter.passes("my_uniforms/20"));
  EXPECT_FALSE(filter.passes("write_text<Real50>"));
  const std::string all = R"(f<A, B>/"x" 'y'-z:1_.^$*+?()[]{}|\!#%&=@~`;)";
  const Filter of_all(filter_for({"bench/" + all}));
  ASSERT_EQ(of_all.error(), 0);
  EXPECT_TRUE(of_all.passes(all));
  EXPECT_EQ(filter_for({"bench/a.b"}), "^(a\\.b)$");
}

}  // namespace
}  // namespace assay
