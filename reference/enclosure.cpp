#include "reference/enclosure.hpp"

#include <algorithm>
#include <cmath>

#include "reference/definite.hpp"
#include "reference/fraction_vectors.hpp"

namespace assay::reference {
namespace {

template <class S>
BallVector<S> enclose_vector(const ExactMatrix& a) {
  BallVector<S> v(a.rows());
  for (Index i = 0; i < v.size(); ++i) v.set(i, enclose_entry<S>(a, i));
  return v;
}

template <class S>
BallVector<S> values(const std::vector<DoubledSum<S>>& sums) {
  BallVector<S> v(static_cast<Index>(sums.size()));
  for (Index i = 0; i < v.size(); ++i) v.set(i, sums[static_cast<std::size_t>(i)].value());
  return v;
}

template <class S>
Vec<S> zeros(Index size) {
  return BallVector<S>(size).mid;
}

/// The sum of squares, then its root.
template <class S>
void enclose_norm(const BallVector<S>& v, Ball<S>& squared, Ball<S>& norm) {
  DoubledSum<S> sum;
  for (Index i = 0; i < v.size(); ++i) sum.add_product(v[i], v[i]);
  squared = sum.value();
  // Either root is off by one rounding at most; 4u of it cover that and the rounding here.
  const S step = S(2) * std::numeric_limits<S>::epsilon();
  const S least = square_root(larger(S(0), squared.lower())), most = square_root(squared.upper());
  norm = Ball<S>::between(S(least - step * least), S(most + step * most));
}

}  // namespace

std::string to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::certified:
      return "certified";
    case Verdict::kink:
      return "kink";
    case Verdict::dependent_rows:
      return "dependent rows";
    case Verdict::wrong_active_set:
      return "wrong active set";
    case Verdict::infeasible:
      return "infeasible";
    case Verdict::indefinite:
      return "indefinite";
    case Verdict::not_finite:
      return "not finite";
  }
  return "unknown";
}

/// What depends on x alone.
template <class S>
struct Enclosure<S>::AtX {
  BallFactor<S> x;
  std::vector<DoubledSum<S>> pull;    ///< (m) -d - M x
  std::vector<DoubledSum<S>> limits;  ///< (rows) b - A x

  AtX(const Enclosure& e, const BallVector<S>& x_ball) : x(x_ball) {
    for (Index i = 0; i < e.m_; ++i) {
      pull.emplace_back();
      pull.back().add(-e.d_[i]);
      e.M_.add_row(i, x, pull.back(), true);
    }
    for (Index i = 0; i < e.rows(); ++i) {
      limits.emplace_back();
      limits.back().add(e.b_[i]);
      if (i < e.A_.rows()) e.A_.add_row(i, x, limits.back(), true);
    }
  }
};

