#include <algorithm>
#include <stdexcept>

#include "assay/scalar/text.hpp"
#include "reference/exact_point.hpp"
#include "reference/known_problems.hpp"
#include "reference/krawczyk.hpp"

namespace assay::reference {

namespace {

using Texts = std::vector<std::string>;
using Ranges = std::vector<Range>;

Rational power_of_ten(Index k) {
  return k < 0 ? Rational(1) / FormulaNumber<Rational>::power(10, -k)
               : FormulaNumber<Rational>::power(10, k);
}

/// A figure counts as equal to an irrational one if both are known to 30 digits and agree.
const Rational sharp = power_of_ten(-30);
/// How fine lower-level searches go, and how far above the proved floor f(y*) may then lie: a box
/// of this size at an edge of the feasible set hides |f'| times as much; slopes here are below 16.
const Rational resolution = Rational(1, 1 << 14);
const Rational search_gap = Rational(1, 1 << 10);

/// The number a text states, with its uncertainty.
Range value_of(const std::string& text) {
  const Stated stated(text);
  Range out = stated.formula.rational() ? Range(stated.formula(std::vector<Rational>()))
                                        : evaluate(stated.formula, {});
  out.lower -= stated.tolerance;
  out.upper += stated.tolerance;
  return out;
}
Ranges values_of(const Texts& texts) {
  Ranges out;
  for (const std::string& text : texts) out.push_back(value_of(text));
  return out;
}
std::optional<RVec> exact_vector(const Texts& texts) {
  RVec out(static_cast<Index>(texts.size()));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Range value = value_of(texts[i]);
    if (value.width() != 0) return std::nullopt;
    out[static_cast<Index>(i)] = value.lower;
  }
  return out;
}
std::vector<Rational> middles(const Ranges& ranges) {
  std::vector<Rational> out;
  for (const Range& r : ranges) out.push_back(r.middle());
  return out;
}
Ranges ranges_of(const RVec& v) { return Ranges(v.begin(), v.end()); }

/// What is proved is what is stated: equal if both are exact; the same 30 digits if one is an
/// enclosure; inside the uncertainty of a rounded figure.
bool agree(const std::string& stated, const Range& proved) {
  const Range value = value_of(stated);
  if (!Stated(stated).exact()) return proved.within(value);
  return proved.meets(value) && proved.width() <= sharp && value.width() <= sharp;
}
bool agree(const Texts& stated, const Ranges& proved) {
  bool all = stated.size() == proved.size();
  for (std::size_t i = 0; all && i < stated.size(); ++i) all = agree(stated[i], proved[i]);
  return all;
}

/// A printed decimal is rounded, a printed integer is not.
Range printed(const std::string& text) {
  return value_of(text.find('.') == std::string::npos ? text : "~" + text);
}

std::string listed(const Texts& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return texts.size() == 1 ? out : "(" + out + ")";
}
std::string listed(const Ranges& ranges) {
  Texts texts;
  for (const Range& r : ranges) texts.push_back(range_text(r));
  return listed(texts);
}
std::string flag_list(const Texts& flags) { return flags.empty() ? "none" : listed(flags); }

/// The lower level solved at one x, and what follows for F.
struct Solution {
  std::string failure;  ///< empty: `y` is a lower-level minimiser, by `how`
  std::string how;
  Ranges y;
  Range F, f;
  std::optional<Ranges> gradient;  ///< where y* is smooth
  Texts flags;
  std::optional<ExactPoint> point;  ///< if all was done in fractions
  std::optional<SmoothEnclosure> enclosure;
};

class Proof {
 public:
  explicit Proof(const KnownProblem& known) : k_(known), p_(read_problem(known.text)) {}

  std::vector<KnownVerdict> run() {
    if (k_.upper == UpperProof::bracket)
      bracket();
    else
      at_solution();
    for (const KnownForm& form : k_.forms) closed_form(form);
    if (k_.scan) scan();
    for (const PublishedFigure& figure : k_.published) refute(figure);
    return std::move(verdicts_);
  }

 private:
  void say(const std::string& quantity, const std::string& stated, const std::string& proved,
           bool holds) {
    verdicts_.push_back({k_.id, k_.name, quantity, stated, proved, holds});
  }

  Ranges at(const Ranges& x, const Ranges& y) const {
    Ranges z = x;
    z.insert(z.end(), y.begin(), y.end());
    return z;
  }

