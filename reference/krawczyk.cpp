#include "reference/krawczyk.hpp"

#include <algorithm>

#include "reference/interval50.hpp"

namespace assay::reference {

namespace {

using I = Interval50;
using Vector = std::vector<I>;
using Jets = std::vector<Jet<I>>;

/// A small dense matrix of intervals.
struct Matrix {
  Matrix(Index rows, Index cols)
      : rows(rows), cols(cols), entries(static_cast<std::size_t>(rows * cols), I(0)) {}
  I& operator()(Index i, Index j) { return entries[static_cast<std::size_t>(i * cols + j)]; }
  const I& operator()(Index i, Index j) const {
    return entries[static_cast<std::size_t>(i * cols + j)];
  }
  Index rows, cols;
  Vector entries;
};

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

Vector times(const Matrix& A, const Vector& v) {
  Vector out(at(A.rows), I(0));
  for (Index i = 0; i < A.rows; ++i)
    for (Index j = 0; j < A.cols; ++j) out[at(i)] += A(i, j) * v[at(j)];
  return out;
}
Matrix times(const Matrix& A, const Matrix& B) {
  Matrix out(A.rows, B.cols);
  for (Index i = 0; i < A.rows; ++i)
    for (Index j = 0; j < B.cols; ++j)
      for (Index k = 0; k < A.cols; ++k) out(i, j) += A(i, k) * B(k, j);
  return out;
}
Matrix transposed(const Matrix& A) {
  Matrix out(A.cols, A.rows);
  for (Index i = 0; i < A.rows; ++i)
    for (Index j = 0; j < A.cols; ++j) out(j, i) = A(i, j);
  return out;
}
Matrix minus_identity(Matrix A) {
  for (Index i = 0; i < A.rows; ++i) A(i, i) -= I(1);
  return A;
}

/// About the inverse of the middle of A, entries without width; nothing if no pivot is left.
/// Nothing is proved here: what uses it bounds I - C A.
std::optional<Matrix> rough_inverse(const Matrix& A) {
  const Index n = A.rows;
  Matrix a(n, 2 * n);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) a(i, j) = middle(A(i, j));
    a(i, n + i) = I(1);
  }
  for (Index k = 0; k < n; ++k) {
    Index best = k;
    for (Index i = k + 1; i < n; ++i)
      if (size(a(best, k)) < size(a(i, k))) best = i;
    if (!(size(a(best, k)) > 0)) return std::nullopt;
    for (Index j = 0; j < 2 * n; ++j) std::swap(a(k, j), a(best, j));
    const I pivot = a(k, k);
    for (Index j = 0; j < 2 * n; ++j) a(k, j) = middle(a(k, j) / pivot);
    for (Index i = 0; i < n; ++i) {
      if (i == k) continue;
      const I factor = a(i, k);
      for (Index j = 0; j < 2 * n; ++j) a(i, j) = middle(a(i, j) - factor * a(k, j));
    }
  }
  Matrix C(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) C(i, j) = a(i, n + j);
  return C;
}

/// Encloses all w with A w = b for some A, b of the intervals; nothing if A may be singular:
/// w = w0 + A^-1 (b - A w0), |A^-1 r| <= |C r| / (1 - |I - C A|) in the max-norm.
std::optional<Vector> solve(const Matrix& A, const Vector& b) {
  const auto C = rough_inverse(A);
  if (!C) return std::nullopt;
  Point50 rest(0);
  const Matrix defect = minus_identity(times(*C, A));
  for (Index i = 0; i < A.rows; ++i) {
    I sum(0);
    for (Index j = 0; j < A.cols; ++j) sum += I(size(defect(i, j)));
    rest = std::max(rest, Point50(upper(sum)));
  }
  if (!(rest < 1)) return std::nullopt;
  Vector w = times(*C, b);
  for (I& entry : w) entry = middle(entry);
  Vector r = times(A, w);
  for (Index i = 0; i < A.rows; ++i) r[at(i)] = b[at(i)] - r[at(i)];
  Point50 largest(0);
  for (const I& entry : times(*C, r)) largest = std::max(largest, size(entry));
  const Point50 radius = upper(I(largest) / (I(1) - I(rest)));
  for (I& entry : w) entry += symmetric(radius);
  return w;
}

/// Positive definite for every symmetric matrix of the intervals: all pivots positive.
bool definite(Matrix H) {
  for (Index k = 0; k < H.rows; ++k) {
    if (!positive(H(k, k))) return false;
    for (Index i = k + 1; i < H.rows; ++i) {
      const I factor = H(i, k) / H(k, k);
      for (Index j = k + 1; j < H.rows; ++j) H(i, j) -= factor * H(k, j);
    }
  }
  return true;
}

/// The KKT system of one active set over boxes of x, y and multipliers.
class Kkt {
 public:
  Kkt(const SmoothProblem& p, Vector x, const std::vector<Index>& active)
      : p_(p), x_(std::move(x)) {
    for (Index i = 0; i < p.equalities(); ++i) rows_.push_back(i);
    for (const Index i : active)
      if (i >= p.equalities()) rows_.push_back(i);
  }
  Index count() const { return static_cast<Index>(rows_.size()); }
  Index dimension() const { return p_.m + count(); }
  const std::vector<Index>& rows() const { return rows_; }
  const Vector& x() const { return x_; }

