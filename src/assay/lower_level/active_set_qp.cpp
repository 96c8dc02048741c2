#include "assay/lower_level/active_set_qp.hpp"

#include <algorithm>

#include "assay/scalar/instantiate.hpp"

namespace assay {

template <class S>
ActiveSetQp<S>::ActiveSetQp(const QpShape<S>& shape)
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
  for (Index i = 0; i < shape.equalities; ++i) {
    const auto candidate = factor_.preview(i);
    if (candidate.dependent) continue;
    factor_.append(i, candidate);
    equality_rows_.push_back(i);
  }
}

template <class S>
void ActiveSetQp<S>::warm_start(const std::vector<Index>& rows) {
  warm_.clear();
  for (const Index i : rows)
    if (i >= shape_.equalities && i < shape_.rows()) warm_.push_back(i);
  changed_ = true;
}

/// What rounding may have done to one computed b_i'y - r_i: |error| <= gamma (|b_i|'|y| + |r_i|),
/// and |b_i|'|y| <= max|b_i| sum|y|.
template <class S>
S ActiveSetQp<S>::rounding(Index i) const {
  return gamma_bound<S>(4 * (shape_.m() + 8)) *
         ((*shape_.row_norm)[i] * size_ + magnitude((*r_)[i]));
}

/// As rounding(), for the data themselves: limits and the linear term came out of rounded
/// operations.
template <class S>
S ActiveSetQp<S>::data_noise(Index i) const {
  return gamma_bound<S>(4 * (shape_.m() + 8)) *
         ((*shape_.row_norm)[i] * (size_ + free_size_) + magnitude((*r_)[i]));
}

/// What the noise of the working rows' data amounts to in weights' (data of the working rows).
template <class S>
S ActiveSetQp<S>::carried_noise(const Vec<S>& weights) const {
  const auto& set = factor_.active();
  S noise(0);
  for (std::size_t j = 0; j < set.size(); ++j)
    noise += magnitude(weights[static_cast<Index>(j)]) * data_noise(set[j]);
  return noise;
}

template <class S>
bool ActiveSetQp<S>::slack_is_noise(Index i, const S& stated_slack) {
  const int k = factor_.exponent(i);
  const S slack = k == 0 ? stated_slack : scale_by_power_of_two(stated_slack, k);
  const S own =
      rounding(i) + S(4) * (*shape_.row_norm)[i] * S(static_cast<double>(shape_.m())) * drift_;
  if (!(own < slack)) return true;
  if constexpr (is_exact<S>) return false;
  // Errors of the working rows' limits move y. Unless the rows are nearly dependent, that does not
  // reach a slack above sqrt(u) of its terms.
  const S terms = (*shape_.row_norm)[i] * (size_ + free_size_) + magnitude((*r_)[i]);
  if (!nearly_dependent_ && terms * terms * unit_roundoff<S>() < slack * slack) return false;
  const auto& set = factor_.active();
  for (std::size_t j = 0; j < set.size(); ++j)
    direction_[static_cast<Index>(j)] = dot(factor_.row(set[j]), factor_.solved_row(i), shape_.m());
  factor_.solve_gram(direction_);
  return !(own + data_noise(i) + carried_noise(direction_) < slack);
}

/// Puts the working set to the equalities and the warm rows, freshly factored.
template <class S>
void ActiveSetQp<S>::prepare() {
  if (changed_) {
    std::vector<Index> rows = equality_rows_;
    rows.insert(rows.end(), warm_.begin(), warm_.end());
    factor_.reset(rows);
    changed_ = false;
  }
  std::fill(held_.begin(), held_.end(), 0);
  std::fill(ignored_.begin(), ignored_.end(), 0);
  for (const Index i : factor_.active()) held_[static_cast<std::size_t>(i)] = 1;
}

