#include "reference/smooth_problem.hpp"

#include <algorithm>

#include "assay/scalar/text.hpp"
#include "reference/fraction_vectors.hpp"
#include "reference/jet.hpp"

namespace assay::reference {

namespace {

std::vector<Rational> stacked(const RVec& x, const RVec& y) {
  std::vector<Rational> z(x.begin(), x.end());
  z.insert(z.end(), y.begin(), y.end());
  return z;
}

RVec part(const Jet<Rational>& jet, Index first, Index count) {
  RVec out(count);
  for (Index i = 0; i < count; ++i) out[i] = jet.first(first + i);
  return out;
}
RMat block(const Jet<Rational>& jet, Index row, Index rows, Index col, Index cols) {
  RMat out(rows, cols);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) out(i, j) = jet.second(row + i, col + j);
  return out;
}

/// Takes the number as a double where it is one.
void put(ExactMatrix& into, Index i, Index j, const Rational& value) {
  const double nearest = to_double(value);
  if (Rational(nearest) == value)
    into.set(i, j, nearest);
  else
    into.set_fraction(i, j, numerator(value).str() + "/" + denominator(value).str());
}
ExactMatrix exact_matrix(const RMat& values) {
  ExactMatrix out(values.rows(), values.cols());
  for (Index i = 0; i < values.rows(); ++i)
    for (Index j = 0; j < values.cols(); ++j) put(out, i, j, values(i, j));
  return out;
}

/// The only variable of an affine function, if it has just one.
std::optional<Index> only_variable(const RVec& gradient) {
  std::optional<Index> found;
  for (Index i = 0; i < gradient.size(); ++i) {
    if (gradient[i] == 0) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

}  // namespace

bool SmoothProblem::rational() const {
  const auto all = [](const std::vector<Formula>& list) {
    return std::all_of(list.begin(), list.end(), [](const Formula& a) { return a.rational(); });
  };
  return F.rational() && f.rational() && all(G) && all(h) && all(g);
}

bool SmoothProblem::quadratic_in_y() const {
  if (f.degree(n, n + m) > 2) return false;
  for (Index i = 0; i < rows(); ++i)
    if (row(i).degree(n, n + m) > 1) return false;
  return true;
}

SmoothProblem read_problem(const SmoothText& text) {
  const auto read = [&](const std::string& formula) { return Formula(formula, text.n, text.m); };
  const auto read_all = [&](const std::vector<std::string>& formulas) {
    std::vector<Formula> out;
    for (const std::string& formula : formulas) out.push_back(read(formula));
    return out;
  };
  SmoothProblem p{text.n,           text.m,           read(text.F),     read(text.f),
                  read_all(text.G), read_all(text.h), read_all(text.g), {}};
  for (const auto& [low, high] : text.y_box)
    p.y_box.push_back({from_text<Rational>(low), from_text<Rational>(high)});
  return p;
}

ExactJets::ExactJets(const SmoothProblem& p, const RVec& x, const RVec& y)
    : n(p.n), m(p.m), row(p.rows()), A(p.rows(), p.n), B(p.rows(), p.m) {
  const auto z = variables(stacked(x, y));
  const Jet<Rational> top = p.F(z), low = p.f(z);
  F = top.value;
  f = low.value;
  Fx = part(top, 0, n);
  Fy = part(top, n, m);
  fy = part(low, n, m);
  fyy = block(low, n, m, n, m);
  fyx = block(low, n, m, 0, n);
  for (Index i = 0; i < p.rows(); ++i) {
    const Jet<Rational> r = p.row(i)(z);
    row[i] = r.value;
    A.row(i) = part(r, 0, n).transpose();
    B.row(i) = part(r, n, m).transpose();
    row_yy.push_back(block(r, n, m, n, m));
    row_yx.push_back(block(r, n, m, 0, n));
  }
  const Index count = static_cast<Index>(p.G.size());
  upper = RVec(count);
  Gx = RMat(count, n);
  Gy = RMat(count, m);
  for (Index i = 0; i < count; ++i) {
    const Jet<Rational> r = p.G[static_cast<std::size_t>(i)](z);
    upper[i] = r.value;
    Gx.row(i) = part(r, 0, n).transpose();
    Gy.row(i) = part(r, n, m).transpose();
  }
}

std::optional<Program> program_at(const SmoothProblem& p, const RVec& x) {
  if (!p.rational() || !p.quadratic_in_y()) return std::nullopt;
  const ExactJets at(p, x, zero_vector(p.m));
  return Program{at.fyy, at.fy, at.B, -at.row, p.equalities(), {}, {}, 0};
}

std::optional<Instance> quadratic_instance(const SmoothProblem& p, const std::string& name) {
  const Index all = p.n + p.m;
  if (!p.rational() || p.F.degree(0, all) > 2 || p.f.degree(0, all) > 2) return std::nullopt;
  for (Index i = 0; i < p.rows(); ++i)
    if (p.row(i).degree(0, all) > 1) return std::nullopt;

  const RVec x = zero_vector(p.n), y = zero_vector(p.m);
  const ExactJets at(p, x, y);
  const Jet<Rational> top = p.F(variables(stacked(x, y)));
  Instance in = empty_instance(p.n, p.m);
  in.name = name;
  in.Qxx = exact_matrix(block(top, 0, p.n, 0, p.n));
  in.Qxy = exact_matrix(block(top, 0, p.n, p.n, p.m));
  in.Qyy = exact_matrix(block(top, p.n, p.m, p.n, p.m));
  in.cx = exact_matrix(at.Fx);
  in.cy = exact_matrix(at.Fy);
  put(in.c0, 0, 0, at.F);
  in.H = exact_matrix(at.fyy);
  in.M = exact_matrix(at.fyx);
  in.d = exact_matrix(at.fy);

  std::vector<Index> plain;
  for (Index i = p.equalities(); i < p.rows(); ++i) {
    const auto only = only_variable(at.B.row(i).transpose());
    const bool fixed = at.A.row(i).transpose() == zero_vector(p.n);
    if (!only || !fixed || abs(at.B(i, *only)) != 1)
      plain.push_back(i);
    else if (at.B(i, *only) > 0)
      put(in.upper, *only, 0, -at.row[i]);
    else
      put(in.lower, *only, 0, at.row[i]);
  }
  const auto rows = [&](const RMat& from, const std::vector<Index>& which) {
    RMat out(static_cast<Index>(which.size()), from.cols());
    for (std::size_t k = 0; k < which.size(); ++k)
      out.row(static_cast<Index>(k)) = from.row(which[k]);
    return exact_matrix(out);
  };
  std::vector<Index> equal;
  for (Index i = 0; i < p.equalities(); ++i) equal.push_back(i);
  const RMat limits = -at.row;
  in.A = rows(at.A, plain);
  in.B = rows(at.B, plain);
  in.b = rows(limits, plain);
  in.E = rows(at.A, equal);
  in.G = rows(at.B, equal);
  in.e = rows(limits, equal);

  for (Index i = 0; i < at.upper.size(); ++i) {
    const auto only = only_variable(at.Gx.row(i).transpose());
    if (!only || at.Gy.row(i).transpose() != zero_vector(p.m) ||
        p.G[static_cast<std::size_t>(i)].degree(0, all) > 1)
      continue;
    if (in.x_set.kind == UpperSet::Kind::whole_space) {
      in.x_set.kind = UpperSet::Kind::box;
      const double infinity = std::numeric_limits<double>::infinity();
      in.x_set.lower = ExactMatrix(Mat<double>::Constant(p.n, 1, -infinity));
      in.x_set.upper = ExactMatrix(Mat<double>::Constant(p.n, 1, infinity));
    }
    const Rational slope = at.Gx(i, *only), limit = -at.upper[i] / slope;
    put(slope > 0 ? in.x_set.upper : in.x_set.lower, *only, 0, limit);
  }
  in.source = "known problem " + name;
  return in;
}

namespace {

bool curvature(RMat& H, bool zeros_pass) {
  for (Index k = 0; k < H.rows(); ++k) {
    if (H(k, k) < 0 || (H(k, k) == 0 && !zeros_pass)) return false;
    for (Index i = k + 1; i < H.rows(); ++i) {
      // Semidefinite with a zero on the diagonal: its row is zero.
      if (H(k, k) == 0 && H(i, k) != 0) return false;
      if (H(i, k) == 0) continue;
      const Rational factor = H(i, k) / H(k, k);
      for (Index j = k + 1; j < H.rows(); ++j) H(i, j) -= factor * H(k, j);
    }
  }
  return true;
}

}  // namespace

bool positive_definite(RMat H) { return curvature(H, false); }
bool positive_semidefinite(RMat H) { return curvature(H, true); }

}  // namespace assay::reference