template <class S>
Enclosure<S>::Enclosure(const Instance& in)
    : n_(in.n),
      m_(in.m),
      equalities_(in.equality_rows()),
      inequalities_(in.inequality_rows()),
      H_(in.H),
      M_(in.M),
      Mt_(in.M, true),
      Qxx_(in.Qxx),
      Qxy_(in.Qxy),
      Qyx_(in.Qxy, true),
      Qyy_(in.Qyy),
      d_(enclose_vector<S>(in.d)),
      cx_(enclose_vector<S>(in.cx)),
      cy_(enclose_vector<S>(in.cy)),
      x_target_(enclose_vector<S>(in.x_target)),
      y_target_(enclose_vector<S>(in.y_target)) {
  for (Index i = 0; i < m_; ++i) {
    if (std::isfinite(in.lower(i))) lower_.push_back(i);
    if (std::isfinite(in.upper(i))) upper_.push_back(i);
  }
  const Index linear = equalities_ + inequalities_;
  const Index bounds = static_cast<Index>(lower_.size() + upper_.size());
  A_ = BallMatrix<S>(linear, n_);
  At_ = BallMatrix<S>(n_, linear);
  B_ = BallMatrix<S>(linear + bounds, m_);
  b_ = BallVector<S>(linear + bounds);
  for (Index i = 0; i < linear; ++i) {
    const bool equality = i < equalities_;
    const Index k = equality ? i : i - equalities_;
    for (Index j = 0; j < n_; ++j) {
      const Ball<S> entry = enclose_entry<S>(equality ? in.E : in.A, k, j);
      A_.set(i, j, entry);
      At_.set(j, i, entry);
    }
    for (Index j = 0; j < m_; ++j) B_.set(i, j, enclose_entry<S>(equality ? in.G : in.B, k, j));
    b_.set(i, enclose_entry<S>(equality ? in.e : in.b, k));
  }
  Index row = linear;
  for (const Index i : lower_) {
    B_.set(row, i, {S(-1), S(0)});
    b_.set(row++, -enclose_entry<S>(in.lower, i));
  }
  for (const Index i : upper_) {
    B_.set(row, i, {S(1), S(0)});
    b_.set(row++, enclose_entry<S>(in.upper, i));
  }

  const BallFactor<S> to_x(x_target_), to_y(y_target_);
  std::vector<DoubledSum<S>> x_weight(static_cast<std::size_t>(n_)),
      y_weight(static_cast<std::size_t>(m_));
  DoubledSum<S> constant;
  constant.add(enclose_entry<S>(in.c0, 0));
  constant.add(enclose_entry<S>(in.c0, 0));
  for (Index i = 0; i < n_; ++i) {
    direct_constant_.emplace_back();
    direct_constant_.back().add(cx_[i]);
    Qxx_.add_row(i, to_x, direct_constant_.back(), true);
    x_weight[static_cast<std::size_t>(i)].add(cx_[i]);
    Qxy_.add_row(i, to_y, x_weight[static_cast<std::size_t>(i)]);
    constant.add_product(cx_[i], x_target_[i]);
  }
  for (Index i = 0; i < m_; ++i) {
    fy_constant_.emplace_back();
    fy_constant_.back().add(cy_[i]);
    Qyy_.add_row(i, to_y, fy_constant_.back(), true);
    y_weight[static_cast<std::size_t>(i)].add(cy_[i]);
    Qyx_.add_row(i, to_x, y_weight[static_cast<std::size_t>(i)]);
    constant.add_product(cy_[i], y_target_[i]);
  }
  x_weight_ = values(x_weight);
  y_weight_ = values(y_weight);
  value_constant_ = constant.value();
  definite_ = proved_definite(H_);
}

template <class S>
std::string Enclosure<S>::row_name(Index row) const {
  if (row < equalities_) return "equality row " + std::to_string(row);
  row -= equalities_;
  if (row < inequalities_) return "inequality row " + std::to_string(row);
  row -= inequalities_;
  const Index lower = static_cast<Index>(lower_.size());
  const Index y = row < lower ? lower_[static_cast<std::size_t>(row)]
                              : upper_[static_cast<std::size_t>(row - lower)];
  return (row < lower ? "the lower bound of y[" : "the upper bound of y[") + std::to_string(y) +
         "]";
}

/// Equalities, and the rows that a step of the primal-dual active-set method would hold: multiplier
/// above slack, both in the units of the lower level's objective. Zero rows are never held.
template <class S>
std::vector<Index> Enclosure<S>::guess(const AtX& at, const Vec<S>& y,
                                       const Vec<S>& multipliers) const {
  S curvature(0);
  for (Index i = 0; i < m_; ++i) curvature = larger(curvature, H_(i, i).mid);
  std::vector<Index> active;
  for (Index i = 0; i < rows(); ++i) {
    S slack = at.limits[static_cast<std::size_t>(i)].value().mid, square(0);
    for (Index j = 0; j < m_; ++j) {
      const S entry = B_.row(i)[j];
      slack -= entry * y[j];
      square += entry * entry;
    }
    const bool holds = square > S(0) && multipliers[i] * square > curvature * slack;
    if (i < equalities_ || holds) active.push_back(i);
  }
  return active;
}

