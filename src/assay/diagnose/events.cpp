#include "assay/diagnose/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "assay/numerics/elementary.hpp"

namespace assay {

namespace {

// What counts as an event. These are definitions, not tolerances: they say when a thing has its
// name.
constexpr double spike_factor = 10;  // times the median of the rows before
constexpr std::size_t spike_window = 20;
constexpr double flat_fall = 0.05;  // of log gap over the tail: less is flat
constexpr double fit_share = 0.1;   // residual of a fit against what it explains
constexpr double cycle_correlation = 0.7;
constexpr double wander_share = 0.25;       // of steps that rise: fewer is no wandering
constexpr double fall_over_swing = 2;       // fall of log gap over the rms of what swings around it
constexpr double rounding_level = 0x1p-43;  // 2^10 roundings of the parts of a gradient
constexpr double steep = -2;                // a fall like t^-2 or faster is no stall
constexpr double visible = 0.01;            // two figures that should be the same differ by more

/// @pre not empty; NaN counts as missing
double median(std::vector<double> values) {
  values.erase(std::remove_if(values.begin(), values.end(), [](double v) { return v != v; }),
               values.end());
  if (values.empty()) return 0;
  const std::size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle),
                   values.end());
  return values[middle];
}

/// Least squares y = a + b x. @return b; rms of what is left
struct Line {
  double slope = 0, residual = 0;
};
Line fit_line(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  double mx = 0, my = 0, sxx = 0, sxy = 0, square = 0;
  for (std::size_t i = 0; i < x.size(); ++i) mx += x[i], my += y[i];
  mx /= n;
  my /= n;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sxx += (x[i] - mx) * (x[i] - mx);
    sxy += (x[i] - mx) * (y[i] - my);
  }
  Line line;
  line.slope = sxx > 0 ? sxy / sxx : 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double left = y[i] - my - line.slope * (x[i] - mx);
    square += left * left;
  }
  line.residual = std::sqrt(square / n);
  return line;
}

/// Correlation of y with itself `lag` entries later.
double autocorrelation(const std::vector<double>& y, std::size_t lag) {
  double a = 0, b = 0, saa = 0, sbb = 0, sab = 0;
  const std::size_t n = y.size() - lag;
  for (std::size_t i = 0; i < n; ++i) a += y[i], b += y[i + lag];
  a /= static_cast<double>(n);
  b /= static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    saa += (y[i] - a) * (y[i] - a);
    sbb += (y[i + lag] - b) * (y[i + lag] - b);
    sab += (y[i] - a) * (y[i + lag] - b);
  }
  return saa > 0 && sbb > 0 ? sab / std::sqrt(saa * sbb) : 0;
}

/// The lag of the first peak of the autocorrelation after it was negative: a period, at most a
/// third of what is there. 0: none.
std::size_t period_of(const std::vector<double>& y, double& correlation) {
  bool turned = false;
  double best = 0;
  std::size_t period = 0;
  for (std::size_t lag = 1; lag <= y.size() / 3; ++lag) {
    const double c = autocorrelation(y, lag);
    if (c < 0) {
      if (period > 0) break;
      turned = true;
    } else if (turned && c > best) {
      best = c;
      period = lag;
    }
  }
  correlation = best;
  return period;
}

/// Gathers an event row by row.
class Seen {
 public:
  Seen(const Series& series, std::string id) : series_(&series) { event_.id = std::move(id); }

  void at(std::size_t row) {
    if (event_.count == 0) event_.first = series_->iteration[row];
    event_.last = series_->iteration[row];
    ++event_.count;
  }
  void number(const std::string& key, double value) { event_.numbers[key] = value; }
  long count() const { return event_.count; }
  void tell(std::vector<Event>& list, std::string sentence) {
    if (event_.count == 0) return;
    event_.sentence = std::move(sentence);
    list.push_back(std::move(event_));
  }

 private:
  const Series* series_;
  Event event_;
};

