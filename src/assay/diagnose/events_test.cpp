#include "assay/diagnose/events.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "assay/scalar/text.hpp"

namespace assay {
namespace {

/// A trace of `rows` iterations whose columns are functions of the iteration.
Trace made(long rows, const std::map<std::string, std::function<double(long)>>& columns) {
  Trace trace;
  trace.columns.push_back("iteration");
  for (const auto& [name, f] : columns) trace.columns.push_back(name);
  for (long t = 0; t < rows; ++t) {
    trace.rows.push_back({std::to_string(t)});
    for (const auto& [name, f] : columns) trace.rows.back().push_back(to_text(f(t)));
  }
  return trace;
}

Tail tail_of(const std::function<double(long)>& gap) {
  const Trace trace = made(400, {{"gap_mapping", gap}});
  return fit_tail(Series(trace));
}

const Event* find(const std::vector<Event>& events, const std::string& id) {
  for (const Event& event : events)
    if (event.id == id) return &event;
  return nullptr;
}

TEST(Tail, TellsTheShapesApart) {
  Tail tail = tail_of([](long t) { return std::pow(0.97, static_cast<double>(t)); });
  EXPECT_EQ(tail.shape, Tail::Shape::linear);
  EXPECT_NEAR(tail.rate, 0.97, 1e-12);

  tail = tail_of([](long t) { return 3 / static_cast<double>(t + 2); });
  EXPECT_EQ(tail.shape, Tail::Shape::power);
  EXPECT_NEAR(tail.exponent, -1, 1e-12);

  tail = tail_of([](long t) { return 0.004 + 1e-6 / static_cast<double>(t + 1); });
  EXPECT_EQ(tail.shape, Tail::Shape::flat);
  EXPECT_NEAR(tail.level, 0.004, 1e-7);

  tail = tail_of([](long t) { return 0.15 + 0.02 * std::sin(0.11 * static_cast<double>(t)); });
  EXPECT_EQ(tail.shape, Tail::Shape::cycle);
  EXPECT_NEAR(tail.period, 2 * M_PI / 0.11, 1);

  tail = tail_of([](long t) { return std::pow(1.02, static_cast<double>(t)); });
  EXPECT_EQ(tail.shape, Tail::Shape::rising);

  // Steps of a fixed sequence without a period.
  std::uint64_t word = 1;
  double log_gap = 0;
  tail = tail_of([&](long) {
    word = word * 6364136223846793005ULL + 1442695040888963407ULL;
    log_gap = 0.9 * log_gap + (static_cast<double>(word >> 11) * 0x1p-53 - 0.5);
    return std::exp(log_gap);
  });
  EXPECT_EQ(tail.shape, Tail::Shape::wandering);
  EXPECT_GT(tail.increases, 0.4);
  EXPECT_LT(tail.increases, 0.6);

  const Trace few = made(10, {{"gap_mapping", [](long) { return 1.0; }}});
  EXPECT_EQ(fit_tail(Series(few)).shape, Tail::Shape::too_short);
}

TEST(Events, AQuietTraceHasNone) {
  const auto one = [](long t) { return std::pow(0.9, static_cast<double>(t)); };
  const Trace trace = made(60, {{"gap_mapping", one},
                                {"gap_total", one},
                                {"gap_direct", one},
                                {"gap_implicit", [](long) { return 0.5; }},
                                {"gap_reported", [&](long t) { return one(t - 1); }},
                                {"step_requested", [](long) { return 0.1; }},
                                {"step_applied", [](long) { return 0.1; }},
                                {"momentum_norm", one},
                                {"step_length", [&](long t) { return 0.1 * one(t); }},
                                {"cos_gradient_momentum", [](long) { return 1.0; }}});
  for (const Event& event : find_events(trace)) ADD_FAILURE() << event.id << ": " << event.sentence;
}

TEST(Events, SpikesAndRises) {
  const Trace trace = made(100, {{"gap_mapping", [](long t) { return t == 70 ? 50.0 : 1.0; }}});
  const auto events = find_events(trace);
  ASSERT_NE(find(events, "spike"), nullptr);
  EXPECT_EQ(find(events, "spike")->first, 70);
  EXPECT_EQ(find(events, "spike")->count, 1);
  EXPECT_EQ(find(events, "spike")->numbers.at("largest_factor"), 50);
  ASSERT_NE(find(events, "non_monotone"), nullptr);
  EXPECT_EQ(find(events, "non_monotone")->count, 1);
}

TEST(Events, StepsThatWereNotTaken) {
  const auto one = [](long) { return 1.0; };
  std::map<std::string, std::function<double(long)>> columns = {
      {"gap_mapping", one},
      {"gap_total", one},
      {"step_requested", [](long) { return 0.2; }},
      {"momentum_norm", one},
      {"step_applied", [](long t) { return t < 5 ? 0.2 : 0.1; }}};
  columns["step_length"] = columns["step_applied"];
  auto events = find_events(made(30, columns));
  ASSERT_NE(find(events, "step_limited"), nullptr);
  EXPECT_EQ(find(events, "step_limited")->count, 25);
  EXPECT_EQ(find(events, "step_limited")->numbers.at("smallest_ratio"), 0.5);
  EXPECT_EQ(find(events, "printed_step_not_applied"), nullptr);
  columns["step_applied"] = columns["step_requested"];
  events = find_events(made(30, columns));
  EXPECT_EQ(find(events, "step_limited"), nullptr);
  ASSERT_NE(find(events, "printed_step_not_applied"), nullptr);
  EXPECT_EQ(find(events, "printed_step_not_applied")->count, 25);
  EXPECT_NEAR(find(events, "printed_step_not_applied")->numbers.at("largest_ratio"), 2, 1e-15);
}

TEST(Events, ReportsThatMeanSomethingElse) {
  const auto falling = [](long t) { return 1 + std::pow(0.9, static_cast<double>(t)); };
  std::map<std::string, std::function<double(long)>> columns = {
      {"gap_mapping", falling},
      {"gap_total", falling},
      {"gap_direct", [](long t) { return std::pow(0.8, static_cast<double>(t)); }},
      {"gap_implicit", [](long) { return 1.0; }},
      {"objective", [](long t) { return -3 + std::pow(0.7, static_cast<double>(t)); }}};
  for (const auto& [column, id] :
       {std::pair<std::string, std::string>{"gap_direct", "reported_is_direct"},
        {"gap_implicit", "reported_is_implicit"},
        {"objective", "reported_is_objective"}}) {
    // Taken before the step, and after it.
    for (const long back : {0L, 1L}) {
      columns["gap_reported"] = [&, f = columns[column]](long t) { return f(t - back); };
      const auto events = find_events(made(60, columns));
      EXPECT_NE(find(events, id), nullptr) << id;
      EXPECT_EQ(find(events, "reported_below_true") != nullptr, column == "gap_direct");
    }
  }
  columns["gap_reported"] = [&](long t) { return falling(t - 1); };
  for (const Event& event : find_events(made(60, columns)))
    EXPECT_NE(event.id.substr(0, 8), "reported") << event.id;
}

TEST(Events, AStatusThatIsNoLongerTrue) {
  // Quiet for 40 rows, then swinging.
  Trace trace = made(80, {{"gap_mapping", [](long t) {
                             return t < 40 ? 0.01 : 0.01 + 0.005 * (t % 2 == 0 ? 1 : -1);
                           }}});
  trace.columns.push_back("status");
  for (std::size_t i = 0; i < trace.rows.size(); ++i)
    trace.rows[i].push_back(i < 30 ? "running" : "converged");
  const auto events = find_events(trace);
  const Event* event = find(events, "stale_status");
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->first, 40);
  EXPECT_EQ(event->last, 79);
  for (std::size_t i = 40; i < trace.rows.size(); ++i) trace.rows[i].back() = "running";
  EXPECT_EQ(find(find_events(trace), "stale_status"), nullptr);
}

TEST(Events, OfTheLowerLevelAndItsRows) {
  Trace trace = made(10, {{"gap_mapping", [](long) { return 1.0; }},
                          {"cos_gradient_momentum", [](long t) { return t == 4 ? -0.5 : 0.9; }},
                          {"weakly_active", [](long t) { return t == 9 ? 1.0 : 0.0; }},
                          {"licq", [](long t) { return t == 8 ? 0.0 : 1.0; }}});
  trace.columns.push_back("active_set_digest");
  trace.columns.push_back("lower_level_status");
  for (std::size_t i = 0; i < trace.rows.size(); ++i) {
    trace.rows[i].push_back(i < 6 ? "a" : "b");
    trace.rows[i].push_back(i == 2 ? "not converged" : "solved");
  }
  const auto events = find_events(trace);
  for (const auto& [id, at] : std::map<std::string, long>{{"momentum_against_gradient", 4},
                                                          {"kink", 9},
                                                          {"dependent_rows", 8},
                                                          {"active_set_flip", 6},
                                                          {"lower_level_not_converged", 2}}) {
    const Event* event = find(events, id);
    ASSERT_NE(event, nullptr) << id;
    EXPECT_EQ(event->first, at) << id;
    EXPECT_EQ(event->count, 1) << id;
  }
}

/// Fixed numbers in (0, 1) without a period.
class Shuffled {
 public:
  double operator()() {
    word_ = word_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(word_ >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t word_ = 1;
};

double wave(long t) { return std::sin(2 * M_PI * static_cast<double>(t) / 25); }

TEST(Tail, IsFlatBelowATwentieth) {
  // The tail is rows 200 to 399: log gap changes by `fall` over it.
  const auto shape = [](double fall) {
    return tail_of([&](long t) { return std::exp(-fall * static_cast<double>(t) / 199); }).shape;
  };
  EXPECT_EQ(shape(0.0499), Tail::Shape::flat);
  EXPECT_EQ(shape(0.0501), Tail::Shape::linear);
}

TEST(Tail, NeedsTwentyRows) {
  const auto shape = [](long rows) {
    const Trace trace =
        made(rows, {{"gap_mapping", [](long t) { return std::pow(0.5, static_cast<double>(t)); }}});
    return fit_tail(Series(trace)).shape;
  };
  EXPECT_EQ(shape(39), Tail::Shape::linear);  // rows 19 to 38
  EXPECT_EQ(shape(38), Tail::Shape::too_short);
}

/// Noise on a wave: a period from a correlation of 0.7 on.
TEST(Tail, IsACycleFromACorrelationOn) {
  long below = 0, above = 0;
  for (int k = 0; k < 80; ++k) {
    Shuffled shuffled;
    const double noise = 0.5 + k / 40.0;
    const Tail tail =
        tail_of([&](long t) { return std::exp(wave(t) + noise * (shuffled() - 0.5)); });
    EXPECT_EQ(tail.shape == Tail::Shape::cycle, tail.correlation >= 0.7) << tail.correlation;
    below += tail.correlation > 0.65 && tail.correlation < 0.7;
    above += tail.correlation >= 0.7 && tail.correlation < 0.75;
  }
  EXPECT_GT(below, 0);
  EXPECT_GT(above, 0);
}

/// Rare large rises and many small falls: without a period it wanders if a quarter of the steps
/// rise.
TEST(Tail, WandersFromAShareOfRisesOn) {
  long below = 0, above = 0;
  for (int k = 0; k < 80; ++k) {
    Shuffled shuffled;
    const double share = 0.15 + k / 400.0;
    double log_gap = 0;
    const Tail tail = tail_of([&](long) {
      log_gap = 0.8 * log_gap + (shuffled() < share ? 1 / share : 0);
      return std::exp(log_gap);
    });
    if (tail.shape == Tail::Shape::cycle) continue;
    EXPECT_EQ(tail.shape == Tail::Shape::wandering, tail.increases >= 0.25) << tail.increases;
    below += tail.increases > 0.2 && tail.increases < 0.25;
    above += tail.increases >= 0.25 && tail.increases < 0.3;
  }
  EXPECT_GT(below, 0);
  EXPECT_GT(above, 0);
}

/// A wave of amplitude A, eight times over the tail and the same before and after its middle, bends
/// no line through it and leaves A / sqrt(2) around it: with a tenth of what the line explains it
/// rises still, with a half it still falls.
TEST(Tail, AWaveOnASlopeIsASlopeUpToAShare) {
  const auto shape = [](double fall, double left) {
    return tail_of([&](long t) {
             const double from_middle = static_cast<double>(t) - 299.5;
             return std::exp(-fall * from_middle / 199 +
                             std::sqrt(2) * left * std::cos(2 * M_PI * from_middle / 25));
           })
        .shape;
  };
  EXPECT_EQ(shape(-1, 0.099), Tail::Shape::rising);
  EXPECT_EQ(shape(-1, 0.101), Tail::Shape::wandering);  // no period shows on such a slope
  EXPECT_EQ(shape(1, 0.495), Tail::Shape::linear);
  EXPECT_EQ(shape(1, 0.505), Tail::Shape::cycle);
}

TEST(Events, OfTheTailHaveTheirNames) {
  Shuffled shuffled;
  double log_gap = 0;
  const std::map<std::string, std::function<double(long)>> gaps = {
      {"plateau", [](long) { return 0.5; }},
      {"stall", [](long t) { return 3 / static_cast<double>(t + 2); }},
      {"limit_cycle", [](long t) { return std::exp(wave(t)); }},
      {"random_walk",
       [&](long) {
         log_gap = 0.9 * log_gap + shuffled() - 0.5;
         return std::exp(log_gap);
       }},
      {"divergence", [](long t) { return std::pow(1.02, static_cast<double>(t)); }},
      {"", [](long t) { return std::pow(0.9, static_cast<double>(t)); }}};
  for (const auto& [id, gap] : gaps) {
    const auto events = find_events(made(400, {{"gap_mapping", gap}}));
    for (const auto& [other, unused] : gaps)
      if (!other.empty()) {
        EXPECT_EQ(find(events, other) != nullptr, other == id) << other << " of " << id;
      }
    if (id.empty()) continue;
    ASSERT_NE(find(events, id), nullptr) << id;
    EXPECT_EQ(find(events, id)->first, 200);
    EXPECT_EQ(find(events, id)->last, 399);
  }
}

/// Where x is projected, its step is shorter than the stated one, and rightly so.
TEST(Events, AStepThatWasProjectedIsNotUntrue) {
  const auto one = [](long) { return 1.0; };
  std::map<std::string, std::function<double(long)>> columns = {
      {"gap_mapping", [](long) { return 0.5; }},
      {"gap_total", one},
      {"step_requested", [](long) { return 0.2; }},
      {"step_applied", [](long) { return 0.2; }},
      {"momentum_norm", one},
      {"step_length", [](long) { return 0.1; }}};
  EXPECT_EQ(find(find_events(made(30, columns)), "printed_step_not_applied"), nullptr);
  columns["gap_mapping"] = one;
  const auto events = find_events(made(30, columns));
  ASSERT_NE(find(events, "printed_step_not_applied"), nullptr);
  const long all = find(events, "printed_step_not_applied")->count;
  // Steps that end on the boundary of X are the projection's, whatever the gap says there.
  std::vector<bool> on_boundary(30, false);
  for (const std::size_t t : {3U, 17U}) on_boundary[t] = true;
  const auto fewer = find_events(made(30, columns), 0, on_boundary);
  ASSERT_NE(find(fewer, "printed_step_not_applied"), nullptr);
  EXPECT_EQ(find(fewer, "printed_step_not_applied")->count, all - 2);
}

/// A figure that is the direct part from some iteration on: of 60 rows it has to be in more than
/// half of all or of the last 29.
TEST(Events, AReportMayGoWrongOnTheWay) {
  const auto from = [](long first) {
    return find_events(
        made(60, {{"gap_mapping", [](long) { return 1.0; }},
                  {"gap_total", [](long) { return 1.0; }},
                  {"gap_direct", [](long) { return 0.5; }},
                  {"gap_implicit", [](long) { return 0.7; }},
                  {"objective", [](long) { return 9.0; }},
                  {"gap_reported", [first](long t) { return t < first ? 1.0 : 0.5; }}}));
  };
  EXPECT_NE(find(from(45), "reported_is_direct"), nullptr);
  EXPECT_EQ(find(from(46), "reported_is_direct"), nullptr);
}

/// t^-1.9 stalls, t^-2.1 does not.
TEST(Events, AStallIsSlowerThanTheSquare) {
  const auto falls_like = [](double p) {
    return find_events(made(
        200, {{"gap_mapping", [p](long t) { return std::pow(static_cast<double>(t + 1), -p); }}}));
  };
  EXPECT_NE(find(falls_like(1.9), "stall"), nullptr);
  EXPECT_EQ(find(falls_like(2.1), "stall"), nullptr);
}

TEST(Events, AFloorRaisesTheStep) {
  const Trace trace = made(30, {{"gap_mapping", [](long) { return 1.0; }},
                                {"step_requested", [](long) { return 0.2; }},
                                {"step_applied", [](long t) { return t < 4 ? 0.2 : 0.5; }}});
  const auto events = find_events(trace);
  EXPECT_EQ(find(events, "step_limited"), nullptr);
  const Event* raised = find(events, "step_raised");
  ASSERT_NE(raised, nullptr);
  EXPECT_EQ(raised->first, 4);
  EXPECT_EQ(raised->count, 26);
  EXPECT_EQ(raised->numbers.at("largest_ratio"), 2.5);
}

/// Each event on both sides of its limit.
TEST(Events, BeginAtTheirLimits) {
  const auto one = [](long) { return 1.0; };
  using Columns = std::map<std::string, std::function<double(long)>>;
  const auto seen = [&](const std::string& id, const Columns& columns, double x_size = 0) {
    return find(find_events(made(60, columns), x_size), id) != nullptr;
  };
  const auto constant = [](double value) { return [value](long) { return value; }; };
  const auto spike = [](double height) {
    return Columns{{"gap_mapping", [height](long t) { return t == 40 ? height : 1.0; }}};
  };
  EXPECT_FALSE(seen("spike", spike(10)));
  EXPECT_TRUE(seen("spike", spike(10.01)));

  const auto floor = [&](double gap) {
    return Columns{{"gap_mapping", constant(gap)},
                   {"gap_direct", constant(0.25)},
                   {"gap_implicit", constant(0.75)}};
  };
  EXPECT_TRUE(seen("rounding_floor", floor(0x1p-43)));
  EXPECT_FALSE(seen("rounding_floor", floor(1.01 * 0x1p-43)));

  const auto against = [&](double cosine) {
    return Columns{{"gap_mapping", one}, {"cos_gradient_momentum", constant(cosine)}};
  };
  EXPECT_FALSE(seen("momentum_against_gradient", against(-0.2)));
  EXPECT_TRUE(seen("momentum_against_gradient", against(-0.21)));

  const auto step = [&](double applied, double length) {
    return Columns{{"gap_mapping", one},
                   {"gap_total", one},
                   {"momentum_norm", one},
                   {"step_requested", constant(applied)},
                   {"step_applied", constant(applied)},
                   {"step_length", constant(length)}};
  };
  EXPECT_FALSE(seen("printed_step_not_applied", step(0.1, 0.1009)));
  EXPECT_TRUE(seen("printed_step_not_applied", step(0.1, 0.1011)));
  // 2^-43 of |x| is what a step of x can hide: here a difference of 0.1.
  EXPECT_FALSE(seen("printed_step_not_applied", step(0.1, 0.2), 0.101 * 0x1p43));
  EXPECT_TRUE(seen("printed_step_not_applied", step(0.1, 0.2), 0.099 * 0x1p43));

  const auto report = [&](double reported) {
    return Columns{{"gap_mapping", one}, {"gap_total", one}, {"gap_reported", constant(reported)}};
  };
  EXPECT_FALSE(seen("reported_below_true", report(0.1)));
  EXPECT_TRUE(seen("reported_below_true", report(0.099)));
  EXPECT_TRUE(seen("reported_below_true", report(-0.099)));

  // The direct part, to 1e-9, in more than half of the 59 rows that have one before.
  const auto direct = [&](double factor, long rows) {
    return Columns{{"gap_mapping", one},
                   {"gap_total", one},
                   {"gap_direct", constant(0.5)},
                   {"gap_reported",
                    [factor, rows](long t) { return t >= 1 && t <= rows ? 0.5 * factor : 0.7; }}};
  };
  EXPECT_TRUE(seen("reported_is_direct", direct(1 + 0.9e-9, 59)));
  EXPECT_FALSE(seen("reported_is_direct", direct(1 + 1.1e-9, 59)));
  EXPECT_TRUE(seen("reported_is_direct", direct(1, 30)));
  EXPECT_FALSE(seen("reported_is_direct", direct(1, 29)));

  // Gaps that alternate by d around 1 have a variance of d^2: the test's limit is 1e-8.
  const auto stale = [&](double d) {
    Trace trace = made(60, {{"gap_mapping", [d](long t) { return t % 2 == 0 ? 1 + d : 1 - d; }}});
    trace.columns.push_back("status");
    for (auto& row : trace.rows) row.push_back("converged");
    return find(find_events(trace), "stale_status") != nullptr;
  };
  EXPECT_FALSE(stale(0.999e-4));
  EXPECT_TRUE(stale(1.001e-4));
  // A gap that stands still at 3e15, where the mean of 20 is known to a unit or so.
  Trace still = made(60, {{"gap_mapping", [](long) { return 3277990000000001.5; }}});
  still.columns.push_back("status");
  for (auto& row : still.rows) row.push_back("converged");
  EXPECT_EQ(find(find_events(still), "stale_status"), nullptr);

  // A rise is a larger gap, not an equal one.
  EXPECT_FALSE(seen("non_monotone", Columns{{"gap_mapping", one}}));
  EXPECT_TRUE(seen("non_monotone", spike(1.0001)));
}

TEST(Events, HaveTheirMeaningInTheCatalogue) {
  std::map<std::string, int> known;
  for (const EventInfo& info : event_catalogue()) {
    EXPECT_EQ(++known[info.id], 1) << info.id;
    EXPECT_FALSE(info.summary.empty());
  }
  EXPECT_GE(known.size(), 20U);
}

}  // namespace
}  // namespace assay
