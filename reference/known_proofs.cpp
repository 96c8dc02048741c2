#include <algorithm>
#include <stdexcept>

#include "assay/scalar/text.hpp"
#include "reference/fraction_vectors.hpp"
#include "reference/interval50.hpp"
#include "reference/known_solution.hpp"

namespace assay::reference {

namespace {

std::string flag_list(const Texts& flags) { return flags.empty() ? "none" : listed(flags); }

/// An interval of x where level + rate x >= 0 has been asked for.
struct Stretch {
  std::optional<Rational> low, high;
  bool empty = false;

  void ask(const Rational& level, const Rational& rate) {
    const Rational end = rate == 0 ? Rational(0) : Rational(-level / rate);
    if (rate == 0)
      empty = empty || level < 0;
    else if (rate > 0)
      low = low ? std::max(*low, end) : end;
    else
      high = high ? std::min(*high, end) : end;
    empty = empty || (low && high && *low > *high);
  }
};

/// The least value of F(x, y*(x)) for n = 1, exactly: y* of a strictly convex quadratic program
/// with affine rows is affine on pieces, one for each active set. Nothing if there is no least one,
/// or if the problem is of another kind.
std::optional<Rational> least_on_pieces(const SmoothProblem& problem) {
  const Index count = problem.n + problem.m;
  constexpr Index most_rows = 12;  // the sets of which are tried
  const auto polynomial = [&](const Formula& formula, int degree) {
    return formula.rational() && formula.degree(0, count) <= degree;
  };
  if (problem.n != 1 || !polynomial(problem.F, 2) ||
      !std::all_of(problem.G.begin(), problem.G.end(),
                   [&](const Formula& row) { return polynomial(row, 1); }))
    return std::nullopt;
  const auto instance = quadratic_instance(problem, "");
  if (!instance) return std::nullopt;
  RMat A;
  const Program p = lower_program(*instance, zero_vector(1), &A);
  if (!positive_definite(p.H) || p.rows() - p.equalities > most_rows) return std::nullopt;
  RMat top(p.m(), 2), bottom(p.rows(), 2);
  top << -p.g, -instance->M.to<Rational>();
  bottom << p.r, -A;

  std::optional<Rational> least;
  bool bounded = true;
  visit_independent_sets(
      ActiveSetTableau(p.H, p.B, top, bottom), p.equalities, [&](const ActiveSetTableau& t) {
        Stretch stretch;
        for (Index i = 0; i < p.rows(); ++i) {
          if (i < p.equalities && t.contains(i)) continue;
          stretch.ask(t.value(i, 0), t.value(i, 1));
          if (i < p.equalities) stretch.ask(-t.value(i, 0), -t.value(i, 1));
        }
        RMat right = top;  // y_J(x) = -H^-1 (g + M x + B_J'lambda(x))
        for (const Index row : t.set())
          for (Index c = 0; c < 2; ++c) right.col(c) -= t.value(row, c) * p.B.row(row).transpose();
        const RMat y = *solve_square(p.H, right);
        const auto at = [&](const Formula& formula, const Rational& x) {
          std::vector<Rational> z{x};
          for (Index i = 0; i < p.m(); ++i) z.push_back(y(i, 0) + y(i, 1) * x);
          return formula(z);
        };
        for (const Formula& row : problem.G) stretch.ask(-at(row, 0), at(row, 0) - at(row, 1));
        if (stretch.empty) return false;
        const Rational F0 = at(problem.F, 0), right_F = at(problem.F, 1),
                       left_F = at(problem.F, -1);
        const Rational slope = (right_F - left_F) / 2, bend = (right_F + left_F) / 2 - F0;
        const auto offer = [&](const Rational& x) {
          const Rational F = at(problem.F, x);
          if (!least || F < *least) least = F;
        };
        if (stretch.low) offer(*stretch.low);
        if (stretch.high) offer(*stretch.high);
        if (bend > 0) {
          const Rational x = -slope / (2 * bend);
          if ((!stretch.low || *stretch.low <= x) && (!stretch.high || x <= *stretch.high))
            offer(x);
          return false;
        }
        const bool falls_left = bend < 0 || slope > 0, falls_right = bend < 0 || slope < 0;
        bounded = bounded && (stretch.low || !falls_left) && (stretch.high || !falls_right);
        if (bend == 0 && slope == 0 && !stretch.low && !stretch.high) offer(0);
        return false;
      });
  return bounded ? least : std::nullopt;
}

class Proof {
 public:
  explicit Proof(const KnownProblem& known) : k_(known), p_(read_problem(known.text)) {}

