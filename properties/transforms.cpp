#include "properties/transforms.hpp"

#include <cmath>
#include <limits>

#include "assay/numerics/random.hpp"
#include "assay/scalar/text.hpp"

namespace assay::properties {

namespace {

using RMat = Mat<Rational>;
using RVec = Vec<Rational>;

RMat exact(const ExactMatrix& a) { return a.to<Rational>(); }

ExactMatrix stored(const RMat& a) {
  ExactMatrix out(a.rows(), a.cols());
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) {
      const double nearest = to_double(a(i, j));
      if (Rational(nearest) == a(i, j))
        out.set(i, j, nearest);
      else
        out.set_fraction(i, j, to_text(a(i, j)));
    }
  return out;
}

/// array := left array
void multiply(const RMat& left, ExactMatrix& array) {
  array = stored(times<Rational>(left, exact(array)));
}
void multiply(ExactMatrix& array, const RMat& right) {
  array = stored(times<Rational>(exact(array), right));
}
/// array += a
void add(ExactMatrix& array, const RMat& a) { array = stored(RMat(exact(array) + a)); }

void scale(ExactMatrix& array, const Rational& factor) {
  array = stored(RMat(exact(array) * factor));
}
void scale_entries(ExactMatrix& array, Index row, const Rational& factor) {
  RMat a = exact(array);
  for (Index j = 0; j < a.cols(); ++j) a(row, j) *= factor;
  array = stored(a);
}

RMat picked(const RMat& a, const std::vector<Index>& rows) {
  RMat out(static_cast<Index>(rows.size()), a.cols());
  for (Index i = 0; i < out.rows(); ++i)
    for (Index j = 0; j < a.cols(); ++j) out(i, j) = a(rows[static_cast<std::size_t>(i)], j);
  return out;
}

/// One more row at `place`.
void insert(ExactMatrix& array, Index place, const RVec& row) {
  const RMat a = exact(array);
  RMat out(a.rows() + 1, a.cols());
  for (Index i = 0; i < out.rows(); ++i)
    for (Index j = 0; j < a.cols(); ++j)
      out(i, j) = i == place ? row[j] : a(i < place ? i : i - 1, j);
  array = stored(out);
}

/// One more column of multiplier_back, for a new stacked row.
void insert_multiplier(Rewritten& r, Index place, const RVec& column) {
  const RMat& a = r.multiplier_back;
  RMat out(a.rows(), a.cols() + 1);
  for (Index j = 0; j < out.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i)
      out(i, j) = j == place ? column[i] : a(i, j < place ? j : j - 1);
  r.multiplier_back = out;
}

void erase_multiplier(Rewritten& r, Index place) {
  const RMat& a = r.multiplier_back;
  RMat out(a.rows(), a.cols() - 1);
  for (Index j = 0; j < out.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) out(i, j) = a(i, j < place ? j : j + 1);
  r.multiplier_back = out;
}

void insert_inequality(Rewritten& r, Index place, const RVec& A, const RVec& B, const Rational& b,
                       const RVec& multiplier) {
  Instance& in = r.instance;
  insert(in.A, place, A);
  insert(in.B, place, B);
  insert(in.b, place, RVec::Constant(1, b));
  insert_multiplier(r, in.equality_rows() + place, multiplier);
}

RVec row_of(const ExactMatrix& a, Index row) {
  RVec v(a.cols());
  for (Index j = 0; j < a.cols(); ++j) v[j] = a.entry<Rational>(row, j);
  return v;
}

constexpr double none = std::numeric_limits<double>::infinity();

}  // namespace

Rewritten::Rewritten(const Case& c) : instance(c.instance), x(widen<Rational>(c.vector("x"))) {
  if (c.vectors.count("q")) q = widen<Rational>(c.vector("q"));
  y_back = identity<Rational>(instance.m);
  y_shift = zeros<Rational>(instance.m);
  gradient_back = identity<Rational>(instance.n);
  multiplier_back = identity<Rational>(stacked_rows(instance));
  instance.x0.reset();
  instance.known.reset();
}

Index stacked_rows(const Instance& in) {
  Index rows = in.equality_rows() + in.inequality_rows();
  for (Index i = 0; i < in.m; ++i)
    rows += (std::isfinite(in.lower(i)) ? 1 : 0) + (std::isfinite(in.upper(i)) ? 1 : 0);
  return rows;
}