/// y and lambda of the program with exactly the working rows, as equalities.
template <class S>
void ActiveSetQp<S>::solve_on_set() {
  const auto& set = factor_.active();
  for (std::size_t j = 0; j < set.size(); ++j)
    lambda_[static_cast<Index>(j)] =
        dot(factor_.row(set[j]), free_.data(), shape_.m()) - (*r_)[set[j]];
  factor_.solve_gram(lambda_);
  y_ = free_;
  for (std::size_t j = 0; j < set.size(); ++j)
    add_scaled(factor_.solved_row(set[j]), S(-lambda_[static_cast<Index>(j)]), y_.data(),
               shape_.m());
  refined_ = false;
  measure();
}

template <class S>
void ActiveSetQp<S>::measure() {
  size_ = S(0);
  for (Index i = 0; i < y_.size(); ++i) size_ += magnitude(y_[i]);
}

/// Takes a row out of the working set. What was ignored depended on the rows held until now.
template <class S>
void ActiveSetQp<S>::drop(Index position) {
  held_[static_cast<std::size_t>(factor_.active()[static_cast<std::size_t>(position)])] = 0;
  factor_.remove(position);
  std::fill(ignored_.begin(), ignored_.end(), 0);
  changed_ = true;
}

template <class S>
bool ActiveSetQp<S>::drop_most_negative(bool beyond_noise) {
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
template <class S>
Index ActiveSetQp<S>::most_violated() {
  transposed_product(*shape_.Bt, y_, slack_);
  Index worst = -1;
  S worst_score(0);
  for (Index i = 0; i < shape_.rows(); ++i) {
    slack_[i] = (*r_)[i] - slack_[i];
    if (held_[static_cast<std::size_t>(i)] || ignored_[static_cast<std::size_t>(i)]) continue;
    const S violation = i < shape_.equalities ? magnitude(slack_[i]) : S(-slack_[i]);
    // Before refinement y carries the rounding of the free minimiser it was computed from.
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
template <class S>
LowerStatus ActiveSetQp<S>::enter(Index p) {
  const Index m = shape_.m();
  S entering(0);
  while (true) {
    if (++iterations_ > limit_) return LowerStatus::not_converged;
    const S violation = dot(factor_.row(p), y_.data(), m) - (*r_)[p];
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
        gap -= direction[j] * (dot(factor_.row(row), y_.data(), m) - (*r_)[row]);
        noise += magnitude(direction[j]) * rounding(row);
      }
      if (equality) gap = magnitude(gap);
      if (!(noise < gap)) {
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
template <class S>
void ActiveSetQp<S>::refine() {
  const auto& set = factor_.active();
  const Index k = static_cast<Index>(set.size());
  drift_ = S(0);
  refined_ = true;
  for (Index i = 0; i < shape_.rows(); ++i) multiplier_noise_[i] = S(0);
  if constexpr (!is_exact<S>) {
    constexpr int most_rounds = 6;
    const auto still_moves = [](const S& correction, const S& of) {
      return S(64) * unit_roundoff<S>() * of < correction;
    };
    bool unsettled = true;
    S before(0);
    for (int round = 0; round < 2 || (unsettled && round < most_rounds); ++round) {
      residual_ = *g_;
      if (shape_.H)
        add_product(*shape_.H, y_, residual_);
      else
        residual_ += y_;
      for (Index j = 0; j < k; ++j)
        add_scaled(factor_.row(set[static_cast<std::size_t>(j)]), lambda_[j], residual_.data(),
                   shape_.m());
      residual_ = -residual_;
      for (Index j = 0; j < k; ++j)
        nu_[j] = (*r_)[set[static_cast<std::size_t>(j)]] -
                 dot(factor_.row(set[static_cast<std::size_t>(j)]), y_.data(), shape_.m());
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
    drift_ = max_norm(residual_);
    S largest(0), correction(0);
    for (Index j = 0; j < k; ++j) {
      largest = larger(largest, magnitude(lambda_[j]));
      correction = larger(correction, magnitude(nu_[j]));
    }
    measure();
    // Errors grow like the condition of B H^-1 B', about the largest energy over pivot of a row.
    const S share = factor_.smallest_pivot_share();
    nearly_dependent_ = share * share < S(1024) * unit_roundoff<S>();
    for (Index j = 0; j < k; ++j) {
      const Index row = set[static_cast<std::size_t>(j)];
      S& noise = multiplier_noise_[row];
      noise = S(4) * (correction + unit_roundoff<S>() * largest);
      // As for slacks: what the multiplier moves its own row by tells whether it is in doubt.
      const S terms = (*shape_.row_norm)[row] * (size_ + free_size_) + magnitude((*r_)[row]);
      const S moves = lambda_[j] * dot(factor_.row(row), factor_.solved_row(row), shape_.m());
      if (!nearly_dependent_ && terms * terms * unit_roundoff<S>() < moves * moves) continue;
      for (Index l = 0; l < k; ++l) direction_[l] = S(l == j ? 1 : 0);
      factor_.solve_gram(direction_);
      noise += carried_noise(direction_);
    }
  }
}

/// Factors the working set afresh, in an order that does not tell how it came about. Rows that are
/// dependent in that order fall out.
template <class S>
void ActiveSetQp<S>::refactor() {
  if (!changed_) return;
  const std::vector<Index> rows = factor_.active();
  if (!factor_.reset(rows)) std::fill(ignored_.begin(), ignored_.end(), 0);
  std::fill(held_.begin(), held_.end(), 0);
  warm_.clear();
  for (const Index i : factor_.active()) {
    held_[static_cast<std::size_t>(i)] = 1;
    if (i >= shape_.equalities) warm_.push_back(i);
  }
  changed_ = false;
}

/// Refines the answer of the final set, and checks that signs still hold.
template <class S>
LowerStatus ActiveSetQp<S>::settle() {
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
template <class S>
bool ActiveSetQp<S>::leave_out_clipped() {
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
  if (worst < 0 || !(gamma_bound<S>(4 * (shape_.m() + 8)) * terms < worst_part)) return false;
  left_out_[static_cast<std::size_t>(set[static_cast<std::size_t>(worst)])] = 1;
  drop(worst);
  solve_on_set();
  return true;
}

template <class S>
LowerStatus ActiveSetQp<S>::solve(const Vec<S>& g, const Vec<S>& r) {
  g_ = &g;
  r_ = &r;
  if (factor_.is_scaled()) {
    held_limits_ = r;
    for (Index i = 0; i < shape_.rows(); ++i)
      held_limits_[i] = scale_by_power_of_two(r[i], factor_.exponent(i));
    r_ = &held_limits_;
  }
  iterations_ = 0;
  contradicted_ = -1;
  std::fill(left_out_.begin(), left_out_.end(), 0);
  // What refine() measures, should it not come to that.
  drift_ = S(0);
  nearly_dependent_ = false;
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
    const Index p = most_violated();
    if (p < 0) {
      status = settle();
      if (status != LowerStatus::solved) break;
      if (most_violated() < 0 && !leave_out_clipped()) break;
      continue;
    }
    if ((*shape_.row_norm)[p] == S(0)) {
      contradicted_ = p;
      status = LowerStatus::infeasible;
      break;
    }
    status = enter(p);
  }
  for (Index i = 0; i < shape_.rows(); ++i) multipliers_[i] = S(0);
  const auto& set = factor_.active();
  for (std::size_t j = 0; j < set.size(); ++j) {
    const S& value = lambda_[static_cast<Index>(j)];
    multipliers_[set[j]] = stated(set[j], set[j] < shape_.equalities ? value : larger(value, S(0)));
  }
  return status;
}

#define ASSAY_INSTANTIATE(S) template class ActiveSetQp<S>;
ASSAY_FOR_EACH_FIELD(ASSAY_INSTANTIATE)

}  // namespace assay