  struct Values {
    Vector H;       ///< (dimension) stationarity, then the rows
    Matrix dz, dx;  ///< derivatives by (y, multipliers) and by x
  };
  Values at_box(const Vector& z) const {
    const Index n = p_.n, m = p_.m;
    Vector point = x_;
    point.insert(point.end(), z.begin(), z.begin() + m);
    const Jets v = variables(point);
    Values out{Vector(at(dimension()), I(0)), Matrix(dimension(), dimension()),
               Matrix(dimension(), n)};
    add(out, p_.f(v), I(1));
    for (Index k = 0; k < count(); ++k) {
      const Jet<I> row = p_.row(rows_[at(k)])(v);
      add(out, row, z[at(m + k)]);
      out.H[at(m + k)] = row.value;
      for (Index j = 0; j < m; ++j) out.dz(m + k, j) = out.dz(j, m + k) = row.first(n + j);
      for (Index j = 0; j < n; ++j) out.dx(m + k, j) = row.first(j);
    }
    return out;
  }

 private:
  void add(Values& out, const Jet<I>& term, const I& weight) const {
    for (Index i = 0; i < p_.m; ++i) {
      out.H[at(i)] += weight * term.first(p_.n + i);
      for (Index j = 0; j < p_.m; ++j) out.dz(i, j) += weight * term.second(p_.n + i, p_.n + j);
      for (Index j = 0; j < p_.n; ++j) out.dx(i, j) += weight * term.second(p_.n + i, j);
    }
  }
  const SmoothProblem& p_;
  Vector x_;
  std::vector<Index> rows_;
};

/// Newton's method in points, until the correction is down to rounding or 40 steps are over.
/// @return false if the derivative has no inverse
bool improve(const Kkt& middle_system, Vector& z) {
  for (int step = 0; step < 40; ++step) {
    const Kkt::Values v = middle_system.at_box(z);
    const auto C = rough_inverse(v.dz);
    if (!C) return false;
    const Vector correction = times(*C, v.H);
    Point50 moved(0), scale(1);
    for (std::size_t i = 0; i < z.size(); ++i) {
      if (!bounded(correction[i])) return false;
      z[i] = middle(z[i] - correction[i]);
      moved = std::max(moved, size(correction[i]));
      scale = std::max(scale, size(z[i]));
    }
    // 50 digits are 2^-168; a step this small leaves an error of its square.
    if (moved < scale * Point50(0x1p-100)) return true;
  }
  return true;
}

/// Krawczyk's operator on boxes about z that grow until one is mapped into itself.
std::optional<Vector> contain(const Kkt& system, const Vector& z, const Matrix& C) {
  const std::size_t count = z.size();
  const Vector newton = times(C, system.at_box(z).H);
  std::vector<Point50> radius;
  for (const I& a : newton) {
    if (!bounded(a)) return std::nullopt;
    radius.push_back(size(a) * 2 + Point50(0x1p-150));
  }
  for (int attempt = 0; attempt < 40; ++attempt) {
    Vector box(count, I(0)), offset(count, I(0));
    for (std::size_t i = 0; i < count; ++i) {
      offset[i] = symmetric(radius[i]);
      box[i] = z[i] + offset[i];
    }
    const Vector spread = times(minus_identity(times(C, system.at_box(box).dz)), offset);
    Vector image(count, I(0));
    bool inside = true;
    for (std::size_t i = 0; i < count; ++i) {
      image[i] = z[i] - newton[i] - spread[i];
      inside = inside && strictly_inside(image[i], box[i]);
      if (!bounded(image[i])) return std::nullopt;
    }
    if (inside) return image;
    for (std::size_t i = 0; i < count; ++i)
      radius[i] = std::max(Point50(radius[i] * Point50(1.5)), Point50(size(image[i] - z[i]) * 2));
  }
  return std::nullopt;
}

std::string row_name(const SmoothProblem& p, Index i) {
  return "row " + std::to_string(i + 1) + " (" + p.row(i).text() + ")";
}

