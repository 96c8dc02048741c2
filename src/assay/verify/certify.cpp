#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "assay/cli/session.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/numerics/environment.hpp"
#include "assay/support/files.hpp"
#include "assay/support/json.hpp"
#include "assay/verify/commands.hpp"
#include "assay/verify/outward_text.hpp"
#include "reference/enclosure.hpp"
#include "reference/kink.hpp"
#include "reference/known_problems.hpp"
#include "reference/pivoting.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using reference::Ball;
using reference::BallVector;
using reference::CertifiedPoint;
using reference::Verdict;

struct CertifyOptions {
  std::string instance, at = "x0", scalar = "double", known;
};

using Exact = Vec<Rational>;

Exact read_point(const std::string& file, Index n) {
  const nlohmann::json document = parse_json(read_file(file), file);
  JsonField field(document, file);
  if (document.is_object()) {
    field.only_keys({"x"});
    field = field.at("x");
  }
  const nlohmann::json& list = field.list(static_cast<std::size_t>(n), fmt::format("{} (n)", n));
  Exact x(n);
  for (Index i = 0; i < n; ++i) {
    const JsonField entry = field.entry(static_cast<std::size_t>(i));
    const nlohmann::json& value = list[static_cast<std::size_t>(i)];
    if (!value.is_string()) {
      x[i] = convert<Rational>(entry.number());
      continue;
    }
    try {
      x[i] = from_text<Rational>(value.get<std::string>());
    } catch (const Error& e) {
      entry.fail(e.what());
    }
  }
  return x;
}

/// The point as asked for, exactly.
Exact find_point(const Instance& instance, const std::string& at) {
  if (at == "x0") {
    if (!instance.x0) throw InputError(instance.source, "x0", "is missing; use --at FILE");
    return instance.x0->to_vector<Rational>();
  }
  if (at == "known") {
    if (!instance.known || instance.known->x.size() == 0)
      throw InputError(instance.source, "known.x", "is missing; use --at FILE");
    return instance.known->x.to_vector<Rational>();
  }
  return read_point(at, instance.n);
}

/// An interval with exact ends.
struct Interval {
  Rational lower, upper;

  template <class S>
  explicit Interval(const Ball<S>& ball)
      : lower(convert<Rational>(ball.mid) - convert<Rational>(ball.rad)),
        upper(convert<Rational>(ball.mid) + convert<Rational>(ball.rad)) {}

  /// Of a quantity that cannot be negative.
  Interval not_negative() const {
    Interval cut = *this;
    if (cut.lower < 0) cut.lower = 0;
    return cut;
  }
  std::string low(int digits) const { return outward_text(lower, Towards::below, digits); }
  std::string high(int digits) const { return outward_text(upper, Towards::above, digits); }
  std::string text(int digits) const { return "[" + low(digits) + ", " + high(digits) + "]"; }
  Json json(int digits) const { return {{"lower", low(digits)}, {"upper", high(digits)}}; }
};

/// Enough digits that rounding outward adds less than a thousandth of a roundoff.
template <class S>
constexpr int digits_of = std::numeric_limits<S>::max_digits10 + 3;

template <class S>
Json vector_json(const BallVector<S>& v) {
  Json lower = Json::array(), upper = Json::array();
  for (Index i = 0; i < v.size(); ++i) {
    lower.push_back(Interval(v[i]).low(digits_of<S>));
    upper.push_back(Interval(v[i]).high(digits_of<S>));
  }
  return {{"lower", lower}, {"upper", upper}};
}

/// The widest ball over the largest entry, for people.
template <class S>
std::string relative_width(const BallVector<S>& v) {
  S size(0), widest(0);
  for (Index i = 0; i < v.size(); ++i) {
    size = larger(size, magnitude(v.mid[i]));
    widest = larger(widest, v.rad[i]);
  }
  return size == S(0) ? "0" : fmt::format("{:.1e}", to_double(S(S(2) * widest / size)));
}

