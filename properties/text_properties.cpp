// Numbers and files survive their text, and bad text is refused in one line.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "assay/check/distance.hpp"
#include "assay/run/run.hpp"
#include "assay/scalar/convert.hpp"
#include "assay/scalar/state.hpp"
#include "assay/support/error.hpp"
#include "assay/trace/trace.hpp"
#include "properties/property.hpp"
#include "properties/run_case.hpp"

namespace assay::properties {

namespace {

Case seed_case(Source& source) {
  Case c;
  c.instance = empty_instance(1, 1);
  c.instance.name = "none";
  c.instance.Qxx.set(0, 0, 1);
  c.instance.H.set(0, 0, 1);
  c.seed = source.word() >> 2;
  return c;
}

/// Bits for a case: word after word.
class Words {
 public:
  explicit Words(const Case& c) : stream_(c.seed, 77, Purpose::probe, 0) {}
  std::uint64_t next() { return stream_.word(count_++); }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  RandomStream stream_;
  std::uint64_t count_ = 0;
};

/// A finite double: any bits, subnormals, powers of two, decimals of few digits, integers, zeros.
double any_double(Words& words) {
  for (;;) {
    double v = 0;
    switch (words.below(7)) {
      case 0:
        v = std::bit_cast<double>(words.next());
        break;
      case 1:
        v = std::bit_cast<double>(words.next() & 0x800fffffffffffffULL);
        break;
      case 2:
        v = std::ldexp(1.0, static_cast<int>(words.below(2098)) - 1074);
        break;
      case 3: {
        v = static_cast<double>(words.below(100000));
        for (std::uint64_t k = words.below(30); k > 0; --k) v /= 10;
        break;
      }
      case 4:
        v = static_cast<double>(words.next() >> words.below(64));
        break;
      case 5:
        v = std::nextafter(std::ldexp(1.0, static_cast<int>(words.below(2000)) - 1000),
                           words.below(2) == 0 ? 0.0 : HUGE_VAL);
        break;
      default:
        v = words.below(2) == 0 ? 0.0 : -0.0;
        break;
    }
    if (words.below(2) == 0) v = -v;
    if (std::isfinite(v)) return v;
  }
}

template <class S>
S any_value(Words& words) {
  if constexpr (std::is_same_v<S, double>) {
    return any_double(words);
  } else if constexpr (is_exact<S>) {
    const Rational p(static_cast<long>(words.next() >> (2 + words.below(60))));
    const Rational q(static_cast<long>(1 + (words.next() >> (2 + words.below(60)))));
    return words.below(2) == 0 ? Rational(p / q) : Rational(-p / q);
  } else {
    // All digits random, or a double widened, or a step beside a power of two.
    if (words.below(3) == 0) {
      return convert<S>(any_double(words));
    }
    S v(1);
    for (int k = 0; k < 6; ++k) v = v / S(18446744073709551616.0) + S(double(words.next() >> 11));
    const int k = static_cast<int>(words.below(4000)) - 2000;
    v = scale_by_power_of_two(v, std::is_same_v<S, Soft53> ? k / 4 : k);
    if (words.below(4) == 0) v = S(1) + unit_roundoff<S>() * S(words.below(2) == 0 ? 2 : -1);
    return words.below(2) == 0 ? v : S(-v);
  }
}

template <class S>
bool same_bits(const S& a, const S& b) {
  if constexpr (std::is_same_v<S, double>)
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  else if constexpr (is_exact<S>)
    return a == b;
  else
    return a == b && a.backend().sign() == b.backend().sign();
}

/// Digits of a number's text, without sign, point and exponent.
std::string digits_of(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c == 'e') break;
    if (c >= '0' && c <= '9') digits += c;
  }
  const auto from = digits.find_first_not_of('0');
  digits = from == std::string::npos ? "" : digits.substr(from);
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  return digits;
}

// -------------------------------------------------------------------------------------- X1, X2

