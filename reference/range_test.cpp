// Ranges as they are printed.
#include "reference/range.hpp"

#include <gtest/gtest.h>

#include "assay/scalar/text.hpp"

namespace assay::reference {
namespace {

Range printed(const Range& range) {
  const std::string text = range_text(range);
  const std::size_t comma = text.find(", ");
  EXPECT_NE(comma, std::string::npos) << text;
  return {from_text<Rational>(text.substr(1, comma - 1)),
          from_text<Rational>(text.substr(comma + 2, text.size() - comma - 3))};
}

/// Both signs, ends that no decimal holds, and all widths.
TEST(RangeText, HoldsTheRange) {
  for (const int sign : {1, -1})
    for (const Rational& width :
         {Rational(1, 7), Rational(1, 70000), Rational(1, 7000000000000), Rational(3, 7)}) {
      const Rational middle = Rational(sign * 2, 3);
      for (const Range& range : {Range(middle, middle + width), Range(middle - width, middle)}) {
        const Range text = printed(range);
        EXPECT_TRUE(range.within(text)) << range_text(range);
        // Three units of the digit that tells the ends apart, or of the third.
        EXPECT_LE(text.width(), 30 * width + Rational(1, 300)) << range_text(range);
      }
    }
  // Over zero, where rounding towards it would lose both ends.
  const Range across(Rational(-1, 3), Rational(1, 3));
  EXPECT_TRUE(across.within(printed(across)));
  EXPECT_EQ(range_text(across), "[-0.334, 0.334]");
}

TEST(RangeText, ShortFractionsAreExact) { EXPECT_EQ(range_text(Range(Rational(2, 3))), "2/3"); }

}  // namespace
}  // namespace assay::reference