Index stacked_bound(const Instance& in, Index y, bool upper) {
  Index row = in.equality_rows() + in.inequality_rows();
  for (Index i = 0; i < (upper ? in.m : y); ++i) row += std::isfinite(in.lower(i)) ? 1 : 0;
  for (Index i = 0; upper && i < y; ++i) row += std::isfinite(in.upper(i)) ? 1 : 0;
  return row;
}

Index Choices::below(Index bound) {
  const RandomStream stream(seed_, 2, Purpose::generator, next_++);
  return static_cast<Index>(stream.word(0) % static_cast<std::uint64_t>(bound));
}

std::vector<Index> Choices::permutation(Index count) {
  return RandomStream(seed_, 2, Purpose::generator, next_++).permutation(count);
}

Mat<Rational> rotation(Choices& choices, Index size) {
  RMat out = signed_permutation(choices, size);
  if (size < 2) return out;
  for (Index k = 0; k < 2; ++k) {
    const std::vector<Index> order = choices.permutation(size);
    const auto at = [&order](std::size_t i) { return order[i]; };
    RMat step = identity<Rational>(size);
    if (size >= 4 && choices.coin()) {
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 4; ++j)
          step(at(i), at(j)) -= Rational((i == 0) == (j == 0) ? 1 : -1) / 2;
    } else {
      const bool small = choices.coin();
      const Rational cosine = small ? Rational(3) / 5 : Rational(5) / 13;
      const Rational sine = small ? Rational(4) / 5 : Rational(12) / 13;
      step(at(0), at(0)) = step(at(1), at(1)) = cosine;
      step(at(0), at(1)) = -sine;
      step(at(1), at(0)) = sine;
    }
    out = times<Rational>(out, step);
  }
  return out;
}

Mat<Rational> signed_permutation(Choices& choices, Index size) {
  RMat out = zeros<Rational>(size, size);
  const std::vector<Index> order = choices.permutation(size);
  for (Index i = 0; i < size; ++i)
    out(order[static_cast<std::size_t>(i)], i) = Rational(choices.coin() ? -1 : 1);
  return out;
}

void change_x(Rewritten& r, const Mat<Rational>& P) {
  Instance& in = r.instance;
  const RMat Pt = flipped<Rational>(P);
  r.x = times<Rational>(Pt, r.x);
  r.gradient_back = times<Rational>(r.gradient_back, P);
  multiply(Pt, in.Qxx);
  multiply(in.Qxx, P);
  multiply(Pt, in.Qxy);
  multiply(Pt, in.x_target);
  multiply(Pt, in.cx);
  multiply(in.M, P);
  multiply(in.A, P);
  multiply(in.E, P);
}

void change_y(Rewritten& r, const Mat<Rational>& Q) {
  Instance& in = r.instance;
  const RMat Qt = flipped<Rational>(Q);
  const Instance before = in;
  r.y_back = times<Rational>(r.y_back, Q);
  if (r.q.size() > 0) r.q = times<Rational>(Qt, r.q);
  for (ExactMatrix* a : {&in.Qyy, &in.H}) {
    multiply(Qt, *a);
    multiply(*a, Q);
  }
  for (ExactMatrix* a : {&in.y_target, &in.cy, &in.d, &in.M}) multiply(Qt, *a);
  for (ExactMatrix* a : {&in.Qxy, &in.B, &in.G}) multiply(*a, Q);

  const Index plain = in.equality_rows() + in.inequality_rows();
  if (stacked_rows(before) == plain) return;
  // y_i = s y'_j: bounds move with the variable, and change sides with its sign.
  std::vector<Index> source(static_cast<std::size_t>(stacked_rows(before)));
  for (Index i = 0; i < plain; ++i) source[static_cast<std::size_t>(i)] = i;
  const auto at = [&Q](Index j) {
    Index i = 0;
    while (Q(i, j) == Rational(0)) ++i;
    return i;
  };
  for (Index j = 0; j < in.m; ++j) {
    const Index i = at(j);
    const bool same = Rational(0) < Q(i, j);
    for (const bool upper : {false, true}) {
      const ExactMatrix& from = upper == same ? before.upper : before.lower;
      ExactMatrix& to = upper ? in.upper : in.lower;
      to.set(j, 0, upper ? none : -none);
      if (!std::isfinite(from(i))) continue;
      const RMat value = RMat::Constant(1, 1, Rational(same ? 1 : -1) * from.entry<Rational>(i));
      const ExactMatrix one = stored(value);
      if (one.fraction(0, 0).empty())
        to.set(j, 0, one(0));
      else
        to.set_fraction(j, 0, one.fraction(0, 0));
    }
  }
  for (Index j = 0; j < in.m; ++j) {
    const Index i = at(j);
    const bool same = Rational(0) < Q(i, j);
    for (const bool upper : {false, true})
      if (std::isfinite((upper ? in.upper : in.lower)(j)))
        source[static_cast<std::size_t>(stacked_bound(in, j, upper))] =
            stacked_bound(before, i, upper == same);
  }
  RMat moved(r.multiplier_back.rows(), r.multiplier_back.cols());
  for (Index j = 0; j < moved.cols(); ++j)
    moved.col(j) = r.multiplier_back.col(source[static_cast<std::size_t>(j)]);
  r.multiplier_back = moved;
}

