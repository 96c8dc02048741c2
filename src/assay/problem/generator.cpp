#include "assay/problem/generator.hpp"

#include <cmath>
#include <utility>

#include "assay/numerics/elementary.hpp"
#include "assay/numerics/kernels.hpp"
#include "assay/numerics/random.hpp"
#include "assay/support/error.hpp"
#include "assay/support/files.hpp"

namespace assay {
namespace {

/// What a draw builds. Each part has a stream of its own: a knob moves only what it is about.
enum class Part : std::uint64_t {
  H,
  Qxx,
  M,
  x_target,
  y_target,
  cx,
  cy,
  A,
  B,
  E,
  G,
  x,
  y,
  multipliers,
  equality_multipliers,
  bound_multipliers,
  slacks,
  lower_slacks,
  upper_slacks,
  adjoint,
  row_adjoints,
  start
};

using Exact = Vec<Rational>;

/// Builds one instance backwards: first a point, its active set and multipliers, then the d, b, e
/// (and cx, cy when planted) for which the optimality conditions hold there. Everything that
/// follows from the random data is computed in rationals and rounded once, so that on a grid
/// nothing rounds.
class Generator {
 public:
  explicit Generator(const Settings& s)
      : s_(s),
        n_(s.integer("n")),
        m_(s.integer("m")),
        duplicated_(s.integer("duplicated_rows")),
        distinct_(s.integer("rows") - duplicated_),
        active_(s.integer("active")),
        held_(active_ + s.integer("weakly_active")),
        q_(s.integer("equality_rows")),
        active_bounds_(s.integer("active_bounds")),
        planted_(s.flag("planted")),
        out_(empty_instance(n_, m_)) {
    check();
  }

  Instance run() {
    point();
    objectives();
    rows();
    bounds();
    lower_level_terms();
    if (planted_) plant();
    start();
    if (s_.integer("weakly_active") > 0 && !exact_)
      fail("grid", "is too fine for these data: weakly active rows need sums that do not round");
    describe();
    validate(out_);
    return std::move(out_);
  }

 private:
  [[noreturn]] static void fail(const std::string& key, const std::string& what) {
    throw InputError("generator", key, what);
  }

  void check() const {
    if (distinct_ < 0 || (duplicated_ > 0 && distinct_ == 0))
      fail("duplicated_rows", "is " + std::to_string(duplicated_) + ", must leave a row to repeat");
    if (held_ > distinct_)
      fail("active", "active and weakly_active rows are " + std::to_string(held_) +
                         ", but there are " + std::to_string(distinct_) + " different rows");
    const Index independent = held_ + q_ + active_bounds_ + (planted_ ? 1 : 0);
    if (independent > m_)
      fail("active", "active, weakly_active and equality rows, active bounds" +
                         std::string(planted_ ? " and the planted adjoint" : "") + " take " +
                         std::to_string(independent) + " directions of y, but m is " +
                         std::to_string(m_));
    if (active_bounds_ > 0 && s_.text("bounds") == "none")
      fail("active_bounds", "needs bounds = \"lower\" or \"box\"");
    if (s_.integer("weakly_active") > 0 && s_.integer("grid") == 0)
      fail("weakly_active", "needs a grid: off the grid rounding decides whether the row holds");
    if (s_.integer("weakly_active") > 0 && planted_)
      fail("weakly_active", "must be 0 with planted: F has a kink there, not a gradient");
  }

  // --- random data ---------------------------------------------------------------------------

