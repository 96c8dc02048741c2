#pragma once

#include <vector>

#include "properties/case.hpp"
#include "properties/dense.hpp"

namespace assay::properties {

/// A lower level at a point, written differently, and how to read its answers back:
///
///     y      = y_back y' + y_shift            multipliers = multiplier_back multipliers'
///     F      = upper_back F' + F_shift        grad F      = upper_back gradient_back grad F'
///
/// (direct and implicit part each). Everything is exact: what no double represents becomes a
/// fraction in the instance. The functions below rewrite one after the other.
struct Rewritten {
  /// The case's instance at its vector "x", with its vector "q" if it has one.
  explicit Rewritten(const Case& c);

  Instance instance;
  Vec<Rational> x, q;
  Mat<Rational> y_back, multiplier_back, gradient_back;
  Vec<Rational> y_shift;
  Rational upper_back{1}, F_shift{0};
};

/// Position of a row among the stacked ones: equalities, inequalities, finite lower bounds, finite
/// upper bounds.
Index stacked_bound(const Instance& instance, Index y, bool upper);
Index stacked_rows(const Instance& instance);

/// Draws for a rewriting, from the case's seed: numbered, so that each is a function of the case.
class Choices {
 public:
  explicit Choices(const Case& c) : seed_(c.seed) {}
  Index below(Index bound);  ///< 0 .. bound - 1 @pre 0 < bound
  bool coin() { return below(2) == 1; }
  std::vector<Index> permutation(Index count);

 private:
  std::uint64_t seed_, next_ = 0;
};

/// An orthogonal matrix of fractions: a product of rotations by (3/5, 4/5) or (5/13, 12/13) and of
/// reflections I - 2 v v'/4, v = (-1, 1, 1, 1) in four coordinates.
Mat<Rational> rotation(Choices& choices, Index size);
/// Signs and a permutation.
Mat<Rational> signed_permutation(Choices& choices, Index size);

/// x = P x', y = Q y', P and Q orthogonal. With bounds Q has to be a signed permutation.
void change_x(Rewritten& r, const Mat<Rational>& P);
void change_y(Rewritten& r, const Mat<Rational>& Q);
/// f + constant
void add_constant(Rewritten& r, const Rational& constant);
/// x = x' + v, y = y' + t
void translate_x(Rewritten& r, const Vec<Rational>& v);
void translate_y(Rewritten& r, const Vec<Rational>& t);
/// The same f around other targets: what that changes goes to cx, cy and c0.
void move_targets(Rewritten& r, const Vec<Rational>& v, const Vec<Rational>& t);

void scale_upper(Rewritten& r, const Rational& factor);                  ///< f
void scale_lower(Rewritten& r, const Rational& factor);                  ///< g, with q; > 0
void scale_inequality(Rewritten& r, Index row, const Rational& factor);  ///< > 0
void scale_equality(Rewritten& r, Index row, const Rational& factor);    ///< not 0

void permute_rows(Rewritten& r, const std::vector<Index>& inequalities,
                  const std::vector<Index>& equalities);
void bounds_as_rows(Rewritten& r);
void equalities_as_inequalities(Rewritten& r);
/// `factor` times inequality `row` once more, as inequality number `place`.
void repeat_row(Rewritten& r, Index row, const Rational& factor, Index place);
/// `factor` times equality `row` once more, behind the others.
void repeat_equality(Rewritten& r, Index row, const Rational& factor);
/// The sum of two inequalities, with `slack` to spare.
void add_implied_row(Rewritten& r, Index first, Index second, const Rational& slack);
/// Further variables x' and y' with f, g and rows of their own.
void pad(Rewritten& r, Choices& choices);

}  // namespace assay::properties