/// What the instance says it knows, against what is proved.
class KnownCheck {
 public:
  explicit KnownCheck(const KnownSolution& known) : known_(known) {
    if (known.digits > 0)
      share_ = 1 / Rational(boost::multiprecision::pow(boost::multiprecision::mpz_int(10),
                                                       static_cast<unsigned>(known.digits)));
  }

  template <class S>
  void run(const Instance& instance, const CertifiedPoint<S>& point) {
    for (Index i = 0; i < known_.y.size(); ++i)
      compare("known.y", i, known_.y.entry<Rational>(i), Interval(point.y[i]));
    // The file lists multipliers of inequality rows first, the stack begins with equalities.
    const Index p = instance.inequality_rows(), q = instance.equality_rows();
    for (Index i = 0; i < known_.multipliers.size(); ++i)
      compare("known.multipliers", i, known_.multipliers.entry<Rational>(i),
              Interval(point.multipliers[i < p ? q + i : i - p]));
    if (known_.F) compare("known.F", -1, from_text<Rational>(*known_.F), Interval(point.F));
  }

  std::string text() const {
    std::string line = fmt::format("{} inside their enclosures", inside_);
    if (near_ > 0) line += fmt::format(", {} within the {} digits stated", near_, known_.digits);
    if (!outside_.empty())
      line += fmt::format(", {} OUTSIDE, first {}", outside_.size(), outside_.front());
    return line;
  }
  const Json& json() const { return json_; }
  const std::vector<std::string>& outside() const { return outside_; }

 private:
  void compare(const std::string& key, Index index, const Rational& value, const Interval& proved) {
    const Rational size = abs(value) > 1 ? Rational(abs(value)) : Rational(1);
    const Rational reach = share_ * size;
    const char* found = "outside";
    if (proved.lower <= value && value <= proved.upper) {
      found = "inside";
      ++inside_;
    } else if (proved.lower - reach <= value && value <= proved.upper + reach) {
      found = "within_digits";
      ++near_;
    } else {
      outside_.push_back(index < 0 ? key : fmt::format("{}[{}]", key, index));
    }
    const std::string name = key.substr(key.find('.') + 1);
    if (index < 0)
      json_[name] = found;
    else
      json_[name].push_back(found);
  }

  const KnownSolution& known_;
  Rational share_ = 0;
  long inside_ = 0, near_ = 0;
  std::vector<std::string> outside_;
  Json json_ = Json::object();
};

template <class S>
class Report {
 public:
  Report(const CertifyOptions& options, const Instance& instance,
         const reference::Enclosure<S>& enclosure, const CertifiedPoint<S>& point)
      : enclosure_(enclosure), point_(point) {
    text_ = fmt::format("{} at {} in {}: {}\n", instance.name, options.at, options.scalar,
                        point.certified() ? "certified" : "not certified: " + point.why);
    json_ = {{"format", "assay-certify/1"},
             {"instance", instance.source},
             {"digest", instance.digest},
             {"at", options.at},
             {"scalar", options.scalar},
             {"verdict", to_string(point.verdict)},
             {"why", point.why},
             {"repairs", point.repairs}};
    json_["active"] = point.active;
    json_["undecided"] = point.undecided;
    json_["rows"] = Json::array();
    for (Index i = 0; i < enclosure.rows(); ++i) json_["rows"].push_back(enclosure.row_name(i));
    if (point.certified()) certified();
    if (point.verdict == Verdict::kink || point.verdict == Verdict::dependent_rows) undecided();
  }