  RandomStream stream(Part part) const {
    return {static_cast<std::uint64_t>(s_.integer("seed")), 0, Purpose::generator,
            static_cast<std::uint64_t>(part)};
  }
  double on_grid(double v, bool up = false) const {
    const int k = static_cast<int>(s_.integer("grid"));
    if (k == 0) return v;
    const double scaled = std::ldexp(v, k);
    return std::ldexp(up ? std::ceil(scaled) : std::floor(scaled + 0.5), -k);
  }
  Vec<double> normals(Part part, Index count) const {
    Vec<double> v = stream(part).normals(count);
    for (double& entry : v) entry = on_grid(entry);
    return v;
  }
  /// Row i is drawn from places i * cols on: more rows leave the earlier ones as they are.
  Mat<double> normals(Part part, Index rows, Index cols) const {
    const RandomStream source = stream(part);
    const double scale = 1 / std::sqrt(static_cast<double>(cols));
    Mat<double> a(rows, cols);
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < cols; ++j)
        a(i, j) = on_grid(source.normal(static_cast<std::uint64_t>(i * cols + j)) * scale);
    return a;
  }
  /// margin + uniform(0,1), never below the margin.
  Vec<double> above(const char* margin, Part part, Index count) const {
    Vec<double> v = stream(part).uniforms(count);
    for (double& entry : v) entry = on_grid(s_.real(margin) + entry, true);
    return v;
  }

  /// A symmetric matrix with eigenvalues 1 ... condition in geometric progression (before the
  /// grid), turned by Householder reflections. One triangle is computed and mirrored.
  Mat<double> spectrum(Part part, Index size, double condition) const {
    constexpr int reflections = 4;  // the first fills the matrix, the others wipe out its pattern
    const double ratio =
        size > 1 ? exponential(natural_log(condition) / static_cast<double>(size - 1)) : 1.0;
    Mat<double> a = Mat<double>::Zero(size, size);
    double eigenvalue = 1;
    for (Index i = 0; i < size; ++i, eigenvalue *= ratio) a(i, i) = eigenvalue;
    if (size > 1) a(size - 1, size - 1) = condition;

    const RandomStream source = stream(part);
    for (int r = 0; r < reflections; ++r) {
      Vec<double> v(size), w;
      for (Index i = 0; i < size; ++i)
        v[i] = source.normal(static_cast<std::uint64_t>(r * size + i));
      const double length = norm(v);
      for (double& entry : v) entry /= length;
      product(a, v, w);
      const double twice = 2 * dot(v, w);
      for (Index j = 0; j < size; ++j)
        for (Index i = j; i < size; ++i)
          a(i, j) = a(j, i) = a(i, j) - 2 * (v[i] * w[j] + v[j] * w[i]) + 2 * twice * (v[i] * v[j]);
    }
    for (Index j = 0; j < size; ++j)
      for (Index i = 0; i < size; ++i) a(i, j) = on_grid(a(i, j));
    return a;
  }

  // --- what follows from them, in rationals ------------------------------------------------------

  static Exact times(const Mat<double>& a, const Exact& v) {
    Exact out(a.rows());
    product(widen<Rational>(a), v, out);
    return out;
  }
  static Exact transposed_times(const Mat<double>& a, const Exact& v) {
    Exact out(a.cols());
    transposed_product(widen<Rational>(a), v, out);
    return out;
  }
  double rounded(const Rational& value) {
    const double nearest = convert<double>(value);
    if (Rational(nearest) != value) exact_ = false;
    return nearest;
  }
  ExactMatrix rounded(const Exact& v) {
    ExactMatrix out(v.size(), 1);
    for (Index i = 0; i < v.size(); ++i) out.set(i, 0, rounded(v[i]));
    return out;
  }
  static ExactMatrix column(const Vec<double>& v) { return ExactMatrix(Mat<double>(v)); }

  // --- the parts of the instance -------------------------------------------------------------

  void point() {
    x_ = normals(Part::x, n_);
    y_ = normals(Part::y, m_);
    multipliers_ = Vec<double>::Zero(distinct_ + duplicated_);
    multipliers_.head(active_) = above("multiplier_margin", Part::multipliers, active_);
    equality_multipliers_ = normals(Part::equality_multipliers, q_);
    bound_multipliers_ = above("multiplier_margin", Part::bound_multipliers, active_bounds_);
    // Its last entry is 1 and it vanishes on active bounds, so that plain arithmetic can make rows
    // orthogonal to it. Eighths keep their entries short.
    adjoint_ = stream(Part::adjoint).normals(m_);
    for (Index i = 0; i < m_; ++i)
      adjoint_[i] = i < active_bounds_ ? 0.0 : std::floor(8 * adjoint_[i] + 0.5) / 8;
    adjoint_[m_ - 1] = 1;
  }