void find_rises(const Series& s, std::vector<Event>& list) {
  const auto& gap = s["gap_mapping"];
  Seen rises(s, "non_monotone");
  long steps = 0;
  double largest = 1;
  for (std::size_t i = 1; i < s.size(); ++i) {
    if (!s.next_to_last(i)) continue;
    ++steps;
    if (!(gap[i] > gap[i - 1])) continue;
    rises.at(i);
    if (gap[i - 1] > 0) largest = std::max(largest, gap[i] / gap[i - 1]);
  }
  const double share =
      steps > 0 ? static_cast<double>(rises.count()) / static_cast<double>(steps) : 0;
  rises.number("share", share);
  rises.number("largest_factor", largest);
  rises.tell(list,
             fmt::format("the gap rises in {} of {} steps ({:.1f} %), at most by a factor {:.4g}",
                         rises.count(), steps, 100 * share, largest));
}

/// A reported gap whose rises say nothing: the true gap falls in those steps.
void find_false_rises(const Series& s, std::vector<Event>& list) {
  const auto &gap = s["gap_mapping"], &reported = s["gap_reported"];
  Seen rises(s, "reported_rises");
  long falls = 0;
  for (std::size_t i = 1; i < s.size(); ++i) {
    if (!s.next_to_last(i) || !(gap[i] < gap[i - 1]) || std::isnan(reported[i - 1])) continue;
    ++falls;
    if (reported[i] > reported[i - 1]) rises.at(i);
  }
  const double share =
      falls > 0 ? static_cast<double>(rises.count()) / static_cast<double>(falls) : 0;
  rises.number("share", share);
  rises.tell(list, fmt::format("the reported gap rises in {} of {} steps ({:.1f} %) in which the "
                               "true gap falls",
                               rises.count(), falls, 100 * share));
}

void find_spikes(const Series& s, std::vector<Event>& list) {
  const auto& gap = s["gap_mapping"];
  Seen spikes(s, "spike");
  double largest = 0;
  for (std::size_t i = spike_window; i < s.size(); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    const double usual = median(std::vector<double>(
        gap.begin() + at - static_cast<std::ptrdiff_t>(spike_window), gap.begin() + at));
    if (!(usual > 0) || !(gap[i] > spike_factor * usual)) continue;
    spikes.at(i);
    largest = std::max(largest, gap[i] / usual);
  }
  spikes.number("largest_factor", largest);
  spikes.tell(list, fmt::format("{} rows with a gap more than {:.0f} times the median of the {} "
                                "rows before, at most {:.4g} times",
                                spikes.count(), spike_factor, spike_window, largest));
}

void find_tail(const Series& s, std::vector<Event>& list) {
  const Tail tail = fit_tail(s);
  const auto tell = [&](const std::string& id, const std::string& sentence) {
    Seen seen(s, id);
    for (std::size_t i = s.size() / 2; i < s.size(); ++i) seen.at(i);
    seen.number("level", tail.level);
    seen.number("swing", tail.swing);
    seen.number("increases", tail.increases);
    seen.number("period", tail.period);
    seen.number("exponent", tail.exponent);
    seen.number("rate", tail.rate);
    seen.tell(list, sentence);
  };
  switch (tail.shape) {
    case Tail::Shape::flat:
      return tell("plateau", fmt::format("over the last half the gap stays at {:.6e}, within a "
                                         "factor {:.4g}",
                                         tail.level, tail.swing));
    case Tail::Shape::power:
      if (tail.exponent < steep) return;
      return tell("stall", fmt::format("over the last half the gap falls like t^{:.3f}, not "
                                       "geometrically",
                                       tail.exponent));
    case Tail::Shape::cycle:
      return tell("limit_cycle",
                  fmt::format("over the last half the gap swings around {:.6e} by a factor {:.4g} "
                              "with period {:.1f}",
                              tail.level, tail.swing, tail.period));
    case Tail::Shape::wandering:
      return tell(
          "random_walk",
          fmt::format("over the last half the gap wanders around {:.3e} by a factor {:.4g}: "
                      "it rises in {:.0f} % of the steps",
                      tail.level, tail.swing, 100 * tail.increases));
    case Tail::Shape::rising:
      return tell("divergence", fmt::format("over the last half the gap grows by a factor {:.6g} "
                                            "per iteration",
                                            tail.rate));
    default:
      return;
  }
}

