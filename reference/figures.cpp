#include "reference/figures.hpp"

#include <algorithm>

#include "reference/krawczyk.hpp"

namespace assay::reference {

Rational sharpness() { return Rational(1) / FormulaNumber<Rational>::power(10, 30); }

Range value_of(const std::string& text) {
  const Stated stated(text);
  Range out = stated.formula.rational() ? Range(stated.formula(std::vector<Rational>()))
                                        : evaluate(stated.formula, {});
  out.lower -= stated.tolerance;
  out.upper += stated.tolerance;
  return out;
}

Ranges values_of(const Texts& texts) {
  Ranges out;
  for (const std::string& text : texts) out.push_back(value_of(text));
  return out;
}

Range printed(const std::string& text) {
  return value_of(text.find('.') == std::string::npos ? text : "~" + text);
}

std::optional<RVec> exact_vector(const Texts& texts) {
  RVec out(static_cast<Index>(texts.size()));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Range value = value_of(texts[i]);
    if (value.width() != 0) return std::nullopt;
    out[static_cast<Index>(i)] = value.lower;
  }
  return out;
}

std::vector<Rational> middles(const Ranges& ranges) {
  std::vector<Rational> out;
  for (const Range& r : ranges) out.push_back(r.middle());
  return out;
}

RVec middle_point(const Ranges& ranges) {
  RVec out(static_cast<Index>(ranges.size()));
  for (std::size_t i = 0; i < ranges.size(); ++i) out[static_cast<Index>(i)] = ranges[i].middle();
  return out;
}

Ranges ranges_of(const RVec& v) { return Ranges(v.begin(), v.end()); }

Rational width(const Ranges& ranges) {
  Rational out = 0;
  for (const Range& r : ranges) out = std::max(out, r.width());
  return out;
}

Ranges joined(const Ranges& x, const Ranges& y) {
  Ranges z = x;
  z.insert(z.end(), y.begin(), y.end());
  return z;
}

bool agree(const std::string& stated, const Range& proved) {
  const Range value = value_of(stated);
  if (!Stated(stated).exact()) return proved.within(value);
  return same({value}, {proved});
}

bool agree(const Texts& stated, const Ranges& proved) {
  bool all = stated.size() == proved.size();
  for (std::size_t i = 0; all && i < stated.size(); ++i) all = agree(stated[i], proved[i]);
  return all;
}

bool same(const Ranges& a, const Ranges& b) {
  bool all = a.size() == b.size();
  for (std::size_t i = 0; all && i < a.size(); ++i)
    all = a[i].meets(b[i]) && a[i].width() <= sharpness() && b[i].width() <= sharpness();
  return all;
}

std::string listed(const Texts& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return texts.size() == 1 ? out : "(" + out + ")";
}

std::string listed(const Ranges& ranges) {
  Texts texts;
  for (const Range& r : ranges) texts.push_back(range_text(r));
  return listed(texts);
}

}  // namespace assay::reference