void translate_x(Rewritten& r, const Vec<Rational>& v) {
  Instance& in = r.instance;
  r.x -= v;
  add(in.c0, RMat::Constant(1, 1, inner_product<Rational>(RVec(exact(in.cx).col(0)), v)));
  add(in.x_target, RMat(-v));
  add(in.cy, times<Rational>(flipped<Rational>(exact(in.Qxy)), RMat(v)));
  add(in.d, times<Rational>(exact(in.M), RMat(v)));
  add(in.b, RMat(-times<Rational>(exact(in.A), RMat(v))));
  add(in.e, RMat(-times<Rational>(exact(in.E), RMat(v))));
}

void translate_y(Rewritten& r, const Vec<Rational>& t) {
  Instance& in = r.instance;
  r.y_shift += times<Rational>(r.y_back, t);
  add(in.c0, RMat::Constant(1, 1, inner_product<Rational>(RVec(exact(in.cy).col(0)), t)));
  add(in.y_target, RMat(-t));
  add(in.cx, times<Rational>(exact(in.Qxy), RMat(t)));
  add(in.d, times<Rational>(exact(in.H), RMat(t)));
  add(in.b, RMat(-times<Rational>(exact(in.B), RMat(t))));
  add(in.e, RMat(-times<Rational>(exact(in.G), RMat(t))));
  for (ExactMatrix* bound : {&in.lower, &in.upper})
    for (Index i = 0; i < in.m; ++i) {
      if (!std::isfinite((*bound)(i))) continue;
      const ExactMatrix one =
          stored(RMat::Constant(1, 1, Rational(bound->entry<Rational>(i) - t[i])));
      if (one.fraction(0, 0).empty())
        bound->set(i, 0, one(0));
      else
        bound->set_fraction(i, 0, one.fraction(0, 0));
    }
}

void add_constant(Rewritten& r, const Rational& constant) {
  add(r.instance.c0, RMat::Constant(1, 1, constant));
  r.F_shift -= r.upper_back * constant;
}

void move_targets(Rewritten& r, const Vec<Rational>& v, const Vec<Rational>& t) {
  // 1/2 (w - v)'Q (w - v) = 1/2 w'Q w - v'Q x + v'Q (target + v/2), w = x - target
  Instance& in = r.instance;
  Rational constant(0);
  const auto move = [&constant](const ExactMatrix& Q, ExactMatrix& target, ExactMatrix& linear,
                                const RVec& by) {
    const RVec pulled = times<Rational>(exact(Q), by);
    const RVec middle = RVec(exact(target).col(0)) + by / Rational(2);
    constant -= inner_product<Rational>(pulled, middle);
    add(linear, RMat(pulled));
    add(target, RMat(by));
  };
  move(in.Qxx, in.x_target, in.cx, v);
  move(in.Qyy, in.y_target, in.cy, t);
  add(in.c0, RMat::Constant(1, 1, constant));
}

void scale_upper(Rewritten& r, const Rational& factor) {
  Instance& in = r.instance;
  for (ExactMatrix* a : {&in.Qxx, &in.Qxy, &in.Qyy, &in.cx, &in.cy, &in.c0}) scale(*a, factor);
  r.upper_back /= factor;
}

