#include <cmath>
#include <limits>

#include "assay/problem/definiteness.hpp"
#include "assay/problem/instance.hpp"
#include "assay/support/error.hpp"

namespace assay {
namespace {

std::string at(const std::string& key, Index i) { return key + "[" + std::to_string(i) + "]"; }

/// The entry as the file states it.
std::string entry_as_text(const ExactMatrix& a, Index i, Index j = 0) {
  const std::string fraction = a.fraction(i, j);
  return fraction.empty() ? to_text(a(i, j)) : fraction;
}

Rational exact(const ExactMatrix& a, Index i, Index j = 0) {
  const std::string fraction = a.fraction(i, j);
  return fraction.empty() ? Rational(a(i, j)) : from_text<Rational>(fraction);
}

/// The checks of one instance; every complaint names its source.
class Validation {
 public:
  explicit Validation(const Instance& instance) : in_(instance) {}

  void run() const {
    if (in_.n < 1) fail("n", "is " + std::to_string(in_.n) + ", must be at least 1");
    if (in_.m < 1) fail("m", "is " + std::to_string(in_.m) + ", must be at least 1");
    shapes();
    symmetric("upper.Qxx", in_.Qxx);
    symmetric("upper.Qyy", in_.Qyy);
    symmetric("lower.H", in_.H);
    bounds("constraints", in_.lower, in_.upper);
    x_set();
    empty_rows("constraints.b", in_.A, in_.B, in_.b, true);
    empty_rows("constraints.e", in_.E, in_.G, in_.e, false);
    definite();
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw InputError(in_.source, key, what);
  }

  void shapes() const {
    const Index n = in_.n, m = in_.m, p = in_.inequality_rows(), q = in_.equality_rows();
    array("upper.Qxx", in_.Qxx, n, n);
    array("upper.Qxy", in_.Qxy, n, m);
    array("upper.Qyy", in_.Qyy, m, m);
    array("upper.x_target", in_.x_target, n, 1);
    array("upper.y_target", in_.y_target, m, 1);
    array("upper.cx", in_.cx, n, 1);
    array("upper.cy", in_.cy, m, 1);
    array("upper.c0", in_.c0, 1, 1);
    array("lower.H", in_.H, m, m);
    array("lower.M", in_.M, m, n);
    array("lower.d", in_.d, m, 1);
    array("constraints.A", in_.A, p, n);
    array("constraints.B", in_.B, p, m);
    array("constraints.b", in_.b, p, 1);
    array("constraints.E", in_.E, q, n);
    array("constraints.G", in_.G, q, m);
    array("constraints.e", in_.e, q, 1);
    shape("constraints.lower", in_.lower, m, 1);
    shape("constraints.upper", in_.upper, m, 1);
    if (in_.x0) array("x0", *in_.x0, n, 1);
    if (!in_.known) return;
    if (in_.known->x.size() > 0) array("known.x", in_.known->x, n, 1);
    if (in_.known->y.size() > 0) array("known.y", in_.known->y, m, 1);
    if (in_.known->multipliers.size() > 0)
      array("known.multipliers", in_.known->multipliers, p + q, 1);
  }

  void shape(const std::string& key, const ExactMatrix& a, Index rows, Index cols) const {
    if (a.rows() != rows || a.cols() != cols)
      fail(key, "is " + std::to_string(a.rows()) + " x " + std::to_string(a.cols()) + ", must be " +
                    std::to_string(rows) + " x " + std::to_string(cols));
  }
  void array(const std::string& key, const ExactMatrix& a, Index rows, Index cols) const {
    shape(key, a, rows, cols);
    for (Index j = 0; j < cols; ++j)
      for (Index i = 0; i < rows; ++i)
        if (!std::isfinite(a(i, j)))
          fail(cols == 1 ? at(key, i) : at(at(key, i), j), "is not finite");
  }

