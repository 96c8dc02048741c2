#include <gtest/gtest.h>

#include <functional>

#include "assay/numerics/random.hpp"
#include "assay/problem/instance.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace {

struct Failure {
  ExitCode code = ExitCode::ok;
  std::string message = "accepted";
};

Failure failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {};
}

constexpr const char* valid = R"({
"format":"assay-instance/1","name":"t","n":2,"m":2,"p":1,
"upper":{"Qxx":[[1,0],[0,1]]},
"lower":{"H":[[2,1],[1,2]],"M":[[1,0],[0,1]],"d":[0,0]},
"constraints":{"A":[[0,0]],"B":[[1,1]],"b":[1],"lower":[0,null]},
"x0":[0.5,0.25]
})";

/// The valid file with one piece replaced.
std::string with(const std::string& piece, const std::string& replacement) {
  std::string text = valid;
  const std::size_t at = text.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  return text.replace(at, piece.size(), replacement);
}

/// The valid file with a member before x0.
std::string with_member(const std::string& member) { return with("\"x0\"", member + ",\"x0\""); }

/// 10^400, beyond double.
std::string huge_fraction() { return "\"1" + std::string(400, '0') + "/1\""; }

/// The valid file cut off behind a piece.
std::string up_to(const std::string& piece) {
  const std::string text = valid;
  EXPECT_NE(text.find(piece), std::string::npos) << piece;
  return text.substr(0, text.find(piece) + piece.size());
}

struct BadInputCase {
  const char* name;
  std::string text;
  ExitCode code;
  std::string message;  ///< after "t.json: "
};

constexpr ExitCode usage = ExitCode::usage, numerical = ExitCode::numerical;