SmoothEnclosure enclose_once(const SmoothProblem& p, const std::vector<Range>& x,
                             const std::vector<Rational>& guess, const std::vector<Index>& active) {
  SmoothEnclosure out;
  const auto refuse = [&](SmoothVerdict verdict, const std::string& why) {
    out.verdict = verdict;
    out.why = why;
    return out;
  };
  const Kkt system(p, intervals(x), active);
  if (system.count() > p.m)
    return refuse(SmoothVerdict::dependent_rows, "more active rows than unknowns");

  Vector z;
  for (const Rational& y : guess) z.push_back(middle(interval(y)));
  z.resize(at(system.dimension()), I(0));
  Vector x_middle = system.x();
  for (I& a : x_middle) a = middle(a);
  const bool regular = improve(Kkt(p, x_middle, active), z);
  const Kkt::Values point = system.at_box(z);
  const auto C = rough_inverse(point.dz);
  const auto box = regular && C ? contain(system, z, *C) : std::nullopt;
  if (!box) {
    // Which part of the saddle matrix is at fault: the rows, or the Hessian on their tangent space?
    Matrix gram(system.count(), system.count());
    for (Index i = 0; i < system.count(); ++i)
      for (Index j = 0; j < system.count(); ++j)
        for (Index k = 0; k < p.m; ++k) gram(i, j) += point.dz(p.m + i, k) * point.dz(p.m + j, k);
    if (!definite(gram))
      return refuse(SmoothVerdict::dependent_rows, "the active rows' gradients are dependent");
    if (!regular || !C || !solve(point.dz, point.H))
      return refuse(SmoothVerdict::not_strongly_convex,
                    "the Lagrangian's Hessian is singular on the active rows' tangent space");
    return refuse(SmoothVerdict::not_contained, "no box was mapped into itself");
  }

  const Vector y(box->begin(), box->begin() + p.m);
  Vector all = system.x();
  all.insert(all.end(), y.begin(), y.end());
  out.y = ranges(y);
  out.multipliers.assign(at(p.rows()), Range(Rational(0)));
  for (Index k = 0; k < system.count(); ++k)
    out.multipliers[at(system.rows()[at(k)])] = range((*box)[at(p.m + k)]);
  out.f = range(p.f(all));
  const Jet<I> F = p.F(variables(all));
  out.F = range(F.value);

  const Kkt::Values values = system.at_box(*box);
  Vector pull(at(system.dimension()), I(0));
  for (Index j = 0; j < p.m; ++j) pull[at(j)] = F.first(p.n + j);
  const auto w = solve(transposed(values.dz), pull);
  if (!w) return refuse(SmoothVerdict::not_contained, "the adjoint system may be singular");
  const Vector implicit = times(transposed(values.dx), *w);
  for (Index j = 0; j < p.n; ++j) {
    out.direct.push_back(range(F.first(j)));
    out.gradient.push_back(range(F.first(j) - implicit[at(j)]));
  }

  std::string doubt;
  for (Index i = p.equalities(); i < p.rows(); ++i) {
    const auto k = std::find(system.rows().begin(), system.rows().end(), i);
    const bool held = k != system.rows().end();
    const I margin = held ? (*box)[at(p.m + (k - system.rows().begin()))] : -p.row(i)(all);
    const std::string what = (held ? "the multiplier of " : "the slack of ") + row_name(p, i);
    if (negative(margin))
      return refuse(SmoothVerdict::wrong_active_set, what + " is proved negative");
    if (!positive(margin)) doubt = what + " is not proved positive";
  }
  Matrix hessian(p.m, p.m);
  for (Index i = 0; i < p.m; ++i)
    for (Index j = 0; j < p.m; ++j) hessian(i, j) = values.dz(i, j);
  out.vertex = system.count() == p.m;
  if (!definite(hessian) && !out.vertex)
    return refuse(SmoothVerdict::not_strongly_convex,
                  "the Lagrangian's Hessian is not positive definite over the box");
  if (!doubt.empty()) return refuse(SmoothVerdict::kink, doubt);
  out.verdict = SmoothVerdict::certified;
  return out;
}

}  // namespace

std::string to_string(SmoothVerdict verdict) {
  switch (verdict) {
    case SmoothVerdict::certified:
      return "certified";
    case SmoothVerdict::not_contained:
      return "not contained";
    case SmoothVerdict::dependent_rows:
      return "dependent rows";
    case SmoothVerdict::wrong_active_set:
      return "wrong active set";
    case SmoothVerdict::kink:
      return "kink";
    default:
      return "not strongly convex";
  }
}

SmoothEnclosure enclose(const SmoothProblem& p, const std::vector<Range>& x,
                        const std::vector<Rational>& guess, const std::vector<Index>& active) {
  SmoothEnclosure out = enclose_once(p, x, guess, active);
  const bool point = std::all_of(x.begin(), x.end(), [](const Range& r) { return r.width() == 0; });
  if (!out.certified() || point) return out;
  // F over the box once more by the mean value theorem: tight where the gradient is small.
  std::vector<Range> x_middle;
  for (const Range& r : x) x_middle.emplace_back(r.middle());
  const SmoothEnclosure there = enclose_once(p, x_middle, guess, active);
  if (!there.certified()) return out;
  I value = interval(there.F);
  for (std::size_t i = 0; i < x.size(); ++i)
    value += interval(out.gradient[i]) * (interval(x[i]) - interval(x_middle[i]));
  out.F = range(common(value, interval(out.F)));
  return out;
}

Range evaluate(const Formula& formula, const std::vector<Range>& z) {
  return range(formula(intervals(z)));
}

Composed compose(const SmoothProblem& p, const std::vector<Formula>& y,
                 const std::vector<Range>& x) {
  Jets z = variables(intervals(x));
  const Jets inner = z;
  for (const Formula& formula : y) z.push_back(formula(inner));
  const Jet<I> F = p.F(z);
  Composed out;
  out.value = range(F.value);
  for (Index i = 0; i < p.n; ++i) out.gradient.push_back(range(F.first(i)));
  return out;
}

}  // namespace assay::reference