void find_rounding(const Series& s, std::vector<Event>& list) {
  if (!s.has("gap_direct") || !s.has("gap_implicit")) return;
  Seen seen(s, "rounding_floor");
  for (std::size_t i = 0; i < s.size(); ++i)
    if (s["gap_mapping"][i] <= rounding_level * (s["gap_direct"][i] + s["gap_implicit"][i]))
      seen.at(i);
  seen.tell(list,
            fmt::format("in {} rows the gap is what rounding leaves of its parts", seen.count()));
}

void find_flips(const Series& s, std::vector<Event>& list) {
  if (!s.has("active_set_digest")) return;
  Seen seen(s, "active_set_flip");
  for (std::size_t i = 1; i < s.size(); ++i)
    if (s.text(i, "active_set_digest") != s.text(i - 1, "active_set_digest")) seen.at(i);
  seen.tell(list, fmt::format("the active set changes {} times", seen.count()));
}

void find_momentum(const Series& s, std::vector<Event>& list) {
  const auto& cosine = s["cos_gradient_momentum"];
  Seen seen(s, "momentum_against_gradient");
  double lowest = 0;
  for (std::size_t i = 0; i < s.size(); ++i)
    if (cosine[i] < -0.2) {
      seen.at(i);
      lowest = std::min(lowest, cosine[i]);
    }
  seen.number("lowest_cosine", lowest);
  seen.tell(list, fmt::format("momentum points against the gradient in {} rows (cosine below -0.2, "
                              "down to {:.3f})",
                              seen.count(), lowest));
}

void find_steps(const Series& s, double x_size, const std::vector<bool>& on_boundary,
                std::vector<Event>& list) {
  const auto &asked = s["step_requested"], &applied = s["step_applied"], &length = s["step_length"],
             &momentum = s["momentum_norm"], &gap = s["gap_total"], &mapping = s["gap_mapping"];
  Seen capped(s, "step_limited"), raised(s, "step_raised"), untrue(s, "printed_step_not_applied");
  double least = 1, most = 1, worst = 1, last = 1, path = 0;
  for (const double l : length) path += l > 0 ? l : 0;
  const double size = std::max(path, x_size);
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (applied[i] < asked[i]) {
      capped.at(i);
      least = std::min(least, applied[i] / asked[i]);
    }
    if (applied[i] > asked[i]) {
      raised.at(i);
      most = std::max(most, applied[i] / asked[i]);
    }
    // A projection shortens steps too: only where there is none.
    if (gap[i] != mapping[i] || !(momentum[i] > 0) || !(applied[i] > 0)) continue;
    // |x_next - x| holds the rounding of x.
    const double true_step = length[i] / momentum[i];
    const auto step = static_cast<std::size_t>(s.iteration[i]);
    if (s.iteration[i] >= 0 && step < on_boundary.size() && on_boundary[step]) continue;
    if (std::fabs(length[i] - applied[i] * momentum[i]) > rounding_level * size &&
        std::fabs(true_step - applied[i]) > visible * applied[i]) {
      untrue.at(i);
      if (true_step > 0) {
        last = applied[i] / true_step;
        worst = std::max(worst, last);
      }
    }
  }
  capped.number("smallest_ratio", least);
  capped.tell(list, fmt::format("the step is shorter than the rule's in {} rows, down to a factor "
                                "{:.4g}",
                                capped.count(), least));
  raised.number("largest_ratio", most);
  raised.tell(list, fmt::format("the step is longer than the rule's in {} rows, up to a factor "
                                "{:.4g}",
                                raised.count(), most));
  untrue.number("largest_ratio", worst);
  untrue.number("last_ratio", last);
  untrue.tell(list, fmt::format("the stated step is not the one that moved x in {} rows, up to "
                                "{:.4g} times as long",
                                untrue.count(), worst));
}