template <class S>
void numbers_survive_their_text(const Case& c, Check& check) {
  Words words(c);
  for (int k = 0; k < 20; ++k) {
    const S v = any_value<S>(words);
    if (!is_finite(v)) continue;
    const std::string text = to_text(v);
    check.that("from_text(to_text(v)) is v", same_bits(from_text<S>(text), v), text);
    if constexpr (std::is_same_v<S, double>) {
      char buffer[40];
      const auto end = std::to_chars(buffer, buffer + sizeof buffer, v).ptr;
      check.that("a double's text is that of to_chars", text == std::string(buffer, end), text);
    }
    if constexpr (!is_exact<S>) {
      // Nothing shorter will do: neither of the two nearest decimals with a digit less.
      const Rational value = convert<Rational>(v);
      const std::string digits = digits_of(text);
      // Large integers are spelt out where that takes no more room than an exponent.
      if (digits.size() < 2 || text.find_first_of(".e") == std::string::npos) continue;
      const Rational size = value < 0 ? Rational(-value) : value;
      // size = digits 10^e for an exponent found from the size itself.
      Rational unit(1);
      const Rational whole(boost::multiprecision::mpz_int(digits.substr(0, digits.size() - 1)));
      Rational scaled = whole;
      for (; scaled * 10 <= size; scaled *= 10) unit *= 10;
      for (; scaled > size * 10; scaled /= 10) unit /= 10;
      for (const Rational& shift : {Rational(1), Rational(1) / 10, Rational(10)})
        for (const int up : {0, 1}) {
          const Rational shorter = (whole + up) * unit * shift;
          const S read = convert<S>(value < 0 ? Rational(-shorter) : shorter);
          check.that("no shorter text reads as v", !same_bits(read, v), text);
        }
    }
  }
}

// ------------------------------------------------------------------------------------------ X3

/// v is nearest to r among the values of its type, and even at a tie.
/// @pre r is not smaller than the type's least normal value, but for double
template <class S>
bool is_nearest(const S& v, const Rational& r) {
  const int digits = std::numeric_limits<S>::digits;
  const Rational value = convert<Rational>(v);
  const Rational off = value < r ? Rational(r - value) : Rational(value - r);
  if (off == 0) return true;
  int k = v == S(0) ? -1074 : binary_exponent(v);
  if (std::is_same_v<S, double>) k = std::max(k, -1021);  // subnormals lie 2^-1074 apart
  // The spacing beside v: 2^(k-digits), half of it below a power of two.
  const Rational ulp = scale_by_power_of_two(Rational(1), k - digits);
  const bool power =
      k > -1021 && convert<Rational>(magnitude(v)) == scale_by_power_of_two(Rational(1), k - 1);
  const bool towards_zero = (r < 0 ? Rational(-r) : r) < (value < 0 ? Rational(-value) : value);
  const Rational half = power && towards_zero ? Rational(ulp / 4) : Rational(ulp / 2);
  if (off < half) return true;
  if (off > half) return false;
  const Rational mantissa = value / ulp;
  return boost::multiprecision::numerator(mantissa) % 2 == 0 || power;
}

/// What a decimal says, exactly: digits before and after the point, and its exponent.
Rational fraction_of(const std::string& text) {
  const std::size_t mark = text.find('e');
  const std::string mantissa = text.substr(0, mark);
  long exponent = mark == std::string::npos ? 0 : std::stol(text.substr(mark + 1));
  std::string digits;
  bool behind = false;
  for (const char c : mantissa) {
    if (c == '.') behind = true;
    if (c < '0' || c > '9') continue;
    digits += c;
    if (behind) --exponent;
  }
  const auto from = digits.find_first_not_of('0');
  Rational value(
      boost::multiprecision::mpz_int(from == std::string::npos ? "0" : digits.substr(from)));
  for (; exponent > 0; --exponent) value *= 10;
  for (; exponent < 0; ++exponent) value /= 10;
  return mantissa[0] == '-' ? Rational(-value) : value;
}

