#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "assay/algorithm/catalogue.hpp"
#include "assay/hypergradient/implicit.hpp"
#include "assay/lower_level/active_set.hpp"
#include "assay/problem/generator.hpp"
#include "assay/step/catalogue.hpp"

namespace assay {

/// A bilevel problem in 100 digits, solved as a textbook would: every active set is tried, systems
/// by Gaussian elimination. For a handful of inequality rows and nothing else.
class Textbook {
 public:
  using R = Real100;
  using Vector = Vec<R>;

  explicit Textbook(const Instance& i)
      : Qxx(i.Qxx.to<R>()),
        Qxy(i.Qxy.to<R>()),
        Qyy(i.Qyy.to<R>()),
        H(i.H.to<R>()),
        M(i.M.to<R>()),
        A(i.A.to<R>()),
        B(i.B.to<R>()),
        b(column(i.b)),
        d(column(i.d)),
        cx(column(i.cx)),
        cy(column(i.cy)),
        xt(column(i.x_target)),
        yt(column(i.y_target)) {}

  /// grad F_q(x); `active` (may be null) receives how many rows hold.
  Vector gradient(const Vector& x, const Vector& q, long* active = nullptr) const {
    const Index m = H.rows(), p = b.size();
    for (unsigned set = 0; set < (1U << p); ++set) {
      std::vector<Index> rows;
      for (Index r = 0; r < p; ++r)
        if (set >> r & 1U) rows.push_back(r);
      const Index k = static_cast<Index>(rows.size());
      if (k > m) continue;
      Mat<R> saddle = Mat<R>::Zero(m + k, m + k);
      saddle.topLeftCorner(m, m) = H;
      Vector right = Vector::Zero(m + k), adjoint = Vector::Zero(m + k);
      right.head(m) = -(M * x + d);
      if (q.size() > 0) right.head(m) -= q;
      for (Index j = 0; j < k; ++j) {
        const Index r = rows[static_cast<std::size_t>(j)];
        saddle.block(m + j, 0, 1, m) = B.row(r);
        saddle.block(0, m + j, m, 1) = B.row(r).transpose();
        right[m + j] = b[r] - (A.row(r) * x).value();
      }
      if (!solve(saddle, right)) continue;
      const Vector y = right.head(m);
      bool optimal = true;
      for (Index j = 0; j < k; ++j) optimal = optimal && right[m + j] >= 0;
      const Vector over = A * x + B * y - b;
      for (Index r = 0; r < p; ++r) optimal = optimal && over[r] <= R(1e-80);
      if (!optimal) continue;
      if (active) *active = static_cast<long>(k);
      adjoint.head(m) = Qxy.transpose() * x + Qyy * (y - yt) + cy;
      solve(saddle, adjoint);
      Vector g = Qxx * (x - xt) + Qxy * y + cx - M.transpose() * adjoint.head(m);
      for (Index j = 0; j < k; ++j)
        g -= A.row(rows[static_cast<std::size_t>(j)]).transpose() * adjoint[m + j];
      return g;
    }
    ADD_FAILURE() << "no active set is optimal";
    return {};
  }

 private:
  static Vector column(const ExactMatrix& m) {
    return m.size() ? Vector(m.to_vector<R>()) : Vector();
  }

  /// Overwrites the right-hand side; false when the matrix is singular.
  static bool solve(Mat<R> a, Vector& b) {
    const Index n = b.size();
    for (Index k = 0; k < n; ++k) {
      Index pivot = k;
      for (Index i = k; i < n; ++i)
        if (magnitude(a(pivot, k)) < magnitude(a(i, k))) pivot = i;
      if (magnitude(a(pivot, k)) < R(1e-60)) return false;
      a.row(k).swap(a.row(pivot));
      std::swap(b[k], b[pivot]);
      for (Index i = k + 1; i < n; ++i) {
        const R factor = a(i, k) / a(k, k);
        for (Index j = k; j < n; ++j) a(i, j) -= factor * a(k, j);
        b[i] -= factor * b[k];
      }
    }
    for (Index i = n - 1; i >= 0; --i) {
      for (Index j = i + 1; j < n; ++j) b[i] -= a(i, j) * b[j];
      b[i] /= a(i, i);
    }
    return true;
  }