  void symmetric(const std::string& key, const ExactMatrix& a) const {
    for (Index j = 0; j < a.cols(); ++j)
      for (Index i = j + 1; i < a.rows(); ++i) {
        const bool doubles = a.fraction(i, j).empty() && a.fraction(j, i).empty();
        if (doubles ? a(i, j) == a(j, i) : exact(a, i, j) == exact(a, j, i)) continue;
        fail(at(at(key, i), j), "is " + entry_as_text(a, i, j) + ", but the entry [" +
                                    std::to_string(j) + "][" + std::to_string(i) + "] is " +
                                    entry_as_text(a, j, i) + "; the matrix must be symmetric");
      }
  }

  void bounds(const std::string& table, const ExactMatrix& lower, const ExactMatrix& upper) const {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    for (Index i = 0; i < lower.rows(); ++i) {
      const double low = lower(i), up = upper(i);
      if (!(low < infinite)) fail(at(table + ".lower", i), "must be a number, or none");
      if (!(up > -infinite)) fail(at(table + ".upper", i), "must be a number, or none");
      const bool free = low == -infinite || up == infinite;
      if (!free && exact(lower, i) > exact(upper, i))
        fail(at(table + ".lower", i), "is " + entry_as_text(lower, i) + ", above the upper bound " +
                                          entry_as_text(upper, i));
    }
  }

  void x_set() const {
    const UpperSet& set = in_.x_set;
    if (set.kind == UpperSet::Kind::box) {
      shape("x_set.lower", set.lower, in_.n, 1);
      shape("x_set.upper", set.upper, in_.n, 1);
      bounds("x_set", set.lower, set.upper);
    }
    if (set.kind == UpperSet::Kind::ball) {
      array("x_set.center", set.center, in_.n, 1);
      if (!(set.radius > 0 && std::isfinite(set.radius)))
        fail("x_set.radius", "is " + to_text(set.radius) + ", must be a positive number");
    }
  }

  /// A row without x and y is decided at once; whether the others leave a feasible y depends on x
  /// and is for the lower-level solver to say.
  void empty_rows(const std::string& key, const ExactMatrix& of_x, const ExactMatrix& of_y,
                  const ExactMatrix& right, bool inequality) const {
    for (Index i = 0; i < right.rows(); ++i) {
      const bool empty = of_x.nearest().row(i).isZero(0) && of_y.nearest().row(i).isZero(0);
      if (!empty || (inequality ? right(i) >= 0 : right(i) == 0)) continue;
      throw NumericalError(in_.source, at(key, i),
                           std::string("infeasible: the row is 0 ") + (inequality ? "<= " : "= ") +
                               entry_as_text(right, i));
    }
  }

  void definite() const {
    const auto bad = find_bad_pivot(in_.H);
    if (!bad) return;
    throw NumericalError(
        in_.source, "lower.H",
        std::string(bad->proved ? "not positive definite" : "not certified positive definite") +
            ": pivot " + std::to_string(bad->row) + " is " + to_text(bad->value));
  }

  const Instance& in_;
};

}  // namespace

Instance empty_instance(Index n, Index m) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  Instance out;
  out.n = n;
  out.m = m;
  out.Qxx = ExactMatrix(n, n);
  out.Qxy = ExactMatrix(n, m);
  out.Qyy = ExactMatrix(m, m);
  out.x_target = ExactMatrix(n, 1);
  out.y_target = ExactMatrix(m, 1);
  out.cx = ExactMatrix(n, 1);
  out.cy = ExactMatrix(m, 1);
  out.c0 = ExactMatrix(1, 1);
  out.H = ExactMatrix(m, m);
  out.M = ExactMatrix(m, n);
  out.d = ExactMatrix(m, 1);
  out.A = ExactMatrix(0, n);
  out.B = ExactMatrix(0, m);
  out.b = ExactMatrix(0, 1);
  out.E = ExactMatrix(0, n);
  out.G = ExactMatrix(0, m);
  out.e = ExactMatrix(0, 1);
  out.lower = ExactMatrix(Mat<double>::Constant(m, 1, -infinite));
  out.upper = ExactMatrix(Mat<double>::Constant(m, 1, infinite));
  return out;
}

void validate(const Instance& instance) { Validation(instance).run(); }

}  // namespace assay