template <class S>
void conversions_are_nearest(const Case& c, Check& check) {
  Words words(c);
  for (int k = 0; k < 20; ++k) {
    const double d = any_double(words);
    const S wide = convert<S>(d);
    if (std::is_same_v<S, double> || std::fabs(d) >= 0x1p-1022 || d == 0) {
      check.that("a double widens without rounding",
                 convert<Rational>(wide) == convert<Rational>(d), to_text(d));
      check.that("and comes back", same_bits(convert<double>(wide), d), to_text(d));
    }
    // A fraction of ordinary size, now and then half way between two values.
    S near_one = any_value<S>(words);
    if (!is_finite(near_one) || near_one == S(0)) continue;
    near_one = scale_by_power_of_two(near_one, -binary_exponent(near_one));
    Rational r = convert<Rational>(near_one);
    const int digits = std::numeric_limits<S>::digits;
    switch (words.below(3)) {
      case 0:
        r += scale_by_power_of_two(Rational(1), -digits - 1);
        break;
      case 1:
        r += scale_by_power_of_two(Rational(1), -digits - 1) +
             scale_by_power_of_two(Rational(words.below(2) == 0 ? 1 : -1), -digits - 200);
        break;
      default:
        r = any_value<Rational>(words) / Rational(997);
        break;
    }
    // Subnormals of double have fewer digits.
    if (std::is_same_v<S, double> && words.below(3) == 0)
      r *= scale_by_power_of_two(Rational(1), -1030 - static_cast<int>(words.below(45)));
    // Those lie evenly, so an odd multiple of half their distance is a tie.
    if (std::is_same_v<S, double> && words.below(8) == 0)
      r = scale_by_power_of_two(Rational(boost::multiprecision::mpz_int(
                                    2 * (words.next() >> (13 + words.below(51))) + 1)),
                                -1075);
    if (r == 0) continue;
    check.that("a fraction converts to the nearest value, ties to even",
               is_nearest(convert<S>(r), r));
    const Real100 fine = convert<Real100>(r);
    check.that("100 digits convert to the nearest value",
               is_nearest(convert<S>(fine), convert<Rational>(fine)));
    // The same through the text of so many digits that it is exact.
    const std::string decimal = to_text(fine);
    // Text that a type cannot tell from 0 is refused.
    if (convert<S>(fine) == S(0)) continue;
    check.that("text converts to the value nearest to it",
               is_nearest(from_text<S>(decimal), fraction_of(decimal)));
  }
}

// ------------------------------------------------------------------------------------------ X4