template <class S>
BallMatrix<S> Enclosure<S>::saddle(const std::vector<Index>& active) const {
  const Index held = static_cast<Index>(active.size());
  BallMatrix<S> K(m_ + held, m_ + held);
  for (Index i = 0; i < m_; ++i)
    for (Index j = 0; j < m_; ++j) K.set(i, j, H_(i, j));
  for (Index a = 0; a < held; ++a)
    for (Index j = 0; j < m_; ++j) {
      const Ball<S> entry = B_(active[static_cast<std::size_t>(a)], j);
      K.set(m_ + a, j, entry);
      K.set(j, m_ + a, entry);
    }
  return K;
}

template <class S>
bool Enclosure<S>::factor(const std::vector<Index>& active) {
  if (static_cast<Index>(active.size()) > m_) return false;
  if (prepared_ && factored_ == active) return inverse_.nonsingular();
  factored_ = active;
  prepared_ = true;
  return inverse_.prepare(saddle(active));
}

/// Encloses the point that holds out.active with equality, with its multipliers and slacks.
template <class S>
bool Enclosure<S>::enclose_point(const AtX& at, const Vec<S>& y, const Vec<S>& multipliers,
                                 CertifiedPoint<S>& out) {
  const Index held = static_cast<Index>(out.active.size());
  std::vector<DoubledSum<S>> right = at.pull;
  Vec<S> start(m_ + held);
  for (Index i = 0; i < m_; ++i) start[i] = y[i];
  for (Index a = 0; a < held; ++a) {
    const Index row = out.active[static_cast<std::size_t>(a)];
    right.push_back(at.limits[static_cast<std::size_t>(row)]);
    start[m_ + a] = multipliers[row];
  }
  const BallVector<S> z = inverse_.solve(right, start);
  if (!z.finite()) return false;
  out.y = BallVector<S>(m_);
  out.multipliers = BallVector<S>(rows());
  out.slack = BallVector<S>(rows());
  for (Index i = 0; i < m_; ++i) out.y.set(i, z[i]);
  for (Index a = 0; a < held; ++a)
    out.multipliers.set(out.active[static_cast<std::size_t>(a)], z[m_ + a]);
  const BallFactor<S> factor(out.y);
  for (Index i = 0; i < rows(); ++i) {
    if (std::binary_search(out.active.begin(), out.active.end(), i)) continue;
    DoubledSum<S> sum = at.limits[static_cast<std::size_t>(i)];
    B_.add_row(i, factor, sum, true);
    out.slack.set(i, sum.value());
  }
  return out.slack.finite();
}

/// certified (so far), wrong_active_set or kink, by the signs alone.
template <class S>
void Enclosure<S>::decide_signs(CertifiedPoint<S>& out) const {
  out.verdict = Verdict::certified;
  out.undecided.clear();
  for (Index i = equalities_; i < rows(); ++i) {
    const bool held = std::binary_search(out.active.begin(), out.active.end(), i);
    const Ball<S> margin = held ? out.multipliers[i] : out.slack[i];
    if (margin.positive()) continue;
    if (margin.negative()) {
      if (out.verdict != Verdict::wrong_active_set)
        out.why = row_name(i) + (held ? " is held though its multiplier is negative"
                                      : " is violated by the point that holds the others");
      out.verdict = Verdict::wrong_active_set;
    } else {
      out.undecided.push_back(i);
      if (out.verdict == Verdict::certified) out.verdict = Verdict::kink;
    }
  }
}