const std::vector<BadInputCase>& bad_inputs() {
  static const std::vector<BadInputCase> cases = {
      {"empty", "", usage, "the text ends too early (line 1, column 0)"},
      {"truncated", up_to("[[2,1],[1,"), usage,
       "lower.H[1][1]: the text ends too early (line 4, column 23)"},
      {"nan", with("[1,2]]", "[1,NaN]]"), usage,
       "lower.H[1][1]: not JSON: 'NaN' (line 4, column 24)"},
      {"infinity", with("\"d\":[0,0]", "\"d\":[0,-Infinity]"), usage,
       "lower.d[1]: not JSON: '-Infinity' (line 4, column 54)"},
      {"overflow", with("\"d\":[0,0]", "\"d\":[0,1e999]"), usage,
       "lower.d[1]: number too large for double: '1e999' (line 4, column 57)"},
      {"missing_comma", with("[0.5,0.25]", "[0.5 0.25]"), usage,
       "x0[1]: not JSON: '0.25' (line 6, column 14)"},
      {"not_an_object", "[1,2]", usage, "is [1,2], must be an object"},
      {"trailing_text", with("\n}", "\n} x"), usage, "not JSON: 'x' (line 7, column 3)"},
      {"wrong_format", with("instance/1", "instance/9"), usage,
       "format: is \"assay-instance/9\", must be 'assay-instance/1' (did you mean "
       "'assay-instance/1'?)"},
      {"missing_format", with("\"format\":\"assay-instance/1\",", ""), usage, "format: missing"},
      {"missing_n", with("\"n\":2,", ""), usage, "n: missing"},
      {"missing_H", with("\"H\":[[2,1],[1,2]],", ""), usage, "lower.H: missing"},
      {"missing_b", with("\"b\":[1],", ""), usage, "constraints.b: missing"},
      {"negative_n", with("\"n\":2", "\"n\":-2"), usage,
       "n: is -2, must be an integer from 1 to 2000"},
      {"fractional_n", with("\"n\":2", "\"n\":2.5"), usage,
       "n: is 2.5, must be an integer from 1 to 2000"},
      {"huge_n", with("\"n\":2", "\"n\":18446744073709551615"), usage,
       "n: is 18446744073709551615, must be an integer from 1 to 2000"},
      {"other_n", with("\"n\":2", "\"n\":3"), usage,
       "upper.Qxx: has 2 entries, must have 3 rows (n)"},
      {"unknown_key", with("\"constraints\"", "\"constrains\""), usage,
       "constrains: unknown key (did you mean 'constraints'?)"},
      {"unknown_inner_key", with("\"d\":", "\"dd\":"), usage, "lower.dd: unknown key"},
      {"unknown_key_of_upper", with("\"upper\":{", "\"upper\":{\"weights\":1,"), usage,
       "upper.weights: unknown key"},
      {"unknown_key_of_constraints", with("\"b\":[1],", "\"b\":[1],\"C\":[[0,0]],"), usage,
       "constraints.C: unknown key"},
      {"unknown_key_of_known", with_member("\"known\":{\"proof\":\"exact\",\"f\":0}"), usage,
       "known.f: unknown key"},
      {"unknown_key_of_set",
       with_member("\"x_set\":{\"kind\":\"ball\",\"centre\":[0,0],\"radius\":1}"), usage,
       "x_set.centre: unknown key (did you mean 'center'?)"},
      {"key_of_a_ball_in_a_box",
       with_member("\"x_set\":{\"kind\":\"box\",\"lower\":[0,0],\"upper\":[1,1],\"radius\":1}"),
       usage, "x_set.radius: unknown key"},
      {"key_of_a_box_in_a_ball",
       with_member("\"x_set\":{\"kind\":\"ball\",\"center\":[0,0],\"radius\":1,\"lower\":[0,0]}"),
       usage, "x_set.lower: unknown key"},
      {"unknown_kind", with_member("\"kind\":\"cubic\""), usage,
       "kind: is \"cubic\", must be 'quadratic'"},
      {"duplicate_key", with("\"M\":[[1,0],[0,1]],", "\"H\":[[1,0],[0,1]],"), usage,
       "lower.H: duplicate key"},
      {"wrong_rows", with("\"B\":[[1,1]]", "\"B\":[[1,1],[1,1]]"), usage,
       "constraints.B: has 2 entries, must have 1 rows (p)"},
      {"ragged", with("[[2,1],[1,2]]", "[[2,1],[1]]"), usage,
       "lower.H[1]: has 1 entries, must have 2 entries (m)"},
      {"wrong_length", with("[0.5,0.25]", "[0.5]"), usage,
       "x0: has 1 entries, must have 2 entries (n)"},
      {"number_for_list", with("[0.5,0.25]", "7"), usage,
       "x0: is 7, must be a list of 2 entries (n)"},
      {"text_for_number", with("[0.5,0.25]", "[0.5,\"a/b\"]"), usage,
       "x0[1]: is \"a/b\", must be a number or a fraction \"p/q\" with q > 0"},
      {"zero_denominator", with("[0.5,0.25]", "[0.5,\"1/0\"]"), usage,
       "x0[1]: is \"1/0\", must be a number or a fraction \"p/q\" with q > 0"},
      {"null_entry", with("[0.5,0.25]", "[null,0.25]"), usage,
       "x0[0]: is null, must be a number or a fraction \"p/q\" with q > 0"},
      {"asymmetric_H", with("[[2,1],[1,2]]", "[[2,1],[1.5,2]]"), usage,
       "lower.H[1][0]: is 1.5, but the entry [0][1] is 1; the matrix must be symmetric"},
      {"asymmetric_Qxx", with("[[1,0],[0,1]]}", "[[1,0],[\"1/3\",1]]}"), usage,
       "upper.Qxx[1][0]: is 1/3, but the entry [0][1] is 0; the matrix must be symmetric"},
      {"asymmetric_Qyy", with("[[1,0],[0,1]]}", "[[1,0],[0,1]],\"Qyy\":[[0,1],[2,0]]}"), usage,
       "upper.Qyy[1][0]: is 2, but the entry [0][1] is 1; the matrix must be symmetric"},
      // The double nearest to 1/3 is below it.
      {"asymmetric_in_fractions", with("[[2,1],[1,2]]", "[[2,\"1/3\"],[0.3333333333333333,1]]"),
       usage,
       "lower.H[1][0]: is 0.3333333333333333, but the entry [0][1] is 1/3; the matrix must be "
       "symmetric"},
      {"indefinite_H", with("[[2,1],[1,2]]", "[[2,4],[4,2]]"), numerical,
       "lower.H: not positive definite: pivot 1 is -6"},
      {"singular_H", with("[[2,1],[1,2]]", "[[1,1],[1,1]]"), numerical,
       "lower.H: not positive definite: pivot 1 is 0"},
      {"zero_H", with("[[2,1],[1,2]]", "[[0,0],[0,0]]"), numerical,
       "lower.H: not positive definite: pivot 0 is 0"},
      {"crossed_bounds", with("\"lower\":[0,null]", "\"lower\":[0,3],\"upper\":[1,2]"), usage,
       "constraints.lower[1]: is 3, above the upper bound 2"},
      {"bounds_crossed_in_fractions",
       with("\"lower\":[0,null]", "\"lower\":[0,\"1/3\"],\"upper\":[1,0.3333333333333333]"), usage,
       "constraints.lower[1]: is 1/3, above the upper bound 0.3333333333333333"},
      {"crossed_bounds_of_x",
       with_member("\"x_set\":{\"kind\":\"box\",\"lower\":[3,0],\"upper\":[2,1]}"), usage,
       "x_set.lower[0]: is 3, above the upper bound 2"},
      {"huge_fraction", with("0.25]", huge_fraction() + "]"), usage,
       "x0[1]: fraction too large for double"},
      {"huge_fraction_as_bound",  // else no bound at all
       with("\"lower\":[0,null]", "\"upper\":[" + huge_fraction() + ",null]"), usage,
       "constraints.upper[0]: fraction too large for double"},
      {"impossible_row", with("\"B\":[[1,1]],\"b\":[1]", "\"b\":[-1]"), numerical,
       "constraints.b[0]: infeasible: the row is 0 <= -1"},
      {"impossible_equation", with("\"lower\":[0,null]}", "\"e\":[1]},\"q\":1"), numerical,
       "constraints.e[0]: infeasible: the row is 0 = 1"},
      {"bad_radius",
       with("\"x0\"", "\"x_set\":{\"kind\":\"ball\",\"center\":[0,0],\"radius\":0},\"x0\""), usage,
       "x_set.radius: is 0, must be a positive number"},
      {"unknown_set", with("\"x0\"", "\"x_set\":{\"kind\":\"boxx\"},\"x0\""), usage,
       "x_set.kind: is \"boxx\", must be 'box' or 'ball' (did you mean 'box'?)"},
      {"unknown_proof", with("\"x0\"", "\"known\":{\"proof\":\"sure\"},\"x0\""), usage,
       "known.proof: is \"sure\", must be 'exact' or 'enclosed' or 'literature'"},
      {"too_deep", std::string(100000, '['), usage,
       "[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: nested too deeply"},
  };
  return cases;
}

