#pragma once

#include <string>
#include <vector>

#include "assay/scalar/digest.hpp"
#include "assay/scalar/text.hpp"

namespace assay {

/// What a run knows of one iteration. Row `iteration` = t describes the state after step t; row -1
/// is the starting point, where everything about a step is empty. The true quantities (objective,
/// gaps, active set, margins) are those of the exact lower level at the point arrived at; the
/// lower_level_* columns are the certificate of the algorithm's own lower-level answer during the
/// step.
template <class S>
struct Record {
  long iteration = -1;
  S objective{0};     ///< F(x)
  S gap_total{0};     ///< |grad F(x)|
  S gap_direct{0};    ///< |grad_x f|
  S gap_implicit{0};  ///< |(dy*/dx)' grad_y f|
  S gap_mapping{0};   ///< |x - P_X(x - grad F(x))|, equal to gap_total where X is the whole space

  bool has_step = false;
  S gap_reported{
      0};  ///< what the algorithm itself would print: its estimate's norm where it took it
  S step_requested{0};  ///< the step rule's own value
  S step_applied{0};    ///< the factor used, after caps
  S step_length{0};     ///< |x_next - x|
  S gradient_norm_raw{0};
  S gradient_norm_smoothed{0};
  S momentum_norm{0};  ///< of what the step multiplied
  S cos_gradient_momentum{0};
  S perturbation_norm{0};
  S lower_level_stationarity{0};
  S lower_level_primal{0};
  S lower_level_dual{0};
  S lower_level_complementarity{0};
  S lower_level_error_bound{0};   ///< on |y - y*|, if there is one
  std::string lower_level_bound;  ///< "proved" | "estimated" | "none"
  std::string lower_level_status;
  bool estimate_kink = false;  ///< the algorithm's estimate was taken at a kink

  long active_set_size = 0;             ///< strongly active rows, equalities included
  std::uint64_t active_set_digest = 0;  ///< of their indices
  long weakly_active = 0;  ///< rows that hold with zero multiplier: F has a kink or a redundant row
  bool licq = true;
  bool has_slack = false, has_multiplier = false;
  S min_slack{0};       ///< smallest slack off the held rows
  S min_multiplier{0};  ///< smallest multiplier of an active inequality

  bool has_probe = false;
  S probe_cosine{0};   ///< between the algorithm's estimate and grad F, at the point stepped from
  std::string status;  ///< "running" | "converged", by the gaps of the last 20 iterations
  std::uint64_t x_digest = 0;  ///< of all iterates up to here
};

/// One column: its name and how a record fills it. The one list that writer and documentation walk.
template <class S>
struct RecordColumn {
  const char* name;
  std::string (*cell)(const Record<S>&);
};

template <class S>
const std::vector<RecordColumn<S>>& record_columns() {
  using R = Record<S>;
  static const std::vector<RecordColumn<S>> columns = {
      {"iteration", [](const R& r) { return std::to_string(r.iteration); }},
      {"objective", [](const R& r) { return to_text(r.objective); }},
      {"gap_total", [](const R& r) { return to_text(r.gap_total); }},
      {"gap_direct", [](const R& r) { return to_text(r.gap_direct); }},
      {"gap_implicit", [](const R& r) { return to_text(r.gap_implicit); }},
      {"gap_mapping", [](const R& r) { return to_text(r.gap_mapping); }},
#define ASSAY_STEP_COLUMN(member)                                                      \
  {                                                                                    \
#member, [](const R& r) { return r.has_step ? to_text(r.member) : std::string(); } \
  }
      ASSAY_STEP_COLUMN(gap_reported),
      ASSAY_STEP_COLUMN(step_requested),
      ASSAY_STEP_COLUMN(step_applied),
      ASSAY_STEP_COLUMN(step_length),
      ASSAY_STEP_COLUMN(gradient_norm_raw),
      ASSAY_STEP_COLUMN(gradient_norm_smoothed),
      ASSAY_STEP_COLUMN(momentum_norm),
      ASSAY_STEP_COLUMN(cos_gradient_momentum),
      ASSAY_STEP_COLUMN(perturbation_norm),
      ASSAY_STEP_COLUMN(lower_level_stationarity),
      ASSAY_STEP_COLUMN(lower_level_primal),
      ASSAY_STEP_COLUMN(lower_level_dual),
      ASSAY_STEP_COLUMN(lower_level_complementarity),
#undef ASSAY_STEP_COLUMN
      {"lower_level_error_bound",
       [](const R& r) {
         return r.has_step && r.lower_level_bound != "none" ? to_text(r.lower_level_error_bound)
                                                            : std::string();
       }},
      {"lower_level_bound", [](const R& r) { return r.lower_level_bound; }},
      {"lower_level_status", [](const R& r) { return r.lower_level_status; }},
      {"estimate_kink",
       [](const R& r) {
         return std::string(!r.has_step ? "" : r.estimate_kink ? "1" : "0");
       }},
      {"active_set_size", [](const R& r) { return std::to_string(r.active_set_size); }},
      {"active_set_digest", [](const R& r) { return StateDigest(r.active_set_digest).hex(); }},
      {"weakly_active", [](const R& r) { return std::to_string(r.weakly_active); }},
      {"licq", [](const R& r) { return std::string(r.licq ? "1" : "0"); }},
      {"min_slack", [](const R& r) { return r.has_slack ? to_text(r.min_slack) : std::string(); }},
      {"min_multiplier",
       [](const R& r) { return r.has_multiplier ? to_text(r.min_multiplier) : std::string(); }},
      {"probe_cosine",
       [](const R& r) { return r.has_probe ? to_text(r.probe_cosine) : std::string(); }},
      {"status", [](const R& r) { return r.status; }},
      {"x_digest", [](const R& r) { return StateDigest(r.x_digest).hex(); }},
  };
  return columns;
}

}  // namespace assay