  /// Solves the lower level at x. @param near where y* should be: an exact point is taken at its
  /// word and examined, otherwise the enclosure starts there
  Solution solve(const Ranges& x, const Ranges& near) const {
    Solution s;
    const bool exact_x = width(x) == 0 && p_.rational();
    if (exact_x) {
      const RVec point = middle_vector(x);
      const auto program = program_at(p_, point);
      if (program && positive_definite(program->H)) {
        const Minimiser least = minimise(*program);
        if (!least.feasible) {
          s.failure = "the lower level is infeasible";
          return s;
        }
        s.how = "only minimiser, by its multipliers";
        fill_exact(s, point, least.y);
        return s;
      }
      if (width(near) == 0) {
        fill_exact(s, point, middle_vector(near));
        if (!s.point->feasible)
          s.failure = "y* is infeasible";
        else if (s.point->licq && !s.point->kkt)
          s.failure = "y* is no KKT point";
        else if (s.point->minimiser())
          s.how = "only minimiser of a convex program";
        else if (s.point->licq && s.point->convex)
          s.how = "a minimiser of a convex program";
        else
          search(s, x);
        return s;
      }
    }
    fill_enclosed(s, x, near);
    return s;
  }

  static Rational width(const Ranges& ranges) {
    Rational out = 0;
    for (const Range& r : ranges) out = std::max(out, r.width());
    return out;
  }
  static RVec middle_vector(const Ranges& ranges) {
    RVec out(static_cast<Index>(ranges.size()));
    for (std::size_t i = 0; i < ranges.size(); ++i) out[static_cast<Index>(i)] = ranges[i].middle();
    return out;
  }

  void fill_exact(Solution& s, const RVec& x, const RVec& y) const {
    s.point = examine(p_, x, y);
    s.y = ranges_of(y);
    s.F = s.point->F;
    s.f = s.point->f;
    if (!s.point->feasible) return;
    if (s.point->licq && !s.point->weak.empty()) s.flags.push_back("kink");
    if (!s.point->licq) s.flags.push_back("dependent rows");
    if (!s.point->strongly_convex) s.flags.push_back("not strongly convex");
    if (s.point->pieces.size() == 1) s.gradient = ranges_of(s.point->pieces[0].gradient);
    // Too flat for the derivative of the KKT system: the closed form of y* has one.
    if (s.point->licq && !s.point->second_order && !k_.forms.empty())
      s.gradient = compose(p_, closed(k_.forms[0]), ranges_of(x)).gradient;
  }

  void fill_enclosed(Solution& s, const Ranges& x, const Ranges& near) const {
    std::vector<Index> active;
    for (Index i = p_.equalities(); i < p_.rows(); ++i)
      if (evaluate(p_.row(i), at(x, near)).contains(0)) active.push_back(i);
    s.enclosure = enclose(p_, x, middles(near), active);
    const SmoothEnclosure& e = *s.enclosure;
    if (e.verdict == SmoothVerdict::not_strongly_convex && !k_.forms.empty()) {
      // Flat: y* by its closed form, whose value the floor of f certifies.
      for (const std::string& text : k_.forms[0].y)
        s.y.push_back(evaluate(Formula(text, p_.n, 0), x));
      const Composed c = compose(p_, closed(k_.forms[0]), x);
      s.F = c.value;
      s.gradient = c.gradient;
      s.f = evaluate(p_.f, at(x, s.y));
      s.flags.push_back("not strongly convex");
    } else if (e.certified()) {
      s.y = e.y;
      s.F = e.F;
      s.f = e.f;
      s.gradient = e.gradient;
    } else {
      s.failure = to_string(e.verdict) + ": " + e.why;
      return;
    }
    const bool convex = p_.quadratic_in_y() && e.certified() && !e.vertex;
    if (convex)
      s.how = "only minimiser: strongly convex, with a KKT point by Krawczyk's operator";
    else if (p_.y_box.empty())
      s.failure = "a local minimiser, but no box for a global search is known";
    else
      search(s, x);
  }

