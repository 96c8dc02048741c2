#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "assay/check/compare.hpp"
#include "assay/check/distance.hpp"

namespace assay {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// "0, 1, 2 and 7 more": enough to see the pattern.
std::string first_few(const std::vector<long>& numbers) {
  constexpr std::size_t shown = 5;
  std::vector<std::string> words;
  for (std::size_t i = 0; i < std::min(shown, numbers.size()); ++i)
    words.push_back(std::to_string(numbers[i]));
  std::string text = joined(words);
  if (numbers.size() > shown) text += fmt::format(" and {} more", numbers.size() - shown);
  return text;
}

std::string first_divergence(const Comparison& c) {
  const ColumnDifference& first = c.columns.front();
  std::vector<std::string> also;
  for (const ColumnDifference& other : c.columns)
    if (&other != &first && other.iteration == first.iteration) also.push_back(other.column);
  std::string text = fmt::format(
      "first divergence: iteration {}, column {}\n"
      "  left   {}\n  right  {}\n  apart  {}\n  {}: {}\n",
      first.iteration, first.column, first.left, first.right, distance_text(first.ulps),
      first.inherited ? "inherited" : "originated here", first.cause);
  if (!also.empty()) text += fmt::format("  in the same row also: {}\n", joined(also));
  return text;
}

/// The largest effects first. What stays a million times below the largest is named in one line.
std::string column_table(const Comparison& c) {
  std::vector<ColumnDifference> by_effect = c.columns;
  std::stable_sort(
      by_effect.begin(), by_effect.end(),
      [](const ColumnDifference& a, const ColumnDifference& b) { return a.max_ulps > b.max_ulps; });
  constexpr double small = 1e-6;
  double largest = 0;  // of the distances that are numbers
  for (const ColumnDifference& d : by_effect)
    if (std::isfinite(d.max_ulps)) largest = std::max(largest, d.max_ulps);
  const auto folded =
      std::find_if(by_effect.begin(), by_effect.end(), [&](const ColumnDifference& d) {
        return std::isfinite(d.max_ulps) && d.max_ulps < small * largest;
      });
  std::vector<std::string> rest;
  for (auto it = folded; it != by_effect.end(); ++it) rest.push_back(it->column);
  const std::string at_most = rest.empty() ? "" : distance_text(folded->max_ulps);
  by_effect.erase(folded, by_effect.end());

  std::size_t width = 6;
  for (const ColumnDifference& d : by_effect) width = std::max(width, d.column.size());
  std::string text = fmt::format("{:<{}}  {:>9}  {:>8}  {:>24}  {:>13}  origin\n", "column", width,
                                 "from", "rows", "at most", "digits at end");
  for (const ColumnDifference& d : by_effect)
    text += fmt::format("{:<{}}  {:>9}  {:>8}  {:>24}  {:>13}  {}\n", d.column, width, d.iteration,
                        d.rows, distance_text(d.max_ulps), d.digits_at_end,
                        d.inherited ? "inherited" : "originated");
  if (!rest.empty())
    text += fmt::format("less than a millionth of that (at most {}): {}\n", at_most, joined(rest));
  return text;
}

/// JSON has no infinity: a distance that is none becomes null.
nlohmann::json ulps_json(double ulps) {
  return std::isfinite(ulps) ? nlohmann::json(ulps) : nlohmann::json(nullptr);
}

}  // namespace

std::string slack_text(const std::vector<ColumnRule>& rules, const Comparison& comparison) {
  std::string text;
  for (const ColumnRule& rule : rules) {
    const auto needs =
        std::find_if(comparison.columns.begin(), comparison.columns.end(),
                     [&](const ColumnDifference& d) { return d.column == rule.column; });
    const std::string allowed =
        rule.max_ulps ? "at most " + distance_text(*rule.max_ulps) : "anything";
    const std::string needed = needs == comparison.columns.end()
                                   ? "nothing is needed, so it could go"
                                   : distance_text(needs->max_ulps) + " needed";
    text += fmt::format("rule for {}: {}; {}\n", rule.column, allowed, needed);
  }
  return text;
}

std::string comparison_text(const Comparison& c, const std::string& left_name,
                            const std::string& right_name) {
  if (c.equal())
    return fmt::format("equal: {} and {} ({} rows)\n", left_name, right_name, c.shared_rows);
  std::string text = fmt::format("left   {}\nright  {}\n", left_name, right_name);
  const auto add = [&](const char* what, const std::string& which) {
    if (!which.empty()) text += fmt::format("{}: {}\n", what, which);
  };
  add("columns only left", joined(c.columns_only_left));
  add("columns only right", joined(c.columns_only_right));
  add("iterations only left", first_few(c.rows_only_left));
  add("iterations only right", first_few(c.rows_only_right));
  if (c.columns.empty())
    return text + fmt::format("the {} rows and the columns both have are equal\n", c.shared_rows);
  return text + first_divergence(c) + column_table(c);
}

std::string comparison_json(const Comparison& c, const std::string& left_name,
                            const std::string& right_name) {
  nlohmann::ordered_json json = {{"format", "assay-compare/1"},
                                 {"equal", c.equal()},
                                 {"left", left_name},
                                 {"right", right_name},
                                 {"scalar", c.scalar},
                                 {"shared_rows", c.shared_rows},
                                 {"columns_only_left", c.columns_only_left},
                                 {"columns_only_right", c.columns_only_right},
                                 {"iterations_only_left", c.rows_only_left},
                                 {"iterations_only_right", c.rows_only_right}};
  json["columns"] = nlohmann::ordered_json::array();
  for (const ColumnDifference& d : c.columns)
    json["columns"].push_back({{"column", d.column},
                               {"iteration", d.iteration},
                               {"left", d.left},
                               {"right", d.right},
                               {"ulps", ulps_json(d.ulps)},
                               {"rows", d.rows},
                               {"max_ulps", ulps_json(d.max_ulps)},
                               {"digits_at_end", d.digits_at_end},
                               {"origin", d.inherited ? "inherited" : "originated"},
                               {"cause", d.cause}});
  return json.dump(2) + "\n";
}

}  // namespace assay