void files_survive_their_text(const Case& c, Check& check) {
  // A case, with its instance in it.
  SavedCase saved{"P.name", "double", "what", "the \"message\",\nwith all kinds of \\ signs", c};
  const std::string text = saved_case_text(saved);
  const SavedCase back = parse_saved_case(text, "text");
  check.that("a saved case's text is a fixed point", saved_case_text(back) == text);
  check.that("with its seed", back.test_case.seed == c.seed);
  check.that("and its numbers", back.test_case.numbers == c.numbers);
  for (const auto& [name, v] : c.vectors)
    check.equal("and its vectors", back.test_case.vector(name), v);
  const Instance& a = c.instance;
  const Instance& b = back.test_case.instance;
  const ExactMatrix Instance::*arrays[] = {
      &Instance::Qxx, &Instance::Qxy, &Instance::Qyy,   &Instance::x_target, &Instance::y_target,
      &Instance::cx,  &Instance::cy,  &Instance::c0,    &Instance::H,        &Instance::M,
      &Instance::d,   &Instance::A,   &Instance::B,     &Instance::b,        &Instance::E,
      &Instance::G,   &Instance::e,   &Instance::lower, &Instance::upper};
  for (const auto array : arrays)
    check.that("and every array of the instance", (a.*array).nearest() == (b.*array).nearest());

  // An experiment: what it resolves to, written out in full, resolves to the same.
  const Experiment e = run_of(c, "double");
  std::string full;
  const auto table = [&](const std::string& name, const std::string& selector,
                         const std::string& word, const Settings& settings) {
    full += "[" + name + "]\n" + (selector.empty() ? "" : entry(selector, word));
    for (const auto& [key, value] : settings.values())
      full += key + " = " + value_text(value) + "\n";
  };
  table("start", "", "", e.start);
  table("algorithm", "name", e.algorithm, e.algorithm_settings);
  table("step", "rule", e.step, e.step_settings);
  table("lower_level", "solver", e.lower_level, e.lower_level_settings);
  table("hypergradient", "estimator", e.hypergradient, e.hypergradient_settings);
  table("noise", "", "", e.noise);
  table("record", "", "", e.record);
  table("probe", "", "", e.probe);
  full += "[run]\n" + entry("iterations", static_cast<double>(e.iterations)) +
          entry("seed", static_cast<double>(e.seed)) + entry("scalar", e.scalar);
  Experiment spelt = experiment_of(full);
  spelt.changes = e.changes;
  check.that("an experiment spelt out is the same experiment",
             experiment_text(spelt) == experiment_text(e));

  // A trace, with line ends of either kind.
  try {
    const Trace trace = run_experiment(e, c.instance).trace;
    const std::string csv = trace_text(trace);
    check.that("a trace's text is a fixed point", trace_text(parse_trace(csv, "text")) == csv);
    std::string other;
    for (const char ch : csv) other += ch == '\n' ? std::string("\r\n") : std::string(1, ch);
    check.that("CRLF reads the same", trace_text(parse_trace(other, "text")) == csv);
    const Trace read = parse_trace(csv, "text");
    for (std::size_t r = 0; r < read.rows.size(); ++r)
      check.that("a row is found by its iteration",
                 read.row_of(std::stol(read.cell(r, "iteration"))) == static_cast<int>(r));
  } catch (const NumericalError&) {
  }
}

// ------------------------------------------------------------------------------------------ X5

/// One of: a byte changed, taken out, put in; a stretch repeated or taken out.
std::string damaged(std::string text, Words& words) {
  for (std::uint64_t k = 1 + words.below(3); k > 0 && !text.empty(); --k) {
    const std::size_t at = words.below(text.size()), length = words.below(20);
    static const std::string signs = "0123456789.,-+eE\"'[]{}=:#\n\r\t \\/x\x01\x80\xff";
    switch (words.below(5)) {
      case 0:
        text[at] = signs[words.below(signs.size())];
        break;
      case 1:
        text.erase(at, 1);
        break;
      case 2:
        text.insert(at, 1, signs[words.below(signs.size())]);
        break;
      case 3:
        text.insert(at, text.substr(at, length));
        break;
      default:
        text.erase(at, length);
        break;
    }
  }
  return text;
}

/// Reading it works, or is refused as documented: an error of ours, one line, naming the source.
template <class Read>
void refused_well(Check& check, const std::string& what, const std::string& text, Read read) {
  try {
    read(text);
  } catch (const Error& error) {
    const std::string message = error.what();
    check.that(what + ": a documented exit code",
               error.code() == ExitCode::usage || error.code() == ExitCode::numerical, message);
    check.that(what + ": one line", message.find_first_of("\r\n") == std::string::npos, message);
    check.that(what + ": begins with its source", message.rfind("source", 0) == 0, message);
  } catch (const std::exception& error) {
    check.fail(what + ": another exception", std::string(error.what()) + " for " + text);
  }
}

