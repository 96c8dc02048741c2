// Table D: lower levels outside of the assumptions, where a method should refuse or raise a flag.
#include "reference/known_problems.hpp"

namespace assay::reference {

namespace {

const std::vector<std::string> unit_x = {"-1-x", "x-1"}, unit_y = {"-1-y", "y-1"};

/// Mitsos and Barton 3.18 and its variant: one lower level, two upper functions.
KnownProblem mitsos(const std::string& id, const std::string& name, const std::string& F) {
  return {.id = id,
          .name = name,
          .source = "BASBLib mb_2007_18",
          .text = {.F = F, .f = "x*y^2-y^4/2", .G = unit_x, .g = unit_y, .y_box = {{"-1", "1"}}},
          .x = {},
          .y = {"0"},
          .F = ""};
}

}  // namespace

std::vector<KnownProblem> known_traps() {
  const auto none = UpperProof::none;
  std::vector<KnownProblem> list;
  list.push_back({.id = "D1",
                  .name = "Mitsos and Barton 3.14",
                  .source = "BASBLib mb_2007_14",
                  .text = {.F = "(x-1/4)^2+y^2",
                           .f = "y^3/3-x*y",
                           .G = unit_x,
                           .g = unit_y,
                           .y_box = {{"-1", "1"}}},
                  .x = {"1/4"},
                  .y = {"1/2"},
                  .F = "1/4",
                  .f = "-1/12",
                  .upper = none,
                  .remark = "the branch y = sqrt(x) ties with y = -1 exactly at x*",
                  .flags = {"nonconvex", "tie"}});
  list.push_back({.id = "D2",
                  .name = "Mitsos and Barton 3.17",
                  .source = "BASBLib mb_2007_17",
                  .text = {.F = "(x+1/2)^2+y^2/2",
                           .f = "x*y^2/2+y^4/4",
                           .G = unit_x,
                           .g = unit_y,
                           .y_box = {{"-1", "1"}}},
                  .x = {"-1/4"},
                  .y = {"1/2"},
                  .F = "3/16",
                  .f = "-1/64",
                  .remark = "two lower minimisers, +-sqrt(-x); F is the same at both",
                  .flags = {"nonconvex", "tie"}});
  KnownProblem edge = mitsos("D3", "Mitsos and Barton 3.18", "-x^2+y^2");
  edge.x = {"1"};
  edge.F = "-1";
  edge.f = "0";
  edge.flags = {"nonconvex"};
  edge.published = {
      {.where = "BOLIB MitsosBarton2006Ex318", .F = "-0.25", .x = {"1/2"}, .y = {"0"}}};
  list.push_back(edge);
  KnownProblem jump = mitsos("D4", "Mitsos and Barton 3.18, variant", "x^2+y^2");
  jump.source = "BASBLib mb_2007_18v";
  jump.x = {"1/2"};
  jump.F = "1/4";
  jump.f = "0";
  jump.upper = none;
  jump.remark = "the optimum sits where the lower minimiser jumps";
  jump.flags = {"nonconvex", "tie"};
  list.push_back(jump);
  const std::string t = "((sqrt(13)-1)/6)";
  list.push_back({.id = "D5",
                  .name = "Mitsos and Barton 3.19",
                  .source = "BASBLib mb_2007_19",
                  .text = {.F = "x*y-y+y^2/2",
                           .f = "-x*y^2+y^4/2",
                           .G = unit_x,
                           .g = unit_y,
                           .y_box = {{"-1", "1"}}},
                  .x = {t + "^2"},
                  .y = {t},
                  .F = t + "^3-" + t + "+" + t + "^2/2",
                  .f = "-" + t + "^4/2",
                  .remark = "y = 0 is a stationary point of the lower level, not a minimiser",
                  .flags = {"nonconvex", "tie"}});
  list.push_back({.id = "D7",
                  .name = "Mitsos and Barton 3.24",
                  .source = "BOLIB MitsosBarton2006Ex324",
                  .text = {.F = "x^2-y",
                           .f = "((y-1-.1*x)^2-.5-.5*x)^2",
                           .G = {"-x", "x-1"},
                           .g = {"-y", "y-3"},
                           .y_box = {{"0", "3"}}},
                  .x = {"~0.210662134023413"},
                  .y = {"~1.799096461536504"},
                  .F = "~-1.754717926825205",
                  .f = "0",
                  .upper = UpperProof::bracket,
                  .remark = "the upper of two branches",
                  .flags = {"nonconvex", "tie"},
                  .forms = {{.y = {"1+x/10+sqrt((1+x)/2)"}, .points = {}}}});
  list.push_back({.id = "D8",
                  .name = "Mirrlees 1999",
                  .source = "BOLIB Mirrlees1999",
                  .text = {.F = "(x-2)^2+(y-1)^2",
                           .f = "-x*exp(-(y+1)^2)-exp(-(y-1)^2)",
                           .g = {"-2-y", "y-2"},
                           .y_box = {{"-2", "2"}}},
                  .x = {"1"},
                  .y = {"~0.957504024077269"},
                  .F = "~1.001805907969625",
                  .f = "~-1.019865818331121",
                  .upper = none,
                  .remark = "the optimum sits where the lower minimiser jumps",
                  .flags = {"nonconvex", "tie"}});
  list.push_back({.id = "D10",
                  .name = "Ye and Zhu 4.2",
                  .source = "BASBLib yz_2010_01",
                  .text = {.F = "(x-1)^2+y^2",
                           .f = "y^3-3*y",
                           .G = {"-3-x", "x-2"},
                           .g = {"x-y"},
                           .y_box = {{"-3", "3"}}},
                  .x = {"1"},
                  .y = {"1"},
                  .F = "1",
                  .f = "-2",
                  .flags = {"kink", "nonconvex"},
                  .slopes = {{{"1"}, "2"}, {{"-1"}, "0"}}});
  list.push_back({.id = "D11",
                  .name = "Ye and Zhu 4.3",
                  .source = "BOLIB YeZhu2010Ex43",
                  .text = {.F = "(x-1/2)^2+(y-2)^2",
                           .f = "y^3-3*y",
                           .G = {"-x", "x-4"},
                           .g = {"x-3-y"},
                           .y_box = {{"-2", "3"}}},
                  .x = {"1"},
                  .y = {"1"},
                  .F = "5/4",
                  .f = "-2",
                  .upper = none,
                  .remark = "attained only at a tie with y = -2",
                  .flags = {"nonconvex", "tie"}});
  list.push_back(
      {.id = "D12",
       .name = "Lucchetti and others",
       .source = "BASBLib lmp_1987_01",
       .text = {.F = "(1-x)/2+x*y", .f = "(x-1)*y", .G = {"-x", "x-1"}, .g = {"-y", "y-1"}},
       .x = {"1"},
       .y = {"0"},
       .F = "0",
       .f = "0",
       .upper = none,
       .remark = "all of [0,1] minimises the lower level at x*",
       .flags = {"kink", "not strongly convex"}});
  list.push_back({.id = "D14",
                  .name = "Yezza 3.1",
                  .source = "BASBLib y_1996_02",
                  .text = {.F = "-(4*x-3)*y+2*x+1",
                           .f = "(4*x-1)*y-2*x-2",
                           .G = {"-x", "x-1"},
                           .g = {"-y", "y-1"}},
                  .x = {"1/4"},
                  .y = {"0"},
                  .F = "3/2",
                  .f = "-5/2",
                  .upper = none,
                  .remark = "all of [0,1] minimises the lower level at x*",
                  .flags = {"kink", "not strongly convex"}});
  list.push_back({.id = "D15",
                  .name = "Dempe 2002, p. 127",
                  .source = "BASBLib d_2000_01",
                  .text = {.F = "(y+1-x)^2", .f = "x*y", .g = {"-x-y", "-x+y-1"}},
                  .x = {"1/2"},
                  .y = {"-1/2"},
                  .F = "0",
                  .f = "-1/4",
                  .remark = "bilinear lower level",
                  .flags = {"not strongly convex"}});
  list.push_back(
      {.id = "D16",
       .name = "Dempe and Dutta 2.4",
       .source = "BOLIB DempeDutta2012Ex24",
       .text = {.F = "(x-1)^2+y^2", .f = "x^2*y", .g = {"y^2"}, .y_box = {{"-1", "1"}}},
       .x = {"1"},
       .y = {"0"},
       .F = "0",
       .f = "0",
       .upper = none,
       .remark = "no Slater point; F >= 0 is attained",
       .flags = {"dependent rows", "not strongly convex"},
       .published = {
           {.where = "BASBLib, from the KKT reformulation", .F = "1", .x = {"0"}, .y = {"0"}}}});
  list.push_back(
      {.id = "D17",
       .name = "BDA counter-example",
       .source = "Liu and others (TPAMI 2022)",
       .text = {.m = 2, .F = "(x-y2)^2/2+(y1-1)^2/2", .f = "y1^2/2-x*y1", .G = {"-100-x", "x-100"}},
       .x = {"1"},
       .y = {"1", "1"},
       .F = "0",
       .f = "-1/2",
       .upper = none,
       .remark = "y2 is free in the lower level",
       .flags = {"not strongly convex"}});
  list.push_back({.id = "D18",
                  .name = "BOME coreset, far out",
                  .source = "BOME toy_convergence.py with c = 1",
                  .text = {.n = 4,
                           .m = 2,
                           .F = "(y1-3)^2+(y2+2)^2",
                           .f = "(y1-(exp(x1)+3*exp(x2)-2*exp(x3)-3*exp(x4))"
                                "/(exp(x1)+exp(x2)+exp(x3)+exp(x4)))^2"
                                "+(y2-(3*exp(x1)+exp(x2)+2*exp(x3)-2*exp(x4))"
                                "/(exp(x1)+exp(x2)+exp(x3)+exp(x4)))^2"},
                  .x = {"-40", "log(4)", "-40", "0"},
                  .y = {"~1.8000000000000", "~0.4000000000000"},
                  .F = "~7.2000000000000",
                  .upper = none,
                  .remark = "the infimum 7.2 is not attained; the gradient vanishes far out"});
  list.push_back({.id = "D19",
                  .name = "saddle",
                  .source = "BOME toy_adv.py",
                  .text = {.F = "x*y", .f = "-x*y"},
                  .x = {"0"},
                  .y = {"0"},
                  .F = "0",
                  .f = "0",
                  .upper = none,
                  .remark = "the lower level is unbounded for x other than 0",
                  .flags = {"not strongly convex"}});
  list.push_back({.id = "D20",
                  .name = "SMD3 with p = q = r = 1",
                  .source = "Sinha, Malo and Deb (2014)",
                  .text = {.n = 2,
                           .m = 2,
                           .F = "x1^2+y1^2+x2^2+(x2^2-tan(y2))^2",
                           .f = "1+y1^2-cos(2*pi*y1)+(x2^2-tan(y2))^2",
                           .y_box = {{"-5", "10"}, {"-1.5", "1.5"}}},
                  .x = {"0", "0"},
                  .y = {"0", "0"},
                  .F = "0",
                  .f = "0",
                  .remark = "many local lower minimisers",
                  .flags = {"nonconvex"}});
  list.push_back({.id = "D22",
                  .name = "SMD6 with p = q = r = 1 and one pair",
                  .source = "Sinha, Malo and Deb (2014)",
                  .text = {.n = 2,
                           .m = 4,
                           .F = "x1^2-y1^2+y2^2+y3^2+x2^2-(x2-y4)^2",
                           .f = "x1^2+y1^2+(y3-y2)^2+(x2-y4)^2"},
                  .x = {"0", "0"},
                  .y = {"0", "0", "0", "0"},
                  .F = "0",
                  .f = "0",
                  .upper = none,
                  .remark = "every y2 = y3 minimises the lower level",
                  .flags = {"not strongly convex"}});
  list.push_back(
      {.id = "D23",
       .name = "weakly active row",
       .source = "closed form",
       .text = {.m = 2, .F = "y1", .f = "(y1^2+y2^2)/2", .h = {"y1+y2-x"}, .g = {"y1-2*y2+1/2"}},
       .x = {"1"},
       .y = {"1/2", "1/2"},
       .F = "1/2",
       .upper = none,
       .remark = "a kink that is no minimum",
       .flags = {"kink"},
       .slopes = {{{"1"}, "1/2"}, {{"-1"}, "-2/3"}},
       .forms = {{.y = {"(4*x-1)/6", "(2*x+1)/6"},
                  .gradient = {"2/3"},
                  .points = {{"1/2"}, {"0"}, {"-1"}, {"9/10"}, {"3/4"}}},
                 {.y = {"x/2", "x/2"},
                  .gradient = {"1/2"},
                  .points = {{"3/2"}, {"2"}, {"11/10"}, {"5"}, {"9/8"}}}}});
  return list;
}

}  // namespace assay::reference