/// The variance test that the status stands for, made again on the gaps of the trace.
void find_status(const Series& s, std::vector<Event>& list) {
  if (!s.has("status")) return;
  constexpr std::size_t window = 20;
  const auto& gap = s["gap_mapping"];
  Seen seen(s, "stale_status");
  double largest = 0;
  for (std::size_t i = window; i < s.size(); ++i) {
    if (s.text(i, "status") != "converged" ||
        s.iteration[i] - s.iteration[i - window + 1] != static_cast<long>(window) - 1)
      continue;
    double mean = 0, variance = 0;
    for (std::size_t k = i + 1 - window; k <= i; ++k) mean += gap[k] / window;
    for (std::size_t k = i + 1 - window; k <= i; ++k)
      variance += (gap[k] - mean) * (gap[k] - mean) / window;
    // The mean is known to 20 roundings.
    if (std::sqrt(variance) < 1e-4 + 0x1p-48 * mean) continue;
    seen.at(i);
    largest = std::max(largest, std::sqrt(variance));
  }
  seen.number("largest_deviation", largest);
  seen.tell(list, fmt::format("'converged' is said in {} rows where the last {} gaps deviate by up "
                              "to {:.3e}, above the test's 1e-4",
                              seen.count(), window, largest));
}

bool close(double a, double b) { return std::fabs(a - b) <= 1e-9 * std::fabs(b); }

/// The column gap_reported against what it may be. The estimate belongs to the point before the
/// step, whose gap the row before holds; a figure recomputed afterwards to this row.
void find_reports(const Series& s, std::vector<Event>& list) {
  const auto &reported = s["gap_reported"], &total = s["gap_total"];
  struct Suspect {
    const char *id, *column, *what;
  };
  constexpr Suspect suspects[] = {
      {"reported_is_direct", "gap_direct", "|grad_x f|, the direct part alone"},
      {"reported_is_implicit", "gap_implicit", "the implicit part alone"},
      {"reported_is_objective", "objective", "the objective"}};
  // At the end of a good run the parts cancel and are alike: the one that fits most rows it is.
  std::optional<Seen> best;
  std::string sentence;
  for (const Suspect& suspect : suspects) {
    const auto& column = s[suspect.column];
    Seen seen(s, suspect.id);
    long rows = 0, late_rows = 0, late = 0;
    for (std::size_t i = 1; i < s.size(); ++i) {
      if (std::isnan(reported[i])) continue;
      ++rows;
      const bool is_late = 2 * i > s.size();
      late_rows += is_late;
      const bool is =
          close(reported[i], column[i]) || (s.next_to_last(i) && close(reported[i], column[i - 1]));
      const bool is_total =
          close(reported[i], total[i]) || (s.next_to_last(i) && close(reported[i], total[i - 1]));
      if (!is || is_total) continue;
      seen.at(i);
      late += is_late;
    }
    const bool mostly = 2 * seen.count() > rows || 2 * late > late_rows;
    if (!mostly || (best && seen.count() <= best->count())) continue;
    sentence =
        fmt::format("the reported gap is {} in {} of {} rows", suspect.what, seen.count(), rows);
    best = seen;
  }
  if (best) best->tell(list, sentence);
  // Over the end: is the algorithm content where the true gap says otherwise?
  Seen seen(s, "reported_below_true");
  double least = 1;
  for (std::size_t i = s.size() - std::min<std::size_t>(s.size(), 20); i < s.size(); ++i) {
    if (std::isnan(reported[i]) || !(std::fabs(reported[i]) < 0.1 * total[i])) continue;
    seen.at(i);
    least = std::min(least, std::fabs(reported[i]) / total[i]);
  }
  seen.number("smallest_ratio", least);
  seen.tell(list, fmt::format("at the end the algorithm reports down to {:.3g} times the true gap",
                              least));
}