void scale_lower(Rewritten& r, const Rational& factor) {
  Instance& in = r.instance;
  for (ExactMatrix* a : {&in.H, &in.M, &in.d}) scale(*a, factor);
  if (r.q.size() > 0) r.q *= factor;
  r.multiplier_back /= factor;
}

void scale_inequality(Rewritten& r, Index row, const Rational& factor) {
  Instance& in = r.instance;
  for (ExactMatrix* a : {&in.A, &in.B, &in.b}) scale_entries(*a, row, factor);
  r.multiplier_back.col(in.equality_rows() + row) *= factor;
}

void scale_equality(Rewritten& r, Index row, const Rational& factor) {
  Instance& in = r.instance;
  for (ExactMatrix* a : {&in.E, &in.G, &in.e}) scale_entries(*a, row, factor);
  r.multiplier_back.col(row) *= factor;
}

void permute_rows(Rewritten& r, const std::vector<Index>& inequalities,
                  const std::vector<Index>& equalities) {
  Instance& in = r.instance;
  for (ExactMatrix* a : {&in.A, &in.B, &in.b}) *a = stored(picked(exact(*a), inequalities));
  for (ExactMatrix* a : {&in.E, &in.G, &in.e}) *a = stored(picked(exact(*a), equalities));
  RMat moved = r.multiplier_back;
  const Index q = in.equality_rows();
  for (Index i = 0; i < q; ++i)
    moved.col(i) = r.multiplier_back.col(equalities[static_cast<std::size_t>(i)]);
  for (Index i = 0; i < in.inequality_rows(); ++i)
    moved.col(q + i) = r.multiplier_back.col(q + inequalities[static_cast<std::size_t>(i)]);
  r.multiplier_back = moved;
}

void bounds_as_rows(Rewritten& r) {
  Instance& in = r.instance;
  for (const bool upper : {false, true})
    for (Index i = 0; i < in.m; ++i) {
      ExactMatrix& bound = upper ? in.upper : in.lower;
      if (!std::isfinite(bound(i))) continue;
      const Index place = stacked_bound(in, i, upper);
      const RVec multiplier = r.multiplier_back.col(place);
      erase_multiplier(r, place);
      RVec B = zeros<Rational>(in.m);
      const Rational sign(upper ? 1 : -1), limit = sign * bound.entry<Rational>(i);
      B[i] = sign;
      bound.set(i, 0, upper ? none : -none);
      insert_inequality(r, in.inequality_rows(), zeros<Rational>(in.n), B, limit, multiplier);
    }
}

void equalities_as_inequalities(Rewritten& r) {
  Instance& in = r.instance;
  while (in.equality_rows() > 0) {
    const RVec E = row_of(in.E, 0), G = row_of(in.G, 0), multiplier = r.multiplier_back.col(0);
    const Rational e = in.e.entry<Rational>(0);
    std::vector<Index> rest;
    for (Index i = 1; i < in.equality_rows(); ++i) rest.push_back(i);
    for (ExactMatrix* a : {&in.E, &in.G, &in.e}) *a = stored(picked(exact(*a), rest));
    erase_multiplier(r, 0);
    insert_inequality(r, in.inequality_rows(), E, G, e, multiplier);
    insert_inequality(r, 0, RVec(-E), RVec(-G), Rational(-e), RVec(-multiplier));
  }
}

void repeat_row(Rewritten& r, Index row, const Rational& factor, Index place) {
  const Instance& in = r.instance;
  const RVec A = row_of(in.A, row) * factor, B = row_of(in.B, row) * factor;
  const Rational b = in.b.entry<Rational>(row) * factor;
  const RVec multiplier = r.multiplier_back.col(in.equality_rows() + row) * factor;
  insert_inequality(r, place, A, B, b, multiplier);
}

void repeat_equality(Rewritten& r, Index row, const Rational& factor) {
  Instance& in = r.instance;
  const Index place = in.equality_rows();
  const RVec E = row_of(in.E, row) * factor, G = row_of(in.G, row) * factor;
  const Rational e = in.e.entry<Rational>(row) * factor;
  const RVec multiplier = r.multiplier_back.col(row) * factor;
  insert(in.E, place, E);
  insert(in.G, place, G);
  insert(in.e, place, RVec::Constant(1, e));
  insert_multiplier(r, place, multiplier);
}

