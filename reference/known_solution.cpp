#include "reference/known_solution.hpp"

#include <algorithm>
#include <stdexcept>

#include "reference/lower_search.hpp"

namespace assay::reference {

namespace {

/// How fine lower-level searches go that look for regions as low as y*.
const Rational resolution = Rational(1, 1 << 14);
/// And those that prove f(y*) least up to the sharpness, 10^-30: a box of this size at an edge of
/// the feasible set hides |f'| 2^-110 < 10^-33 |f'|, and slopes here are below 16.
const Rational fine_resolution = scale_by_power_of_two(Rational(1), -110);

class Solver {
 public:
  Solver(const KnownProblem& known, const SmoothProblem& problem) : k_(known), p_(problem) {}

  SolvedPoint solve(const Ranges& x, const Ranges& near) const {
    SolvedPoint s;
    const bool exact_x = width(x) == 0 && p_.rational();
    if (exact_x) {
      const RVec point = middle_point(x);
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
        fill_exact(s, point, middle_point(near));
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

 private:
  void fill_exact(SolvedPoint& s, const RVec& x, const RVec& y) const {
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
      s.gradient = compose(p_, closed_form(k_.forms[0], p_.n), ranges_of(x)).gradient;
  }

  void fill_enclosed(SolvedPoint& s, const Ranges& x, const Ranges& near) const {
    std::vector<Index> active;
    for (Index i = p_.equalities(); i < p_.rows(); ++i)
      if (evaluate(p_.row(i), joined(x, near)).contains(0)) active.push_back(i);
    const SmoothEnclosure e = enclose(p_, x, middles(near), active);
    if (e.verdict == SmoothVerdict::not_strongly_convex && !k_.forms.empty()) {
      // Flat: y* by its closed form, whose value the floor of f certifies.
      for (const std::string& text : k_.forms[0].y)
        s.y.push_back(evaluate(Formula(text, p_.n, 0), x));
      const Composed c = compose(p_, closed_form(k_.forms[0], p_.n), x);
      s.F = c.value;
      s.gradient = c.gradient;
      s.f = evaluate(p_.f, joined(x, s.y));
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
  void search(SolvedPoint& s, const Ranges& x) const {
    if (p_.y_box.empty()) {
      s.failure = "no proof that y* is a minimiser";
      return;
    }
    if (proved_nonconvex(p_, x, middles(s.y))) s.flags.push_back("nonconvex");
    if (p_.m > 1) {
      s.how = "a strict local minimiser; f is nowhere lower in the whole box";
      if (s.f.upper - evaluate_floor(x) > sharpness()) s.failure = "f may be lower elsewhere";
      return;
    }
    const GlobalSearch found = search_lower(p_, x, s.f.upper, resolution);
    if (!found.finished) {
      s.failure = "the search for other minimisers did not end";
      return;
    }
    if (found.clusters.size() > 1) s.flags.push_back("tie");
    s.how = std::to_string(found.clusters.size()) +
            (found.clusters.size() == 1 ? " region" : " regions") + " as low as f(y*)";
    bool home = false;
    for (const Ranges& cluster : found.clusters) {
      bool meets = true;
      for (std::size_t i = 0; i < cluster.size(); ++i) meets = meets && cluster[i].meets(s.y[i]);
      home = home || meets;
    }
    const Rational floor = s.f.upper - sharpness();
    const GlobalSearch lower = search_lower(p_, x, floor, fine_resolution);
    if (!home || !lower.finished || !lower.clusters.empty())
      s.failure = "f is lower elsewhere, or may be: " + s.how;
    s.how += ", f >= f(y*) - 1e-30 on the whole set";
  }
  Rational evaluate_floor(const Ranges& x) const {
    try {
      return evaluate(p_.f, joined(x, p_.y_box)).lower;
    } catch (const std::domain_error&) {
      return Rational(-1000000);
    }
  }

  const KnownProblem& k_;
  const SmoothProblem& p_;
};

}  // namespace

SolvedPoint solve_lower(const KnownProblem& known, const SmoothProblem& problem, const Ranges& x,
                        const Ranges& near) {
  return Solver(known, problem).solve(x, near);
}

std::vector<Formula> closed_form(const KnownForm& form, Index n) {
  std::vector<Formula> out;
  for (const std::string& text : form.y) out.emplace_back(text, n, 0);
  return out;
}

}  // namespace assay::reference