void find_lower_level(const Series& s, std::vector<Event>& list) {
  if (!s.has("lower_level_status")) return;
  Seen seen(s, "lower_level_not_converged");
  for (std::size_t i = 0; i < s.size(); ++i) {
    const std::string& word = s.text(i, "lower_level_status");
    if (!word.empty() && word != "solved") seen.at(i);
  }
  seen.tell(list, fmt::format("the lower level is not solved in {} rows", seen.count()));
}

void find_kinks(const Series& s, std::vector<Event>& list) {
  if (!s.has("weakly_active")) return;
  Seen seen(s, "kink"), dependent(s, "dependent_rows");
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s["weakly_active"][i] > 0) seen.at(i);
    if (s.has("licq") && s["licq"][i] == 0) dependent.at(i);
  }
  seen.tell(list,
            fmt::format("a row holds with zero multiplier in {} rows of the trace: F may have "
                        "a kink there",
                        seen.count()));
  dependent.tell(list, fmt::format("the rows that hold are dependent in {} rows of the trace",
                                   dependent.count()));
}

}  // namespace

const std::vector<EventInfo>& event_catalogue() {
  static const std::vector<EventInfo> catalogue = {
      {"non_monotone", "the gap rises from one iteration to the next"},
      {"reported_rises",
       "the reported gap rises though the true gap falls: where that happens in about half of the "
       "steps, a score of monotone steps is a coin flip"},
      {"spike", "a gap more than 10 times the median of the 20 rows before"},
      {"plateau", "over the last half log gap changes by less than 0.05"},
      {"stall", "over the last half the gap falls like a power of t, slower than t^-2"},
      {"limit_cycle",
       "over the last half the gap repeats itself with a period (correlation at least 0.7)"},
      {"random_walk", "over the last half the gap goes up and down without a period"},
      {"divergence", "over the last half the gap grows geometrically"},
      {"rounding_floor", "the gap is below 2^-43 of its parts: rounding"},
      {"active_set_flip", "the rows that are active change"},
      {"momentum_against_gradient",
       "the cosine between smoothed gradient and momentum is below -0.2"},
      {"step_limited", "the applied step is shorter than the rule's: a cap"},
      {"step_raised", "the applied step is longer than the rule's: a floor"},
      {"printed_step_not_applied",
       "|x_next - x| is not the stated step times the momentum's norm, by more than 1 %"},
      {"stale_status",
       "'converged' stands where the variance of the last 20 gaps is above (1e-4)^2"},
      {"reported_is_direct",
       "the reported gap is the direct part alone, in most rows or most of the last half"},
      {"reported_is_implicit",
       "the reported gap is the implicit part alone, in most rows or most of the last half"},
      {"reported_is_objective",
       "the reported gap is the objective, in most rows or most of the last half"},
      {"reported_below_true",
       "in the last 20 rows the algorithm's own gradient is less than a tenth of the true one"},
      {"lower_level_not_converged", "the algorithm's lower level is not solved"},
      {"kink", "a row holds with zero multiplier"},
      {"dependent_rows", "the rows that hold are dependent"},
      {"probe_cosine_wrong",
       "a probe's recorded cosine is not that of the estimate and grad F, beyond rounding"}};
  return catalogue;
}

Series::Series(const Trace& trace) : trace_(trace) {
  for (std::size_t i = 0; i < trace.rows.size(); ++i)
    iteration.push_back(static_cast<long>(trace.number(i, "iteration")));
}