void add_implied_row(Rewritten& r, Index first, Index second, const Rational& slack) {
  const Instance& in = r.instance;
  const RVec A = row_of(in.A, first) + row_of(in.A, second);
  const RVec B = row_of(in.B, first) + row_of(in.B, second);
  const Rational b = in.b.entry<Rational>(first) + in.b.entry<Rational>(second) + slack;
  const RVec multiplier = r.multiplier_back.col(in.equality_rows() + first) +
                          r.multiplier_back.col(in.equality_rows() + second);
  insert_inequality(r, in.inequality_rows(), A, B, b, multiplier);
}

void pad(Rewritten& r, Choices& choices) {
  Instance& in = r.instance;
  const Index n = in.n, m = in.m, extra = 2;
  const auto some = [&choices] { return Rational(choices.below(17) - 8) / 8; };
  const auto widened = [](ExactMatrix& a, Index rows, Index cols) {
    const RMat old = exact(a);
    RMat out = zeros<Rational>(rows, cols);
    for (Index j = 0; j < old.cols(); ++j)
      for (Index i = 0; i < old.rows(); ++i) out(i, j) = old(i, j);
    return out;
  };
  const auto square = [&](ExactMatrix& a, Index old) {
    RMat out = widened(a, old + extra, old + extra);
    const Rational corner = some();
    out(old, old) = out(old + 1, old + 1) = Rational(2);
    out(old, old + 1) = out(old + 1, old) = corner;
    a = stored(out);
  };
  const auto column = [&](ExactMatrix& a, Index old) {
    RMat out = widened(a, old + extra, 1);
    for (Index i = old; i < old + extra; ++i) out(i, 0) = some();
    a = stored(out);
  };
  square(in.Qxx, n);
  square(in.Qyy, m);
  square(in.H, m);
  for (ExactMatrix* a : {&in.x_target, &in.cx}) column(*a, n);
  for (ExactMatrix* a : {&in.y_target, &in.cy, &in.d}) column(*a, m);
  RMat Qxy = widened(in.Qxy, n + extra, m + extra), M = widened(in.M, m + extra, n + extra);
  for (Index j = 0; j < extra; ++j)
    for (Index i = 0; i < extra; ++i) {
      Qxy(n + i, m + j) = some();
      M(m + i, n + j) = some();
    }
  in.Qxy = stored(Qxy);
  in.M = stored(M);
  in.A = stored(widened(in.A, in.A.rows(), n + extra));
  in.E = stored(widened(in.E, in.E.rows(), n + extra));
  in.B = stored(widened(in.B, in.B.rows(), m + extra));
  in.G = stored(widened(in.G, in.G.rows(), m + extra));
  for (ExactMatrix* bound : {&in.lower, &in.upper}) {
    ExactMatrix out(m + extra, 1);
    for (Index i = 0; i < m + extra; ++i) {
      const std::string fraction = i < m ? bound->fraction(i, 0) : "";
      if (!fraction.empty())
        out.set_fraction(i, 0, fraction);
      else
        out.set(i, 0, i < m ? (*bound)(i) : bound == &in.lower ? -none : none);
    }
    *bound = out;
  }
  in.n = n + extra;
  in.m = m + extra;
  RVec x(in.n);
  for (Index i = 0; i < in.n; ++i) x[i] = i < n ? r.x[i] : some();
  r.x = x;
  if (r.q.size() > 0) {
    RVec q = zeros<Rational>(in.m);
    q.head(m) = r.q;
    r.q = q;
  }
  const auto more_columns = [](RMat& a, Index count) {
    RMat out = zeros<Rational>(a.rows(), a.cols() + count);
    for (Index j = 0; j < a.cols(); ++j) out.col(j) = a.col(j);
    a = out;
  };
  more_columns(r.gradient_back, extra);
  more_columns(r.y_back, extra);
  // A row of the block's own, in front of the others: it may be active or not.
  RVec A = zeros<Rational>(in.n), B = zeros<Rational>(in.m);
  A[n] = some();
  B[m] = Rational(1);
  B[m + 1] = some();
  insert_inequality(r, 0, A, B, some(), zeros<Rational>(r.multiplier_back.rows()));
}

}  // namespace assay::properties
