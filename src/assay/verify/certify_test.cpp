#include <nlohmann/json.hpp>

#include "assay/cli/program_test.hpp"
#include "assay/problem/instance.hpp"
#include "assay/support/files.hpp"
#include "assay/verify/outward_text.hpp"
#include "reference/exact_qp.hpp"

// The command as its users meet it, on instances small enough for the exact oracle.
namespace assay {
namespace {

using Json = nlohmann::json;

TEST(OutwardText, MovesOutwardOnlyAndByLessThanADigit) {
  EXPECT_EQ(outward_text(Rational(1, 3), Towards::below, 4), "0.3333");
  EXPECT_EQ(outward_text(Rational(1, 3), Towards::above, 4), "0.3334");
  EXPECT_EQ(outward_text(Rational(-2, 3), Towards::below, 3), "-0.667");
  EXPECT_EQ(outward_text(Rational(-2, 3), Towards::above, 3), "-0.666");
  EXPECT_EQ(outward_text(Rational(9999), Towards::above, 3), "10000");
  EXPECT_EQ(outward_text(Rational(9999), Towards::below, 3), "9990");
  EXPECT_EQ(outward_text(Rational(5, 4), Towards::above, 3), "1.25");
  EXPECT_EQ(outward_text(Rational(0), Towards::below, 3), "0");
  for (const double value : {0x1p-1074, 1.7e308, -3e-5, 0.1, 123456789.125}) {
    const Rational exact = convert<Rational>(value);
    const Rational low = from_text<Rational>(outward_text(exact, Towards::below, 12));
    const Rational high = from_text<Rational>(outward_text(exact, Towards::above, 12));
    EXPECT_LE(low, exact);
    EXPECT_LE(exact, high);
    // One unit in the 12th digit is at most 10^-11 of the value.
    EXPECT_LE(high - low, abs(exact) / Rational(100'000'000'000));
  }
}

class Certify : public Cli {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    write_file_atomically(path(name), text);
    return path(name);
  }

  Ended certify(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "certify");
    return assay(arguments);
  }

  /// min 1/2 |y|^2 + (x, x)'y with y0 >= -1 by a row, y1 >= -1 by a bound, y1 <= 3; F = 1/2 x^2 +
  /// 3 y0 + 1/2 (y1 - 1)^2. At x = 2: y = -1, multipliers 1, F = 1, direct 2, implicit 0.
  /// At x = 1/3: y = -1/3, F = 1/18 - 1 + 8/9 = -1/18, direct 1/3, implicit -3 + 4/3. At x = 1:
  /// kink.
  std::string corner(const std::string& more = "") {
    return file("corner.json",
                R"({"format": "assay-instance/1", "name": "corner", "n": 1, "m": 2, "p": 1,
                    "upper": {"Qxx": [[1]], "Qyy": [[0, 0], [0, 1]], "y_target": [0, 1],
                              "cy": [3, 0]},
                    "lower": {"H": [[1, 0], [0, 1]], "M": [[1], [1]]},
                    "constraints": {"B": [[-1, 0]], "b": [1], "lower": [null, -1],
                                    "upper": [null, 3]},
                    "x0": [2])" +
                    more + "}");
  }