  Mat<R> Qxx, Qxy, Qyy, H, M, A, B;
  Vector b, d, cx, cy, xt, yt;
};

inline Textbook::R length_of(const Textbook::Vector& v) {
  Textbook::R sum = 0;
  for (Index i = 0; i < v.size(); ++i) sum += v[i] * v[i];
  return sqrt(sum);
}

/// Passes on to another estimator and writes down what it was asked.
template <class S>
class Recorder final : public Estimator<S> {
 public:
  struct Call {
    Vec<S> x, q, total;
    std::uint32_t sample;
  };
  Recorder(const EstimatorContext<S>& context, std::unique_ptr<Estimator<S>> inner)
      : Estimator<S>(context), inner_(std::move(inner)) {}
  void evaluate(const Vec<S>& x, const Vec<S>& q, std::uint32_t sample,
                Hypergradient<S>& out) override {
    inner_->evaluate(x, q, sample, out);
    this->solution_ = &inner_->solution();
    calls.push_back({x, q, out.total, sample});
  }
  std::vector<Call> calls;

 private:
  std::unique_ptr<Estimator<S>> inner_;
};

using Given = std::map<std::string, Value>;

/// One algorithm with everything it works on, exact lower level and exact hypergradient.
template <class S>
class AlgorithmBench {
 public:
  AlgorithmBench(const Instance& instance, const std::string& name, const Given& algorithm,
                 const std::string& rule, const Given& step, std::uint64_t seed = 5,
                 const FaultSet& faults = {})
      : problem(instance), lower_(problem), draws_(seed, 7) {
    const EstimatorContext<S> context{&problem, &lower_, &draws_, {}, faults};
    recorder =
        std::make_unique<Recorder<S>>(context, std::make_unique<ImplicitEstimator<S>>(context));
    step_ = std::make_unique<LimitedStep<S>>(make_step<S>(
        rule, Settings(find_item(step_items(), rule, "test", "").parameters, step, "test", "step"),
        {100, problem.upper_mu}));
    AlgorithmContext<S> c;
    c.problem = &problem;
    c.estimator = recorder.get();
    c.step = step_.get();
    c.draws = &draws_;
    c.faults = faults;
    algorithm_ = make_algorithm<S>(
        name,
        Settings(find_item(algorithm_items(), name, "test", "").parameters, algorithm, "test", "a"),
        c);
    draws_.set_iteration(0);
    algorithm_->start(instance.x0->template to_vector<S>());
  }
  StepReport<S> step(long t) {
    draws_.set_iteration(static_cast<std::uint64_t>(t) + 1);
    return algorithm_->step(t);
  }
  const Vec<S>& x() const { return algorithm_->x(); }
  Vec<S> output() const { return algorithm_->output(); }

  QuadraticProblem<S> problem;
  std::unique_ptr<Recorder<S>> recorder;

 private:
  ActiveSetLowerLevel<S> lower_;
  Draws draws_;
  std::unique_ptr<LimitedStep<S>> step_;
  std::unique_ptr<Algorithm<S>> algorithm_;
};

/// The draws that the bench's algorithm sees, from their definition.
inline RandomStream bench_stream(Purpose purpose, long iteration, std::uint32_t sample = 0,
                                 std::uint64_t seed = 5) {
  return RandomStream(seed, 7, purpose, static_cast<std::uint64_t>(iteration), sample);
}

/// width times the normals of one q.
inline Textbook::Vector bench_q(double width, Index m, long iteration, std::uint32_t sample = 0) {
  const Vec<double> z = bench_stream(Purpose::lower_perturbation, iteration, sample).normals(m);
  return Textbook::R(width) * widen<Textbook::R>(z);
}

/// Active rows come and go on it: 4 at the start, 1 at the end.
inline Instance changing_instance() {
  return generate_instance(Settings(generator_parameters(),
                                    {{"n", std::int64_t{4}},
                                     {"m", std::int64_t{4}},
                                     {"seed", std::int64_t{1}},
                                     {"Qyy_scale", 0.5},
                                     {"multiplier_margin", 1.0},
                                     {"start_distance", 0.5}},
                                    "test", ""));
}

/// F(x) = lambda x^2 / 2 in one variable from x = 1, nothing below.
inline Instance parabola(double lambda = 1) {
  Instance instance = empty_instance(1, 1);
  instance.Qxx.set(0, 0, lambda);
  instance.H.set(0, 0, 1);
  instance.x0 = ExactMatrix(Mat<double>::Constant(1, 1, 1.0));
  return instance;
}

/// A run of 40 iterations makes at most 40 * 1e4 roundings, amplified by conditions below 1e3, on
/// numbers below 1e2: 4e10 u < 1e-39 in Real50.
inline void expect_same_point(const Vec<Real50>& x, const Textbook::Vector& expected, long t) {
  for (Index i = 0; i < x.size(); ++i)
    ASSERT_LE(magnitude(Real100(Real100(x[i]) - expected[i])), Real100(1e-39)) << "iteration " << t;
}

}  // namespace assay