  /// f >= f(y*) on the whole box: at once, or by bisection.
  void search(Solution& s, const Ranges& x) const {
    if (p_.y_box.empty()) {
      s.failure = "no proof that y* is a minimiser";
      return;
    }
    if (proved_nonconvex(p_, x, middles(s.y))) s.flags.push_back("nonconvex");
    const Rational floor = evaluate_floor(x);
    if (p_.m > 1) {
      s.how = "a strict local minimiser; f is nowhere lower in the whole box";
      if (s.f.upper - floor > sharp) s.failure = "f may be lower elsewhere";
      return;
    }
    const GlobalSearch found = search_lower(p_, x, s.f.upper, resolution);
    if (!found.finished) {
      s.failure = "the search for other minimisers did not end";
      return;
    }
    const Rational below = s.f.upper - std::max(found.floor, floor);
    if (found.clusters.size() > 1) s.flags.push_back("tie");
    s.how = "f >= f(y*) - " + range_text({Rational(0), below}) + " on the whole set, " +
            std::to_string(found.clusters.size()) +
            (found.clusters.size() == 1 ? " region" : " regions") + " this low";
    bool home = false;
    for (const Ranges& cluster : found.clusters) {
      bool meets = true;
      for (std::size_t i = 0; i < cluster.size(); ++i) meets = meets && cluster[i].meets(s.y[i]);
      home = home || meets;
    }
    if (!home || below > search_gap) s.failure = "f is lower elsewhere, or may be: " + s.how;
  }
  Rational evaluate_floor(const Ranges& x) const {
    try {
      return evaluate(p_.f, at(x, p_.y_box)).lower;
    } catch (const std::domain_error&) {
      return Rational(-1000000);
    }
  }

  std::vector<Formula> closed(const KnownForm& form) const {
    std::vector<Formula> out;
    for (const std::string& text : form.y) out.emplace_back(text, p_.n, 0);
    return out;
  }

  bool upper_feasible(const Ranges& x, const Ranges& y) const {
    return std::all_of(p_.G.begin(), p_.G.end(), [&](const Formula& row) {
      if (row.rational() && width(x) == 0 && width(y) == 0) {
        std::vector<Rational> z = middles(at(x, y));
        return row(z) <= 0;
      }
      return evaluate(row, at(x, y)).upper <= 0;
    });
  }

  void at_solution() {
    const Ranges x = values_of(k_.x);
    const Solution s = solve(x, values_of(k_.y));
    say("lower level", "y* is a minimiser", s.failure.empty() ? s.how : s.failure,
        s.failure.empty());
    if (s.y.empty()) return;
    state_values(s);
    std::string reason = k_.remark;
    bool holds = upper_feasible(x, s.y);
    if (!holds) {
      reason = "an upper constraint is violated";
    } else if (k_.upper == UpperProof::stationary) {
      if (s.point && s.point->second_order) {
        holds = s.point->stationary;
        reason = s.point->pieces.size() == 1
                     ? "gradient " + listed(ranges_of(s.point->pieces[0].gradient))
                     : std::to_string(s.point->pieces.size()) + " pieces";
        reason += holds ? ": no direction descends" : ": some direction descends";
      } else {
        holds = s.gradient && s.failure.empty();
        for (const Range& entry : s.gradient.value_or(Ranges()))
          holds = holds && entry.contains(0) && entry.width() <= sharp;
        reason = "gradient in " + listed(s.gradient.value_or(Ranges()));
      }
    }
    say("x*", listed(k_.x), reason, holds);
    F_ = s.F;
    if (!k_.multipliers.empty() && s.point) {
      const Ranges proved =
          s.point->licq && s.point->kkt ? ranges_of(s.point->multipliers) : Ranges();
      say("multipliers", listed(k_.multipliers), listed(proved), agree(k_.multipliers, proved));
    }
    if (!k_.gradient.empty()) {
      const Ranges proved = s.gradient.value_or(Ranges());
      say("gradient", listed(k_.gradient), listed(proved), agree(k_.gradient, proved));
    }
    for (const KnownSlope& slope : k_.slopes) {
      const auto proved = s.point ? s.point->slope(*exact_vector(slope.direction)) : std::nullopt;
      say("slope along " + listed(slope.direction), slope.value,
          proved ? to_text(*proved) : "no piece covers this direction",
          proved && agree(slope.value, *proved));
    }
  }

  void state_values(const Solution& s) {
    say("y*", listed(k_.y), listed(s.y), agree(k_.y, s.y));
    say("F*", k_.F, range_text(s.F), agree(k_.F, s.F));
    if (!k_.f.empty()) say("f*", k_.f, range_text(s.f), agree(k_.f, s.f));
    say("flags", flag_list(k_.flags), flag_list(s.flags), k_.flags == s.flags);
  }