void bad_text_is_refused(const Case& c, Check& check) {
  Words words(c);
  const std::string instance = instance_text(c.instance);
  const std::string saved = saved_case_text({"P.name", "double", "what", "message", c});
  const std::string experiment =
      "format = \"assay-experiment/1\"\nname = \"case\"\nfaults = []\n[instance.generator]\nn = 3\n"
      "[algorithm]\nname = \"dsblo\"\nmomentum = 0.9\norder = \"paper\"\n[step]\nrule = "
      "\"inverse_momentum\"\ngamma1 = 2.5e1\n[noise]\ngradient_std = 0.01\n[run]\niterations = 10\n"
      "seed = 3\nscalar = \"real50\"\n[golden.double]\niterations = 5\n[[change]]\niteration = 4\n"
      "algorithm = { momentum = 0.5 }\nstep = { gamma2 = 2 }\n";
  const std::string trace =
      "iteration,gap,status\n-1,0.5,running\n0,0.25,running\n1,1e-05,converged\n5,nan,\n";
  for (int k = 0; k < 15; ++k) {
    refused_well(check, "experiment", damaged(experiment, words),
                 [](const std::string& text) { parse_experiment(text, "source", ""); });
    refused_well(check, "trace", damaged(trace, words),
                 [](const std::string& text) { parse_trace(text, "source"); });
    if (k % 5 != 0) continue;
    refused_well(check, "instance", damaged(instance, words),
                 [](const std::string& text) { parse_instance(text, "source"); });
    refused_well(check, "saved case", damaged(saved, words),
                 [](const std::string& text) { parse_saved_case(text, "source"); });
  }
}

// ------------------------------------------------------------------------------------------ X6

/// Position of a double in the order of all, as a signed count from 0.
double place(double v) {
  const auto bits = std::bit_cast<std::uint64_t>(std::fabs(v));
  return std::signbit(v) ? -static_cast<double>(bits) : static_cast<double>(bits);
}

void distance_is_a_metric(const Case& c, Check& check) {
  Words words(c);
  for (int k = 0; k < 20; ++k) {
    const double a = any_double(words);
    double b = words.below(2) == 0 ? any_double(words) : a;
    const long steps = static_cast<long>(words.below(40));
    if (words.below(2) == 0)
      for (long i = 0; i < steps; ++i) b = std::nextafter(b, HUGE_VAL);
    const std::string s = to_text(a), t = to_text(b);
    if (!std::isfinite(b)) continue;
    const Distance there = distance(s, t, "double"), back = distance(t, s, "double");
    check.that("symmetric", there.same == back.same && there.ulps == back.ulps, s + " " + t);
    check.that("same exactly for the same bits", there.same == same_bits(a, b), s + " " + t);
    check.that("0 exactly for the same value", (there.ulps == 0) == (a == b), s + " " + t);
    // Counts below 2^53 are exact; above, each rounds.
    const double count = std::fabs(place(a) - place(b));
    check.at_most("the number of doubles between", std::fabs(there.ulps - count),
                  3 * unit_roundoff<double>() * (std::fabs(place(a)) + std::fabs(place(b))));
    if (b != a && std::isfinite(a))
      check.that("a neighbour is at 1",
                 distance(s, to_text(std::nextafter(a, b)), "double").ulps == 1, s);
    const int digits = agreeing_digits(s, t, "double");
    check.that("agreeing digits are symmetric", digits == agreeing_digits(t, s, "double"));
    // |a - b| <= 10^-k max(|a|, |b|), and not for k + 1, of the numbers as they are written.
    const Rational x = fraction_of(s), y = fraction_of(t);
    const Rational off = x < y ? Rational(y - x) : Rational(x - y);
    const Rational ax = x < 0 ? Rational(-x) : x, ay = y < 0 ? Rational(-y) : y;
    const Rational size = ax < ay ? ay : ax;
    Rational scaled = off;
    int expected = 0;
    for (; expected < 17 && scaled * 10 <= size; ++expected) scaled *= 10;
    // A tie, as of 2 and 1.9999999999999998, may fall either way in 100 digits.
    const bool tie = scaled * 10 == size || scaled == size;
    check.that("agreeing digits", digits == expected || (tie && std::abs(digits - expected) == 1),
               s + " " + t + ": " + std::to_string(digits) + " is not " + std::to_string(expected));

    const Real50 v = any_value<Real50>(words);
    if (!is_finite(v) || v == Real50(0)) continue;
    const Real50 w = v * (Real50(1) + Real50(4) * unit_roundoff<Real50>());
    const Distance far = distance(to_text(v), to_text(w), "real50");
    check.that("symmetric in 50 digits",
               far.ulps == distance(to_text(w), to_text(v), "real50").ulps);
    check.that("not the same in 50 digits", !far.same && far.ulps > 0, to_text(v));
    check.that("itself is the same", distance(to_text(v), to_text(v), "real50").same);
    check.that("words are compared as text", !distance("running", "converged", "double").same);
  }
}