  void objectives() {
    out_.H = ExactMatrix(spectrum(Part::H, m_, s_.real("condition_H")));
    out_.Qxx = ExactMatrix(spectrum(Part::Qxx, n_, s_.real("condition_Qxx")));
    out_.M = ExactMatrix(normals(Part::M, m_, n_));
    out_.x_target = column(normals(Part::x_target, n_));
    out_.cy = column(normals(Part::cy, m_));
    const double scale = on_grid(s_.real("Qyy_scale"));
    if (scale == 0) return;
    out_.Qyy = ExactMatrix(Mat<double>(scale * Mat<double>::Identity(m_, m_)));
    out_.y_target = column(normals(Part::y_target, m_));
  }

  /// Rows of B (or G) for which the adjoint solves B_I p = 0.
  Mat<double> orthogonal_to_adjoint(Mat<double> a, Index rows) {
    for (Index i = 0; planted_ && i < rows; ++i) {
      Rational sum(0);
      for (Index j = 0; j + 1 < m_; ++j) sum += Rational(a(i, j)) * Rational(adjoint_[j]);
      a(i, m_ - 1) = rounded(Rational(-sum));
    }
    return a;
  }

  void rows() {
    const bool coupled = s_.flag("coupled");
    const Index p = distinct_ + duplicated_;
    Mat<double> A = Mat<double>::Zero(p, n_), B = Mat<double>::Zero(p, m_);
    if (coupled) A.topRows(distinct_) = normals(Part::A, distinct_, n_);
    B.topRows(distinct_) = orthogonal_to_adjoint(normals(Part::B, distinct_, m_), active_);
    for (Index i = distinct_; i < p; ++i) {
      A.row(i) = A.row((i - distinct_) % distinct_);
      B.row(i) = B.row((i - distinct_) % distinct_);
    }
    const Exact x = widen<Rational>(x_), y = widen<Rational>(y_);
    Exact b = times(A, x) + times(B, y);
    const Vec<double> slacks = above("slack_margin", Part::slacks, distinct_);
    for (Index i = 0; i < p; ++i) {
      const Index original = i < distinct_ ? i : (i - distinct_) % distinct_;
      if (original >= held_) b[i] += Rational(slacks[original]);
    }
    out_.A = ExactMatrix(A);
    out_.B = ExactMatrix(B);
    out_.b = rounded(b);

    Mat<double> E = Mat<double>::Zero(q_, n_);
    if (coupled) E = normals(Part::E, q_, n_);
    const Mat<double> G = orthogonal_to_adjoint(normals(Part::G, q_, m_), q_);
    out_.E = ExactMatrix(E);
    out_.G = ExactMatrix(G);
    out_.e = rounded(Exact(times(E, x) + times(G, y)));
  }

  void bounds() {
    if (s_.text("bounds") == "none") return;
    const Vec<double> below = above("slack_margin", Part::lower_slacks, m_);
    const Vec<double> over = above("slack_margin", Part::upper_slacks, m_);
    for (Index i = 0; i < m_; ++i) {
      const Rational y(y_[i]);
      out_.lower.set(i, 0, i < active_bounds_ ? y_[i] : rounded(Rational(y - Rational(below[i]))));
      if (s_.text("bounds") == "box")
        out_.upper.set(i, 0, rounded(Rational(y + Rational(over[i]))));
    }
  }

  /// B' of_rows + G' of_equalities - (of_bounds on the coordinates with an active lower bound).
  Exact row_forces(const Vec<double>& of_rows, const Vec<double>& of_equalities,
                   const Vec<double>& of_bounds) const {
    Exact force = transposed_times(out_.B.nearest(), widen<Rational>(of_rows)) +
                  transposed_times(out_.G.nearest(), widen<Rational>(of_equalities));
    for (Index i = 0; i < active_bounds_; ++i) force[i] -= Rational(of_bounds[i]);
    return force;
  }

