#include "reference/known_problems.hpp"

#include <algorithm>
#include <stdexcept>

#include "assay/scalar/text.hpp"

namespace assay::reference {

namespace {

std::vector<KnownProblem> all_problems() {
  std::vector<KnownProblem> list;
  for (auto* part : {known_smooth_problems, known_outrata_problems, known_nonlinear_problems,
                     known_traps, known_programs})
    for (KnownProblem& problem : part()) list.push_back(std::move(problem));
  return list;
}

/// "p/q" for every entry, or nothing if one is not an exact fraction.
std::optional<ExactMatrix> fractions(const std::vector<std::string>& texts) {
  ExactMatrix out(static_cast<Index>(texts.size()), 1);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Stated stated(texts[i]);
    if (!stated.exact() || !stated.formula.rational()) return std::nullopt;
    const Rational value = stated.formula(std::vector<Rational>());
    const double nearest = to_double(value);
    if (Rational(nearest) == value)
      out.set(static_cast<Index>(i), 0, nearest);
    else
      out.set_fraction(static_cast<Index>(i), 0,
                       numerator(value).str() + "/" + denominator(value).str());
  }
  return out;
}

}  // namespace

const std::vector<KnownProblem>& known_problems() {
  static const std::vector<KnownProblem> list = all_problems();
  return list;
}

const KnownProblem& known_problem(const std::string& id) {
  for (const KnownProblem& problem : known_problems())
    if (problem.id == id) return problem;
  throw std::out_of_range("no known problem is called '" + id + "'");
}

std::optional<Instance> known_problem_instance(const std::string& id) {
  const KnownProblem& known = known_problem(id);
  auto in = quadratic_instance(read_problem(known.text), known.id);
  if (!in) return std::nullopt;
  in->provenance = known.name + " (" + known.source + ")";
  const auto x = fractions(known.x), y = fractions(known.y);
  const Stated F(known.F);
  if (known.upper == UpperProof::none || !x || !y || !F.exact() || !F.formula.rational()) return in;
  in->known = KnownSolution{
      .x = *x,
      .y = *y,
      .multipliers = {},
      .F = to_text(F.formula(std::vector<Rational>())),
      .proof = "exact",
      .digits = 0,
      .kink = std::find(known.flags.begin(), known.flags.end(), "kink") != known.flags.end()};
  return in;
}

std::vector<KnownVerdict> prove_known_problems(const std::optional<std::string>& id) {
  std::vector<KnownVerdict> out;
  for (const KnownProblem& problem : known_problems()) {
    if (id && problem.id != *id && !problem.id.starts_with(*id + "(")) continue;
    for (KnownVerdict& verdict : prove(problem)) out.push_back(std::move(verdict));
  }
  if (out.empty()) throw std::out_of_range("no known problem is called '" + id.value_or("") + "'");
  return out;
}

}  // namespace assay::reference