  void line(const std::string& label, const std::string& value) {
    text_ += fmt::format("  {:<22}{}\n", label, value);
  }
  Json& json() { return json_; }
  void print(Session& session) const {
    session.results(text_,
                    json_.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }

 private:
  static constexpr int digits = digits_of<S>;

  void number(const char* label, const char* key, const Interval& interval) {
    line(label, interval.text(digits));
    json_[key] = interval.json(digits);
  }

  void certified() {
    number("gap |grad F|", "gap", Interval(point_.gap).not_negative());
    number("  direct part", "gap_direct", Interval(point_.gap_direct).not_negative());
    number("  implicit part", "gap_implicit", Interval(point_.gap_implicit).not_negative());
    number("F", "F", Interval(point_.F));
    json_["gap_squared"] = Interval(point_.gap_squared).not_negative().json(digits);
    line("active rows",
         fmt::format("{} of {}{}", point_.active.size(), enclosure_.rows(), names(point_.active)));
    smallest("smallest multiplier", "smallest_multiplier", point_.multipliers, true);
    smallest("smallest slack", "smallest_slack", point_.slack, false);
    line("relative widths",
         fmt::format("y {}, multipliers {}, direct {}, implicit {}, total {}",
                     relative_width(point_.y), relative_width(point_.multipliers),
                     relative_width(point_.direct), relative_width(point_.implicit),
                     relative_width(point_.total)));
    json_["contraction"] = outward_text(convert<Rational>(point_.contraction), Towards::above, 3);
    json_["y"] = vector_json(point_.y);
    json_["multipliers"] = vector_json(point_.multipliers);
    json_["slack"] = vector_json(point_.slack);
    json_["direct"] = vector_json(point_.direct);
    json_["implicit"] = vector_json(point_.implicit);
    json_["total"] = vector_json(point_.total);
  }

  /// The inequality, active or not as asked, whose margin reaches lowest.
  void smallest(const char* label, const char* key, const BallVector<S>& margins, bool active) {
    Index least = -1;
    for (Index i = enclosure_.equalities(); i < enclosure_.rows(); ++i) {
      if (std::binary_search(point_.active.begin(), point_.active.end(), i) != active) continue;
      if (least < 0 || margins[i].lower() < margins[least].lower()) least = i;
    }
    if (least < 0) return;
    line(label, Interval(margins[least]).text(digits) + "  " + enclosure_.row_name(least));
    json_[key] = Interval(margins[least]).json(digits);
    json_[key]["row"] = least;
  }

  void undecided() {
    for (const Index i : point_.undecided) {
      line(enclosure_.row_name(i),
           fmt::format("slack {}, multiplier {}", Interval(point_.slack[i]).text(6),
                       Interval(point_.multipliers[i]).text(6)));
    }
  }

  std::string names(const std::vector<Index>& rows) const {
    constexpr std::size_t shown = 6;
    std::string text;
    for (std::size_t k = 0; k < std::min(shown, rows.size()); ++k)
      text += (k == 0 ? ": " : ", ") + enclosure_.row_name(rows[k]);
    return text + (rows.size() > shown ? ", ..." : "");
  }

  const reference::Enclosure<S>& enclosure_;
  const CertifiedPoint<S>& point_;
  std::string text_;
  Json json_;
};

const char* word_of(reference::Stationarity verdict) {
  switch (verdict) {
    case reference::Stationarity::smooth:
      return "stationary";
    case reference::Stationarity::kink:
      return "stationary_kink";
    case reference::Stationarity::not_stationary:
      return "not_stationary";
    case reference::Stationarity::undecided:
      return "undecided";
  }
  return "";
}

/// Pivots in fractions take seconds up to about this size.
constexpr std::size_t most_rows = 100;
constexpr Index most_variables = 40;

/// Whether F has descent at x although it has no gradient there, in fractions.
template <class S>
void report_kink(const Instance& instance, const Exact& x, const CertifiedPoint<S>& point,
                 Report<S>& report) {
  // The exact oracle tries subsets of the rows that hold.
  constexpr Index most_holding = 12;
  const reference::Program program = reference::lower_program(instance, x);
  // Those with slack there do not matter.
  std::vector<Index> rows;
  for (Index i = 0; i < program.rows(); ++i)
    if (i < program.equalities || point.slack.size() == 0 || !point.slack[i].positive())
      rows.push_back(i);
  if (rows.size() > most_rows || instance.m > most_variables)
    return report.line(
        "at the kink",
        fmt::format("not looked at: more than {} rows or {} variables", most_rows, most_variables));
  std::optional<reference::Minimiser> minimiser = reference::minimise_among(program, rows);
  if (!minimiser)
    return report.line("at the kink", "not looked at: the minimiser is not the enclosed point");
  const auto inequalities = [&](const std::vector<Index>& list) {
    return std::count_if(list.begin(), list.end(),
                         [&](Index i) { return i >= program.equalities; });
  };
  const Index holding =
      inequalities(minimiser->strongly_active) + inequalities(minimiser->weakly_active);
  if (holding > most_holding)
    return report.line("at the kink", fmt::format("not looked at: {} rows hold, more than {}",
                                                  holding, most_holding));
  const reference::StationarityReport kink = reference::stationarity(
      instance, x, reference::exact_with(instance, x, std::move(*minimiser)));
  report.line("at the kink", kink.reason);
  report.json()["kink"] = {{"stationarity", word_of(kink.verdict)}, {"reason", kink.reason}};
  if (kink.verdict == reference::Stationarity::undecided) return;
  const std::string distance =
      outward_text(kink.clarke_squared, Towards::above, std::numeric_limits<double>::max_digits10);
  report.line("squared distance of 0", distance + " to the Clarke subdifferential and normal cone");
  report.json()["kink"]["clarke_distance_squared"] = distance;
  if (kink.verdict != reference::Stationarity::not_stationary) return;
  report.line("slope of descent", fmt::format("{:.6g}", to_double(kink.slope)));
  report.json()["kink"]["slope"] = to_text(to_double(kink.slope));
  for (Index i = 0; i < kink.descent.size(); ++i)
    report.json()["kink"]["direction"].push_back(to_text(to_double(kink.descent[i])));
}

/// What more digits could change.
bool accuracy_may_help(Verdict verdict) {
  return verdict != Verdict::wrong_active_set && verdict != Verdict::infeasible;
}

/// What is true of rows that the solver calls infeasible.
template <class S>
std::string judge_infeasible(const Instance& instance, const Exact& x,
                             const reference::Enclosure<S>& enclosure) {
  const std::string claim = "the solver calls the rows infeasible there";
  if (enclosure.rows() > static_cast<Index>(most_rows) || instance.m > most_variables)
    return claim + ", which is not proved";
  const reference::Minimiser exact =
      reference::minimise_by_pivoting(reference::lower_program(instance, x));
  if (exact.feasible) return claim + ", but they are not";
  std::string rows;
  for (Index i = 0; i < exact.farkas.size(); ++i)
    if (exact.farkas[i] != 0) rows += (rows.empty() ? "" : ", ") + enclosure.row_name(i);
  return "no y satisfies the rows there, proved in fractions by Farkas multipliers of " + rows;
}

template <class S>
void certify_in(const CertifyOptions& options, const Instance& instance, Session& session) {
  const Exact exact = find_point(instance, options.at);
  BallVector<S> x(instance.n);
  for (Index i = 0; i < instance.n; ++i) {
    x.set(i, reference::enclose<S>(exact[i]));
    if (!x[i].finite())
      throw InputError(options.at, fmt::format("x[{}]", i), "is beyond the range of the scalar");
  }
  // The solver proposes; nothing of what it says is taken for granted.
  const QuadraticProblem<S> problem(instance);
  ActiveSetLowerLevel<S> lower(problem);
  const LowerSolution<S>& solved = lower.solve(x.mid, Vec<S>());
  reference::Enclosure<S> enclosure(instance);
  if (solved.status == LowerStatus::infeasible)
    throw NumericalError(
        instance.source, "",
        "not certified at " + options.at + ": " + judge_infeasible(instance, exact, enclosure));
  const CertifiedPoint<S> point = enclosure.certify(x, solved.y, solved.multipliers);

  Report<S> report(options, instance, enclosure, point);
  if (!point.certified()) {
    if (point.verdict == Verdict::kink || point.verdict == Verdict::dependent_rows)
      report_kink(instance, exact, point, report);
    report.print(session);
    std::string why = fmt::format("{}: not certified at {}: {}: {}", instance.source, options.at,
                                  to_string(point.verdict), point.why);
    if (options.scalar == "double" && accuracy_may_help(point.verdict))
      why += "; --scalar real50 looks closer";
    return session.fail(ExitCode::numerical, why);
  }
  if (options.at == "known") {
    KnownCheck known(*instance.known);
    known.run(instance, point);
    report.line("known values", known.text());
    report.json()["known"] = known.json();
    if (!known.outside().empty())
      session.fail(ExitCode::gate_failed, fmt::format("{}: {}: lies outside its enclosure",
                                                      instance.source, known.outside().front()));
  }
  report.print(session);
}

/// Proves the figures of the catalogue of known problems.
void certify_known(const std::string& id, Session& session) {
  std::vector<reference::KnownVerdict> verdicts;
  try {
    verdicts = reference::prove_known_problems(id == "all" ? std::nullopt : std::optional(id));
  } catch (const std::out_of_range&) {
    throw InputError("", "--known", "no known problem is called '" + id + "'");
  }
  std::string text, first;
  std::size_t failed = 0, feasible = 0;
  Json rows = Json::array();
  for (const reference::KnownVerdict& v : verdicts) {
    const char* state = !v.holds ? "fails" : v.feasible_only ? "feasible" : "proved";
    text += fmt::format("{:<8}  {:<5} {:<26} {:<12} {}\n          {}\n", state, v.id, v.name,
                        v.quantity, v.stated, v.proved);
    rows.push_back({{"id", v.id},
                    {"name", v.name},
                    {"quantity", v.quantity},
                    {"stated", v.stated},
                    {"proved", v.proved},
                    {"holds", v.holds},
                    {"state", state}});
    feasible += v.holds && v.feasible_only;
    if (v.holds) continue;
    ++failed;
    if (first.empty()) first = v.id + ": " + v.quantity + ": " + v.proved;
  }
  text += fmt::format("{} figures, {} proved, {} feasible but not proved optimal, {} not\n",
                      verdicts.size(), verdicts.size() - failed - feasible, feasible, failed);
  const Json json = {{"format", "assay-known/1"}, {"figures", rows}};
  session.results(text, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  if (failed > 0) session.fail(ExitCode::gate_failed, first);
}

void certify(const CertifyOptions& options, Session& session) {
  require_arithmetic();
  if (options.known.empty() == options.instance.empty())
    throw InputError("", "command line", "give either an INSTANCE or --known");
  if (!options.known.empty()) return certify_known(options.known, session);
  const Instance instance = read_instance(options.instance);
  if (options.scalar == "double")
    certify_in<double>(options, instance, session);
  else
    certify_in<Real50>(options, instance, session);
}

}  // namespace

void add_certify(CLI::App& app, Session& session) {
  auto options = std::make_shared<CertifyOptions>();
  CLI::App* command = app.add_subcommand(
      "certify", "prove enclosures of y*, multipliers, F and grad F at one x; exit code 4 if not");
  command->add_option("INSTANCE", options->instance, "an instance file");
  command
      ->add_option("--at", options->at,
                   "x0 (default), known, or a file: a JSON list of numbers or \"p/q\", or "
                   "{\"x\": [...]}")
      ->type_name("x0|known|FILE");
  command->add_option("--scalar", options->scalar, "double (default) or real50")
      ->check(CLI::IsMember(std::vector<std::string>{"double", "real50"}));
  command
      ->add_option("--known", options->known,
                   "prove the figures of the catalogue of known problems: all, or one as B11")
      ->type_name("all|ID");
  session.add_common_options(*command);
  command->callback([options, &session] { certify(*options, session); });
}

}  // namespace assay