  static Rational end(const Json& text) { return from_text<Rational>(text.get<std::string>()); }
  static void expect_inside(const Json& interval, const Rational& value) {
    EXPECT_LE(end(interval["lower"]), value) << interval;
    EXPECT_LE(value, end(interval["upper"])) << interval;
  }
  static void expect_inside(const Json& vector, Index i, const Rational& value) {
    const auto k = static_cast<std::size_t>(i);
    expect_inside(Json{{"lower", vector["lower"][k]}, {"upper", vector["upper"][k]}}, value);
  }
};

TEST_F(Certify, TheExactAnswerLiesInEveryIntervalPrinted) {
  for (const char* scalar : {"double", "real50"}) {
    const Ended ended =
        certify({corner(), "--at", file("x.json", "[\"1/3\"]"), "--scalar", scalar, "--json"});
    ASSERT_EQ(ended.code, 0) << ended.err;
    const Json json = Json::parse(ended.out);
    EXPECT_EQ(json["format"], "assay-certify/1");
    EXPECT_EQ(json["verdict"], "certified");
    EXPECT_EQ(json["active"], Json::array());
    const Instance instance = read_instance(corner());
    reference::RVec x(1);
    x[0] = Rational(1, 3);
    const auto truth = reference::minimise(reference::lower_program(instance, x));
    const auto derivative = reference::derivative(instance, x, truth.y, truth.strongly_active);
    for (Index i = 0; i < 2; ++i) expect_inside(json["y"], i, truth.y[i]);
    for (Index i = 0; i < 3; ++i) expect_inside(json["multipliers"], i, truth.multipliers[i]);
    expect_inside(json["slack"], 0, Rational(2, 3));
    expect_inside(json["direct"], 0, derivative.direct[0]);
    expect_inside(json["implicit"], 0, derivative.implicit[0]);
    expect_inside(json["total"], 0, derivative.total[0]);
    expect_inside(json["gap"], Rational(4, 3));
    expect_inside(json["gap_squared"], Rational(16, 9));
    expect_inside(json["F"], Rational(-1, 18));
    expect_inside(json["smallest_slack"], Rational(2, 3));
    const Rational width = end(json["gap"]["upper"]) - end(json["gap"]["lower"]);
    EXPECT_GT(width, 0);
    // A dozen roundings of numbers up to 4, twice that for both sides.
    const Rational roundoff = std::string(scalar) == "double"
                                  ? convert<Rational>(unit_roundoff<double>())
                                  : convert<Rational>(unit_roundoff<Real50>());
    EXPECT_LE(width, 100 * roundoff);
  }
}

TEST_F(Certify, PeopleReadVerdictGapRowsAndMargins) {
  const Ended ended = certify({corner()});
  ASSERT_EQ(ended.code, 0) << ended.err;
  for (const char* part :
       {"corner at x0 in double: certified", "gap |grad F|", "2 of 3: inequality",
        "the lower bound of y[1]", "smallest multiplier", "smallest slack"})
    EXPECT_NE(ended.out.find(part), std::string::npos) << part << "\n" << ended.out;
}

TEST_F(Certify, AKinkIsNotCertifiedButReported) {
  const Ended ended = certify({corner(), "--at", file("x.json", "{\"x\": [1]}"), "--json"});
  expect_failure(ended, 4, "corner.json: not certified at ");
  EXPECT_NE(ended.err.find("kink: inequality row 0"), std::string::npos) << ended.err;
  const Json json = Json::parse(ended.out);
  EXPECT_EQ(json["verdict"], "kink");
  EXPECT_EQ(json["undecided"], Json({0, 1}));
  EXPECT_FALSE(json.contains("gap"));
  const Ended text = certify({corner(), "--at", path("x.json")});
  EXPECT_NE(text.out.find("the lower bound of y[1]"), std::string::npos) << text.out;
}

TEST_F(Certify, KnownValuesAreHeldAgainstTheProof) {
  const auto with = [&](const std::string& known) {
    return certify(
        {corner(", \"known\": {\"proof\": \"exact\", " + known + "}"), "--at", "known", "--json"});
  };
  // x = 1/3: nothing is a double.
  const Ended right =
      with("\"x\": [\"1/3\"], \"y\": [\"-1/3\", \"-1/3\"], \"multipliers\": [0], \"F\": \"-1/18\"");
  ASSERT_EQ(right.code, 0) << right.err;
  const Json expected = {{"y", {"inside", "inside"}}, {"multipliers", {"inside"}}, {"F", "inside"}};
  EXPECT_EQ(Json::parse(right.out)["known"], expected);

  const Ended near = with("\"x\": [\"1/3\"], \"y\": [-0.3333, \"-1/3\"], \"digits\": 4");
  ASSERT_EQ(near.code, 0) << near.err;
  EXPECT_EQ(Json::parse(near.out)["known"]["y"], Json({"within_digits", "inside"}));
  const Ended far = with("\"x\": [\"1/3\"], \"y\": [\"-1/3\", -0.3333], \"digits\": 5");
  expect_failure(far, 1, "known.y[1]: lies outside");
  EXPECT_EQ(Json::parse(far.out)["known"]["y"][1], "outside");
  expect_failure(with("\"x\": [2], \"F\": 1.0000001"), 1, "known.F");
  expect_failure(certify({corner(), "--at", "known"}), 2, "known.x");
}

TEST_F(Certify, KnownMultipliersOfEqualitiesComeLast) {
  // min 1/2 |y|^2 with y0 + y1 = 2 and y0 <= 1/2: y = (1/2, 3/2), multipliers -3/2 and 1.
  const std::string text = file("order.json", R"({"format": "assay-instance/1", "name": "order",
      "n": 1, "m": 2, "p": 1, "q": 1, "upper": {"Qxx": [[1]]}, "lower": {"H": [[1, 0], [0, 1]]},
      "constraints": {"B": [[1, 0]], "b": [0.5], "G": [[1, 1]], "e": [2]},
      "known": {"x": [0], "y": [0.5, 1.5], "multipliers": [1, -1.5], "F": 0, "proof": "exact"}})");
  const Ended ended = certify({text, "--at", "known", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(Json::parse(ended.out)["known"]["multipliers"], Json({"inside", "inside"}));
}

TEST_F(Certify, BadPointsNameFileAndKey) {
  const auto at = [&](const std::string& text) {
    return certify({corner(), "--at", file("x.json", text)});
  };
  expect_failure(at("[1, 2]"), 2, "x.json: ");
  expect_failure(at("{\"x\": []}"), 2, "x.json: x: ");
  expect_failure(at("{\"x\": [1], \"y\": [2]}"), 2, "x.json: y: ");
  expect_failure(at("{}"), 2, "x.json: x: ");
  expect_failure(at("[NaN]"), 2, "x.json: ");
  expect_failure(at("[\"nan\"]"), 2, "x.json: [0]: ");
  expect_failure(at("[\"1/0\"]"), 2, "x.json: [0]: ");
  expect_failure(at("{\"x\": [\"one\"]}"), 2, "x.json: x[0]: ");
  expect_failure(at("{\"x\": [null]}"), 2, "x.json: x[0]: ");
  expect_failure(at("[\"1e400\"]"), 2, "x[0]: is beyond the range");
  expect_failure(certify({corner(), "--at", path("none.json")}), 2, "none.json");
  expect_failure(certify({path("none.json")}), 2, "none.json");
  expect_failure(certify({corner(), "--scalar", "rational"}), 2, "--scalar");
  expect_failure(certify({std::string(ASSAY_GOLDEN) + "/instances/one-dimensional.json"}), 2,
                 "one-dimensional.json: x0: is missing");
}

TEST_F(Certify, KnownPointsNotProvedOptimalAreCountedApart) {
  const Ended text = certify({"--known", "D1"});
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("\nfeasible  D1"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("6 figures, 4 proved, 2 feasible but not proved optimal, 0 not\n"),
            std::string::npos)
      << text.out;
  const Ended json = certify({"--known", "D1", "--json"});
  const Json rows = Json::parse(json.out).at("figures");
  for (const Json& row : rows) {
    const bool upper = row["quantity"] == "x*" || row["quantity"] == "F*";
    EXPECT_EQ(row["state"], upper ? "feasible" : "proved") << row;
  }
}

TEST_F(Certify, AnInfeasibleLowerLevelIsProved) {
  const std::string text = file("empty.json", R"({"format": "assay-instance/1", "name": "empty",
      "n": 1, "m": 1, "p": 3, "upper": {"Qxx": [[1]]}, "lower": {"H": [[1]]}, "x0": [0],
      "constraints": {"B": [[1], [1], [-1]], "b": [-1, 2, -1]}})");
  expect_failure(certify({text}), 4,
                 "no y satisfies the rows there, proved in fractions by Farkas multipliers of "
                 "inequality row 0, inequality row 2");
}

/// min 1/2 |y|^2 + s x y0 - 2 y_last on a box of m variables with y0 + y1 <= limit; F = 1/2 x^2.
std::string wide_box(Index m, const std::string& s, const std::string& limit, double lower,
                     double upper) {
  Json H = Json::array(), M = Json::array(), d = Json::array(), low = Json::array(),
       high = Json::array();
  for (Index i = 0; i < m; ++i) {
    Json row = Json::array(), sum = Json::array();
    for (Index j = 0; j < m; ++j) row.push_back(i == j ? 1 : 0);
    H.push_back(row);
    M.push_back(Json::array({i == 0 ? Json::parse(s) : Json(0)}));
    d.push_back(i == m - 1 ? -2 : 0);
    low.push_back(lower);
    high.push_back(upper);
  }
  Json B = Json::array({Json::array()});
  for (Index j = 0; j < m; ++j) B[0].push_back(j < 2 ? 1 : 0);
  const Json document = {
      {"format", "assay-instance/1"},
      {"name", "box"},
      {"n", 1},
      {"m", m},
      {"p", 1},
      {"upper", {{"Qxx", {{1}}}}},
      {"lower", {{"H", H}, {"M", M}, {"d", d}}},
      {"constraints", {{"B", B}, {"b", {Json::parse(limit)}}, {"lower", low}, {"upper", high}}},
      {"x0", {1}}};
  return document.dump();
}

TEST_F(Certify, RowsWithSlackCostNothingAtAKink) {
  // y0 = x meets its upper bound at x = 1, the last y is held at its own.
  const Ended ended = certify({file("box.json", wide_box(40, "-1", "3", -1, 1)), "--json"});
  expect_failure(ended, 4, "kink: the upper bound of y[0]");
  const Json json = Json::parse(ended.out);
  EXPECT_EQ(json["kink"]["stationarity"], "not_stationary");
  EXPECT_EQ(json["kink"]["slope"], "-1");
}

TEST_F(Certify, ManyRowsThatHoldAreNotLookedAt) {
  const Ended point = certify({file("point.json", wide_box(40, "-1", "3", 0, 0))});
  EXPECT_EQ(point.code, 4) << point.err;
  EXPECT_NE(point.out.find("not looked at: 80 rows hold"), std::string::npos) << point.out;
}

TEST_F(Certify, ManyInfeasibleRowsAreTheSolversWordOnly) {
  expect_failure(certify({file("wide.json", wide_box(60, "-1", "-3", -1, 1))}), 4,
                 "the solver calls the rows infeasible there, which is not proved");
  expect_failure(
      certify({file("wide.json", wide_box(30, "-1", "-3", -1, 1))}), 4,
      "Farkas multipliers of inequality row 0, the lower bound of y[0], the lower bound");
}

}  // namespace
}  // namespace assay