  /// dF/dx at one exact x, n = 1.
  std::optional<Range> derivative(const Rational& x, Solution* out) const {
    *out = solve({Range(x)}, values_of(k_.y));
    if (!out->failure.empty() || !out->gradient) return std::nullopt;
    return (*out->gradient)[0];
  }

  /// F falls at the left end and rises at the right end: a local minimiser lies between. The ends
  /// start one unit of the last stated digit to both sides and move together until the values are
  /// known to more digits than stated.
  void bracket() {
    const Range stated = value_of(k_.x[0]);
    Rational low = stated.lower, high = stated.upper;
    Solution left, right;
    const auto before = derivative(low, &left), after = derivative(high, &right);
    const bool turns = before && after && before->upper < 0 && after->lower > 0;
    const std::string slopes = !before || !after
                                   ? (left.failure + " | " + right.failure)
                                   : "dF/dx " + range_text(*before) + " to the left, " +
                                         range_text(*after) + " to the right";
    say("x*", k_.x[0], slopes,
        turns && upper_feasible({Range(low)}, left.y) && upper_feasible({Range(high)}, right.y));
    if (!turns) return;
    while (high - low > sharp / 1000) {
      const Rational between = (low + high) / 2;
      Solution there;
      const auto slope = derivative(between, &there);
      if (!slope) break;
      if (slope->upper < 0) {
        low = between;
        left = there;
      } else if (slope->lower > 0) {
        high = between;
        right = there;
      } else {
        break;
      }
    }
    const auto hull = [](const Range& a, const Range& b) {
      return Range(std::min(a.lower, b.lower), std::max(a.upper, b.upper));
    };
    Solution both = right;
    for (std::size_t i = 0; i < both.y.size(); ++i) both.y[i] = hull(left.y[i], right.y[i]);
    both.F = hull(left.F, right.F);
    both.f = hull(left.f, right.f);
    // Exact points on both sides tell which rows hold there.
    if (left.point && right.point && left.point->strong != right.point->strong)
      both.flags.insert(both.flags.begin(), "kink");
    say("lower level", "y* is a minimiser", right.how, true);
    state_values(both);
    F_ = both.F;
    for (const KnownSlope& slope : k_.slopes) {
      const bool forward = value_of(slope.direction[0]).lower > 0;
      const Range& one = (*(forward ? right : left).gradient)[0];
      const Range proved = forward ? one : Range(-one.upper, -one.lower);
      say("slope along " + slope.direction[0], slope.value, range_text(proved),
          agree(slope.value, proved));
    }
  }

  void closed_form(const KnownForm& form) {
    if (form.points.empty()) return;
    Texts failures;
    for (const Texts& texts : form.points) {
      const Ranges x = values_of(texts);
      Ranges y;
      for (const Formula& formula : closed(form)) y.push_back(value_in_x(formula, x));
      const Composed c = compose(p_, closed(form), x);
      const Solution s = solve(x, y);
      Ranges gradient = s.gradient.value_or(Ranges());
      // A row that holds without a multiplier everywhere (B20) leaves pieces with one gradient.
      if (gradient.empty() && s.point && !s.point->pieces.empty()) {
        gradient = ranges_of(s.point->pieces[0].gradient);
        for (const PointPiece& piece : s.point->pieces)
          if (piece.gradient != s.point->pieces[0].gradient) gradient.clear();
      }
      bool same = s.failure.empty() && close(y, s.y) && close(c.gradient, gradient);
      for (std::size_t i = 0; i < form.gradient.size(); ++i)
        same = same && close({value_in_x(Formula(form.gradient[i], p_.n, 0), x)}, {gradient[i]});
      if (!same)
        failures.push_back("at " + listed(texts) + " y* = " + listed(s.y) + ", gradient " +
                           listed(gradient) + " " + s.failure);
    }
    say("closed form", "y* = " + listed(form.y),
        failures.empty() ? "y* and gradient at " + std::to_string(form.points.size()) + " points"
                         : listed(failures),
        failures.empty());
  }
  Range value_in_x(const Formula& formula, const Ranges& x) const {
    if (formula.rational() && width(x) == 0) return formula(middles(x));
    return evaluate(formula, x);
  }
  static bool close(const Ranges& a, const Ranges& b) {
    bool all = a.size() == b.size();
    for (std::size_t i = 0; all && i < a.size(); ++i)
      all = a[i].meets(b[i]) && a[i].width() <= sharp && b[i].width() <= sharp;
    return all;
  }

