#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "assay/problem/exact_matrix.hpp"

namespace assay {

/// Where the upper variable may go.
struct UpperSet {
  enum class Kind { whole_space, box, ball } kind = Kind::whole_space;
  ExactMatrix lower, upper;  ///< box: (n), entries may be -inf / +inf
  ExactMatrix center;        ///< ball: (n)
  double radius = 0;         ///< ball: > 0
};

/// What is known of the solution, and how firmly.
struct KnownSolution {
  ExactMatrix x, y;         ///< (n), (m); empty (size 0) where not given
  ExactMatrix multipliers;  ///< (p+q): of the inequality rows, then of the equality rows, or empty
  std::optional<std::string> F;  ///< a number or "p/q"
  std::string proof;             ///< "exact" | "enclosed" | "literature"
  int digits = 0;                ///< how many decimal digits are proved
  bool kink = false;             ///< the optimum lies on a weakly active row
};

/// A quadratic bilevel problem, exactly as its file states it. x in R^n, y in R^m:
///
///     f(x,y) = 1/2 (x-x_target)' Qxx (x-x_target) + x' Qxy y + 1/2 (y-y_target)' Qyy (y-y_target)
///              + cx' x + cy' y + c0
///     g(x,y) = 1/2 y' H y + (M x + d)' y
///     subject to  A x + B y <= b,   E x + G y = e,   lower <= y <= upper
///
/// Optional parts are zero, or have zero rows. Fresh from read_instance() every shape agrees, every
/// entry is finite (bounds may be infinite), H and Qxx and Qyy are symmetric, H is positive
/// definite. Whether a feasible y exists at some x is not known before a lower-level solver says
/// so.
struct Instance {
  std::string name;
  std::string provenance;
  Index n = 0, m = 0;

  ExactMatrix Qxx;       ///< (n,n) symmetric
  ExactMatrix Qxy;       ///< (n,m)
  ExactMatrix Qyy;       ///< (m,m) symmetric
  ExactMatrix x_target;  ///< (n)
  ExactMatrix y_target;  ///< (m)
  ExactMatrix cx, cy;    ///< (n), (m)
  ExactMatrix c0;        ///< (1)

  ExactMatrix H;  ///< (m,m) symmetric positive definite
  ExactMatrix M;  ///< (m,n), d(grad_y g)/dx
  ExactMatrix d;  ///< (m)

  ExactMatrix A, B, b;  ///< (p,n), (p,m), (p): inequality rows
  ExactMatrix E, G, e;  ///< (q,n), (q,m), (q): equality rows
  ExactMatrix lower;    ///< (m), entries may be -inf
  ExactMatrix upper;    ///< (m), entries may be +inf

  UpperSet x_set;
  std::optional<ExactMatrix> x0;  ///< (n)
  std::optional<KnownSolution> known;

  std::string source;  ///< the file it came from, or the generator's description; for messages
  std::string digest;  ///< SHA-256 of the file's bytes, or of the canonical text if generated

  Index inequality_rows() const { return b.rows(); }
  Index equality_rows() const { return e.rows(); }
};

/// Sets every optional array to zeros (or no rows, or infinite bounds) of the right shape.
Instance empty_instance(Index n, Index m);

/// Reads and validates an instance file.
/// @throws InputError naming file and key: not readable, not JSON (NaN included), format, unknown,
///         duplicate or missing keys, wrong shapes, entries that are not finite, asymmetric
///         matrices, crossed bounds.
/// @throws NumericalError: H not positive definite; a row "0 <= b" or "0 = e" that cannot hold.
///         Other contradictions between rows show when a lower-level solver meets them.
Instance read_instance(const std::filesystem::path& path);

/// As read_instance, from text; `source` names it in messages.
Instance parse_instance(const std::string& text, const std::string& source);

/// The checks of read_instance that concern values rather than text, for instances built in memory.
void validate(const Instance& instance);

/// Canonical JSON text ("format": "assay-instance/1"): parts that are zero are left out, numbers
/// are the shortest that round-trip, fractions stay strings. parse_instance inverts it exactly.
std::string instance_text(const Instance& instance);

}  // namespace assay