  std::vector<KnownVerdict> run() {
    if (k_.upper == UpperProof::bracket)
      bracket();
    else
      at_solution();
    for (const KnownForm& form : k_.forms) check_form(form);
    if (k_.scan) scan();
    for (const PublishedFigure& figure : k_.published) refute(figure);
    return std::move(verdicts_);
  }

 private:
  void say(const std::string& quantity, const std::string& stated, const std::string& proved,
           bool holds) {
    verdicts_.push_back({k_.id, k_.name, quantity, stated, proved, holds});
  }

  bool upper_feasible(const Ranges& x, const Ranges& y) const {
    return std::all_of(p_.G.begin(), p_.G.end(), [&](const Formula& row) {
      if (row.rational() && width(x) == 0 && width(y) == 0) {
        std::vector<Rational> z = middles(joined(x, y));
        return row(z) <= 0;
      }
      return evaluate(row, joined(x, y)).upper <= 0;
    });
  }

  void at_solution() {
    const Ranges x = values_of(k_.x);
    const SolvedPoint s = solve_lower(k_, p_, x, values_of(k_.y));
    say("lower level", "y* is a minimiser", s.failure.empty() ? s.how : s.failure,
        s.failure.empty());
    if (s.y.empty()) return;
    std::string reason = k_.remark;
    bool holds = upper_feasible(x, s.y);
    const bool none = k_.upper == UpperProof::none;
    const auto least = none ? least_on_pieces(p_) : std::nullopt;
    const bool on_pieces = least && *least >= s.F.upper;
    const bool unproved = none && !on_pieces && !nowhere_less(s.F);
    state_values(s, unproved);
    if (!holds) {
      reason = "an upper constraint is violated";
    } else if (unproved) {
      reason += "; feasible, not proved optimal";
    } else if (none) {
      reason += on_pieces ? "; F is nowhere less on any piece of y*"
                          : "; F is nowhere less, even apart from the lower level";
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
          holds = holds && entry.contains(0) && entry.width() <= sharpness();
        reason = "gradient in " + listed(s.gradient.value_or(Ranges()));
      }
    }
    say("x*", listed(k_.x), reason, holds);
    verdicts_.back().feasible_only = unproved;
    if (s.failure.empty() && upper_feasible(x, s.y)) F_ = s.F;
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

  /// F(x, y) >= F wherever the rows in one variable hold.
  bool nowhere_less(const Range& F) const {
    const Point50 infinite = std::numeric_limits<Point50>::infinity();
    const Index count = p_.n + p_.m;
    std::vector<Interval50> z(static_cast<std::size_t>(count),
                              Interval50(Point50(-infinite), infinite));
    std::vector<Formula> rows = p_.G;
    rows.insert(rows.end(), p_.g.begin(), p_.g.end());
    for (const Formula& row : rows) {
      if (!row.rational() || row.degree(0, count) != 1) continue;
      std::vector<Rational> at(static_cast<std::size_t>(count), Rational(0));
      const Rational level = row(at);
      for (std::size_t i = 0; i < at.size(); ++i) {
        const Index k = static_cast<Index>(i);
        if (row.degree(0, k) > 0 || row.degree(k + 1, count) > 0) continue;
        at[i] = 1;
        const Rational slope = row(at) - level;  // level + slope z <= 0
        at[i] = 0;
        if (slope == 0) continue;
        const Interval50 limit = interval(Rational(-level / slope));
        const Interval50 side = slope > 0 ? Interval50(Point50(-infinite), Point50(upper(limit)))
                                          : Interval50(Point50(lower(limit)), infinite);
        z[i] = common(z[i], side);
      }
    }
    const Point50 least = lower(p_.F(z));
    return least > -infinite && exact(least) >= F.upper - sharpness();
  }