  /// 201 points, evenly spread: F at those that are feasible is nowhere below F*.
  void scan() {
    const Rational from = value_of(k_.scan->first).lower, to = value_of(k_.scan->second).upper;
    long feasible = 0;
    std::optional<std::pair<Rational, Rational>> least;
    for (int i = 0; i <= 200; ++i) {
      const Rational x = from + (to - from) * i / 200;
      const auto program = program_at(p_, RVec::Constant(1, x));
      if (!program) throw std::logic_error(k_.id + " cannot be scanned in fractions");
      const Minimiser at_x = minimise(*program);
      if (!at_x.feasible || !upper_feasible({Range(x)}, ranges_of(at_x.y))) continue;
      ++feasible;
      std::vector<Rational> z{x};
      z.insert(z.end(), at_x.y.begin(), at_x.y.end());
      const Rational F = p_.F(z);
      if (!least || F < least->second) least = {x, F};
    }
    const bool holds = least && F_ && F_->lower <= least->second;
    say("scan", "F >= F* on [" + k_.scan->first + ", " + k_.scan->second + "]",
        std::to_string(feasible) + " of 201 points feasible, least F " +
            (least ? range_text(least->second) + " at " + to_text(least->first) : ""),
        holds);
  }

  /// Shows that a printed figure cannot be right, by the first of these that applies: the printed
  /// point is infeasible; it does not minimise the lower level; F or f there is not what is
  /// printed; a feasible point with less F is proved.
  void refute(const PublishedFigure& figure) {
    std::string stated;
    if (!figure.F.empty()) stated += "F = " + figure.F;
    if (!figure.f.empty()) stated += (stated.empty() ? "f = " : ", f = ") + figure.f;
    if (!figure.x.empty()) stated += " at x = " + listed(figure.x) + ", y = " + listed(figure.y);
    const std::string proved = refutation(figure);
    say("published", stated + " [" + figure.where + "]",
        proved.empty() ? "not refuted" : "refuted: " + proved, !proved.empty());
  }
  std::string refutation(const PublishedFigure& figure) const {
    if (!figure.x.empty()) {
      const Ranges x = values_of(figure.x), y = values_of(figure.y), z = at(x, y);
      for (Index i = 0; i < p_.rows(); ++i)
        if (const Range row = evaluate(p_.row(i), z); row.lower > 0)
          return p_.row(i).text() + " = " + range_text(row) + " > 0";
      const Ranges better = witness(x, y);
      if (!better.empty()) {
        const Range there = evaluate(p_.f, z), less = evaluate(p_.f, at(x, better));
        if (less.upper < there.lower)
          return "f = " + range_text(there) + " there, but " + range_text(less) +
                 " at y = " + listed(better);
      }
      if (!figure.F.empty() && !evaluate(p_.F, z).meets(printed(figure.F)))
        return "F = " + range_text(evaluate(p_.F, z)) + " there";
    }
    if (!figure.f.empty() && !printed(figure.f).meets(value_of(k_.f)))
      return "f = " + k_.f + " at the solution, proved above";
    if (!figure.F.empty() && F_ && F_->upper < printed(figure.F).lower)
      return "F = " + range_text(*F_) + " is attained, proved above";
    return "";
  }
  /// A feasible y with less f than the printed one, if a closed form or an exact program gives one.
  Ranges witness(const Ranges& x, const Ranges&) const {
    if (width(x) == 0) {
      const auto program = program_at(p_, middle_vector(x));
      if (program && positive_definite(program->H)) {
        const Minimiser least = minimise(*program);
        if (least.feasible) return ranges_of(least.y);
      }
    }
    Ranges y;
    if (k_.forms.empty()) return y;
    for (const Formula& formula : closed(k_.forms[0])) y.push_back(evaluate(formula, x));
    for (Index i = 0; i < p_.rows(); ++i)
      if (evaluate(p_.row(i), at(x, y)).upper > 0) return {};
    return y;
  }

  const KnownProblem& k_;
  SmoothProblem p_;
  std::vector<KnownVerdict> verdicts_;
  std::optional<Range> F_;  ///< what was proved of F*
};

}  // namespace

std::vector<KnownVerdict> prove(const KnownProblem& problem) { return Proof(problem).run(); }

}  // namespace assay::reference
