#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reference/smooth_problem.hpp"

/// Bilevel problems from the literature whose solutions are known, with their figures proved again.
///
/// Figures are texts: "7", "-98/81", "(sqrt(13)-1)/6" are exact; "~1.031566458942377" is rounded
/// and may be off by one unit in its last digit.
namespace assay::reference {

/// y*(x) in closed form in some region, and points of that region.
struct KnownForm {
  std::vector<std::string> y;              ///< (m) formulas in x
  std::vector<std::string> gradient = {};  ///< (n) of F(x, y*(x)), formulas in x; may be left out
  std::vector<std::vector<std::string>> points;
};

/// The directional derivative F'(x*; direction) of F(x, y*(x)).
struct KnownSlope {
  std::vector<std::string> direction;
  std::string value;
};

/// A figure in print that is wrong.
struct PublishedFigure {
  std::string where;
  std::string F = "", f = "";               ///< as printed, taken as "~"; may be left out
  std::vector<std::string> x = {}, y = {};  ///< the point it was claimed for; may be left out
};

/// How the optimality of x* is proved.
enum class UpperProof {
  stationary,  ///< no direction descends to first order, in fractions or within enclosures
  bracket,  ///< n = 1: F falls just left of x* and rises just right of it, in units of x's digits
  none,     ///< only if a bound of F is attained or its pieces are few; see `remark`
};

struct KnownProblem {
  std::string id, name, source;
  SmoothText text;
  std::vector<std::string> x = {}, y = {};  ///< x*, y*
  std::string F = "", f = "";               ///< F*, f*; f may be left out
  UpperProof upper = UpperProof::stationary;
  std::string remark = "";
  /// What is special at the solution, in this order: "kink" (a row holds with zero multiplier),
  /// "dependent rows" (LICQ fails), "not strongly convex" (the Lagrangian's Hessian is not positive
  /// definite), "nonconvex" (f has negative curvature somewhere in y_box), "tie" (other global
  /// minimisers may exist apart from y*).
  std::vector<std::string> flags = {};
  std::vector<std::string> multipliers = {};  ///< of all rows, where stated
  std::vector<std::string> gradient = {};     ///< of F(x, y*(x)) at x*, where it is not 0
  std::vector<KnownSlope> slopes = {};
  std::vector<KnownForm> forms = {};
  /// n = 1: F(x, y*(x)) >= F* at 201 points of this interval.
  std::optional<std::pair<std::string, std::string>> scan = {};
  std::vector<PublishedFigure> published = {};
};

/// The catalogue. Letters as in the literature tables it follows: A smooth everywhere, B quadratic
/// lower levels with rows, C other convex lower levels, D traps that violate the assumptions of
/// gradient methods, P layers of a quadratic program, HS single-level programs, W entries kept for
/// their wrong published figures.
const std::vector<KnownProblem>& known_problems();

/// @throws std::out_of_range if there is none
const KnownProblem& known_problem(const std::string& id);

/// The entry in the project's own format, its solution under `known` where it is exact. Nothing if
/// F is not quadratic or the lower level is no quadratic program with fixed rows. Where upper
/// constraints other than a box on x are left out, or the Hessian is not positive definite (which
/// validate() refuses), the entry says so in its text and flags.
std::optional<Instance> known_problem_instance(const std::string& id);

/// One line of the table that `assay certify --known` prints.
struct KnownVerdict {
  std::string id, name;
  std::string quantity;  ///< "y*", "lower level", "x*", "F*", "f*", "flags", "scan", ...
  std::string stated;
  std::string proved;  ///< what was proved: a fraction, an enclosure, or the reason for failure
  bool holds = false;  ///< what is stated is proved (for "published": refuted)
  /// "x*", "F*": x* is feasible and F* is F there, but not proved optimal, not even to first order.
  bool feasible_only = false;
};

/// Proves everything an entry states, in fractions where the problem allows it and in 50-digit
/// intervals otherwise. Never throws for a wrong figure: the verdict is then false.
std::vector<KnownVerdict> prove(const KnownProblem& problem);

/// The same for the whole catalogue, or for one id ("B11" means all entries "B11...").
/// @throws std::out_of_range if no entry has this id
std::vector<KnownVerdict> prove_known_problems(const std::optional<std::string>& id = std::nullopt);

// The parts of the catalogue, in the order of known_problems().
std::vector<KnownProblem> known_smooth_problems();     ///< A, B
std::vector<KnownProblem> known_outrata_problems();    ///< B21 ..
std::vector<KnownProblem> known_nonlinear_problems();  ///< C, W
std::vector<KnownProblem> known_traps();               ///< D
std::vector<KnownProblem> known_programs();            ///< P, HS

}  // namespace assay::reference