/// t with B_I't = B_row', in fractions. Nothing if there is none, if the rows are not exact numbers
/// of S, or if they are many.
template <class S>
std::optional<RVec> Enclosure<S>::combination(const std::vector<Index>& active, Index row) const {
  constexpr std::size_t many = 20;
  if (active.size() > many) return std::nullopt;
  bool exact = true;
  const auto fractions = [&](Index i) {
    RVec out(m_);
    for (Index j = 0; j < m_; ++j) {
      exact = exact && B_(i, j).rad == S(0);
      out[j] = convert<Rational>(B_(i, j).mid);
    }
    return out;
  };
  const Index held = static_cast<Index>(active.size());
  RMat G(held, m_), right(m_, 1);
  for (Index a = 0; a < held; ++a)
    G.row(a) = fractions(active[static_cast<std::size_t>(a)]).transpose();
  right.col(0) = fractions(row);
  if (!exact) return std::nullopt;
  const auto t = solve_square(product(G, RMat(G.transpose())), product(G, right));
  if (!t || !is_zero(times_transposed(G, t->col(0)) - right.col(0))) return std::nullopt;
  return RVec(t->col(0));
}

/// One step as of a dual method: the row violated most enters; if it depends on the active ones,
/// the inequality among them whose multiplier it uses up first leaves.
/// @return false, with the verdict, if there is none or the rows stay dependent
template <class S>
bool Enclosure<S>::exchange(CertifiedPoint<S>& out) {
  std::vector<Index> active;
  Index row = -1;
  for (Index i = 0; i < rows(); ++i) {
    const bool held = std::binary_search(out.active.begin(), out.active.end(), i);
    if (held && (i < equalities_ || !out.multipliers[i].negative())) active.push_back(i);
    if (!held && i >= equalities_ && out.slack[i].negative() &&
        (row < 0 || out.slack[i].mid < out.slack[row].mid))
      row = i;
  }
  if (row < 0 || active.size() < out.active.size()) {
    out.active = std::move(active);
    return true;
  }
  const auto with_row = [&](std::vector<Index> list) {
    list.insert(std::lower_bound(list.begin(), list.end(), row), row);
    return list;
  };
  if (factor(with_row(active))) {
    out.active = with_row(active);
    return true;
  }
  const Index held = static_cast<Index>(active.size());
  const auto exact = combination(active, row);
  Vec<S> t(held);
  if (exact) {
    for (Index a = 0; a < held; ++a) t[a] = convert<S>((*exact)[a]);
  } else {
    if (!factor(active)) return false;  // it was factored before
    Vec<S> right = zeros<S>(m_ + held);
    for (Index j = 0; j < m_; ++j) right[j] = B_.row(row)[j];
    t = inverse_.approximate(right).tail(held);
  }
  Index leaves = -1;
  S least(0);
  bool proved = exact.has_value();
  for (Index a = 0; a < held; ++a) {
    const Index i = active[static_cast<std::size_t>(a)];
    if (i < equalities_) continue;
    if (proved) proved = (*exact)[a] <= 0;
    if (!(t[a] > S(0))) continue;
    const S ratio = out.multipliers[i].mid / t[a];
    if (leaves >= 0 && !(ratio < least)) continue;
    leaves = a;
    least = ratio;
  }
  if (leaves < 0) {
    // The row minus the combination is Farkas' vector: its left-hand side is 0, its limit the
    // slack.
    out.verdict = proved ? Verdict::infeasible : Verdict::dependent_rows;
    out.why = row_name(row) + (proved ? " contradicts the active rows"
                                      : " looks as if it contradicts the active rows");
    return false;
  }
  active.erase(active.begin() + leaves);
  out.active = with_row(active);
  return true;
}

