#pragma once

#include <string>

namespace assay {

/// How far apart two trace cells are.
struct Distance {
  bool same = false;  ///< the same bits, perhaps spelt differently
  double ulps = 0;    ///< +inf where the cells are not both finite numbers
};

/// For double and soft53: the number of representable doubles between the two (0 for 0 and -0,
/// which still are not the same). For real50 and real100: the difference in units of the last of
/// the tier's 50 (100) decimal digits, taken at the larger of the two. Under any other scalar
/// ("rational", "text") cells are compared as text.
Distance distance(const std::string& left, const std::string& right, const std::string& scalar);

/// Leading decimal digits on which the two agree: the largest k, at most the tier's digits, with
/// |left - right| <= 10^-k max(|left|, |right|). 0 where they are not both finite numbers.
int agreeing_digits(const std::string& left, const std::string& right, const std::string& scalar);

/// "3 ulps", "4.5e+20 ulps", or "not comparable as numbers".
std::string distance_text(double ulps);

}  // namespace assay
