#include "assay/lower_level/parametric_qp.hpp"

#include <algorithm>

#include "assay/scalar/instantiate.hpp"
#include "assay/support/error.hpp"

namespace assay {

namespace {

/// Columns that a factor of H is applied to at once: read once for all of them, in a part of the
/// cache.
constexpr Index side_by_side = 16;

/// Writing the operators out takes n solves with H and a bound on its smallest eigenvalue; an x
/// then costs some triangular solves less. Both grow like n^2 for each, so after some number of x,
/// and a share of n, that has been saved (bench/README.md).
template <class S>
typename ParametricQp<S>::Plan cheaper(const ParametricProgram<S>& p, long solves) {
  using Plan = typename ParametricQp<S>::Plan;
  return 5 * solves < 135 + p.M->cols() ? Plan::factor : Plan::operators;
}

}  // namespace

template <class S>
ParametricProgram<S>::ParametricProgram(const QuadraticProblem<S>& problem)
    : H(&problem.H),
      M(&problem.M),
      d(&problem.d),
      A(&problem.A),
      Bt(&problem.Bt),
      b(&problem.b),
      equalities(problem.equalities) {}

template <class S>
ParametricQp<S>::ParametricQp(const ParametricProgram<S>& program, long solves)
    : ParametricQp(program, cheaper(program, solves)) {}

template <class S>
ParametricQp<S>::ParametricQp(const ParametricProgram<S>& program, Plan plan)
    : p_(program),
      plan_(plan),
      n_(program.M->cols()),
      m_(program.H->rows()),
      rows_(program.Bt->cols()),
      b_(*program.b) {
  const auto rows = static_cast<std::size_t>(rows_);
  normal_.resize(rows);
  negated_.resize(rows);
  held_.resize(rows);
  const Index most = std::min(rows_, m_);
  active_.reserve(static_cast<std::size_t>(most));
  gram_.reserve(most);
  for (Vec<S>* v : {&lambda_, &weights_, &column_, &nu_}) v->resize(most + 1);
  for (Vec<S>* v : {&y_free_, &y_, &work_, &linear_}) v->resize(m_);
  for (Vec<S>* v : {&slack_, &row_size_, &A_size_}) v->resize(rows_);
  gamma_ = gamma_bound<S>(4 * (m_ + n_ + 8));
  if constexpr (!is_exact<S>) {
    root_m_ = square_root(S(static_cast<double>(m_)));
    root_n_ = square_root(S(static_cast<double>(n_)));
  }
  read_rows();
  const Index normals = general_Bt_.cols() + static_cast<Index>(variable_.size());
  K_.resize(m_, normals);
  W_.resize(plan_ == Plan::operators ? general_Bt_.cols() : normals, normals);
  place_.resize(static_cast<std::size_t>(normals));
  asked_.reserve(static_cast<std::size_t>(normals));
  products_.resize(W_.rows());
  for (Vec<S>* v : {&moved_, &free_slack_, &general_products_}) v->resize(general_Bt_.cols());
  scaled_.resize(m_);
  renew();
}

/// What depends on H but not on x.
template <class S>
void ParametricQp<S>::renew() {
  ready_ = false;
  if (!H_.factor(*p_.H))
    throw NumericalError("H is not positive definite: pivot " + std::to_string(H_.failed_pivot()) +
                         " of its factorisation is not positive");
  careful_.reset();
  std::fill(place_.begin(), place_.end(), -1);
  places_ = 0;
  asked_.clear();
  if (plan_ == Plan::operators) write_operators();
  forget();
  ready_ = true;
}

template <class S>
void ParametricQp<S>::forget() {
  gram_.clear();
  active_.clear();
  std::fill(held_.begin(), held_.end(), 0);
  set_measured_ = false;
  for (Index i = 0; i < p_.equalities; ++i) ask(normal_[static_cast<std::size_t>(i)]);
  solve_asked();
  for (Index i = 0; i < p_.equalities; ++i)
    if (row_size_[i] != S(0)) hold(i);
}

/// Tells rows that bound one variable from the general ones.
template <class S>
void ParametricQp<S>::read_rows() {
  std::vector<Index> unit(static_cast<std::size_t>(m_), -1);
  general_.clear();
  variable_.clear();
  for (Index i = 0; i < rows_; ++i) {
    const auto row = static_cast<std::size_t>(i);
    Index entry = -1;
    S size(0), A_size(0);
    bool simple = true;
    for (Index j = 0; j < m_; ++j) {
      const S& value = (*p_.Bt)(j, i);
      if (value == S(0)) continue;
      size = larger(size, magnitude(value));
      simple = simple && entry < 0 && magnitude(value) == S(1);
      entry = j;
    }
    for (Index j = 0; j < n_; ++j) A_size = larger(A_size, magnitude((*p_.A)(i, j)));
    row_size_[i] = size;
    A_size_[i] = A_size;
    normal_[row] = -1;
    negated_[row] = 0;
    if (!simple || entry < 0 || A_size != S(0)) {
      general_.push_back(i);
      continue;
    }
    Index& which = unit[static_cast<std::size_t>(entry)];
    if (which < 0) {
      which = static_cast<Index>(variable_.size());
      variable_.push_back(entry);
    }
    normal_[row] = which;
    negated_[row] = (*p_.Bt)(entry, i) < S(0);
  }
  const Index general = static_cast<Index>(general_.size());
  general_At_.resize(n_, general);
  general_Bt_.resize(m_, general);
  general_b_.resize(general);
  for (Index i = 0; i < rows_; ++i)
    if (normal_[static_cast<std::size_t>(i)] >= 0) normal_[static_cast<std::size_t>(i)] += general;
  for (Index g = 0; g < general; ++g) {
    const Index i = general_[static_cast<std::size_t>(g)];
    normal_[static_cast<std::size_t>(i)] = g;
    for (Index j = 0; j < n_; ++j) general_At_(j, g) = (*p_.A)(i, j);
    for (Index j = 0; j < m_; ++j) general_Bt_(j, g) = (*p_.Bt)(j, i);
    general_b_[g] = b_[i];
  }
}

template <class S>
void ParametricQp<S>::ask(Index normal) {
  Index& place = place_[static_cast<std::size_t>(normal)];
  if (place >= 0) return;
  place = places_ + static_cast<Index>(asked_.size());
  asked_.push_back(normal);
}

/// X := L^-1 X
template <class S>
void ParametricQp<S>::solve_lower(S* x, Index count) const {
  solve_unit_lower(H_.lower().data(), m_, m_, x, count);
}

template <class S>
void ParametricQp<S>::divide_by_pivots(Vec<S>& x) const {
  for (Index j = 0; j < m_; ++j) x[j] /= H_.pivots()[j];
}

/// x := L'^-1 D^-1 x
template <class S>
void ParametricQp<S>::solve_upper(Vec<S>& x) const {
  divide_by_pivots(x);
  solve_unit_lower_transposed(H_.lower().data(), m_, m_, x.data(), 1);
}

/// The columns of K and W of what was asked for.
template <class S>
void ParametricQp<S>::solve_asked() {
  const Index general = general_Bt_.cols(), asked = static_cast<Index>(asked_.size());
  for (Index first = 0; first < asked; first += side_by_side) {
    const Index count = std::min(side_by_side, asked - first);
    S* columns = K_.data() + places_ * m_;
    for (Index c = 0; c < count; ++c) {
      const Index normal = asked_[static_cast<std::size_t>(first + c)];
      S* column = columns + c * m_;
      for (Index j = 0; j < m_; ++j) column[j] = normal < general ? general_Bt_(j, normal) : S(0);
      if (normal >= general) column[variable_[static_cast<std::size_t>(normal - general)]] = S(1);
    }
    if (plan_ == Plan::operators)
      H_.solve_in_place(columns, count);
    else
      solve_lower(columns, count);
    for (Index c = 0; c < count; ++c, ++places_) {
      work_ = K_.col(places_);
      S* w = W_.data() + places_ * W_.rows();
      if (plan_ == Plan::operators) {
        transposed_product(general_Bt_.data(), m_, m_, general, work_.data(), w);
        continue;
      }
      divide_by_pivots(work_);
      transposed_product(K_.data(), m_, m_, places_ + 1, work_.data(), w);
      for (Index p = 0; p < places_; ++p) W_(places_, p) = w[p];
    }
  }
  asked_.clear();
}

template <class S>
void ParametricQp<S>::write_operators() {
  for (Index k = 0; k < K_.cols(); ++k) ask(k);
  solve_asked();
  Y_ = -*p_.M;
  H_.solve_in_place(Y_.data(), n_);
  y0_ = -*p_.d;
  H_.solve_in_place(y0_);
  const Index general = general_Bt_.cols();
  Dt_ = general_At_;
  s0_ = general_b_;
  S square(0);
  for (Index j = 0; j < n_; ++j) {
    work_ = Y_.col(j);
    square += dot(work_, work_);
    transposed_product(general_Bt_, work_, free_slack_);
    for (Index g = 0; g < general; ++g) Dt_(j, g) += free_slack_[g];
  }
  for (Index g = 0; g < general; ++g) s0_[g] -= dot(general_Bt_.data() + g * m_, y0_.data(), m_);
  if constexpr (!is_exact<S>) {
    Y_size_ = square_root(square);
    bound_H();
  }
}

/// |H|_1 and a bound on 1 / lambda_min(H).
template <class S>
void ParametricQp<S>::bound_H() {
  H_norm_ = S(0);
  Mat<double> nearest(m_, m_);
  for (Index j = 0; j < m_; ++j) {
    S sum(0);
    for (Index i = 0; i < m_; ++i) {
      sum += magnitude((*p_.H)(i, j));
      nearest(i, j) = to_double((*p_.H)(i, j));
    }
    H_norm_ = larger(H_norm_, sum);
  }
  const double mu = smallest_eigenvalue_bound(nearest);
  if (!(mu > 0)) throw NumericalError("H cannot be proved positive definite in double precision");
  inverse_mu_ = S(1) / S(mu);
}

template <class S>
void ParametricQp<S>::free_minimiser() {
  if (plan_ == Plan::operators) {
    y_free_ = y0_;
    add_product(Y_, x_, y_free_);
    transposed_product(Dt_, x_, free_slack_);
    for (Index g = 0; g < free_slack_.size(); ++g) free_slack_[g] = s0_[g] - free_slack_[g];
    return;
  }
  linear_ = *p_.d;
  add_product(*p_.M, x_, linear_);
  for (Index j = 0; j < m_; ++j) y_free_[j] = -linear_[j];
  H_.solve_in_place(y_free_);
  transposed_product(general_At_, x_, moved_);
  transposed_product(general_Bt_, y_free_, free_slack_);
  for (Index g = 0; g < free_slack_.size(); ++g)
    free_slack_[g] = (general_b_[g] - moved_[g]) - free_slack_[g];
}

/// b_row'v
template <class S>
S ParametricQp<S>::row_product(Index row, const S* v) const {
  const Index normal = normal_[static_cast<std::size_t>(row)], general = general_Bt_.cols();
  if (normal < general) return dot(general_Bt_.data() + normal * m_, v, m_);
  const S& entry = v[variable_[static_cast<std::size_t>(normal - general)]];
  return negated_[static_cast<std::size_t>(row)] ? S(-entry) : entry;
}

/// b_row'H^-1 b_other
template <class S>
S ParametricQp<S>::gram(Index row, Index other) {
  const Index general = general_Bt_.cols();
  const Index normal = normal_[static_cast<std::size_t>(row)];
  const Index place = place_[static_cast<std::size_t>(normal)];
  const Index of = place_[static_cast<std::size_t>(normal_[static_cast<std::size_t>(other)])];
  const S& value = plan_ == Plan::factor ? W_(place, of)
                   : normal < general
                       ? W_(normal, of)
                       : K_(variable_[static_cast<std::size_t>(normal - general)], of);
  return negated_[static_cast<std::size_t>(row)] != negated_[static_cast<std::size_t>(other)]
             ? S(-value)
             : value;
}

/// As far as the pivot of a row tells: beyond the rounding of its corner. Below the normal range
/// each of the corner's products may lose 2^-1075: above 2^-900, m of them together are far below a
/// rounding of it, and gamma times it is normal.
template <class S>
bool ParametricQp<S>::independent(const S& pivot, const S& corner) const {
  if constexpr (!is_exact<S>)
    if (corner < S(0x1p-900)) return false;
  return gamma_ * corner < pivot;
}

/// Adds a row if it is independent of the set.
template <class S>
void ParametricQp<S>::hold(Index row) {
  ask(normal_[static_cast<std::size_t>(row)]);
  solve_asked();
  for (std::size_t j = 0; j < active_.size(); ++j)
    column_[static_cast<Index>(j)] = gram(active_[j], row);
  const S corner = gram(row, row);
  const S pivot = gram_.size() < m_ ? gram_.preview(column_.data(), corner) : S(0);
  if (!independent(pivot, corner)) return;
  gram_.append(pivot);
  active_.push_back(row);
  held_[static_cast<std::size_t>(row)] = 1;
  set_measured_ = false;
}

template <class S>
void ParametricQp<S>::drop(Index position) {
  held_[static_cast<std::size_t>(active_[static_cast<std::size_t>(position)])] = 0;
  gram_.remove(position);
  active_.erase(active_.begin() + position);
  set_measured_ = false;
}

/// Multipliers and slacks with exactly the rows held: with operators y and all slacks, with a
/// factor those of the rows that have a place.
template <class S>
void ParametricQp<S>::point_on_set() {
  const Index k = static_cast<Index>(active_.size()), general = general_Bt_.cols();
  const auto free_slack = [&](Index row) {
    const Index normal = normal_[static_cast<std::size_t>(row)];
    return normal < general ? free_slack_[normal] : S(b_[row] - row_product(row, y_free_.data()));
  };
  for (Index j = 0; j < k; ++j) lambda_[j] = -free_slack(active_[static_cast<std::size_t>(j)]);
  gram_.solve_in_place(lambda_.data());
  if (plan_ == Plan::factor) {
    for (Index p = 0; p < places_; ++p) products_[p] = S(0);
    for (Index j = 0; j < k; ++j) {
      const auto row = static_cast<std::size_t>(active_[static_cast<std::size_t>(j)]);
      const Index place = place_[static_cast<std::size_t>(normal_[row])];
      add_scaled(W_.data() + place * W_.rows(), negated_[row] ? S(-lambda_[j]) : lambda_[j],
                 products_.data(), places_);
    }
    for (Index i = 0; i < rows_; ++i) {
      const auto row = static_cast<std::size_t>(i);
      const Index place = place_[static_cast<std::size_t>(normal_[row])];
      if (place < 0) continue;
      slack_[i] = free_slack(i) + (negated_[row] ? S(-products_[place]) : products_[place]);
    }
    return;
  }
  y_ = y_free_;
  for (Index g = 0; g < general; ++g)
    slack_[general_[static_cast<std::size_t>(g)]] = free_slack_[g];
  for (Index j = 0; j < k; ++j) {
    const auto row = static_cast<std::size_t>(active_[static_cast<std::size_t>(j)]);
    const Index place = place_[static_cast<std::size_t>(normal_[row])];
    const S weight = negated_[row] ? S(-lambda_[j]) : lambda_[j];
    add_scaled(K_.data() + place * m_, S(-weight), y_.data(), m_);
    const S* w = W_.data() + place * general;
    for (Index g = 0; g < general; ++g)
      slack_[general_[static_cast<std::size_t>(g)]] += w[g] * weight;
  }
  if (general < rows_)
    for (Index i = 0; i < rows_; ++i)
      if (normal_[static_cast<std::size_t>(i)] >= general)
        slack_[i] = b_[i] - row_product(i, y_.data());
}

/// With a factor: y and the slacks of all rows, where the multipliers are known.
template <class S>
void ParametricQp<S>::y_on_set() {
  const Index k = static_cast<Index>(active_.size()), general = general_Bt_.cols();
  y_ = y_free_;
  if (k > 0) {
    for (Index j = 0; j < m_; ++j) work_[j] = S(0);
    add_held(lambda_, work_);
    solve_upper(work_);
    for (Index j = 0; j < m_; ++j) y_[j] -= work_[j];
    transposed_product(general_Bt_, work_, general_products_);
  }
  for (Index i = 0; i < rows_; ++i) {
    const Index normal = normal_[static_cast<std::size_t>(i)];
    if (normal >= general)
      slack_[i] = b_[i] - row_product(i, y_.data());
    else
      slack_[i] = k > 0 ? S(free_slack_[normal] + general_products_[normal]) : free_slack_[normal];
  }
}

/// With a factor: rows without a place that are violated get one.
/// @return whether there were any
template <class S>
bool ParametricQp<S>::ask_violated() {
  for (Index i = 0; i < rows_; ++i)
    if (slack_[i] < S(0)) ask(normal_[static_cast<std::size_t>(i)]);
  const bool any = !asked_.empty();
  solve_asked();
  return any;
}

/// The column of K of a row held, times x.
template <class S>
S ParametricQp<S>::held_product(Index row, const Vec<S>& x) const {
  const auto normal = static_cast<std::size_t>(normal_[static_cast<std::size_t>(row)]);
  const S value = dot(K_.data() + place_[normal] * m_, x.data(), m_);
  return negated_[static_cast<std::size_t>(row)] ? S(-value) : value;
}

/// x += K times weights of the rows held.
template <class S>
void ParametricQp<S>::add_held(const Vec<S>& weights, Vec<S>& x) const {
  for (std::size_t j = 0; j < active_.size(); ++j) {
    const auto row = static_cast<std::size_t>(active_[j]);
    const S& weight = weights[static_cast<Index>(j)];
    add_scaled(K_.data() + place_[static_cast<std::size_t>(normal_[row])] * m_,
               negated_[row] ? S(-weight) : weight, x.data(), m_);
  }
}

/// x += B' times weights of the rows held.
template <class S>
void ParametricQp<S>::add_rows(const Vec<S>& weights, Vec<S>& x) const {
  const Index general = general_Bt_.cols();
  for (std::size_t j = 0; j < active_.size(); ++j) {
    const auto row = static_cast<std::size_t>(active_[j]);
    const S& given = weights[static_cast<Index>(j)];
    const S weight = negated_[row] ? S(-given) : given;
    if (normal_[row] < general)
      add_scaled(general_Bt_.data() + normal_[row] * m_, weight, x.data(), m_);
    else
      x[variable_[static_cast<std::size_t>(normal_[row] - general)]] += weight;
  }
}

template <class S>
bool ParametricQp<S>::drop_negative() {
  Index worst = -1;
  for (std::size_t j = 0; j < active_.size(); ++j) {
    const Index k = static_cast<Index>(j);
    if (active_[j] >= p_.equalities && lambda_[k] < S(0) &&
        (worst < 0 || lambda_[k] < lambda_[worst]))
      worst = k;
  }
  if (worst >= 0) drop(worst);
  return worst >= 0;
}

/// Of the rows with a place, by share of its size; -1 if none.
template <class S>
Index ParametricQp<S>::most_violated() {
  Index worst = -1;
  S worst_score(0);
  for (Index i = 0; i < rows_; ++i) {
    if (held_[static_cast<std::size_t>(i)] ||
        place_[static_cast<std::size_t>(normal_[static_cast<std::size_t>(i)])] < 0)
      continue;
    // An equality outside the set depends on it, or has no coefficients.
    if (!(slack_[i] < S(0) || (i < p_.equalities && slack_[i] != S(0)))) continue;
    if (row_size_[i] == S(0)) return i;
    const S score = magnitude(slack_[i]) / row_size_[i];
    if (worst < 0 || worst_score < score) {
      worst = i;
      worst_score = score;
    }
  }
  return worst;
}

/// Brings a violated row to equality; rows whose multipliers reach zero on the way go.
/// @return false: not as simple as that
template <class S>
bool ParametricQp<S>::enter(Index row) {
  if (row < p_.equalities) return false;  // it depends on those held
  const S corner = gram(row, row);
  while (true) {
    const Index k = static_cast<Index>(active_.size());
    for (Index j = 0; j < k; ++j) column_[j] = gram(active_[static_cast<std::size_t>(j)], row);
    if (k == m_) return false;
    const S pivot = gram_.preview(column_.data(), corner);
    if (!independent(pivot, corner)) return false;
    gram_.combination(weights_.data());
    const S needed = -slack_[row] / pivot;
    Index blocking = -1;
    S step = needed;
    for (Index j = 0; j < k; ++j) {
      if (active_[static_cast<std::size_t>(j)] < p_.equalities || !(S(0) < weights_[j])) continue;
      const S ratio = larger(lambda_[j], S(0)) / weights_[j];
      if (ratio < step) {
        step = ratio;
        blocking = j;
      }
    }
    if (blocking < 0) {
      gram_.append(pivot);
      active_.push_back(row);
      held_[static_cast<std::size_t>(row)] = 1;
      set_measured_ = false;
      point_on_set();
      return true;
    }
    for (Index j = 0; j < k; ++j) lambda_[j] -= step * weights_[j];
    slack_[row] += step * pivot;
    drop(blocking);
    for (Index j = blocking; j + 1 < k; ++j) lambda_[j] = lambda_[j + 1];
  }
}

/// The smallest pivot of the set as a share of its corner.
template <class S>
void ParametricQp<S>::measure_set() {
  if (set_measured_) return;
  set_share_ = S(1);
  for (std::size_t j = 0; j < active_.size(); ++j)
    set_share_ =
        smaller(set_share_, S(gram_.pivot(static_cast<Index>(j)) / gram(active_[j], active_[j])));
  set_measured_ = true;
}

/// One correction of y and the multipliers by the residuals of their system; drift_ is its size.
template <class S>
bool ParametricQp<S>::refine() {
  const Index k = static_cast<Index>(active_.size()), general = general_Bt_.cols();
  work_ = linear_;
  add_product(*p_.H, y_, work_);
  add_rows(lambda_, work_);
  for (Index j = 0; j < m_; ++j) work_[j] = -work_[j];
  solve_lower(work_.data(), 1);
  scaled_ = work_;
  divide_by_pivots(scaled_);
  for (Index j = 0; j < k; ++j) {
    const Index row = active_[static_cast<std::size_t>(j)];
    const Index normal = normal_[static_cast<std::size_t>(row)];
    const S limit = normal < general ? S(general_b_[normal] - moved_[normal]) : b_[row];
    nu_[j] = held_product(row, scaled_) + (row_product(row, y_.data()) - limit);
  }
  gram_.solve_in_place(nu_.data());
  for (Index j = 0; j < k; ++j) {
    lambda_[j] += nu_[j];
    nu_[j] = -nu_[j];
  }
  add_held(nu_, work_);
  solve_upper(work_);
  for (Index j = 0; j < m_; ++j) y_[j] += work_[j];
  drift_ = max_norm(work_);
  return is_finite(drift_);
}

/// Whether each sign is that of the exact answer.
///
/// With operators: y errs by e = gamma kappa (|Y||x| + |y0| + what the multipliers add to y), kappa
/// = |H|_1 / mu, in the Euclidean norm: a solve with H leaves a residual of some roundings of
/// |H||y|, for which gamma counts 4 (m + n + 8) (in the worst case it is m times that: Higham,
/// "Accuracy and Stability", theorem 10.4), and products add as many. With a factor: by some times
/// the last correction, sqrt(m) of it in this norm. A row's slack errs by |b_i|_2 e <= sqrt(m)
/// max|b_i| e and by the rounding of its terms; a multiplier by as much over b'H^-1 b, and either
/// by 1 / share^2 more for rows that nearly depend on each other.
template <class S>
bool ParametricQp<S>::beyond_doubt() {
  if constexpr (is_exact<S>) {
    for (Index i = 0; i < rows_; ++i)
      if (!held_[static_cast<std::size_t>(i)] && !(S(0) < slack_[i])) return false;
    for (std::size_t j = 0; j < active_.size(); ++j)
      if (active_[j] >= p_.equalities && !(S(0) < lambda_[static_cast<Index>(j)])) return false;
    return true;
  } else {
    S error(0);
    const S y_size = norm(y_) + norm(y_free_);
    if (plan_ == Plan::operators) {
      error = gamma_ * (H_norm_ * inverse_mu_) * (Y_size_ * x_size_ + norm(y0_) + y_size);
    } else {
      if (!refine()) return false;
      error = S(left_over_corrections) * root_m_ * drift_ + gamma_ * y_size;
    }
    measure_set();
    error /= set_share_ * set_share_;
    if (!is_finite(error)) return false;
    const auto noise = [&](Index i) {
      return row_size_[i] * root_m_ * error +
             gamma_ * (magnitude(b_[i]) + A_size_[i] * x_size_ * root_n_);
    };
    for (Index i = p_.equalities; i < rows_; ++i)
      if (!held_[static_cast<std::size_t>(i)] && !(noise(i) < slack_[i])) return false;
    for (std::size_t j = 0; j < active_.size(); ++j)
      if (active_[j] >= p_.equalities &&
          !(noise(active_[j]) < lambda_[static_cast<Index>(j)] * gram(active_[j], active_[j])))
        return false;
    return true;
  }
}

template <class S>
bool ParametricQp<S>::solve_fast() {
  // An equality that was refused depends on the others, or nearly so.
  for (Index i = 0; i < p_.equalities; ++i)
    if (!held_[static_cast<std::size_t>(i)] && row_size_[i] != S(0)) return false;
  point_on_set();
  while (drop_negative()) point_on_set();
  Index changes = 10 * (rows_ + m_) + 100;
  do {
    for (Index row = most_violated(); row >= 0; row = most_violated())
      if (changes-- == 0 || row_size_[row] == S(0) || !enter(row)) return false;
    if (plan_ == Plan::operators) break;
    y_on_set();
  } while (ask_violated());
  return beyond_doubt();
}

template <class S>
LowerStatus ParametricQp<S>::solve(const Vec<S>& x) {
  if (!ready_) throw NumericalError("H was not positive definite when it was given");
  kink_ = false;
  x_size_ = S(0);
  if constexpr (!is_exact<S>) x_size_ = norm(x);
  x_ = x;  // which may be y()
  free_minimiser();
  if (solve_fast()) return LowerStatus::solved;
  return solve_slowly();
}

/// By ActiveSetQp, whose noise tells rows that hold from rows that do not.
template <class S>
LowerStatus ParametricQp<S>::solve_slowly() {
  ++slow_solves_;
  const Index general = general_Bt_.cols();
  if (!careful_) {
    careful_H_ = DataMatrix<S>(*p_.H);
    careful_factor_.factor(careful_H_);
    Mat<S> Bt(m_, rows_);
    for (Index i = 0; i < rows_; ++i) {
      const Index normal = normal_[static_cast<std::size_t>(i)];
      for (Index j = 0; j < m_; ++j) Bt(j, i) = normal < general ? general_Bt_(j, normal) : S(0);
      if (normal >= general)
        Bt(variable_[static_cast<std::size_t>(normal - general)], i) =
            negated_[static_cast<std::size_t>(i)] ? S(-1) : S(1);
    }
    careful_Bt_ = DataMatrix<S>(Bt);
    shape_.H = &careful_H_;
    shape_.H_factor = &careful_factor_;
    shape_.Bt = &careful_Bt_;
    shape_.row_norm = &row_size_;
    shape_.equalities = p_.equalities;
    bound_H();
    shape_.H_norm = H_norm_;
    shape_.H_condition = H_norm_ * inverse_mu_;
    careful_ = std::make_unique<ActiveSetQp<S>>(shape_);
  }
  linear_ = *p_.d;
  add_product(*p_.M, x_, linear_);
  limits_ = b_;
  transposed_product(general_At_, x_, moved_);
  for (Index g = 0; g < general; ++g) limits_[general_[static_cast<std::size_t>(g)]] -= moved_[g];
  S M_size(0);
  for (Index j = 0; j < n_; ++j)
    for (Index i = 0; i < m_; ++i) M_size = larger(M_size, magnitude((*p_.M)(i, j)));
  DataTerms<S> terms;
  terms.set(x_, Vec<S>(), *p_.d, M_size, b_, A_size_);
  std::vector<Index> warm;
  for (const Index row : active_)
    if (row >= p_.equalities) warm.push_back(row);
  careful_->warm_start(warm);
  LowerStatus status = careful_->solve(linear_, limits_, terms);
  // As far as rounding can tell is no proof.
  if (!is_exact<S> && status == LowerStatus::infeasible) status = LowerStatus::not_converged;
  y_ = careful_->y();
  if constexpr (!is_exact<S>)
    if (!is_finite(max_norm(y_)) || !is_finite(max_norm(limits_)))
      status = LowerStatus::not_converged;
  gram_.clear();
  active_.clear();
  std::fill(held_.begin(), held_.end(), 0);
  std::vector<Index> set = careful_->factor().active();
  std::sort(set.begin(), set.end());
  for (const Index row : set)
    if (row < p_.equalities || careful_->multiplier_noise(row) < careful_->multipliers()[row])
      hold(row);
  kink_ = active_.size() < set.size();  // also where hold() refused a row for its pivot
  for (Index i = p_.equalities; i < rows_; ++i)
    if (!held_[static_cast<std::size_t>(i)])
      kink_ = kink_ || careful_->slack_is_noise(i, S(limits_[i] - row_product(i, y_.data())));
  for (std::size_t j = 0; j < active_.size(); ++j)
    lambda_[static_cast<Index>(j)] = careful_->multipliers()[active_[j]];
  return status;
}

/// With nu = W_II^-1 B_I H^-1 v, (dy*/dx)'v = -M'H^-1 (v - B_I'nu) - A_I'nu.
template <class S>
void ParametricQp<S>::vjp(const Vec<S>& v, Vec<S>& out) {
  const Index k = static_cast<Index>(active_.size()), general = general_Bt_.cols();
  work_ = v;
  if (plan_ == Plan::operators) {
    for (Index j = 0; j < k; ++j) nu_[j] = held_product(active_[static_cast<std::size_t>(j)], v);
    gram_.solve_in_place(nu_.data());
    for (Index j = 0; j < k; ++j) nu_[j] = -nu_[j];
    add_rows(nu_, work_);
    transposed_product(Y_, work_, out);
  } else {
    solve_lower(work_.data(), 1);
    scaled_ = work_;
    divide_by_pivots(scaled_);
    for (Index j = 0; j < k; ++j)
      nu_[j] = held_product(active_[static_cast<std::size_t>(j)], scaled_);
    gram_.solve_in_place(nu_.data());
    for (Index j = 0; j < k; ++j) nu_[j] = -nu_[j];
    add_held(nu_, work_);
    solve_upper(work_);
    transposed_product(*p_.M, work_, out);
    for (Index j = 0; j < n_; ++j) out[j] = -out[j];
  }
  for (Index j = 0; j < k; ++j) {
    const Index normal = normal_[static_cast<std::size_t>(active_[static_cast<std::size_t>(j)])];
    if (normal < general) add_scaled(general_At_.data() + normal * n_, nu_[j], out.data(), n_);
  }
}

#define ASSAY_INSTANTIATE(S)            \
  template struct ParametricProgram<S>; \
  template class ParametricQp<S>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