// ------------------------------------------------------------------------------------------ X7

template <class S>
void state_survives_its_archive(const Case& c, Check& check) {
  Words words(c);
  Vec<S> v(static_cast<Index>(words.below(6)));
  for (Index i = 0; i < v.size(); ++i) {
    v[i] = any_value<S>(words);
    if (!is_finite(v[i])) v[i] = S(0);
  }
  S scalar = any_value<S>(words);
  if (!is_finite(scalar)) scalar = S(1);
  long integer = static_cast<long>(words.below(std::uint64_t{1} << 53));
  bool flag = words.below(2) == 0;
  std::string text = std::to_string(words.next());
  StateArchive out = StateArchive::writer();
  const Vec<S> v0 = v;
  const S scalar0 = scalar;
  const long integer0 = integer;
  const bool flag0 = flag;
  const std::string text0 = text;
  const auto visit = [&](StateArchive& archive) {
    archive.vector("v", v);
    archive.scalar("s", scalar);
    archive.integer("i", integer);
    archive.flag("f", flag);
    archive.text("t", text);
  };
  visit(out);
  v.resize(0);
  scalar = S(0);
  integer = 0;
  flag = !flag;
  text.clear();
  StateArchive in = StateArchive::reader(out.values());
  visit(in);
  bool same = v.size() == v0.size() && same_bits(scalar, scalar0);
  for (Index i = 0; same && i < v.size(); ++i) same = same_bits(v[i], v0[i]);
  check.that("numbers come back from an archive", same);
  check.that("and whole numbers, flags, words",
             integer == integer0 && flag == flag0 && text == text0);
}

}  // namespace

std::vector<Property> text_properties() {
  return {
      {"X1.numbers_survive_their_text",
       "from_text(to_text(v)) is v bit for bit, -0 and subnormals included; no shorter decimal "
       "reads "
       "as v; a double's text is that of std::to_chars",
       seed_case,
       {{"double", numbers_survive_their_text<double>},
        {"soft53", numbers_survive_their_text<Soft53>},
        {"real50", numbers_survive_their_text<Real50>},
        {"real100", numbers_survive_their_text<Real100>},
        {"rational", numbers_survive_their_text<Rational>}},
       40},
      {"X3.conversions_are_nearest",
       "between tiers values convert exactly or to the nearest, ties to even; so does text",
       seed_case,
       {{"double", conversions_are_nearest<double>},
        {"soft53", conversions_are_nearest<Soft53>},
        {"real50", conversions_are_nearest<Real50>}},
       40},
      {"X4.files_survive_their_text",
       "instance, case, experiment and trace are fixed points of writing and reading",
       run_case,
       {{"double", files_survive_their_text}}},
      {"X5.bad_text_is_refused",
       "any damaged experiment, trace, instance or case is read, or refused in one line that names "
       "its source",
       run_case,
       {{"double", bad_text_is_refused}}},
      {"X6.distance_is_a_metric",
       "the distance of cells is symmetric, 0 for equal values only, and counts the doubles "
       "between",
       seed_case,
       {{"double", distance_is_a_metric}}},
      {"X7.state_survives_its_archive",
       "what a checkpoint holds comes back bit for bit",
       seed_case,
       {ASSAY_LAW_IN_REALS(state_survives_its_archive)}},
  };
}

}  // namespace assay::properties