const std::vector<double>& Series::operator[](const std::string& column) const {
  const auto found = columns_.find(column);
  if (found != columns_.end()) return found->second;
  std::vector<double>& values = columns_[column];
  const bool known = has(column);
  for (std::size_t i = 0; i < trace_.rows.size(); ++i)
    values.push_back(known ? trace_.number(i, column) : std::numeric_limits<double>::quiet_NaN());
  return values;
}

std::string to_string(Tail::Shape shape) {
  switch (shape) {
    case Tail::Shape::linear:
      return "linear";
    case Tail::Shape::power:
      return "power";
    case Tail::Shape::flat:
      return "flat";
    case Tail::Shape::cycle:
      return "cycle";
    case Tail::Shape::wandering:
      return "wandering";
    case Tail::Shape::rising:
      return "rising";
    case Tail::Shape::too_short:
      return "too short";
  }
  return "";
}

Tail fit_tail(const Series& s, const std::string& column) {
  Tail tail;
  const auto& gap = s[column];
  std::vector<double> t, log_t, y;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  long steps = 0, rises = 0;
  for (std::size_t i = s.size() / 2; i < s.size(); ++i) {
    if (!(gap[i] > 0) || !std::isfinite(gap[i])) return tail;
    if (!y.empty()) {
      if (!s.next_to_last(i)) return tail;
      ++steps;
      rises += gap[i] > gap[i - 1] ? 1 : 0;
    }
    t.push_back(static_cast<double>(s.iteration[i]));
    log_t.push_back(natural_log(t.back() + 2));
    y.push_back(natural_log(gap[i]));
    least = std::min(least, gap[i]);
    most = std::max(most, gap[i]);
  }
  if (y.size() < 20) return tail;
  double mean = 0;
  for (const double v : y) mean += v / static_cast<double>(y.size());
  tail.level = exponential(mean);
  tail.swing = most / least;
  tail.last = gap.back();
  tail.increases = static_cast<double>(rises) / static_cast<double>(steps);
  const Line by_t = fit_line(t, y), by_log = fit_line(log_t, y);
  tail.rate = exponential(by_t.slope);
  tail.exponent = by_log.slope;
  const double fall = -by_t.slope * (t.back() - t.front());

  if (natural_log(tail.swing) < flat_fall) {
    tail.shape = Tail::Shape::flat;
    return tail;
  }
  const bool power = by_log.residual < by_t.residual;
  if (std::min(by_t.residual, by_log.residual) < fit_share * std::fabs(fall)) {
    tail.shape = fall < 0 ? Tail::Shape::rising : power ? Tail::Shape::power : Tail::Shape::linear;
    return tail;
  }
  const std::size_t period = period_of(y, tail.correlation);
  if (period > 0 && tail.correlation >= cycle_correlation) {
    tail.shape = Tail::Shape::cycle;
    tail.period = static_cast<double>(period);
  } else if (tail.increases >= wander_share) {
    tail.shape = Tail::Shape::wandering;
  } else {
    tail.shape = fall > 0 ? Tail::Shape::power : Tail::Shape::flat;
  }
  // Oscillations on the way down, as a loop with momentum makes: the fall outweighs them.
  if (fall > fall_over_swing * std::min(by_t.residual, by_log.residual) &&
      tail.shape != Tail::Shape::flat)
    tail.shape = power ? Tail::Shape::power : Tail::Shape::linear;
  return tail;
}

std::vector<Event> find_events(const Trace& trace, double x_size,
                               const std::vector<bool>& on_boundary) {
  const Series s(trace);
  std::vector<Event> list;
  if (s.size() == 0) return list;
  find_rises(s, list);
  find_false_rises(s, list);
  find_spikes(s, list);
  find_tail(s, list);
  find_rounding(s, list);
  find_flips(s, list);
  find_momentum(s, list);
  find_steps(s, x_size, on_boundary, list);
  find_status(s, list);
  find_reports(s, list);
  find_lower_level(s, list);
  find_kinks(s, list);
  return list;
}

}  // namespace assay