  /// d such that H y + M x + d + (forces of the rows) = 0.
  void lower_level_terms() {
    const Exact gradient = times(out_.H.nearest(), widen<Rational>(y_)) +
                           times(out_.M.nearest(), widen<Rational>(x_)) +
                           row_forces(multipliers_, equality_multipliers_, bound_multipliers_);
    out_.d = rounded(Exact(-gradient));
  }

  /// cy and cx such that H p + B_I' nu = grad_y f with B_I p = 0 has the chosen solution p, nu, and
  /// grad F = grad_x f - M' p - A_I' nu = 0.
  void plant() {
    const Exact p = widen<Rational>(adjoint_);
    const Vec<double> nu = normals(Part::row_adjoints, active_ + q_ + active_bounds_);
    Vec<double> of_rows = Vec<double>::Zero(distinct_ + duplicated_);
    of_rows.head(active_) = nu.head(active_);
    const Vec<double> of_equalities = nu.segment(active_, q_);
    const Vec<double> of_bounds = nu.tail(active_bounds_);

    const Exact dx = widen<Rational>(x_) - out_.x_target.to_vector<Rational>();
    const Exact dy = widen<Rational>(y_) - out_.y_target.to_vector<Rational>();
    const Exact Qdx = times(out_.Qxx.nearest(), dx), Qdy = times(out_.Qyy.nearest(), dy);
    const Exact cy =
        times(out_.H.nearest(), p) + row_forces(of_rows, of_equalities, of_bounds) - Qdy;
    const Exact cx = transposed_times(out_.M.nearest(), p) +
                     transposed_times(out_.A.nearest(), widen<Rational>(of_rows)) +
                     transposed_times(out_.E.nearest(), widen<Rational>(of_equalities)) - Qdx;
    out_.cx = rounded(cx);
    out_.cy = rounded(cy);
    if (!exact_) return;  // then x is a solution up to rounding only, and nothing is known exactly

    const Rational half = Rational(1) / Rational(2);
    const Rational F = half * (dot(dx, Qdx) + dot(dy, Qdy)) + dot(cx, widen<Rational>(x_)) +
                       dot(cy, widen<Rational>(y_));
    KnownSolution known;
    known.x = column(x_);
    known.y = column(y_);
    known.F = to_text(F);
    known.multipliers = ExactMatrix(distinct_ + duplicated_ + q_, 1);
    for (Index i = 0; i < active_; ++i) known.multipliers.set(i, 0, multipliers_[i]);
    for (Index i = 0; i < q_; ++i)
      known.multipliers.set(distinct_ + duplicated_ + i, 0, equality_multipliers_[i]);
    known.proof = "exact";
    out_.known = std::move(known);
  }

  void start() {
    Vec<double> x0 = x_;
    const double distance = s_.real("start_distance");
    if (distance > 0) {
      const Vec<double> direction = stream(Part::start).sphere(n_);
      for (Index i = 0; i < n_; ++i) x0[i] = on_grid(x_[i] + distance * direction[i]);
    }
    out_.x0 = column(x0);
  }

  void describe() {
    std::string knobs;
    for (const auto& [key, value] : s_.values())
      knobs.append(knobs.empty() ? "" : ", ").append(key).append("=").append(value_text(value));
    out_.name = "generated-" + std::to_string(s_.integer("seed"));
    out_.provenance = "generated: " + knobs;
    out_.source = "generator";
    out_.digest = sha256(instance_text(out_));
  }

  const Settings& s_;
  const Index n_, m_;
  const Index duplicated_, distinct_;  ///< rows that repeat others, and the others
  const Index active_, held_;          ///< rows 0 .. active-1 strongly, .. held-1 weakly active
  const Index q_, active_bounds_;
  const bool planted_;
  bool exact_ = true;  ///< nothing has been rounded so far
  Instance out_;
  Vec<double> x_, y_, multipliers_, equality_multipliers_, bound_multipliers_, adjoint_;
};

}  // namespace

Instance generate_instance(const Settings& settings) { return Generator(settings).run(); }

}  // namespace assay
