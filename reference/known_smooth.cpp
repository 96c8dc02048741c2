// Tables A (no rows, smooth everywhere) and B (strictly convex quadratic lower levels with rows).
#include "reference/known_problems.hpp"

namespace assay::reference {

namespace {

using Points = std::vector<std::vector<std::string>>;

/// Henrion and Surowiec's one-parameter problem.
KnownProblem henrion(const std::string& c, const std::string& x, const std::string& F,
                     const std::string& f) {
  return {.id = "A4(c=" + c + ")",
          .name = "Henrion and Surowiec",
          .source = "BOLIB HenrionSurowiec2011",
          .text = {.F = "x^2+(" + c + ")*y", .f = "y^2/2-x*y"},
          .x = {x},
          .y = {x},
          .F = F,
          .f = f,
          .forms = {{.y = {"x"},
                     .gradient = {"2*x+(" + c + ")"},
                     .points = {{"0"}, {"1"}, {"-5/4"}, {"3"}, {"7/16"}}}},
          .scan = {{"-10", "10"}}};
}

/// Calamai and Vicente's family in rho: min (x-1)^2/2 + y^2/2 over the minimiser of y^2/2 - xy.
KnownProblem calamai(const std::string& variant, const std::string& rho) {
  return {.id = "B11(" + variant + ")",
          .name = "Calamai and Vicente",
          .source = "BOLIB CalamaiVicente1994a",
          .text = {.F = "(x-1)^2/2+y^2/2", .f = "y^2/2-x*y", .g = {"x-y-1", "1-x-y", "x+y-" + rho}},
          .scan = {{"-2", "4"}}};
}

KnownProblem calamai_degenerate(const std::string& variant, const std::string& rho,
                                const std::string& x, const std::string& y, const std::string& F,
                                const std::string& f) {
  KnownProblem k = calamai(variant, rho);
  k.x = {x};
  k.y = {y};
  k.F = F;
  k.f = f;
  k.upper = UpperProof::none;
  k.remark = "x ends where the lower level becomes infeasible; the scan covers both sides";
  k.flags = {"dependent rows"};
  return k;
}

KnownProblem calamai_regular(const std::string& variant, const std::string& rho) {
  KnownProblem k = calamai(variant, rho);
  k.x = k.y = {"1/2"};
  k.F = "1/4";
  k.f = "-1/8";
  k.flags = {"kink"};
  k.slopes = {{{"1"}, "0"}, {{"-1"}, "1"}};
  k.forms = {
      {.y = {"x"},
       .gradient = {"2*x-1"},
       .points = {{"5/8"}, {"3/4"}, {"7/8"}, {"15/16"}, {"3/5"}}},
      {.y = {"1-x"}, .gradient = {"2*x-2"}, .points = {{"1/4"}, {"0"}, {"3/8"}, {"1/8"}, {"2/5"}}}};
  return k;
}

/// B2, B3: the same functions with the constraints in the lower or in the upper level.
const Points below_two = {{"1/4"}, {"1/2"}, {"1"}, {"3/2"}, {"7/4"}};
const Points two_to_four = {{"9/4"}, {"5/2"}, {"3"}, {"7/2"}, {"15/4"}};
const Points four_to_six = {{"17/4"}, {"9/2"}, {"5"}, {"11/2"}, {"23/4"}};

KnownProblem clark(const std::string& id, const std::string& x, const std::string& y,
                   const std::string& F, const std::string& f) {
  return {.id = id,
          .name = "Clark and Westerberg",
          .source = "BOLIB ClarkWesterberg1990a, BASBLib cw_1990_02",
          .text = {.F = "(x-3)^2+(y-2)^2",
                   .f = "(y-5)^2",
                   .G = {"-x", "x-8"},
                   .g = {"y-2*x-1", "x-2*y+2", "x+2*y-14"}},
          .x = {x},
          .y = {y},
          .F = F,
          .f = f,
          .forms = {{.y = {"2*x+1"}, .gradient = {"10*x-10"}, .points = below_two},
                    {.y = {"5"}, .gradient = {"2*x-6"}, .points = two_to_four},
                    {.y = {"(14-x)/2"}, .gradient = {"5*x/2-11"}, .points = four_to_six}}};
}

const std::vector<std::string> sinha_rows = {
    "4*x+5*y1+4*y2-12", "4*y2-4*x-5*y1+4", "4*x-4*y1+5*y2-4", "4*y1-4*x+5*y2-4", "-y1", "-y2"};
const Points near_sinha = {{"25/16"}, {"13/8"}, {"7/4"}, {"29/16"}, {"15/8"}};

KnownProblem sinha(const std::string& id, const std::string& F, const std::string& value,
                   const std::string& gradient, const std::string& source) {
  return {.id = id,
          .name = "Sinha, Malo and Deb TP6",
          .source = source,
          .text = {.m = 2, .F = F, .f = "(2*y1-4)^2+(2*y2-1)^2+x*y1", .G = {"-x"}, .g = sinha_rows},
          .x = {"17/9"},
          .y = {"8/9", "0"},
          .F = value,
          .f = "617/81",
          .upper = UpperProof::none,
          .remark = "for x > 17/9 the lower level is infeasible; the scan covers both sides",
          .flags = {"dependent rows"},
          .forms = {{.y = {"(12-4*x)/5", "0"}, .gradient = {gradient}, .points = near_sinha}},
          .scan = {{"0", "2"}}};
}

}  // namespace

std::vector<KnownProblem> known_smooth_problems() {
  std::vector<KnownProblem> list;
  list.push_back({.id = "A1",
                  .name = "one-dimensional quadratic",
                  .source = "closed form",
                  .text = {.F = "7*x^2-12*x*y+4*y^2-30*x+4*y-2", .f = "4*y^2-4*x*y+x^2+17"},
                  .x = {"7"},
                  .y = {"7/2"},
                  .F = "-100",
                  .f = "17",
                  .forms = {{.y = {"x/2"},
                             .gradient = {"4*x-28"},
                             .points = {{"0"}, {"1"}, {"-3/2"}, {"7"}, {"10"}}}},
                  .scan = {{"-20", "20"}}});
  list.push_back({.id = "A2",
                  .name = "Lampariello and Sagratella 3.2",
                  .source = "BOLIB LamparielloSagratella2017Ex32",
                  .text = {.F = "x^2+y^2", .f = "(x+y-1)^2"},
                  .x = {"1/2"},
                  .y = {"1/2"},
                  .F = "1/2",
                  .f = "0",
                  .forms = {{.y = {"1-x"},
                             .gradient = {"4*x-2"},
                             .points = {{"0"}, {"1"}, {"-3"}, {"1/2"}, {"1/3"}}}},
                  .scan = {{"-5", "5"}}});
  list.push_back(henrion("1", "-1/2", "-1/4", "-1/8"));
  list.push_back(henrion("-3", "3/2", "-9/4", "-9/8"));
  // A = [2 1; 1 3], C = [1 0; 2 1], a = (1,-1) below; F = [1 0; 0 2], H = [4 1; 1 5],
  // K = [0 1; 1 0], p = (1,2), h = (-1,3) above. M = H - K A^-1 C' - C A^-1 K' + C A^-1 F A^-1 C'.
  list.push_back(
      {.id = "A6",
       .name = "quadratic family",
       .source = "benchopt benchmark_bilevel, one small member",
       .text = {.n = 2,
                .m = 2,
                .F = "(y1^2+2*y2^2)/2+(4*x1^2+2*x1*x2+5*x2^2)/2+x1*y2+x2*y1+y1+2*y2"
                     "-x1+3*x2",
                .f = "(2*y1^2+2*y1*y2+3*y2^2)/2+x1*y1+2*x2*y1+x2*y2+y1-y2"},
       .x = {"38/459", "-239/459"},
       .y = {"-151/459", "283/459"},
       .F = "259/459",
       .f = "-22267/46818",
       .forms = {
           {.y = {"-(3*(x1+2*x2+1)-(x2-1))/5", "((x1+2*x2+1)-2*(x2-1))/5"},
            .gradient = {"121*x1/25+x2+3/25", "x1+4*x2+2"},
            .points = {{"0", "0"}, {"1", "-2"}, {"1/4", "3"}, {"-5", "1/2"}, {"2/3", "1/7"}}}}});
  list.push_back(
      {.id = "A7",
       .name = "SMD1 with p = q = r = 1",
       .source = "Sinha, Malo and Deb (2014)",
       .text = {.n = 2,
                .m = 2,
                .F = "x1^2+y1^2+x2^2+(x2-tan(y2))^2",
                .f = "x1^2+y1^2+(x2-tan(y2))^2",
                .y_box = {{"-5", "10"}, {"-1.5", "1.5"}}},
       .x = {"0", "0"},
       .y = {"0", "0"},
       .F = "0",
       .f = "0",
       .flags = {},
       .forms = {
           {.y = {"0", "atan(x2)"},
            .gradient = {"2*x1", "2*x2"},
            .points = {{"1", "1"}, {"0", "-1/2"}, {"-3", "2"}, {"1/8", "1/3"}, {"2", "-5/4"}}}}});
  list.push_back(
      {.id = "A9",
       .name = "SMD7 with p = q = r = 1",
       .source = "Sinha, Malo and Deb (2014)",
       .text = {.n = 2,
                .m = 2,
                .F = "1+x1^2/400-cos(x1)-y1^2+x2^2-(x2-log(y2))^2",
                .f = "x1^3+y1^2+(x2-log(y2))^2",
                .y_box = {{"-5", "10"}, {"0.001", "7"}}},
       .x = {"0", "0"},
       .y = {"0", "1"},
       .F = "0",
       .f = "0",
       .remark = "local; the upper function has many minima",
       .flags = {"nonconvex"},
       .forms = {
           {.y = {"0", "exp(x2)"},
            .gradient = {"x1/200+sin(x1)", "2*x2"},
            .points = {{"1", "1"}, {"0", "-1/2"}, {"-3", "3/2"}, {"1/8", "1/3"}, {"2", "-5/4"}}}}});

  list.push_back({.id = "B1",
                  .name = "Bard 1998",
                  .source = "BASBLib b_1998_05",
                  .text = {.F = "(x-1)^2+(y-1)^2", .f = "y^2/2+500*y-50*x*y", .g = {"-y"}},
                  .x = {"1"},
                  .y = {"0"},
                  .F = "1",
                  .f = "0",
                  .forms = {{.y = {"0"},
                             .gradient = {"2*x-2"},
                             .points = {{"0"}, {"1"}, {"-4"}, {"9"}, {"19/2"}}},
                            {.y = {"50*x-500"},
                             .gradient = {"5002*x-50102"},
                             .points = {{"11"}, {"21/2"}, {"12"}, {"20"}, {"81/8"}}}},
                  .scan = {{"-10", "20"}}});
  KnownProblem best = clark("B2", "1", "3", "5", "4");
  best.scan = {{"0", "8"}};
  list.push_back(best);
  list.push_back(clark("B2(local a)", "3", "5", "9", "0"));
  list.push_back(clark("B2(local b)", "22/5", "24/5", "49/5", "1/25"));
  list.push_back({.id = "B3",
                  .name = "Sahin and Ciric, Gumus and Floudas 4",
                  .source = "BASBLib sc_1998_01, BOLIB GumusFloudas2001Ex4",
                  .text = {.F = "(x-3)^2+(y-2)^2",
                           .f = "(y-5)^2",
                           .G = {"-x", "x-8", "y-2*x-1", "x-2*y+2", "x+2*y-14"},
                           .g = {"-y", "y-10"}},
                  .x = {"3"},
                  .y = {"5"},
                  .F = "9",
                  .f = "0",
                  .forms = {{.y = {"5"},
                             .gradient = {"2*x-6"},
                             .points = {{"2"}, {"5/2"}, {"3"}, {"7/2"}, {"4"}}}},
                  .scan = {{"0", "8"}}});
  list.push_back({.id = "B6",
                  .name = "Shimizu and Aiyoshi",
                  .source = "BASBLib sa_1981_01",
                  .text = {.F = "x^2+(y-10)^2",
                           .f = "(x+2*y-30)^2",
                           .G = {"-x", "x-15", "y-x"},
                           .g = {"x+y-20", "-y", "y-20"}},
                  .x = {"10"},
                  .y = {"10"},
                  .F = "100",
                  .f = "0",
                  .flags = {"kink"},
                  .slopes = {{{"1"}, "20"}, {{"-1"}, "-20"}},
                  .forms = {{.y = {"15-x/2"},
                             .gradient = {"5*x/2-5"},
                             .points = {{"1"}, {"3"}, {"5"}, {"8"}, {"39/4"}}},
                            {.y = {"20-x"},
                             .gradient = {"4*x-20"},
                             .points = {{"21/2"}, {"11"}, {"12"}, {"14"}, {"41/4"}}}},
                  .scan = {{"0", "15"}}});
  const std::vector<KnownForm> clipped = {
      {.y = {"x1", "x2"},
       .gradient = {"4*x1-2", "4*x2-2"},
       .points = {{"3/4", "1"}, {"1", "5/4"}, {"5/8", "11/8"}, {"7/8", "7/8"}, {"4/5", "6/5"}}},
      {.y = {"1/2", "1/2"},
       .gradient = {"2*x1-2", "2*x2-2"},
       .points = {{"0", "1/4"}, {"-1", "3/8"}, {"1/4", "-2"}, {"0", "0"}, {"1/3", "2/5"}}},
      {.y = {"3/2", "x2"},
       .gradient = {"2*x1-2", "4*x2-2"},
       .points = {{"2", "1"}, {"7/4", "5/4"}, {"3", "3/4"}, {"13/8", "9/8"}, {"5/3", "4/3"}}}};
  const std::vector<KnownSlope> corner = {{{"1", "0"}, "0"},   {{"-1", "0"}, "1"},
                                          {{"0", "1"}, "0"},   {{"0", "-1"}, "1"},
                                          {{"-1", "-1"}, "2"}, {{"1", "-1"}, "1"}};
  list.push_back({.id = "B8",
                  .name = "De Silva",
                  .source = "BASBLib d_1978_01",
                  .text = {.n = 2,
                           .m = 2,
                           .F = "x1^2-2*x1+x2^2-2*x2+y1^2+y2^2",
                           .f = "(x1-y1)^2+(x2-y2)^2",
                           .g = {"1/2-y1", "1/2-y2", "y1-3/2", "y2-3/2"}},
                  .x = {"1/2", "1/2"},
                  .y = {"1/2", "1/2"},
                  .F = "-1",
                  .f = "0",
                  .flags = {"kink"},
                  .slopes = corner,
                  .forms = clipped});
  list.push_back({.id = "B10",
                  .name = "Allende and Still",
                  .source = "BOLIB AllendeStill2013",
                  .text = {.n = 2,
                           .m = 2,
                           .F = "(x1-1)^2+(x2-1)^2+y1^2+y2^2",
                           .f = "y1^2-2*x1*y1+y2^2-2*x2*y2",
                           .G = {"-x1", "-x2", "x1-2", "-y1", "-y2"},
                           .g = {"(y1-1)^2-1/4", "(y2-1)^2-1/4"}},
                  .x = {"1/2", "1/2"},
                  .y = {"1/2", "1/2"},
                  .F = "1",
                  .f = "-1/2",
                  .flags = {"kink"},
                  .slopes = corner,
                  .forms = clipped});
  KnownProblem pinched = calamai_degenerate("rho=1", "1", "1", "0", "0", "0");
  list.push_back(pinched);
  list.push_back(calamai_degenerate("rho=3/2", "3/2", "5/4", "1/4", "1/16", "-9/32"));
  list.push_back(calamai_regular("rho=2", "2"));
  list.push_back(calamai_degenerate("rho=2, other", "2", "3/2", "1/2", "1/4", "-5/8"));
  list.push_back(calamai_regular("rho=3", "3"));
  list.push_back(
      {.id = "B13",
       .name = "Henderson and Quandt",
       .source = "BOLIB HendersonQuandt1958",
       .text = {.F = "x^2/2+x*y/2-95*x", .f = "y^2+(x/2-100)*y", .G = {"-x", "x-200"}, .g = {"-y"}},
       .x = {"280/3"},
       .y = {"80/3"},
       .F = "-9800/3",
       .f = "-6400/9",
       .forms = {{.y = {"50-x/4"},
                  .gradient = {"3*x/4-70"},
                  .points = {{"0"}, {"1"}, {"100"}, {"150"}, {"199"}}}},
       .scan = {{"0", "200"}}});
  list.push_back(
      sinha("B17a", "(x-1)^2+2*y1-2*x", "-98/81", "2*x-28/5", "BOLIB SinhaMaloDeb2014TP6"));
  list.push_back(
      sinha("B17b", "(x-1)^2+2*y1^2-2*x", "-38/27", "2*x-4-16*(12-4*x)/25", "BASBLib b_1998_07"));
  list.push_back({.id = "B18",
                  .name = "Bard 1988, two firms",
                  .source = "BOLIB Bard1988Ex2, BASBLib as_1981_01",
                  .text = {.n = 4,
                           .m = 4,
                           .F = "-(200-y1-y3)*(y1+y3)-(160-y2-y4)*(y2+y4)",
                           .f = "(y1-4)^2+(y2-13)^2+(y3-35)^2+(y4-2)^2",
                           .G = {"-x1", "-x2", "-x3", "-x4", "x1+x2+x3+x4-40", "x1-10", "x2-5",
                                 "x3-15", "x4-20"},
                           .g = {"0.4*y1+0.7*y2-x1", "0.6*y1+0.3*y2-x2", "0.4*y3+0.7*y4-x3",
                                 "0.6*y3+0.3*y4-x4", "-y1", "-y2", "-y3", "-y4", "y1-20", "y2-20",
                                 "y3-40", "y4-40"}},
                  .x = {"7", "3", "12", "18"},
                  .y = {"0", "10", "30", "0"},
                  .F = "-6600",
                  .f = "54",
                  .upper = UpperProof::none,
                  .remark = "x* is not unique, and six rows hold at four variables",
                  .flags = {"dependent rows"},
                  .forms = {{.y = {"4-0.4*(10.7-x1)/0.65", "13-0.7*(10.7-x1)/0.65",
                                   "35-0.6*(21.6-x4)/0.45", "2-0.3*(21.6-x4)/0.45"},
                             .points = {{"10", "6", "15", "20"},
                                        {"41/4", "6", "15", "41/2"},
                                        {"9", "6", "15", "81/4"},
                                        {"10", "13/2", "16", "21"},
                                        {"21/2", "7", "16", "20"}}}}});
  list.push_back({.id = "B20",
                  .name = "Hatz and others, absolute value",
                  .source = "BOLIB HatzEtal2013",
                  .text = {.m = 2, .F = "-x+2*y1+y2", .f = "(x-y1)^2+y2^2", .g = {"-y1", "-y2"}},
                  .x = {"0"},
                  .y = {"0", "0"},
                  .F = "0",
                  .f = "0",
                  .flags = {"kink"},
                  .slopes = {{{"1"}, "1"}, {{"-1"}, "1"}},
                  .forms = {{.y = {"x", "0"},
                             .gradient = {"1"},
                             .points = {{"1"}, {"1/2"}, {"3/7"}, {"4"}, {"1/1024"}}},
                            {.y = {"0", "0"},
                             .gradient = {"-1"},
                             .points = {{"-1"}, {"-1/2"}, {"-3/7"}, {"-4"}, {"-1/1024"}}}},
                  .scan = {{"-5", "5"}}});
  return list;
}

}  // namespace assay::reference
