#include "assay/lower_level/active_set_qp.hpp"

#include <algorithm>

#include "assay/scalar/instantiate.hpp"

namespace assay {

namespace {

/// Corrections that are worth another one: above this many roundings.
constexpr double worth_correcting = 64;
constexpr int most_corrections = 6;

}  // namespace

template <class S, class Data>
ActiveSetQp<S, Data>::ActiveSetQp(const QpShape<S, Data>& shape)
    : factor_(shape),
      shape_(factor_.shape()),
      held_(static_cast<std::size_t>(shape.rows()), 0),
      ignored_(static_cast<std::size_t>(shape.rows()), 0),
      left_out_(static_cast<std::size_t>(shape.rows()), 0),
      y_(shape.m()),
      free_(shape.m()),
      lambda_(shape.m() + 1),
      nu_(shape.m() + 1),
      direction_(shape.m() + 1),
      residual_(shape.m()),
      multipliers_(shape.rows()),
      slack_(shape.rows()),
      multiplier_noise_(shape.rows()) {
  // Every working-set change is finite in exact arithmetic; the limit only guards against cycling
  // between sets whose dual values differ by rounding.
  limit_ = 10 * (shape.rows() + shape.m()) + 100;
  for (std::vector<Index>* rows : {&warm_, &rows_})
    rows->reserve(static_cast<std::size_t>(shape.rows()));
  for (Index i = 0; i < shape.equalities; ++i) {
    const auto candidate = factor_.preview(i);
    if (candidate.dependent) continue;
    factor_.append(i, candidate);
    equality_rows_.push_back(i);
  }
}

template <class S, class Data>
void ActiveSetQp<S, Data>::warm_start(const std::vector<Index>& rows) {
  warm_.clear();
  for (const Index i : rows)
    if (i >= shape_.equalities && i < shape_.rows()) warm_.push_back(i);
  changed_ = true;
}

/// What rounding may have done to one b_i'y - r_i: |b_i|'|y| <= max|b_i| sum|y|, and the limit is
/// known to gamma times its terms.
template <class S, class Data>
S ActiveSetQp<S, Data>::rounding(Index i) const {
  return gamma_ * ((*shape_.row_norm)[i] * size_ + limit_terms_[i]);
}

/// The same before refinement: y then carries the rounding of the free minimiser it came from.
template <class S, class Data>
S ActiveSetQp<S, Data>::data_noise(Index i) const {
  return gamma_ * ((*shape_.row_norm)[i] * (size_ + free_size_) + limit_terms_[i]);
}

/// carried_noise() for row i at most, unless pivots hide how dependent the rows are: with it one
/// need not look at each row closely.
template <class S, class Data>
S ActiveSetQp<S, Data>::amplified_noise(Index i) const {
  return gamma_ * amplification_ *
         ((*shape_.row_norm)[i] * (size_ + residual_terms_ / shape_.H_norm + held_terms_) +
          limit_terms_[i]);
}

/// Rounding leaves rho = H y + g + B_I' lambda, |rho_j| <= gamma residual_terms_, and delta = B_I y
/// - r_I, |delta_i| <= rounding(i). What they do to a quantity that they change by v' rho +
/// weights' delta, v = solved - sum weights_j H^-1 b_j: for the multiplier j, weights = G^-1 e_j
/// and no `solved`; for the slack of row i, weights = G^-1 B_I H^-1 b_i and solved = H^-1 b_i. Uses
/// residual_ as workspace.
template <class S, class Data>
S ActiveSetQp<S, Data>::carried_noise(const Vec<S>& weights, const S* solved) {
  const auto& set = factor_.active();
  S noise(0);
  for (Index l = 0; l < shape_.m(); ++l) residual_[l] = solved ? solved[l] : S(0);
  for (std::size_t j = 0; j < set.size(); ++j) {
    const S& weight = weights[static_cast<Index>(j)];
    add_scaled(factor_.solved_row(set[j]), S(-weight), residual_.data(), shape_.m());
    noise += magnitude(weight) * rounding(set[j]);
  }
  S size(0);
  for (Index l = 0; l < shape_.m(); ++l) size += magnitude(residual_[l]);
  return noise + gamma_ * size * residual_terms_;
}

template <class S, class Data>
bool ActiveSetQp<S, Data>::slack_is_noise(Index i, const S& stated_slack) {
  const int k = factor_.exponent(i);
  const S slack = k == 0 ? stated_slack : scale_by_power_of_two(stated_slack, k);
  const S own = rounding(i) + S(left_over_corrections) * (*shape_.row_norm)[i] *
                                  S(static_cast<double>(shape_.m())) * drift_;
  if (!(own < slack)) return true;
  if (is_exact<S> || own + amplified_noise(i) < slack) return false;
  const auto& set = factor_.active();
  for (std::size_t j = 0; j < set.size(); ++j)
    direction_[static_cast<Index>(j)] = factor_.row_dot(set[j], factor_.solved_row(i));
  factor_.solve_gram(direction_);
  return !(own + carried_noise(direction_, factor_.solved_row(i)) < slack);
}

/// Puts the working set to the equalities and the warm rows, freshly factored.
template <class S, class Data>
void ActiveSetQp<S, Data>::prepare() {
  if (changed_) {
    rows_ = equality_rows_;
    rows_.insert(rows_.end(), warm_.begin(), warm_.end());
    factor_.reset(rows_);
    changed_ = false;
  }
  std::fill(held_.begin(), held_.end(), 0);
  std::fill(ignored_.begin(), ignored_.end(), 0);
  for (const Index i : factor_.active()) held_[static_cast<std::size_t>(i)] = 1;
}

/// y and lambda of the program with exactly the working rows, as equalities.
template <class S, class Data>
void ActiveSetQp<S, Data>::solve_on_set() {
  const auto& set = factor_.active();
  for (std::size_t j = 0; j < set.size(); ++j)
    lambda_[static_cast<Index>(j)] = factor_.row_dot(set[j], free_.data()) - (*r_)[set[j]];
  factor_.solve_gram(lambda_);
  y_ = free_;
  for (std::size_t j = 0; j < set.size(); ++j)
    add_scaled(factor_.solved_row(set[j]), S(-lambda_[static_cast<Index>(j)]), y_.data(),
               shape_.m());
  refined_ = false;
  measure();
}

template <class S, class Data>
void ActiveSetQp<S, Data>::measure() {
  size_ = S(0);
  for (Index i = 0; i < y_.size(); ++i) size_ += magnitude(y_[i]);
}

/// Takes a row out of the working set. What was ignored depended on the rows held until now.
template <class S, class Data>
void ActiveSetQp<S, Data>::drop(Index position) {
  held_[static_cast<std::size_t>(factor_.active()[static_cast<std::size_t>(position)])] = 0;
  factor_.remove(position);
  std::fill(ignored_.begin(), ignored_.end(), 0);
  changed_ = true;
}

template <class S, class Data>
bool ActiveSetQp<S, Data>::drop_most_negative(bool beyond_noise) {
  const auto& set = factor_.active();
  Index worst = -1;
  for (std::size_t j = 0; j < set.size(); ++j) {
    if (set[j] < shape_.equalities) continue;
    const Index k = static_cast<Index>(j);
    const S below = beyond_noise ? S(-multiplier_noise_[set[j]]) : S(0);
    if (lambda_[k] < below && (worst < 0 || lambda_[k] < lambda_[worst])) worst = k;
  }
  if (worst < 0) return false;
  drop(worst);
  return true;
}

/// The row outside the working set with the largest violation relative to its size, or -1.
/// @param ignored_too  whether rows that depend on the working set count
template <class S, class Data>
Index ActiveSetQp<S, Data>::most_violated(bool ignored_too) {
  transposed_product(*shape_.Bt, y_, slack_);
  Index worst = -1;
  S worst_score(0);
  for (Index i = 0; i < shape_.rows(); ++i) {
    slack_[i] = (*r_)[i] - slack_[i];
    if (held_[static_cast<std::size_t>(i)]) continue;
    if (ignored_[static_cast<std::size_t>(i)] && !ignored_too) continue;
    const S violation = i < shape_.equalities ? magnitude(slack_[i]) : S(-slack_[i]);
    if (!((refined_ ? rounding(i) : data_noise(i)) < violation)) continue;
    const S& size = (*shape_.row_norm)[i];
    if (size == S(0)) return i;
    const S score = violation / size;
    if (worst < 0 || worst_score < score) {
      worst = i;
      worst_score = score;
    }
  }
  return worst;
}

/// Brings row p to equality, dropping rows whose multipliers reach zero on the way.
template <class S, class Data>
LowerStatus ActiveSetQp<S, Data>::enter(Index p) {
  const Index m = shape_.m();
  S entering(0);
  while (true) {
    if (++iterations_ > limit_) return LowerStatus::not_converged;
    const S violation = factor_.row_dot(p, y_.data()) - (*r_)[p];
    const S* solved = factor_.solved_row(p);
    const auto& set = factor_.active();
    const Index k = static_cast<Index>(set.size());
    const auto candidate = factor_.preview(p);
    const Vec<S>& direction = factor_.weights();

    Index blocking = -1;
    S step(0);
    const bool equality =
        p < shape_.equalities;  // dependent on the equalities held, or it were one
    for (Index j = 0; j < k && !equality; ++j) {
      if (set[static_cast<std::size_t>(j)] < shape_.equalities || !(S(0) < direction[j])) continue;
      const S ratio = larger(lambda_[j], S(0)) / direction[j];
      if (blocking < 0 || ratio < step) {
        blocking = j;
        step = ratio;
      }
    }
    bool full = false;
    if (!candidate.dependent && !equality) {
      const S needed = violation / candidate.pivot;
      if (blocking < 0 || needed <= step) {
        full = true;
        step = needed;
      }
    } else {
      // b_p is a combination of the working rows: where they hold, its violation is `gap`, what is
      // left of it without their residuals.
      S gap = violation, noise = rounding(p);
      for (Index j = 0; j < k; ++j) {
        const Index row = set[static_cast<std::size_t>(j)];
        gap -= direction[j] * (factor_.row_dot(row, y_.data()) - (*r_)[row]);
        noise += magnitude(direction[j]) * rounding(row);
      }
      if (equality) gap = magnitude(gap);
      // Nearly dependent working rows amplify their noise by their weights. To exchange the
      // blocking row for p, as if the gap were beyond noise, multiplies the determinant of B_I H^-1
      // B_I' (rows of equal size) by its weight's square: p is then held to its own rounding, and
      // such exchanges in a row come to an end; a count ends those with other steps between them.
      const bool amplified =
          blocking >= 0 &&
          S(2) * (*shape_.row_norm)[p] <=
              direction[blocking] * (*shape_.row_norm)[set[static_cast<std::size_t>(blocking)]];
      if (!(noise < gap) && !(amplified && ++exchanges_ <= shape_.rows() + shape_.m())) {
        ignored_[static_cast<std::size_t>(p)] = 1;
        solve_on_set();
        return LowerStatus::solved;
      }
      if (blocking < 0) {
        // No positive weight on an inequality: as far as rounding can tell, a contradiction.
        contradicted_ = p;
        return LowerStatus::infeasible;
      }
    }

    entering += step;
    for (Index j = 0; j < k; ++j) lambda_[j] -= step * direction[j];
    changed_ = true;
    if (full) {
      factor_.append(p, candidate);
      held_[static_cast<std::size_t>(p)] = 1;
      std::fill(ignored_.begin(), ignored_.end(), 0);  // y moves
      lambda_[k] = entering;
      solve_on_set();
      return LowerStatus::solved;
    }
    if (!candidate.dependent) {
      add_scaled(solved, S(-step), y_.data(), m);
      for (Index j = 0; j < k; ++j)
        add_scaled(factor_.solved_row(set[static_cast<std::size_t>(j)]), S(step * direction[j]),
                   y_.data(), m);
      measure();
    }
    drop(blocking);
    for (Index j = blocking; j + 1 < k; ++j) lambda_[j] = lambda_[j + 1];
  }
}

/// Corrections of the active-set system by its own residuals; the last one measures what is left.
/// Two, and further ones while they still change more than some roundings and shrink: a correction
/// leaves about u times the system's condition of the error before it.
template <class S, class Data>
void ActiveSetQp<S, Data>::refine() {
  const auto& set = factor_.active();
  const Index k = static_cast<Index>(set.size());
  drift_ = S(0);
  refined_ = true;
  for (Index i = 0; i < shape_.rows(); ++i) multiplier_noise_[i] = S(0);
  if constexpr (!is_exact<S>) {
    const auto still_moves = [](const S& correction, const S& of) {
      return S(worth_correcting) * unit_roundoff<S>() * of < correction;
    };
    bool unsettled = true;
    S before(0);
    for (int round = 0; round < 2 || (unsettled && round < most_corrections); ++round) {
      residual_ = *g_;
      if (shape_.H)
        add_product(*shape_.H, y_, residual_);
      else
        residual_ += y_;
      for (Index j = 0; j < k; ++j)
        factor_.add_row(set[static_cast<std::size_t>(j)], lambda_[j], residual_.data());
      residual_ = -residual_;
      for (Index j = 0; j < k; ++j)
        nu_[j] = (*r_)[set[static_cast<std::size_t>(j)]] -
                 factor_.row_dot(set[static_cast<std::size_t>(j)], y_.data());
      factor_.solve_held(residual_, nu_);
      for (Index i = 0; i < shape_.m(); ++i) y_[i] += residual_[i];
      // Multipliers weigh their rows: what a scaling of rows leaves as it is.
      S largest(0), correction(0);
      for (Index j = 0; j < k; ++j) {
        const S& size = (*shape_.row_norm)[set[static_cast<std::size_t>(j)]];
        lambda_[j] += nu_[j];
        largest = larger(largest, S(size * magnitude(lambda_[j])));
        correction = larger(correction, S(size * magnitude(nu_[j])));
      }
      if (k == 0) break;
      const S now = max_norm(residual_);
      unsettled = still_moves(now, max_norm(y_)) || still_moves(correction, largest);
      if (round > 0 && !(S(2) * now <= before)) unsettled = false;
      before = now;
    }
    measure();
    residual_terms_ = linear_terms_ + shape_.H_norm * size_;
    // Multipliers weigh their rows, here as in the loop above.
    S correction(0);
    for (Index j = 0; j < k; ++j) {
      const S& size = (*shape_.row_norm)[set[static_cast<std::size_t>(j)]];
      residual_terms_ += size * magnitude(lambda_[j]);
      correction = larger(correction, S(size * magnitude(nu_[j])));
    }
    drift_ = max_norm(residual_);
    held_terms_ = S(0);
    for (const Index row : set)
      held_terms_ = larger(held_terms_, S(limit_terms_[row] / (*shape_.row_norm)[row]));
    // Errors grow by the condition of H, and once more by that of B H^-1 B', about the largest
    // energy over pivot of a row, on the way to y and back.
    const S share = factor_.smallest_pivot_share();
    amplification_ = S(static_cast<double>(shape_.m())) * shape_.H_condition / (share * share);
    for (Index j = 0; j < k; ++j) {
      const Index row = set[static_cast<std::size_t>(j)];
      S& noise = multiplier_noise_[row];
      // What a multiplier moves its own row by compares with the slack of that row.
      const S energy = factor_.row_dot(row, factor_.solved_row(row));
      noise = amplified_noise(row) / energy;
      if (!(noise < magnitude(lambda_[j]))) {
        for (Index l = 0; l < k; ++l) direction_[l] = S(l == j ? 1 : 0);
        factor_.solve_gram(direction_);
        noise = carried_noise(direction_, nullptr);
      }
      noise += S(left_over_corrections) * correction / (*shape_.row_norm)[row];
    }
  }
}

/// Factors the working set afresh, in an order that does not tell how it came about. Rows that are
/// dependent in that order fall out.
template <class S, class Data>
void ActiveSetQp<S, Data>::refactor() {
  if (!changed_) return;
  if (!factor_.reset(factor_.active())) std::fill(ignored_.begin(), ignored_.end(), 0);
  std::fill(held_.begin(), held_.end(), 0);
  warm_.clear();
  for (const Index i : factor_.active()) {
    held_[static_cast<std::size_t>(i)] = 1;
    if (i >= shape_.equalities) warm_.push_back(i);
  }
  changed_ = false;
}

/// Refines the answer of the final set, and checks that signs still hold.
template <class S, class Data>
LowerStatus ActiveSetQp<S, Data>::settle() {
  while (true) {
    refactor();
    solve_on_set();
    refine();
    if (!drop_most_negative(true)) return LowerStatus::solved;
    if (++iterations_ > limit_) return LowerStatus::not_converged;
  }
}

/// A multiplier that is negative within its noise is stated as 0. Where that leaves more
/// stationarity residual than rounding does, which rows nearly parallel to others bring about, the
/// row goes and the others' multipliers take up its part. A row that is violated without it comes
/// back to stay, so this ends.
/// @return whether a row went: then other rows may be violated
template <class S, class Data>
bool ActiveSetQp<S, Data>::leave_out_clipped() {
  const auto& set = factor_.active();
  S terms = max_norm(*g_), worst_part(0);
  Index worst = -1;
  for (std::size_t j = 0; j < set.size(); ++j) {
    const S& value = lambda_[static_cast<Index>(j)];
    const S part = magnitude(value) * (*shape_.row_norm)[set[j]];
    terms = larger(terms, part);
    if (set[j] < shape_.equalities || left_out_[static_cast<std::size_t>(set[j])] ||
        !(value < S(0)) || !(worst_part < part))
      continue;
    worst = static_cast<Index>(j);
    worst_part = part;
  }
  if (worst < 0 || !(gamma_ * terms < worst_part)) return false;
  left_out_[static_cast<std::size_t>(set[static_cast<std::size_t>(worst)])] = 1;
  drop(worst);
  solve_on_set();
  return true;
}

/// Nearly dependent working rows fix y only up to their noise times their weights in the rows that
/// depend on them, which are then violated by more than their own rounding. The same vertex is
/// fixed better by such a row in place of the one with the largest weight: y is taken from there,
/// the set stays.
template <class S, class Data>
void ActiveSetQp<S, Data>::polish() {
  Index p = most_violated(true);
  if (p < 0) return;
  const std::vector<Index> set = factor_.active();
  const Vec<S> y = y_, lambda = lambda_, noise = multiplier_noise_;
  const S drift = drift_, terms = residual_terms_, amplification = amplification_;
  bool better = false;
  // Each exchange at least quadruples the determinant of B_I H^-1 B_I' for rows of equal size.
  while (p >= 0 && ++iterations_ <= limit_) {
    factor_.preview(p);
    const Vec<S>& weights = factor_.weights();
    Index leaving = -1;
    S largest(0);
    for (std::size_t j = 0; j < factor_.active().size(); ++j) {
      const S part =
          magnitude(weights[static_cast<Index>(j)]) * (*shape_.row_norm)[factor_.active()[j]];
      if (largest < part) {
        largest = part;
        leaving = static_cast<Index>(j);
      }
    }
    if (leaving < 0 || largest < S(2) * (*shape_.row_norm)[p]) break;
    held_[static_cast<std::size_t>(factor_.active()[static_cast<std::size_t>(leaving)])] = 0;
    factor_.remove(leaving);
    const auto candidate = factor_.preview(p);
    if (candidate.dependent) break;
    factor_.append(p, candidate);
    held_[static_cast<std::size_t>(p)] = 1;
    solve_on_set();
    refine();
    p = most_violated(true);
    better = p < 0;
  }
  if (!better) y_ = y;
  lambda_ = lambda;
  multiplier_noise_ = noise;
  drift_ = drift;
  residual_terms_ = terms;
  amplification_ = amplification;
  measure();
  factor_.reset(set);
  std::fill(held_.begin(), held_.end(), 0);
  for (const Index i : factor_.active()) held_[static_cast<std::size_t>(i)] = 1;
  if (!better) return;
  // The rows of the set hold there too: each is a combination of those that fixed y, with weights
  // of at most 1/2 after an exchange.
  bool fits = true;
  const S rows = S(static_cast<double>(set.size() + 1));
  for (const Index i : set)
    fits = fits && magnitude(S(factor_.row_dot(i, y_.data()) - (*r_)[i])) <= rows * rounding(i);
  // H y moved by H (y_ - y), which the multipliers make up for: B_I' nu = H (y - y_), but for what
  // does not lie along the rows.
  residual_ = y - y_;
  for (std::size_t j = 0; j < set.size(); ++j)
    nu_[static_cast<Index>(j)] = factor_.row_dot(set[j], residual_.data());
  factor_.solve_gram(nu_);
  for (std::size_t j = 0; j < set.size(); ++j)
    lambda_[static_cast<Index>(j)] += nu_[static_cast<Index>(j)];
  for (std::size_t j = 0; j < set.size(); ++j)
    fits = fits && (set[j] < shape_.equalities ||
                    -multiplier_noise_[set[j]] <= lambda_[static_cast<Index>(j)]);
  if (fits) return;
  y_ = y;
  lambda_ = lambda;
  measure();
}

template <class S, class Data>
LowerStatus ActiveSetQp<S, Data>::solve(const Vec<S>& g, const Vec<S>& r,
                                        const DataTerms<S>& terms) {
  g_ = &g;
  r_ = &r;
  limit_terms_ = terms.limits;
  linear_terms_ = terms.linear;
  // A sum over x and one over y, and a few operations around them; four times for what the
  // products of solves and corrections chain.
  gamma_ = gamma_bound<S>(4 * (shape_.m() + terms.count + 8));
  if (factor_.is_scaled()) {
    held_limits_ = r;
    for (Index i = 0; i < shape_.rows(); ++i) {
      held_limits_[i] = scale_by_power_of_two(r[i], factor_.exponent(i));
      limit_terms_[i] = scale_by_power_of_two(limit_terms_[i], factor_.exponent(i));
    }
    r_ = &held_limits_;
  }
  iterations_ = 0;
  contradicted_ = -1;
  std::fill(left_out_.begin(), left_out_.end(), 0);
  // What refine() measures, should it not come to that.
  drift_ = S(0);
  residual_terms_ = linear_terms_;
  held_terms_ = S(0);
  exchanges_ = 0;
  amplification_ = S(static_cast<double>(shape_.m())) * shape_.H_condition;
  for (Index i = 0; i < shape_.rows(); ++i) multiplier_noise_[i] = S(0);
  free_ = -g;
  factor_.solve_H(free_);
  free_size_ = S(0);
  for (Index i = 0; i < free_.size(); ++i) free_size_ += magnitude(free_[i]);
  prepare();
  solve_on_set();
  while (drop_most_negative(false)) solve_on_set();

  LowerStatus status = LowerStatus::solved;
  while (status == LowerStatus::solved) {
    const Index p = most_violated(false);
    if (p < 0) {
      status = settle();
      if (status != LowerStatus::solved) break;
      if (most_violated(false) < 0 && !leave_out_clipped()) break;
      continue;
    }
    if ((*shape_.row_norm)[p] == S(0)) {
      contradicted_ = p;
      status = LowerStatus::infeasible;
      break;
    }
    status = enter(p);
  }
  if (!is_exact<S> && status == LowerStatus::solved) polish();
  for (Index i = 0; i < shape_.rows(); ++i) multipliers_[i] = S(0);
  const auto& set = factor_.active();
  for (std::size_t j = 0; j < set.size(); ++j) {
    const S& value = lambda_[static_cast<Index>(j)];
    multipliers_[set[j]] = stated(set[j], set[j] < shape_.equalities ? value : larger(value, S(0)));
  }
  return status;
}

#define ASSAY_INSTANTIATE(S)     \
  template class ActiveSetQp<S>; \
  template class ActiveSetQp<S, SparseData<S>>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