/// Lets rows with negative multiplier go and takes violated ones in, one at a time where all at
/// once are dependent. @return false, with the verdict, if that is impossible
template <class S>
bool Enclosure<S>::repair(CertifiedPoint<S>& out) {
  std::vector<Index> active;
  for (Index i = 0; i < rows(); ++i) {
    const bool held = std::binary_search(out.active.begin(), out.active.end(), i);
    const bool enters = !held && i >= equalities_ && out.slack[i].negative();
    const bool leaves = held && i >= equalities_ && out.multipliers[i].negative();
    if (enters) {
      bool empty = true;
      for (Index j = 0; j < m_; ++j) empty = empty && B_(i, j).mid == S(0) && B_(i, j).rad == S(0);
      if (empty) {
        out.verdict = Verdict::infeasible;
        out.why = row_name(i) + " has no y in it and is violated";
        return false;
      }
    }
    if (enters || (held && !leaves)) active.push_back(i);
  }
  if (!factor(active)) return exchange(out);
  out.active = std::move(active);
  return true;
}

/// A row that repeats active ones has slack 0 too: no kink if holding it as well makes K singular.
template <class S>
void Enclosure<S>::explain_undecided(CertifiedPoint<S>& out) const {
  std::vector<Index> all = out.active;
  for (const Index i : out.undecided)
    if (!std::binary_search(out.active.begin(), out.active.end(), i)) all.push_back(i);
  std::sort(all.begin(), all.end());
  VerifiedInverse<S> inverse;
  const bool independent = static_cast<Index>(all.size()) <= m_ && inverse.prepare(saddle(all));
  const std::string name = row_name(out.undecided.front());
  if (independent) {
    out.verdict = Verdict::kink;
    out.why = name + " holds and so does a multiplier of 0, within the accuracy of this scalar";
  } else {
    out.verdict = Verdict::dependent_rows;
    out.why = name + " holds, within the accuracy of this scalar, and depends on the active rows";
  }
  if (out.undecided.size() > 1)
    out.why += " (and " + std::to_string(out.undecided.size() - 1) + " more)";
}

template <class S>
void Enclosure<S>::enclose_value(const AtX& at, const BallVector<S>& fy,
                                 CertifiedPoint<S>& out) const {
  // 2 f = (x - x_target)' grad_x f + (y - y_target)' grad_y f + (cx + Qxy y_target)' x
  //       + (cy + Qxy' x_target)' y + cx'x_target + cy'y_target + 2 c0
  DoubledSum<S> twice;
  twice.add(value_constant_);
  for (Index i = 0; i < n_; ++i) {
    twice.add_product(at.x.ball[i] - x_target_[i], out.direct[i]);
    twice.add_product(x_weight_[i], at.x.ball[i]);
  }
  for (Index i = 0; i < m_; ++i) {
    twice.add_product(out.y[i] - y_target_[i], fy[i]);
    twice.add_product(y_weight_[i], out.y[i]);
  }
  const Ball<S> sum = twice.value();
  out.F = {S(sum.mid / S(2)), Bound<S>::of_chain(S(sum.rad / S(2)), 1).value()};
}

template <class S>
bool Enclosure<S>::enclose_derivative(const AtX& at, CertifiedPoint<S>& out) const {
  const BallFactor<S> y(out.y);
  std::vector<DoubledSum<S>> direct = direct_constant_, right = fy_constant_;
  for (Index i = 0; i < n_; ++i) {
    Qxx_.add_row(i, at.x, direct[static_cast<std::size_t>(i)]);
    Qxy_.add_row(i, y, direct[static_cast<std::size_t>(i)]);
  }
  for (Index i = 0; i < m_; ++i) {
    Qyx_.add_row(i, at.x, right[static_cast<std::size_t>(i)]);
    Qyy_.add_row(i, y, right[static_cast<std::size_t>(i)]);
  }
  out.direct = values(direct);
  const BallVector<S> fy = values(right);
  const Index held = static_cast<Index>(out.active.size());
  Vec<S> start = zeros<S>(m_ + held);
  for (Index i = 0; i < m_; ++i) start[i] = fy.mid[i];
  right.resize(static_cast<std::size_t>(m_ + held));
  const BallVector<S> adjoint = inverse_.solve(right, inverse_.approximate(start));
  if (!adjoint.finite()) return false;
  BallVector<S> p(m_), nu(A_.rows());
  for (Index i = 0; i < m_; ++i) p.set(i, adjoint[i]);
  for (Index a = 0; a < held; ++a)
    if (const Index row = out.active[static_cast<std::size_t>(a)]; row < A_.rows())
      nu.set(row, adjoint[m_ + a]);
  const BallFactor<S> p_factor(p), nu_factor(nu);
  out.implicit = out.total = BallVector<S>(n_);
  for (Index i = 0; i < n_; ++i) {
    DoubledSum<S> implicit;
    Mt_.add_row(i, p_factor, implicit, true);
    At_.add_row(i, nu_factor, implicit, true);
    out.implicit.set(i, implicit.value());
    out.total.set(i, out.direct[i] + out.implicit[i]);
  }
  Ball<S> unused;
  enclose_norm(out.total, out.gap_squared, out.gap);
  enclose_norm(out.direct, unused, out.gap_direct);
  enclose_norm(out.implicit, unused, out.gap_implicit);
  enclose_value(at, fy, out);
  return out.total.finite() && out.F.finite() && out.gap_squared.finite() && out.gap.finite() &&
         out.gap_direct.finite() && out.gap_implicit.finite();
}