  void state_values(const SolvedPoint& s, bool unproved = false) {
    // Without a proof that y* is a minimiser nothing is known of it.
    const bool proved = s.failure.empty();
    say("y*", listed(k_.y), listed(s.y), proved && agree(k_.y, s.y));
    say("F*", k_.F, range_text(s.F) + (unproved ? " at x*, not proved optimal" : ""),
        proved && agree(k_.F, s.F));
    verdicts_.back().feasible_only = unproved;
    if (!k_.f.empty()) say("f*", k_.f, range_text(s.f), proved && agree(k_.f, s.f));
    say("flags", flag_list(k_.flags), flag_list(s.flags), k_.flags == s.flags);
  }

  /// dF/dx at one exact x, n = 1.
  std::optional<Range> derivative(const Rational& x, SolvedPoint* out) const {
    *out = solve_lower(k_, p_, {Range(x)}, values_of(k_.y));
    if (!out->failure.empty() || !out->gradient) return std::nullopt;
    return (*out->gradient)[0];
  }

  /// F falls at the left end and rises at the right end: a local minimiser lies between. The ends
  /// start one unit of the last stated digit to both sides and move together until they are 1e-33
  /// apart. What is said of y*, F* and f* is proved at both ends, that close to the local
  /// minimiser.
  void bracket() {
    const Range stated = value_of(k_.x[0]);
    Rational low = stated.lower, high = stated.upper;
    SolvedPoint left, right;
    const auto before = derivative(low, &left), after = derivative(high, &right);
    const bool turns = before && after && before->upper < 0 && after->lower > 0;
    const std::string slopes = !before || !after
                                   ? (left.failure + " | " + right.failure)
                                   : "dF/dx " + range_text(*before) + " to the left, " +
                                         range_text(*after) + " to the right";
    say("x*", k_.x[0], slopes,
        turns && upper_feasible({Range(low)}, left.y) && upper_feasible({Range(high)}, right.y));
    if (!turns) return;
    while (high - low > sharpness() / 1000) {
      const Rational between = (low + high) / 2;
      SolvedPoint there;
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
    SolvedPoint both = right;
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

  void check_form(const KnownForm& form) {
    if (form.points.empty()) return;
    Texts failures;
    for (const Texts& texts : form.points) {
      const Ranges x = values_of(texts);
      Ranges y;
      for (const Formula& formula : closed_form(form, p_.n)) y.push_back(value_in_x(formula, x));
      const Composed c = compose(p_, closed_form(form, p_.n), x);
      const SolvedPoint s = solve_lower(k_, p_, x, y);
      Ranges gradient = s.gradient.value_or(Ranges());
      // A row that holds without a multiplier everywhere (B20) leaves pieces with one gradient.
      if (gradient.empty() && s.point && !s.point->pieces.empty()) {
        gradient = ranges_of(s.point->pieces[0].gradient);
        for (const PointPiece& piece : s.point->pieces)
          if (piece.gradient != s.point->pieces[0].gradient) gradient.clear();
      }
      bool right = s.failure.empty() && same(y, s.y) && same(c.gradient, gradient);
      for (std::size_t i = 0; i < form.gradient.size(); ++i)
        right = right && same({value_in_x(Formula(form.gradient[i], p_.n, 0), x)}, {gradient[i]});
      if (!right)
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
    say("scan", "F >= F* at points of [" + k_.scan->first + ", " + k_.scan->second + "]",
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
      const Ranges x = values_of(figure.x), y = values_of(figure.y), z = joined(x, y);
      for (Index i = 0; i < p_.rows(); ++i)
        if (const Range row = evaluate(p_.row(i), z); row.lower > 0)
          return p_.row(i).text() + " = " + range_text(row) + " > 0";
      const Ranges better = witness(x, y);
      if (!better.empty()) {
        const Range there = evaluate(p_.f, z), less = evaluate(p_.f, joined(x, better));
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
      const auto program = program_at(p_, middle_point(x));
      if (program && positive_definite(program->H)) {
        const Minimiser least = minimise(*program);
        if (least.feasible) return ranges_of(least.y);
      }
    }
    Ranges y;
    if (k_.forms.empty()) return y;
    for (const Formula& formula : closed_form(k_.forms[0], p_.n)) y.push_back(evaluate(formula, x));
    for (Index i = 0; i < p_.rows(); ++i)
      if (evaluate(p_.row(i), joined(x, y)).upper > 0) return {};
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