void PrintTo(const BadInputCase& c, std::ostream* out) { *out << c.name; }

class BadInstance : public testing::TestWithParam<BadInputCase> {};

TEST_P(BadInstance, IsOneLineWithFileAndKey) {
  const Failure failure = failure_of([] { parse_instance(GetParam().text, "t.json"); });

  EXPECT_EQ(failure.message, "t.json: " + GetParam().message);
  EXPECT_EQ(failure.code, GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(Table, BadInstance, testing::ValuesIn(bad_inputs()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(BadInstanceFile, NamesWhatCannotBeRead) {
  EXPECT_EQ(failure_of([] { read_instance("/nowhere/t.json"); }).message,
            "/nowhere/t.json: cannot read: No such file or directory");
  EXPECT_EQ(failure_of([] { read_instance("/"); }).message, "/: cannot read: Is a directory");
}

/// A number below `bound` from the stream, place `index`.
std::size_t below(const RandomStream& stream, std::uint64_t index, std::size_t bound) {
  return static_cast<std::size_t>(stream.word(index) % bound);
}

std::string mutated(std::string text, std::uint64_t trial) {
  const RandomStream stream(1, 0, Purpose::generator, trial);
  const std::size_t at = below(stream, 0, text.size());
  const std::size_t length = 1 + below(stream, 1, 40);
  switch (trial % 5) {
    case 0:
      return text.substr(0, at);
    case 1:
      return text.erase(at, 1);
    case 2:
      return text.erase(at, length);
    case 3:
      return text.insert(below(stream, 2, text.size()), text.substr(at, length));
    default:
      for (std::size_t i = at; i < text.size(); ++i)
        if (text[i] >= '0' && text[i] <= '9') {
          text[i] = static_cast<char>(below(stream, 2, 256));
          break;
        }
      return text;
  }
}

// Whatever happens to a file, it is either still an instance or one line says what is wrong with
// it.
TEST(BadInstanceFile, SurvivesRandomMutations) {
  const std::string text = read_file(ASSAY_GOLDEN "/instances/s5.json");
  int rejected = 0;
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    const std::string changed = mutated(text, trial);
    try {
      const Instance in = parse_instance(changed, "s5.json");
      EXPECT_EQ(in.H.rows(), in.m);
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with("s5.json: ")) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      EXPECT_LT(message.size(), 300u) << message;
      EXPECT_TRUE(error.code() == usage || error.code() == numerical);
      ++rejected;
    }
  }
  EXPECT_GT(rejected, 600);
}

}  // namespace
}  // namespace assay