/// What is wrong with a list of rows before anything is computed.
template <class S>
std::string Enclosure<S>::improper(const std::vector<Index>& active) const {
  for (std::size_t k = 0; k < active.size(); ++k)
    if (active[k] < 0 || active[k] >= rows() || (k > 0 && active[k] <= active[k - 1]))
      return "the rows proposed are no increasing list of rows";
  // Increasing, so that they come first.
  for (Index i = 0; i < equalities_; ++i)
    if (i >= static_cast<Index>(active.size()) || active[static_cast<std::size_t>(i)] != i)
      return row_name(i) + " is not among the rows proposed";
  return "";
}

template <class S>
CertifiedPoint<S> Enclosure<S>::prove(const AtX& at, std::vector<Index> active, const Vec<S>& y,
                                      const Vec<S>& multipliers, int repairs) {
  CertifiedPoint<S> out;
  const auto refused = [&out](Verdict verdict, const std::string& why) {
    CertifiedPoint<S> bare;
    bare.verdict = verdict;
    bare.why = why;
    bare.active = out.active;
    bare.repairs = out.repairs;
    return bare;
  };
  out.active = std::move(active);
  if (const std::string why = improper(out.active); !why.empty())
    return refused(Verdict::wrong_active_set, why);
  if (!definite_)
    return refused(Verdict::indefinite, "H is not provably positive definite in this scalar");
  for (;;) {
    if (!factor(out.active))
      return refused(Verdict::dependent_rows, "the active rows are not provably independent");
    out.contraction = inverse_.contraction();
    if (!enclose_point(at, y, multipliers, out))
      return refused(Verdict::not_finite, "an enclosure overflows or an input is not finite");
    decide_signs(out);
    if (out.verdict != Verdict::wrong_active_set || out.repairs >= repairs) break;
    if (!repair(out)) return refused(out.verdict, out.why);
    ++out.repairs;
  }
  if (out.verdict == Verdict::kink) explain_undecided(out);
  if (out.certified() && !enclose_derivative(at, out))
    return refused(Verdict::not_finite, "an enclosure of the derivative overflows");
  return out;
}

template <class S>
CertifiedPoint<S> Enclosure<S>::certify(const BallVector<S>& x, const Vec<S>& y,
                                        const Vec<S>& multipliers, int repairs) {
  const AtX at(*this, x);
  return prove(at, guess(at, y, multipliers), y, multipliers, repairs);
}

template <class S>
CertifiedPoint<S> Enclosure<S>::certify(const BallVector<S>& x, const std::vector<Index>& active,
                                        int repairs) {
  return prove(AtX(*this, x), active, zeros<S>(m_), zeros<S>(rows()), repairs);
}

template class Enclosure<double>;
template class Enclosure<Real50>;
template class Enclosure<Real100>;

}  // namespace assay::reference
